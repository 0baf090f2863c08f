"""What follows from the operations of a task is there without being declared."""

import pytest
import torch

from framework.operations import Operation
from framework.runs.derived_operations import all_operations

ENCODE = {"encode": lambda images: images.flatten(1) * 2}
DECODE = {"decode": Operation(lambda codes: codes.unflatten(1, (1, 2, 2)) / 2, takes="codes")}


def halve(images):
    return images / 2


@pytest.mark.parametrize(
    ("declared", "names"),
    [
        ({}, []),
        (ENCODE, ["encode"]),
        (ENCODE | DECODE, ["encode", "decode", "interpolate"]),
        ({"denoise": halve}, ["denoise", "anomaly"]),
        (
            ENCODE | DECODE | {"reconstruct": halve},
            ["encode", "decode", "reconstruct", "interpolate", "anomaly"],
        ),
    ],
)
def test_operations_that_follow_come_after_those_declared(declared, names):
    operations = all_operations(declared)
    assert list(operations) == names
    assert all(isinstance(operation, Operation) for operation in operations.values())


def test_interpolation_goes_straight_from_one_code_to_the_other():
    ends = torch.stack([torch.zeros(1, 2, 2), torch.ones(1, 2, 2)])
    interpolate = all_operations(ENCODE | DECODE)["interpolate"]
    assert (interpolate.takes, interpolate.answers) == ("two_images", "images")
    path = interpolate(ends, 5)
    assert path.shape == (5, 1, 2, 2)
    assert path[:, 0, 0, 0].tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_anomaly_is_the_mean_squared_error_of_each_image():
    images = torch.stack([torch.zeros(1, 2, 2), torch.ones(1, 2, 2)])
    anomaly = all_operations({"reconstruct": halve, "denoise": torch.zeros_like})["anomaly"]
    assert anomaly.answers == "scores"
    assert anomaly(images).tolist() == [0, 0.25]


def test_a_task_may_declare_them_itself():
    mine = Operation(lambda images: images.flatten(1).amax(1), answers="scores")
    operations = all_operations({"reconstruct": halve, "anomaly": mine})
    assert operations["anomaly"] is mine
