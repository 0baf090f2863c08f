"""What a checkpoint file holds comes back, and nothing else is taken for one."""

import io
from collections import Counter, OrderedDict, defaultdict
from fractions import Fraction
from pathlib import Path

import pytest
import torch

from framework.errors import CheckpointError, PluginError
from framework.events import FitEvents
from framework.runs.checkpoint_files import checkpoint_to_bytes, read_checkpoint

PATH = Path("000001.pt")
STATE = {"epoch": 2, "iteration": 9, "networks": {"encoder": {"weight": torch.ones(3)}}}
GROWING = torch.zeros(1).expand(1000)


def written(state):
    """A file of somebody who does not ask whether it can be read."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def test_state_comes_back():
    state = STATE | {"handlers": {"log": [1.5, "a", None, (torch.arange(2),)]}}
    found = read_checkpoint(checkpoint_to_bytes(state), PATH)
    assert (found["epoch"], found["iteration"]) == (2, 9)
    assert torch.equal(found["networks"]["encoder"]["weight"], torch.ones(3))
    assert found["handlers"]["log"][:3] == [1.5, "a", None]


@pytest.mark.parametrize(
    "value",
    [
        10**30,
        1j,
        b"a",
        bytearray(b"a"),
        {(1, None): {2}},
        torch.Size([1]),
        torch.float32,
        torch.device("cpu"),
        OrderedDict(a=1),
        Counter([1]),
        torch.nn.Parameter(torch.ones(1)),
        torch.ones(2, 3).T,
    ],
    ids=repr,
)
def test_whatever_is_saved_can_be_read(value):
    state = STATE | {"handlers": {"recipe/mine": {"kept": value}}}
    found = read_checkpoint(checkpoint_to_bytes(state), PATH)["handlers"]["recipe/mine"]["kept"]
    assert (type(found), repr(found)) == (type(value), repr(value))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (len, "is of type builtin_function_or_method"),
        (FitEvents.SAVING, "is of type FitEvents"),
        (Fraction(1, 2), "is of type Fraction"),
        (defaultdict(list), "is of type defaultdict"),
        ({frozenset(): 1}, "is of type frozenset"),
        (torch.eye(2).to_sparse(), "is a torch.sparse_coo tensor on cpu"),
        (torch.zeros(2, device="meta"), "is a torch.strided tensor on meta"),
        (GROWING, "says that it is 4,000 bytes large, and 4 are there"),
    ],
    ids=repr,
)
def test_what_could_not_be_read_again_is_not_saved(value, message):
    with pytest.raises(PluginError) as caught:
        checkpoint_to_bytes(STATE | {"handlers": {"recipe/mine": {"kept": [value]}}})
    (fault,) = caught.value.faults
    assert (fault.identifier, fault.message) == ("P015", f"cannot be saved: {message}")
    assert fault.key.startswith("handlers.recipe/mine.kept.0")


@pytest.mark.filterwarnings("ignore:.*parse")  # of torch, as it reads one
@pytest.mark.parametrize(
    ("changes", "identifier"),
    [
        ({}, "C059"),
        ({"handlers": {"ema": [{"weight": GROWING}]}}, "C060"),
        ({"handlers": {}, "networks": {"encoder": GROWING}}, "C060"),
        ({"handlers": {"a": torch.eye(2).to_sparse()}}, "C060"),
        ({"handlers": {"a": torch.zeros(2, device="meta")}}, "C060"),
    ],
    ids=[
        "a key is missing",
        "a handler's tensor grows",
        "a network's tensor grows",
        "sparse",
        "meta",
    ],
)
def test_what_is_no_state_is_refused(changes, identifier):
    with pytest.raises(CheckpointError, match=identifier):
        read_checkpoint(written(STATE | changes), PATH)


def test_lists_that_name_each_other_are_looked_at_once():
    nested: list = []
    nested.append(nested)
    for _ in range(200):  # 2 ** 200 ways through them
        nested = [nested, nested]
    state = STATE | {"handlers": {"a": nested}}
    assert read_checkpoint(checkpoint_to_bytes(state), PATH)["epoch"] == 2


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (written(STATE | {"handlers": FitEvents.SAVING}), "it names framework.events.FitEvents, "),
        (b"", r"it cannot be read \(EOFError\)"),
    ],
)
def test_refusal_names_the_cause_and_does_not_advise_to_trust(data, cause):
    with pytest.raises(CheckpointError, match=cause) as caught:
        read_checkpoint(data, PATH)
    assert "weights_only" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_of_torch_that_is_no_mapping_is_refused():
    with pytest.raises(CheckpointError, match="C059"):
        read_checkpoint(written([1, 2]), PATH)
