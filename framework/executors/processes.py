"""Jobs in processes on this machine, so many at a time that each has cores of its own."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Annotated

from pydantic import Field

from framework.jobs import Executor, Job, Outcome

_SECONDS_BETWEEN_LOOKS = 0.1
_THREAD_SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Processes(Executor):
    """A process per job, several at a time.

    Workers times threads are never more than there are cores: two processes with two threads each
    on two cores take several times as long as one.

    Args:
        num_workers: number of processes at a time; None takes one per core.
    """

    def __init__(self, *, num_workers: Annotated[int, Field(ge=1)] | None = None) -> None:
        self._num_cores = _num_cores()
        self._num_workers = min(num_workers or self._num_cores, self._num_cores)

    def num_threads(self, num_jobs: int) -> int:
        """Cores divided by the number of jobs at a time."""
        return max(1, self._num_cores // min(self._num_workers, max(1, num_jobs)))

    def carry_out(
        self,
        jobs: Sequence[Job],
        *,
        num_threads: int,
        report: Callable[[str], None],
        is_stopped: Callable[[], bool],
    ) -> list[Outcome]:
        """Carry all jobs out; a job that is killed is begun once more."""
        num_workers = max(1, min(self._num_workers, self._num_cores // num_threads))
        workers = _Workers(num_threads, report, is_stopped)
        with ThreadPoolExecutor(num_workers) as pool:
            futures = [pool.submit(workers.carry_out, job) for job in jobs]
            running = set(futures)
            try:
                while running:
                    _, running = wait(running, _SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
                    if is_stopped():
                        workers.terminate()
            except BaseException:  # a second Ctrl-C: nobody waits for what is being saved
                pool.shutdown(wait=False, cancel_futures=True)
                workers.kill()
                raise
        return [future.result() for future in futures]


class _Workers:
    """The processes at work; each is watched by a thread, which trains nothing."""

    def __init__(
        self, num_threads: int, report: Callable[[str], None], is_stopped: Callable[[], bool]
    ) -> None:
        self._environment = os.environ | dict.fromkeys(_THREAD_SETTINGS, str(num_threads))
        self._report, self._is_stopped = report, is_stopped
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._told: set[subprocess.Popen[str]] = set()

    def carry_out(self, job: Job) -> Outcome:
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
        """End every process at once."""
        with self._lock:
            for process in self._running:
                process.kill()

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


def _num_cores() -> int:
    """Cores that this process may use, where the system tells; else all of them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
