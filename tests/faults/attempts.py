"""One attempt at a run: a fork of the process that called, and the signals that it is sent."""

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sabotage import SABOTAGE

from framework.cli.main import main as framework_command
from framework.runs.directory import RunDirectory

SUPPORT = Path(__file__).resolve().parents[1] / "support"
PLUGIN = SUPPORT / "tiny_images.py"
PATIENCE_SECONDS = 60.0
SAVE_BEGINS, SAVE_ENDS = b"s", b"e"


@dataclass(frozen=True)
class Strike:
    """A signal, so long after the attempt's start, or after its save number `after_save` begins."""

    number: int
    after_seconds: float
    after_save: int = 0


class Attempt:
    """A forked process that carries out `framework run` in a folder of its own.

    `settings` are a recipe of the folder `support` and changes to it; `prepare` is called in the
    fork before anything else.
    """

    def __init__(
        self,
        folder: Path,
        settings: Sequence[str],
        mutant: str | None,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        self.output = folder / f"attempt-{time.monotonic_ns()}.txt"
        self.messages: list[tuple[bytes, float]] = []
        self._started = time.monotonic()
        self._reader, writer = os.pipe()
        _require_single_thread()
        self._pid = os.fork()
        if self._pid == 0:
            _train_and_exit(folder / "runs", self.output, settings, mutant, writer, prepare)
        os.close(writer)

    def strike(self, strike: Strike) -> bool:
        """Send the signal when its moment comes; False where the process has ended before."""
        while self._num_saves_begun < strike.after_save:
            if not self._listen(PATIENCE_SECONDS):
                return False
        begun = time.monotonic() if strike.after_save else self._started
        while (seconds := begun + strike.after_seconds - time.monotonic()) > 0:
            if not self._listen(seconds):
                return False
        os.kill(self._pid, strike.number)
        return True

    def wait(self) -> int:
        """The exit code, negative for the signal that killed it."""
        while self._listen(PATIENCE_SECONDS):
            pass
        os.close(self._reader)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    @property
    def seconds(self) -> float:
        """How long it took, once it has ended."""
        return self.messages[-1][1]

    @property
    def was_saving(self) -> bool:
        """Whether the process ended within a save."""
        told = [message for message, _ in self.messages if message]
        return bool(told) and told[-1] == SAVE_BEGINS

    @property
    def _num_saves_begun(self) -> int:
        return sum(message == SAVE_BEGINS for message, _ in self.messages)

    def _listen(self, seconds: float) -> bool:
        """Wait for a message, at most so long; False once there is nobody to send one."""
        if time.monotonic() - self._started > PATIENCE_SECONDS:
            os.kill(self._pid, signal.SIGKILL)  # it hangs: let that be found out
        if not select.select([self._reader], [], [], seconds)[0]:
            return True
        message = os.read(self._reader, 1)
        self.messages.append((message, time.monotonic() - self._started))
        return message != b""


def _require_single_thread() -> None:
    deadline = time.monotonic() + 5
    while threading.active_count() > 1 and time.monotonic() < deadline:
        time.sleep(0.001)  # a timer of the plugins' import is on its way out
    tasks = Path("/proc/self/task")  # counts those that Python knows nothing of, on Linux
    if tasks.is_dir() and len([*tasks.iterdir()]) > 1:
        raise RuntimeError("a fork would lose the threads that there are")


def _train_and_exit(
    runs: Path,
    output: Path,
    settings: Sequence[str],
    mutant: str | None,
    writer: int,
    prepare: Callable[[], None],
) -> None:
    os.setsid()
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    code = 99
    try:
        if mutant is not None:
            SABOTAGE[mutant]()
        _announce_saves(writer)
        prepare()
        recipe, *overrides = settings
        options = ["--plugin", str(PLUGIN), "--runs-dir", str(runs)]
        words = ["run", str(SUPPORT / recipe), *overrides, *options, "--debug"]
        code = framework_command(words)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _announce_saves(writer: int) -> None:
    save = RunDirectory.save

    def announced(self, *given, **named):
        os.write(writer, SAVE_BEGINS)
        save(self, *given, **named)
        os.write(writer, SAVE_ENDS)

    RunDirectory.save = announced
