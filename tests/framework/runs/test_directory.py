"""A run directory is complete at every moment, and damage is noticed."""

import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest
import torch

from framework.errors import CheckpointError, StorageError
from framework.handlers.best_weights import BestWeights
from framework.handlers.monitoring import Monitor
from framework.runs.directory import RunDirectory, clear_drafts
from framework.runs.records import read_state
from framework.runs.weights import weights_to_bytes
from framework.storage import sha256_of

TEXTS = {"recipe.yaml": "name: tiny\n", "resolved.yaml": "name: tiny\nseed: 0\n"}
META = {"name": "tiny", "num_epochs": 9}


@pytest.fixture
def store(tmp_path):
    return RunDirectory.create(tmp_path / "tiny" / "stamp", texts=TEXTS, meta=META)


def make_best(epoch):
    """The best weights of a run whose epoch 3 is the best."""
    best = BestWeights(Monitor("validation/loss", "min"))
    best.epoch = min(epoch, 3)
    best.value = 1 / best.epoch
    best.weights = {"encoder": {"weight": torch.full((2,), float(best.epoch))}}
    return best


def state_after(epoch):
    return {
        "epoch": epoch,
        "iteration": 10 * epoch,
        "networks": {"encoder": {"weight": torch.full((50,), float(epoch))}},
        "handlers": {
            "best_weights": make_best(epoch).state_dict(),
            "metrics_log": {"size_bytes": 2 * epoch},
        },
    }


def save(store, *epochs):
    for epoch in epochs:
        store.save(state_after(epoch), make_best(epoch), seconds=float(epoch))


def checkpoints_of(store):
    return sorted(path.name for path in (store.path / "checkpoints").iterdir())


def best_of(store):
    return (store.path / "best.safetensors").read_bytes()


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


DAMAGES = {
    "flipped bit": flip_a_bit,
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "empty": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
}


def test_new_directory_has_its_layout_and_no_draft_beside_it(store):
    names = {path.name for path in store.path.iterdir()}
    folders = {"checkpoints", "snapshots", "figures"}
    assert names == folders | {*TEXTS, "meta.json", "state.json", "metrics.jsonl"}
    assert (store.path / "recipe.yaml").read_text() == TEXTS["recipe.yaml"]
    assert json.loads((store.path / "meta.json").read_text()) == META
    assert store.state == read_state(store.path)
    assert list(store.path.parent.iterdir()) == [store.path]


def test_directory_that_cannot_be_made_is_a_storage_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="S051"):
        RunDirectory.create(tmp_path / "file" / "stamp", texts=TEXTS, meta=META)


def test_drafts_of_killed_processes_are_cleared_and_nothing_else(store):
    folder = store.path.parent
    (folder / ".tmp-stamp-1234" / "checkpoints").mkdir(parents=True)
    clear_drafts(folder)
    assert list(folder.iterdir()) == [store.path]
    clear_drafts(folder / "nowhere")


def test_attempts_are_counted_and_leftovers_of_killed_writers_cleared(store):
    store.begin_attempt()
    assert store.state.attempt == 1
    for folder in ("", "checkpoints", "snapshots", "figures"):
        (store.path / folder / ".tmp-x").touch()
    save(store, 1)
    store.update(status="interrupted", reason="SIGTERM")
    again = RunDirectory(store.path)
    again.begin_attempt()
    assert (again.state.attempt, again.state.status, again.state.reason) == (2, "running", "")
    assert again.state.checkpoint == store.state.checkpoint
    assert not list(store.path.rglob(".tmp-*"))


def test_folder_that_was_deleted_is_made_again(store):
    for folder in ("checkpoints", "snapshots", "figures"):
        (store.path / folder).rmdir()
    store.begin_attempt()
    save(store, 1)
    store.store_snapshot(1, make_best(1).weights)
    assert store.snapshot_path(1).is_file()


def test_two_newest_checkpoints_are_kept(store):
    save(store, 1, 2, 3, 4)
    assert checkpoints_of(store) == ["000003.pt", "000004.pt"]
    state = read_state(store.path)
    assert state.checkpoint.file == "checkpoints/000004.pt"
    assert (state.checkpoint.epoch, state.checkpoint.iteration) == (4, 40)
    assert state.previous.file == "checkpoints/000003.pt"
    assert state.seconds == 4


def test_checkpoint_is_found_again_as_it_was_saved(store):
    save(store, 1, 2)
    loaded = RunDirectory(store.path).load(pytest.fail)
    assert (loaded["epoch"], loaded["iteration"]) == (2, 20)
    assert torch.equal(loaded["networks"]["encoder"]["weight"], torch.full((50,), 2.0))


def test_directory_without_a_checkpoint_loads_nothing(store):
    assert store.load(pytest.fail) is None


def test_best_weights_are_written_when_they_change_and_not_otherwise(store):
    written = []
    for epoch in (1, 2, 3, 4, 5):
        save(store, epoch)
        written.append((store.path / "best.safetensors").stat().st_ino)
        assert store.state.best.epoch == min(epoch, 3)
    assert written[2] == written[3] == written[4]
    assert best_of(store) == weights_to_bytes(make_best(3).weights)
    entry = read_state(store.path).best
    assert entry.sha256 == sha256_of(best_of(store))
    assert (entry.metric, entry.mode, entry.value) == ("validation/loss", "min", 1 / 3)


def test_nothing_is_called_best_before_a_finite_value(store):
    store.save(state_after(1), BestWeights(Monitor("validation/loss", "min")), seconds=1.0)
    assert store.state.best is None
    assert not (store.path / "best.safetensors").exists()


def test_best_of_a_level_of_sparsity_has_a_file_of_its_own(store):
    save(store, 1)
    kept, dense = best_of(store), make_best(2).weights
    store.store_best_of_level(0, dense)
    assert (store.path / "best-level-0.safetensors").read_bytes() == weights_to_bytes(dense)
    assert best_of(store) == kept


def test_last_weights_are_kept_where_nothing_is_monitored(store):
    store.save(state_after(1), None, seconds=1.0)
    store.keep_last(make_best(1).weights, epoch=7)
    assert best_of(store) == weights_to_bytes(make_best(1).weights)
    assert (store.state.best.epoch, store.state.best.metric) == (7, None)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_checkpoint_gives_way_to_the_one_before_with_a_warning(store, damage):
    save(store, 1, 2, 3)
    damage(store.path / "checkpoints" / "000003.pt")
    warnings = []
    loaded = RunDirectory(store.path).load(warnings.append)
    assert loaded["epoch"] == 2
    (warning,) = warnings
    assert "000003.pt" in warning
    assert warning.endswith("going on from epoch 2")


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_no_intact_checkpoint_is_an_error_that_names_both_and_changes_nothing(store, damage):
    save(store, 1, 2, 3)
    for path in (store.path / "checkpoints").iterdir():
        damage(path)
    before = contents_of(store.path)
    with pytest.raises(CheckpointError) as caught:
        RunDirectory(store.path).load(pytest.fail)
    assert [fault.place.rpartition("/")[2] for fault in caught.value.faults] == [
        "000003.pt",
        "000002.pt",
    ]
    assert {fault.identifier for fault in caught.value.faults} <= {"C058", "C066"}
    assert contents_of(store.path) == before


def test_damaged_checkpoint_never_counts_as_the_one_to_fall_back_to(store):
    save(store, 1, 2, 3)
    flip_a_bit(store.path / "checkpoints" / "000003.pt")
    again = RunDirectory(store.path)
    again.load(lambda _: None)
    again.begin_attempt()
    save(again, 3)
    flip_a_bit(store.path / read_state(store.path).checkpoint.file)
    assert RunDirectory(store.path).load(lambda _: None)["epoch"] == 2
    assert len(checkpoints_of(store)) == 2


def test_best_weights_are_right_after_a_fall_back(store):
    save(store, 2, 3)
    flip_a_bit(store.path / "checkpoints" / "000002.pt")
    again = RunDirectory(store.path)
    loaded = again.load(lambda _: None)
    again.begin_attempt()
    again.restore(loaded)
    assert best_of(store) == weights_to_bytes(make_best(2).weights)
    save(again, 3)
    assert best_of(store) == weights_to_bytes(make_best(3).weights)
    assert read_state(store.path).best.sha256 == sha256_of(best_of(store))


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_best_weights_are_written_again_from_the_checkpoint(store, damage):
    save(store, 1, 2)
    damage(store.path / "best.safetensors")
    again = RunDirectory(store.path)
    again.restore(again.load(pytest.fail))
    assert best_of(store) == weights_to_bytes(make_best(2).weights)


def test_restoring_cuts_the_log_back_and_leaves_an_intact_best_alone(store):
    save(store, 1, 2)
    (store.path / "metrics.jsonl").write_bytes(b"1\n2\n3\n")
    best = (store.path / "best.safetensors").stat().st_ino
    store.restore(store.load(pytest.fail))
    assert (store.path / "metrics.jsonl").read_bytes() == b"1\n2\n"
    assert (store.path / "best.safetensors").stat().st_ino == best


@pytest.mark.parametrize(
    "deleted", ["checkpoints/000002.pt", "checkpoints/000001.pt", "best.safetensors"]
)
def test_file_deleted_from_outside_does_not_stop_the_next_save(store, deleted):
    save(store, 1, 2)
    (store.path / deleted).unlink()
    save(store, 3, 4)
    assert checkpoints_of(store) == ["000003.pt", "000004.pt"]
    assert RunDirectory(store.path).load(pytest.fail)["epoch"] == 4
    assert best_of(store) == weights_to_bytes(make_best(3).weights)


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
@pytest.mark.parametrize("deleted", ["files", "folder"])
def test_files_deleted_within_a_save_are_written_again(store, monkeypatch, call, deleted):
    save(store, 1, 2)
    folder, really, num_calls = store.path / "checkpoints", getattr(os, call), iter(range(1000))

    def interfere(*given, **named):
        if next(num_calls) == 0:
            for path in folder.iterdir():
                path.unlink()
            if deleted == "folder":
                folder.rmdir()
        return really(*given, **named)

    monkeypatch.setattr(os, call, interfere)
    save(store, 3)
    assert next(num_calls) > 1
    assert RunDirectory(store.path).load(pytest.fail)["epoch"] == 3


def test_run_that_was_deleted_as_a_whole_is_not_made_again(store):
    save(store, 1)
    shutil.rmtree(store.path)
    for act in (lambda: save(store, 2), lambda: store.store_snapshot(1, make_best(1).weights)):
        with pytest.raises(StorageError, match="S051"):
            act()
    assert not store.path.exists()


@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
def test_link_at_a_checkpoints_name_is_replaced_and_never_followed(store, tmp_path, link):
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    link(store.path / "checkpoints" / "000001.pt", precious)
    save(store, 1)
    assert precious.read_bytes() == b"precious"
    assert RunDirectory(store.path).load(pytest.fail)["epoch"] == 1


def test_pipe_at_a_checkpoints_name_is_neither_waited_for_nor_kept(store):
    save(store, 1, 2)
    newest = store.path / "checkpoints" / "000002.pt"
    newest.unlink()
    os.mkfifo(newest)
    warnings = []
    store = RunDirectory(store.path)
    assert store.load(warnings.append)["epoch"] == 1
    assert "is not a regular file" in warnings[0]
    save(store, 2)
    assert newest.is_file()


def test_checkpoint_that_would_execute_code_is_refused_unexecuted(store, tmp_path):
    canary = tmp_path / "canary"
    save(store, 1)
    path = store.path / "checkpoints" / "000001.pt"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    code = f"cposix\nsystem\n(S'touch {canary}'\ntR.".encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, code if name.endswith("data.pkl") else data)
    forge_digest(store, path)
    with pytest.raises(CheckpointError) as caught:
        RunDirectory(store.path).load(pytest.fail)
    assert caught.value.faults[0].identifier == "C059"
    assert "system" in caught.value.faults[0].message
    assert not canary.exists()


def test_newer_format_is_refused_at_once(store):
    values = json.loads((store.path / "state.json").read_text())
    (store.path / "state.json").write_text(json.dumps(values | {"format": 99}))
    with pytest.raises(CheckpointError, match="C063"):
        RunDirectory(store.path)


def test_lock_tells_who_is_at_work(store):
    with store.lock():
        holder = json.loads((store.path / "run.lock").read_text())
        assert set(holder) == {"pid", "host", "boot_id"}


def contents_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def forge_digest(store, path):
    state = json.loads((store.path / "state.json").read_text())
    state["checkpoint"]["sha256"] = sha256_of(path.read_bytes())
    (store.path / "state.json").write_text(json.dumps(state))
