"""Runs in TensorBoard."""

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any

import numpy as np
from jaxtyping import UInt8
from pydantic import Field

from framework import TrackedRun, Tracker


class TensorBoard(Tracker):
    """Shows runs in TensorBoard, which reads the folder `tensorboard` of each run directory.

    Args:
        every_num_iterations: iterations between two rows within an epoch; null writes rows of
            epochs alone.
        images_every_num_epochs: epochs between two rounds of pictures; null writes those of the end
            alone.
        gradient_norm: whether rows within an epoch hold the length of the gradient.
    """

    def __init__(
        self,
        *,
        every_num_iterations: Annotated[int, Field(ge=1)] | None = 10,
        images_every_num_epochs: Annotated[int, Field(ge=1)] | None = 1,
        gradient_norm: bool = True,
    ) -> None:
        self.every_num_iterations = every_num_iterations
        self.images_every_num_epochs = images_every_num_epochs
        self.wants_gradient_norm = gradient_norm
        self._writer: Any = None

    def start(self, run: TrackedRun) -> str:
        """Begin, or go on; what was written after the iteration gone on from is hidden.

        Raises:
            RuntimeError: the extra `tensorboard` is not installed.
        """
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            message = "it is not installed: pip install 'ignite-framework[tensorboard]'"
            raise RuntimeError(message) from None
        folder = run.directory / "tensorboard"
        self._writer = SummaryWriter(
            folder, purge_step=run.iteration + 1 if run.iteration else None
        )
        if not run.iteration:
            text = json.dumps(dict(run.config), indent=2)
            self._writer.add_text("recipe", f"```json\n{text}\n```")
        depth = len(PurePosixPath(run.name).parts)
        return f"tensorboard --logdir {folder.parents[depth - 1]}"  # of the whole run

    def log(self, values: Mapping[str, float], *, iteration: int, epoch: int) -> None:
        """Write a row, whose step is the iteration."""
        for name, value in {**values, "epoch": epoch}.items():
            self._writer.add_scalar(name, value, iteration)

    def image(
        self,
        name: str,
        image: UInt8[np.ndarray, "height width 3"],
        *,
        iteration: int,
        epoch: int,  # noqa: ARG002  it has one axis
    ) -> None:
        """Write a picture."""
        self._writer.add_image(name, image, iteration, dataformats="HWC")

    def finish(self, summary: Mapping[str, Any], *, status: str) -> None:
        """Write what came of the run, and end."""
        rows = "\n".join(f"| {name} | {value} |" for name, value in summary.items())
        self._writer.add_text("summary", f"| | {status} |\n| --- | --- |\n{rows}")
        self._writer.close()
