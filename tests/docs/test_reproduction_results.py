"""What is collected of finished runs is what they left, and holds nothing of one machine."""

import json
import re
import shutil
from pathlib import Path

import click
import pytest
from PIL import Image

from framework.application import run
from framework.runs.records import read_run
from framework.runs.results import result_of
from reproduction.collecting import collect
from reproduction.commands import command_of, is_scaled_down, normalised
from reproduction.results import CURVES, RESULT, read_results

ROOT = Path(__file__).parents[2]
SUPPORT = ROOT / "tests" / "support"
FOLDER = ROOT / "docs" / "reproduction"
FILES = sorted(path for path in FOLDER.rglob("*") if path.suffix in {".json", ".csv"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_file_names_no_machine_and_no_path_of_one(path):
    assert of_one_machine(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text", ['{"host": "box"}', '{"command": "framework run /home/a/x"}', '{"a": "root=/data"}']
)
def test_a_machine_or_a_path_is_noticed(text):
    assert of_one_machine(text)


@pytest.mark.slow
def test_result_has_the_fields_that_a_run_writes_and_no_other(record):
    expected = result_of(record)
    for result in read_results(FOLDER).values():
        assert result.content.keys() == expected.keys()
        assert result.content["surroundings"].keys() == expected["surroundings"].keys()


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


def test_a_run_is_collected_with_what_is_asked_for(typed, tmp_path):
    kept = collect(typed, tmp_path, {"tiny": ["loss_curves"]})
    (result,) = read_results(tmp_path).values()
    assert kept == tmp_path / "results" / "tiny"
    assert {path.name for path in kept.iterdir()} == {RESULT, CURVES, "loss_curves.png"}
    assert result.content == result_of(read_run(typed)) | {"command": "framework run quickstart"}
    assert of_one_machine((kept / RESULT).read_text()) == []
    rows = [json.loads(line) for line in (typed / "metrics.jsonl").read_text().splitlines()]
    losses = result.curve("validation/loss")
    assert losses == pytest.approx({row["epoch"]: row["validation/loss"] for row in rows}, rel=1e-5)
    assert result.curve("lr") == {}
    assert result.seconds_per_epoch >= 0  # the log says it to a tenth
    drawn, small = typed / "figures" / "loss_curves.png", kept / "loss_curves.png"
    assert small.stat().st_size < drawn.stat().st_size
    with Image.open(small) as image:
        assert image.width <= 1200


def test_result_that_the_run_wrote_is_taken(typed, tmp_path):
    written = result_of(read_run(typed)) | {"seconds": 12.5}
    (typed / RESULT).write_text(json.dumps(written))
    collect(typed, tmp_path, {})
    assert read_results(tmp_path)["tiny"].content["seconds"] == 12.5


def test_a_run_collected_again_replaces_what_was_there(typed, tmp_path):
    collect(typed, tmp_path, {"tiny": ["loss_curves"]})
    kept = collect(typed, tmp_path, {})
    assert not (kept / "loss_curves.png").exists()


@pytest.mark.parametrize("is_same_machine", [True, False])
def test_machine_of_an_older_run_is_told_where_it_is_this_one(typed, tmp_path, is_same_machine):
    changes = {} if is_same_machine else {"host": "another"}
    change(typed / "meta.json", num_cores=None, machine=None, **changes)
    collect(typed, tmp_path, {})
    surroundings = read_results(tmp_path)["tiny"].content["surroundings"]
    assert (surroundings["num_cores"] is not None) == is_same_machine
    assert (surroundings["machine"] is not None) == is_same_machine


def test_run_that_is_not_over_is_refused(typed, tmp_path):
    change(typed / "state.json", status="interrupted")
    with pytest.raises(click.ClickException, match="'interrupted' - continue it with"):
        collect(typed, tmp_path, {})
    assert read_results(tmp_path) == {}


def of_one_machine(text: str) -> list[str]:
    """Absolute paths in a file, and fields that name a machine."""
    paths = re.findall(r"(?:^|[\s=,\[{'\"])[/~]\w\S*", text, flags=re.MULTILINE)
    return paths + re.findall(r'"(?:host|platform|user|directory)"', text)


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
