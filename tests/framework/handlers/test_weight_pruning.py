"""Weights are zero when they should be, at every step where masks last, and resume to the bit."""

import copy

import pytest
import torch
from ignite.engine import Events
from torch import nn
from torch.nn.utils import prune

from framework.engines.engine import ReliableEngine
from framework.events import FitEvents
from framework.handlers.masks import PruningMethod
from framework.handlers.weight_pruning import PruningGroup, WeightPruning

L1 = PruningMethod()
RANDOM = PruningMethod(name="random_unstructured")


class FakeRun:
    """A run of a convolution, in `channels_last`, and a linear layer."""

    label = ""

    task, best, directory = None, None, None
    num_epochs, seconds = 100, 0.0

    def __init__(self):
        torch.manual_seed(1)
        network = nn.Sequential(nn.Conv2d(2, 5, 2), nn.ReLU(), nn.Flatten(), nn.Linear(20, 10))
        self.networks = {"network": network.to(memory_format=torch.channels_last)}
        self.optimizers = {"main": torch.optim.Adam(network.parameters(), lr=0.01)}
        self.epoch, self.metrics = 0, {}

    @property
    def network(self):
        return self.networks["network"]

    def stop(self, reason):
        raise AssertionError(reason)


def groups_of(run, conv=0.3, linear=0.3):
    return [
        PruningGroup("network.conv", {"network.0.weight": run.network[0].weight}, conv),
        PruningGroup("network.linear", {"network.3.weight": run.network[3].weight}, linear),
    ]


def prune_every(
    run, n, *, amounts=(0.3, 0.3), after=lambda _: None, regrow=False, method=L1, seed=0
):
    return WeightPruning(
        groups_of(run, *amounts),
        every_num_epochs=n,
        regrow=regrow,
        method=method,
        seed=seed,
        after_pruning=after,
    )


def step_of(run):
    """An Adam step towards random targets, the same for the same iteration."""

    def step(engine, _batch):
        torch.manual_seed(engine.state.iteration)
        images, targets = torch.randn(16, 2, 3, 3), torch.randn(16, 10)
        run.optimizers["main"].zero_grad()
        (run.network(images) - targets).square().mean().backward()
        engine.fire_event(FitEvents.BACKWARD_COMPLETED)
        run.optimizers["main"].step()
        engine.fire_event(FitEvents.OPTIMIZER_STEPPED)

    return step


def live(run, handler, num_epochs, *, length=3, observe=lambda _trainer: None):
    """Train some more epochs; answer the rows of all of them."""
    rows = []
    trainer = ReliableEngine(step_of(run))
    handler.attach(trainer, ReliableEngine(lambda _engine, _batch: None), run)
    observe(trainer)

    @trainer.on(Events.EPOCH_COMPLETED)
    def end_epoch():
        run.epoch += 1
        run.metrics = {}
        trainer.fire_event(FitEvents.VALIDATING)
        rows.append(run.metrics)

    trainer.state.iteration = run.epoch * length
    for _ in range(num_epochs):
        start = {"iteration": trainer.state.iteration, "epoch_length": length}
        trainer.load_state_dict(start | {"max_epochs": run.epoch + 1})
        trainer.run(range(length), max_epochs=run.epoch + 1, epoch_length=length)
    return rows


def weights(run):
    return {key: value.clone() for key, value in run.network.state_dict().items()}


def is_equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_amounts_of_lasting_masks_compound():
    run = FakeRun()
    rows = live(run, prune_every(run, 1), 4)
    expected = [0.3, 0.51, 0.657, 0.7599]
    assert [row["sparsity/network.linear"] for row in rows] == pytest.approx(expected, abs=0.005)
    assert [row["sparsity/network.conv"] for row in rows] == pytest.approx(expected, abs=0.03)


def test_amounts_are_of_all_weights_where_they_may_grow_back():
    run = FakeRun()
    rows = live(run, prune_every(run, 2, regrow=True), 6)
    sparsities = [row["sparsity/network.linear"] for row in rows]
    assert sparsities == [0, pytest.approx(0.3), 0, pytest.approx(0.3), 0, pytest.approx(0.3)]


def test_lasting_masks_hold_at_every_step():
    run = FakeRun()
    handler = prune_every(run, 2)
    zeros = []

    def observe(trainer):
        for event in (FitEvents.OPTIMIZER_STEPPED, FitEvents.BACKWARD_COMPLETED):
            trainer.add_event_handler(
                event, lambda: zeros.append((run.network[3].weight == 0).sum().item())
            )
        trainer.add_event_handler(
            FitEvents.BACKWARD_COMPLETED,
            lambda: zeros.append((run.network[3].weight.grad == 0).sum().item()),
        )

    live(run, handler, 4, observe=observe)
    before, after = zeros[: 3 * 6], zeros[3 * 6 :]
    assert max(before) == 0
    assert min(after) == max(after) == 60


def test_weights_in_use_equal_those_of_a_module_reparametrised_by_pytorch():
    run = FakeRun()
    live(run, prune_every(run, 2), 7)  # 21 steps, prunings after 6, 12 and 18
    twin = FakeRun()
    masked = [twin.network[0], twin.network[3]]
    twin.networks["network"] = twin.network.to(memory_format=torch.contiguous_format)
    step, engine = step_of(twin), ReliableEngine(lambda _engine, _batch: None)
    for iteration in range(1, 22):
        engine.state.iteration = iteration
        step(engine, None)
        if iteration in {6, 12, 18}:
            with torch.no_grad():
                twin.network(torch.zeros(1, 2, 3, 3))  # PyTorch's choice sees the last forward's
            for layer in masked:
                prune.l1_unstructured(layer, "weight", 0.3)
    for layer in masked:
        prune.remove(layer, "weight")
    assert (run.network[3].weight == 0).sum() == 131
    expected = twin.network.state_dict()
    assert all(torch.equal(w, expected[key]) for key, w in run.network.state_dict().items())


def test_only_weights_are_pruned_and_keys_stay():
    run = FakeRun()
    keys, parameters = list(run.network.state_dict()), list(run.network.parameters())
    live(run, prune_every(run, 1), 1)
    assert list(run.network.state_dict()) == keys
    assert [p is q for p, q in zip(run.network.parameters(), parameters, strict=True)] == [True] * 4
    assert (run.network[0].bias == 0).sum() == 0


def test_amount_0_leaves_its_group_alone():
    run = FakeRun()
    handler = prune_every(run, 1, amounts=(0.0, 0.5))
    (row,) = live(run, handler, 1)
    assert row == {"sparsity/network.conv": 0.0, "sparsity/network.linear": 0.5}
    assert list(handler.state_dict()["masks"]) == ["network.3.weight"]


def test_nothing_to_prune_is_no_pruning():
    run, pruned = FakeRun(), []
    handler = prune_every(run, 1, amounts=(0.0, 0.0), after=pruned.append)
    live(run, handler, 2)
    assert pruned == []
    assert handler.state_dict() == {"level": 0, "masks": {}}


def test_amount_1_takes_all():
    run = FakeRun()
    (row,) = live(run, prune_every(run, 1, amounts=(1.0, 1.0)), 1)
    assert set(row.values()) == {1.0}


def test_prunings_are_counted_and_told():
    run, told = FakeRun(), []
    handler = prune_every(run, 2, after=lambda level: told.append((run.epoch, level)))
    live(run, handler, 5)
    assert told == [(1, 1), (3, 2)]
    assert handler.state_dict()["level"] == 2


@pytest.mark.slow
@pytest.mark.parametrize("method", [L1, RANDOM, PruningMethod(name="ln_structured")])
@pytest.mark.parametrize("regrow", [False, True])
@pytest.mark.parametrize("resumed_after", range(5))
def test_resumed_pruning_is_equal_to_the_bit(resumed_after, regrow, method):
    whole = FakeRun()
    expected_rows = live(whole, prune_every(whole, 2, regrow=regrow, method=method), 5)
    run = FakeRun()
    before = prune_every(run, 2, regrow=regrow, method=method)
    rows = live(run, before, resumed_after)
    resumed = FakeRun()
    resumed.network.load_state_dict(run.network.state_dict())
    resumed.optimizers["main"].load_state_dict(copy.deepcopy(run.optimizers["main"].state_dict()))
    resumed.epoch = run.epoch
    after = prune_every(resumed, 2, regrow=regrow, method=method)
    after.load_state_dict(copy.deepcopy(before.state_dict()))
    torch.rand(3)
    rows += live(resumed, after, 5 - resumed_after)
    assert rows == expected_rows
    assert is_equal(weights(resumed), weights(whole))


def test_resume_would_notice_masks_that_were_not_restored():
    run = FakeRun()
    live(run, prune_every(run, 2), 3)
    rows = live(run, prune_every(run, 2), 1)
    assert rows[0]["sparsity/network.linear"] == pytest.approx(0.3)  # 0.51 with them


def test_random_masks_depend_on_seed_and_epoch_alone():
    first, again, other = FakeRun(), FakeRun(), FakeRun()
    live(first, prune_every(first, 1, method=RANDOM), 1)
    torch.rand(11)
    live(again, prune_every(again, 1, method=RANDOM), 1)
    live(other, prune_every(other, 1, method=RANDOM, seed=1), 1)
    assert is_equal(weights(first), weights(again))
    assert not is_equal(weights(first), weights(other))
    early, late = (FakeRun() for _ in range(2))
    late.epoch = 1
    masks = []
    for run in (early, late):
        handler = prune_every(run, 1, method=RANDOM)
        live(run, handler, 1)
        masks.append(handler.state_dict()["masks"])
    assert not is_equal(*masks)
