"""Find every component that a recipe names and check every value that it gives them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from framework.contracts import SINGLE_OPTIMIZER
from framework.errors import Fault, PluginError, RecipeError, nearest_hint
from framework.parameters import InvalidParameters
from framework.recipe.component_specs import ComponentSpec
from framework.recipe.documents import Document, dotted
from framework.recipe.plans import Components, PlannedComponent, Upstream
from framework.recipe.schema import Recipe
from framework.recipe.search_block import Search
from framework.registry import AmbiguousComponent, Component, Registry, UnknownComponent
from framework.wording import value_text

Path = tuple[str | int, ...]

_GIVEN = {
    "dataset": (),
    "network": ("data",),
    "loss": ("data",),
    "task": ("data", "networks", "loss"),
    "optimizer": ("parameters",),
    "scheduler": ("optimizer", "horizon"),
    "metric": ("data",),
    "corruption": ("data",),
    "adversarial_objective": ("data",),
    "handler": ("data",),
    "figure": ("data",),
    "tracker": (),
    "executor": (),
    "sampler": ("seed", "study_seed", "dimensions"),
    "pruner": (),
    "search_space": ("data",),
}
"""Kind → what the framework passes to its factories, networks by name apart."""

_TAKES_NETWORKS = {"network", "task"}
"""Kinds whose factories are passed networks by name."""


def resolve(
    recipe: Recipe,
    document: Document,
    registry: Registry,
    upstreams: Mapping[str, Upstream] | None = None,
) -> Components:
    """Find and check all components of a recipe.

    A network that comes from elsewhere is the one that it is there; what the recipe writes beside
    `from` takes the place of what was set there.

    Raises:
        RecipeError: names every unknown component and every bad value, with its position.
        PluginError: a component's plugin cannot be used.
    """
    resolver = _Resolver(document, registry, tuple(recipe.networks))
    planned = {
        "dataset": resolver.one("dataset", recipe.dataset, ("dataset",)),
        "networks": resolver.named(
            "network", _with_origins(recipe, upstreams or {}), ("networks",)
        ),
        "task": resolver.one("task", recipe.task, ("task",)),
        "loss": None if recipe.loss is None else resolver.one("loss", recipe.loss, ("loss",)),
        "optimizers": resolver.named("optimizer", recipe.optimizers or {}, ("optimizers",))
        | resolver.only("optimizer", recipe.optimizer),
        "schedulers": resolver.named("scheduler", recipe.schedulers, ("schedulers",))
        | resolver.only("scheduler", recipe.scheduler),
        "metrics": resolver.listed("metric", recipe.metrics, ("metrics",)),
        "handlers": resolver.listed("handler", recipe.handlers, ("handlers",)),
        "figures": resolver.listed("figure", recipe.figures, ("figures",)),
        "trackers": resolver.listed("tracker", recipe.trackers, ("trackers",)),
        "executor": None
        if recipe.executor is None
        else resolver.one("executor", recipe.executor, ("executor",)),
        **resolver.of_search(recipe.search),
    }
    resolver.check_loss_is_there(planned["task"], recipe)
    resolver.raise_faults()
    return Components(**planned)


def networks_asked_for(component: Component) -> list[str]:
    """Names of the networks that a component is passed, which a recipe may redirect."""
    given = _GIVEN[component.kind]
    return [name for name in component.parameters.positional if name not in given]


def _with_origins(recipe: Recipe, upstreams: Mapping[str, Upstream]) -> Mapping[str, ComponentSpec]:
    specs: dict[str, ComponentSpec] = dict(recipe.networks)
    for name, upstream in upstreams.items():
        known = dict(upstream.plan.components.networks[upstream.network].plain)
        kind = recipe.networks[name].type or known["type"]
        del known["type"]
        parameters = known | recipe.networks[name].parameters
        specs[name] = ComponentSpec(type=kind, parameters=parameters)
    return specs


class _Resolver:
    """Gathers faults while it looks components up."""

    def __init__(self, document: Document, registry: Registry, networks: Sequence[str]) -> None:
        self._document = document
        self._registry = registry
        self._networks = networks
        self._faults: list[Fault] = []
        self._lacking: list[Fault] = []

    def one(self, kind: str, spec: ComponentSpec, path: Path) -> Any:
        """Resolve one component; None after a fault, which `raise_faults` reports."""
        component = self._find(kind, spec.type, path)
        if component is None:
            return None
        parameters = component.parameters
        networks = self._networks_of(component, spec, path)
        own = {k: v for k, v in spec.parameters.items() if k not in networks}
        try:
            validated = parameters.validate(own)
        except InvalidParameters as error:
            self._faults += self._document.faults(error.problems, path)
            return None
        values, plain = dict(validated.values), dict(validated.plain)
        for name, nested_kind in parameters.nested.items():
            if values[name] is not None:
                resolve_nested = self._several if name in parameters.lists else self._nested
                values[name] = resolve_nested(nested_kind, values[name], (*path, name))
                plain[name] = _plain(values[name])
        redirects = {k: v for k, v in networks.items() if k != v}
        plain = {"type": spec.type} | redirects | plain
        return PlannedComponent(dotted(path), component, values, plain, networks, path)

    def named(self, kind: str, specs: Mapping[str, ComponentSpec], path: Path) -> dict[str, Any]:
        """Resolve a mapping of components."""
        return {name: self.one(kind, spec, (*path, name)) for name, spec in specs.items()}

    def only(self, kind: str, spec: ComponentSpec | None) -> dict[str, Any]:
        """Resolve the optimizer of a recipe that has one, or what goes with it."""
        return {} if spec is None else {SINGLE_OPTIMIZER: self.one(kind, spec, (kind,))}

    def listed(self, kind: str, specs: Iterable[ComponentSpec], path: Path) -> dict[str, Any]:
        """Resolve a list of components, each under its own name; a second `ssim` is `ssim-2`."""
        planned: dict[str, Any] = {}
        for index, spec in enumerate(specs):
            name = stem = spec.type.rpartition(":")[2]
            number = 1
            while name in planned:
                number += 1
                name = f"{stem}-{number}"
            planned[name] = self.one(kind, spec, (*path, index))
        return planned

    def of_search(self, search: Search | None) -> dict[str, Any]:
        """Resolve what a search draws with, under the names that `Components` has for it."""
        if search is None:
            return {}
        path, spaces = ("search", "space"), search.space
        found: dict[str, Any] = {
            "sampler": self.one("sampler", search.sampler, ("search", "sampler")),
            "spaces": {
                key: self.one("search_space", entry, (*path, key))
                for key, entry in spaces.items()
                if isinstance(entry, ComponentSpec)
            },
        }
        if search.pruner is not None:
            found["pruner"] = self.one("pruner", search.pruner, ("search", "pruner"))
        return found

    def check_loss_is_there(self, task: PlannedComponent | None, recipe: Recipe) -> None:
        """A task that asks for a loss needs one in the recipe."""
        if task is None or recipe.loss is not None:
            return
        if "loss" in task.component.parameters.positional:
            losses = ", ".join(repr(c.name) for c in self._registry.components("loss"))
            message = f"task '{task.name}' needs a loss, and the recipe names none"
            self._add("R010", message, ("loss",), hint=f"there are {losses}")

    def raise_faults(self) -> None:
        """Report everything found."""
        if self._lacking:
            raise PluginError(self._lacking + self._faults)
        if self._faults:
            raise RecipeError(self._faults)

    def _find(self, kind: str, name: str, path: Path) -> Component | None:
        try:
            return self._registry.find(kind, name)
        except AmbiguousComponent as error:
            self._add("P003", error.message, (*path, "type"), hint=error.hint)
        except UnknownComponent as error:
            fault = self._fault("R005", error.message, (*path, "type"), error.hint)
            broken = "; ".join(f"'{p.name}': {p.reason}" for p in self._registry.broken)
            if broken and not nearest_hint(name, [c.name for c in self._registry.components(kind)]):
                hint = f"it may belong to a plugin that could not be loaded ({broken})"
                message, key, place = fault.message, fault.key, fault.place
                self._lacking.append(Fault("P010", message, key=key, place=place, hint=hint))
            else:
                self._faults.append(fault)
        return None

    def _networks_of(self, component: Component, spec: ComponentSpec, path: Path) -> dict[str, str]:
        wanted = networks_asked_for(component)
        if wanted and component.kind not in _TAKES_NETWORKS:
            message = (
                f"{component.label} asks for {_quoted(wanted)}, which no {component.kind} is given"
            )
            hint = f"it may ask for {_quoted(_GIVEN[component.kind])}"
            self._lacking.append(self._fault("P004", message, path, hint))
            return {}
        chosen: dict[str, str] = {}
        for name in wanted:
            network = spec.parameters.get(name, name)
            chosen[name] = str(network)
            if network in self._networks and network != path[-1]:
                continue
            others = [n for n in self._networks if n != path[-1]]
            message = f"{component.kind} '{component.name}' needs a network called {network!r}"
            hint = f"write `{name}:` with one of {others}" if others else "add it to `networks:`"
            self._add("R011", message, (*path, name), hint=hint)
        return chosen

    def _nested(self, kind: str, value: Any, path: Path) -> PlannedComponent | None:
        if isinstance(value, str):
            return self.one(kind, ComponentSpec(type=value, parameters={}), path)
        if isinstance(value, Mapping) and isinstance(value.get("type"), str):
            own = {k: v for k, v in value.items() if k != "type"}
            return self.one(kind, ComponentSpec(type=value["type"], parameters=own), path)
        hint = "write its name, or {type: name, …}"
        self._add("R012", f"expected a {kind}, found {value_text(value)}", path, hint=hint)
        return None

    def _several(self, kind: str, values: Sequence[Any], path: Path) -> tuple[Any, ...]:
        return tuple(self._nested(kind, value, (*path, i)) for i, value in enumerate(values))

    def _add(self, identifier: str, message: str, path: Path, *, hint: str = "") -> None:
        self._faults.append(self._fault(identifier, message, path, hint))

    def _fault(self, identifier: str, message: str, path: Path, hint: str) -> Fault:
        key = path[:-1] if path[-1] == "type" else path
        return Fault(identifier, message, dotted(key), self._document.place(path), hint)


def _plain(nested: Any) -> Any:
    """What the resolved recipe says of nested components."""
    if isinstance(nested, tuple):
        return [_plain(each) for each in nested]
    return None if nested is None else nested.plain


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "nothing"
