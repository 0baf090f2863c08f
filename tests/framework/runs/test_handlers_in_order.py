"""Weight pruning goes together with early stopping, the best weights and resuming."""

import json
from functools import partial
from pathlib import Path

import pytest
import safetensors.torch
import small_fits
import torch
from ignite.engine import Events
from small_fits import carried_out, is_equal, stored

from framework.contracts import Handler
from framework.engines.evaluator import evaluate
from framework.events import FitEvents
from framework.runs.directory import RunDirectory

SUPPORT = Path(__file__).parents[2] / "support"
NUM_EPOCHS, LENGTH = 4, 4
GROUPS = (
    "[{network: encoder, layers: linear, amount: 0.4}, {network: encoder, layers: conv, "
    "amount: 0.2}, {network: decoder, amount: 0.3}]"
)
LASTING = f"weight_pruning={{every_num_epochs: 2, groups: {GROUPS}}}"
REGROWING = f"weight_pruning={{every_num_epochs: 2, regrow: true, groups: {GROUPS}}}"
SHORT = (
    f"training={{num_epochs: {NUM_EPOCHS}, batch_size: 50}}",
    "early_stopping=null",
    "checkpointing=null",
    "metrics=[largest_error]",
)
make_fit = partial(small_fits.make_fit, SUPPORT / "tiny_autoencoder.yaml", *SHORT)


def sparsity_of(weights, key):
    return (weights[key] == 0).float().mean().item()


class At(Handler):
    """Calls a function at an event of the trainer."""

    def __init__(self, event, call):
        self.event, self.call = event, call

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(self.event, lambda: self.call(trainer, run))


def measured_again(fit):
    """The validation loss of the weights that the fit has."""
    for network in fit.networks.values():
        network.eval()
    return evaluate(fit._evaluator, fit._validation_loader)["loss"]


@pytest.mark.slow
@pytest.mark.parametrize("pruning", [LASTING, REGROWING], ids=["lasting", "regrowing"])
@pytest.mark.parametrize("best_epoch", range(1, NUM_EPOCHS + 1))
@pytest.mark.parametrize("every", range(1, NUM_EPOCHS + 1))
def test_best_restored_across_a_pruning_has_exactly_the_stored_metric(every, best_epoch, pruning):
    losses, sparsities = {}, {}

    def note(_trainer, run):
        losses[run.epoch] = run.metrics["validation/loss"]
        sparsities[run.epoch] = run.metrics["sparsity/decoder.all"]

    def declare(_trainer, run):
        run.metrics["distance"] = float(abs(run.epoch - best_epoch))

    fit = make_fit(
        pruning,
        f"weight_pruning.every_num_epochs={every}",
        "checkpointing={monitor: distance, mode: min}",
        observers=[At(FitEvents.VALIDATING, declare), At(FitEvents.VALIDATED, note)],
    )
    carried_out(fit)
    begin_of_level = NUM_EPOCHS // every * every or 1
    expected = best_epoch if pruning is REGROWING else max(best_epoch, begin_of_level)
    assert fit.restore_best() == expected
    assert measured_again(fit) == losses[expected]
    weights = fit.networks["decoder"].layers.linear1.weight
    assert (weights == 0).any() == (sparsities[expected] > 0)


@pytest.mark.slow
@pytest.mark.parametrize("override", [LASTING, REGROWING], ids=["lasting", "regrowing"])
def test_pruned_fit_resumed_at_any_iteration_ends_with_the_same_bits(override):
    states = {}

    def keep(trainer, run):
        if trainer.state.iteration % LENGTH:
            states[trainer.state.iteration] = stored(run)

    whole = make_fit(override, observers=[At(Events.ITERATION_COMPLETED, keep)])
    states[0] = stored(whole)
    while whole.advance():
        states[whole.epoch * LENGTH] = stored(whole)
    expected = stored(whole)
    assert len(states) == NUM_EPOCHS * LENGTH
    for iteration, state in states.items():
        fit = make_fit(override)
        fit.load_state_dict(state)
        torch.rand(17)
        carried_out(fit)
        assert is_equal(stored(fit), expected), iteration
        assert fit.metrics == whole.metrics


@pytest.mark.slow
@pytest.mark.parametrize("iteration", [LENGTH - 1, 2 * LENGTH, 2 * LENGTH + 1, 3 * LENGTH])
def test_averaged_weights_are_pruned_too_and_resume_to_the_bit(iteration):
    settings = (LASTING, "averaging={decay: 0.7}", "gradient_clipping={max_norm: 0.1}")
    states = {}

    def keep(trainer, run):
        if trainer.state.iteration == iteration:
            states[iteration] = stored(run)

    event = FitEvents.SAVING if iteration % LENGTH == 0 else Events.ITERATION_COMPLETED
    whole = carried_out(make_fit(*settings, observers=[At(event, keep)]))
    fit = make_fit(*settings)
    fit.load_state_dict(states[iteration])
    carried_out(fit)
    assert is_equal(stored(fit), stored(whole))
    shares = [sparsity_of(w["encoder"], "layers.linear1.weight") for w in both_weights(whole)]
    assert shares == pytest.approx([0.64, 0.64], abs=0.02)


def both_weights(fit):
    """Its own weights, and those kept as best, which are averages."""
    return {
        n: network.state_dict() for n, network in fit.networks.items()
    }, fit.best_weights.weights


@pytest.mark.slow
@pytest.mark.parametrize("override", [LASTING, REGROWING], ids=["lasting", "regrowing"])
def test_row_tells_the_sparsity_of_every_group(override, tmp_path):
    store = RunDirectory.create(tmp_path / "run", texts={}, meta={})
    carried_out(make_fit(override, store=store))
    rows = [json.loads(line) for line in (store.path / "metrics.jsonl").read_text().splitlines()]
    shares = [row["sparsity/encoder.linear"] for row in rows]
    lasting = [0, 0.4, 0.4, 0.64]
    regrowing = [0, 0.4, 0, 0.4]
    expected = lasting if override is LASTING else regrowing
    assert shares == pytest.approx(expected, abs=0.02)
    assert {"sparsity/encoder.conv", "sparsity/decoder.all"} <= rows[0].keys()


def test_best_of_every_level_is_kept_dense_with_plain_keys_and_zeros_baked_in(tmp_path):
    store = RunDirectory.create(tmp_path / "run", texts={}, meta={})
    fit = carried_out(make_fit(LASTING, store=store))
    names = [f"best-level-{level}.safetensors" for level in (0, 1)] + ["best.safetensors"]
    assert sorted(path.name for path in store.path.glob("best*")) == sorted(names)
    plain = {
        f"{name}.{key}" for name, network in fit.networks.items() for key in network.state_dict()
    }
    levels = [safetensors.torch.load_file(store.path / name) for name in names]
    assert all(weights.keys() == plain for weights in levels)
    key = "encoder.layers.linear1.weight"
    shares = [sparsity_of(weights, key) for weights in levels]
    assert shares == pytest.approx([0, 0.4, 0.64], abs=0.02)
    assert store.state.best.epoch == fit.best_weights.epoch == 4


def test_regrowing_keeps_one_best_over_all_epochs(tmp_path):
    store = RunDirectory.create(tmp_path / "run", texts={}, meta={})
    fit = make_fit(REGROWING, store=store)
    losses = []
    while fit.advance():
        losses.append(fit.metrics["validation/loss"])
    losses.append(fit.metrics["validation/loss"])
    assert fit.best["value"] == min(losses)
    assert [path.name for path in store.path.glob("best*")] == ["best.safetensors"]


def never_better(*overrides):
    return (
        *overrides,
        "training.num_epochs=9",
        "early_stopping={patience: 2, min_delta: 10.0}",
        "weight_pruning.every_num_epochs=3",
    )


@pytest.mark.slow
@pytest.mark.parametrize("epoch", [2, 3, 4])
def test_early_stopping_begins_anew_with_each_lasting_level(epoch):
    fit = make_fit(*never_better(LASTING))
    states = {}
    while fit.advance():
        states[fit.epoch] = stored(fit)
    assert (fit.status, fit.epoch) == ("early_stopped", 5)  # 3 is the first of its level
    resumed = make_fit(*never_better(LASTING))
    resumed.load_state_dict(states[epoch])
    assert is_equal(stored(carried_out(resumed)), stored(fit))


@pytest.mark.slow
@pytest.mark.parametrize(("grace", "last_epoch"), [(0, 3), (1, 4), (2, 5)])
def test_patience_does_not_count_the_grace_after_a_pruning(grace, last_epoch):
    fit = make_fit(*never_better(REGROWING, f"weight_pruning.grace_num_epochs={grace}"))
    carried_out(fit)
    assert (fit.status, fit.epoch) == ("early_stopped", last_epoch)


def test_weight_pruning_may_be_switched_off():
    off = carried_out(make_fit(LASTING, "weight_pruning.every_num_epochs=null"))
    plain = carried_out(make_fit())
    assert is_equal(stored(off), stored(plain))
    assert off.metrics == plain.metrics


def test_handlers_come_in_one_order(tmp_path):
    store = RunDirectory.create(tmp_path / "run", texts={}, meta={})
    fit = make_fit(LASTING, "early_stopping={patience: 2}", store=store)
    assert list(fit._handlers) == [
        "weight_pruning",
        "finite_weights",
        "recipe/cooling",
        "best_weights",
        "early_stopping",
        "snapshots",
        "metrics_log",
        "checkpointing",
    ]
