"""Reports of runs: the page of one, or several side by side."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from framework.reports.comparison_pages import write_comparison
from framework.reports.recipe_values import read_resolved
from framework.reports.run_pages import write_page, write_report
from framework.runs.records import OVER, REPORT, RunRecord, read_run
from framework.storage import remove_temporary_files

COMPARISON = "comparison.html"
"""Where several runs are compared, unless another file is named."""


def report_runs(runs: Sequence[str | Path], output: str | Path | None = None) -> Path:
    """Write the report of a run, or a page that compares several; answer where it is.

    Args:
        runs: run directories.
        output: the page; by default `report.html` in the directory of a single run, and
            `comparison.html` here for several. What is there is replaced.

    Raises:
        CheckpointError: one of them is no run directory, or a damaged one.
        StorageError: the disk does not take the page.
    """
    directories = [Path(run) for run in runs]
    place = None if output is None else Path(output)
    if len(directories) == 1:
        if _is_search(directories[0]):
            return _write(read_run(directories[0]), place or directories[0] / REPORT)
        return write_report(directories[0], place)
    return write_comparison(directories, place or Path(COMPARISON))


def report_if_over(run: Path, warn: Callable[[str], None]) -> None:
    """Write the report of a run if the run is over, and those that its parts do not have yet.

    A part that is over does not change any more, whatever becomes of the others, nor does its
    report. One that cannot be written is a warning: it is made of the run, and spoils none of it.

    Args:
        run: the run directory.
        warn: takes warnings.
    """
    try:
        for record in _to_be_reported(read_run(run)):
            remove_temporary_files(record.directory)  # of an attempt killed while it wrote this
            _write(record, record.directory / REPORT)
    except Exception as error:  # whatever a file of the run may hold
        reason = f"the report could not be written ({type(error).__name__}: {error})"
        warn(f"{run}: {reason}; try again with: framework report {run}")


def _is_search(directory: Path) -> bool:
    return read_resolved(directory).get("search") is not None


def _write(record: RunRecord, path: Path) -> Path:
    if not _is_search(record.directory):
        return write_page(record, path)
    from framework.reports.search_pages import write_search_page  # takes Optuna, a second

    return write_search_page(record, path)


def _to_be_reported(record: RunRecord) -> Iterator[RunRecord]:
    for part in record.parts:
        yield from (each for each in _to_be_reported(part) if each.report is None)
    if record.status in OVER:
        yield record
