import math

import pytest
import torch

from framework import ImageSet, Task
from framework_figures.reconstruction_errors import (
    Scores,
    kept_task,
    reconstruct,
    score_by_mean_image,
    score_test_images,
)


class Darker(Task):
    """Answers images that are darker by an amount of their own: a tenth of their label."""

    def losses(self, batch):
        yield "main", self.evaluate(batch)[0].mean()

    def evaluate(self, batch):
        amounts = batch.labels.reshape(-1, 1, 1, 1) / 10
        return batch.images - amounts, batch.images


class Flat(Darker):
    """Answers no images."""

    def evaluate(self, batch):
        return batch.images.flatten(1), batch.images


LABELS = torch.tensor([0, 1, 2, 1])


@pytest.fixture
def run(make_run):
    greys = torch.tensor([0.5, 0.5, 0.9, 0.7]).reshape(-1, 1, 1, 1)
    return make_run(
        train_set=ImageSet(torch.full((3, 1, 4, 4), 0.5), torch.zeros(3, dtype=torch.int64)),
        test_set=ImageSet(greys.repeat(1, 1, 4, 4), LABELS),
        class_names=("a", "b", "c"),
        left_out_classes=(2,),
        tasks={None: Darker()},
    )


def test_score_is_the_mean_squared_error_of_the_reconstruction(run):
    scores = score_test_images(run)
    torch.testing.assert_close(scores.errors, torch.tensor([0.0, 0.01, 0.04, 0.01]))
    assert scores.is_left_out.tolist() == [False, False, True, False]
    assert scores.auroc == 1.0


def test_more_images_than_a_portion_are_scored_in_their_order(run):
    run.test_set = run.test_set.subset(torch.arange(1001) % 4)
    scores = score_test_images(run)
    torch.testing.assert_close(scores.errors[:4], scores.errors[996:1000])
    assert len(scores.errors) == len(scores.labels) == 1001


def test_mean_image_is_a_score_without_a_network(run):
    run.tasks = {}
    errors = score_by_mean_image(run).errors
    torch.testing.assert_close(errors, torch.tensor([0.0, 0.0, 0.16, 0.04]))


def test_area_is_the_share_of_pairs_in_the_right_order():
    labels = torch.tensor([0, 0, 1, 1])
    scores = Scores(torch.tensor([1.0, 3.0, 2.0, 4.0]), labels, left_out=(1,))
    assert scores.auroc == pytest.approx(3 / 4)
    assert Scores(torch.zeros(4), labels, left_out=(1,)).auroc == 0.5


@pytest.mark.parametrize("left_out", [(7,), (0, 1)])
def test_images_of_one_kind_have_no_area(left_out):
    scores = Scores(torch.rand(4), torch.tensor([0, 0, 1, 1]), left_out)
    assert math.isnan(scores.auroc)


def test_run_that_left_nothing_out_is_told(run):
    run.left_out_classes = ()
    for score in (score_test_images, score_by_mean_image):
        with pytest.raises(ValueError, match=r"no class was left out .* leave_out: \[Sandal\]"):
            score(run)


def test_predictions_that_are_no_images_are_told(run):
    with pytest.raises(ValueError, match=r"shape \(1, 1, 4, 4\), found \(1, 16\)"):
        reconstruct(run, Flat(), [0])


def test_lost_weights_are_told(run):
    run.tasks = {}
    with pytest.raises(ValueError, match="weights kept are gone"):
        kept_task(run)
