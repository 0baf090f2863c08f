"""Frozen networks stay what they are, to the last bit, and learn from the epoch that is named."""

import json
import signal

import pytest
import safetensors.torch
import torch
from ignite.engine import Events
from run_digest import differences, digest_of
from torch import nn

from framework.contracts import Handler
from framework.events import FitEvents
from framework.runs.interruption import Interrupted
from framework.runs.records import read_state
from framework.runs.tuning import Tuning

pytestmark = pytest.mark.slow

FOUR = "{num_epochs: 4, batch_size: 64}"
THAWING = "{from: up.yaml, freeze: true, unfreeze_at_epoch: 3, lr: 0.001}"


class Watching(Handler):
    """Notes the weights and the modes of a network after each epoch, and what has gradients."""

    def __init__(self):
        self.weights, self.modes, self.learning, self.optimizers = [], [], [], {}

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        if run.directory.parent.name == "down":
            self.optimizers = run.optimizers
            trainer.add_event_handler(Events.ITERATION_COMPLETED, self.look, run)
            trainer.add_event_handler(Events.EPOCH_COMPLETED, self.keep, run)

    def look(self, run):
        self.modes.append({name: each.training for name, each in run.networks.items()})
        self.learning.append(
            {name: next(n.parameters()).grad is not None for name, n in run.networks.items()}
        )

    def keep(self, run):
        state = run.networks["encoder"].state_dict()
        self.weights.append({key: value.clone() for key, value in state.items()})


class StopAfter(Handler):
    """Asks for the end after an epoch of what needs another run."""

    def __init__(self, num_epochs):
        self.iteration = 3 * num_epochs

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        if run.directory.parent.name == "down":
            trainer.add_event_handler(Events.ITERATION_COMPLETED, self.stop, trainer)

    def stop(self, trainer):
        if trainer.state.iteration == self.iteration:
            signal.raise_signal(signal.SIGTERM)


class Counting(Handler):
    """Counts how often an encoder is asked while what needs it is trained and validated."""

    def __init__(self):
        self.num_calls, self.asked = 0, []

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        if run.directory.parent.name == "head":
            run.networks["encoder"].register_forward_hook(self.count)
            trainer.add_event_handler(FitEvents.SAVING, self.keep)

    def count(self, *_):
        self.num_calls += 1

    def keep(self):
        self.asked.append(self.num_calls)


@pytest.fixture
def tuned(recipe, carried_out):
    """Trains a decoder beside an encoder from elsewhere."""
    recipe("up.yaml")

    def tuned(encoder, *overrides, **options):
        networks = f"{{encoder: {encoder}, decoder: linear_decoder}}"
        path = recipe("down.yaml", networks=networks, training=FOUR)
        return carried_out(path, *overrides, **options)

    return tuned


def begun_with(record):
    found = safetensors.torch.load_file(record.directory / "initial.safetensors")
    return {key.removeprefix("encoder."): value for key, value in found.items()}


def are_same(first, second):
    return all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("more", [(), ("averaging={decay: 0.9}",), ("optimizer=sgd",)])
def test_frozen_network_is_never_changed_and_never_stepped(tuned, more):
    watching = Watching()
    record = tuned("{from: up.yaml, freeze: true}", *more, observers=[watching])
    begun = begun_with(record)
    assert "layers.2.running_mean" in begun  # batch normalisation, which would move in train mode
    assert all(are_same(weights, begun) for weights in watching.weights)
    assert {each["encoder"] for each in watching.modes} == {False}
    assert {each["decoder"] for each in watching.modes} == {True}
    assert {each["encoder"] for each in watching.learning} == {False}
    (optimizer,) = watching.optimizers.values()
    assert [len(group["params"]) for group in optimizer.param_groups] == [2]


def test_network_from_elsewhere_that_is_not_frozen_is_trained(tuned):
    watching = Watching()
    record = tuned("{from: up.yaml}", observers=[watching])
    assert not are_same(watching.weights[0], begun_with(record))
    assert {each["encoder"] for each in watching.modes} == {True}


def test_network_learns_from_the_epoch_that_is_named(tuned):
    watching = Watching()
    record = tuned(THAWING, observers=[watching])
    begun = begun_with(record)
    assert [are_same(weights, begun) for weights in watching.weights] == [True, True, False, False]
    assert [each["encoder"] for each in watching.modes] == [False] * 6 + [True] * 6
    assert [each["encoder"] for each in watching.learning] == [False] * 6 + [True] * 6


def test_own_learning_rate_is_a_group_of_its_own_and_scheduled_with_the_others(tuned):
    watching = Watching()
    tuned("{from: up.yaml, lr: 0.001}", "handlers=[]", observers=[watching])
    (optimizer,) = watching.optimizers.values()
    assert [group["lr"] for group in optimizer.param_groups] == [0.05, 0.001]
    assert [len(group["params"]) for group in optimizer.param_groups] == [2, 6]
    assert {group["weight_decay"] for group in optimizer.param_groups} == {1e-4}


def test_cycle_keeps_learning_rates_in_proportion(tuned):
    watching = Watching()
    cycle = "scheduler={type: one_cycle, max_lr: 0.01}"
    tuned("{from: up.yaml, lr: 0.005}", "handlers=[]", cycle, observers=[watching])
    (optimizer,) = watching.optimizers.values()
    others, own = (group["lr"] for group in optimizer.param_groups)
    assert own == pytest.approx(others / 10)


@pytest.mark.parametrize("num_epochs", [1, 2, 3])
def test_resume_is_exact_before_at_and_after_the_epoch_of_unfreezing(tuned, tmp_path, num_epochs):
    whole = digest_of(tuned(THAWING, "name=whole").directory)
    with pytest.raises(Interrupted):
        tuned(THAWING, observers=[StopAfter(num_epochs)])
    record = tuned(THAWING)
    assert read_state(record.directory).attempt == 2
    assert differences(whole, digest_of(record.directory)) == []
    assert len(list((tmp_path / "runs" / "up").glob("2*"))) == 1


def test_resume_within_an_epoch_is_exact(tuned):
    whole = digest_of(tuned(THAWING, "name=whole").directory)
    stop = StopAfter(0)
    stop.iteration = 7  # the first of the epoch that unfreezes
    with pytest.raises(Interrupted):
        tuned(THAWING, observers=[stop])
    assert differences(whole, digest_of(tuned(THAWING).directory)) == []


@pytest.fixture
def classified(recipe, carried_out):
    """Trains a head on a frozen encoder from elsewhere."""
    recipe("up.yaml")

    def classified(origin, *overrides):
        counting = Counting()
        networks = f"{{encoder: {{from: up.yaml, {origin}}}, decoder: null, head: mlp_head}}"
        lines = {"task": "classification", "loss": "cross_entropy", "metrics": "[accuracy]"}
        path = recipe("head.yaml", networks=networks, handlers="[]", **lines)
        return carried_out(path, *overrides, observers=[counting]), counting.asked

    return classified


@pytest.mark.parametrize("accumulation", [1, 3])
def test_codes_of_a_frozen_encoder_are_computed_once(classified, accumulation):
    parts = f"training={{num_epochs: 3, batch_size: 50, accumulation: {accumulation}}}"
    kept, asked = classified("freeze: true", parts)
    assert asked == [0, 0, 0]
    again, asked_again = classified("freeze: true, unfreeze_at_epoch: 4", parts)
    assert asked_again == [(4 * accumulation + 1) * epoch for epoch in (1, 2, 3)]
    first, second = (
        safetensors.torch.load_file(each.directory / "best.safetensors") for each in (kept, again)
    )
    torch.testing.assert_close(first, second)
    assert kept.test == pytest.approx(again.test)


def test_rates_of_the_log_are_the_optimizers(tuned):
    record = tuned(THAWING, "handlers=[]")
    rows = (record.directory / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(row)["lr"] for row in rows] == [0.05] * 4


def test_weights_that_two_networks_share_are_stepped_once(planned_from, recipe):
    recipe("up.yaml")
    networks = "{encoder: {from: up.yaml}, decoder: linear_decoder}"
    plan, _ = planned_from(recipe("down.yaml", networks=networks))
    shared = nn.Linear(2, 2)
    tuning = Tuning(plan, {"encoder": shared, "decoder": nn.Sequential(shared, nn.Linear(2, 2))})
    assert len(tuning.parameters(["encoder", "decoder"])) == 4
    assert tuning.frozen_throughout == frozenset()


def test_what_a_network_does_not_train_stays_so_when_it_is_unfrozen(planned_from, recipe):
    recipe("up.yaml")
    networks = f"{{encoder: {THAWING}, decoder: linear_decoder}}"
    plan, _ = planned_from(recipe("down.yaml", networks=networks))
    encoder = nn.Linear(2, 2)
    encoder.bias.requires_grad_(requires_grad=False)
    tuning = Tuning(plan, {"encoder": encoder, "decoder": nn.Linear(2, 2)})
    tuning.begin_epoch(1, is_training=True)
    assert (encoder.weight.requires_grad, encoder.training) == (False, False)
    tuning.begin_epoch(3, is_training=True)
    assert (encoder.weight.requires_grad, encoder.bias.requires_grad) == (True, False)
    assert encoder.training
    tuning.begin_epoch(3, is_training=False)
    assert not encoder.training
