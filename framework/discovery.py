"""From plugins to a registry, one by one. The only file that drives pluggy's manager."""

import inspect
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Timer
from types import ModuleType
from typing import Any

from pluggy import PluginManager

from framework import hookspecs
from framework.errors import Fault, PluginError, nearest_hint
from framework.fencing import place_of_code, plugin_code
from framework.hookspecs import API_VERSION, KINDS, PROJECT_NAME, Factory
from framework.plugin_sources import (
    NAME_CLASH,
    PluginSource,
    file_source,
    installed_sources,
    source_of,
)
from framework.registry import BrokenPlugin, Component, Plugin, Registry
from framework.wording import value_text

_WRONG_HOOK = "P002"
_WRONG_API = "P005"
_SLOW_IMPORT_SECONDS = 10.0
_NAME = re.compile(r"[^\s:]+")
_TARGET = re.compile(r"[\w.]+:\w+")

logger = logging.getLogger(__name__)


def discover(files: Sequence[Path] = (), *, with_installed: bool = True) -> Registry:
    """Find all components that installed plugins and single files provide.

    An installed plugin that is broken is listed in the registry's `broken` and does not disturb
    the others.

    Args:
        files: Python files to load as plugins, each named after its file.
        with_installed: whether to load the plugins that are installed.

    Raises:
        PluginError: one of `files` is broken, missing, or called like another plugin.
    """
    registry = Registry()
    for source in installed_sources() if with_installed else ():
        try:
            _admit(registry, source)
        except PluginError as error:
            registry.broken.append(_broken(source.plugin, error))
    for file in files:
        _admit(registry, file_source(file, registry.plugins))
    return registry


def _admit(registry: Registry, source: PluginSource) -> None:
    """Import a plugin and make known what it provides: everything, or nothing."""
    label = str(source.plugin)
    if not _NAME.fullmatch(source.plugin.name):
        raise PluginError(Fault(NAME_CLASH, "its name has blanks or ':'", label, hint="rename it"))
    with plugin_code(label, "it cannot be imported"), _slow_import_warning(label):
        module = source.load()
        if not isinstance(module, ModuleType):
            raise TypeError(f"its entry point names a {type(module).__name__}, expected a module")
    _check_api_version(label, module)
    plugin = replace(source.plugin, source=source_of(module))
    with plugin_code(label, "its hooks cannot be read"):
        components = _components(plugin, module)
    registry.plugins.append(plugin)
    for component in components:
        registry.add(component)


@contextmanager
def _slow_import_warning(label: str) -> Iterator[None]:
    text = "%s is still being imported after %g s"
    timer = Timer(_SLOW_IMPORT_SECONDS, logger.warning, (text, label, _SLOW_IMPORT_SECONDS))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _check_api_version(label: str, module: ModuleType) -> None:
    version = getattr(module, "API_VERSION", API_VERSION)
    if not isinstance(version, int) or isinstance(version, bool):
        message = f"API_VERSION is {value_text(version)}, expected an integer"
        raise PluginError(Fault(_WRONG_API, message, label, module.__file__))
    if version > API_VERSION:
        message = f"it is built for API {version}, this is {API_VERSION}"
        hint = "upgrade the framework"
        raise PluginError(Fault(_WRONG_API, message, label, module.__file__, hint))


def _components(plugin: Plugin, module: ModuleType) -> list[Component]:
    manager = PluginManager(PROJECT_NAME)  # one per plugin, so that none disturbs another
    manager.add_hookspecs(hookspecs)
    faults = list(_hook_faults(str(plugin), module, manager))
    if faults:
        raise PluginError(faults)
    manager.register(module, name=plugin.name)
    manager.check_pending()
    components: list[Component] = []
    for kind in KINDS:
        try:
            components += _provided(plugin, kind, manager)
        except PluginError as error:
            faults += error.faults
    if faults:
        raise PluginError(faults)
    return components


def _hook_faults(label: str, module: ModuleType, manager: PluginManager) -> Iterator[Fault]:
    """Hooks that are misspelt or ask for arguments."""
    for attribute in dir(module):
        options = manager.parse_hookimpl_opts(module, attribute)
        if options is None:
            continue
        hook, function = options.get("specname") or attribute, getattr(module, attribute)
        parameters = inspect.signature(function).parameters.values()
        arguments = [p.name for p in parameters if p.default is inspect.Parameter.empty]
        place = place_of_code(function)
        if hook not in KINDS.values() and not options.get("optionalhook"):
            hint = nearest_hint(hook, KINDS.values()) or f"known: {', '.join(KINDS.values())}"
            yield Fault(_WRONG_HOOK, f"no such hook '{hook}'", label, place, hint)
        elif arguments:
            message = f"hook '{hook}' takes {', '.join(arguments)}"
            yield Fault(_WRONG_HOOK, message, label, place, "hooks take no arguments")


def _provided(plugin: Plugin, kind: str, manager: PluginManager) -> list[Component]:
    """What the plugin's hook for one kind of component returns, checked."""
    hook = getattr(manager.hook, KINDS[kind])
    implementations = hook.get_hookimpls()
    if not implementations:
        return []
    with plugin_code(str(plugin), f"hook '{hook.name}' failed"):
        complaints, targets = _checked(hook())
    if complaints:
        place = place_of_code(implementations[0].function)
        raise PluginError(
            Fault(_WRONG_HOOK, f"hook '{hook.name}' returned {text}", str(plugin), place, hint)
            for text, hint in complaints
        )
    components = [Component(kind, name, plugin, target) for name, target in targets]
    faults = [fault for component in components for fault in _signature_faults(component)]
    if faults:
        raise PluginError(faults)
    return components


def _checked(results: list[Any]) -> tuple[list[tuple[str, str]], list[tuple[str, Factory]]]:
    """Complaints about what a hook returned, with hints, and the factories by name."""
    if not results or not all(isinstance(result, Mapping) for result in results):
        found = value_text(results[0] if results else None)
        return [(found, "expected a mapping {'name': factory}")], []
    complaints, targets = [], []
    for name, target in (item for result in results for item in result.items()):
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            complaints.append(
                (f"the name {value_text(name)}", "expected text without blanks or ':'")
            )
        elif not (_TARGET.fullmatch(target) if isinstance(target, str) else callable(target)):
            hint = "expected a class, a function or 'module:attribute'"
            complaints.append((f"{value_text(target)} for '{name}'", hint))
        targets.append((name, target))
    return complaints, targets


def _signature_faults(component: Component) -> Sequence[Fault]:
    """Why a recipe could not set its parameters; what is a string still is looked at when used."""
    if isinstance(component.target, str):
        return ()
    try:
        _ = component.parameters
    except PluginError as error:
        return error.faults
    return ()


def _broken(plugin: Plugin, error: PluginError) -> BrokenPlugin:
    reasons = []
    for fault in error.faults:
        key = "" if fault.key == str(plugin) else f"{fault.key}: "
        reasons.append(f"{key}{fault.message}{f'; {fault.hint}' if fault.hint else ''}")
    place = next((str(fault.place) for fault in error.faults if fault.place), None)
    return BrokenPlugin(
        plugin.name, plugin.distribution, plugin.version, place, " | ".join(reasons)
    )
