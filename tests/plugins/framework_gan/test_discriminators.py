import pytest
import torch
from torch import nn

from framework import DataInfo, Infeasible
from framework_gan.discriminators import DcganDiscriminator, MlpDiscriminator

DISCRIMINATORS = [MlpDiscriminator, DcganDiscriminator]


def make_data(shape=(1, 28, 28), value_range=(0.0, 1.0), num_classes=0):
    return DataInfo(
        image_shape=shape, num_train=1, num_test=1, num_classes=num_classes, value_range=value_range
    )


@pytest.mark.parametrize("discriminator", DISCRIMINATORS)
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 12, 20)])
def test_every_image_gets_a_logit(discriminator, shape):
    assert discriminator(make_data(shape))(torch.rand(5, *shape)).shape == (5,)


@pytest.mark.parametrize("discriminator", DISCRIMINATORS)
def test_every_weight_is_trained(discriminator):
    network = discriminator(make_data())
    network(torch.rand(3, 1, 28, 28)).square().sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())


@pytest.mark.parametrize("discriminator", DISCRIMINATORS)
def test_value_range_makes_no_difference(discriminator):
    torch.manual_seed(0)
    network = discriminator(make_data())
    torch.manual_seed(0)
    wide = discriminator(make_data(value_range=(-10.0, 30.0)))
    images = torch.rand(4, 1, 28, 28)
    torch.testing.assert_close(wide(images * 40 - 10), network(images))


def test_layers_of_the_mlp_are_those_asked_for():
    network = MlpDiscriminator(make_data(), hidden_dims=(11, 13), negative_slope=0.3)
    shapes = [tuple(weight.shape) for weight in network.parameters() if weight.dim() == 2]
    assert shapes == [(11, 784), (13, 11), (1, 13)]
    slopes = [m.negative_slope for m in network.modules() if isinstance(m, nn.LeakyReLU)]
    assert slopes == [0.3, 0.3]


@pytest.mark.parametrize(("normalization", "number"), [("batch", 2), ("none", 0)])
def test_first_convolution_is_never_normalised(normalization, number):
    network = DcganDiscriminator(
        make_data((1, 8, 8)), channels=(2, 3, 4), normalization=normalization
    )
    assert sum(isinstance(m, nn.BatchNorm2d) for m in network.modules()) == number
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert [m.out_channels for m in convolutions] == [2, 3, 4]
    assert convolutions[0].bias is not None


def test_image_that_cannot_be_halved_is_infeasible():
    with pytest.raises(Infeasible, match=r"conv1 would halve 27x28 pixels"):
        DcganDiscriminator(make_data((1, 27, 28)))


@pytest.mark.parametrize("discriminator", DISCRIMINATORS)
def test_conditional_discriminator_heeds_the_class(discriminator):
    torch.manual_seed(0)
    network = discriminator(make_data(num_classes=10), conditional=True).eval()
    images = torch.rand(1, 1, 28, 28).expand(2, -1, -1, -1)
    with torch.no_grad():
        one, other = network(images, torch.tensor([3, 7]))
        again = network(images, torch.tensor([7, 3]))
    assert not torch.allclose(one, other, atol=1e-6)
    torch.testing.assert_close(again, torch.stack([other, one]))


@pytest.mark.parametrize("discriminator", DISCRIMINATORS)
def test_conditional_discriminator_is_refused_without_labels(discriminator):
    with pytest.raises(ValueError, match="needs class labels, and the data set has none"):
        discriminator(make_data(), conditional=True)
