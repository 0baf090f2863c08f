import json

import pytest

from framework.cli.main import main
from framework.runs.records import BestEntry, RunState
from framework.runs.tracker_records import TrackerRecord, write_tracker_records


def make_run(root, name, folder, **state):
    directory = root / name / folder
    (directory / "figures").mkdir(parents=True)
    meta = {"name": name, "num_epochs": 9, "seed": 4, "started": f"2026-{folder}"}
    (directory / "meta.json").write_text(json.dumps(meta))
    (directory / "state.json").write_text(json.dumps(RunState(**state).as_json()))
    return directory


@pytest.fixture
def root(tmp_path, monkeypatch):
    best = BestEntry("0" * 64, 2, "validation/loss", "min", 0.03)
    make_run(tmp_path, "alpha", "0101-abc", status="finished", best=best, test={"mse": 0.5})
    make_run(tmp_path, "beta", "0102-def", status="interrupted")
    make_run(tmp_path, "alpha", "0103-dac", status="running")
    monkeypatch.setenv("FRAMEWORK_RUNS", str(tmp_path))
    return tmp_path


def test_list_shows_every_run_oldest_first(root, capsys):
    assert main(["runs", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "run             status       epochs  best",
        "alpha/0101-abc  finished     0/9     validation/loss 0.03",
        "beta/0102-def   interrupted  0/9",
        "alpha/0103-dac  running      0/9",
    ]
    assert root.is_dir()


def test_list_is_json(root, capsys):
    assert main(["runs", "list", "--json"]) == 0
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert [run["directory"] for run in runs] == [
        str(root / "alpha/0101-abc"),
        str(root / "beta/0102-def"),
        str(root / "alpha/0103-dac"),
    ]
    assert runs[0]["best"]["value"] == 0.03
    assert runs[0]["test"] == {"mse": 0.5}


def test_list_of_no_runs_says_how_to_start(tmp_path, capsys):
    folder = str(tmp_path / "none")
    assert main(["runs", "list", "--runs-dir", folder]) == 0
    assert capsys.readouterr().out == f"no runs in {folder}; start one with: framework run RECIPE\n"
    assert main(["runs", "list", "--runs-dir", folder, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"runs": []}


@pytest.mark.parametrize("beginning", ["alpha/0101", "0101", "abc", "alpha/0101-abc"])
def test_show_finds_a_run_by_how_its_name_begins(beginning, root, capsys):
    assert main(["runs", "show", beginning]) == 0
    output = capsys.readouterr().out
    assert f"run      {root / 'alpha/0101-abc'}\n" in output
    assert "status   finished after 0 of 9 epochs\n" in output
    assert "mse            0.5\n" in output
    assert "meta.json (0.1 kB)\n" in output


def test_show_takes_a_directory_and_says_how_to_go_on(root, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["runs", "show", "beta/0102-def"]) == 0
    assert "continue with: framework run beta/0102-def\n" in capsys.readouterr().out
    assert root == tmp_path


def test_show_is_json(root, capsys):
    assert main(["runs", "show", "abc", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["directory"] == str(root / "alpha/0101-abc")
    assert record["files"] == ["meta.json", "state.json"]


@pytest.mark.parametrize(
    ("beginning", "complaint"),
    [
        (
            "alpha",
            "error: 'alpha' begins the names of 2 runs; they are alpha/0101-abc, alpha/0103-dac",
        ),
        ("alpha/0101-abd", "; did you mean 'alpha/0101-abc'? [U002]"),
        ("zzz", "; framework runs list names them [U002]"),
    ],
)
@pytest.mark.usefixtures("root")
def test_show_refuses_what_is_not_one_run(beginning, complaint, capsys):
    assert main(["runs", "show", beginning]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert complaint in output.err


def test_damaged_run_is_a_checkpoint_error(root, capsys):
    (root / "alpha/0101-abc/state.json").write_text("{")
    assert main(["runs", "show", str(root / "alpha/0101-abc")]) == 5
    assert "state.json" in capsys.readouterr().err


def test_show_of_a_run_with_parts_lists_its_own_files_and_names_them(tmp_path, capsys):
    make_run(tmp_path, "gamma", "0104-eee", status="finished", kept="refit")
    for part in ("fold-10", "fold-2", "refit"):
        (make_run(tmp_path, "gamma/0104-eee", part, status="finished") / "log.txt").touch()
    assert main(["runs", "show", "eee", "--runs-dir", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    run = tmp_path / "gamma/0104-eee"
    assert (
        f"parts    {run}/fold-2\n         {run}/fold-10\n         {run}/refit\n"
        "files    meta.json (0.1 kB)\n"
    ) in output
    assert "log.txt" not in output


@pytest.mark.usefixtures("root")
def test_sync_of_a_run_without_trackers_says_how_to_have_one(capsys):
    assert main(["runs", "sync", "beta"]) == 5
    assert "the run has no tracker; train with --track" in capsys.readouterr().err


def test_sync_says_where_nothing_is_left(root, capsys):
    component = {"type": "tensorboard", "gradient_norm": False}
    write_tracker_records(root / "beta" / "0102-def", {"tensorboard": TrackerRecord(component)})
    assert main(["runs", "sync", "beta"]) == 0
    assert capsys.readouterr().out == "nothing is left to be sent\n"


def test_show_says_where_a_run_is_tracked(root, capsys):
    record = TrackerRecord({"type": "wandb"}, "https://somewhere")
    write_tracker_records(root / "beta" / "0102-def", {"wandb": record})
    assert main(["runs", "show", "beta"]) == 0
    assert "wandb: https://somewhere" in capsys.readouterr().out
