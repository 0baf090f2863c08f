from pathlib import Path

import pytest
import torch
from small_fits import StopAt, carried_out, make_fit, rows_of, stored
from torch import nn

from framework import SINGLE_OPTIMIZER, Batch, DataInfo, RecipeError
from framework.application import check
from framework.engines.evaluator import make_evaluator
from framework_autoencoders.decoders import MirroredDecoder
from framework_autoencoders.denoising import Denoising
from framework_autoencoders.encoders import ConvEncoder
from framework_autoencoders.losses import IterativeReconstruction, MeanSquaredError

SUPPORT = Path(__file__).parents[2] / "support"
CPU = torch.device("cpu")
DATA = DataInfo(image_shape=(2, 9, 12), num_train=10, num_test=10)
RECIPE = """\
seed: 0
dataset: tiny_images
validation: {fraction: 0.25}
networks: {encoder: {type: noisy_encoder, dropout: 0.3}, decoder: linear_decoder}
task:
  type: denoising
  corruptions: [{type: gaussian_noise, std: 0.3}, salt_and_pepper, {type: occlusion}]
loss: {type: iterative_reconstruction, base: bce, num_passes: 2}
optimizer: {type: adam, lr: 0.01}
training: {num_epochs: 3, batch_size: 50}
metrics: [largest_error]
"""


def double(images):
    return images * 2


def add_one_in_place(images):
    return images.add_(1)


def add_noise(images):
    return images + torch.rand_like(images)


def make_batch():
    images = torch.rand(4, *DATA.image_shape, generator=torch.Generator().manual_seed(0))
    return Batch(images=images, labels=None, indices=torch.arange(4))


@pytest.fixture
def networks():
    torch.manual_seed(0)
    encoder = ConvEncoder(DATA)
    return {"encoder": encoder.eval(), "decoder": MirroredDecoder(encoder).eval()}


def test_corruptions_are_applied_in_order_and_the_clean_image_is_the_target(networks):
    task = Denoising(networks, MeanSquaredError(), corruptions=(double, add_one_in_place))
    batch, clean = make_batch(), make_batch().images
    ((name, loss),) = task.losses(batch)
    assert name == SINGLE_OPTIMIZER
    assert torch.equal(batch.images, clean)
    logits = networks["decoder"](networks["encoder"](clean * 2 + 1))
    assert torch.equal(loss, MeanSquaredError()(logits, clean))


def test_evaluations_are_denoised_and_noisy_against_clean(networks):
    task, batch = Denoising(networks, MeanSquaredError(), corruptions=(double,)), make_batch()
    with torch.no_grad():
        evaluations = task.evaluations(batch)
        denoised = networks["decoder"](networks["encoder"](batch.images * 2)).sigmoid()
        assert torch.equal(task.evaluate(batch)[0], denoised)
    assert list(evaluations) == ["", "noisy"]
    assert torch.equal(evaluations[""][0], denoised)
    assert torch.equal(evaluations["noisy"][0], batch.images * 2)
    assert all(target is batch.images for _, target in evaluations.values())


def test_what_is_measured_is_what_the_loss_saw(networks):
    task, batch = Denoising(networks, MeanSquaredError(), corruptions=(add_noise,)), make_batch()
    with torch.no_grad():
        ((_, loss),) = task.losses(batch)
        (denoised, clean), (noisy, _) = task.evaluations(batch).values()
        assert torch.equal(loss, (denoised - clean).square().mean())
        assert torch.equal(denoised, networks["decoder"](networks["encoder"](noisy)).sigmoid())
        (_, (again, _)) = task.evaluations(batch).values()
    assert not torch.equal(again, noisy)


def test_several_passes_start_from_the_corrupted_image(networks):
    loss = IterativeReconstruction(base=MeanSquaredError(), num_passes=2)
    batch, inputs, expected = make_batch(), make_batch().images * 2, 0
    ((_, found),) = Denoising(networks, loss, corruptions=(double,)).losses(batch)
    for _ in range(2):
        inputs = networks["decoder"](networks["encoder"](inputs)).sigmoid()
        expected = expected + (inputs - batch.images).square().mean()
    torch.testing.assert_close(found, expected)


def test_operations_denoise_an_image_as_it_is_given(networks):
    operations = Denoising(networks, MeanSquaredError(), corruptions=(double,)).operations()
    assert list(operations) == ["encode", "decode", "denoise"]
    images = make_batch().images
    expected = networks["decoder"](networks["encoder"](images)).sigmoid()
    assert torch.equal(operations["denoise"](images), expected)
    single = Denoising({"network": nn.Identity()}, MeanSquaredError(), corruptions=(double,))
    assert list(single.operations()) == ["denoise"]


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("iteration", [2, 6])
def test_run_that_was_stopped_within_an_epoch_ends_with_the_same_bits(recipe, iteration):
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


def test_corruption_is_fixed_in_validation(recipe):
    rows = rows_of(make_fit(recipe))
    noisy = [row["validation/noisy/largest_error"] for row in rows]
    assert len(noisy) == 3
    assert len(set(noisy)) == 1 < len({row["validation/largest_error"] for row in rows})


class Recording(nn.Module):
    """Keeps what passes."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, images):
        self.seen.append(images)
        return images


def test_corruption_differs_by_batch_and_repeats_in_each_evaluation(networks):
    recording = Recording()
    task = Denoising(networks, MeanSquaredError(), corruptions=(add_noise, recording))
    evaluator = make_evaluator(task, {}, seed=0, device=CPU)
    batch = make_batch()
    evaluator.run([batch, batch], max_epochs=1)
    evaluator.run([batch, batch], max_epochs=1)
    first, second, first_again, second_again = recording.seen
    assert not torch.equal(first, second)
    assert torch.equal(first, first_again)
    assert torch.equal(second, second_again)


def test_denoising_without_corruptions_is_refused(tmp_path):
    path = tmp_path / "denoising.yaml"
    path.write_text(RECIPE.replace("[{type: gaussian_noise", "[] # [{type: gaussian_noise"))
    with pytest.raises(RecipeError, match=r":7:16: .*corruptions: expected a list of one or more"):
        check(path, plugins=[SUPPORT / "tiny_images.py"])
