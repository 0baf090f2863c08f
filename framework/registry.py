"""What exists: components by kind and name, with the plugins that own them."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import Any, ClassVar

from framework.errors import nearest_hint
from framework.fencing import plugin_code
from framework.hookspecs import KINDS, Factory
from framework.parameters import Parameters


@dataclass(frozen=True)
class Plugin:
    """Where components come from.

    Attributes:
        name: name of its entry point, or of its file without the suffix.
        distribution: what was installed to bring it; "-" for a single file.
        version: version of that distribution; "-" for a single file.
        source: its top-level package's folder, or its single file; None for one made in memory.
    """

    name: str
    distribution: str = "-"
    version: str = "-"
    source: Path | None = None

    def __str__(self) -> str:
        if self.distribution == "-":
            return f"plugin '{self.name}'"
        return f"plugin '{self.name}' of {self.distribution} {self.version}"


@dataclass(frozen=True)
class BrokenPlugin:
    """A plugin that is off, and why.

    Attributes:
        name: name of its entry point.
        distribution: what was installed to bring it.
        version: version of that distribution.
        place: `file:line` where it broke; may be unknown.
        reason: what is wrong with it and what to do.
    """

    name: str
    distribution: str
    version: str
    place: str | None
    reason: str

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        owner = Plugin(self.name, self.distribution, self.version)
        return f"{place}warning: {owner} is off: {self.reason}"


class UnresolvedReference(LookupError):  # noqa: N818  an answer, which the caller places in a recipe
    """A reference does not lead to one component.

    Attributes:
        identifier: stable name of the kind of fault.
        message: what was looked for.
        hint: the way out, such as the nearest name.
    """

    identifier: ClassVar[str]

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        super().__init__(f"{message}; {hint}")


class UnknownComponent(UnresolvedReference):
    """No component has the name."""

    identifier = "R005"


class AmbiguousComponent(UnresolvedReference):
    """Several plugins provide a component of the name; `owner:name` decides."""

    identifier = "P003"


@dataclass(frozen=True, eq=False)
class Component:
    """One thing that a recipe can name.

    Attributes:
        kind: kind of component, such as `network`.
        name: its name among components of this kind.
        plugin: the plugin that provides it.
        target: its factory, or where to find it, as `"module:attribute"`.
    """

    kind: str
    name: str
    plugin: Plugin
    target: Factory

    @property
    def owner(self) -> str:
        """Name of the plugin that provides it."""
        return self.plugin.name

    @property
    def version(self) -> str:
        """Version of the plugin's distribution; "-" for a single file."""
        return self.plugin.version

    @property
    def reference(self) -> str:
        """The name that is never ambiguous: `owner:name`."""
        return f"{self.owner}:{self.name}"

    @property
    def label(self) -> str:
        """What messages call it: `network 'conv_encoder' of plugin 'autoencoders'`."""
        return f"{self.kind} '{self.name}' of plugin '{self.owner}'"

    @cached_property
    def factory(self) -> Callable[..., Any]:
        """The class or function that makes it, imported when first asked for.

        Raises:
            PluginError: the import failed, or found nothing that can be called.
        """
        if not isinstance(self.target, str):
            return self.target
        module, _, attribute = self.target.partition(":")
        with plugin_code(self.label, f"'{self.target}' of {self.plugin} cannot be imported"):
            factory = getattr(import_module(module), attribute)
            if not callable(factory):
                raise TypeError(f"{type(factory).__name__} is neither a class nor a function")
        return factory

    @cached_property
    def parameters(self) -> Parameters:
        """What a recipe may set on it.

        Raises:
            PluginError: the factory cannot be imported, or its signature is refused.
        """
        return Parameters.read(self.factory, label=self.label)

    @property
    def description(self) -> str:
        """First line of the factory's docstring; may be empty.

        Raises:
            PluginError: the factory cannot be imported.
        """
        return cleandoc(self.factory.__doc__ or "").partition("\n")[0]

    def source_files(self) -> list[Path]:
        """The Python files of its plugin, sorted, for fingerprints."""
        source = self.plugin.source
        if source is None:
            return []
        return [source] if source.is_file() else sorted(source.rglob("*.py"))


class Registry:
    """All components that were found.

    Attributes:
        plugins: the plugins that work.
        broken: the plugins that are off.
    """

    def __init__(self) -> None:
        self.plugins: list[Plugin] = []
        self.broken: list[BrokenPlugin] = []
        self._components: dict[str, dict[str, list[Component]]] = {
            kind: defaultdict(list) for kind in KINDS
        }

    @property
    def kinds(self) -> tuple[str, ...]:
        """All kinds of components, whether there are any or not."""
        return tuple(self._components)

    def add(self, component: Component) -> None:
        """Make a component known. A name may have several owners; finding it then needs one."""
        self._components[component.kind][component.name].append(component)

    def components(self, kind: str | None = None) -> list[Component]:
        """The components of one kind, or all, by kind, name and owner."""
        kinds = self.kinds if kind is None else (kind,)
        return [
            component
            for kind in kinds
            for _, owners in sorted(self._components[kind].items())
            for component in sorted(owners, key=lambda component: component.owner)
        ]

    def find(self, kind: str, reference: str) -> Component:
        """The component that a recipe names.

        Args:
            kind: kind of component.
            reference: its name, or `owner:name`.

        Raises:
            UnknownComponent: there is none.
            AmbiguousComponent: several plugins provide it.
        """
        owner, _, name = reference.rpartition(":")
        owners = sorted(self._components[kind].get(name, ()), key=lambda component: component.owner)
        found = [component for component in owners if owner in {"", component.owner}]
        if not found:
            raise self._unknown(kind, reference, owner, name)
        if len(found) > 1:
            names = _listed([f"'{component.owner}'" for component in found], "and")
            references = _listed([f"'{component.reference}'" for component in found], "or")
            both = "" if found[2:] else "both "
            message = f"{kind} '{name}' is provided by {both}{names}"
            raise AmbiguousComponent(message, f"write {references}")
        return found[0]

    def _unknown(self, kind: str, reference: str, owner: str, name: str) -> UnknownComponent:
        names = {
            component.reference if owner else component.name for component in self.components(kind)
        }
        message = f"no {kind} named '{reference}'"
        elsewhere = [other for other in self.kinds if name in self._components[other]]
        if nearest_hint(reference, names):
            return UnknownComponent(message, nearest_hint(reference, names))
        if elsewhere:
            return UnknownComponent(message, f"'{name}' is of kind {_listed(elsewhere, 'and')}")
        known = f"known: {', '.join(sorted(names))}" if names else f"no plugin provides any {kind}"
        return UnknownComponent(message, known)


def _listed(words: Sequence[str], last: str) -> str:
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
