"""Operations as programs that run without the framework, and how far they are from the original."""

import io
from collections.abc import Callable, Mapping
from typing import Any

import torch
from jaxtyping import Shaped
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from framework.runs.loaded_runs import LoadedRun

EXPORTABLE = ("images", "codes", "noise")
"""What an operation must take to be a program: one tensor, with an answer for each row."""

_BATCH_SIZES = (1, 5)
"""Sizes that a program is tried with; neither is the one that it was exported with."""

_EXPORTED_BATCH_SIZE = 2


class OperationModule(nn.Module):
    """An operation as a module in eval mode, whose parameters are those of the networks.

    Their weights are made to lie in memory as they are counted, for `torch.export` cannot save one
    whole that is in another memory format.

    Args:
        networks: the networks that the operation uses.
        operation: what it does.
    """

    def __init__(
        self, networks: Mapping[str, nn.Module], operation: Callable[[Tensor], Tensor]
    ) -> None:
        super().__init__()
        self.networks = nn.ModuleDict(networks)
        self._operation = (operation,)  # not registered: it may be one of the networks
        self.eval()
        for tensor in (*self.parameters(), *self.buffers()):
            tensor.data = tensor.data.clone(memory_format=torch.contiguous_format)

    def forward(self, inputs: Tensor) -> Tensor:
        """Carry the operation out."""
        return self._operation[0](inputs)


def export_program(run: LoadedRun, name: str) -> ExportedProgram:
    """Export an operation for batches of any size.

    Args:
        run: a run on the CPU.
        name: the operation.

    Raises:
        Exception: torch cannot follow the operation.
    """
    module = OperationModule(run.networks, run.operations[name])
    batch = {0: Dim("batch")}
    return torch.export.export(module, (example_batch(run, name),), dynamic_shapes=(batch,))


def example_batch(
    run: LoadedRun, name: str, num: int = _EXPORTED_BATCH_SIZE
) -> Shaped[Tensor, "batch *axes"]:
    """Random inputs of an operation, always the same."""
    generator = torch.Generator().manual_seed(num)
    takes = run.operations[name].takes
    if takes == "noise":
        return run.prepared(name, num)
    images = torch.rand((num, *run.data.image_shape), generator=generator)
    low, high = run.data.value_range
    images = images * (high - low) + low
    if takes == "images":
        return images
    if "encode" in run.operations:
        return run.apply("encode", images)
    return torch.randn((num, *run.example(name).shape), generator=generator)


def program_bytes(program: ExportedProgram) -> bytes:
    """A program as `torch.export.load` reads it."""
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    return buffer.getvalue()


def largest_difference(run: LoadedRun, name: str, program: Callable[[Tensor], Any]) -> float:
    """The largest absolute difference between an operation's answers and a program's.

    Args:
        run: a run on the CPU.
        name: the operation.
        program: answers a batch, as a tensor.
    """
    differences = []
    with torch.no_grad():
        for num in _BATCH_SIZES:
            inputs = example_batch(run, name, num)
            expected = run.apply(name, inputs)
            differences.append((program(inputs) - expected).abs().max().item())
    return max(differences)


def read_program(data: bytes) -> Callable[[Tensor], Any]:
    """A program as others will read it."""
    return torch.export.load(io.BytesIO(data)).module()
