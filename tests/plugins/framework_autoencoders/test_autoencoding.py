from pathlib import Path

import pytest
import torch
from small_fits import StopAt, carried_out, make_fit, prepared, rows_of, stored
from torch import nn

from framework import Batch, DataInfo, RecipeError
from framework.application import check
from framework.engines.evaluator import make_evaluator
from framework.handlers.best_weights import copy_weights
from framework.recipe.building import build_networks, build_task
from framework_autoencoders.bottlenecks import GaussianBottleneck
from framework_autoencoders.encoders import ConvEncoder
from framework_autoencoders.losses import IterativeReconstruction, MeanSquaredError
from framework_autoencoders.variational import Variational

SUPPORT = Path(__file__).parents[2] / "support"
CPU = torch.device("cpu")
ENCODER = """\
    type: conv_encoder
    channels: [4]
    kernel_sizes: [3]
    strides: [2]
    paddings: [1]
    hidden_dims: []
    latent_dim: 12
    dropout: 0.2
"""
RECIPES = {
    "variational": """\
  bottleneck: {type: gaussian_bottleneck, latent_dim: 3}
  decoder: {type: mirrored_decoder, encoder: bottleneck}
task: {type: variational, beta: 0.5}
loss: bce
""",
    "vector_quantised": """\
  quantiser: {type: vector_quantiser, num_groups: 4, num_codes: 8, min_usage: 0.3, decay: 0.8}
  decoder: mirrored_decoder
task: vector_quantised
loss: mse
""",
}
REST = """\
seed: 0
dataset: tiny_images
validation: {fraction: 0.25}
optimizer: {type: adam, lr: 0.01}
training: {num_epochs: 3, batch_size: 50}
metrics: [largest_error]
"""


@pytest.fixture(params=RECIPES)
def kind(request):
    return request.param


def write_recipe(folder, kind):
    path = folder / "recipe.yaml"
    path.write_text(f"{REST}networks:\n  encoder:\n{ENCODER}{RECIPES[kind]}")
    return path


@pytest.fixture
def recipe(tmp_path, kind):
    return write_recipe(tmp_path, kind)


@pytest.mark.slow
@pytest.mark.parametrize("iteration", [4, 6], ids=["epoch end", "within an epoch"])
def test_run_that_was_stopped_ends_with_the_same_bits(recipe, iteration):
    whole = make_fit(recipe)
    last_row = rows_of(whole)[-1]
    stopped = make_fit(recipe, observers=[StopAt(iteration)])
    carried_out(stopped)
    torch.manual_seed(99)  # whatever the random state is then
    resumed = make_fit(recipe)
    resumed.load_state_dict(stored(stopped))
    assert resumed._iteration == iteration
    assert rows_of(resumed)[-1] == last_row
    one, other = stored(whole), stored(resumed)
    for name, weights in one["networks"].items():
        assert all(torch.equal(weights[key], other["networks"][name][key]) for key in weights)


def make_batch():
    images = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    return Batch(images=images, labels=None, indices=torch.arange(6))


def built(recipe):
    plan, *_ = prepared(recipe)
    networks = build_networks(plan.components.networks, plan.data, seed=0)
    return networks, build_task(plan.components, plan.data, networks, CPU)


def test_validation_measures_the_same_every_time_and_changes_nothing(recipe):
    networks, task = built(recipe)
    for network in networks.values():
        network.eval()
    before = copy_weights(networks)
    evaluator, rows = make_evaluator(task, {}, seed=0, device=CPU), []
    for seed in range(2):
        torch.manual_seed(seed)
        evaluator.run([make_batch(), make_batch()], max_epochs=1)
        rows.append(dict(evaluator.state.metrics))
    assert rows[0] == rows[1]
    for name, weights in copy_weights(networks).items():
        assert all(torch.equal(value, before[name][key]) for key, value in weights.items())


def test_every_parameter_gets_a_gradient(recipe):
    networks, task = built(recipe)
    ((_, loss),) = task.losses(make_batch())
    loss.backward()
    for network in networks.values():
        assert all(weights.grad is not None for weights in network.parameters())
        assert all(weights.grad.isfinite().all() for weights in network.parameters())


def test_terms_are_logged_for_both_splits(recipe):
    row = rows_of(make_fit(recipe))[-1]
    _, task = built(recipe)
    list(task.losses(make_batch()))
    names = set(task.terms())
    assert "reconstruction" in names
    for split in ("train", "validation"):
        found = {key.removeprefix(f"{split}/") for key in row if key.startswith(f"{split}/")}
        assert found - {"loss", "largest_error"} == names


def test_evaluation_and_operations_agree_and_draw_no_noise(recipe):
    networks, task = built(recipe)
    for network in networks.values():
        network.eval()
    batch, operations = make_batch(), task.operations()
    state = torch.get_rng_state()
    with torch.no_grad():
        prediction, target = task.evaluate(batch)
        codes = operations["encode"](batch.images)
        assert torch.equal(operations["decode"](codes), prediction)
        assert torch.equal(operations["reconstruct"](batch.images), prediction)
    assert target is batch.images
    assert prediction.min() > 0
    assert prediction.max() < 1
    assert torch.equal(torch.get_rng_state(), state)


def test_shapes_can_be_found_without_values(recipe):
    with torch.device("meta"):
        _, task = built(recipe)
        batch = Batch(torch.zeros(2, 1, 8, 8), None, torch.arange(2))
        ((_, loss),) = task.losses(batch)
        assert loss.is_meta
        assert task.evaluate(batch)[0].shape == (2, 1, 8, 8)


def test_several_passes_are_refused_where_the_loss_is_written(tmp_path, kind):
    path = write_recipe(tmp_path, kind)
    with pytest.raises(RecipeError, match=r"the loss scores 3 passes, .*such as bce .R018."):
        check(
            path,
            overrides=["loss=iterative_reconstruction"],
            plugins=[SUPPORT / "tiny_images.py"],
        )


def test_decoder_that_answers_another_shape_is_refused_with_both():
    data = DataInfo(image_shape=(1, 28, 28), num_train=1, num_test=1)
    encoder = ConvEncoder(data)
    bottleneck = GaussianBottleneck(encoder)
    decoder = nn.Sequential(nn.Linear(16, 784), nn.Unflatten(1, (1, 784)))
    task = Variational(encoder, bottleneck, decoder, MeanSquaredError())
    batch = Batch(torch.rand(2, 1, 28, 28), None, torch.arange(2))
    with pytest.raises(ValueError, match="the decoder answers 1x784 for images of 1x28x28; take"):
        next(task.losses(batch))


def test_loss_of_several_passes_is_refused():
    encoder = ConvEncoder(DataInfo(image_shape=(1, 28, 28), num_train=1, num_test=1))
    loss = IterativeReconstruction(base=MeanSquaredError())
    with pytest.raises(ValueError, match="the loss scores 3 passes"):
        Variational(encoder, GaussianBottleneck(encoder), nn.Identity(), loss)
