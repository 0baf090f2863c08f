"""On what a run is carried out: device, threads, versions."""

import os
import platform
import shutil
import socket
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import torch

from framework.errors import Fault, StorageError

_PACKAGES = ("ignite-framework", "torch", "torchvision", "pytorch-ignite", "torchmetrics", "numpy")

_DECIDES_BITS = ("torch", "num_threads", "device")
"""What a resume needs unchanged to end with the same bits."""


def choose_device(name: str) -> torch.device:
    """Find a device by name; `auto` takes the best there is.

    Raises:
        StorageError: there is no such device on this machine.
    """
    counts = {
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
        "cpu": 1,
    }
    found = [kind for kind, count in counts.items() if count]
    if name == "auto":
        return torch.device(found[0])
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is not None and (device.index or 0) < counts.get(device.type, 0):
        return device
    message = f"no device '{name}' on this machine"
    raise StorageError(Fault("E001", message, key="--device", hint=f"there is {found}"))


def use_threads(num_threads: int | None) -> None:
    """Compute with so many threads; None leaves PyTorch's own choice, one per core."""
    if num_threads is not None:
        torch.set_num_threads(num_threads)


def describe_environment(device: torch.device) -> dict[str, Any]:
    """What a run directory records of its surroundings."""
    return {
        "versions": {"python": platform.python_version()} | {p: version(p) for p in _PACKAGES},
        "torch": torch.__version__,
        "num_threads": torch.get_num_threads(),
        "device": str(device),
        "num_cores": os.cpu_count(),
        "machine": platform.machine(),
        "platform": platform.platform(),
        "host": socket.gethostname(),
        "git": _git_commit(),
    }


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What has changed since a run began that keeps a resume from being exact to the bit."""
    return [
        f"{name} was {before.get(name)} and is {now[name]}"
        for name in _DECIDES_BITS
        if before.get(name) != now[name]
    ]


def _git_commit() -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    found = subprocess.run(  # noqa: S603  the program is git, with fixed arguments
        [git, "describe", "--always", "--dirty", "--abbrev=12"],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or None
