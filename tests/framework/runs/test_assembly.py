"""What a plan names is built on a device, split and served as the recipe says."""

from functools import cache
from pathlib import Path

import pytest
import torch
from torch import nn

from framework.contracts import ImageSet, Task
from framework.discovery import discover
from framework.errors import DataError
from framework.recipe.building import build_networks
from framework.recipe.loading import load_document
from framework.recipe.planning import make_plan
from framework.recipe.schema import read_recipe
from framework.runs.assembly import (
    build_metrics,
    build_on,
    build_optimizers,
    build_schedulers,
    evaluation_loader,
    prepared_images,
    split_images,
    training_loader,
)

SUPPORT = Path(__file__).parents[2] / "support"
CPU = torch.device("cpu")


@cache
def plan_of(*overrides):
    document = load_document(SUPPORT / "tiny.yaml", overrides)
    registry = discover([SUPPORT / "tiny_images.py"])
    return make_plan(read_recipe(document), document, registry)[0]


def make_images(num=256):
    return ImageSet(torch.zeros(num, 1, 8, 8, dtype=torch.uint8))


def test_split_is_the_recipes():
    splits = split_images(plan_of("validation.fraction=0.25"), 256)
    assert (len(splits.train), len(splits.validation)) == (192, 64)
    again = split_images(plan_of("validation.fraction=0.25", "seed=99"), 256)
    assert torch.equal(splits.validation, again.validation)
    other = split_images(plan_of("validation={fraction: 0.25, seed: 5}"), 256)
    assert not torch.equal(splits.validation, other.validation)


def test_too_few_images_for_one_full_batch_are_refused_with_both_numbers():
    plan = plan_of("training={num_epochs: 1, batch_size: 193, drop_last: true}")
    with pytest.raises(DataError) as caught:
        split_images(plan, 256)
    (fault,) = caught.value.faults
    assert fault.identifier == "D034"
    assert fault.message == "192 training images do not fill one batch of 193"
    assert split_images(plan, 258)  # 194 train


def test_networks_are_built_as_the_seed_says_with_convolutions_channels_last():
    plan = plan_of(
        "networks={encoder: {type: conv_encoder, channels: [4, 4], kernel_sizes: [3, 3],"
        " strides: [2, 2], paddings: [1, 1]}, decoder: mirrored_decoder}"
    )
    built = build_on(plan, CPU)
    expected = build_networks(plan.components.networks, plan.data, seed=plan.seed)
    for name, network in built.items():
        for key, value in network.state_dict().items():
            assert torch.equal(value, expected[name].state_dict()[key])
    weight = built["encoder"].layers.conv2.weight
    assert weight.is_contiguous(memory_format=torch.channels_last)


def test_only_optimizer_steps_every_network():
    plan = plan_of()
    networks = build_on(plan, CPU)
    (optimizer,) = build_optimizers(plan, networks).values()
    stepped = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert stepped == {id(p) for network in networks.values() for p in network.parameters()}


class Coding(Task):
    """Prepares codes of its encoder, and counts how many images it did that for."""

    def __init__(self, networks, answers=1):
        self.networks, self.answers, self.sizes = networks, answers, []

    def prepare(self, batch, frozen):
        assert frozen == {"encoder"}
        self.sizes.append(len(batch))
        return self.networks["encoder"](batch.images) if len(self.sizes) <= self.answers else None

    def losses(self, batch):
        yield "main", batch.images.mean()

    def evaluate(self, batch):
        return batch.images, batch.images


@pytest.fixture
def frozen(tmp_path):
    """Plans a decoder on an encoder from elsewhere, and builds both."""

    def frozen(origin):
        path = tmp_path / "down.yaml"
        networks = f"{{encoder: {{from: {SUPPORT / 'tiny.yaml'}, {origin}}}}}"
        path.write_text(f"extends: {SUPPORT / 'tiny.yaml'}\nnetworks: {networks}\n")
        document = load_document(path, ["training.evaluation_batch_size=100"])
        registry = discover([SUPPORT / "tiny_images.py"])
        plan = make_plan(read_recipe(document), document, registry)[0]
        return plan, build_on(plan, CPU)

    return frozen


def test_what_frozen_networks_make_of_images_is_prepared_once_for_each(frozen):
    plan, networks = frozen("freeze: true")
    task = Coding(networks, answers=3)
    rows = prepared_images(plan, task, networks, make_images(), CPU)
    assert task.sizes == [100, 100, 56]
    assert not networks["encoder"].training
    assert not rows.requires_grad
    torch.testing.assert_close(rows[7], networks["encoder"](torch.zeros(1, 1, 8, 8))[0].detach())


@pytest.mark.parametrize("origin", ["lr: 0.1", "freeze: true, unfreeze_at_epoch: 12"])
def test_nothing_is_prepared_by_networks_that_learn(frozen, origin):
    plan, networks = frozen(origin)
    task = Coding(networks)
    assert prepared_images(plan, task, networks, make_images(), CPU) is None
    assert task.sizes == []


def test_task_may_decline_to_prepare(frozen):
    plan, networks = frozen("freeze: true")
    assert prepared_images(plan, Coding(networks, answers=0), networks, make_images(), CPU) is None


def test_several_optimizers_step_each_its_namesake_but_nothing_frozen(tmp_path):
    plugin = tmp_path / "both.py"
    plugin.write_text(BOTH)
    document = load_document(
        SUPPORT / "tiny.yaml",
        [
            "optimizer=null",
            "optimizers={encoder: adam, decoder: sgd}",
            "task=both",
            "early_stopping=null",
            "checkpointing=null",
        ],
    )
    registry = discover([SUPPORT / "tiny_images.py", plugin])
    plan = make_plan(read_recipe(document), document, registry)[0]
    networks = build_on(plan, CPU)
    networks["decoder"].layer.bias.requires_grad_(requires_grad=False)
    optimizers = build_optimizers(plan, networks)
    stepped = {
        name: [id(p) for group in each.param_groups for p in group["params"]]
        for name, each in optimizers.items()
    }
    assert stepped == {
        "encoder": [id(p) for p in networks["encoder"].parameters()],
        "decoder": [id(networks["decoder"].layer.weight)],
    }


def test_schedulers_set_the_rates_of_their_optimizers_over_the_whole_training():
    scheduler = "scheduler={type: cosine, warm_up_num_epochs: 1}"
    plan = plan_of(scheduler, "training.num_epochs=3")
    optimizers = build_optimizers(plan, build_on(plan, CPU))
    schedulers = build_schedulers(plan, optimizers, steps_per_epoch=2)
    rates = []
    for _ in range(7):
        rates.append(optimizers["main"].param_groups[0]["lr"])
        optimizers["main"].step()
        schedulers["main"].step()
    assert rates.index(max(rates)) == 2
    assert rates[-1] == pytest.approx(0.0, abs=1e-12)


def test_metrics_are_named_and_built_anew_each_time():
    plan = plan_of("metrics=[largest_error, largest_error]")
    first, second = build_metrics(plan, CPU), build_metrics(plan, CPU)
    assert list(first) == ["largest_error", "largest_error-2"]
    assert first["largest_error"] is not second["largest_error"]


def test_metric_that_is_a_module_is_moved_to_the_device(monkeypatch):
    plan = plan_of()
    planned = plan.components.metrics["largest_error"]
    monkeypatch.setattr(type(planned), "build", lambda *_, **__: nn.BatchNorm1d(1))
    (metric,) = build_metrics(plan, torch.device("meta")).values()
    assert metric.running_mean.device.type == "meta"


def test_training_images_are_shuffled_by_the_seed_and_validation_images_are_not():
    plan = plan_of("training={num_epochs: 1, batch_size: 50, evaluation_batch_size: 40}")
    splits = split_images(plan, 256)
    train = training_loader(plan, make_images(), splits, CPU)
    served = torch.cat([batch.indices for batch in train.epoch(0)])
    assert len(train) == 4
    assert not torch.equal(served, splits.train)
    assert torch.equal(served.sort().values, splits.train)
    validation = evaluation_loader(plan, make_images(), splits.validation, CPU)
    assert [len(batch) for batch in validation.epoch()] == [40, 24]
    served = torch.cat([batch.indices for batch in validation.epoch()])
    assert torch.equal(served, splits.validation)


def test_short_last_batch_is_dropped_where_the_recipe_says_so():
    plan = plan_of("training={num_epochs: 1, batch_size: 50, drop_last: true}")
    loader = training_loader(plan, make_images(), split_images(plan, 256), CPU)
    assert [len(batch) for batch in loader.epoch(0)] == [50, 50, 50]


BOTH = '''
from framework import Task, hookimpl

class Both(Task):
    """A loss for each network."""

    def __init__(self, networks):
        self.networks = networks

    def losses(self, batch):
        for name, network in self.networks.items():
            yield name, sum(p.sum() for p in network.parameters()) * batch.images.mean()

    def evaluate(self, batch):
        return batch.images, batch.images

@hookimpl
def provide_tasks():
    return {"both": Both}
'''
