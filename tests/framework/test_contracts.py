"""What plugins provide and are given: shapes, counts, and what has to be implemented."""

import pytest
import torch
from torchmetrics import MeanSquaredError

from framework.contracts import (
    Batch,
    DataInfo,
    Dataset,
    Handler,
    ImageSet,
    Loss,
    Metric,
    Task,
)


def test_data_info_counts_the_values_of_an_image():
    assert DataInfo(image_shape=(3, 4, 5), num_train=1, num_test=1).num_features == 60


def test_data_info_cannot_be_changed():
    info = DataInfo(image_shape=(1, 2, 2), num_train=1, num_test=1)
    with pytest.raises(AttributeError):
        info.num_train = 2


def test_sets_and_batches_are_as_long_as_their_images():
    images = torch.zeros(3, 1, 2, 2)
    assert len(ImageSet(images)) == 3
    assert len(Batch(images, None, torch.arange(3))) == 3


@pytest.mark.slow  # by the check of shapes, which the fast tests leave out
def test_batch_refuses_labels_of_another_length():
    with pytest.raises(TypeError, match="labels"):
        Batch(torch.zeros(3, 1, 2, 2), torch.zeros(2, dtype=torch.int64), torch.arange(3))


@pytest.mark.parametrize("contract", [Dataset, Loss, Task, Handler])
def test_contract_has_to_be_implemented(contract):
    with pytest.raises(TypeError, match="abstract"):
        contract()


def test_loss_accepts_any_target_unless_it_says_otherwise():
    assert Loss.target_range is None


def test_loss_scores_one_pass_unless_it_says_otherwise():
    assert Loss.num_passes == 1


class Nothing(Task):
    def losses(self, batch): ...

    def evaluate(self, batch):
        return batch.images, batch.images


def test_task_offers_no_operations_unless_it_says_otherwise():
    assert Nothing().operations() == {}


def test_task_has_no_terms_unless_it_says_otherwise():
    assert Nothing().terms() == {}


def test_task_has_one_evaluation_without_a_name_unless_it_says_otherwise():
    images = torch.zeros(3, 1, 2, 2)
    evaluations = Nothing().evaluations(Batch(images, None, torch.arange(3)))
    assert list(evaluations) == [""]
    assert evaluations[""][0] is images


def test_torchmetrics_fulfil_our_protocol():
    assert isinstance(MeanSquaredError(), Metric)
    assert not isinstance(object(), Metric)
