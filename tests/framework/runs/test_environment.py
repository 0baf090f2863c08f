"""What a run is carried out on is found, recorded and compared."""

import json

import pytest
import torch

from framework.errors import StorageError
from framework.runs.environment import (
    choose_device,
    describe_environment,
    differences,
    use_threads,
)

CPU = torch.device("cpu")


def test_device_is_chosen_by_name():
    assert choose_device("cpu") == CPU


def test_best_device_is_chosen_where_none_is_named(monkeypatch):
    only_the_cpu(monkeypatch)
    assert choose_device("auto") == CPU
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto") == torch.device("cuda")
    assert choose_device("cuda:1") == torch.device("cuda:1")


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps", "meta", "tpu", "", "cpu:1", "cuda:x"])
def test_device_that_is_not_there_is_refused_with_those_that_are(monkeypatch, name):
    only_the_cpu(monkeypatch)
    with pytest.raises(StorageError) as caught:
        choose_device(name)
    (fault,) = caught.value.faults
    assert fault.identifier == "E001"
    assert fault.message == f"no device '{name}' on this machine"
    assert fault.hint == "there is ['cpu']"


def test_device_beyond_the_last_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(StorageError, match="no device 'cuda:2'"):
        choose_device("cuda:2")


def test_environment_is_plain_and_compares_equal_to_itself():
    described = describe_environment(CPU)
    assert json.loads(json.dumps(described)) == described
    assert described["num_threads"] == torch.get_num_threads()
    assert described["versions"]["torch"]
    assert differences(described, describe_environment(CPU)) == []


@pytest.mark.parametrize(
    ("key", "before", "told"),
    [
        ("torch", "1.0", "torch was 1.0 and is "),
        ("num_threads", 64, "num_threads was 64 and is 1"),
        ("device", "cuda", "device was cuda and is cpu"),
    ],
)
def test_what_decides_bits_is_compared(key, before, told):
    now = describe_environment(CPU)
    (difference,) = differences(now | {key: before}, now)
    assert difference.startswith(told)


def test_what_decides_no_bits_is_not_compared():
    now = describe_environment(CPU)
    assert differences(now | {"host": "elsewhere", "git": None, "platform": "other"}, now) == []


def only_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def test_threads_are_set_where_a_number_is_given():
    before = torch.get_num_threads()
    try:
        use_threads(2)
        assert torch.get_num_threads() == 2
        use_threads(None)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
