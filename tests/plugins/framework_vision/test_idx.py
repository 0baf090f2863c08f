import struct

import pytest
import torch

from framework import DataError
from framework_vision.idx import read_shape, read_values


def write(path, *shape, magic=None, payload=None):
    magic = 0x0800 + len(shape) if magic is None else magic
    count = torch.Size(shape).numel()
    payload = bytes(value % 251 for value in range(count)) if payload is None else payload
    path.write_bytes(struct.pack(f">{1 + len(shape)}I", magic, *shape) + payload)
    return path


def fault_of(path, num_axes):
    with pytest.raises(DataError) as caught:
        read_values(path, num_axes=num_axes)
    (fault,) = caught.value.faults
    assert caught.value.exit_code == 4
    assert fault.place == str(path)
    assert fault.hint
    return fault


def test_values_come_back_as_written(tmp_path):
    path = write(tmp_path / "images", 4, 3, 5)
    assert read_shape(path, num_axes=3) == (4, 3, 5)
    values = read_values(path, num_axes=3)
    assert values.dtype == torch.uint8
    assert torch.equal(values.flatten(), torch.arange(60, dtype=torch.uint8))


def test_file_that_is_not_there(tmp_path):
    assert fault_of(tmp_path / "images", 3).identifier == "D026"


def test_folder_in_place_of_a_file(tmp_path):
    fault = fault_of(tmp_path, 3)
    assert fault.identifier == "D026"
    assert "cannot be read" in fault.message


def test_every_truncation_is_seen(tmp_path):
    whole = write(tmp_path / "images", 2, 3, 3).read_bytes()
    for length in range(len(whole)):
        path = tmp_path / "cut"
        path.write_bytes(whole[:length])
        fault = fault_of(path, 3)
        assert fault.identifier == "D027"
        assert str(length) in fault.message
    assert "expected 34 bytes, found 33" in fault.message


def test_other_type_or_number_of_axes(tmp_path):
    floats = fault_of(write(tmp_path / "floats", 2, 2, 2, magic=0x0D03), 3)
    labels = fault_of(write(tmp_path / "labels", 90), 3)
    assert (floats.identifier, labels.identifier) == ("D028", "D028")
    assert "0x00000803" in floats.message
    assert "0x00000d03" in floats.message
    assert "0x00000801" in labels.message


def test_more_bytes_than_the_header_states(tmp_path):
    fault = fault_of(write(tmp_path / "images", 2, 2, 2, payload=bytes(9)), 3)
    assert fault.identifier == "D028"
    assert "24 bytes, found 25 bytes" in fault.message


def test_header_of_four_billion_items_allocates_nothing(tmp_path):
    huge = (1 << 32) - 1
    fault = fault_of(write(tmp_path / "images", huge, huge, huge, payload=b"12"), 3)
    assert fault.identifier == "D027"
    assert str(16 + huge**3) in fault.message
