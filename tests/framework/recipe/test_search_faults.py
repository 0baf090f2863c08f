"""What is wrong with a search is found before any trial is spent, at its place."""

import pytest

from framework.application import check
from framework.errors import PluginError, Position, RecipeError

RECIPE = """\
dataset: digits
networks: {encoder: {type: conv_encoder, latent_dim: 4}, decoder: mirrored_decoder}
task: reconstruction
loss: mse
optimizer: {type: adam, lr: 0.1}
training: {num_epochs: 1}
"""
LR = "optimizer.lr: {low: 0.1, high: 0.2}"
STEPS = "optimizer.lr: {low: 0.1, high: 0.3, step: 0.1}"
PLUGIN = """\
from framework import SearchSpace, hookimpl

class Broken(SearchSpace):
    def draw(self, choose):
        return {"latent_dim": {1, 2}}

@hookimpl
def provide_search_spaces():
    return {"broken": Broken}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("space", "rest", "identifier", "line", "message"),
    [
        ("optimizer.lrr: {low: 0.1, high: 0.2}", "", "R004", 10, "no such key 'optimizer.lrr'"),
        ("optimiser.lr: {low: 0.1, high: 0.2}", "", "R004", 10, "did you mean 'optimizer'?"),
        ("optimizer.lr: {low: -1.0, high: 0.2}", "", "R012", 10, "found -1.0"),
        ("optimizer: {choices: [adam, sdg]}", "", "R005", 10, "did you mean 'sgd'?"),
        ("training.num_epochs.a: {low: 1, high: 2}", "", "R015", 10, "cannot be merged"),
        ("networks.encoder: no_space", "", "R005", 10, "no search_space named 'no_space'"),
        (
            "networks.encoder: {type: symmetric_conv_space, num_hidden: [1, 9]}",
            "",
            "R018",
            10,
            "hidden layer 9 could have 1 neurons at most",
        ),
        (
            "networks.encoder: symmetric_conv_space\n"
            "    networks.encoder.latent_dim: {low: 2, high: 3}",
            "",
            "R034",
            11,
            "is drawn by 'symmetric_conv_space' already",
        ),
        (
            "optimizer.lr: {low: 0.1, high: 0.2, when: {optimizer.type: sgd}}",
            "",
            "R034",
            10,
            "'optimizer.type' is not drawn",
        ),
        (
            "optimizer: {choices: [adam, sgd]}\n"
            "    optimizer.lr: {low: 0.1, high: 0.2, when: {optimizer.type: sdg}}",
            "",
            "R034",
            11,
            "did you mean 'sgd'?",
        ),
        (
            "training.batch_size: {low: 1, high: 2, when: {training.drop_last: true}}\n"
            "    training.drop_last: {choices: [true, false], when: {training.batch_size: 2}}",
            "",
            "R034",
            10,
            "in a circle",
        ),
        (LR, "objective: {minimize: [{metric: validation/los}]}", "R005", 11, "validation/loss"),
        (LR, "objective: {minimize: [{parameter: task.type}]}", "R034", 11, "'reconstruction'"),
        (LR, "objectives: {a: {minimize: [{metric: test/loss}]}}", "R005", 11, "test/loss"),
        (LR, "constraints: [{metric: train/lsos, at_most: 1.0}]", "R005", 11, "train/loss"),
        (LR, "sampler: {type: tpe, num_startups: 3}", "R004", 11, "num_startup_trials"),
        (LR, "sampler: grid", "R018", 11, "'optimizer.lr' has no end of values"),
        (LR, "pruner: threshold", "R018", 11, "there is no bound"),
        (
            f"optimizer: {{choices: [adam, sgd]}}\n"
            f"    {STEPS[:-1]}, when: {{optimizer.type: sgd}}}}",
            "sampler: grid",
            "R018",
            12,
            "'optimizer.lr' depends on other values; take the sampler brute_force",
        ),
        ("dataset.root: {choices: [a, b]}", "", "R034", 10, "trials could not be compared"),
    ],
)
def test_fault_is_found_at_its_place(tmp_path, space, rest, identifier, line, message):
    with pytest.raises(RecipeError) as caught:
        checked(tmp_path, space, rest)
    fault = caught.value.faults[0]
    assert len(caught.value.faults) == 1, caught.value
    assert (fault.identifier, isinstance(fault.place, Position)) == (identifier, True)
    assert fault.place.line == line
    assert message in str(fault)


def test_faults_of_several_entries_come_together(tmp_path):
    with pytest.raises(RecipeError) as caught:
        checked(tmp_path, "optimizer.lr: {low: -1.0, high: 3.0}\n    loss.x: {low: 1, high: 2}")
    assert [fault.place.line for fault in caught.value.faults] == [10, 11]


def test_space_that_cannot_be_a_recipe_is_its_plugins_fault(tmp_path):
    plugin = tmp_path / "spoilt.py"
    plugin.write_text(PLUGIN, encoding="utf-8")
    with pytest.raises(PluginError, match="set is not JSON serializable"):
        checked(tmp_path, "networks.encoder: broken", plugins=[plugin])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("space", "rest"),
    [
        (LR, ""),
        (STEPS, "sampler: grid"),
        (LR, "objective: {minimize: [{parameter: networks.encoder.latent_dim, weight: 0.1}]}"),
        (LR, "constraints: [{cost: parameters, at_most: 10000}]"),
        ("networks.encoder.kernel_sizes: {choices: [[3, 3, 3], [30, 3, 3]]}", ""),
        ("optimizer.lr: {low: 0.1, high: 0.2}\n    loss: {choices: [mse, bce]}", ""),
    ],
)
def test_search_that_can_be_carried_out_passes(tmp_path, space, rest):
    assert checked(tmp_path, space, rest).recipe.search is not None


def checked(folder, space, rest="", **more):
    path = folder / "recipe.yaml"
    search = f"search:\n  num_trials: 3\n  space:\n    {space}\n  {rest}\n"
    path.write_text(RECIPE + search, encoding="utf-8")
    return check(path, **more)
