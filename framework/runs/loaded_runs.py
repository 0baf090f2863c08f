"""A trained run in use: its operations, for arrays and tensors."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Shaped
from torch import Tensor, nn

from framework.contracts import DataInfo, Task
from framework.errors import DataError, Fault, PluginError, nearest_hint
from framework.operations import Answers, Operation
from framework.recipe.building import build_task
from framework.recipe.plans import Plan
from framework.runs.derived_operations import all_operations
from framework.runs.failures import failures_explained
from framework.runs.inputs import Values, as_codes, as_images
from framework.runs.records import RunRecord
from framework.seeding import derive_seed, make_generator, seed_generators

_DRAWS_AT_A_TIME = 100
"""Noise is always drawn in such portions, so that the first draws do not depend on their number."""


class LoadedRun:
    """A run with the weights that it kept, in eval mode and without gradients.

    Every operation is a method: `run.encode(images)`, `run.decode(codes)`, `run.generate(16)`; see
    `apply` for what they take.

    Args:
        plan: what was trained.
        record: what the run directory says.
        networks: the networks with their weights, on `device`.
        device: where to compute.

    Attributes:
        plan: the resolved recipe with its components.
        record: what the run directory says: status, epoch kept, metrics on the test split.
        networks: the networks by name.
        device: where it computes.
        task: the task around the networks.
        operations: what the run can do, by name.
    """

    def __init__(
        self,
        plan: Plan,
        record: RunRecord,
        networks: Mapping[str, nn.Module],
        device: torch.device,
    ) -> None:
        self.plan = plan
        self.record = record
        self.networks = networks
        self.device = device
        with failures_explained(plan):
            self.task: Task = build_task(plan.components, plan.data, networks, device)
            self.operations: Mapping[str, Operation] = all_operations(self.task.operations())

    @property
    def data(self) -> DataInfo:
        """What is known of the data that the run was trained on."""
        return self.plan.data

    @property
    def _label(self) -> str:
        return self.plan.components.task.component.label

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or name == "operations":  # not there yet, as while it is copied
            raise AttributeError(name)
        self._operation(name)
        return partial(self.apply, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.operations]

    def apply(self, name: str, inputs: Values | int, *, num_images: int = 10, seed: int = 0) -> Any:
        """Carry an operation out, in batches.

        Args:
            name: the operation.
            inputs: images as (batch, channels, height, width), `uint8` or floating point in the
                data's value range; codes as `encode` answers them; two images to go between; noise,
                or the number of images to generate from it, of which the first do not depend on
                how many there are.
            num_images: number of images of an interpolation, both ends included.
            seed: seed of the noise that is drawn.

        Returns:
            A NumPy array where `inputs` is one, else a tensor, on the device of `inputs`.

        Raises:
            AttributeError: the run has no such operation.
            DataError: shape, type or values of the inputs are not what the operation takes.
            PluginError: a plugin's code fails, or does not answer each input.
        """
        operation = self._operation(name)
        with failures_explained(self.plan), torch.no_grad(), own_randomness(self.device):
            given = self.prepared(name, inputs, seed=seed)
            seed_generators(derive_seed(seed, "apply"), self.device)
            if operation.takes == "two_images":
                if len(given) != 2:  # noqa: PLR2004  as its name says
                    message = f"'{name}' goes from one image to another, found {len(given)}"
                    raise DataError(Fault("D084", message, place="images"))
                answers = self._answers(name, given, num_images, expected=num_images)
            else:
                parts = given.split(self.plan.recipe.training.evaluation_batch_size)
                answers = torch.cat([self._answers(name, p, expected=len(p)) for p in parts])
        if isinstance(inputs, np.ndarray):
            return answers.cpu().numpy()
        return answers.to(inputs.device if isinstance(inputs, Tensor) else "cpu")

    def prepared(
        self, name: str, inputs: Values | int, *, seed: int = 0, place: str = ""
    ) -> Shaped[Tensor, "batch *axes"]:
        """Check what an operation shall be applied to, and make it what its function takes.

        Args:
            name: the operation.
            inputs: as for `apply`.
            seed: seed of the noise that is drawn.
            place: what messages call the inputs, such as their file.

        Raises:
            DataError: shape, type or values are not what the operation takes.
        """
        takes = self._operation(name).takes
        if isinstance(inputs, int):
            return self._noise(name, inputs, seed)
        if takes in {"codes", "noise"}:
            return as_codes(inputs, self.example(name), place=place or takes).to(self.device)
        return as_images(inputs, self.data, place=place or "images").to(self.device)

    def example(self, name: str) -> Shaped[Tensor, "*axes"]:
        """One input of an operation on the CPU: a black image, or zeros.

        Raises:
            PluginError: the operation takes codes or noise, and nothing tells their shape.
        """
        operation = self._operation(name)
        if operation.takes in {"images", "two_images"}:
            return torch.full(self.data.image_shape, self.data.value_range[0])
        if operation.shape is not None:
            return torch.zeros(operation.shape)
        if "encode" not in self.operations:
            message = f"operation '{name}' of {self._label} does not say what shape it takes"
            raise PluginError(Fault("P011", message))
        return self.apply("encode", self.example("encode").unsqueeze(0))[0].zero_()

    def answers(self, name: str) -> Answers:
        """What an operation answers: what it says, or else what its answer looks like.

        Raises:
            PluginError: as for `example`, or a plugin's code fails.
        """
        operation = self._operation(name)
        if operation.answers is not None:
            return operation.answers
        answer = self.apply(name, torch.stack([self.example(name)] * 2), num_images=2)
        if answer.shape[1:] == self.data.image_shape:
            return "images"
        return "codes" if answer.ndim > 1 else "scores"

    def _operation(self, name: str) -> Operation:
        if name not in self.operations:
            hint = nearest_hint(name, self.operations) or f"there are: {', '.join(self.operations)}"
            raise AttributeError(f"this run has no operation '{name}'; {hint}")
        return self.operations[name]

    def _noise(self, name: str, num_draws: int, seed: int) -> Tensor:
        if self.operations[name].takes != "noise" or num_draws < 1:
            takes = self.operations[name].takes.replace("_", " ")
            wanted = "a number of at least 1" if takes == "noise" else takes
            message = f"expected {wanted}, found the number {num_draws}"
            raise DataError(Fault("D085", message, place=name))
        shape = (_DRAWS_AT_A_TIME, *self.example(name).shape)
        portions = range(-(-num_draws // _DRAWS_AT_A_TIME))
        drawn = [torch.randn(shape, generator=make_generator(seed, "noise", i)) for i in portions]
        return torch.cat(drawn)[:num_draws].to(self.device)

    def _answers(self, name: str, *inputs: Any, expected: int) -> Tensor:
        answers = self.operations[name](*inputs)
        is_tensor = isinstance(answers, Tensor)
        if is_tensor and answers.shape[:1] == (expected,):
            return answers
        found = f"a tensor of {tuple(answers.shape)}" if is_tensor else type(answers).__name__
        message = f"operation '{name}' of {self._label} answers {found}, asked for {expected}"
        raise PluginError(Fault("P011", message))


@contextmanager
def own_randomness(device: torch.device) -> Iterator[None]:
    """Leave the caller's random state as it is."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        yield
