"""A recipe whose every name is found and every value checked, ready to be built."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framework.contracts import SINGLE_OPTIMIZER, DataInfo, Dataset
from framework.finished_runs import LayerRow
from framework.recipe.documents import Document
from framework.recipe.schema import Recipe
from framework.registry import Component, Registry
from framework.seeding import derive_seed


@dataclass(frozen=True)
class PlannedComponent:
    """A component with the values that the recipe gives it.

    Attributes:
        role: dotted place in the recipe, such as `networks.encoder`.
        component: what the registry knows of it.
        values: its parameters as Python values; a nested component is a PlannedComponent, and
            several are a tuple of them.
        plain: the same as the resolved recipe spells it, defaults filled in.
        networks: for each network that it asks for by name, the recipe's network that is meant.
        keys: what the role is made of, where a key has dots itself.
    """

    role: str
    component: Component
    values: Mapping[str, Any]
    plain: Mapping[str, Any]
    networks: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[str | int, ...] = ()

    @property
    def name(self) -> str:
        """The component's own name, without its owner."""
        return self.component.name

    @property
    def path(self) -> tuple[str | int, ...]:
        """The keys and indices that lead to it in the recipe."""
        steps = self.role.split(".")
        return self.keys or tuple(int(step) if step.isdigit() else step for step in steps)

    def with_nested(self) -> "list[PlannedComponent]":
        """It and all components nested in it, at any depth."""
        values = (v if isinstance(v, tuple) else (v,) for v in self.values.values())
        nested = [v for each in values for v in each if isinstance(v, PlannedComponent)]
        return [self, *(each for child in nested for each in child.with_nested())]

    def build(self, *, parts: dict[str, Any] | None = None, **given: Any) -> Any:
        """Build it from what its signature asks for: `data`, `networks`, `loss`, a network's name.

        Whatever of `given` the signature does not ask for is left out. It and all components nested
        in it are added to `parts` by their roles.
        """
        positional = [
            given["networks"][self.networks[name]] if name in self.networks else given[name]
            for name in self.component.parameters.positional
        ]
        parts = {} if parts is None else parts
        values = {name: _built(value, parts, given) for name, value in self.values.items()}
        parts[self.role] = self.component.factory(*positional, **values)
        return parts[self.role]


def _built(value: Any, parts: dict[str, Any], given: Mapping[str, Any]) -> Any:
    if isinstance(value, PlannedComponent):
        return value.build(parts=parts, **given)
    return (
        tuple(_built(each, parts, given) for each in value) if isinstance(value, tuple) else value
    )


@dataclass(frozen=True)
class Upstream:
    """What a network comes from.

    Attributes:
        reference: the recipe or the run as written.
        location: the same, wherever it is read: a shipped recipe's name, else an absolute path.
        network: the network's name there.
        plan: the plan of that recipe or run.
        dataset: its data set, of which nothing has been read but its `info`.
        run: its run directory, where one is named.
    """

    reference: str
    location: str
    network: str
    plan: "Plan"
    dataset: Dataset
    run: Path | None = None


@dataclass(frozen=True)
class Components:
    """Everything that a recipe names, found and checked, but not built."""

    dataset: PlannedComponent
    networks: Mapping[str, PlannedComponent]
    task: PlannedComponent
    loss: PlannedComponent | None
    optimizers: Mapping[str, PlannedComponent]
    metrics: Mapping[str, PlannedComponent]
    handlers: Mapping[str, PlannedComponent]
    figures: Mapping[str, PlannedComponent]
    schedulers: Mapping[str, PlannedComponent] = field(default_factory=dict)
    trackers: Mapping[str, PlannedComponent] = field(default_factory=dict)
    executor: PlannedComponent | None = None
    sampler: PlannedComponent | None = None
    pruner: PlannedComponent | None = None
    spaces: Mapping[str, PlannedComponent] = field(default_factory=dict)

    def all(self) -> list[PlannedComponent]:
        """All of them but the executor and the trackers, nested ones included."""
        searching = [each for each in (self.sampler, self.pruner) if each is not None]
        groups = (
            self.spaces,
            self.networks,
            self.optimizers,
            self.schedulers,
            self.metrics,
            self.handlers,
            self.figures,
        )
        single = [self.dataset, self.task, *([] if self.loss is None else [self.loss]), *searching]
        roots = single + [planned for group in groups for planned in group.values()]
        return [each for root in roots for each in root.with_nested()]


@dataclass(frozen=True)
class Plan:
    """What will be carried out.

    Attributes:
        recipe: the recipe's shape, defaults filled in.
        document: its text with positions, for messages.
        components: everything named in it.
        root_seed: the recipe's seed, stated or drawn.
        data: what is known of the data set.
        layers: the layers of all networks in the order in which the dry run met them.
        num_parameters: number of trainable values of all networks.
        loss_names: the optimizers for which the task yields a loss.
        upstreams: network → what it comes from; empty where the weights are in the run already.
        registry: the components that there are, for the plans of a search's trials.
        warnings: lines that the user should see, such as plugins that could not be loaded.
    """

    recipe: Recipe
    document: Document
    components: Components
    root_seed: int
    data: DataInfo
    layers: tuple[LayerRow, ...]
    num_parameters: int
    loss_names: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    upstreams: Mapping[str, Upstream] = field(default_factory=dict)
    registry: Registry = field(default_factory=Registry, repr=False, compare=False)

    @property
    def fold(self) -> int | None:
        """The fold of a cross-validation that this is the training of; None where it is no fold."""
        folds = self.recipe.cross_validation
        return None if folds is None else folds.fold

    @property
    def has_parts(self) -> bool:
        """Whether it is several trainings: one per trial, one per seed, or one per fold."""
        has_folds = self.recipe.cross_validation is not None and self.fold is None
        return self.recipe.search is not None or bool(self.recipe.seeds) or has_folds

    @property
    def seed(self) -> int:
        """The seed to train with: each fold of a cross-validation has its own."""
        if self.fold is None:
            return self.root_seed
        return derive_seed(self.root_seed, "fold", self.fold) % 2**31

    @property
    def resolved(self) -> dict[str, Any]:
        """The recipe with every default filled in, as plain values."""
        components = self.components
        seeds = {"seed"} if self.recipe.seeds else {"seeds"}
        elsewhere = {"optimizers", "schedulers", "trackers", *seeds}
        shape = self.recipe.model_dump(mode="json", exclude_none=True, exclude=elsewhere)
        values = shape | {
            **({} if self.recipe.seeds else {"seed": self.root_seed}),
            "dataset": components.dataset.plain,
            "networks": {n: self._resolved_network(n) for n in components.networks},
            "task": components.task.plain,
            "metrics": [each.plain for each in components.metrics.values()],
            "handlers": [each.plain for each in components.handlers.values()],
            "figures": [each.plain for each in components.figures.values()],
        }
        if components.loss is not None:
            values["loss"] = components.loss.plain
        if self.recipe.search is not None:
            values["search"] = self._resolved_search(values["search"])
        if components.trackers:
            values["trackers"] = [each.plain for each in components.trackers.values()]
        if components.executor is not None and self.recipe.executor is not None:
            values["executor"] = components.executor.plain
        for kind, planned in (
            ("optimizer", components.optimizers),
            ("scheduler", components.schedulers),
        ):
            plain = {name: each.plain for name, each in planned.items()}
            if SINGLE_OPTIMIZER in plain:
                values[kind] = plain[SINGLE_OPTIMIZER]
            elif plain:
                values[f"{kind}s"] = plain
        return values

    def _resolved_search(self, written: dict[str, Any]) -> dict[str, Any]:
        components = self.components
        planned = {"sampler": components.sampler, "pruner": components.pruner}
        plain = {name: each.plain for name, each in planned.items() if each is not None}
        spaces = {key: each.plain for key, each in components.spaces.items()}
        return written | plain | {"space": written["space"] | spaces}

    def _resolved_network(self, name: str) -> dict[str, Any]:
        plain, origin = (
            dict(self.components.networks[name].plain),
            self.recipe.networks[name].origin,
        )
        if origin is None:
            return plain
        written = origin.model_dump(mode="json", by_alias=True, exclude_none=True)
        if name in self.upstreams:
            written["from"] = self.upstreams[name].location
        return written | plain
