"""Work that can be carried out in another process, and what does so."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """Something that `framework job FILE` carries out, and goes on with when it is called again.

    Attributes:
        name: what the user is told of it, such as `fold 2`.
        file: the file that says what is to be done. Everything else that the job reads and writes
            lies in the same folder, which an executor may bring to another machine and back.
        shares_files: whether other jobs work on the same files at the same time, so that only the
            folder itself will do, and no copy.
    """

    name: str
    file: Path
    shares_files: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        job: the job.
        exit_code: what its process answered; minus the signal's number where one killed it.
    """

    job: Job
    exit_code: int


class Executor(ABC):
    """Carries jobs out somewhere; it knows nothing of what they do."""

    @abstractmethod
    def num_threads(self, num_jobs: int) -> int:
        """Number of threads that each of so many jobs computes with."""

    def num_workers(self, num_jobs: int) -> int:
        """How many of so many jobs are carried out at a time; all, where an executor cannot say."""
        return num_jobs

    @abstractmethod
    def carry_out(
        self,
        jobs: Sequence[Job],
        *,
        num_threads: int,
        report: Callable[[str], None],
        is_stopped: Callable[[], bool],
    ) -> list[Outcome]:
        """Carry all jobs out, whatever becomes of any of them.

        A job that is killed is begun once more: it goes on from what it has saved.

        Args:
            jobs: what to do.
            num_threads: number of threads that each may compute with.
            report: takes lines for the user, from any thread.
            is_stopped: whether the end was asked for; jobs then get SIGTERM, and none is begun.
        """
