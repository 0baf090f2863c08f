"""Jobs that are on their way through a cluster, and their folders where the disk is another."""

import concurrent.futures
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from distributed import Client, Future, KilledWorker

from framework.errors import Fault, StorageError
from framework.executors.errands import Errand, carry_out_errand, deliver, fetch, stop
from framework.executors.folders import Changes, Marks, changes_since, make_changes
from framework.jobs import Job, Outcome

_SECONDS_BETWEEN_LOOKS = 0.1
_SECONDS_BETWEEN_FETCHES = 10.0
_SECONDS_TO_ANSWER = 60
_KILLED = -9
_MARK = ".home-"
_GPU = "GPU"

Fetch = concurrent.futures.Future[tuple[Changes, Marks] | None]


@dataclass
class Campaign:
    """Jobs on their way, and the folders of those that are carried out on another disk."""

    client: Client
    report: Callable[[str], None]
    num_threads: int
    num_gpus: int
    batch: str = field(default_factory=lambda: secrets.token_hex(8))
    _wanting: dict[str, str] = field(default_factory=dict)
    _away: dict[str, tuple[str, Marks | None]] = field(default_factory=dict)
    _fetching: dict[str, Fetch] = field(default_factory=dict)
    _fetched_at: float = 0.0
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4))

    def carry_out(self, jobs: Sequence[Job], is_stopped: Callable[[], bool]) -> list[Outcome]:
        """Carry jobs out, looking after them until all have ended."""
        self.client.subscribe_topic(self.batch, self._hear)
        with _marked(jobs, f"{_MARK}{self.batch}") as mark:
            futures = [self._submitted(job, mark) for job in jobs]
            try:
                while any(future.status == "pending" for future in futures):
                    time.sleep(_SECONDS_BETWEEN_LOOKS)
                    self._look_after(is_stopped=is_stopped())
            except BaseException:  # a second Ctrl-C: nobody waits for what is being saved
                self._tell_all_to_stop(at_once=True)
                raise
            finally:
                self._pool.shutdown(wait=False, cancel_futures=True)
            return [self._outcome(job, future) for job, future in zip(jobs, futures, strict=True)]

    def _submitted(self, job: Job, mark: str) -> "Future[Any]":
        file = str(job.file.resolve())
        how = self.num_threads, self.num_gpus, job.shares_files
        errand = Errand(self.batch, job.name, file, mark, *how)
        resources = {_GPU: self.num_gpus} if self.num_gpus else None
        key = f"{job.name}-{secrets.token_hex(8)}"
        return self.client.submit(carry_out_errand, errand, key=key, resources=resources)

    def _hear(self, event: tuple[float, Mapping[str, str]]) -> None:
        _, words = event
        if "wants" in words:
            self._wanting[words["wants"]] = words["worker"]
        else:
            self.report(words["line"])

    def _look_after(self, *, is_stopped: bool) -> None:
        if is_stopped:
            self._tell_all_to_stop()
        for file in list(self._wanting):
            self._send(file, self._wanting.pop(file))
        for file in [file for file, fetching in self._fetching.items() if fetching.done()]:
            self._receive(file, self._fetching.pop(file).result())
        if self._away and time.monotonic() - self._fetched_at > _SECONDS_BETWEEN_FETCHES:
            for file in self._away.keys() - self._fetching.keys():
                # in a thread: a worker that has just died is waited for, for half a minute
                worker, seen = self._away[file]
                self._fetching[file] = self._pool.submit(self._on, worker, fetch, file, seen)
            self._fetched_at = time.monotonic()

    def _tell_all_to_stop(self, *, at_once: bool = False) -> None:
        with suppress(OSError, TimeoutError, ValueError):
            self.client.run(partial(stop, at_once=at_once), self.batch, on_error="ignore")

    def _send(self, file: str, worker: str) -> None:
        found = changes_since({}, Path(file).parent)
        if found is not None:
            self._on(worker, deliver, file, found[0])
            self._away[file] = worker, None
            self._fetching.pop(file, None)  # of a worker that is gone

    def _receive(self, file: str, found: tuple[Changes, Marks] | None) -> None:
        """Take home what a job on another disk has changed; None where its worker has died."""
        if found is not None:
            changes, marks = found
            make_changes(Path(file).parent, changes)
            self._away[file] = self._away[file][0], marks

    def _on(self, worker: str, function: Callable[..., Any], *values: Any) -> Any:
        """Call a function in a worker; None where that cannot be reached."""
        with suppress(OSError, TimeoutError, ValueError):
            answers = self.client.run(function, *values, workers=[worker], on_error="ignore")
            return answers.get(worker)
        return None

    def _outcome(self, job: Job, future: "Future[Any]") -> Outcome:
        if future.status == "finished":
            returned = future.result(timeout=_SECONDS_TO_ANSWER)
            make_changes(job.file.parent, returned.changes)
            return Outcome(job, returned.exit_code)
        error = future.exception(timeout=_SECONDS_TO_ANSWER) if future.status == "error" else None
        if isinstance(error, KilledWorker):
            self.report(f"{job.name}  its worker died, and so did those that took it over")
            return Outcome(job, _KILLED)
        reason = "is gone" if error is None else f"cannot carry jobs out ({error})"
        hint = "the same command goes on; workers need the same ignite-framework as is used here"
        place = self.client.scheduler.address if self.client.scheduler else "dask"
        raise StorageError(Fault("E083", f"the cluster {reason}", place=place, hint=hint))


@contextmanager
def _marked(jobs: Sequence[Job], name: str) -> Iterator[str]:
    """Lay a file beside each job by which a worker sees whether its disk is the same."""
    folders = {job.file.parent for job in jobs}
    for folder in folders:
        for left_behind in folder.glob(f"{_MARK}*"):
            left_behind.unlink(missing_ok=True)
        (folder / name).touch()
    try:
        yield name
    finally:
        for folder in folders:
            (folder / name).unlink(missing_ok=True)
