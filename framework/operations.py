"""What a trained task can be asked to do: what goes into it, and what comes out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

Takes = Literal["images", "codes", "noise", "two_images"]
Answers = Literal["images", "codes", "probabilities", "scores"]


@dataclass(frozen=True)
class Operation:
    """Something that a trained task does for whoever uses it.

    It is called with batches of bounded size, in eval mode and without gradients. A task may
    declare a plain function in its place, which then takes images and is judged by what it answers.

    Attributes:
        function: what does it; calling the operation calls it.
        takes: what it is called with, one answer each: a batch of `images` in the data's value
            range, of `codes` as `encode` answers them, or of standard normal `noise`; or
            `two_images` and the number of answers.
        answers: `images` in the data's value range, `codes`, `probabilities` with a column per
            class, or `scores`, a number each; None tells images, codes and scores by their shape.
        shape: shape of one code or one draw of noise; to be given where the task has no `encode`
            whose answers tell it.
    """

    function: Callable[..., Tensor]
    takes: Takes = "images"
    answers: Answers | None = None
    shape: tuple[int, ...] | None = None

    def __call__(self, *inputs: Any) -> Tensor:
        """Call the function."""
        return self.function(*inputs)
