"""Runs and their trackers: who tracks what, from the first iteration to the report."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from framework.handlers.tracked_part import TrackedPart
from framework.handlers.tracker_fence import TrackerFence
from framework.recipe.plans import Plan
from framework.runs.options import Options
from framework.runs.records import OVER, read_state
from framework.runs.tracked_facts import (
    described,
    outputs_of,
    parts_of_run,
    pictures_of,
    place_of,
    summary_of,
    used_by,
)
from framework.runs.tracker_records import TrackerRecord, write_tracker_records


@dataclass
class _Opened:
    """A run that is being tracked."""

    plan: Plan
    path: Path
    part: TrackedPart


class RunTracking:
    """The trackers of all runs of one command.

    One fence per tracker serves every run, so that errors and time add up. Nothing here raises:
    what goes wrong is a warning.

    Args:
        options: who takes lines and warnings.
    """

    def __init__(self, options: Options | None = None) -> None:
        self._options = options or Options()
        self._fences: dict[str, TrackerFence] = {}
        self._opened: list[_Opened] = []
        self._announced: set[str] = set()
        self._more: dict[Path, Callable[[TrackedPart], None]] = {}

    def open(self, plan: Plan, path: Path, *, gathers: bool = False) -> TrackedPart | None:
        """The trackers of a run, not begun yet; None where its recipe names none.

        Args:
            plan: the run's plan.
            path: its directory.
            gathers: whether it only gathers its parts.
        """
        if not plan.components.trackers:
            return None
        builders = [
            (self._fence(name), planned.build) for name, planned in plan.components.trackers.items()
        ]
        part = TrackedPart(builders, partial(described, plan, path, gathers=gathers))
        self._opened.append(_Opened(plan, path, part))
        return part

    def start(self, part: TrackedPart, *, iteration: int = 0) -> None:
        """Let the trackers of a run begin, and tell the user where to look."""
        with self._only_warns():
            part.start(iteration=iteration)
            (opened,) = [each for each in self._opened if each.part is part]
            for used in used_by(opened.plan, opened.path):
                part.artifact(used)
            self._record(opened)
            for name, where in part.where.items():
                line = f"{name}: {where}"
                if where and line not in self._announced:
                    self._announced.add(line)
                    self._options.announce(line)

    def tell_more(self, path: Path, act: Callable[[TrackedPart], None]) -> None:
        """Let trackers be told more of a run than its directory says, once it is over.

        Args:
            path: its directory.
            act: tells it.
        """
        self._more[path] = act

    def end(self, path: Path) -> None:
        """End the trackers of a run as its directory says that it stands."""
        for opened in [each for each in self._opened if each.path == path]:
            with self._only_warns():
                if not opened.part.has_begun and read_state(path).status in OVER:
                    self.start(opened.part)  # killed between its last epoch and its end
                self._tell(opened)
                opened.part.finish(summary_of(path), status=read_state(path).status)
                self._record(opened)
            self._opened.remove(opened)

    def gather(self, plan: Plan, path: Path) -> None:
        """Begin to track a run that gathers its parts, once all of them are over.

        The whole run ends with its report, by itself; a part that has parts, such as a trial with
        folds, is to be ended with `end`.
        """
        if read_state(path).status in OVER:
            part = self.open(plan, path, gathers=True)
            if part is not None:
                self.start(part)

    def close(self, plan: Plan, path: Path, *, gathers: bool = True) -> None:
        """Write the report of a run, and end all trackers with it.

        Args:
            plan: the plan of the whole run.
            path: its directory.
            gathers: whether it is for this process to show it as a whole.
        """
        with self._only_warns():
            if plan.has_parts and gathers:
                self.gather(plan, path)
            for opened in self._opened:
                self._record(opened)
        self._options.write_report(path)
        num_errors = self._num_errors
        for opened in list(self._opened):
            self.end(opened.path)
        if self._num_errors > num_errors:  # which the report has to say, too
            self._options.write_report(path)
        for fence in self._fences.values():
            fence.close()

    @property
    def _num_errors(self) -> int:
        return sum(len(each.errors) + bool(each.reason) for each in self._fences.values())

    def _fence(self, name: str) -> TrackerFence:
        if name not in self._fences:
            self._fences[name] = TrackerFence(name, self._options.warn)
        return self._fences[name]

    def _record(self, opened: _Opened) -> None:
        if not opened.part.has_begun:  # a refusal changes nothing in the directory
            return
        where = opened.part.where
        records = {
            name: TrackerRecord(
                component=dict(planned.plain),
                where=where.get(name, ""),
                errors=tuple(self._fences[name].errors),
                off=self._fences[name].reason,
            )
            for name, planned in opened.plan.components.trackers.items()
        }
        write_tracker_records(opened.path, records)

    def _tell(self, opened: _Opened) -> None:
        """Tell the trackers what a run that is over has led to."""
        part, path = opened.part, opened.path
        if read_state(path).status not in OVER:
            return
        iteration, epoch = place_of(path)
        part.show(pictures_of(path), iteration=iteration, epoch=epoch)
        columns, rows = parts_of_run(path)
        if rows:
            part.table("parts", columns, rows)
        if path in self._more:
            with self._only_warns():
                self._more[path](part)
        for made in outputs_of(path):
            part.artifact(made)

    @contextmanager
    def _only_warns(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._options.warn(f"warning: tracking: {type(error).__name__}: {error}")
