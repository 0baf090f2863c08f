"""Processes that read images ahead of training."""

import multiprocessing
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

import torch
from jaxtyping import Int, UInt8
from torch import Tensor
from torch.utils.data import DataLoader

from framework.contracts import DataBundle, ImageSet
from framework.data.reading import Reading, unchanged
from framework.errors import DataError, Fault, StorageError
from framework.lazy_images import LazyImages

_REACH_ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_ENDING_SECONDS = 1.0
"""How long a process that no longer answers may take to be seen ending."""


class ReadAhead(LazyImages):
    """Lazy images, of which worker processes read the next batches while one is in use.

    The processes are started when they are first needed and serve one series of batches at a time,
    whoever asks: training, validation, the folds of a run in turn. A single batch is read at once,
    in this process. What is read does not depend on the number of processes.

    Args:
        images: what is read.
        num_workers: number of processes.
    """

    def __init__(self, images: LazyImages, num_workers: int) -> None:
        self._images, self._num_workers = images, num_workers
        self._series = _Series()
        self._loader: DataLoader[Any] | None = None
        self._workers: list[BaseProcess] = []

    def __len__(self) -> int:
        return len(self._images)

    def read(self, place: int) -> UInt8[Tensor, "channels height width"]:
        """Read one image in this process."""
        return self._images.read(place)

    def batches(
        self, batches: Iterable[Int[Tensor, " _"]]
    ) -> Iterator[UInt8[Tensor, "batch channels height width"]]:
        """Read one batch after the other, some of them ahead.

        Raises:
            DataError: as for any lazy images.
            StorageError: a worker process has died (E038).
            RuntimeError: another series was begun before this one was at its end.
        """
        series = list(batches)
        if len(series) < 2:  # noqa: PLR2004  one batch has no successor to read ahead
            yield from self._images.batches(series)
            return
        self._series.batches = series
        for answer in self._answers():
            if self._series.batches is not series:
                raise RuntimeError("batches of two series were asked for in turn")
            if not isinstance(answer, Tensor):
                raise DataError(answer)
            yield answer

    def close(self) -> None:
        """End the processes; they start again where they are needed again."""
        self._loader = None  # they end by themselves, unless an error still holds their batches
        for worker in self._workers:
            worker.kill()  # it listens to no other signal
            worker.join()
        self._workers = []

    def _answers(self) -> Iterator[Any]:
        try:
            yield from self._begun()
        except (RuntimeError, OSError, EOFError) as error:  # what torch says of it differs
            ended = wait([worker.sentinel for worker in self._workers], _ENDING_SECONDS)
            for worker in self._workers:
                if worker.sentinel in ended:
                    worker.join()  # it has closed its files, and is about to be gone
            faults = [_fault(n, self._workers) for n, w in enumerate(self._workers) if w.exitcode]
            if not faults:
                raise
            self.close()
            raise StorageError(faults) from error

    def _begun(self) -> Iterator[Any]:
        if self._loader is None:
            self._loader = DataLoader(
                Reading(self._images),
                batch_size=None,  # the series has batches already
                sampler=self._series,
                num_workers=self._num_workers,
                collate_fn=unchanged,
                multiprocessing_context="spawn",
                persistent_workers=True,
                generator=torch.Generator(),  # its own, so that the global one is left alone
            )
        others = multiprocessing.active_children()
        with _errors_only_when_asked(), _deaf_to_what_reaches_all():
            begun = iter(self._loader)
        started = [each for each in multiprocessing.active_children() if each not in others]
        self._workers = self._workers or started
        return begun


def read_ahead(bundle: DataBundle, num_workers: int) -> DataBundle:
    """Let worker processes read what is lazy about a data set; 0 leaves it as it is."""
    if not num_workers:
        return bundle
    splits = (
        ImageSet(ReadAhead(split.images, num_workers), split.labels)
        if isinstance(split.images, LazyImages)
        else split
        for split in (bundle.train, bundle.test)
    )
    return DataBundle(*splits)


def close_workers(bundle: DataBundle) -> None:
    """End the processes that read for a data set, if there are any."""
    for split in (bundle.train, bundle.test):
        if isinstance(split.images, ReadAhead):
            split.images.close()


class _Series:
    """The batches to read, as the loader's sampler: it looks at them anew in each iteration."""

    def __init__(self) -> None:
        self.batches: list[Tensor] = []

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self.batches)

    def __len__(self) -> int:
        return len(self.batches)


def _fault(number: int, workers: list[BaseProcess]) -> Fault:
    worker, code = workers[number], workers[number].exitcode or 0
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    message = f"worker {number + 1} of {len(workers)} that read images (pid {worker.pid}) {how}"
    hint = "the same command goes on from the last checkpoint"
    return Fault("E038", message, key="training.num_workers", hint=hint)


@contextmanager
def _deaf_to_what_reaches_all() -> Iterator[None]:
    """Let processes begin that no request to end can reach; their run decides when they end.

    Ctrl-C, a closing terminal and a scheduler that ends a job reach all processes at once, and the
    run still wants to finish an iteration. A mask holds from the first moment of a process on; this
    one is told afterwards of what came meanwhile.
    """
    resource_tracker.ensure_running()  # it would clear the mask when it begins
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _REACH_ALL)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _errors_only_when_asked() -> Iterator[None]:
    """Keep PyTorch from raising the death of a worker wherever the main thread happens to be.

    It would do so from a signal handler, in the midst of a save, say. Whoever waits for a batch is
    told all the same, after five seconds at most.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGCHLD)
    try:
        yield
    finally:
        signal.signal(signal.SIGCHLD, before)
