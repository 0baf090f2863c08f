"""Jobs as child processes of this one: begun, listened to, ended."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from framework.jobs import Job, Outcome

_THREAD_SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class ChildProcesses:
    """The processes at work; each is watched by a thread, which trains nothing.

    Args:
        num_threads: number of threads that each may compute with.
        report: takes lines for the user, from any thread.
        is_stopped: whether the end was asked for; then none is begun.
        environment: further variables that each is given.
    """

    def __init__(
        self,
        num_threads: int,
        report: Callable[[str], None],
        is_stopped: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._environment = os.environ | dict.fromkeys(_THREAD_SETTINGS, str(num_threads))
        self._environment |= environment or {}
        self._report, self._is_stopped = report, is_stopped
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._told: set[subprocess.Popen[str]] = set()

    def carry_out(self, job: Job) -> Outcome:
        """Carry a job out in the calling thread; one that is killed is begun once more."""
        exit_code = self._attempt(job)
        if exit_code < 0 and not self._is_stopped():
            self._say(f"{job.name}  killed by signal {-exit_code}; it is begun once more")
            exit_code = self._attempt(job)
        return Outcome(job, exit_code)

    def terminate(self) -> None:
        """Ask every process to end, once: a second signal could cut off the saving."""
        with self._lock:
            for process in self._running - self._told:
                process.terminate()
            self._told |= self._running

    def kill(self) -> None:
        """End every process at once, and those that it has begun."""
        with self._lock:
            for process in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def _attempt(self, job: Job) -> int:
        if self._is_stopped():
            return 0
        with subprocess.Popen(  # noqa: S603  this interpreter, on a file of our own
            [sys.executable, "-m", "framework", "job", str(job.file)],
            stdin=subprocess.PIPE,  # its end tells the child that its parent is gone
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=self._environment,
            start_new_session=True,  # Ctrl-C comes to the parent, which passes it on as SIGTERM
        ) as process:
            with self._lock:
                self._running.add(process)
            for line in process.stdout or ():
                self._say(f"{job.name}  {line.rstrip()}")
            exit_code = process.wait()
        with self._lock:
            self._running.discard(process)
        return exit_code

    def _say(self, line: str) -> None:
        with self._lock:
            self._report(line)
