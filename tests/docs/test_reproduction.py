"""docs/reproduction.md is what its files say, and those hold nothing of one machine."""

import csv
import json
import math
import re
import shutil
from pathlib import Path

import click
import pytest
from PIL import Image
from pydantic import ValidationError

from framework.application import run
from framework.recipe.loading import load_document
from framework.recipe.shipped import shipped_recipes
from framework.runs.records import read_run
from framework.runs.results import result_of
from reproduction.collecting import collect
from reproduction.commands import command_of, is_scaled_down, normalised
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


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_file_names_no_machine_and_no_path_of_one(path):
    assert of_one_machine(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text", ['{"host": "box"}', '{"command": "framework run /home/a/x"}', '{"a": "root=/data"}']
)
def test_a_machine_or_a_path_is_noticed(text):
    assert of_one_machine(text)


def test_result_has_the_fields_that_a_run_writes_and_no_other(record):
    expected = result_of(record)
    for result in RESULTS.values():
        assert result.content.keys() == expected.keys()
        assert result.content["surroundings"].keys() == expected["surroundings"].keys()


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
    assert "| ≥ 85 % | 84.99 %, **target missed** |" in page


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
    ("command", "expected"),
    [
        ("framework run mnist/basic training.num_threads=1", "framework run mnist/basic"),
        ("framework run /x/recipes/mnist/basic.yaml --new -q", "framework run mnist/basic"),
        (
            "framework run mnist/best --runs-dir /x 'seeds=[0, 1]' dataset.root=/data --device cpu",
            "framework run mnist/best 'seeds=[0, 1]'",
        ),
    ],
)
def test_command_is_told_as_anybody_would_type_it(command, expected):
    assert normalised(command) == expected


@pytest.mark.parametrize(
    "command",
    [
        "framework check mnist/basic",
        "framework run my.yaml",
        "framework run mnist/basic --plugin x.py",
        "framework run mnist/basic networks.encoder.from=/runs/1",
        "pytest tests",
    ],
)
def test_command_that_nobody_else_can_type_is_refused(command):
    with pytest.raises(click.ClickException, match=re.escape(command)):
        normalised(command)


def test_a_run_with_other_seeds_is_not_scaled_down():
    full = command_of("mnist/basic")
    assert not is_scaled_down(f"{full} 'seeds=[0, 1]'", full)
    assert is_scaled_down(f"{full} training.num_epochs=1", full)


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


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """A short run with a picture."""
    return run(
        SUPPORT / "tiny.yaml",
        overrides=["training.num_epochs=2", "early_stopping=null", "figures=[loss_curves]"],
        plugins=[SUPPORT / "tiny_images.py"],
        runs_directory=tmp_path_factory.mktemp("runs"),
        device="cpu",
    )


@pytest.fixture
def typed(record, tmp_path):
    """A copy of that run, as if it had been typed."""
    directory = shutil.copytree(record.directory, tmp_path / "run")
    change(directory / "meta.json", command=["framework", "run", "quickstart"])
    (directory / RESULT).unlink(missing_ok=True)
    return directory


def test_a_run_is_collected_with_what_is_asked_for(typed, folder):
    kept = collect(typed, folder, {"tiny": ["loss_curves"]})
    (result,) = read_results(folder).values()
    assert kept == folder / "results" / "tiny"
    assert {path.name for path in kept.iterdir()} == {RESULT, CURVES, "loss_curves.png"}
    assert result.content == result_of(read_run(typed)) | {"command": "framework run quickstart"}
    assert of_one_machine((kept / RESULT).read_text()) == []
    rows = [json.loads(line) for line in (typed / "metrics.jsonl").read_text().splitlines()]
    losses = result.curve("validation/loss")
    assert losses == pytest.approx({row["epoch"]: row["validation/loss"] for row in rows}, rel=1e-5)
    assert result.curve("lr") == {}
    assert result.seconds_per_epoch > 0
    drawn, small = typed / "figures" / "loss_curves.png", kept / "loss_curves.png"
    assert small.stat().st_size < drawn.stat().st_size
    with Image.open(small) as image:
        assert image.width <= 1200


def test_result_that_the_run_wrote_is_taken(typed, folder):
    written = result_of(read_run(typed)) | {"seconds": 12.5}
    (typed / RESULT).write_text(json.dumps(written))
    collect(typed, folder, {})
    assert read_results(folder)["tiny"].content["seconds"] == 12.5


def test_a_run_collected_again_replaces_what_was_there(typed, folder):
    collect(typed, folder, {"tiny": ["loss_curves"]})
    kept = collect(typed, folder, {})
    assert not (kept / "loss_curves.png").exists()


@pytest.mark.parametrize("is_same_machine", [True, False])
def test_machine_of_an_older_run_is_told_where_it_is_this_one(typed, folder, is_same_machine):
    changes = {} if is_same_machine else {"host": "another"}
    change(typed / "meta.json", num_cores=None, machine=None, **changes)
    collect(typed, folder, {})
    surroundings = read_results(folder)["tiny"].content["surroundings"]
    assert (surroundings["num_cores"] is not None) == is_same_machine
    assert (surroundings["machine"] is not None) == is_same_machine


def test_run_that_is_not_over_is_refused(typed, folder):
    change(typed / "state.json", status="interrupted")
    with pytest.raises(click.ClickException, match="'interrupted' - continue it with"):
        collect(typed, folder, {})
    assert read_results(folder) == {}


def of_one_machine(text: str) -> list[str]:
    """Absolute paths in a file, and fields that name a machine."""
    paths = re.findall(r"(?:^|[\s=,\[{'\"])[/~]\w\S*", text, flags=re.MULTILINE)
    return paths + re.findall(r'"(?:host|platform|user|directory)"', text)


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


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
