"""Real runs of wandb, read back by its own command from a server on this machine."""

import gc
import io
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import wandb
from PIL import Image

from framework.application import run, sync
from framework.contracts import Handler
from framework.events import FitEvents
from framework.handlers import tracker_fence
from framework.runs.interruption import Interrupted
from framework_trackers import wandb_connection
from framework_trackers.wandb import WandB
from framework_trackers.wandb_attempts import Attempt, read_attempts, write_attempts
from tests.support.run_digest import differences, digest_of
from tests.support.tiers import scaled
from tests.support.wandb_server import KEY, WandbServer

pytestmark = pytest.mark.slow

SUPPORT = Path(__file__).parents[2] / "support"
SHORT = ["training.num_epochs=2", "figures=[]", "handlers=[]"]
TRACKER = "trackers=[{type: wandb, every_num_iterations: 3}]"
CANARY = "a-canary-that-nobody-may-record"


class At(Handler):
    """Does something after an epoch."""

    def __init__(self, epoch, act):
        self._epoch, self._act = epoch, act

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(FitEvents.SAVING, self._look, run)

    def _look(self, run):
        if run.epoch == self._epoch:
            self._act()


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """A home where nothing is, with wandb set up anew, and a canary in the environment."""
    home = tmp_path_factory.mktemp("home")
    patch = pytest.MonkeyPatch()
    for name in [name for name in os.environ if name.startswith(("WANDB_", "XDG_"))]:
        patch.delenv(name)
    patch.setenv("HOME", str(home))
    patch.setenv("SOMETHING_SECRET", CANARY)
    patch.setattr(tracker_fence, "BUDGET_SECONDS", 60.0)  # machines that run tests are busy
    patch.setattr(tracker_fence, "FREE_SPARE_SECONDS", 20.0)
    patch.setattr(wandb_connection, "_FREE_SECONDS", 60.0)
    tear_down()
    yield home
    tear_down()
    patch.undo()


def tear_down():
    """Let wandb begin anew: it remembers the server that it has seen first."""
    with suppress(ConnectionError):  # its process may have been killed
        wandb.teardown()


@pytest.fixture
def server(monkeypatch):
    """A server that wandb is led to."""
    tear_down()
    with WandbServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server
        tear_down()


def stop():
    """Ask for the end, as Ctrl-C does."""
    os.kill(os.getpid(), signal.SIGINT)


def train(folder, *overrides, recipe="tiny", said=None, **options):
    said = [] if said is None else said
    return run(
        SUPPORT / f"{recipe}.yaml",
        overrides=overrides,
        plugins=[SUPPORT / "tiny_images.py"],
        runs_directory=folder,
        device="cpu",
        announce=said.append,
        warn=said.append,
        **options,
    )


@pytest.fixture(scope="module")
def untracked(tmp_path_factory):
    return train(tmp_path_factory.mktemp("untracked"), *SHORT)


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """Two folds without a key, and what was said."""
    said = []
    short = [*SHORT, "cross_validation.num_folds=2", TRACKER]
    record = train(tmp_path_factory.mktemp("offline"), *short, recipe="tiny_folds", said=said)
    return record, said


@pytest.fixture(scope="module")
def sent(offline):
    """What the server has of the offline run after `framework runs sync`."""
    patch = pytest.MonkeyPatch()
    with WandbServer() as server:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        lines = []
        num_sent = sync(offline[0].directory, announce=lines.append)
        patch.undo()
        assert num_sent == len(lines) == 3
        assert server.unknown == []
        yield server


def test_without_a_key_it_is_offline_and_says_so_once(offline):
    record, said = offline
    reason = "offline, as no key is configured (wandb login)"
    line = f"wandb: {reason}; `framework runs sync RUN` sends it"
    assert said.count(line) == 1
    assert not [each for each in said if "warning" in each]
    assert record.trackers == {"wandb": line.removeprefix("wandb: ")}


@pytest.mark.usefixtures("offline")
def test_nothing_is_written_to_the_home_of_the_user(home):
    assert [path for path in home.rglob("*") if "wandb" in str(path)] == []


def test_folds_are_two_runs_of_a_group_and_the_whole_is_one_more(sent, offline):
    directory = offline[0].directory
    names = {run.fields["displayName"]: run.fields["jobType"] for run in sent.runs.values()}
    expected = {f"{directory.name}/fold-{n}": "fold" for n in range(2)}
    assert names == expected | {directory.name: "cross-validation"}
    assert {run.fields["groupName"] for run in sent.runs.values()} == {directory.name}
    assert {run.fields["project"] for run in sent.runs.values()} == {"tiny-folds"}


def test_training_and_validation_both_arrive_with_a_step_that_rises(sent, offline):
    for number, tracked in enumerate(sent.runs_of("fold")):
        part = offline[0].parts[number]
        steps = [row["_step"] for row in tracked.rows]
        assert steps == sorted(set(steps))
        assert (
            len(tracked.values_of("validation/loss")) == len(tracked.values_of("train/loss")) == 2
        )
        assert min(tracked.values_of("validation/loss")) == part.values["validation/loss"]
        assert len(tracked.values_of("iteration/loss")) == steps[-1] // 3
        for name in ("lr", "images_per_second", "sparsity/encoder.all", "iteration/gradient_norm"):
            assert tracked.values_of(name), name
        assert set(tracked.values_of("epoch")) == {1, 2}


def test_recipe_arrives_as_config_and_the_best_epoch_in_the_summary(sent, offline):
    tracked, part = sent.runs_of("fold")[0], offline[0].parts[0]
    assert tracked.config["optimizer"]["lr"] == 0.05
    assert tracked.config["training"]["num_epochs"] == 2
    assert tracked.config["run"]["kind"] == "fold"
    assert len(tracked.config["run"]["data_fingerprint"]) == 64
    assert tracked.summary["best/epoch"] == part.best.epoch
    assert tracked.summary["best/validation/loss"] == part.values["validation/loss"]
    assert tracked.exit_code == 0


def test_pictures_arrive_with_their_pixels(sent):
    tracked = sent.runs_of("fold")[0]
    first, *_ = tracked.values_of("pictures/reconstructions")
    picture = Image.open(io.BytesIO(tracked.files[first["path"]]))
    pixels = np.asarray(picture)
    assert pixels.shape == (16, 80, 3)
    assert pixels.max() > 128  # floating point values would be black


def test_whole_arrives_with_means_deviations_and_its_table(sent, offline):
    tracked, spread = sent.run_of("cross-validation"), offline[0].spreads["validation/loss"]
    assert tracked.summary["mean/validation/loss"] == pytest.approx(spread.mean)
    assert tracked.summary["sd/validation/loss"] == pytest.approx(spread.sd)
    table = tracked.files[tracked.summary["parts"]["path"]]
    assert b"fold-1" in table


def test_model_recipe_and_report_arrive_as_artifacts(sent, offline):
    artifacts = sent.run_of("cross-validation").artifacts
    by_kind = {each["kind"]: each for each in artifacts.values()}
    assert set(by_kind) >= {"model", "recipe", "report"}
    assert sorted(by_kind["model"]["aliases"]) == ["best", "latest"]
    assert by_kind["model"]["files"] == ["best.safetensors"]
    assert len(by_kind["model"]["metadata"]["data_fingerprint"]) == 64
    (model,) = [name for name, each in artifacts.items() if each["kind"] == "model"]
    weights = (offline[0].directory / "best.safetensors").read_bytes()
    assert sent.run_of("cross-validation").files[f"{model}/best.safetensors"] == weights


@pytest.mark.usefixtures("sent")
def test_what_was_sent_is_not_sent_again(offline):
    assert sync(offline[0].directory, announce=pytest.fail) == 0


@pytest.mark.usefixtures("sent")
def test_no_secret_is_in_the_run_directory(offline):
    files = [file for file in offline[0].directory.rglob("*") if file.is_file()]
    assert any(file.suffix == ".wandb" for file in files)
    for file in files:
        data = file.read_bytes()
        assert KEY.encode() not in data, file
        assert CANARY.encode() not in data, file


def test_online_run_survives_an_outage_and_arrives_whole(server, untracked, tmp_path):
    said = []

    def end_outage():
        server.is_down = False

    def begin_outage():
        server.is_down = True

    handlers = [At(1, begin_outage), At(2, end_outage)]
    record = train(tmp_path, *SHORT, TRACKER, said=said, handlers=handlers)
    tracked = server.run_of("training")
    assert record.trackers == {"wandb": f"{server.url}/me/tiny/runs/{tracked.fields['name']}"}
    assert len(tracked.values_of("validation/loss")) == 2
    assert tracked.exit_code == 0
    assert not [line for line in said if "warning" in line]
    assert differences(digest_of(untracked.directory), digest_of(record.directory)) == []
    secret = [
        f for f in record.directory.rglob("*") if f.is_file() and KEY.encode() in f.read_bytes()
    ]
    assert secret == []


def test_online_run_that_is_taken_up_is_the_same_run(server, tmp_path):
    with pytest.raises(Interrupted):
        train(tmp_path, *SHORT, TRACKER, handlers=[At(1, stop)])
    train(tmp_path, *SHORT, TRACKER)
    tracked = server.run_of("training")
    assert len(tracked.values_of("validation/loss")) == 2
    assert tracked.summary["status"] == "finished"
    assert [each["kind"] for each in tracked.used.values()] == ["dataset"]


@pytest.mark.skipif(scaled(fast=0, default=0, nightly=1) == 0, reason="for the night")
def test_offline_run_that_is_taken_up_is_a_linked_run(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    with pytest.raises(Interrupted):
        train(tmp_path, *SHORT, TRACKER, handlers=[At(1, stop)])
    record = train(tmp_path, *SHORT, TRACKER)
    tear_down()
    with WandbServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        assert sync(record.directory, announce=str) == 1
        first, second = server.runs_of("training")
    assert second.config["run"]["continues"] == first.fields["name"]
    assert len(first.values_of("validation/loss")) == 1
    assert len(second.values_of("validation/loss")) == 2  # the curve is whole


def test_server_that_cannot_be_reached_makes_it_offline(server, untracked, tmp_path):
    server.__exit__()
    said = []
    started = time.monotonic()
    record = train(tmp_path, *SHORT, TRACKER, said=said)
    assert time.monotonic() - started < 30
    assert f"offline, as {server.url} cannot be reached" in record.trackers["wandb"]
    assert differences(digest_of(untracked.directory), digest_of(record.directory)) == []


def test_core_that_is_killed_costs_a_warning(untracked, tmp_path):
    said = []

    def kill_core():
        processes = [each for each in gc.get_objects() if type(each) is subprocess.Popen]
        for process in processes:
            if "wandb-core" in str(process.args):
                process.kill()
                process.wait()

    record = train(tmp_path, *SHORT, TRACKER, said=said, handlers=[At(1, kill_core)])
    tear_down()
    assert len([line for line in said if "warning" in line]) == 1
    assert record.trackers["wandb"].startswith("off: ")
    assert differences(digest_of(untracked.directory), digest_of(record.directory)) == []


def test_folder_that_cannot_be_made_costs_a_warning(untracked, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(Path, "mkdir", _refusing(Path.mkdir))
    record = train(tmp_path, *SHORT, TRACKER, said=said)
    (warning,) = [line for line in said if "warning" in line]
    assert "start failed: PermissionError" in warning
    assert differences(digest_of(untracked.directory), digest_of(record.directory)) == []


def _refusing(mkdir):
    def refuse(path, *given, **more):
        if path.name == "wandb":
            raise PermissionError(13, "Permission denied", str(path))
        return mkdir(path, *given, **more)

    return refuse


def test_sync_that_fails_says_what_wandb_says(tmp_path):
    (tmp_path / "wandb").mkdir()
    attempt = Attempt("abc", "offline", ("offline-run-abc",))
    write_attempts(tmp_path / "wandb", [attempt])
    with pytest.raises(RuntimeError, match="offline-run-abc"):
        WandB().sync(tmp_path)
    assert read_attempts(tmp_path / "wandb") == [attempt]


def test_sync_goes_on_where_a_killed_attempt_has_left_nothing(server, tmp_path):
    folder = tmp_path / "wandb" / "offline-run-abc"
    folder.mkdir(parents=True)
    (folder / "run-abc.wandb").write_bytes(b":W&B\x1d\xbe\x00")
    write_attempts(folder.parent, [Attempt("abc", "offline", (folder.name,))])
    assert WandB().sync(tmp_path) == ""
    assert read_attempts(folder.parent)[0].is_sent
    assert not server.runs


def test_disabled_tracks_nothing(tmp_path):
    record = train(tmp_path, *SHORT, "trackers=[{type: wandb, mode: disabled}]")
    assert not (record.directory / "wandb").exists()
    assert record.trackers == {"wandb": ""}
