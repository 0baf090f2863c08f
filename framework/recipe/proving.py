"""Prove that a recipe's networks can be built and trained, without memory and without data.

Networks are built on torch's meta device, where tensors have shapes but no values, and the task is
asked for its losses on a batch of such images. That takes milliseconds, whatever their size. Small
ones are given zeros for values first: on the CPU a batch of two is through sooner than the meta
device is done with the arithmetic of shapes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from framework.contracts import Batch, DataInfo, Task
from framework.errors import Fault, PluginError, RecipeError
from framework.finished_runs import LayerRow
from framework.recipe.building import build_task, building_order, trainable_parameters
from framework.recipe.construction import INFEASIBLE, construction
from framework.recipe.documents import Document
from framework.recipe.plans import Components
from framework.recipe.pruned_layers import prunable_kinds
from framework.recipe.tracing import Trace, times_text, traced
from framework.recipe.valueless import with_zeros, without_values

_NUM_REMEMBERED = 4
_BATCH_SIZE = 2
_COPIES_IN_MEMORY = 4
"""Weights, gradients and two moments of Adam."""
_FEW_PARAMETERS = 2_000_000
_FEW_FEATURES = 4096
"""What counts as small: values of the networks, and of an image."""

_TOO_LARGE = "R022"
_FINAL = {INFEASIBLE, _TOO_LARGE}
"""Verdicts that need no values, so that a repetition on the CPU would not change them."""


@dataclass(frozen=True)
class Proof:
    """What the dry run found: the layers met, in order, the task's losses and their terms.

    For each network it tells the kinds of layers whose weights can be pruned, too; `parts` are the
    objects that were built, by their roles.
    """

    layers: tuple[LayerRow, ...]
    num_parameters: int
    loss_names: tuple[str, ...]
    term_names: tuple[str, ...]
    prunable: Mapping[str, frozenset[str]]
    parts: Mapping[str, Any]


class Proofs:
    """Remembers the last proofs, for recipes that differ in nothing that a batch meets."""

    def __init__(self) -> None:
        self._known: dict[Any, Proof] = {}

    def find(self, components: Components, data: DataInfo) -> Proof | None:
        """The proof of the same networks, task and loss on the same data, if there is one."""
        return self._known.get(_decisive(components, data))

    def keep(self, components: Components, data: DataInfo, proof: Proof) -> None:
        """Remember a proof in the place of the oldest one."""
        if len(self._known) == _NUM_REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[_decisive(components, data)] = proof


def prove(
    components: Components,
    data: DataInfo,
    document: Document,
    *,
    memory_bytes: int,
    proofs: Proofs | None = None,
) -> Proof:
    """Build everything and carry one batch through it on the meta device.

    Where the meta device cannot carry an operation out, all is repeated with zeros on the CPU
    before anything is called infeasible.

    Args:
        components: what the recipe names.
        data: what is known of the data set.
        document: the recipe's text, for positions.
        memory_bytes: memory that weights, gradients and optimizer states may take.
        proofs: what has been proven before, where the process has such recipes in large numbers.

    Raises:
        RecipeError: a network cannot exist, does not take its input, or would not fit in memory,
            or a component refuses its values.
        PluginError: a component fails in a way that it should not.
    """
    prover = _Prover(components, data, document, memory_bytes)
    proofs = Proofs() if proofs is None else proofs
    if (known := proofs.find(components, data)) is not None:
        return prover.proof_again(known)
    try:
        proof = prover.proof(torch.device("meta"))
    except (RecipeError, PluginError) as error:
        if not _FINAL.isdisjoint(fault.identifier for fault in error.faults):
            raise
        proof = prover.proof(torch.device("cpu"))
    proofs.keep(components, data, proof)
    return proof


def _decisive(components: Components, data: DataInfo) -> tuple[str, str]:
    """All that decides what becomes of a batch."""
    networks = {name: each.plain for name, each in components.networks.items()}
    loss = None if components.loss is None else components.loss.plain
    return json.dumps([networks, components.task.plain, loss]), repr(data)


class _Prover:
    def __init__(
        self, components: Components, data: DataInfo, document: Document, memory_bytes: int
    ) -> None:
        self._components = components
        self._data = data
        self._document = document
        self._memory_bytes = memory_bytes
        self._parts: dict[str, Any] = {}

    def proof(self, device: torch.device) -> Proof:
        networks = self._networks(device)
        parameters = trainable_parameters(networks.values())
        num_parameters = sum(parameter.numel() for parameter in parameters)
        self._check_memory(num_parameters)
        self._build_others(networks, parameters)
        if num_parameters <= _FEW_PARAMETERS and self._data.num_features <= _FEW_FEATURES:
            device = with_zeros(networks.values())
        layers, names = self._dry_run(networks, device)
        prunable = {name: prunable_kinds(network) for name, network in networks.items()}
        return Proof(tuple(layers), num_parameters, *names, prunable, self._parts)

    def proof_again(self, known: Proof) -> Proof:
        """The same proof, once everything else has been built as well."""
        self._parts = dict(known.parts)
        networks = {name: known.parts[f"networks.{name}"] for name in self._components.networks}
        self._build_others(networks, trainable_parameters(networks.values()))
        return replace(known, parts=self._parts)

    def _networks(self, device: torch.device) -> dict[str, nn.Module]:
        built: dict[str, nn.Module] = {}
        with without_values(device):
            for name in building_order(self._components.networks):
                planned = self._components.networks[name]
                with construction(planned, self._document):
                    built[name] = planned.build(data=self._data, networks=built, parts=self._parts)
        return {name: built[name] for name in self._components.networks}

    def _check_memory(self, num_parameters: int) -> None:
        needed = num_parameters * 4 * _COPIES_IN_MEMORY
        if needed > self._memory_bytes:
            message = (
                f"{num_parameters:,} parameters need {needed / 1e9:,.1f} GB with gradients and "
                f"optimizer state, and {self._memory_bytes / 1e9:,.1f} GB are there"
            )
            raise self._refusal(_TOO_LARGE, message, ("networks",), hint="make layers smaller")

    def _build_others(
        self, networks: Mapping[str, nn.Module], parameters: Sequence[nn.Parameter]
    ) -> None:
        """Ask every other component whether it takes its values, before a run is begun."""
        components = self._components
        if components.loss is not None:
            with construction(components.loss, self._document):
                components.loss.build(data=self._data, networks=networks)
        groups = (
            components.optimizers,
            components.metrics,
            components.handlers,
            components.figures,
        )
        for planned in (each for group in groups for each in group.values()):
            with construction(planned, self._document):
                planned.build(parameters=parameters, data=self._data, parts=self._parts)

    def _dry_run(
        self, networks: Mapping[str, nn.Module], device: torch.device
    ) -> tuple[list[LayerRow], tuple[tuple[str, ...], tuple[str, ...]]]:
        """The layers met; the names of losses, and those of terms."""
        with construction(self._components.task, self._document):
            task = build_task(self._components, self._data, networks, device, parts=self._parts)
        trace = Trace()
        with _on(device), traced(networks, trace):
            try:
                names = self._names_of_losses(task, device)
            except _Failure as error:
                raise self._refused(error, trace) from error.__cause__
        return [*trace.rows.values()], names

    def _names_of_losses(
        self, task: Task, device: torch.device
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        shape = (_BATCH_SIZE, *self._data.image_shape)
        has_labels = self._data.num_classes > 0
        labels = torch.zeros(_BATCH_SIZE, dtype=torch.int64, device=device)
        images = torch.zeros(shape, device=device)
        batch = Batch(images, labels if has_labels else None, labels.clone())
        losses: dict[str, Tensor] = {}
        terms: dict[str, Tensor] = {}
        with _failures():
            for name, loss in task.losses(batch):
                losses[name] = loss
                terms |= task.terms()
        self._require_scalars("loss", losses)
        self._require_scalars("term", terms)
        with _failures(), torch.no_grad():
            task.evaluations(batch)
        return tuple(losses), tuple(terms)

    def _require_scalars(self, what: str, values: Mapping[str, Tensor]) -> None:
        for value in values.values():
            if value.shape:
                label = self._components.task.component.label
                shape = tuple(value.shape)
                message = f"{label} yields a {what} of shape {shape} instead of a scalar"
                raise PluginError(Fault("P011", message))

    def _refused(self, failure: "_Failure", trace: Trace) -> RecipeError:
        """What to say when a batch does not get through."""
        reason = str(failure).partition("\n")[0] or repr(failure.__cause__)
        if not trace.at_work:
            label = self._components.task.component.label
            return self._refusal("R019", f"{label} fails on a batch: {reason}", ("task",))
        network, layer, shape = trace.at_work[-1]
        where = f"{layer}: " if layer else ""
        message = f"{where}does not take an input of {times_text(shape)}: {reason}"
        return self._refusal("R019", message, ("networks", network))

    def _refusal(
        self, identifier: str, message: str, path: tuple[str, ...], *, hint: str = ""
    ) -> RecipeError:
        place = self._document.place(path)
        return RecipeError(Fault(identifier, message, ".".join(path), place, hint))


class _Failure(Exception):  # noqa: N818  wraps an error on its way through our own frames
    """Something that a component raised during a dry run, as its cause."""


@contextmanager
def _on(device: torch.device) -> Iterator[None]:
    """Where tensors are made; naming the CPU, where they are made anyway, slows every call.

    Dropout draws there, and the caller's random state is none of ours. oneDNN is off, as it makes
    a kernel for every new shape, which takes longer than a batch of two does without it.
    """
    if device.type != "cpu":
        with device:
            yield
        return
    settings: Any = torch.backends.mkldnn  # its context manager sets what warns without XPUs, too
    was_enabled = settings.enabled
    settings.enabled = False
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        settings.enabled = was_enabled


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise _Failure(str(error)) from error
