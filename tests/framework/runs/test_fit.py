"""A fit goes through its epochs in one order, keeps what it evaluated, and resumes to the bit."""

import math
from functools import partial
from pathlib import Path

import pytest
import small_fits
import torch
from ignite.engine import Events
from small_fits import carried_out, is_equal, outcome, stored

from framework.contracts import Handler, Run
from framework.discovery import discover
from framework.engines.evaluator import evaluate
from framework.errors import CheckpointError, RecipeError, TrainingError
from framework.events import FitEvents
from framework.handlers.best_weights import copy_weights
from framework.recipe.loading import load_document
from framework.recipe.planning import make_plan
from framework.recipe.schema import read_recipe
from framework.runs.assembly import split_images
from framework.runs.directory import RunDirectory
from framework.runs.fit import Fit

SUPPORT = Path(__file__).parents[2] / "support"
CPU = torch.device("cpu")
SHORT = ("training={num_epochs: 3, batch_size: 50}", "early_stopping=null", "checkpointing=null")
LENGTH = 4
"""Iterations in an epoch of the recipe above."""
TINY = (SUPPORT / "tiny.yaml", *SHORT)
prepared, make_fit = partial(small_fits.prepared, *TINY), partial(small_fits.make_fit, *TINY)


class At(Handler):
    """Calls a function at an event of the trainer."""

    def __init__(self, event, call):
        self.event, self.call = event, call

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(self.event, lambda: self.call(trainer, run))


class Recorder(Handler):
    """Notes the events of trainer and evaluator in the order in which they come."""

    def __init__(self):
        self.seen = []

    def attach(self, trainer, evaluator, run):
        for event in (Events.EPOCH_STARTED, Events.EPOCH_COMPLETED, *FitEvents):
            trainer.add_event_handler(event, self.note, event.name, run)
        evaluator.add_event_handler(Events.EPOCH_COMPLETED, self.note, "evaluated", run)

    def note(self, name, run):
        modes = {network.training for network in run.networks.values()}
        self.seen.append((name, run.epoch, *modes))


def change_weights(_trainer, run):
    """What pruning may do: the smallest tenth of each tensor becomes zero."""
    with torch.no_grad():
        for network in run.networks.values():
            for value in network.parameters():
                value[value.abs() < value.abs().flatten().quantile(0.1)] = 0


def leave_weights(_trainer, _run):
    pass


def test_fit_is_what_handlers_see_as_the_run():
    fit = make_fit()
    assert isinstance(fit, Run)
    assert (fit.epoch, fit.num_epochs, fit.best, fit.directory) == (0, 3, None, None)


def test_end_of_an_epoch_has_one_order():
    recorder = Recorder()
    carried_out(make_fit("training.num_epochs=2", observers=[recorder]))
    steps = ["BACKWARD_COMPLETED", "OPTIMIZER_STEPPED"] * LENGTH
    expected = [("FIT_STARTED", 0, True)]
    for epoch in (0, 1):
        expected += [(name, epoch, True) for name in ("EPOCH_STARTED", *steps, "EPOCH_COMPLETED")]
        expected += [("VALIDATING", epoch + 1, True)]
        expected += [(name, epoch + 1, False) for name in ("evaluated", "VALIDATED", "SAVING")]
    assert recorder.seen == [*expected, ("FIT_ENDED", 2, False)]


def test_row_of_an_epoch_is_complete_when_it_is_validated():
    rows = []
    look = At(FitEvents.VALIDATED, lambda _, run: rows.append(dict(run.metrics)))
    carried_out(make_fit(observers=[look]))
    assert [list(row) for row in rows] == [
        ["train/loss", "lr", "validation/loss", "validation/largest_error"]
    ] * 3
    assert rows[0]["train/loss"] > rows[2]["train/loss"]


def test_training_loss_is_the_mean_over_images_not_batches():
    losses = []
    look = At(
        Events.ITERATION_COMPLETED,
        lambda trainer, _: losses.append((trainer.state.output["main"], len(trainer.state.batch))),
    )
    fit = make_fit(observers=[look])
    fit.advance()
    assert [size for _, size in losses] == [50, 50, 50, 42]
    mean = sum(loss * size for loss, size in losses) / 192
    assert fit.metrics["train/loss"] == pytest.approx(mean, rel=1e-12)


def test_fit_is_finished_after_its_last_epoch():
    fit = make_fit()
    assert [fit.advance() for _ in range(3)] == [True, True, False]
    assert (fit.status, fit.epoch, fit.is_over, fit.seconds > 0) == ("finished", 3, True, True)
    before = outcome(fit)
    assert fit.advance() is False
    assert is_equal(outcome(fit), before)


def test_two_fits_of_one_plan_are_equal_to_the_bit_and_share_no_state():
    one, other = make_fit(), make_fit()
    for _ in range(3):
        one.advance()
        torch.rand(17)
        other.advance()
    assert is_equal(outcome(one), outcome(other))
    assert not is_equal(outcome(one), outcome(carried_out(make_fit("seed=99"))))


@pytest.fixture(scope="module")
def whole():
    """An uninterrupted fit with its states at all iterations at which it may be saved."""
    states = {}

    def keep(trainer, run):
        if trainer.state.iteration % LENGTH:
            states[trainer.state.iteration] = stored(run)

    fit = make_fit(observers=[At(Events.ITERATION_COMPLETED, keep)])
    states[0] = stored(fit)
    while fit.advance():
        states[fit.epoch * LENGTH] = stored(fit)
    return outcome(fit), states


@pytest.mark.slow
@pytest.mark.parametrize("iteration", range(3 * LENGTH))
def test_fit_resumed_at_any_iteration_ends_with_the_same_bits(whole, iteration):
    expected, states = whole
    fit = make_fit()
    fit.load_state_dict(states[iteration])
    torch.rand(17)
    assert is_equal(outcome(carried_out(fit)), expected)


@pytest.mark.parametrize("part", ["networks", "optimizers", "handlers", "averages", "iteration"])
def test_resume_would_notice_a_part_that_was_not_restored(whole, part):
    expected, states = whole
    fit = make_fit()
    fit.load_state_dict(states[LENGTH + 2] | {part: states[0][part]})
    assert not is_equal(outcome(carried_out(fit)), expected)


def test_finished_fit_is_still_finished_when_it_is_loaded():
    fit, other = carried_out(make_fit()), make_fit()
    other.load_state_dict(stored(fit))
    assert (other.is_over, other.epoch) == (True, 3)
    assert other.advance() is False
    assert other.epoch == 3


@pytest.mark.parametrize(
    "at_epoch_end", [change_weights, lambda *_: None], ids=["changed", "as is"]
)
@pytest.mark.parametrize("best_epoch", [1, 2, 3])
def test_best_value_measured_again_is_equal_to_the_bit(best_epoch, at_epoch_end):
    def spoil(trainer, run):
        at_epoch_end(trainer, run)
        if trainer.state.epoch > best_epoch:
            torch.nn.init.constant_(run.networks["decoder"].layer.bias, 5.0)

    fit = carried_out(make_fit(observers=[At(Events.EPOCH_COMPLETED, spoil)]))
    assert fit.best == {
        "metric": "validation/loss",
        "mode": "min",
        "value": fit.best_weights.value,
        "epoch": best_epoch,
    }
    assert fit.restore_best() == best_epoch
    for network in fit.networks.values():
        network.eval()
    measured = evaluate(fit._evaluator, fit._validation_loader)
    assert measured["loss"] == fit.best_weights.value


@pytest.mark.parametrize(
    ("overrides", "metric"),
    [
        ((), "validation/loss"),
        (("early_stopping={monitor: train/loss, mode: min, patience: 9}",), "train/loss"),
        (
            (
                "early_stopping={monitor: train/loss, mode: min, patience: 9}",
                "checkpointing={monitor: validation/largest_error, mode: max}",
            ),
            "validation/largest_error",
        ),
    ],
)
def test_best_is_what_checkpointing_else_early_stopping_else_the_loss_says(overrides, metric):
    fit = make_fit(*overrides)
    assert fit.best_weights.monitor.metric == metric
    fit.advance()
    assert fit.best["value"] == fit.metrics[metric]


def test_fit_on_everything_keeps_its_last_weights():
    fit = carried_out(make_fit("validation.fraction=0"))
    last = copy_weights(fit.networks)
    assert "validation/loss" not in fit.metrics
    assert fit.best is None
    assert fit.restore_best() == 3
    assert is_equal(copy_weights(fit.networks), last)


def test_early_stop_ends_the_fit_and_says_why():
    fit = carried_out(make_fit("early_stopping={patience: 1, min_delta: 10.0}"))
    assert (fit.status, fit.epoch) == ("early_stopped", 2)
    assert fit.reason == "validation/loss has not improved for 1 epochs"


@pytest.mark.slow
@pytest.mark.parametrize("iteration", [1, LENGTH - 1, LENGTH, LENGTH + 1])
def test_interruption_ends_the_iteration_and_saves(iteration, tmp_path):
    store = RunDirectory.create(tmp_path / "run", texts={}, meta={})

    def interrupt(trainer, run):
        if trainer.state.iteration == iteration:
            run.interrupt()

    fit = make_fit(observers=[At(Events.ITERATION_STARTED, interrupt)], store=store)
    carried_out(fit)
    assert not fit.is_over
    state = store.load(pytest.fail)
    assert (state["iteration"], state["epoch"]) == (iteration, iteration // LENGTH)
    resumed = make_fit()
    resumed.load_state_dict(state | {"handlers": without_files(state["handlers"])})
    plain = carried_out(make_fit())
    assert is_equal(outcome(carried_out(resumed)), outcome(plain))


def test_interruption_between_epochs_saves_without_training():
    fit = make_fit()
    fit.advance()
    before = outcome(fit)
    fit.interrupt()
    assert fit.advance() is False
    assert is_equal(outcome(fit), before)


def test_stop_within_an_epoch_takes_effect_when_the_epoch_is_over():
    fit = make_fit(observers=[At(Events.ITERATION_COMPLETED(once=2), stop)])
    assert fit.advance() is False
    assert (fit.status, fit.reason, fit.epoch) == ("early_stopped", "enough", 1)
    assert "validation/loss" in fit.metrics


def test_stop_within_an_epoch_outlasts_an_interruption():
    observers = [
        At(Events.ITERATION_COMPLETED(once=2), stop),
        At(Events.ITERATION_STARTED(once=2), lambda _, run: run.interrupt()),
    ]
    fit, resumed = make_fit(observers=observers), make_fit()
    fit.advance()
    assert not fit.is_over
    resumed.load_state_dict(stored(fit))
    carried_out(resumed)
    assert (resumed.status, resumed.epoch, resumed._iteration) == ("early_stopped", 1, LENGTH)


def test_loss_that_is_not_finite_ends_the_fit_with_finite_weights_and_the_best():
    def poison(trainer, _run):
        if trainer.state.iteration == 2 * LENGTH + 2:
            trainer.state.batch.images.fill_(math.nan)

    fit = make_fit(observers=[At(Events.ITERATION_STARTED, poison)])
    with pytest.raises(TrainingError) as caught:
        carried_out(fit)
    (fault,) = caught.value.faults
    assert fault.identifier == "T039"
    assert fault.message.startswith("the loss is nan in epoch 3, iteration 10, with lr 0.0")
    assert fit.epoch == 2
    assert fit.best_weights.epoch in {1, 2}


def test_weight_that_is_not_finite_is_neither_kept_nor_saved(tmp_path):
    store = RunDirectory.create(tmp_path / "run", texts={}, meta={})

    def poison(_trainer, run):
        if run.epoch == 1:
            torch.nn.init.constant_(run.networks["encoder"].layers[1].weight, math.nan)

    fit = make_fit(observers=[At(Events.EPOCH_COMPLETED, poison)], store=store)
    with pytest.raises(TrainingError, match=r"encoder\.layers\.1\.weight is not finite in epoch 2"):
        carried_out(fit)
    with pytest.raises(TrainingError, match="T040"):
        fit.save()
    assert store.load(pytest.fail)["epoch"] == 1
    assert fit.best_weights.epoch == 1
    assert all(torch.isfinite(v).all() for v in fit.best_weights.weights["encoder"].values())


def test_handler_of_a_recipe_may_add_what_is_monitored():
    added = At(FitEvents.VALIDATING, lambda _, run: run.metrics.update({"its_own": 3.0}))
    plan, images, splits = prepared("early_stopping={monitor: its_own, mode: max, patience: 9}")
    fit = Fit(plan, images, splits, device=CPU, observers=[added])
    fit.advance()
    assert fit.best == {"metric": "its_own", "mode": "max", "value": 3.0, "epoch": 1}


def test_monitor_that_nothing_measures_is_refused_with_the_nearest():
    fit = make_fit("early_stopping={monitor: validation/lost, mode: min, patience: 9}")
    with pytest.raises(RecipeError, match="no metric named 'validation/lost'; did you mean"):
        fit.advance()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("networks.encoder.latent_dim=5", "encoder.layers.5.weight has shape (6, 32), not (5, 32)"),
        ("handlers=[]", "they differ in recipe/cooling"),
    ],
)
def test_state_of_another_recipe_is_refused_and_nothing_changed(override, message):
    state, fit = stored(carried_out(make_fit())), make_fit(override)
    before = outcome(fit)
    with pytest.raises(CheckpointError) as caught:
        fit.load_state_dict(state)
    assert message in caught.value.faults[0].message
    assert is_equal(outcome(fit), before)


def test_golden_run():
    document = load_document("quickstart", GOLDEN)
    plan, dataset = make_plan(read_recipe(document), document, discover())
    images = dataset.load().train
    fit = Fit(plan, images, split_images(plan, len(images)), device=CPU)
    carried_out(fit)
    assert fit.metrics == pytest.approx(GOLDEN_METRICS, abs=1e-6)


GOLDEN = (
    "dataset.size=12",
    "seed=5",
    "training={num_epochs: 2, batch_size: 270}",
    "networks.encoder={type: conv_encoder, channels: [4, 8], kernel_sizes: [3, 3],"
    " strides: [2, 2], paddings: [1, 1], hidden_dims: [16], latent_dim: 4, dropout: 0.1}",
    "optimizer={type: adam, lr: 0.01}",
    "metrics=[]",
    "figures=[]",
)
GOLDEN_METRICS = {
    "train/loss": 0.12128973454236984,
    "lr": 0.01,
    "validation/loss": 0.1120017394423485,
}


def stop(_trainer, run):
    run.stop("enough")


def without_files(handlers):
    return {name: state for name, state in handlers.items() if name != "metrics_log"}
