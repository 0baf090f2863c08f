import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from framework import ImageSet, Task
from framework_figures.anomaly_scores import AnomalyScores
from framework_figures.style import MUTED, PALETTE


class Grey(Task):
    """Answers the same grey whatever it is given, and counts how often."""

    def __init__(self):
        self.num_batches = 0

    def losses(self, batch):
        yield "main", self.evaluate(batch)[0].mean()

    def evaluate(self, batch):
        self.num_batches += 1
        return torch.full_like(batch.images, 0.5), batch.images


@pytest.fixture
def run(make_run):
    """Images of three classes; those of the class left out are the darkest, but for one."""
    greys = torch.tensor([0.5, 0.45, 0.05, 0.4, 0.1, 0.0]).reshape(-1, 1, 1, 1)
    return make_run(
        train_set=ImageSet(torch.full((3, 1, 28, 28), 0.5), torch.zeros(3, dtype=torch.int64)),
        test_set=ImageSet(greys.repeat(1, 1, 28, 28), torch.tensor([0, 0, 1, 1, 2, 2])),
        class_names=("bag", "boot", "shoe"),
        left_out_classes=(2,),
        tasks={None: Grey()},
    )


def greys_of(strip):
    return np.asarray(strip.get_array())[0, 42::92, 0].tolist()


def legend_of(drawing):
    return [text.get_text() for text in drawing.axes[0].get_legend().get_texts()]


def test_most_and_least_anomalous_stand_above_their_reconstructions(run):
    drawing = AnomalyScores(num_images=3).draw(run)
    most, made, least, made_too = drawing.images
    assert greys_of(most) == [0, 13, 26]
    assert greys_of(least) == [128, 115, 102]
    assert greys_of(made) == greys_of(made_too) == [128] * 3


def test_captions_are_classes_and_those_left_out_stand_out(run):
    drawing = AnomalyScores(num_images=3).draw(run)
    captions = [(t.get_text(), to_hex(t.get_color())) for t in drawing.texts if t.get_text()]
    assert captions[:5] == [
        ("most anomalous", "#222222"),
        ("MSE 0.25 to 0.16", MUTED),
        ("shoe", PALETTE[1]),
        ("boot", MUTED),
        ("shoe", PALETTE[1]),
    ]


def test_histogram_shows_the_shares_of_both_kinds(run):
    drawing = AnomalyScores().draw(run)
    (axes,) = drawing.axes
    assert legend_of(drawing) == ["trained on (4)", "left out: shoe (2)"]
    assert axes.get_title(loc="left") == "AUROC 0.875"
    for shares in axes.patches:
        assert shares.get_data().values.sum() == pytest.approx(1)


def test_values_are_the_area_with_its_yardstick_and_both_errors(run):
    figure = AnomalyScores()
    figure.draw(run)
    num_batches = run.tasks[None].num_batches
    values = figure.values(run)
    assert run.tasks[None].num_batches == num_batches
    assert values == {
        "auroc": pytest.approx(7 / 8),
        "auroc_of_mean_image": pytest.approx(7 / 8),
        "mean_error": pytest.approx((0.0025 + 0.2025 + 0.01) / 4, rel=1e-5),
        "mean_error_left_out": pytest.approx((0.16 + 0.25) / 2, rel=1e-5),
    }


def test_images_of_a_fold_have_a_histogram_but_no_area(run):
    run.test_set = run.test_set.subset(torch.arange(4))
    figure = AnomalyScores()
    drawing = figure.draw(run)
    assert legend_of(drawing) == ["trained on (4)"]
    assert drawing.axes[0].get_title(loc="left") == ""
    assert np.isnan(figure.values(run)["auroc"])


def test_perfect_reconstructions_can_be_drawn(run):
    run.test_set = ImageSet(torch.full((4, 1, 28, 28), 0.5), torch.tensor([0, 1, 2, 2]))
    assert AnomalyScores().draw(run).axes[0].get_title(loc="left") == "AUROC 0.500"
