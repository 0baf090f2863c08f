import io
from pathlib import Path

import pytest
import torch
from torch import nn

from framework import Batch, DataInfo, FitEvents, Handler, RecipeError
from framework.application import check
from framework.discovery import discover
from framework.engines.evaluator import make_evaluator
from framework.handlers.best_weights import copy_weights
from framework.recipe.building import build_networks, build_task
from framework.recipe.loading import load_document
from framework.recipe.planning import make_plan
from framework.recipe.schema import read_recipe
from framework.runs.assembly import split_images
from framework.runs.fit import Fit
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
def prepared(tmp_path, kind):
    document = load_document(write_recipe(tmp_path, kind))
    registry = discover([SUPPORT / "tiny_images.py"])
    plan, dataset = make_plan(read_recipe(document), document, registry)
    images = dataset.load().train
    return plan, images, split_images(plan, len(images))


class StopAt(Handler):
    """Interrupts a fit after an iteration."""

    def __init__(self, iteration):
        self.iteration = iteration

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(FitEvents.OPTIMIZER_STEPPED, self.look, run)

    def look(self, engine, run):
        if engine.state.iteration == self.iteration:
            run.interrupt()


def make_fit(prepared, *observers):
    plan, images, splits = prepared
    return Fit(plan, images, splits, device=CPU, observers=observers)


def carried_out(fit):
    rows = []
    while fit.advance():
        rows.append(dict(fit.metrics))
    return [*rows, dict(fit.metrics)]


def stored(fit):
    """The fit's state as it comes back from a checkpoint file."""
    buffer = io.BytesIO()
    torch.save(fit.state_dict() | {"seconds": 0.0}, buffer)
    return torch.load(io.BytesIO(buffer.getvalue()), weights_only=True)


@pytest.mark.slow
@pytest.mark.parametrize("iteration", [4, 6], ids=["epoch end", "within an epoch"])
def test_run_that_was_stopped_ends_with_the_same_bits(prepared, iteration):
    whole = make_fit(prepared)
    last_row = carried_out(whole)[-1]
    stopped = make_fit(prepared, StopAt(iteration))
    carried_out(stopped)
    torch.manual_seed(99)  # whatever the random state is then
    resumed = make_fit(prepared)
    resumed.load_state_dict(stored(stopped))
    assert resumed._iteration == iteration
    assert carried_out(resumed)[-1] == last_row
    one, other = stored(whole), stored(resumed)
    for name, weights in one["networks"].items():
        assert all(torch.equal(weights[key], other["networks"][name][key]) for key in weights)


def make_batch():
    images = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    return Batch(images=images, labels=None, indices=torch.arange(6))


def built(prepared):
    plan, *_ = prepared
    networks = build_networks(plan.components.networks, plan.data, seed=0)
    return networks, build_task(plan.components, plan.data, networks, CPU)


def test_validation_measures_the_same_every_time_and_changes_nothing(prepared):
    networks, task = built(prepared)
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


def test_every_parameter_gets_a_gradient(prepared):
    networks, task = built(prepared)
    ((_, loss),) = task.losses(make_batch())
    loss.backward()
    for network in networks.values():
        assert all(weights.grad is not None for weights in network.parameters())
        assert all(weights.grad.isfinite().all() for weights in network.parameters())


def test_terms_are_logged_for_both_splits(prepared):
    row = carried_out(make_fit(prepared))[-1]
    _, task = built(prepared)
    list(task.losses(make_batch()))
    names = set(task.terms())
    assert "reconstruction" in names
    for split in ("train", "validation"):
        found = {key.removeprefix(f"{split}/") for key in row if key.startswith(f"{split}/")}
        assert found - {"loss", "largest_error"} == names


def test_evaluation_and_operations_agree_and_draw_no_noise(prepared):
    networks, task = built(prepared)
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


def test_shapes_can_be_found_without_values(prepared):
    with torch.device("meta"):
        _, task = built(prepared)
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
