"""What an attacker could put in the place of a checkpoint."""

import ctypes
import importlib
import io
import os
import pickle
import runpy
import shutil
import subprocess
import tarfile
import timeit
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch


class Call:
    """Something whose unpickling calls a function."""

    def __init__(self, function: Callable[..., Any], *given: Any) -> None:
        self._function, self._given = function, given

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._function, self._given


def gadgets(canary: Path) -> dict[str, Call]:
    """What would create `canary`, or run something, when it is unpickled."""
    code = f"open({str(canary)!r}, 'w').close()"
    return {
        "os.system": Call(os.system, f"touch {canary}"),
        "subprocess": Call(subprocess.call, ["touch", str(canary)]),
        "exec": Call(exec, code),
        "eval": Call(eval, code),  # noqa: S307  it is never called
        "open": Call(open, str(canary), "w"),
        "touch": Call(Path.touch, canary),
        "copy": Call(shutil.copy, "/etc/hostname", str(canary)),
        "import": Call(importlib.import_module, "antigravity"),
        "timeit": Call(timeit.timeit, code, "pass"),
        "run_path": Call(runpy.run_path, str(canary)),
        "ctypes": Call(ctypes.CDLL, "libc.so.6"),
        "pickle": Call(pickle.loads, pickle.dumps(Call(os.system, f"touch {canary}"))),  # noqa: S301
        "torch.load": Call(torch.load, str(canary)),
    }


def saved(value: Any, *, legacy: bool = False) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=not legacy)
    return buffer.getvalue()


def malicious_files(canary: Path) -> dict[str, bytes]:
    """Bytes by a name that tells what they do."""
    files = {}
    for name, gadget in gadgets(canary).items():
        files[f"{name} in a zip"] = saved({"networks": gadget})
        files[f"{name} in the old format"] = saved({"networks": gadget}, legacy=True)
        files[f"{name} in a pickle"] = pickle.dumps({"epoch": 1, "handlers": gadget})
    files["tar"] = _tar(pickle.dumps(Call(os.system, f"touch {canary}")))
    files["member outside"] = _zip({"../../canary": b"x", "archive/data.pkl": b"N."})
    files["zip bomb"] = _zip({"archive/data.pkl": bytes(50_000_000)}, zipfile.ZIP_DEFLATED)
    files["ten thousand keys"] = saved(dict.fromkeys(range(10_000), 0))
    files["no mapping"] = saved([1, 2, 3])
    huge = {"network": torch.zeros(1).expand(10**9)}  # 4 GB as soon as it is copied
    files["a tensor without strides"] = saved(
        {"epoch": 1, "iteration": 1, "handlers": {}, "networks": {"encoder": huge}}
    )
    files["empty"] = b""
    files["text"] = b"import os\n" * 100
    module = torch.jit.trace(torch.nn.Linear(1, 1), torch.zeros(1, 1), check_trace=False)
    files["TorchScript"] = module.save_to_buffer()
    return files


def _zip(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _tar(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("pickle", "storages", "tensors"):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()
