"""An operation is called as its function is."""

import torch

from framework.operations import Operation


def test_operation_calls_its_function():
    double = Operation(lambda values: values * 2)
    assert torch.equal(double(torch.ones(3)), torch.full((3,), 2.0))
    between = Operation(lambda ends, num: ends[:1].expand(num), takes="two_images")
    assert between(torch.ones(2), 5).shape == (5,)


def test_operation_takes_images_and_is_judged_by_what_it_answers_unless_it_says_otherwise():
    operation = Operation(torch.abs)
    assert (operation.takes, operation.answers, operation.shape) == ("images", None, None)
