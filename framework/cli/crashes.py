"""What happens when something happens that nobody thought of: one line, and a report to send."""

import platform
import shlex
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from framework.errors import Fault


def crash_fault(error: BaseException, arguments: Sequence[str]) -> Fault:
    """Write a crash report into the temporary folder, and answer the fault that names it."""
    kind = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": ")
    try:
        hint = f"please report it with {_write_report(error, arguments)}"
    except OSError:
        hint = "run it again with --debug and report what that shows"
    return Fault("X001", f"unexpected {kind}", hint=hint)


def _write_report(error: BaseException, arguments: Sequence[str]) -> Path:
    lines = [
        f"command: {shlex.join(['framework', *arguments])}",
        f"ignite-framework {version('ignite-framework')}, Python {sys.version}",
        f"on {platform.platform()}",
        "",
        *traceback.format_exception(error),
    ]
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="framework-crash-", suffix=".txt", delete=False
    ) as file:
        file.write("\n".join(lines))
    return Path(file.name)
