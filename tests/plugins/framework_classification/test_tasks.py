import pytest
import torch
from torch import nn

from framework import SINGLE_OPTIMIZER, Batch, DataInfo
from framework_classification.losses import CrossEntropy
from framework_classification.tasks import Classification

DATA = DataInfo(image_shape=(1, 4, 4), num_train=6, num_test=6, num_classes=3)


class Counting(nn.Module):
    """An encoder that counts how often it is asked."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(16, 5)
        self.num_calls = 0

    def forward(self, images):
        self.num_calls += 1
        return self.layer(images.flatten(1))


@pytest.fixture
def networks():
    torch.manual_seed(0)
    return {"encoder": Counting(), "head": nn.Linear(5, 3)}


@pytest.fixture
def batch():
    images = torch.rand(6, 1, 4, 4, generator=torch.Generator().manual_seed(1))
    return Batch(images, torch.tensor([0, 1, 2, 0, 1, 2]), torch.arange(6))


def with_codes(batch, codes):
    return Batch(batch.images, batch.labels, batch.indices, codes)


def test_loss_is_that_of_the_last_networks_logits(networks, batch):
    ((name, loss),) = Classification(DATA, networks, CrossEntropy()).losses(batch)
    logits = networks["head"](networks["encoder"](batch.images))
    assert name == SINGLE_OPTIMIZER
    torch.testing.assert_close(loss, nn.functional.cross_entropy(logits, batch.labels))


def test_evaluation_answers_probabilities_and_classes(networks, batch):
    probabilities, classes = Classification(DATA, networks, CrossEntropy()).evaluate(batch)
    torch.testing.assert_close(probabilities.sum(1), torch.ones(6))
    assert torch.equal(classes, batch.labels)


def test_prepared_codes_take_the_place_of_the_frozen_encoder(networks, batch):
    task = Classification(DATA, networks, CrossEntropy())
    ((_, expected),) = task.losses(batch)
    codes = task.prepare(batch, {"encoder"})
    num_calls = networks["encoder"].num_calls
    prepared = with_codes(batch, codes)
    ((_, loss),) = task.losses(prepared)
    task.evaluate(prepared)
    assert networks["encoder"].num_calls == num_calls
    assert torch.equal(loss, expected)


def test_validation_passes_each_batch_once_and_training_keeps_nothing(networks, batch):
    task = Classification(DATA, networks, CrossEntropy())
    with torch.no_grad():
        next(task.losses(batch))
        probabilities, _ = task.evaluate(batch)
    assert networks["encoder"].num_calls == 1
    torch.testing.assert_close(task.evaluate(batch)[0], probabilities)
    assert networks["encoder"].num_calls == 2
    next(task.losses(batch))
    task.evaluate(batch)
    assert networks["encoder"].num_calls == 4


@pytest.mark.parametrize("frozen", [set(), {"head"}], ids=["nothing", "only the last"])
def test_nothing_is_prepared_unless_the_chain_begins_frozen(networks, batch, frozen):
    task = Classification(DATA, networks, CrossEntropy())
    assert task.prepare(batch, frozen) is None
    assert networks["encoder"].num_calls == 0


def test_chain_may_leave_networks_out_and_change_their_order(networks, batch):
    networks = {"head": networks["head"], "other": nn.Identity(), "encoder": networks["encoder"]}
    task = Classification(DATA, networks, CrossEntropy(), chain=("encoder", "head"))
    assert task.evaluate(batch)[0].shape == (6, 3)


def test_operations_classify_and_encode(networks, batch):
    task = Classification(DATA, networks, CrossEntropy())
    operations = task.operations()
    torch.testing.assert_close(operations["classify"](batch.images), task.evaluate(batch)[0])
    assert torch.equal(operations["encode"](batch.images), networks["encoder"](batch.images))
    alone = Classification(DATA, networks, CrossEntropy(), chain=("encoder",))
    assert list(alone.operations()) == ["classify"]


def test_chain_that_does_not_end_in_the_classes_is_refused(networks, batch):
    task = Classification(DATA, networks, CrossEntropy(), chain=("encoder",))
    with pytest.raises(ValueError, match="answers 5 values per image"):
        next(task.losses(batch))


def test_images_without_classes_are_refused(networks, batch):
    unlabelled = Batch(batch.images, None, batch.indices)
    with pytest.raises(ValueError, match="no classes"):
        Classification(DATA, networks, CrossEntropy()).evaluate(unlabelled)
    data = DataInfo(image_shape=(1, 4, 4), num_train=6, num_test=6)
    with pytest.raises(ValueError, match="no classes to tell apart"):
        Classification(data, networks, CrossEntropy())
