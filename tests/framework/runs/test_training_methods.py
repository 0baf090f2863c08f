"""Schedules, clipping, accumulation, averages, pruning: together, resumed, kept as evaluated."""

from functools import partial
from pathlib import Path

import pytest
import small_fits
import torch
from ignite.engine import Events
from safetensors.torch import load_file
from small_fits import carried_out, is_equal, outcome, reread

from framework.contracts import Handler
from framework.engines.evaluator import evaluate
from framework.handlers.best_weights import copy_weights
from framework.runs.records import read_run

pytestmark = pytest.mark.slow

SUPPORT = Path(__file__).parents[2] / "support"
CPU = torch.device("cpu")
LENGTH = 4
"""Iterations in an epoch of the recipe below."""
SHORT = (
    "training={num_epochs: 3, batch_size: 50, accumulation: 2}",
    "early_stopping={patience: 5}",
    "checkpointing=null",
    "handlers=[]",
)
AVERAGING = "averaging={decay: 0.9}"
METHODS = (
    "scheduler={type: one_cycle, max_lr: 0.1}",
    "gradient_clipping={max_norm: 0.01}",
    AVERAGING,
    "weight_pruning={every_num_epochs: 2, groups: [{network: encoder, amount: 0.3}]}",
)
WARMED_UP = ("scheduler={type: cosine, warm_up_num_epochs: 0.75}",)
EVERYTHING = (
    *WARMED_UP,
    *METHODS[1:],
    "training.time_limit_minutes=60",
    "schedules=[{parameter: networks.encoder.noise, points: [[1, 0.0], [3, 0.4]]},"
    " {parameter: weight_pruning.groups.0.amount, points: [[1, 0.0], [3, 0.6]]},"
    " {parameter: gradient_clipping.max_norm, points: [[1, 0.01], [3, 1]], shape: cosine},"
    " {parameter: averaging.decay, points: [[1, 0.5], [2, 0.9]], shape: step},"
    " {parameter: optimizer.weight_decay, points: [[1, 0.0], [3, 0.1]]}]",
)
PLATEAU = ("scheduler={type: reduce_on_plateau, patience: 0, monitor: train/loss}",)
make_fit = partial(small_fits.make_fit, SUPPORT / "tiny.yaml", *SHORT)


class AtIterations(Handler):
    """Calls a function after every iteration, when all handlers of the fit have acted."""

    def __init__(self, call):
        self.call = call

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda: self.call(trainer, run))


@pytest.fixture(
    scope="module",
    params=[METHODS, WARMED_UP, PLATEAU, EVERYTHING],
    ids=lambda given: "-".join(given)[:60],
)
def whole(request):
    """An uninterrupted fit with its states at all iterations at which it may be saved."""
    states = {}

    def keep(trainer, run):
        if trainer.state.iteration % LENGTH:
            states[trainer.state.iteration] = reread(run.state_dict())

    fit = make_fit(*request.param, observers=[AtIterations(keep)])
    states[0] = reread(fit.state_dict())
    while fit.advance():
        states[fit.epoch * LENGTH] = reread(fit.state_dict())
    return request.param, outcome(fit), states


@pytest.mark.slow
@pytest.mark.parametrize("iteration", range(3 * LENGTH))
def test_fit_resumed_at_any_iteration_ends_with_the_same_bits(whole, iteration):
    methods, expected, states = whole
    fit = make_fit(*methods)
    fit.load_state_dict(states[iteration])
    torch.rand(17)
    assert is_equal(outcome(carried_out(fit)), expected)


def test_resume_would_notice_a_handler_that_was_not_restored(whole):
    methods, expected, states = whole
    state = states[2 * LENGTH + 2]
    lost = set(state["handlers"]) - {"early_stopping", "best_weights"}
    assert len(lost) == (4 if methods in {METHODS, EVERYTHING} else 1)
    for name in lost:
        handlers = state["handlers"] | {name: states[0]["handlers"][name]}
        fit = make_fit(*methods)
        fit.load_state_dict(state | {"handlers": handlers})
        assert not is_equal(outcome(carried_out(fit)), expected), name


def test_row_has_the_rate_of_the_last_step_and_the_length_of_gradients():
    rates = []

    def look(_trainer, run):
        rates.append(run.optimizers["main"].param_groups[0]["lr"])

    fit = make_fit(*METHODS, observers=[AtIterations(look)])
    fit.advance()
    # what is seen after an iteration is the rate of the next step
    assert (fit.metrics["lr"], len(rates)) == (rates[-2], LENGTH)
    assert fit.metrics["gradient_norm"] > 0.01


def test_best_weights_are_the_averages_that_were_evaluated():
    fit = carried_out(make_fit(*METHODS))
    own = copy_weights(fit.networks)
    best = fit.best_weights
    assert is_equal(reread(fit.state_dict()["networks"]), own)
    assert not is_equal(own["encoder"], best.weights["encoder"])
    fit.restore_best()
    for network in fit.networks.values():
        network.eval()
    assert evaluate(fit._evaluator, fit._validation_loader)["loss"] == best.value


def test_averages_stay_pruned():
    fit = carried_out(make_fit(*METHODS))
    fit.restore_best()
    weight = fit.networks["encoder"].layers[1].weight
    assert fit.best["epoch"] == 3
    assert float((weight == 0).float().mean()) == pytest.approx(0.3, abs=0.02)


def test_averaging_leaves_training_alone():
    averaged, plain = carried_out(make_fit(AVERAGING)), carried_out(make_fit())
    assert is_equal(copy_weights(averaged.networks), copy_weights(plain.networks))
    assert averaged.metrics["train/loss"] == plain.metrics["train/loss"]
    assert averaged.metrics["validation/loss"] != plain.metrics["validation/loss"]


def test_averages_are_kept_where_nothing_is_held_out():
    unheld = ("validation.fraction=0", "early_stopping=null")
    fit = carried_out(make_fit(AVERAGING, *unheld))
    averages = reread(fit.state_dict()["handlers"]["averaging"]["averages"])
    resumed = make_fit(AVERAGING, *unheld)
    resumed.load_state_dict(reread(fit.state_dict()))
    for each in (fit, resumed):
        assert each.restore_best() == 3
        weights = dict(each.networks["decoder"].named_parameters())
        assert torch.equal(weights["layer.bias"], averages["decoder.layer.bias"])


def test_rates_do_not_depend_on_the_parts_of_a_batch():
    def rates(*overrides):
        seen = []
        fit = make_fit(
            *EVERYTHING,
            *overrides,
            observers=[AtIterations(lambda _, run: seen.append(rate_of(run)))],
        )
        carried_out(fit)
        return seen

    in_parts = rates()
    assert len(in_parts) == 3 * LENGTH
    assert in_parts[0] < in_parts[1] < in_parts[2] > in_parts[3]  # 3 steps of warm-up
    assert rates("training.accumulation=1") == in_parts


def rate_of(run):
    return run.optimizers["main"].param_groups[0]["lr"]


def test_schedules_set_the_numbers_of_every_epoch():
    seen, rows = [], []
    fit = make_fit(
        *EVERYTHING,
        "weight_pruning.every_num_epochs=1",
        observers=[AtIterations(lambda _, run: seen.append(numbers_of(run)))],
    )
    while fit.advance():
        rows.append(fit.metrics)
    rows.append(fit.metrics)
    expected = [(0.0, 0.0), (0.2, 0.05), (0.4, 0.1)]
    assert seen == [pytest.approx(pair) for pair in expected for _ in range(LENGTH)]
    names = ("networks.encoder.noise", "optimizer.weight_decay")
    assert [tuple(row[f"schedule/{name}"] for name in names) for row in rows] == seen[::LENGTH]
    # 0.3 of all, then 0.6 of what remains
    assert [row["sparsity/encoder.all"] for row in rows] == pytest.approx([0, 0.3, 0.72], abs=0.02)
    assert numbers_of(fit) == (0.1, 1e-4)


def numbers_of(run):
    decay = run.optimizers["main"].param_groups[0]["weight_decay"]
    return run.networks["encoder"]._noise, decay


@pytest.mark.parametrize("shape", ["linear", "step"])
def test_evaluations_take_the_value_written_whatever_the_schedule(shape):
    task = "task={type: denoising, corruptions: [{type: gaussian_noise, std: 0.2}]}"
    schedule = (
        f"{{parameter: task.corruptions.0.std, points: [[1, 0.0], [3, 0.9]], shape: {shape}}}"
    )
    fit = make_fit(task, f"schedules=[{schedule}]", "metrics=[largest_error]")
    rows = []
    while fit.advance():
        rows.append(fit.metrics)
    noisy = {row["validation/noisy/largest_error"] for row in [*rows, fit.metrics]}
    written = make_fit(task, "metrics=[largest_error]")
    written.advance()
    assert noisy == {written.metrics["validation/noisy/largest_error"]}


def test_time_limit_leaves_what_was_evaluated_pruned_and_averaged():
    fit = carried_out(
        make_fit(
            *EVERYTHING,
            "training.time_limit_minutes=1e-9",
            "weight_pruning.every_num_epochs=1",
            "schedules=null",
        )
    )
    assert (fit.status, fit.epoch) == ("early_stopped", 1)
    value = fit.best_weights.value
    fit.restore_best()
    for network in fit.networks.values():
        network.eval()
    assert evaluate(fit._evaluator, fit._validation_loader)["loss"] == value
    weight = fit.networks["encoder"].layers[1].weight
    assert float((weight == 0).float().mean()) == pytest.approx(0.3, abs=0.02)


def test_time_limit_ends_the_fit_and_says_why():
    fit = carried_out(make_fit("training.time_limit_minutes=1e-9"))
    assert (fit.status, fit.epoch) == ("early_stopped", 1)
    assert fit.reason.startswith("training has taken ")


def test_run_without_epochs_measures_and_draws_the_networks_that_it_is_given(
    tmp_path, carried_out_in
):
    origin = (
        f"{{from: {SUPPORT / 'tiny.yaml'}, freeze: true, overrides: ['training.num_epochs=1']}}"
    )
    (tmp_path / "zero.yaml").write_text(
        "name: zero\nseed: 0\ndataset: tiny_images\n"
        f"networks: {{encoder: {origin}, decoder: {origin}}}\n"
        "task: reconstruction\nloss: mse\ntraining: {num_epochs: 0}\nfigures: [weight_digests]\n"
    )
    record = carried_out_in(tmp_path, "training.num_epochs=0", recipe=tmp_path / "zero.yaml")
    (upstream,) = (tmp_path / "tiny").iterdir()
    assert (record.status, record.epoch, record.best.epoch) == ("finished", 0, 0)
    kept, given = (load_file(path / "best.safetensors") for path in (record.directory, upstream))
    assert kept.keys() == given.keys()
    assert all(kept[key].equal(value) for key, value in given.items())
    assert record.test["loss"] == read_run(upstream).test["loss"]
    assert [path.stem for path in record.pictures] == ["weight_digests"]
