"""Every training image gets its prediction by networks that were not trained on it."""

import json

import pytest
import safetensors.torch
import torch

from framework.contracts import Batch
from framework.recipe.building import build_task
from framework.runs.assembly import build_on, split_images
from framework.runs.parts import fold_plans
from framework.runs.weights import load_weights, read_weights
from framework.seeding import derive_seed, seed_generators

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
CORRUPTED = "task={type: denoising, corruptions: [{type: gaussian_noise, std: 0.3}]}"


def out_of_fold(record):
    stored = safetensors.torch.load_file(record.directory / "out_of_fold.safetensors")
    return stored["prediction"], stored["fold"]


def images_of(plan):
    return plan.components.dataset.build().load().train


def predicted(directory, plan, places, *, batch_size):
    """What the weights that a fold kept make of some training images, batch by batch."""
    networks = build_on(plan, CPU)
    path = directory / "best.safetensors"
    load_weights(networks, read_weights(path, networks), source=path)
    for network in networks.values():
        network.eval()
    task, images = build_task(plan.components, plan.data, networks, CPU), images_of(plan)
    found = []
    for index, some in enumerate(places.split(batch_size), start=1):
        seed_generators(derive_seed(plan.seed, "evaluation", index), CPU)
        batch = Batch(images.images[some].float() / 255, images.labels[some], some)
        with torch.no_grad():
            found.append(task.evaluate(batch)[0])
    return torch.cat(found)


@pytest.mark.parametrize("overrides", [(), (CORRUPTED, "metrics=[largest_error]")])
def test_predictions_are_those_of_the_fold_in_which_an_image_validated(
    carried_out_in, planned, tmp_path, overrides
):
    asked = (
        "cross_validation={num_folds: 3, stratified: true}",
        "training.evaluation_batch_size=50",
        *overrides,
    )
    record, plan = carried_out_in(tmp_path, *asked), planned(*asked)
    prediction, fold = out_of_fold(record)
    labels = images_of(plan).labels
    assert fold.shape == (256, 1)
    for number, (name, each) in enumerate(fold_plans(plan).items()):
        places = split_images(each, 256, labels).validation
        assert torch.nonzero(fold[:, 0] == number)[:, 0].tolist() == places.tolist()
        expected = predicted(record.directory / name, each, places, batch_size=50)
        assert torch.equal(prediction[places], expected)
        # the metric that the fold has logged, computed from what is stored
        deviation = (prediction[places] - images_of(plan).images[places].float() / 255).abs()
        logged = (record.directory / name / "metrics.jsonl").read_text().splitlines()
        row = json.loads(logged[record.parts[number].best.epoch - 1])
        assert float(deviation.max()) == pytest.approx(row["validation/largest_error"], abs=1e-6)


def test_predictions_of_repeats_are_averaged(carried_out_in, planned, tmp_path):
    override = "cross_validation={num_folds: 2, num_repeats: 2}"
    record, plan = carried_out_in(tmp_path, override), planned(override)
    prediction, fold = out_of_fold(record)
    assert fold.shape == (256, 2)
    assert set(fold[:, 0].tolist()) == {0, 1}
    assert set(fold[:, 1].tolist()) == {2, 3}
    plans, total = fold_plans(plan), torch.zeros_like(prediction)
    for number, (name, each) in enumerate(plans.items()):
        places = torch.nonzero(fold[:, number // 2] == number)[:, 0]
        batch_size = plan.recipe.training.evaluation_batch_size
        found = predicted(record.directory / name, each, places, batch_size=batch_size)
        total[places] += found / 2
    assert torch.allclose(prediction, total)


def test_predictions_are_left_out_where_nobody_wants_them(carried_out_in, tmp_path):
    record = carried_out_in(tmp_path, "cross_validation={num_folds: 2, out_of_fold: false}")
    assert record.status == "finished"
    assert not (record.directory / "out_of_fold.safetensors").exists()
