"""Figures see a finished run: its rows, its test images, its task with stored weights."""

import json
import math
from functools import cache
from pathlib import Path

import pytest
import torch

from framework.discovery import discover
from framework.finished_runs import FinishedRun
from framework.handlers.best_weights import copy_weights
from framework.recipe.loading import load_document
from framework.recipe.planning import make_plan
from framework.recipe.schema import read_recipe
from framework.runs.assembly import build_on
from framework.runs.completed import CompletedRun, draw_figures
from framework.runs.directory import RunDirectory

SUPPORT = Path(__file__).parents[2] / "support"
CPU = torch.device("cpu")

PLUGIN = '''
from framework import DataError, Fault, Figure, hookimpl

class Drawn:
    def savefig(self, fname, *, format):
        fname.write(format.encode())

class Good(Figure):
    """Draws."""

    def draw(self, run):
        return Drawn()

class Measuring(Good):
    """Draws, and measures."""

    def values(self, run):
        return {"mean": 0.5, "lost": float("nan")}

class Raising(Figure):
    """Cannot draw."""

    def draw(self, run):
        raise KeyError("on purpose")

class Explaining(Figure):
    """Says why it cannot draw."""

    def draw(self, run):
        raise DataError(Fault("D999", "too few images"))

class Unsavable(Figure):
    """Answers something that is no picture."""

    def draw(self, run):
        return "no picture"

@hookimpl
def provide_figures():
    return {"good": Good, "measuring": Measuring, "raising": Raising,
            "explaining": Explaining, "unsavable": Unsavable}
'''


@pytest.fixture(scope="module")
def plan_of(tmp_path_factory):
    plugin = tmp_path_factory.mktemp("plugin") / "drawings.py"
    plugin.write_text(PLUGIN)

    @cache
    def plan_of(*overrides):
        document = load_document(SUPPORT / "tiny.yaml", overrides)
        registry = discover([SUPPORT / "tiny_images.py", plugin])
        return make_plan(read_recipe(document), document, registry)

    return plan_of


@pytest.fixture
def completed(plan_of, tmp_path):
    """Makes a completed run that kept all zeros after epoch 2, and all ones of epoch 1."""

    def completed(*overrides):
        plan, dataset = plan_of(*overrides)
        store = RunDirectory.create(tmp_path / "run", texts={}, meta={})
        store.store_snapshot(1, weights_of(plan, 1.0))
        store.keep_last(weights_of(plan, 0.0), epoch=2)
        rows = '{"epoch": 1, "train/loss": 0.5}\n{"epoch": 2, "train/loss": null}\n'
        (store.path / "metrics.jsonl").write_text(rows)
        return CompletedRun(plan, store, dataset.load(), 2, 2, CPU)

    return completed


def weights_of(plan, value):
    weights = copy_weights(build_on(plan, CPU))
    return {
        name: {key: torch.full_like(tensor, value) for key, tensor in values.items()}
        for name, values in weights.items()
    }


def test_completed_run_is_what_figures_are_promised(completed):
    run = completed()
    assert isinstance(run, FinishedRun)
    assert run.data.image_shape == (1, 8, 8)
    assert (run.kept_epoch, run.num_epochs, len(run.test_set)) == (2, 2, 64)


def test_history_has_a_row_per_epoch_and_nan_where_a_value_was_not_finite(completed):
    first, second = completed().history
    assert first == {"epoch": 1, "train/loss": 0.5}
    assert second["epoch"] == 2
    assert math.isnan(second["train/loss"])


def test_batch_serves_the_images_asked_for_in_their_order(completed):
    run = completed()
    batch = run.batch([5, 0, 63])
    assert batch.indices.tolist() == [5, 0, 63]
    assert torch.equal(batch.images * 255, run.test_set.images[[5, 0, 63]].float())
    assert torch.equal(batch.labels, run.test_set.labels[[5, 0, 63]])


def test_batch_may_be_larger_than_one_of_the_evaluation(completed):
    run = completed("training.evaluation_batch_size=10")
    assert run.batch(range(25)).indices.tolist() == list(range(25))


def test_task_has_the_weights_kept_or_those_of_an_epoch(completed):
    run = completed()
    batch = run.batch([0])
    kept, first = run.task(), run.task(1)
    assert torch.equal(kept.evaluate(batch)[0], torch.full((1, 1, 8, 8), 0.5))
    assert first.evaluate(batch)[0].min() > 0.5
    assert not kept.evaluate(batch)[0].requires_grad


def test_task_of_an_epoch_that_was_not_stored_is_missing(completed):
    assert completed().task(7) is None


def test_figures_are_drawn_and_those_that_fail_are_told(completed):
    run = completed("figures=[raising, good, explaining, unsavable, good]")
    faults = draw_figures(run)
    assert [(fault.identifier, fault.key) for fault in faults] == [
        ("P013", "figures.0"),
        ("D999", ""),
        ("P013", "figures.3"),
    ]
    assert faults[0].message == (
        "figure 'raising' of plugin 'drawings' failed: KeyError: 'on purpose'"
    )
    drawn = sorted((run.store.path / "figures").iterdir())
    assert [path.name for path in drawn] == ["good-2.png", "good.png"]
    assert drawn[0].read_bytes() == b"png"


def test_values_of_a_figure_are_stored_beside_it(completed):
    run = completed("figures=[measuring]")
    assert draw_figures(run) == []
    stored = run.store.path / "figures" / "measuring.json"
    assert json.loads(stored.read_text()) == {"mean": 0.5, "lost": None}


def test_training_images_are_there_for_figures(completed):
    run = completed()
    batch = run.batch([7, 3], "train")
    assert torch.equal(batch.images * 255, run.train_set.images[[7, 3]].float())


def test_networks_have_the_weights_kept_or_those_of_an_epoch(completed):
    run = completed()
    kept, first = run.networks(), run.networks(1)
    assert list(kept) == ["encoder", "decoder"]
    assert all((p == 0).all() for network in kept.values() for p in network.parameters())
    assert all((p == 1).all() for network in first.values() for p in network.parameters())
    assert not any(network.training for network in kept.values())
    assert not any(p.requires_grad for network in kept.values() for p in network.parameters())
    assert run.networks(7) is None


def test_layers_are_those_of_the_plan(completed):
    rows = completed().layers
    assert [row.network for row in rows] == ["encoder"] * 6 + ["decoder"]
    assert rows[1].output_shape == (32,)
