import pytest
import torch
from torch import nn

from framework import SINGLE_OPTIMIZER, Batch, DataInfo, Loss
from framework_autoencoders.decoders import MirroredDecoder
from framework_autoencoders.encoders import ConvEncoder
from framework_autoencoders.losses import (
    BinaryCrossEntropy,
    IterativeReconstruction,
    MeanSquaredError,
)
from framework_autoencoders.tasks import Reconstruction

DATA = DataInfo(image_shape=(2, 9, 12), num_train=10, num_test=10)


class Counted(nn.Module):
    """Counts how often the network inside is called."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.num_calls = 0

    def forward(self, values):
        self.num_calls += 1
        return self.network(values)


def make_batch(seed=0):
    images = torch.rand(4, *DATA.image_shape, generator=torch.Generator().manual_seed(seed))
    return Batch(images=images, labels=None, indices=torch.arange(4))


def make_networks():
    torch.manual_seed(0)
    encoder = ConvEncoder(DATA)
    decoder = MirroredDecoder(encoder)
    return {"encoder": Counted(encoder), "decoder": Counted(decoder)}


@pytest.fixture
def networks():
    return make_networks()


@pytest.fixture
def task(networks):
    return Reconstruction(networks, BinaryCrossEntropy())


def set_mode(networks, *, training):
    for network in networks.values():
        network.train(training)


def test_loss_compares_the_logits_of_the_whole_chain_with_the_images(task, networks):
    batch = make_batch()
    ((name, loss),) = task.losses(batch)
    assert name == SINGLE_OPTIMIZER
    logits = networks["decoder"](networks["encoder"](batch.images))
    assert torch.equal(loss, BinaryCrossEntropy()(logits, batch.images))
    loss.backward()
    for network in networks.values():
        assert all(weights.grad is not None for weights in network.parameters())


def test_evaluation_answers_reconstructions_in_the_value_range(task, networks):
    batch = make_batch()
    with torch.no_grad():
        prediction, target = task.evaluate(batch)
        logits = networks["decoder"](networks["encoder"](batch.images))
    assert target is batch.images
    assert torch.equal(prediction, logits.sigmoid())


def test_validation_of_a_batch_takes_one_pass(task, networks):
    set_mode(networks, training=False)
    for seed in range(3):
        batch = make_batch(seed)
        with torch.no_grad():
            list(task.losses(batch))
            prediction, _ = task.evaluate(batch)
            assert networks["encoder"].num_calls == seed + 1
            assert torch.equal(prediction, make_reference()(batch.images))


def make_reference():
    networks = make_networks()
    set_mode(networks, training=False)
    return Reconstruction(networks, MeanSquaredError()).operations()["reconstruct"]


def test_kept_pass_serves_no_other_batch_and_only_once(task, networks):
    set_mode(networks, training=False)
    batch, twin = make_batch(), make_batch()
    with torch.no_grad():
        list(task.losses(batch))
        task.evaluate(twin)
        assert networks["encoder"].num_calls == 2
        task.evaluate(batch)
        assert networks["encoder"].num_calls == 3


def test_no_pass_of_training_is_kept(task, networks):
    batch = make_batch()
    list(task.losses(batch))
    set_mode(networks, training=False)
    with torch.no_grad():
        task.evaluate(batch)
    assert networks["encoder"].num_calls == 2
    list(task.losses(batch))  # eval mode, with gradients: it may be followed by a step
    task.evaluate(batch)
    assert networks["encoder"].num_calls == 4


def test_training_forgets_the_kept_pass(task, networks):
    batch = make_batch()
    set_mode(networks, training=False)
    with torch.no_grad():
        list(task.losses(batch))
    set_mode(networks, training=True)
    list(task.losses(batch))
    set_mode(networks, training=False)
    with torch.no_grad():
        task.evaluate(batch)
    assert networks["encoder"].num_calls == 3


def test_operations_encode_decode_and_reconstruct(task, networks):
    set_mode(networks, training=False)
    images = make_batch().images
    operations = task.operations()
    assert list(operations) == ["encode", "decode", "reconstruct"]
    codes = operations["encode"](images)
    assert codes.shape == (4, 16)
    assert torch.equal(operations["decode"](codes), operations["reconstruct"](images))
    assert operations["reconstruct"](images).min() > 0


def test_chain_may_have_any_number_of_networks(networks):
    def measured(chain_networks, **parameters):
        return next(Reconstruction(chain_networks, MeanSquaredError(), **parameters).losses(batch))[
            1
        ]

    batch = make_batch()
    middle = nn.Linear(16, 16)
    ordered = {"encoder": networks["encoder"], "middle": middle, "decoder": networks["decoder"]}
    shuffled = {name: ordered[name] for name in ("decoder", "middle", "encoder")}
    named = measured(shuffled, chain=("encoder", "middle", "decoder"))
    assert torch.equal(measured(ordered), named)
    assert not torch.equal(measured(ordered, chain=("encoder", "decoder")), named)
    single = Reconstruction({"network": nn.Identity()}, MeanSquaredError())
    assert list(single.operations()) == ["reconstruct"]
    assert next(single.losses(batch))[1] > 0


def test_unknown_names_in_the_chain_are_refused_all_at_once(networks):
    with pytest.raises(ValueError, match=r"'encodr'.*did you mean 'encoder'\?") as caught:
        Reconstruction(networks, BinaryCrossEntropy(), chain=("encodr", "xyz"))
    assert "'xyz', which is no network of this recipe; the networks are encoder, decoder" in str(
        caught.value
    )


def test_chain_that_ends_elsewhere_is_refused_with_both_shapes(networks):
    task = Reconstruction(networks, BinaryCrossEntropy(), chain=("encoder",))
    with pytest.raises(ValueError, match="the chain encoder turns images of 2x9x12 into 16;"):
        next(task.losses(make_batch()))


def make_iterative(networks, num_passes=3):
    loss = IterativeReconstruction(base=MeanSquaredError(), num_passes=num_passes)
    return Reconstruction(networks, loss)


def test_each_reconstruction_is_fed_back_for_a_loss_of_several_passes(networks):
    batch = make_batch()
    ((_, loss),) = make_iterative(networks).losses(batch)
    inputs, expected = batch.images, 0
    for _ in range(3):
        inputs = networks["decoder"](networks["encoder"](inputs)).sigmoid()
        expected = expected + (inputs - batch.images).square().mean()
    torch.testing.assert_close(loss, expected)
    loss.backward()
    for network in networks.values():
        assert all(weights.grad is not None for weights in network.parameters())


def test_one_iterative_pass_is_a_plain_reconstruction(networks):
    batch = make_batch()
    plain = next(Reconstruction(networks, MeanSquaredError()).losses(batch))[1]
    torch.testing.assert_close(next(make_iterative(networks, 1).losses(batch))[1], plain)


def test_first_pass_of_several_is_measured_and_not_repeated(networks):
    task, batch = make_iterative(networks), make_batch()
    set_mode(networks, training=False)
    with torch.no_grad():
        list(task.losses(batch))
        prediction, target = task.evaluate(batch)
    assert networks["encoder"].num_calls == 3
    assert target is batch.images
    assert torch.equal(prediction, make_reference()(batch.images))


class Difference(Loss):
    """Says nothing of passes."""

    def forward(self, prediction, target):
        return (prediction - target).abs().mean()


def test_loss_that_says_nothing_of_passes_has_one(networks):
    ((_, loss),) = Reconstruction(networks, Difference()).losses(make_batch())
    assert loss.isfinite()
    assert networks["encoder"].num_calls == 1


def test_chain_that_ends_elsewhere_is_refused_before_it_is_fed_back(networks):
    loss = IterativeReconstruction(base=MeanSquaredError())
    task = Reconstruction(networks, loss, chain=("encoder",))
    with pytest.raises(ValueError, match="the chain encoder turns images of 2x9x12 into 16;"):
        next(task.losses(make_batch()))
