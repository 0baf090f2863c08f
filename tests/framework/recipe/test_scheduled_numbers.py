"""What can follow a schedule does; everything else is refused in the plan, with what can."""

from dataclasses import dataclass
from functools import cache
from typing import Annotated

import pytest
from pydantic import Field

from framework.contracts import Handler, Loss
from framework.discovery import discover
from framework.errors import PluginError, RecipeError
from framework.recipe.loading import load_document
from framework.recipe.planning import make_plan
from framework.recipe.schema import read_recipe
from framework.recipe.writing import yaml_text
from framework.registry import Component, Plugin

LINES = {
    "dataset": "digits",
    "networks": "{encoder: conv_encoder, decoder: mirrored_decoder}",
    "task": "{type: denoising, corruptions: [gaussian_noise, {type: blur, sigma: 0.5}]}",
    "loss": "{type: iterative_reconstruction, base: bce, num_passes: 2, weights: [1.0, 0.5]}",
    "optimizer": "adam",
    "training": "{num_epochs: 2, batch_size: 500}",
}
POINTS = [[1, 0.25], [3, 0.5]]
Share = Annotated[float, Field(ge=0, le=1)]


class Sums(Loss):
    """A loss that keeps its numbers in four ways, two of which a schedule cannot use.

    Args:
        kept: kept as it is.
        doubled: kept twice as large.
        converted: kept in another form, and set through a property.
        read_only: kept where it cannot be set.
        fixed: not kept at all.
        fragile: kept by a property that fails.
    """

    def __init__(
        self,
        *,
        kept: float = 1.0,
        doubled: float = 1.0,
        converted: Share = 0.5,
        read_only: float = 1.0,
        fixed: float = 1.0,
        fragile: float = 1.0,
    ) -> None:
        super().__init__()
        self._kept, self._doubled, self._read_only = kept, 2 * doubled, read_only
        self.converted = converted
        self.is_fixed = fixed > 0
        self._fragile = None if fragile == 2 else fragile

    @property
    def read_only(self):
        return self._read_only

    @property
    def converted(self):
        return self._percent / 100

    @converted.setter
    def converted(self, share):
        if share == 0.25:
            raise ValueError("a quarter is too little")
        self._percent = 100 * share

    @property
    def fragile(self):
        return 1 / 0 if self._fragile is None else self._fragile

    def forward(self, prediction, target):
        return self._kept * (prediction - target).square().mean()


@dataclass
class Braking(Handler):
    """A handler whose factory is a dataclass.

    Args:
        factor: of no use.
    """

    factor: float

    def attach(self, trainer, evaluator, run): ...


def braking(*, factor: Share = 0.5):
    return Braking(factor)


@cache
def registry():
    found = discover()
    ours = Plugin("tests")
    found.add(Component("loss", "sums", ours, Sums))
    found.add(Component("handler", "braking", ours, braking))
    return found


def planned(tmp_path, *parameters, points=POINTS, **lines):
    written = LINES | {key: str(value) for key, value in lines.items()}
    schedules = [{"parameter": parameter, "points": points} for parameter in parameters]
    text = "".join(f"{key}: {value}\n" for key, value in written.items())
    path = tmp_path / "recipe.yaml"
    path.write_text(text + yaml_text({"schedules": schedules}), encoding="utf-8")
    document = load_document(path)
    return make_plan(read_recipe(document), document, registry())[0]


def refusals(tmp_path, *parameters, **lines):
    with pytest.raises(RecipeError) as caught:
        planned(tmp_path, *parameters, **lines)
    return [
        (fault.identifier, fault.key, fault.message, fault.hint) for fault in caught.value.faults
    ]


def test_numbers_at_any_depth_can_be_scheduled(tmp_path):
    parameters = (
        "task.corruptions.0.std",
        "task.corruptions.1.sigma",
        "loss.weights.1",
        "loss.base.kept",
        "loss.base.converted",
        "optimizer.weight_decay",
        "optimizer.betas.1",
        "handlers.1.factor",
        "gradient_clipping.max_norm",
        "averaging.decay",
        "weight_pruning.groups.1.amount",
    )
    plan = planned(
        tmp_path,
        *parameters,
        points=[[1, 0.375], [3, 0.5]],
        loss=LINES["loss"].replace("bce", "sums"),
        handlers="[braking, braking]",
        gradient_clipping="{max_norm: 1}",
        averaging="{decay: 0.9}",
        weight_pruning=(
            "{every_num_epochs: 1, groups: [{network: encoder, amount: 0.1},"
            " {network: decoder, amount: 0.0}]}"
        ),
    )
    assert [schedule["parameter"] for schedule in plan.resolved["schedules"]] == list(parameters)


def test_what_can_be_scheduled_is_listed_where_nothing_is_near(tmp_path):
    (found,) = refusals(tmp_path, "training.num_epochs", optimizer="{type: sgd, momentum: 0.9}")
    assert found[2:] == (
        "whole numbers, names and switches cannot be scheduled, and 'training.num_epochs' is 2",
        "there are task.corruptions.0.std, task.corruptions.1.sigma, loss.weights.0, "
        "loss.weights.1, optimizer.momentum, optimizer.weight_decay",
    )


@pytest.mark.parametrize("name", ["doubled", "read_only", "fixed"])
def test_number_that_is_not_kept_as_it_is_written_is_refused(tmp_path, name):
    (found,) = refusals(tmp_path, f"loss.{name}", loss="sums")
    message = f"'loss.{name}' is not kept where a schedule could change it"
    assert found[:3] == ("R027", "schedules.0.parameter", message)


def test_value_that_the_object_refuses_is_refused_in_its_words(tmp_path):
    (found,) = refusals(tmp_path, "loss.converted", loss="sums")
    message = "loss 'sums' of plugin 'tests' refuses 0.25: a quarter is too little"
    assert found[:3] == ("R018", "schedules.0.points.0.1", message)


def test_component_that_fails_when_it_is_looked_at_is_its_authors(tmp_path):
    with pytest.raises(PluginError, match="'sums' of plugin 'tests' fails to build: ZeroDivision"):
        planned(tmp_path, "loss.kept", loss="{type: sums, fragile: 2.0}")


def test_momentum_that_a_scheduler_moves_is_refused(tmp_path):
    cycle = "{type: one_cycle, max_lr: 0.1}"
    (found,) = refusals(tmp_path, "optimizer.betas.0", scheduler=cycle)
    assert found[2] == "'optimizer.betas.0' is not kept where a schedule could change it"
    planned(tmp_path, "optimizer.betas.0", scheduler=cycle[:-1] + ", cycle_momentum: false}")
    planned(tmp_path, "optimizer.betas.1", scheduler=cycle)


def test_all_faults_of_all_schedules_come_at_once(tmp_path):
    parameters = ("task.corruptions.0.std", "optimizer.lr", "loss.base", "loss.weights.2")
    found = refusals(tmp_path, *parameters, points=[[1, -1], [2, 0], [3, -2]])
    assert [each[:3] for each in found] == [
        ("R012", "schedules.0.points.0.1", "expected a number of at least 0, found -1.0"),
        ("R012", "schedules.0.points.2.1", "expected a number of at least 0, found -2.0"),
        (
            "R027",
            "schedules.1.parameter",
            "'optimizer.lr' is set by a scheduler, not by a schedule",
        ),
        (
            "R027",
            "schedules.2.parameter",
            "whole numbers, names and switches cannot be scheduled, "
            "and 'loss.base' is {type: 'bce'}",
        ),
        ("R027", "schedules.3.parameter", "the recipe has no 'loss.weights.2'"),
    ]
    assert found[-1][-1] == "did you mean 'loss.weights.1'?"


def test_what_is_left_null_has_no_number_to_schedule(tmp_path):
    loss = "{type: iterative_reconstruction, base: bce, num_passes: 2}"
    (found,) = refusals(tmp_path, "loss.weights.1", loss=loss)
    assert found[2] == "'loss.weights' is null, so there is no 'loss.weights.1'"
