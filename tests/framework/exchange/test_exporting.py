"""An export is complete or not there at all, tells nothing private, and loads as the run it is."""

import json
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch

import framework
from framework.errors import PluginError, StorageError
from framework.exchange.exporting import export_run, exportable, require_possible
from framework.runs.loading import load_run

SUPPORT = Path(__file__).parents[2] / "support"
PLUGINS = [SUPPORT / "tiny_images.py", SUPPORT / "tiny_operations.py"]
IMAGES = np.random.default_rng(0).random((2, 1, 8, 8), dtype=np.float32)


@pytest.fixture(scope="module")
def exported(loaded, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "given"
    return export_run(loaded, folder, formats=["safetensors", "torch"], operations=["encode"])


def test_door_leads_here():
    assert framework.export_run is export_run


def test_export_holds_what_was_asked_for(exported):
    names = [file.name for file in exported.files]
    expected = "README.md best.safetensors encode.pt2 meta.json resolved.yaml state.json"
    assert names == expected.split()
    (program,) = exported.programs
    assert (program.operation, program.format, program.file) == ("encode", "torch", "encode.pt2")
    assert 0 <= program.difference < 1e-6
    assert json.loads(json.dumps(exported.as_json()))["programs"][0]["operation"] == "encode"


def test_weights_are_those_of_the_run_under_plain_keys(exported, loaded):
    tensors = safetensors.torch.load_file(exported.folder / "best.safetensors")
    for name, network in loaded.networks.items():
        for key, value in network.state_dict().items():
            assert tensors.pop(f"{name}.{key}").equal(value)
    assert tensors == {}


def test_export_loads_as_the_run_it_is(exported, loaded):
    run = load_run(exported.folder, device="cpu", plugins=PLUGINS)
    assert np.array_equal(run.encode(IMAGES), loaded.encode(IMAGES))
    assert (run.record.test, run.record.best) == (loaded.record.test, loaded.record.best)
    with pytest.raises(framework.FrameworkError, match="versatile"):
        load_run(exported.folder, device="cpu")


def test_export_tells_nothing_private(exported, trained):
    meta = json.loads((trained / "meta.json").read_text())
    text = "".join(
        path.read_text() for path in exported.files if path.suffix not in {".pt2", ".safetensors"}
    )
    assert meta["host"] not in text
    assert str(Path(__file__).parents[3]) not in text
    assert str(trained) not in text


def test_code_of_the_card_runs(exported, tmp_path, monkeypatch, capsys):
    card = (exported.folder / "README.md").read_text()
    first, second = re.findall(r"^```python\n(.*?)^```$", card, re.MULTILINE | re.DOTALL)
    assert 'load_run(…, plugins=["tiny_images.py"])' in card
    files = ", ".join(f'"{plugin}"' for plugin in PLUGINS)
    code = first.replace('load_run(".")', f'load_run(".", plugins=[{files}])')
    assert code != first
    script = tmp_path / "card.py"
    script.write_text(f"{code}\n{second}")
    monkeypatch.chdir(exported.folder)
    names = runpy.run_path(str(script))
    assert capsys.readouterr().out.startswith("['encode', 'decode'")
    assert "encoder.layers.1.weight" in names["weights"]


def test_operations_that_take_one_tensor_can_be_exported(loaded):
    assert "interpolate" not in exportable(loaded)
    assert {"encode", "decode", "generate", "anomaly"} <= set(exportable(loaded))


def test_what_is_in_the_way_is_never_replaced(tmp_path, loaded):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    (tmp_path / "file").touch()
    for name in ("full", "file"):
        with pytest.raises(StorageError, match=r"something is there already.*\[S053\]"):
            export_run(loaded, tmp_path / name)
    (tmp_path / "empty").mkdir()
    export_run(loaded, tmp_path / "empty")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "full"]


def test_operation_that_cannot_be_followed_is_named_and_leaves_nothing(tmp_path, loaded):
    folder = tmp_path / "export"
    with pytest.raises(PluginError) as caught:
        export_run(loaded, folder, formats=["torch"], operations=["look_at_values", "encode"])
    (fault,) = caught.value.faults
    assert (fault.identifier, fault.key) == ("P014", "look_at_values")
    assert "cannot be exported to torch (" in fault.message
    assert list(tmp_path.iterdir()) == []


def test_missing_packages_are_named_with_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(
        StorageError, match=r"missing: .*onnxscript.*ignite-framework\[onnx\].*E002"
    ):
        require_possible(tmp_path / "export", ["onnx"])
    require_possible(tmp_path / "export", ["torch"])
