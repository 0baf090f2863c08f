"""What a checkpoint file holds comes back, and nothing else is taken for one."""

from pathlib import Path

import pytest
import torch

from framework.errors import CheckpointError
from framework.runs.checkpoint_files import checkpoint_to_bytes, read_checkpoint

PATH = Path("000001.pt")
STATE = {"epoch": 2, "iteration": 9, "networks": {"encoder": {"weight": torch.ones(3)}}}


def test_state_comes_back():
    state = STATE | {"handlers": {"log": [1.5, "a", None, (torch.arange(2),)]}}
    found = read_checkpoint(checkpoint_to_bytes(state), PATH)
    assert (found["epoch"], found["iteration"]) == (2, 9)
    assert torch.equal(found["networks"]["encoder"]["weight"], torch.ones(3))
    assert found["handlers"]["log"][:3] == [1.5, "a", None]


@pytest.mark.parametrize(
    ("changes", "identifier"),
    [
        ({}, "C059"),
        ({"handlers": {"ema": [{"weight": torch.zeros(1).expand(1000)}]}}, "C060"),
        ({"handlers": {}, "networks": {"encoder": torch.zeros(1).expand(9)}}, "C060"),
    ],
    ids=["a key is missing", "a handler's tensor grows", "a network's tensor grows"],
)
def test_what_is_no_state_is_refused(changes, identifier):
    with pytest.raises(CheckpointError, match=identifier):
        read_checkpoint(checkpoint_to_bytes(STATE | changes), PATH)


def test_a_file_of_torch_that_is_no_mapping_is_refused(tmp_path):
    file = tmp_path / "list.pt"
    torch.save([1, 2], file)
    with pytest.raises(CheckpointError, match="C059"):
        read_checkpoint(file.read_bytes(), PATH)
