"""Jobs in processes on this machine, so many at a time that each has cores of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Annotated

from pydantic import Field

from framework.executors.child_processes import ChildProcesses
from framework.executors.cores import num_cores
from framework.jobs import Executor, Job, Outcome

_SECONDS_BETWEEN_LOOKS = 0.1


class Processes(Executor):
    """A process per job, several at a time.

    Workers times threads are never more than there are cores: two processes with two threads each
    on two cores take several times as long as one.

    Args:
        num_workers: number of processes at a time; None takes one per core.
    """

    def __init__(self, *, num_workers: Annotated[int, Field(ge=1)] | None = None) -> None:
        self._num_cores = num_cores()
        self._num_workers = min(num_workers or self._num_cores, self._num_cores)

    def num_threads(self, num_jobs: int) -> int:
        """Cores divided by the number of jobs at a time."""
        return max(1, self._num_cores // min(self._num_workers, max(1, num_jobs)))

    def num_workers(self, num_jobs: int) -> int:
        """As many as were asked for."""
        return min(self._num_workers, num_jobs)

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
        workers = ChildProcesses(num_threads, report, is_stopped)
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
