import pytest
import torch

from framework import DataInfo, Infeasible
from framework_gan.generators import DcganGenerator, MlpGenerator

GENERATORS = [MlpGenerator, DcganGenerator]


def make_data(shape=(1, 28, 28), value_range=(0.0, 1.0), num_classes=0):
    return DataInfo(
        image_shape=shape, num_train=1, num_test=1, num_classes=num_classes, value_range=value_range
    )


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 12, 20)])
@pytest.mark.parametrize("value_range", [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)])
def test_images_have_the_shape_and_the_range_of_the_data(generator, shape, value_range):
    torch.manual_seed(0)
    network = generator(make_data(shape, value_range), latent_dim=5)
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(30)  # so that the ends of the range are reached
        images = network(torch.randn(64, 5))
    low, high = value_range
    assert images.shape == (64, *shape)
    assert (images.min().item(), images.max().item()) == pytest.approx((low, high), abs=1e-3)


@pytest.mark.parametrize("generator", GENERATORS)
def test_every_weight_is_trained(generator):
    network = generator(make_data(), latent_dim=5)
    network(torch.randn(3, 5)).square().sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())


def test_layers_of_the_mlp_are_those_asked_for():
    network = MlpGenerator(make_data(), latent_dim=7, hidden_dims=(11, 13))
    shapes = [tuple(weight.shape) for weight in network.parameters() if weight.dim() == 2]
    assert shapes == [(11, 7), (13, 11), (784, 13)]


def test_layers_of_the_dcgan_double_the_image():
    network = DcganGenerator(make_data((3, 16, 24)), latent_dim=5, channels=(8, 6, 4))
    sizes = []
    for name, layer in network.layers.named_children():
        if name.startswith("conv_transpose"):
            layer.register_forward_hook(lambda _, __, out: sizes.append(tuple(out.shape[1:])))
    network(torch.randn(2, 5))
    assert sizes == [(6, 4, 6), (4, 8, 12), (3, 16, 24)]


def test_image_that_cannot_be_halved_is_infeasible():
    with pytest.raises(Infeasible, match=r"conv2 would halve 7x9 pixels"):
        DcganGenerator(make_data((1, 14, 18)))


@pytest.mark.parametrize("generator", GENERATORS)
def test_conditional_generator_heeds_the_class(generator):
    torch.manual_seed(0)
    network = generator(make_data(num_classes=10), latent_dim=5, conditional=True).eval()
    noise = torch.randn(1, 5).expand(2, -1)
    with torch.no_grad():
        one, other = network(noise, torch.tensor([3, 7]))
        again = network(noise, torch.tensor([7, 3]))
    assert not torch.allclose(one, other)
    torch.testing.assert_close(again, torch.stack([other, one]))


@pytest.mark.parametrize("generator", GENERATORS)
def test_conditional_generator_is_refused_without_labels(generator):
    with pytest.raises(ValueError, match="needs class labels, and the data set has none"):
        generator(make_data(), conditional=True)
    network = generator(make_data(num_classes=10), conditional=True)
    with pytest.raises(ValueError, match="needs the class labels of a batch"):
        network(torch.randn(2, 100))
