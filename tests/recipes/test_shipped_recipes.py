"""Every recipe that is shipped is proven without data and trains on images like its own."""

import json
import struct
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from PIL import Image

from framework.application import check, run
from framework.discovery import discover
from framework.recipe.loading import load_document
from framework.recipe.planning import make_plan
from framework.recipe.schema import read_recipe
from framework.recipe.shipped import shipped_recipes
from framework.recipe.writing import yaml_text

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
RECIPES = {
    path.relative_to(ROOT / "recipes").with_suffix("").as_posix(): path
    for path in sorted((ROOT / "recipes").rglob("*.yaml"))
}
NUM_RECIPES = 27
FOLDERS = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST"}
"""Data set → torchvision's folder for it."""
SMALL = ("training.num_epochs=1", "training.batch_size=45", "dataset.download=false", "figures=[]")
"""What makes a recipe small that another one needs first."""


PICTURES = TemporaryDirectory()
"""The folder to train in, which holds the user's own `pictures`."""


@pytest.fixture(scope="module", autouse=True)
def own_pictures():
    with PICTURES:
        write_pictures(Path(PICTURES.name) / "pictures")
        yield


@pytest.fixture(params=RECIPES.values(), ids=RECIPES)
def recipe(request):
    return request.param


@pytest.fixture(autouse=True)
def no_data(tmp_path, monkeypatch):
    """An empty folder instead of the data of whoever runs the tests; pictures of their own."""
    monkeypatch.setenv("FRAMEWORK_DATA", str(tmp_path / "empty"))
    monkeypatch.chdir(PICTURES.name)


def test_every_recipe_is_here_and_shipped():
    assert len(RECIPES) == NUM_RECIPES
    assert shipped_recipes().keys() == RECIPES.keys()


def test_recipe_is_proven_without_data(recipe, tmp_path):
    plan = check(recipe)
    assert plan.layers
    assert plan.num_parameters > 0
    assert not (tmp_path / "empty").exists()


def test_recipe_says_where_it_comes_from_and_has_a_seed(recipe):
    text = recipe.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert load_document(recipe).values["seed"] == 0
    if recipe.parent != ROOT / "recipes":
        assert "# Source: " in text


def test_resolved_recipe_is_the_same_recipe(recipe, tmp_path):
    plan = check(recipe)
    path = tmp_path / "resolved.yaml"
    path.write_text(yaml_text(plan.resolved), encoding="utf-8")
    document = load_document(path)
    again, _ = make_plan(read_recipe(document), document, discover())
    assert repr(again.resolved) == repr(plan.resolved)
    assert again.layers == plan.layers


@pytest.mark.thorough
def test_recipe_trains_on_images_like_its_own(recipe, tmp_path):
    plan = check(recipe)
    num_epochs = min(1, plan.recipe.training.num_epochs)
    overrides = [f"training.num_epochs={num_epochs}", "training.batch_size=45"]
    overrides += [f"networks.{name}.overrides={json.dumps(SMALL)}" for name in plan.upstreams]
    if plan.recipe.search is not None:
        overrides += ["search.num_trials=1"]
    if plan.components.dataset.name == "cifar10":
        write_records(tmp_path / "cifar-10-batches-bin")
        overrides += [f"dataset.root={tmp_path}", "dataset.download=false"]
    elif plan.components.dataset.name == "image_folder":
        pass  # in the folder that the recipe names
    elif plan.components.dataset.name in FOLDERS:
        write_images(tmp_path / FOLDERS[plan.components.dataset.name] / "raw")
        overrides += [f"dataset.root={tmp_path}", "dataset.download=false"]
    else:
        overrides += ["training.batch_size=700"]
    record = run(
        recipe,
        overrides=overrides,
        runs_directory=tmp_path / "runs",
        device="cpu",
        announce=lambda _: None,
    )
    assert (record.status, record.epoch) == ("finished", num_epochs)
    losses = {"loss"} if len(plan.loss_names) == 1 else {f"loss/{n}" for n in plan.loss_names}
    assert {*losses, *plan.components.metrics} <= record.test.keys()
    assert {path.stem for path in record.pictures} == set(plan.components.figures)
    if plan.recipe.search is not None:  # its trials draw how many iterations they have
        return
    for each in record.parts or [record]:
        rows = (each.directory / "metrics.jsonl").read_text().splitlines()
        assert [json.loads(row)["iteration"] for row in rows] == [2] * num_epochs


def write_pictures(folder):
    """Write 111 pictures of noise in two folders, of which a tenth are for testing."""
    generator = np.random.default_rng(0)
    for number in range(111):
        path = folder / ("day" if number % 2 else "night") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path, compress_level=0)


def write_records(folder):
    """Write files of 20 images of noise each, as CIFAR-10's binary version has them."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"):
        records = generator.integers(0, 256, (20, 3073), dtype=np.uint8)
        records[:, 0] %= 10
        (folder / f"{name}.bin").write_bytes(records.tobytes())


def write_images(folder):
    """Write 100 and 12 images of noise with labels, as torchvision lays MNIST out."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    for prefix, count in (("train", 100), ("t10k", 12)):
        images = generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = np.arange(count, dtype=np.uint8) % 10
        for name, values in (("images-idx3", images), ("labels-idx1", labels)):
            header = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
            (folder / f"{prefix}-{name}-ubyte").write_bytes(header + values.tobytes())
