"""Jobs on the machines of a Dask cluster, or on one of our own on this machine."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Annotated, Any

from pydantic import Field

from framework.errors import Fault, StorageError
from framework.executors.cores import num_cores
from framework.jobs import Executor, Job, Outcome


class Dask(Executor):
    """A process per job, begun by the workers of a Dask cluster (extra `dask`).

    A job whose worker dies is begun again on another one, and goes on from what it has saved. Where
    a worker does not share the disk, the job's folder travels to it, and what changes there is
    brought home every few seconds and at the end.

    Dask runs code for whoever reaches its port: bind the scheduler to an address that others cannot
    reach, or use TLS. The cluster that this starts itself can be reached from this machine only.

    Args:
        address: the scheduler, such as `tcp://192.168.0.5:8786`; None starts a cluster of our own.
        num_workers: jobs at a time; None takes cores divided by threads on a cluster of our own,
            and as many as there is room for on one that runs already.
        num_threads: threads that each job computes with, unless the recipe sets them.
        num_gpus: GPUs that each job has for itself; workers of a cluster that runs already declare
            theirs with `--resources GPU=2`.
    """

    def __init__(
        self,
        *,
        address: str | None = None,
        num_workers: Annotated[int, Field(ge=1)] | None = None,
        num_threads: Annotated[int, Field(ge=1)] = 1,
        num_gpus: Annotated[int, Field(ge=0)] = 0,
    ) -> None:
        self._address, self._num_threads, self._num_gpus = address, num_threads, num_gpus
        self._num_workers = num_workers

    def num_threads(self, num_jobs: int) -> int:  # noqa: ARG002  the same for all
        """As many as were asked for: workers may be of any size, and results are to be the same."""
        return self._num_threads

    def num_workers(self, num_jobs: int) -> int:
        """As many as were asked for, or as there is room for at the moment.

        Raises:
            StorageError: the cluster cannot be reached.
        """
        if self._num_workers is None and self._address is not None:
            with self._connected() as client:
                from framework.executors.clusters import num_places

                return max(1, min(num_places(client, self._num_gpus), num_jobs))
        return min(self._num_workers or self._num_places_here, num_jobs)

    def carry_out(
        self,
        jobs: Sequence[Job],
        *,
        num_threads: int,
        report: Callable[[str], None],
        is_stopped: Callable[[], bool],
    ) -> list[Outcome]:
        """Carry all jobs out; one that is killed, or whose worker dies, is begun again.

        Raises:
            StorageError: the cluster cannot be reached, or is gone.
        """
        with self._connected() as client:
            from framework.executors.campaigns import Campaign

            campaign = Campaign(client, report, num_threads=num_threads, num_gpus=self._num_gpus)
            return campaign.carry_out(jobs, is_stopped)

    @property
    def _num_places_here(self) -> int:
        return max(1, num_cores() // self._num_threads)

    def _connected(self) -> AbstractContextManager[Any]:
        if find_spec("distributed") is None:
            hint = "pip install 'ignite-framework[dask]'"
            raise StorageError(Fault("E002", "executor dask needs distributed", hint=hint))
        from framework.executors.clusters import connected

        num_workers = self._num_workers or self._num_places_here
        return connected(self._address, num_workers, self._num_gpus)
