"""What a worker of a cluster does for a job: it watches over the process that carries it out.

A worker never trains itself: its tasks run in threads, where neither signals nor loaders with
processes of their own work.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from distributed import get_worker
from distributed.core import Status

from framework.errors import StorageError
from framework.executors.child_processes import ChildProcesses
from framework.executors.folders import Changes, Marks, changes_since, make_changes, marks_of
from framework.jobs import Job

_SECONDS_BETWEEN_LOOKS = 0.1
_SECONDS_FOR_A_LOCK = 60
_DEVICES = "CUDA_VISIBLE_DEVICES"
_ENDING = (Status.closing, Status.closed, Status.failed)


@dataclass(frozen=True)
class Errand:
    """A job on its way to a worker.

    Attributes:
        batch: what all jobs have in common that are carried out together.
        name: what the user is told of the job.
        file: the job's file where the user is.
        mark: a file beside it; where a worker finds it, the disk is the same.
        num_threads: number of threads to compute with.
        num_gpus: number of GPUs that the job has for itself.
        shares_files: whether a copy of the folder will not do.
    """

    batch: str
    name: str
    file: str
    mark: str
    num_threads: int
    num_gpus: int
    shares_files: bool


@dataclass(frozen=True)
class Return:
    """How an errand ended; the changes are those that nobody has fetched yet."""

    exit_code: int
    changes: Changes = field(default_factory=Changes)


@dataclass
class _Delivery:
    """A folder that is not on this machine's disk, and the copy that it travels to."""

    copy: Path
    seen: Marks = field(default_factory=dict)
    has_come: threading.Event = field(default_factory=threading.Event)


_deliveries: dict[str, _Delivery] = {}
_stopped: set[str] = set()
_killed: set[str] = set()


def carry_out_errand(errand: Errand) -> Return:
    """Carry a job out on this worker, in a copy of its folder where the disk is not shared."""
    file = Path(errand.file)
    if (file.parent / errand.mark).is_file():
        return Return(_watched(errand, Job(errand.name, file)))
    worker = get_worker()
    if errand.shares_files:
        message = f"{errand.name}  the worker {worker.address} has another disk, without {file}; "
        message += "a search needs the same disk, or its study in a database (search.storage)"
        worker.log_event(errand.batch, {"line": message})
        return Return(StorageError.exit_code)
    with TemporaryDirectory(dir=worker.local_directory, prefix="job-") as place:
        copy = Path(place, *file.parent.parts[-2:])  # runs are known by the names of two folders
        delivery = _deliveries[errand.file] = _Delivery(copy)
        try:
            worker.log_event(errand.batch, {"wants": errand.file, "worker": worker.address})
            is_wanted = _wanted(errand)
            while not delivery.has_come.wait(_SECONDS_BETWEEN_LOOKS):
                if not is_wanted():
                    return Return(0)
            exit_code = _watched(errand, Job(errand.name, delivery.copy / file.name))
            found = changes_since(delivery.seen, delivery.copy)
            return Return(exit_code, found[0] if found else Changes())
        finally:
            del _deliveries[errand.file]


def deliver(file: str, changes: Changes) -> None:
    """Bring the folder of a job to this worker."""
    delivery = _deliveries.get(file)
    if delivery is not None and not delivery.has_come.is_set():
        make_changes(delivery.copy, changes)
        delivery.seen = marks_of(delivery.copy)
        delivery.has_come.set()


def fetch(file: str, seen: Marks | None) -> tuple[Changes, Marks] | None:
    """What a job on this worker has changed since it came, or since it was fetched last.

    Args:
        file: the job's file where the user is.
        seen: what the last fetch has answered, which is then known to have come home.
    """
    delivery = _deliveries.get(file)
    if delivery is None or not delivery.has_come.is_set():
        return None
    delivery.seen = delivery.seen if seen is None else seen
    return changes_since(delivery.seen, delivery.copy)


def stop(batch: str, *, at_once: bool = False) -> None:
    """Begin no further job of a batch here, and ask those at work to end."""
    _stopped.add(batch)
    if at_once:
        _killed.add(batch)


def _watched(errand: Errand, job: Job) -> int:
    """Carry a job out in a process; it ends when the errand is no longer wanted."""
    is_wanted, worker = _wanted(errand), get_worker()
    with _gpus.taken(errand.num_gpus, is_wanted) as devices, ThreadPoolExecutor(1) as pool:
        children = ChildProcesses(
            errand.num_threads,
            lambda line: worker.log_event(errand.batch, {"line": line}),
            lambda: not is_wanted(),
            {_DEVICES: ",".join(devices)} if devices else {},
        )
        deadline = time.monotonic() + _SECONDS_FOR_A_LOCK
        while True:
            future = pool.submit(children.carry_out, job)
            while not future.done():
                time.sleep(_SECONDS_BETWEEN_LOOKS)
                if not is_wanted():
                    children.terminate()
                if errand.batch in _killed:
                    children.kill()
            exit_code = future.result().exit_code
            # the process of a worker that died may still be saving
            if exit_code != os.EX_TEMPFAIL or time.monotonic() > deadline:
                return exit_code


def _wanted(errand: Errand) -> Callable[[], bool]:
    """Whether the task at work in this thread is still waited for; who asked for it may be gone."""
    worker = get_worker()
    key = worker.get_current_task()

    def is_wanted() -> bool:
        task = worker.state.tasks.get(key)
        is_waited_for = task is not None and task.state == "executing"
        return is_waited_for and worker.status not in _ENDING and errand.batch not in _stopped

    return is_wanted


class _Gpus:
    """The GPUs of this worker, each for one job at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[str] | None = None

    @contextmanager
    def taken(self, number: int, is_wanted: Callable[[], bool]) -> Iterator[list[str]]:
        """Have some of them; the scheduler sends no more jobs than there are GPUs for."""
        devices: list[str] = []
        while number and len(devices) < number and is_wanted():
            with self._lock:
                self._free = _visible_gpus() if self._free is None else self._free
                if len(self._free) >= number:
                    devices, self._free = self._free[:number], self._free[number:]
                    break
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        try:
            yield devices
        finally:
            with self._lock:
                self._free = None if self._free is None else sorted([*self._free, *devices])


def _visible_gpus() -> list[str]:
    visible = os.environ.get(_DEVICES)
    if visible:
        return visible.split(",")
    return [str(number) for number in range(int(get_worker().state.total_resources["GPU"]))]


_gpus = _Gpus()
