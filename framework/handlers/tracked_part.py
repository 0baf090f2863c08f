"""One run, or one part of a run, as its trackers are told of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import UInt8

from framework.handlers.tracker_fence import TrackerFence
from framework.trackers import TrackedArtifact, TrackedRun, Tracker, Value

Builder = tuple[TrackerFence, Callable[[], Tracker]]
"""The fence that a tracker is called through, and what builds it."""

_GRADIENT_NORM = "iteration/gradient_norm"


@dataclass(frozen=True)
class _Begun:
    """A tracker that has begun, behind its fence."""

    fence: TrackerFence
    tracker: Tracker

    def is_due_after(self, iteration: int) -> bool:
        every = self.tracker.every_num_iterations
        return every is not None and iteration % every == 0 and self.fence.has_time_to_spare

    def shows(self, epoch: int) -> bool:
        every = self.tracker.images_every_num_epochs
        return every is not None and (epoch == 1 or epoch % every == 0)


class TrackedPart:
    """The trackers of a run, or of one part of it.

    Args:
        builders: what builds each tracker.
        describe: what the trackers are told as they begin, after so many iterations.

    Attributes:
        has_begun: whether the trackers were asked to begin.
        where: the lines of the trackers that have begun, by their names.
    """

    def __init__(self, builders: Sequence[Builder], describe: Callable[[int], TrackedRun]) -> None:
        self._builders = builders
        self._describe = describe
        self._begun: list[_Begun] = []
        self.has_begun = False
        self.where: dict[str, str] = {}

    def start(self, *, iteration: int = 0) -> None:
        """Build the trackers and let them begin."""
        self.has_begun = True
        run = self._describe(iteration)
        for fence, build in self._builders:
            begun = fence.call("start", partial(_begin, build, run))
            if begun is not None:
                tracker, self.where[fence.name] = begun
                self._begun.append(_Begun(fence, tracker))

    def wants_iteration(self, iteration: int) -> bool:
        """Whether a tracker asks for a row after this iteration."""
        return any(each.is_due_after(iteration) for each in self._begun)

    def wants_gradient_norm(self, iteration: int) -> bool:
        """Whether that row shall hold the length of the gradient."""
        due = (each.tracker for each in self._begun if each.is_due_after(iteration))
        return any(tracker.wants_gradient_norm for tracker in due)

    def log_iteration(self, values: Mapping[str, float], *, iteration: int, epoch: int) -> None:
        """Hand a row within an epoch over to the trackers that ask for it."""
        for each in self._begun:
            if each.is_due_after(iteration):
                has_norm = each.tracker.wants_gradient_norm
                row = {k: v for k, v in values.items() if has_norm or _GRADIENT_NORM not in k}
                act = partial(each.tracker.log, row, iteration=iteration, epoch=epoch)
                each.fence.call("log", act, can_be_left_out=True)

    def log(self, values: Mapping[str, float], *, iteration: int, epoch: int) -> None:
        """Hand the row of an epoch over."""
        for each in self._begun:
            act = partial(each.tracker.log, dict(values), iteration=iteration, epoch=epoch)
            each.fence.call("log", act)

    def wants_images(self, epoch: int) -> bool:
        """Whether a tracker asks for pictures after this epoch; after the first they all do."""
        return any(each.shows(epoch) for each in self._begun)

    def show_training(
        self, pictures: Mapping[str, UInt8[np.ndarray, "_ _ 3"]], *, iteration: int, epoch: int
    ) -> None:
        """Hand pictures of the training over to the trackers that ask for them."""
        for each in self._begun:
            if each.shows(epoch):
                _show(each, pictures, iteration, epoch)

    def show(
        self, pictures: Mapping[str, UInt8[np.ndarray, "_ _ 3"]], *, iteration: int, epoch: int
    ) -> None:
        """Hand pictures of the end over."""
        for each in self._begun:
            _show(each, pictures, iteration, epoch)

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
        """Hand a table over."""
        for each in self._begun:
            lines = [list(row) for row in rows]
            each.fence.call("table", partial(each.tracker.table, name, list(columns), lines))

    def artifact(self, artifact: TrackedArtifact) -> None:
        """Hand files over, or tell what the run has made use of."""
        for each in self._begun:
            each.fence.call("artifact", partial(each.tracker.artifact, artifact))

    def finish(self, summary: Mapping[str, Value], *, status: str) -> None:
        """End; a second call does nothing."""
        for each in self._begun:
            each.fence.call(
                "finish",
                partial(each.tracker.finish, dict(summary), status=status),
                more_seconds=each.tracker.upload_seconds,
            )
        self._begun = []


def _begin(build: Callable[[], Tracker], run: TrackedRun) -> tuple[Tracker, str]:
    tracker = build()
    return tracker, tracker.start(run)


def _show(
    each: _Begun, pictures: Mapping[str, UInt8[np.ndarray, "_ _ 3"]], iteration: int, epoch: int
) -> None:
    for name, picture in pictures.items():
        act = partial(each.tracker.image, name, picture.copy(), iteration=iteration, epoch=epoch)
        each.fence.call("image", act)
