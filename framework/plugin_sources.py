"""Where plugins come from: entry points of what is installed, and single files."""

import hashlib
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from framework.errors import Fault, PluginError
from framework.fencing import plugin_code
from framework.registry import Plugin

ENTRY_POINT_GROUP = "framework.plugins"
BUILT_IN_DISTRIBUTION = "ignite-framework"
_NO_PLUGINS = "FRAMEWORK_NO_PLUGINS"

NAME_CLASH = "P006"
NO_FILE = "P007"


@dataclass(frozen=True)
class PluginSource:
    """A plugin that has not been imported yet.

    Attributes:
        plugin: its name and distribution.
        load: imports its module.
    """

    plugin: Plugin
    load: Callable[[], Any]


def installed_sources() -> Iterator[PluginSource]:
    """The entry points of all distributions.

    One that cannot be read, or whose name another distribution claims too, raises a `PluginError`
    when it is loaded. A built-in plugin keeps its name. Where the environment variable
    FRAMEWORK_NO_PLUGINS is set there are none but the built-in ones.
    """
    claims: dict[str, list[PluginSource]] = defaultdict(list)
    leaves_out = bool(os.environ.get(_NO_PLUGINS))
    for source in _entry_points():
        if leaves_out and source.plugin.distribution != BUILT_IN_DISTRIBUTION:
            continue
        claims[source.plugin.name].append(source)
    for claimants in claims.values():
        winner = _winner(claimants)
        owners = [f"{found.plugin.distribution} {found.plugin.version}" for found in claimants]
        for found in claimants:
            fault = Fault(
                NAME_CLASH,
                f"its name is claimed by {' and '.join(owners)}",
                str(found.plugin),
                hint="uninstall one, or have its author rename the entry point",
            )
            yield found if found is winner else replace(found, load=_raiser(PluginError(fault)))


def file_source(file: Path, others: Sequence[Plugin]) -> PluginSource:
    """A single file as a plugin, named after the file.

    Args:
        file: the Python file.
        others: plugins whose names are taken.

    Raises:
        PluginError: there is no such Python file, or its name is taken.
    """
    if file.suffix != ".py" or not file.is_file():
        message = "is not a Python file" if file.exists() else "does not exist"
        raise PluginError(Fault(NO_FILE, message, "plugin", str(file), "name a file ending in .py"))
    plugin = Plugin(file.stem)
    for other in others:
        if other.name == plugin.name:
            message = f"its name is taken by {other}"
            raise PluginError(Fault(NAME_CLASH, message, str(plugin), str(file), "rename the file"))
    return PluginSource(plugin, lambda: _loaded_file(file))


def source_of(module: ModuleType) -> Path | None:
    """What belongs to a plugin: the folder of its topmost real package, or its single file."""
    parts = module.__name__.split(".")
    for depth in range(1, len(parts)):
        package = sys.modules[".".join(parts[:depth])]
        if package.__file__ is not None:  # a namespace package has none
            return Path(package.__file__).parent
    return None if module.__file__ is None else Path(module.__file__)


def _winner(claimants: Sequence[PluginSource]) -> PluginSource | None:
    """Who may keep a name: the only claimant, else the built-in one."""
    built_in = [found for found in claimants if found.plugin.distribution == BUILT_IN_DISTRIBUTION]
    return next((found[0] for found in (claimants, built_in) if len(found) == 1), None)


def _entry_points() -> Iterator[PluginSource]:
    # not metadata.entry_points(): one malformed file of anybody's would take all others down
    seen: set[str] = set()
    # where the backport importlib_metadata is imported, these are of its classes
    for distribution in metadata.distributions():
        if ENTRY_POINT_GROUP not in _entry_point_text(distribution):
            continue
        fields = _fields_of(distribution)
        name, version = (str(fields.get(key, "-")) for key in ("name", "version"))
        if name in seen - {"-"}:
            continue  # shadowed by the same distribution, earlier on the path
        seen.add(name)
        whole = Plugin(name, name, version)
        try:
            with plugin_code(str(whole), "entry_points.txt cannot be read"):
                points = [p for p in distribution.entry_points if p.group == ENTRY_POINT_GROUP]
        except PluginError as error:
            yield PluginSource(whole, _raiser(error))
        else:
            yield from (PluginSource(replace(whole, name=p.name), p.load) for p in points)


def _fields_of(distribution: Any) -> Mapping[str, Any]:
    try:
        fields: Mapping[str, Any] = distribution.metadata.json
    except FileNotFoundError:  # what the backport says of one without metadata
        return {}
    return fields


def _entry_point_text(distribution: Any) -> str:
    try:
        return distribution.read_text("entry_points.txt") or ""
    except (OSError, UnicodeDecodeError):
        return ""


def _raiser(error: PluginError) -> Callable[[], Any]:
    def load() -> Any:
        raise error

    return load


def _loaded_file(file: Path) -> ModuleType:
    digest = hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:8]
    name = f"{file.stem}_{digest}"  # must not hide a module that is called like the file
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be loaded")
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
