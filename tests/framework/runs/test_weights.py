"""Weights go to safetensors and back unchanged, all of them or none."""

import pytest
import safetensors.torch
import torch
from torch import nn

from framework.errors import CheckpointError
from framework.handlers.best_weights import copy_weights
from framework.runs.weights import load_weights, read_weights, weights_to_bytes


def make_networks(*, seed, width=3):
    torch.manual_seed(seed)
    encoder = nn.Sequential(nn.Conv2d(1, width, 2), nn.BatchNorm2d(width))
    return {"encoder": encoder, "decoder": nn.Linear(width, 2), "bare": nn.ReLU()}


def written(folder, networks):
    path = folder / "best.safetensors"
    path.write_bytes(weights_to_bytes(copy_weights(networks)))
    return path


def test_weights_come_back_to_the_bit_buffers_too(tmp_path):
    source, target = make_networks(seed=0), make_networks(seed=1)
    source["encoder"].to(memory_format=torch.channels_last)
    path = written(tmp_path, source)
    load_weights(target, read_weights(path, target), source=path)
    for name, network in source.items():
        for key, value in network.state_dict().items():
            assert torch.equal(target[name].state_dict()[key], value)
            assert target[name].state_dict()[key].dtype == value.dtype


def test_keys_are_plain():
    tensors = safetensors.torch.load(weights_to_bytes(copy_weights(make_networks(seed=0))))
    assert "encoder.0.weight" in tensors
    assert "decoder.bias" in tensors


def test_other_architecture_is_refused_and_no_weight_changed(tmp_path):
    path = written(tmp_path, make_networks(seed=0, width=4))
    target = make_networks(seed=1)
    before = copy_weights(target)
    with pytest.raises(CheckpointError) as caught:
        load_weights(target, read_weights(path, target), source=path)
    (fault,) = caught.value.faults
    assert (fault.identifier, fault.place) == ("C061", str(path))
    assert "encoder.0.weight has shape (4, 1, 2, 2), not (3, 1, 2, 2)" in fault.message
    assert fault.message.endswith("; and 2 more")
    assert fault.message.count(";") == 5
    for name, values in copy_weights(target).items():
        assert all(torch.equal(value, before[name][key]) for key, value in values.items())


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda w: w["decoder"].pop("bias"), "decoder.bias is missing"),
        (lambda w: w["decoder"].update(gain=torch.ones(1)), "decoder.gain is unknown"),
        (lambda w: w.update(judge={"bias": torch.ones(1)}), "network 'judge' is unknown here"),
        (lambda w: w.pop("decoder"), "decoder.weight is missing; decoder.bias is missing"),
    ],
)
def test_each_difference_is_named(change, complaint):
    networks = make_networks(seed=0)
    weights = copy_weights(networks)
    change(weights)
    with pytest.raises(CheckpointError) as caught:
        load_weights(networks, weights, source="checkpoint")
    assert caught.value.faults[0].message == f"holds another architecture: {complaint}"


def test_tensor_of_huge_extent_in_a_small_file_is_refused_before_a_copy():
    networks = make_networks(seed=0)
    weights = copy_weights(networks)
    weights["decoder"]["bias"] = torch.zeros(1).expand(10**12)
    with pytest.raises(CheckpointError, match=r"decoder\.bias has shape \(1000000000000,\)"):
        load_weights(networks, weights, source="checkpoint")


@pytest.mark.parametrize("data", [b"", b"no tensors", b"\xff" * 100])
def test_damaged_file_is_refused_with_its_name(tmp_path, data):
    path = tmp_path / "best.safetensors"
    path.write_bytes(data)
    with pytest.raises(CheckpointError) as caught:
        read_weights(path, make_networks(seed=0))
    assert caught.value.faults[0].identifier == "C058"
    assert caught.value.faults[0].place == str(path)


def test_missing_file_is_refused_with_its_name(tmp_path):
    with pytest.raises(CheckpointError, match="C058"):
        read_weights(tmp_path / "gone.safetensors", {})
