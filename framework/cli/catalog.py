"""What there is to name, looked up in the registry."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from framework.cli.messages import UsageError, complain
from framework.discovery import discover
from framework.errors import Fault, PluginError, nearest_hint
from framework.parameters import ParameterRow
from framework.registry import Component


@dataclass(frozen=True)
class Summary:
    """A component in a line.

    Attributes:
        kind: kind of component.
        name: what a recipe calls it.
        plugin: the plugin that provides it.
        version: version of that plugin.
        description: first line of its docstring.
    """

    kind: str
    name: str
    plugin: str
    version: str
    description: str


@dataclass(frozen=True)
class Description:
    """A component with all that a recipe may set on it.

    Attributes:
        summary: the component.
        takes: what the framework passes to it.
        parameters: a row per parameter.
    """

    summary: Summary
    takes: tuple[str, ...]
    parameters: tuple[ParameterRow, ...]


def summarise(kind: str | None, plugins: Sequence[Path]) -> list[Summary]:
    """All components, of one kind or of all; a broken one is named in a warning."""
    return [_summary(component) for component in _discovered(kind, plugins)]


def look_up(name: str, kind: str | None, plugins: Sequence[Path]) -> list[Description]:
    """Every component of a name, which may state its owner: `autoencoders:mse`.

    Raises:
        UsageError: there is none.
        PluginError: its factory cannot be imported, or has a signature that is refused.
    """
    known = _discovered(kind, plugins)
    found = [component for component in known if name in {component.name, component.reference}]
    if not found:
        near = nearest_hint(name, {component.name for component in known})
        hint = near or "framework components list names them all"
        raise UsageError(Fault("U004", f"no {kind or 'component'} named '{name}'", hint=hint))
    return [
        Description(
            _summary(component),
            component.parameters.positional,
            tuple(component.parameters.rows()),
        )
        for component in found
    ]


def _discovered(kind: str | None, plugins: Sequence[Path]) -> list[Component]:
    registry = discover(plugins)
    for broken in registry.broken:
        complain(str(broken))
    return registry.components(kind)


def _summary(component: Component) -> Summary:
    try:
        description = component.description
    except PluginError as error:
        description = "(cannot be imported)"
        for fault in error.faults:
            complain(str(fault))
    return Summary(component.kind, component.name, component.owner, component.version, description)
