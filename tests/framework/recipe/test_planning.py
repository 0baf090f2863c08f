"""What does not go together is found in the plan, before any data are read."""

import pytest
from torch import nn

from framework.contracts import DataInfo, Dataset, Handler, Loss, Task
from framework.discovery import discover
from framework.errors import RecipeError
from framework.recipe.loading import load_document
from framework.recipe.planning import make_plan
from framework.recipe.schema import read_recipe
from framework.recipe.writing import yaml_text
from framework.registry import BrokenPlugin, Component, Plugin

LINES = {
    "seed": "4",
    "dataset": "unread",
    "networks": "{encoder: conv_encoder, decoder: mirrored_decoder}",
    "task": "reconstruction",
    "loss": "mse",
    "optimizer": "adam",
    "training": "{num_epochs: 1, batch_size: 50}",
}


class Unread(Dataset):
    """A data set that must not be read.

    Args:
        num_train: number of training images.
        low: smallest pixel value.
    """

    def __init__(self, *, num_train: int = 1000, low: float = 0.0) -> None:
        if num_train > 10**6:
            raise ValueError(f"{num_train} images are too many")
        self.num_train, self.low = num_train, low

    @property
    def info(self):
        return DataInfo(
            image_shape=(1, 28, 28),
            num_train=self.num_train,
            num_test=10,
            value_range=(self.low, 1.0),
        )

    def fingerprint(self):
        raise AssertionError("a plan needs no fingerprint")

    def load(self):
        raise AssertionError("a plan reads no data")


class Normed(nn.Module):
    """A network with a batch normalisation."""

    def __init__(self, data) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(data.image_shape[0])

    def forward(self, images):
        return self.norm(images)


class Adversarial(Task):
    """Has a loss for each of two optimizers."""

    def __init__(self, networks):
        self.networks = networks

    def losses(self, batch):
        for name in ("encoder", "decoder"):
            yield name, sum(p.sum() for p in self.networks[name].parameters()) * batch.images.mean()

    def evaluate(self, batch):
        return batch.images, batch.images


class Renamed(Adversarial):
    """Has losses for optimizers that are not called like any network."""

    def losses(self, batch):
        for name, loss in super().losses(batch):
            yield f"{name}_steps", loss


class AnyRange(Loss):
    """Takes any values."""

    def forward(self, prediction, target):
        return (prediction - target).square().mean()


class Silent(Handler):
    """Does nothing."""

    def attach(self, trainer, evaluator, run): ...


@pytest.fixture(scope="module")
def registry():
    registry = discover()
    for kind, name, factory in (
        ("dataset", "unread", Unread),
        ("network", "normed", Normed),
        ("task", "duel", Adversarial),
        ("task", "renamed", Renamed),
        ("loss", "any_range", AnyRange),
        ("handler", "silent", Silent),
    ):
        registry.add(Component(kind, name, Plugin("tests"), factory))
    return registry


@pytest.fixture
def plan_of(tmp_path, registry):
    """Makes a plan of the recipe above with some of its lines replaced; None leaves one out."""

    def plan_of(**lines):
        merged = {key: text for key, text in (LINES | lines).items() if text is not None}
        path = tmp_path / "recipe.yaml"
        path.write_text("".join(f"{key}: {text}\n" for key, text in merged.items()))
        document = load_document(path)
        return make_plan(read_recipe(document), document, registry)[0]

    return plan_of


@pytest.fixture
def faults_of(plan_of):
    """What `plan_of` is refused for, as (identifier, place in the text, message with hint)."""

    def faults_of(**lines):
        with pytest.raises(RecipeError) as caught:
            plan_of(**lines)
        return [
            (f.identifier, (f.place.line, f.place.column), f"{f.message}; {f.hint}".rstrip("; "))
            for f in caught.value.faults
        ]

    return faults_of


def test_plan_is_made_without_reading_data(plan_of):
    plan = plan_of()
    assert plan.seed == 4
    assert plan.data.num_train == 1000
    assert plan.loss_names == ("main",)
    assert plan.num_parameters == sum(row.num_parameters for row in plan.layers) > 0
    assert {row.network for row in plan.layers} == {"encoder", "decoder"}


def test_seed_is_drawn_where_the_recipe_names_none(plan_of):
    first, second = plan_of(seed=None), plan_of(seed="null")
    assert first.seed != second.seed
    assert first.resolved["seed"] == first.seed
    assert first.recipe.seed is None


def test_broken_plugins_are_warned_of(plan_of, registry):
    broken = BrokenPlugin("extra", "extra-losses", "1.0", "extra.py:3", "it cannot be imported")
    registry.broken.append(broken)
    try:
        assert str(broken) in plan_of().warnings
    finally:
        registry.broken.remove(broken)


def test_impossible_stack_is_refused_with_the_layer_table(faults_of):
    encoder = "{type: conv_encoder, kernel_sizes: [3, 3, 9]}"
    ((identifier, place, message),) = faults_of(
        networks=f"{{encoder: {encoder}, decoder: mirrored_decoder}}"
    )
    assert (identifier, place) == ("R017", (3, 21))
    assert message.startswith(
        "conv layer 3: input 7x7, kernel 9, stride 2, padding 0 gives 0x0\n  layer  kernel"
    )
    assert "1x28x28  8x14x14" in message


def test_layers_beyond_any_memory_are_refused_before_they_are_made(faults_of):
    encoder = "{type: conv_encoder, hidden_dims: [1000000000]}"
    ((identifier, _, message),) = faults_of(
        networks=f"{{encoder: {encoder}, decoder: mirrored_decoder}}"
    )
    assert identifier == "R022"
    assert "parameters need" in message
    assert message.endswith("GB are there; make layers smaller")


def test_data_set_that_refuses_its_values_is_a_fault_with_its_place(faults_of):
    assert faults_of(dataset="{type: unread, num_train: 2000000}") == [
        (
            "R018",
            (2, 10),
            "dataset 'unread' of plugin 'tests' cannot be built: 2000000 images are too many",
        )
    ]


def test_loss_that_expects_another_range_is_refused_with_both(faults_of, plan_of):
    signed = "{type: unread, low: -1.0}"
    assert faults_of(dataset=signed, loss="bce") == [
        (
            "R020",
            (5, 7),
            "loss 'bce' expects targets in [0.0, 1.0], dataset 'unread' has images in [-1.0, 1.0]",
        )
    ]
    assert plan_of(dataset=signed, loss="any_range").data.value_range == (-1.0, 1.0)


def test_range_of_a_nested_loss_is_checked_too(faults_of, plan_of):
    signed = "{type: unread, low: -1.0}"
    ((identifier, place, message),) = faults_of(
        dataset=signed, loss="{type: iterative_reconstruction, base: bce}"
    )
    assert (identifier, place) == ("R020", (5, 46))
    assert message.startswith("loss 'bce' expects targets in [0.0, 1.0]")
    ((identifier, place, message),) = faults_of(dataset=signed, loss="iterative_reconstruction")
    assert (identifier, place) == ("R020", (5, 1))
    assert message.startswith("loss 'mse' expects targets in [0.0, 1.0]")
    loss = "{type: iterative_reconstruction, base: any_range}"
    assert plan_of(dataset=signed, loss=loss)


NORMED = "{encoder: normed, decoder: normed}"


@pytest.mark.parametrize(
    ("training", "num_images"),
    [
        ("{num_epochs: 1, batch_size: 899}", 900),
        ("{num_epochs: 1, batch_size: 1}", 900),
        ("{num_epochs: 1, batch_size: 450, accumulation: 226}", 900),
        ("{num_epochs: 1, batch_size: 897, accumulation: 2}", 900),
    ],
)
def test_batch_of_one_is_refused_beside_batch_normalisation(faults_of, training, num_images):
    ((identifier, place, message),) = faults_of(networks=NORMED, training=training)
    assert (identifier, place) == ("R021", (7, 39))
    assert message.startswith(f"encoder.norm normalises over a batch, and {num_images} images in")
    assert message.endswith("set training.drop_last to true, or choose another batch size")


@pytest.mark.parametrize(
    "training",
    [
        "{num_epochs: 1, batch_size: 899, drop_last: true}",
        "{num_epochs: 1, batch_size: 898}",
        "{num_epochs: 1, batch_size: 900}",
        "{num_epochs: 1, batch_size: 450, accumulation: 225}",
    ],
)
def test_larger_last_batch_or_none_is_fine(plan_of, training):
    assert plan_of(networks=NORMED, training=training)


def test_batch_of_one_is_fine_without_batch_normalisation(plan_of):
    assert plan_of(training="{num_epochs: 1, batch_size: 899}")


@pytest.mark.parametrize("key", ["early_stopping", "checkpointing"])
def test_unknown_monitor_is_refused_with_the_nearest(faults_of, key):
    patience = ", patience: 2" if key == "early_stopping" else ""
    block = f"{{monitor: validation/psnrr, mode: max{patience}}}"
    ((identifier, place, message),) = faults_of(metrics="[psnr]", **{key: block})
    assert (identifier, place) == ("R005", (9, 13 + len(key)))
    assert message == "no metric named 'validation/psnrr'; did you mean 'validation/psnr'?"


@pytest.mark.parametrize("monitor", ["train/loss", "validation/loss", "validation/psnr"])
def test_monitor_that_is_measured_is_accepted(plan_of, monitor):
    block = f"{{monitor: {monitor}, mode: max, patience: 2}}"
    assert plan_of(metrics="[psnr]", early_stopping=block)


def test_handler_may_add_what_is_monitored(plan_of):
    block = "{monitor: validation/its_own, mode: max, patience: 2}"
    assert plan_of(handlers="[silent]", early_stopping=block)


@pytest.mark.parametrize("block", ["{patience: 2}", "{monitor: validation/loss, patience: 2}"])
def test_early_stopping_on_what_is_never_measured_is_refused(faults_of, block):
    ((identifier, (line, _), message),) = faults_of(
        validation="{fraction: 0}", early_stopping=block
    )
    assert (identifier, line) == ("R032", 9)
    assert message == (
        "'validation/loss' is never measured with a validation fraction of 0; "
        "monitor 'train/loss', or hold images out"
    )


def test_training_on_everything_is_fine_where_nothing_monitors_validation(plan_of):
    assert plan_of(validation="{fraction: 0}")
    stopping = "{monitor: train/loss, mode: min, patience: 2}"
    assert plan_of(validation="{fraction: 0}", early_stopping=stopping)


@pytest.mark.parametrize(
    ("settings", "is_told"),
    [
        ("every_num_epochs: 4", False),
        ("every_num_epochs: 3", True),
        ("every_num_epochs: 3, regrow: true", False),
        ("every_num_epochs: 5, grace_num_epochs: 2", False),
        ("every_num_epochs: 5, grace_num_epochs: 3", True),
    ],
)
def test_patience_that_no_level_outlasts_is_told(plan_of, settings, is_told):
    pruning = f"{{{settings}, groups: [{{network: encoder, amount: 0.1}}]}}"
    plan = plan_of(early_stopping="{patience: 3}", weight_pruning=pruning)
    told = [line for line in plan.warnings if "early_stopping.patience" in line]
    assert len(told) == is_told


def test_each_loss_of_the_task_needs_its_optimizer(faults_of):
    assert faults_of(task="duel", loss=None, optimizer="adam") == [
        (
            "R011",
            (5, 12),
            "task 'duel' yields a loss for optimizer 'encoder', found ['main']",
        ),
        (
            "R011",
            (5, 12),
            "task 'duel' yields a loss for optimizer 'decoder', found ['main']",
        ),
        (
            "R011",
            (5, 12),
            "task 'duel' yields no loss for optimizer 'main'; "
            "it has losses for ['encoder', 'decoder']",
        ),
    ]


def test_optimizer_without_a_loss_is_refused(faults_of, plan_of):
    both = {"task": "duel", "loss": None, "optimizer": None}
    assert plan_of(optimizers="{encoder: adam, decoder: sgd}", **both)
    ((_, _, message), (_, _, unused)) = faults_of(optimizers="{encoder: adam, decodr: sgd}", **both)
    assert message == (
        "task 'duel' yields a loss for optimizer 'decoder', found ['encoder', 'decodr']; "
        "did you mean 'decodr'?"
    )
    assert unused.startswith("task 'duel' yields no loss for optimizer 'decodr'")


def test_optimizer_that_has_nothing_to_step_is_refused(faults_of):
    found = faults_of(
        task="renamed",
        loss=None,
        optimizer=None,
        optimizers="{encoder_steps: adam, decoder_steps: adam}",
    )
    assert [message for _, _, message in found] == [
        f"optimizer '{name}_steps' steps the network of its name, and there is none; "
        "the networks are ['encoder', 'decoder']"
        for name in ("encoder", "decoder")
    ]


def test_several_losses_need_a_named_monitor_to_stop_early(faults_of, plan_of):
    both = {
        "task": "duel",
        "loss": None,
        "optimizer": None,
        "optimizers": "{encoder: adam, decoder: adam}",
    }
    ((identifier, _, message),) = faults_of(early_stopping="{patience: 2}", **both)
    assert identifier == "R005"
    assert message.startswith("no metric named 'validation/loss'; did you mean 'validation/loss/")
    named = "{monitor: validation/loss/decoder, mode: min, patience: 2}"
    assert plan_of(early_stopping=named, **both)


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ("{network: encodr, amount: 0.1}", "no network named 'encodr'; did you mean 'encoder'?"),
        ("{network: x, amount: 0.1}", "no network named 'x'; the networks are ['encoder']"),
        (
            "{network: encoder, layers: conv, amount: 0.1}",
            "network 'encoder' has no conv layers to prune",
        ),
        ("{network: encoder, amount: 0.1}", "network 'encoder' has no layers to prune"),
    ],
)
def test_pruned_group_must_find_weights(faults_of, group, message):
    found = faults_of(
        networks="{encoder: normed}",
        training="{num_epochs: 1, batch_size: 60}",
        weight_pruning=f"{{every_num_epochs: 2, groups: [{group}]}}",
    )
    assert [(identifier, text) for identifier, _, text in found] == [("R011", message)]


def test_faults_of_all_kinds_come_out_together(faults_of):
    found = faults_of(
        dataset="{type: unread, low: -1.0}",
        networks=NORMED,
        optimizer=None,
        optimizers="{main: adam, encoder: adam}",
        training="{num_epochs: 1, batch_size: 899}",
        early_stopping="{monitor: validation/psnr, mode: max, patience: 2}",
    )
    assert [identifier for identifier, _, _ in found] == ["R011", "R005", "R020", "R021"]


def test_resolved_recipe_makes_the_same_plan_again(plan_of, tmp_path, registry):
    plan = plan_of(
        networks="{narrow: {type: conv_encoder, latent_dim: 2}, "
        "decoder: {type: mirrored_decoder, encoder: narrow, dropout: 0.1}}",
        optimizer="{type: adam, lr: 1e-5, betas: [0.5, 0.9]}",
        metrics="[psnr, {type: 'torch:mse'}]",
        handlers="[silent]",
        early_stopping="{patience: 3}",
    )
    again = replanned(plan, tmp_path, registry)
    assert again.resolved == plan.resolved
    assert repr(again.resolved) == repr(plan.resolved)
    assert again.components.networks["decoder"].networks == {"encoder": "narrow"}
    assert again.layers == plan.layers


def replanned(plan, folder, registry):

    path = folder / "resolved.yaml"
    path.write_text(yaml_text(plan.resolved))
    document = load_document(path)
    return make_plan(read_recipe(document), document, registry)[0]


def test_folds_need_a_single_loss_or_something_to_compare_them_by(plan_of, faults_of):
    duel = {"task": "duel", "loss": None, "optimizer": None}
    duel["optimizers"] = "{encoder: adam, decoder: adam}"
    monitored = "{monitor: validation/loss/decoder, mode: min}"
    ((identifier, place, message),) = faults_of(**duel, cross_validation="{num_folds: 3}")
    assert (identifier, place[1]) == ("R033", 19)
    assert "['validation/loss/encoder', 'validation/loss/decoder']" in message
    plan = plan_of(**duel, cross_validation="{num_folds: 3}", checkpointing=monitored)
    assert plan.has_parts


def test_folds_are_dealt_by_class_where_there_are_classes(faults_of):
    ((identifier, _, message),) = faults_of(cross_validation="{stratified: true}")
    assert identifier == "R033"
    assert message == "the data set has no classes to deal by; set it to false"


@pytest.mark.parametrize(
    ("keep", "fraction", "is_refused"),
    [("best_fold", 0, False), ("ensemble", 0, False), ("refit", 0, True), ("refit", 0.1, False)],
)
def test_folds_validate_whatever_is_held_out_of_what_is_refit(
    plan_of, faults_of, keep, fraction, is_refused
):
    lines = {
        "cross_validation": f"{{num_folds: 2, keep: {keep}}}",
        "validation": f"{{fraction: {fraction}}}",
        "early_stopping": "{monitor: validation/loss, patience: 1}",
    }
    if is_refused:
        assert [identifier for identifier, *_ in faults_of(**lines)] == ["R032"]
    else:
        assert plan_of(**lines).recipe.validation.fraction == fraction


@pytest.mark.parametrize(
    ("num_train", "num_folds", "is_refused"), [(100, 2, False), (102, 2, True), (101, 2, True)]
)
def test_batch_of_one_in_any_fold_is_refused(plan_of, faults_of, num_train, num_folds, is_refused):
    lines = {
        "dataset": f"{{type: unread, num_train: {num_train}}}",
        "networks": "{encoder: normed}",
        "loss": "any_range",
        "training": "{num_epochs: 1, batch_size: 25}",
        "cross_validation": f"{{num_folds: {num_folds}}}",
    }
    if is_refused:
        assert [identifier for identifier, *_ in faults_of(**lines)] == ["R021"]
    else:
        assert plan_of(**lines).has_parts
