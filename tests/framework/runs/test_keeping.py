"""What a cross-validation keeps is measured once, drawn, and told with what it can tell."""

import json

import pytest
import torch

from framework.contracts import DataBundle
from framework.recipe.building import build_task
from framework.runs.assembly import build_on
from framework.runs.directory import RunDirectory
from framework.runs.execution import Execution
from framework.runs.folds import Folds
from framework.runs.interruption import Interruption
from framework.runs.keeping import keep
from framework.runs.options import Options
from framework.runs.parts import fold_plans
from framework.runs.records import read_run, read_state
from framework.runs.training import measure
from framework.runs.weights import load_weights, read_weights

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")


def task_of(plan, directory):
    networks = build_on(plan, CPU)
    path = directory / "best.safetensors"
    load_weights(networks, read_weights(path, networks), source=path)
    for network in networks.values():
        network.eval()
    return build_task(plan.components, plan.data, networks, CPU)


def cross_validated(carried_out_in, planned, folder, keep, *overrides):
    asked = (f"cross_validation={{num_folds: 3, keep: {keep}}}", *overrides)
    record, plan = carried_out_in(folder, *asked), planned(*asked)
    return record, plan, plan.components.dataset.build().load()


def test_best_fold_is_kept_and_its_test_metrics_are_said_to_be_flattered(
    carried_out_in, planned, tmp_path
):
    record, plan, bundle = cross_validated(carried_out_in, planned, tmp_path, "best_fold")
    values = {part.directory.name: part.best.value for part in record.parts}
    best = min(values, key=values.get)
    assert (record.status, record.kept, record.best.value) == ("finished", best, values[best])
    for name in ("best.safetensors", "figures/weight_digests.png"):
        kept = (record.directory / name).read_bytes()
        assert (kept == (record.directory / best / name).read_bytes()) is name.startswith("best")
    task = task_of(fold_plans(plan)[best], record.directory / best)
    assert record.test == measure(plan, task, bundle.test, CPU)
    assert f"those of {best}, kept because its value is the best of 3, which flatters it" in (
        record.note
    )
    assert "mean ± sd over the folds is the estimate" in record.note


def test_ensemble_answers_the_mean_of_all_folds(carried_out_in, planned, tmp_path):
    record, plan, bundle = cross_validated(carried_out_in, planned, tmp_path, "ensemble")
    assert (record.kept, record.best) == ("ensemble", None)
    assert not (record.directory / "best.safetensors").exists()
    images = bundle.test.images.float() / 255
    answers, losses = [], []
    for name, each in fold_plans(plan).items():
        encoder, decoder = task_of(each, record.directory / name)._chain
        with torch.no_grad():
            answers.append(torch.sigmoid(decoder(encoder(images))))
        losses.append(float((answers[-1] - images).square().mean()))
    deviation = (torch.stack(answers).mean(0) - images).abs().max()
    assert record.test["largest_error"] == pytest.approx(float(deviation), abs=1e-6)
    assert record.test["loss"] == pytest.approx(sum(losses) / 3, rel=1e-5)
    assert "the mean prediction of 3 folds, their loss the mean of the losses" in record.note


@pytest.mark.parametrize(
    ("fraction", "words"),
    [("0.25", "on all images but 0.25 of them, which validated it; "), ("0", "on all images; ")],
)
def test_refit_is_the_training_of_the_recipe_without_folds(
    carried_out_in, planned, tmp_path, fraction, words
):
    overrides = (f"validation.fraction={fraction}",)
    record, _, _ = cross_validated(carried_out_in, planned, tmp_path, "refit", *overrides)
    alone = carried_out_in(tmp_path / "alone", *overrides)
    assert (record.kept, record.best, record.test) == ("refit", alone.best, alone.test)
    assert len(record.parts) == 3
    kept = (record.directory / "best.safetensors").read_bytes()
    assert kept == (alone.directory / "best.safetensors").read_bytes()
    refit = read_run(record.directory / "refit")
    assert refit.test == alone.test
    assert record.seconds == pytest.approx(
        sum(part.seconds for part in record.parts) + refit.seconds
    )
    assert f"those of a training {words}" in record.note
    assert "estimates the recipe, not these weights" in record.note


def test_refit_measures_the_test_images_alone(carried_out_in, planned, tmp_path):
    record, _, _ = cross_validated(carried_out_in, planned, tmp_path, "refit")
    states = {path.parent.name: read_state(path.parent) for path in tmp_path.rglob("state.json")}
    measured = {name for name, state in states.items() if state.test}
    assert measured == {record.directory.name, "refit"}


def test_end_that_was_recorded_in_part_is_recorded_again_to_the_same_words(
    carried_out_in, planned, tmp_path
):
    record, plan, bundle = cross_validated(carried_out_in, planned, tmp_path, "best_fold")
    store = RunDirectory(record.directory)
    before = (store.path / "state.json").read_bytes()
    plans = fold_plans(plan)
    folds = Folds(plan, plans, {name: RunDirectory(store.path / name) for name in plans})
    store.update(status="running")  # as a process leaves it that is killed just before its end
    execution = Execution(bundle, CPU, Options(announce=pytest.fail), Interruption())
    assert keep(folds, store, execution) == []
    assert (store.path / "state.json").read_bytes() == before


def test_figures_of_what_is_kept_see_the_test_images(carried_out_in, planned, tmp_path):
    record, plan, bundle = cross_validated(carried_out_in, planned, tmp_path, "best_fold")
    assert [path.parent for path in record.pictures] == [record.directory / "figures"]
    kept = record.directory / record.kept / "figures" / "weight_digests.png"
    # the same weights, on other images
    assert kept.read_bytes() != record.pictures[0].read_bytes()
    assert isinstance(bundle, DataBundle)
    assert json.loads((record.directory / "meta.json").read_text())["seed"] == plan.seed
