"""A run is loaded from its directory alone, or refused with what is wrong with it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import framework
from framework.contracts import DataInfo
from framework.errors import CheckpointError, FrameworkError, PluginError, StorageError
from framework.runs.loading import load_run

SUPPORT = Path(__file__).parents[2] / "support"
IMAGES = np.random.default_rng(0).random((2, 1, 8, 8), dtype=np.float32)


@pytest.fixture
def copied(trained, tmp_path):
    """A copy of the trained run, to be spoilt."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


def change(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_door_leads_here():
    assert framework.load_run is load_run


def test_run_is_what_its_directory_says(loaded, trained):
    assert loaded.record.directory == trained
    assert loaded.record.status == "finished"
    assert list(loaded.networks) == ["encoder", "decoder"]
    assert loaded.data == DataInfo(
        image_shape=(1, 8, 8),
        num_train=256,
        num_test=64,
        num_classes=4,
        class_names=("rows", "columns", "diagonals", "checks"),
    )


def test_loading_leaves_the_random_state_and_the_directory_as_they_are(trained):
    before = {path: path.read_bytes() for path in trained.rglob("*") if path.is_file()}
    torch.manual_seed(0)
    state = torch.get_rng_state()
    load_run(str(trained), device="cpu")
    assert torch.equal(torch.get_rng_state(), state)
    assert {path: path.read_bytes() for path in trained.rglob("*") if path.is_file()} == before


def test_data_need_not_be_there(copied, tmp_path, loaded):
    source = (SUPPORT / "tiny_images.py").read_text()
    gone = 'raise FileNotFoundError("the images are gone")'
    assert source.count("return DataInfo(\n") == 1
    plugin = tmp_path / "tiny_images.py"
    plugin.write_text(source.replace("return DataInfo(\n", f"{gone}\n        return DataInfo(\n"))
    with pytest.warns(UserWarning, match="plugins have changed since the run was made: tiny_image"):
        run = load_run(copied, device="cpu", plugins=[plugin])
    assert np.array_equal(run.encode(IMAGES), loaded.encode(IMAGES))


def test_run_that_did_not_write_its_data_down_asks_the_data_set(copied, loaded):
    meta = json.loads((copied / "meta.json").read_text())
    del meta["data"]
    (copied / "meta.json").write_text(json.dumps(meta))
    assert load_run(copied, device="cpu").data == loaded.data


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (shutil.rmtree, r"state\.json: error: not the state of a run.*\[C058\]"),
        (lambda p: (p / "meta.json").write_text("["), r"meta\.json: .*\[C058\]"),
        (lambda p: change(p / "meta.json", data={}), r"meta\.json: .*image_shape.*\[C058\]"),
        (lambda p: change(p / "meta.json", data=3), r"describe the run.*\[C058\]"),
        (lambda p: (p / "resolved.yaml").unlink(), r"resolved\.yaml.*\[R025\]"),
        (
            lambda p: change(p / "state.json", best=None, status="interrupted"),
            r"kept no weights; it is interrupted; let it finish first \[C067\]",
        ),
        (lambda p: (p / "best.safetensors").unlink(), r"\[C067\]"),
        (
            lambda p: (p / "best.safetensors").write_bytes(
                (p / "best.safetensors").read_bytes()[:-1]
            ),
            r"best\.safetensors: error: is damaged: its SHA-256 is not .*\[C058\]",
        ),
        (lambda p: change(p / "state.json", format=99), r"\[C063\]"),
    ],
)
def test_what_is_no_intact_run_is_refused(copied, spoil, complaint):
    spoil(copied)
    with pytest.raises(FrameworkError, match=complaint):
        load_run(copied, device="cpu")


def test_weights_of_another_architecture_are_refused(copied):
    resolved = copied / "resolved.yaml"
    assert "latent_dim: 6" in resolved.read_text()
    resolved.write_text(resolved.read_text().replace("latent_dim: 6", "latent_dim: 5"))
    with pytest.raises(CheckpointError, match=r"encoder.layers.5.weight has shape .*\[C061\]"):
        load_run(copied, device="cpu")


def test_parts_of_a_run_that_kept_no_weights_of_its_own_are_named(copied):
    (copied / "fold-1").mkdir()
    (copied / "best.safetensors").rename(copied / "fold-1" / "best.safetensors")
    with pytest.raises(CheckpointError, match=r"name one of its parts: fold-1 \[C067\]"):
        load_run(copied, device="cpu")


def test_remembered_plugin_that_is_gone_is_named_and_can_be_given(copied, tmp_path, loaded):
    meta = json.loads((copied / "meta.json").read_text())
    files = [str(tmp_path / "gone" / Path(file).name) for file in meta["plugin_files"]]
    change(copied / "meta.json", plugin_files=files)
    with pytest.raises(PluginError, match=r"P007"):
        load_run(copied, device="cpu")
    run = load_run(copied, device="cpu", plugins=meta["plugin_files"])
    assert np.array_equal(run.encode(IMAGES), loaded.encode(IMAGES))


def test_device_that_is_not_there_is_refused(trained):
    with pytest.raises(StorageError, match="E001"):
        load_run(trained, device="cuda:99")


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_run_of_a_gpu_answers_on_the_device_of_its_inputs(trained, loaded):
    run = load_run(trained, device="cuda")
    assert np.allclose(run.encode(IMAGES), loaded.encode(IMAGES), atol=1e-4)
    assert run.encode(torch.from_numpy(IMAGES)).device.type == "cpu"
    assert run.encode(torch.from_numpy(IMAGES).cuda()).device.type == "cuda"
    assert torch.allclose(run.generate(3), loaded.generate(3), atol=1e-4)
