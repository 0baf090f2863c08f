"""Prove that a recipe's networks can be built and trained, without memory and without data.

Networks are built on torch's meta device, where tensors have shapes but no values, and the task is
asked for its losses on a batch of such images. That takes milliseconds, whatever their size.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from framework.contracts import Batch, DataInfo, Task
from framework.errors import Fault, Infeasible, PluginError, RecipeError
from framework.recipe.building import build_task, building_order
from framework.recipe.documents import Document
from framework.recipe.plans import Components, LayerRow, PlannedComponent

_BATCH_SIZE = 2
_COPIES_IN_MEMORY = 4
"""Weights, gradients and two moments of Adam."""


@dataclass(frozen=True)
class Proof:
    """What the dry run found: the layers met, in order, and the losses that the task yields."""

    layers: tuple[LayerRow, ...]
    num_parameters: int
    loss_names: tuple[str, ...]


def prove(
    components: Components, data: DataInfo, document: Document, *, memory_bytes: int
) -> Proof:
    """Carry one batch through everything on the meta device.

    Where the meta device cannot carry an operation out, the dry run is repeated with zeros on the
    CPU before anything is called infeasible.

    Args:
        components: what the recipe names.
        data: what is known of the data set.
        document: the recipe's text, for positions.
        memory_bytes: memory that weights, gradients and optimizer states may take.

    Raises:
        RecipeError: a network cannot exist, does not take its input, or would not fit in memory.
        PluginError: a component fails in a way that it should not.
    """
    prover = _Prover(components, data, document)
    networks = prover.build(torch.device("meta"))
    num_parameters = sum(p.numel() for n in networks.values() for p in _trainable(n))
    prover.check_memory(num_parameters, memory_bytes)
    try:
        layers, loss_names = prover.dry_run(networks, torch.device("meta"))
    except _DryRunError:
        cpu = torch.device("cpu")
        try:
            layers, loss_names = prover.dry_run(prover.build(cpu), cpu)
        except _DryRunError as error:
            raise prover.refused(error) from error
    return Proof(tuple(layers), num_parameters, tuple(loss_names))


class _DryRunError(Exception):
    """A dry run failed, with the layer that was at work."""

    def __init__(self, cause: Exception, network: str, layer: str, shape: tuple[int, ...]) -> None:
        super().__init__(str(cause))
        self.cause, self.network, self.layer, self.shape = cause, network, layer, shape


@dataclass
class _Trace:
    """What the hooks of a dry run see."""

    rows: list[LayerRow] = field(default_factory=list)
    at_work: list[tuple[str, str, tuple[int, ...]]] = field(default_factory=list)


class _Prover:
    def __init__(self, components: Components, data: DataInfo, document: Document) -> None:
        self._components = components
        self._data = data
        self._document = document

    def build(self, device: torch.device) -> dict[str, nn.Module]:
        built: dict[str, nn.Module] = {}
        with device:
            for name in building_order(self._components.networks):
                planned = self._components.networks[name]
                with self._construction(planned):
                    built[name] = planned.build(data=self._data, networks=built)
        return {name: built[name] for name in self._components.networks}

    def check_memory(self, num_parameters: int, memory_bytes: int) -> None:
        needed = num_parameters * 4 * _COPIES_IN_MEMORY
        if needed > memory_bytes:
            message = (
                f"{num_parameters:,} parameters need {needed / 1e9:,.1f} GB with gradients and "
                f"optimizer state, and {memory_bytes / 1e9:,.1f} GB are there"
            )
            raise RecipeError(self._fault("R022", message, ("networks",), "make layers smaller"))

    def dry_run(
        self, networks: Mapping[str, nn.Module], device: torch.device
    ) -> tuple[list[LayerRow], list[str]]:
        with self._construction(self._components.task):
            task = build_task(self._components, self._data, networks)
        trace = _Trace()
        with device, _traced(networks, trace):
            try:
                return trace.rows, list(self._loss_names(task, device))
            except _Failure as error:
                cause = error.__cause__
                network, layer, shape = trace.at_work[-1] if trace.at_work else ("", "", ())
                raise _DryRunError(cause, network, layer, shape) from cause  # type: ignore[arg-type]

    def _loss_names(self, task: Task, device: torch.device) -> Iterator[str]:
        shape = (_BATCH_SIZE, *self._data.image_shape)
        has_labels = self._data.num_classes > 0
        labels = torch.zeros(_BATCH_SIZE, dtype=torch.int64, device=device)
        images = torch.zeros(shape, device=device)
        batch = Batch(images, labels if has_labels else None, labels.clone())
        with _failures():
            losses = list(task.losses(batch))
        for name, loss in losses:
            if loss.shape != ():
                label = self._components.task.component.label
                message = f"{label} yields a loss of shape {tuple(loss.shape)} instead of a scalar"
                raise PluginError(Fault("P011", message))
            yield name
        with _failures(), torch.no_grad():
            task.evaluate(batch)

    @contextmanager
    def _construction(self, planned: PlannedComponent) -> Iterator[None]:
        path = tuple(planned.role.split("."))
        try:
            yield
        except Infeasible as error:
            raise RecipeError(self._fault("R017", str(error), path, "")) from error
        except (ValueError, RuntimeError) as error:
            message = f"{planned.component.label} cannot be built: {error}"
            raise RecipeError(self._fault("R018", message, path, "")) from error
        except Exception as error:
            message = f"{planned.component.label} fails to build: {type(error).__name__}: {error}"
            raise PluginError(self._fault("P011", message, path, "")) from error

    def refused(self, error: _DryRunError) -> RecipeError:
        """What to say when a batch does not get through."""
        reason = str(error.cause).splitlines()[0] if str(error.cause) else repr(error.cause)
        if not error.network:
            task = self._components.task
            message = f"{task.component.label} fails on a batch: {reason}"
            return RecipeError(self._fault("R019", message, ("task",), ""))
        where = f"{error.layer}: " if error.layer else ""
        message = f"{where}does not take an input of {_times(error.shape)}: {reason}"
        return RecipeError(self._fault("R019", message, ("networks", error.network), ""))

    def _fault(self, identifier: str, message: str, path: tuple[str, ...], hint: str) -> Fault:
        place = self._document.place(path)
        return Fault(identifier, message, key=".".join(path), place=place, hint=hint)


class _Failure(Exception):  # noqa: N818  wraps an error on its way through our own frames
    """Something that a component raised during a dry run, as its cause."""


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise _Failure from error


@contextmanager
def _traced(networks: Mapping[str, nn.Module], trace: _Trace) -> Iterator[None]:
    with ExitStack() as stack:
        for name, network in networks.items():
            for layer, module in network.named_modules():
                enter = partial(_enter, trace, name, layer)
                leave = partial(_leave, trace, name, layer)
                stack.callback(module.register_forward_pre_hook(enter).remove)
                stack.callback(module.register_forward_hook(leave).remove)
        yield


def _enter(trace: _Trace, network: str, layer: str, module: nn.Module, inputs: Any) -> None:  # noqa: ARG001
    trace.at_work.append((network, layer, _shape(inputs)))


def _leave(
    trace: _Trace, network: str, layer: str, module: nn.Module, inputs: Any, output: Any
) -> None:
    trace.at_work.pop()
    is_known = any((row.network, row.layer) == (network, layer) for row in trace.rows)
    if not is_known and next(module.children(), None) is None:
        num_parameters = sum(p.numel() for p in _trainable(module))
        kind = type(module).__name__
        shapes = (_shape(inputs), _shape(output))
        trace.rows.append(LayerRow(network, layer, kind, *shapes, num_parameters))


def _shape(values: Any) -> tuple[int, ...]:
    if isinstance(values, tuple):
        values = next((v for v in values if isinstance(v, Tensor)), None)
    return tuple(values.shape[1:]) if isinstance(values, Tensor) else ()


def _trainable(module: nn.Module) -> list[nn.Parameter]:
    return [p for p in module.parameters() if p.requires_grad]


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "no size"
