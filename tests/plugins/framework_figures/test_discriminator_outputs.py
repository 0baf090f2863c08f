from dataclasses import dataclass

import pytest

from framework import DataInfo
from framework_figures.discriminator_outputs import DiscriminatorOutputs

HALF = {"real": 0.8, "generated": 0.3}


@dataclass
class Run:
    """A finished run of which only the history counts."""

    history: list
    kept_epoch: int = 1
    num_epochs: int = 1
    data: DataInfo = None
    train_set: None = None
    test_set: None = None
    layers: tuple = ()

    def batch(self, indices, split="test"): ...

    def task(self, epoch=None): ...

    def networks(self, epoch=None): ...


def row(scale=1.0, *splits):
    columns = {}
    for split in splits or ("train", "validation"):
        for kind, value in HALF.items():
            columns[f"{split}/discriminator/{kind}"] = value * scale
        columns |= {f"{split}/spread/real": 0.25, f"{split}/spread/generated": 0.05 * scale}
    return columns


def curves_of(axes):
    return {
        line.get_label(): list(line.get_ydata())
        for line in axes.lines
        if not line.get_label().startswith("_")
    }


def test_outputs_stand_above_and_spreads_below_as_shares():
    outputs, spreads = DiscriminatorOutputs().draw(Run([row(1.0), row(0.5)])).axes
    assert curves_of(outputs) == {
        "real, training": [0.8, 0.4],
        "generated, training": [0.3, 0.15],
        "real, validation": [0.8, 0.4],
        "generated, validation": [0.3, 0.15],
    }
    shares = curves_of(spreads)
    assert shares.keys() == {"training", "validation"}
    assert shares["training"] == pytest.approx([0.2, 0.1])


def test_run_without_validation_shows_training_alone():
    outputs, spreads = DiscriminatorOutputs().draw(Run([row(1.0, "train")])).axes
    assert curves_of(outputs).keys() == {"real, training", "generated, training"}
    assert curves_of(spreads).keys() == {"training"}


@pytest.mark.parametrize(("scale", "is_probability"), [(1.0, True), (9.0, False), (-1.0, False)])
def test_probabilities_are_shown_from_zero_to_one(scale, is_probability):
    outputs, _ = DiscriminatorOutputs().draw(Run([row(scale)])).axes
    assert (outputs.get_ylim() == (0, 1)) == is_probability


def test_spread_of_equal_real_images_is_a_gap():
    history = [row(), row() | {"train/spread/real": 0.0}, row()]
    _, spreads = DiscriminatorOutputs().draw(Run(history)).axes
    first, gap, last = curves_of(spreads)["training"]
    assert first == last == pytest.approx(0.2)
    assert gap != gap  # noqa: PLR0124  NaN


def test_run_of_another_task_is_refused():
    with pytest.raises(ValueError, match="no column 'train/discriminator/real'; the task must be"):
        DiscriminatorOutputs().draw(Run([{"train/loss": 1.0}]))
