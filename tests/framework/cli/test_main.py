import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from framework.cli.main import cli, main

IMPORTS_NO_TORCH = """
import io, sys
from contextlib import redirect_stdout
from framework.cli.main import main

for words in {lines}:
    with redirect_stdout(io.StringIO()):
        assert main(words) == 0, words
    assert "torch" not in sys.modules, words
"""

RECIPE = """
dataset: digits
networks: {encoder: conv_encoder, decoder: mirrored_decoder}
task: reconstruction
loss: mse
optimizer: adam
training: {num_epochs: 1}
"""


def paths_of(command, path=()):
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from paths_of(child, (*path, name))


def provoke(monkeypatch, error):
    """Add a command `explode` that raises."""

    def callback():
        raise error

    command = click.Command("explode", callback=callback)
    monkeypatch.setitem(cli.commands, "explode", command)


def test_help_and_lists_answer_without_torch(tmp_path):
    lines = [[*path, "--help"] for path in paths_of(cli)]
    lines += [["--version"], ["recipes", "list"], ["runs", "list"]]
    assert len(lines) > 10
    code = IMPORTS_NO_TORCH.format(lines=lines)
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_module_is_the_same_command(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "framework", "runs", "show", "x"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr.startswith("error: no run 'x' in runs; ")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("rum x", "error: no such command 'rum'; did you mean 'run'? [U001]"),
        ("run x --neww", "error: no such option '--neww'; did you mean '--new'? [U001]"),
        ("run x --zzz", "error: no such option '--zzz'; see framework run --help [U001]"),
        ("run", "error: missing argument 'RECIPE'; see framework run --help [U001]"),
        ("recipes lst", "error: no such command 'lst'; did you mean 'list'? [U001]"),
        (
            "recipes copy",
            "error: missing argument 'NAME'; see framework recipes copy --help [U001]",
        ),
    ],
)
def test_usage_error_is_2_with_a_way_out(line, complaint, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(line.split()) == 2
    assert capsys.readouterr() == ("", complaint + "\n")
    assert list(tmp_path.iterdir()) == []


def test_unknown_kind_is_2_and_names_all_kinds(capsys):
    assert main(["components", "list", "--kind", "netwrok"]) == 2
    error = capsys.readouterr().err
    assert "'netwrok' is not one of" in error
    assert "'network'" in error


def test_no_command_is_2_and_shows_all_commands(capsys):
    assert main([]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert all(name in output.err for name in ("check", "components", "recipes", "run", "runs"))


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize(
    ("recipe", "complaint"),
    [
        (None, "r.yaml: error: no such recipe 'r.yaml'"),
        ("a: [", "r.yaml:1:"),
        (RECIPE + "trainig: {}", "r.yaml:8:1: error: no such key 'trainig'; did you mean"),
        (
            RECIPE.replace("digits", "digitz"),
            "r.yaml:2:10: error: dataset: no dataset named 'digitz'",
        ),
    ],
)
def test_recipe_error_is_3_and_leaves_nothing(
    command, recipe, complaint, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    if recipe is not None:
        Path("r.yaml").write_text(recipe)
    assert main([command, "r.yaml"]) == 3
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(complaint)
    assert "Traceback" not in output.err
    assert {path.name for path in tmp_path.iterdir()} <= {"r.yaml"}


def test_shape_error_is_found_without_torch(tmp_path):
    code = (
        "import sys; from framework.cli.main import main\n"
        "assert main(['run', 'quickstart', 'training.num_epoch=5']) == 3\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    assert list(tmp_path.iterdir()) == []


def test_faults_are_json_where_json_is_asked_for(capsys):
    assert main(["run", "no/such/recipe", "--json"]) == 3
    output = capsys.readouterr()
    assert output.out == ""
    (fault,) = json.loads(output.err)["faults"]
    assert fault["identifier"] == "R025"


def test_usage_errors_are_json_too(capsys):
    assert main(["--json", "--nonsense"]) == 2
    (fault,) = json.loads(capsys.readouterr().err)["faults"]
    assert fault["identifier"] == "U001"


def test_interrupt_before_training_is_130(tmp_path, capsys):
    plugin = tmp_path / "impatient.py"
    plugin.write_text("raise KeyboardInterrupt\n")
    assert main(["check", "quickstart", "--plugin", str(plugin)]) == 130
    assert capsys.readouterr().err.startswith("error: stopped at once")


@pytest.mark.parametrize("error", [RuntimeError("two\nlines"), EOFError(), BrokenPipeError("x")])
def test_unexpected_failure_is_1_with_one_line_and_a_report(error, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    provoke(monkeypatch, error)
    assert main(["explode"]) == 1
    output = capsys.readouterr()
    (report,) = tmp_path.iterdir()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert type(error).__name__ in output.err
    assert str(report) in output.err
    assert "Traceback" in report.read_text()


def test_debug_shows_the_traceback(capsys):
    assert main(["run", "no/such/recipe", "--debug"]) == 3
    assert "Traceback (most recent call last)" in capsys.readouterr().err
    assert main(["run", "no/such/recipe"]) == 3
    assert "Traceback" not in capsys.readouterr().err


def test_closed_pipe_ends_a_short_command_quietly(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [sys.executable, "-m", "framework", "recipes", "list"],
        cwd=tmp_path,
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (result.returncode, result.stderr) == (141, b"")


@pytest.mark.parametrize("words", ["--help", "recipes list"])
def test_command_works_without_stdout(words, tmp_path):
    line = f"{sys.executable} -m framework {words} >&-"
    result = subprocess.run(["/bin/sh", "-c", line], cwd=tmp_path, capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, b"")


def test_version_is_that_of_the_distribution(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"framework {version('ignite-framework')}\n"


LONG = "y" * 300


@pytest.mark.parametrize(
    ("words", "code", "identifier"),
    [
        (["run", LONG], 3, "R025"),
        (["check", LONG], 3, "R025"),
        (["runs", "show", LONG], 2, "U002"),
        (["runs", "list", "--runs-dir", LONG], 7, "S051"),
        (["recipes", "copy", "quickstart", f"{LONG}/x.yaml"], 7, "S051"),
    ],
)
def test_name_that_no_file_can_have_is_a_fault_of_the_user(capsys, words, code, identifier):
    assert main(words) == code
    assert f"[{identifier}]" in capsys.readouterr().err
