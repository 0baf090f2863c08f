import io
from math import nan

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.image import imread

from framework_figures.loss_curves import LossCurves


class Run:
    """A finished run of which only the history matters."""

    data = train_set = test_set = layers = None

    def __init__(self, history, kept_epoch):
        self.history = history
        self.num_epochs = len(history)
        self.kept_epoch = kept_epoch

    def batch(self, indices):
        raise NotImplementedError

    def task(self, epoch=None):
        raise NotImplementedError

    def networks(self, epoch=None):
        raise NotImplementedError


def falling(num_epochs):
    return [
        {
            "lr": 0.1,
            "train/loss": 1.0 / epoch,
            "validation/loss": 1.1 / epoch,
            "validation/mse": 9.0,
        }
        for epoch in range(1, num_epochs + 1)
    ]


def curves_of(drawing):
    lines = drawing.axes[0].get_lines()
    return {
        line.get_label(): line.get_ydata() for line in lines if not line.get_label().startswith("_")
    }


def notes_of(drawing):
    return [text.get_text() for text in drawing.axes[0].texts]


def picture_of(drawing):
    file = io.BytesIO()
    drawing.savefig(file, format="png")
    file.seek(0)
    return imread(file)[..., :3]


def test_both_losses_are_drawn_and_nothing_else():
    curves = curves_of(LossCurves().draw(Run(falling(5), kept_epoch=5)))
    assert list(curves) == ["training", "validation"]
    np.testing.assert_allclose(curves["training"], [1 / e for e in range(1, 6)])
    np.testing.assert_allclose(curves["validation"], [1.1 / e for e in range(1, 6)])


def test_kept_epoch_is_marked_with_its_validation_loss():
    drawing = LossCurves().draw(Run(falling(5), kept_epoch=4))
    assert notes_of(drawing) == ["kept: epoch 4\nvalidation 0.275"]
    dots = [line for line in drawing.axes[0].get_lines() if line.get_marker() == "o"]
    assert [(list(dot.get_xdata()), list(dot.get_ydata())) for dot in dots] == [([4], [1.1 / 4])]


def test_several_losses_have_a_colour_each():
    rows = [
        {f"{split}/loss/{name}": value / epoch}
        for split in ("train", "validation")
        for name, value in (("generator", 1.0), ("discriminator", 2.0))
        for epoch in (1, 2)
    ]
    history = [{k: v for row in rows[epoch::2] for k, v in row.items()} for epoch in range(2)]
    drawing = LossCurves().draw(Run(history, kept_epoch=2))
    colours = {
        line.get_label(): to_hex(line.get_color())
        for line in drawing.axes[0].get_lines()
        if not line.get_label().startswith("_")
    }
    assert len(colours) == 4
    assert colours["generator, training"] == colours["generator, validation"]
    assert colours["generator, training"] != colours["discriminator, training"]
    assert notes_of(drawing) == ["kept: epoch 2\ngenerator 0.5\ndiscriminator 1"]


def test_run_without_validation_shows_its_training_loss():
    history = [{"train/loss": 3.0}, {"train/loss": 2.0}]
    drawing = LossCurves().draw(Run(history, kept_epoch=2))
    assert list(curves_of(drawing)) == ["training"]
    assert notes_of(drawing) == ["kept: epoch 2"]


@pytest.mark.parametrize("missing", [None, nan])
def test_epoch_without_finite_value_leaves_a_gap(missing):
    history = falling(3)
    history[1]["validation/loss"] = missing
    drawing = LossCurves().draw(Run(history, kept_epoch=2))
    assert np.isnan(curves_of(drawing)["validation"]).tolist() == [False, True, False]
    assert notes_of(drawing) == ["kept: epoch 2"]


def test_logarithmic_axis_is_an_option():
    run = Run(falling(50), kept_epoch=50)
    assert LossCurves().draw(run).axes[0].get_yscale() == "linear"
    assert LossCurves(log_scale=True).draw(run).axes[0].get_yscale() == "log"


@pytest.mark.slow
@pytest.mark.parametrize("num_epochs", [1, 2, 100])
@pytest.mark.parametrize("log_scale", [False, True])
def test_picture_is_white_with_both_curves_in_it(num_epochs, log_scale):
    drawing = LossCurves(log_scale=log_scale).draw(Run(falling(num_epochs), num_epochs))
    picture = picture_of(drawing)
    assert picture.shape == (660, 1200, 3)
    assert (picture[[0, -1]] == 1).all()
    assert (picture[:, [0, -1]] == 1).all()
    for colour in ("#0072b2", "#d55e00"):
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        close = np.abs(picture - (red, green, blue)).max(axis=2) < 0.02
        assert close.sum() > 50


def test_epochs_are_whole_numbers_from_one():
    drawing = LossCurves().draw(Run(falling(100), kept_epoch=100))
    axes = drawing.axes[0]
    left, right = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if left <= tick <= right]
    assert ticks
    assert all(tick >= 1 and tick == int(tick) for tick in ticks)
