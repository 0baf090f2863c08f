"""Is everything here that runs need? What is found, what is wrong, and how to mend it."""

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import torch
from packaging.requirements import Requirement

from framework.contracts import Dataset
from framework.discovery import discover
from framework.errors import FrameworkError, PluginError
from framework.fencing import plugin_code
from framework.registry import Component, Registry
from framework.runs.environment import choose_device
from framework.trackers import Tracker

_DISTRIBUTION = "ignite-framework"
_DATA_VARIABLE = "FRAMEWORK_DATA"
_GIGABYTE = 10**9
_LITTLE_SPACE_BYTES = 2 * _GIGABYTE
_LITTLE_SHARED_BYTES = 256 * 10**6


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        topic: what it belongs to, such as `data`.
        subject: what was looked at.
        found: what was found.
        problem: what is wrong; empty where nothing is.
        remedy: how to mend it.
    """

    topic: str
    subject: str
    found: str
    problem: str = ""
    remedy: str = ""


def examine(runs_directory: Path, plugins: Sequence[Path]) -> list[Finding]:
    """Look at versions, device, threads, disk, plugins, data and trackers.

    Nothing is fetched, and nothing stays behind on the disk.

    Args:
        runs_directory: where run directories are kept.
        plugins: single-file plugins to look at beside the installed ones.
    """
    registry = discover(plugins)
    return [
        *_versions(),
        *_device(),
        *_threads(),
        *_disk(runs_directory),
        *_plugins(registry),
        *_data(registry),
        *_trackers(registry),
    ]


def _versions() -> Iterator[Finding]:
    found = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    yield Finding("versions", "python", found)
    yield Finding("versions", _DISTRIBUTION, version(_DISTRIBUTION))
    stated = [Requirement(line) for line in requires(_DISTRIBUTION) or ()]
    missing_of_extras: dict[str, list[str]] = {}
    for requirement in stated:
        extra = _extra_of(requirement)
        installed = _version_of(requirement.name)
        is_right = installed is not None and requirement.specifier.contains(
            installed, prereleases=True
        )
        if extra is None:
            problem = "" if is_right else f"{requirement.name}{requirement.specifier} is needed"
            remedy = f"pip install '{requirement.name}{requirement.specifier}'"
            yield Finding("versions", requirement.name, installed or "missing", problem, remedy)
        else:
            missing_of_extras.setdefault(extra, [])
            if not is_right:
                missing_of_extras[extra].append(requirement.name)
    for extra, missing in sorted(missing_of_extras.items()):
        text = f"without {', '.join(missing)}: pip install '{_DISTRIBUTION}[{extra}]'"
        yield Finding("extras", extra, text if missing else "installed")


def _extra_of(requirement: Requirement) -> str | None:
    if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
        return None
    return str(requirement.marker).partition("extra == ")[2].strip('"')


def _version_of(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _device() -> Iterator[Finding]:
    device = choose_device("auto")
    name = f" ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else ""
    is_unused = device.type == "cpu" and shutil.which("nvidia-smi") is not None
    problem = f"there seems to be a GPU, which torch {torch.__version__} cannot use"
    remedy = "install a torch that is built for its driver; `nvidia-smi` shows the driver"
    if is_unused:
        yield Finding("device", "best", f"{device}{name}", problem, remedy)
    else:
        yield Finding("device", "best", f"{device}{name}")


def _threads() -> Iterator[Finding]:
    cores, threads = len(os.sched_getaffinity(0)), torch.get_num_threads()
    found = f"{threads} threads on {cores} cores"
    if threads > cores:
        problem = f"{threads} threads share {cores} cores, which is many times slower"
        remedy = f"set OMP_NUM_THREADS={cores}, or training.num_threads in recipes"
        yield Finding("threads", "torch", found, problem, remedy)
    else:
        yield Finding("threads", "torch", found)


def _disk(runs_directory: Path) -> Iterator[Finding]:
    places = [runs_directory.absolute(), *runs_directory.absolute().parents]
    existing = next(place for place in places if os.path.lexists(place))
    folder = next(place for place in places if place.is_dir())
    free_bytes = shutil.disk_usage(folder).free
    found = f"{runs_directory}: {free_bytes / _GIGABYTE:.1f} GB free"
    problem, remedy = _writing_problem(folder), "choose another folder: --runs-dir"
    if existing != folder:
        problem = f"{existing} is no folder"
    if not problem and free_bytes < _LITTLE_SPACE_BYTES:
        problem, remedy = f"only {free_bytes / _GIGABYTE:.2f} GB are free", "make room"
    yield Finding("disk", "runs", found, problem, remedy)
    shared = Path("/dev/shm")  # noqa: S108  looked at, not written to
    if shared.is_dir():
        size_bytes = shutil.disk_usage(shared).total
        found, problem = f"{size_bytes / _GIGABYTE:.2f} GB", ""
        if size_bytes < _LITTLE_SHARED_BYTES:
            problem = f"only {found} of shared memory: training.num_workers needs more"
        remedy = "start the container with --shm-size=1g"
        yield Finding("disk", "shared memory", found, problem, remedy)


def _writing_problem(folder: Path) -> str:
    """What keeps a run from writing, locking and making files last in a folder."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"0")
            file.flush()
            os.fsync(file.fileno())
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return f"{folder} takes no files that are locked and made to last ({error.strerror})"
    return ""


def _plugins(registry: Registry) -> Iterator[Finding]:
    for plugin in registry.plugins:
        own = [c for c in registry.components() if c.plugin == plugin]
        found = f"{plugin.distribution} {plugin.version}, {len(own)} components"
        if faults := list(_component_faults(own)):
            yield Finding("plugins", plugin.name, found, "; ".join(faults), "tell its author")
        else:
            yield Finding("plugins", plugin.name, found)
    for broken in registry.broken:
        found = f"{broken.distribution} {broken.version}, off"
        remedy = "update or uninstall it; --debug shows more"
        yield Finding("plugins", broken.name, found, broken.reason, remedy)


def _component_faults(components: Sequence[Component]) -> Iterator[str]:
    for component in components:
        try:
            component.parameters  # noqa: B018  reading it is what may fail
        except PluginError as error:
            yield from (f"{component.label}: {fault.message}" for fault in error.faults)


def _data(registry: Registry) -> Iterator[Finding]:
    if named := os.environ.get(_DATA_VARIABLE):
        problem = "" if Path(named).expanduser().is_dir() else "there is no such folder"
        remedy = f"create it, or set {_DATA_VARIABLE} to the folder of your data sets"
        yield Finding("data", _DATA_VARIABLE, named, problem, remedy)
    else:
        yield Finding("data", _DATA_VARIABLE, "not set")
    yield from _looked_at(registry, "data", "dataset", _dataset_finding)


def _dataset_finding(component: Component, dataset: object) -> Finding | None:
    if not isinstance(dataset, Dataset):
        return None
    where = dataset.whereabouts()
    try:
        info = dataset.info
    except FrameworkError as error:
        problem = "; ".join(f"{fault.place}: {fault.message}" for fault in error.faults)
        return Finding("data", component.name, where, problem, error.faults[0].hint)
    counts = f"{info.num_train:,} + {info.num_test:,} images"
    return Finding("data", component.name, f"{counts}; {where}" if where else counts)


def _trackers(registry: Registry) -> Iterator[Finding]:
    yield from _looked_at(registry, "trackers", "tracker", _tracker_finding)


def _tracker_finding(component: Component, tracker: object) -> Finding | None:
    if not isinstance(tracker, Tracker):
        return None
    return Finding("trackers", component.name, tracker.outlook() or "ready")


def _looked_at(
    registry: Registry,
    topic: str,
    kind: str,
    look: Callable[[Component, object], Finding | None],
) -> Iterator[Finding]:
    """What is found of the components of a kind that can be had without setting anything."""
    for component in registry.components(kind):
        with suppress(PluginError):  # told of its plugin already
            if component.parameters.json_schema().get("required"):
                continue
            try:
                with plugin_code(component.label, "it cannot be looked at"):
                    built = component.factory(**component.parameters.validate({}).values)
                    found = look(component, built)
            except PluginError as error:
                problem = " ".join(error.faults[0].message.split())
                found = Finding(topic, component.name, "", problem, "mend what it names")
            if found is not None:
                yield found
