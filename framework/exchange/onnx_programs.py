"""Operations as ONNX models, for onnxruntime and others; needs the packages of the extra `onnx`."""

from collections.abc import Callable

import onnxruntime
import torch
from torch import Tensor
from torch.export import Dim

from framework.exchange.programs import OperationModule, example_batch
from framework.runs.loaded_runs import LoadedRun


def onnx_bytes(run: LoadedRun, name: str) -> bytes:
    """An operation as an ONNX model, for batches of any size.

    Args:
        run: a run on the CPU.
        name: the operation.

    Raises:
        Exception: torch cannot follow the operation, or ONNX has no word for it.
    """
    program = torch.onnx.export(
        OperationModule(run.networks, run.operations[name]),
        (example_batch(run, name),),
        dynamo=True,
        dynamic_shapes=({0: Dim("batch")},),
        input_names=[run.operations[name].takes],
        output_names=["answers"],
        verbose=False,
    )
    if program is None:
        raise RuntimeError("torch.onnx.export answered nothing")
    return program.model_proto.SerializeToString()


def read_onnx(data: bytes) -> Callable[[Tensor], Tensor]:
    """An ONNX model as onnxruntime carries it out."""
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()

    def answers(inputs: Tensor) -> Tensor:
        (found,) = session.run(None, {given.name: inputs.numpy()})
        return torch.from_numpy(found)

    return answers
