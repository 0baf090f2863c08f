"""Operations become programs that answer the same, for batches of any size, without a warning."""

import pytest
import torch

from framework.exchange.programs import (
    OperationModule,
    example_batch,
    export_program,
    largest_difference,
    program_bytes,
    read_program,
)
from framework.operations import Operation


@pytest.mark.parametrize("name", ["encode", "decode", "generate", "anomaly"])
def test_program_answers_what_the_operation_does(loaded, name):
    program = read_program(program_bytes(export_program(loaded, name)))
    assert largest_difference(loaded, name, program) < 1e-6
    inputs = example_batch(loaded, name, 11)
    assert program(inputs).shape[0] == 11


def test_weights_of_any_memory_format_are_exported_whole():
    convolution = torch.nn.Conv2d(2, 2, 3).to(memory_format=torch.channels_last)
    before = convolution.weight.detach().clone()
    assert not convolution.weight.is_contiguous()
    module = OperationModule({"encoder": convolution}, Operation(convolution))
    assert torch.equal(convolution.weight, before)
    # torch.export.save warns of weights that do not lie as they are counted, and a warning fails
    program = torch.export.export(module, (torch.ones(1, 2, 5, 5),))
    assert program_bytes(program)


def test_difference_is_the_largest_over_all_answers(loaded):
    def shifted(inputs):
        answers = loaded.encode(inputs)
        answers[-1, -1] += 0.25
        return answers

    assert largest_difference(loaded, "encode", shifted) == pytest.approx(0.25, abs=1e-6)
    assert largest_difference(loaded, "encode", loaded.encode) == 0


@pytest.mark.parametrize(
    ("name", "shape"), [("encode", (3, 1, 8, 8)), ("decode", (3, 6)), ("rank", (3, 2))]
)
def test_examples_have_the_shape_that_is_taken(loaded, name, shape):
    batch = example_batch(loaded, name, 3)
    assert batch.shape == shape
    assert batch.std() > 0
    assert torch.equal(batch, example_batch(loaded, name, 3))
