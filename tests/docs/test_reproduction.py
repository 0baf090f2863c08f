"""docs/reproduction.md is what its files say, and those hold nothing of one machine."""

import csv
import json
import math
import re
import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from framework.recipe.loading import load_document
from framework.recipe.shipped import shipped_recipes
from reproduction.commands import command_of
from reproduction.comparisons import reached
from reproduction.drawing import DRAWINGS, draw
from reproduction.page import page_of
from reproduction.published import FILE, read_published
from reproduction.results import CURVES, RESULT, read_results

ROOT = Path(__file__).parents[2]
SUPPORT = ROOT / "tests" / "support"
PAGE = ROOT / "docs" / "reproduction.md"
FOLDER = PAGE.with_suffix("")
PUBLISHED = read_published(FOLDER)
RESULTS = read_results(FOLDER)
FILES = sorted(path for path in FOLDER.rglob("*") if path.suffix in {".json", ".csv"})
LARGEST_BYTES = 1_500_000
GROUPS = ("sparsity/encoder.linear", "sparsity/decoder.conv")


@pytest.fixture
def folder(tmp_path):
    """A folder with what is published and no result."""
    made = tmp_path / "reproduction"
    made.mkdir()
    shutil.copy(FOLDER / FILE, made)
    return made


def test_page_is_what_its_files_say():
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_of(PUBLISHED, RESULTS, FOLDER), "write it anew with: make reproduction"


def test_results_are_found_and_named_by_a_row():
    assert len(RESULTS) >= 4
    assert RESULTS.keys() <= PUBLISHED.runs.keys()


def test_every_recipe_is_shipped_or_said_not_to_be():
    named = {each.recipe for each in PUBLISHED.runs.values()}
    missing = named - shipped_recipes().keys()
    assert missing == set(PUBLISHED.not_yet_shipped), "keep `not_yet_shipped` of published.yaml"


@pytest.mark.parametrize("name", [n for n, r in PUBLISHED.runs.items() if r.overrides])
def test_overrides_of_a_full_command_fit_the_recipe(name):
    published = PUBLISHED.runs[name]
    assert load_document(published.recipe, published.overrides).values["name"] == name


@pytest.mark.parametrize("name", [n for n, r in PUBLISHED.runs.items() if not r.overrides])
def test_run_has_the_name_that_its_recipe_gives_it(name):
    recipe = PUBLISHED.runs[name].recipe
    if recipe in shipped_recipes():
        assert load_document(recipe).values["name"] == name


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_result_is_that_of_the_full_command_or_of_a_smaller_one(result):
    published = PUBLISHED.runs[result.name]
    words = set(command_of(published.recipe, published.overrides).split())
    assert words <= set(result.content["command"].split())
    assert result.content["status"] in {"finished", "early_stopped"}


def test_every_picture_of_the_page_is_there_and_small():
    links = re.findall(r"\]\((reproduction/[^)]+)\)", PAGE.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (PAGE.parent / link).is_file()] == []
    assert sum(path.stat().st_size for path in FOLDER.rglob("*.png")) < LARGEST_BYTES


def test_every_picture_is_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    pictures = {path.relative_to(PAGE.parent).as_posix() for path in FOLDER.rglob("*.png")}
    assert {picture for picture in pictures if picture not in page} == set()


def test_row_without_a_run_says_how_to_run_it(folder):
    page = page_of(PUBLISHED, {}, folder)
    assert "not run yet: `framework run mnist/basic`" in page
    assert "not run yet; its recipe `no/such` is not shipped yet" in page_of(
        PUBLISHED.model_copy(
            update={
                "not_yet_shipped": ["no/such"],
                "runs": PUBLISHED.runs
                | {
                    "mnist-gan": PUBLISHED.runs["mnist-gan"].model_copy(
                        update={"recipe": "no/such"}
                    )
                },
            }
        ),
        {},
        folder,
    )


@pytest.mark.parametrize(
    ("mse", "verdict"),
    [
        (0.0102, "0.01020, reached, stretch missed"),
        (0.0094, "0.009400, reached, stretch too"),
        (0.0111, "0.01110, **target missed**"),
    ],
)
def test_a_made_up_result_changes_the_page(folder, mse, verdict):
    make_result(folder, "fashion_mnist-autoencoder_improved", values={"test/mse": mse})
    page = page_of(PUBLISHED, read_results(folder), folder)
    assert f"| {verdict} | fashion_mnist-autoencoder_improved |" in page
    assert "0 | 2 of 2, kept 2 | 1.5 | riscv64, 8 cores, 1 thread |" in page


def test_accuracy_is_told_in_percent_and_against_a_least(folder):
    make_result(folder, "fashion_mnist-classifier", values={"test/accuracy": 0.8499})
    page = page_of(PUBLISHED, read_results(folder), folder)
    assert "| ≥&nbsp;85 % | 84.99 %, **target missed** |" in page


def test_several_seeds_are_told_with_their_spread(folder):
    make_result(
        folder,
        "mnist-basic",
        command="framework run mnist/basic 'seeds=[0, 1]'",
        spreads={"test/mse": {"mean": 0.026, "sd": 0.0002}},
        parts={"seed-0": {}, "seed-1": {}},
    )
    page = page_of(PUBLISHED, read_results(folder), folder)
    assert "| 0.02600 ± 0.0002 (mean ± sd of 2 seeds), reached |" in page
    assert "| `framework run mnist/basic 'seeds=[0, 1]'` | 0, 1 |" in page


def test_number_of_a_figure_is_found(folder):
    values = {"auroc": 0.75, "auroc_of_mean_image": 0.5}
    make_result(folder, "fashion_mnist-anomaly", figures={"anomaly_scores": values})
    page = page_of(PUBLISHED, read_results(folder), folder)
    assert "| 0.7500 (mean image 0.5000) |" in page
    assert "not drawn by this run" in page


def test_what_a_run_did_not_measure_is_said(folder):
    make_result(folder, "mnist-basic")
    assert "not measured by this run" in page_of(PUBLISHED, read_results(folder), folder)


def test_scaled_down_run_stands_beside_its_full_command(folder):
    make_folds(folder, "mnist-best-regrow")
    page = page_of(PUBLISHED, read_results(folder), folder)
    assert "| 0.02500 (scaled down) | mnist-best-regrow |" in page
    short = "framework run mnist/best training.num_epochs=2 name=mnist-best-regrow"
    assert f"`{short}`; in full: `framework run mnist/best name=mnist-best-regrow`" in page


def test_folds_stand_side_by_side(folder):
    make_folds(folder, "mnist-best-regrow")
    make_folds(folder, "mnist-best-unpruned", sparse=False)
    draw(read_results(folder), folder)
    page = page_of(PUBLISHED, read_results(folder), folder)
    assert "| validation BCE | fold 0 | fold 1 | mean ± sd |" in page
    assert "| zeroed, free to grow back | 0.2000 | 0.3000 | 0.2500 ± 0.071 |" in page
    assert "fold 0, epoch 2 | 0.2200 | 0.02500 | encoder.linear 20 %, decoder.conv 20 % |" in page
    assert "(reproduction/weight_pruning.png)" in page


def test_passes_are_compared_at_equal_epochs_and_at_equal_time(folder):
    slow = [0.040, 0.030, 0.020]
    make_result(folder, "mnist-basic", curve=[0.050, 0.045, 0.031], seconds_per_epoch=60)
    make_result(folder, "mnist-iterative", curve=slow, seconds_per_epoch=90)
    results = read_results(folder)
    draw(results, folder)
    page = page_of(PUBLISHED, results, folder)
    assert "| equal epochs | three passes | 3 | 4.5 | 0.02000 |" in page
    assert "| equal wall time | one pass | 3 | 3.0 | 0.03100 |" in page
    assert "| equal wall time | three passes | 2 | 3.0 | 0.03000 |" in page
    assert "With equal epochs the error is 35.5 % smaller with three passes" in page
    assert "1.50 times as long" in page
    assert "(reproduction/passes.png)" in page


def test_time_that_is_too_short_still_gives_an_epoch(folder):
    make_result(folder, "mnist-basic", curve=[0.5, 0.4], seconds_per_epoch=10)
    found = reached(read_results(folder)["mnist-basic"], within_seconds=1)
    assert (found.num_epochs, found.value) == (1, 0.5)


def test_picture_of_runs_that_are_gone_is_deleted(folder):
    path = folder / DRAWINGS["passes"].file
    path.write_bytes(b"old")
    draw({}, folder)
    assert not path.exists()


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("value: test/loss", "value: test/loss\n        picture: both", "one of value, picture"),
        ("run: mnist-advanced", "run: mnist-nothing", "mnist-nothing"),
        ("stretch: 0.0095", "strech: 0.0095", "strech"),
    ],
)
def test_mistake_in_what_is_published_is_refused(folder, old, new, match):
    path = folder / FILE
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ValidationError, match=match):
        read_published(folder)


def make_folds(folder: Path, name: str, *, sparse: bool = True) -> None:
    """A made-up cross-validation of `mnist/best` with two folds of two epochs."""
    losses = {"fold-0": 0.2, "fold-1": 0.3}
    parts = {fold: {"validation/loss": loss} for fold, loss in losses.items()}
    spreads = {
        "validation/loss": {"mean": 0.25, "sd": math.sqrt(0.005)},
        "validation/mse": {"mean": 0.03, "sd": 0.001},
    }
    make_result(
        folder,
        name,
        command=f"framework run mnist/best training.num_epochs=2 name={name}",
        kept="fold-0",
        parts=parts,
        spreads=spreads,
        values={"test/loss": 0.22, "test/mse": 0.025},
        rows=[
            {"part": fold, "epoch": epoch, "validation/loss": loss / epoch}
            | (dict.fromkeys(GROUPS, 0.1 * epoch) if sparse else {})
            for fold, loss in losses.items()
            for epoch in (1, 2)
        ],
    )


def make_result(folder: Path, name: str, *, curve=(), seconds_per_epoch=5, rows=(), **content):
    """A made-up result as `collect` leaves it."""
    target = folder / "results" / name
    target.mkdir(parents=True)
    recipe = PUBLISHED.runs[name].recipe
    made = {
        "name": name,
        "command": command_of(recipe, PUBLISHED.runs[name].overrides),
        "seed": 0,
        "status": "finished",
        "seconds": 90.0,
        "epochs": 2,
        "num_epochs": 2,
        "kept": "",
        "kept_epoch": 2,
        "values": {},
        "spreads": {},
        "parts": {},
        "figures": {},
        "surroundings": {
            "num_threads": 1,
            "num_cores": 8,
            "machine": "riscv64",
            "device": "cpu",
        },
    }
    (target / RESULT).write_text(json.dumps(made | content))
    rows = rows or [
        {"part": "", "epoch": epoch, "validation/mse": mse, "seconds": seconds_per_epoch}
        for epoch, mse in enumerate(curve, start=1)
    ]
    with (target / CURVES).open("w", newline="") as file:
        writer = csv.DictWriter(file, dict.fromkeys(key for row in rows for key in row))
        writer.writeheader()
        writer.writerows(rows)
