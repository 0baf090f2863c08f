"""What trackers are told of a search as a whole: a table of its trials, and pictures of them."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import accumulate

import numpy as np
from jaxtyping import UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from framework.runs.search.findings import SearchFindings
from framework.runs.search.found_trials import FoundTrial
from framework.trackers import Value

_DOTS_PER_INCH = 120
_SIZE_INCHES = (4.0, 2.6)
_NUM_COLUMNS = 3
_NUM_DIMENSIONS = 12
_LONGEST_NAME = 40


def table_of(findings: SearchFindings) -> tuple[list[str], list[list[Value]]]:
    """Columns and rows of a table: what each trial has drawn, what it is worth, how it ended.

    Draws that could not be trained are in it, too, with the reason.
    """
    aims = [sought.name for sought in findings.sought]
    names = findings.parameter_names
    columns = ["trial", "ending", *aims, *names, "epochs", "minutes", "reason"]
    return columns, [_row(trial, len(aims), names) for trial in findings.trials]


def pictures_of_search(findings: SearchFindings) -> dict[str, UInt8[np.ndarray, "_ _ 3"]]:
    """Pictures of a search: for each objective its history, what matters and each dimension.

    Args:
        findings: with importances, if they are to be shown.
    """
    complete = findings.of("complete")
    pictures = {}
    for place, sought in enumerate(findings.sought if complete else ()):
        end = f"/{sought.name}" if len(findings.sought) > 1 else ""
        pictures[f"search/history{end}"] = _history(findings, place)
        pictures[f"search/dimensions{end}"] = _dimensions(findings, place)
        if findings.importances and findings.importances[place]:
            pictures[f"search/importances{end}"] = _importances(findings.importances[place])
    return pictures


def _row(trial: FoundTrial, num_aims: int, names: Sequence[str]) -> list[Value]:
    values: list[Value] = [*trial.values] or [None] * num_aims
    drawn = [_plain(trial.parameter(name)) for name in names]
    epochs = max(trial.curve, default=None)
    name = trial.run or str(trial.number)
    return [name, trial.ending, *values, *drawn, epochs, trial.minutes, trial.reason]


def _plain(value: object) -> Value:
    if value is None or isinstance(value, int | float | str):
        return value
    return str(value)


def _history(findings: SearchFindings, place: int) -> UInt8[np.ndarray, "_ _ 3"]:
    """The value of every trial in their order, and the best so far."""
    trials, sought = findings.of("complete"), findings.sought[place]
    values = [trial.values[place] for trial in trials]
    allowed = [trial for trial in trials if trial.is_allowed]
    best = accumulate((t.values[place] for t in allowed), min if sought.sign > 0 else max)
    figure = Figure((6.0, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([trial.number for trial in trials], values, "o", markersize=4, label="trial")
    axes.step([trial.number for trial in allowed], [*best], where="post", label="best so far")
    axes.set(xlabel="trial", ylabel=sought.name)
    axes.legend()
    return _pixels(figure)


def _importances(importances: Mapping[str, float]) -> UInt8[np.ndarray, "_ _ 3"]:
    figure = Figure((6.0, 1.0 + 0.3 * len(importances)), layout="constrained")
    axes = figure.add_subplot()
    names = [name[-_LONGEST_NAME:] for name in importances]
    axes.barh(names[::-1], [*importances.values()][::-1])
    axes.set(xlabel="share of what tells the best trials from the others")
    return _pixels(figure)


def _dimensions(findings: SearchFindings, place: int) -> UInt8[np.ndarray, "_ _ 3"]:
    """The value of every trial over each of the dimensions that matter most."""
    known = findings.importances[place] if findings.importances else {}
    rest = (name for name in findings.parameter_names if name not in known)
    names = [*known, *rest][:_NUM_DIMENSIONS]
    num_rows = -(-len(names) // _NUM_COLUMNS)
    width, height = _SIZE_INCHES
    figure = Figure(
        (width * min(len(names), _NUM_COLUMNS), height * num_rows), layout="constrained"
    )
    for number, name in enumerate(names):
        axes = figure.add_subplot(num_rows, min(len(names), _NUM_COLUMNS), number + 1)
        _dimension(axes, findings, place, name)
    return _pixels(figure)


def _dimension(axes: Axes, findings: SearchFindings, place: int, name: str) -> None:
    drawn = [(_plain(trial.parameter(name)), trial) for trial in findings.of("complete")]
    if any(isinstance(value, str) or value is None for value, _ in drawn):
        drawn = [(str(value), trial) for value, trial in drawn]
    elif name in findings.log_parameters:
        axes.set_xscale("log")
    axes.plot([v for v, _ in drawn], [t.values[place] for _, t in drawn], "o", markersize=4)  # type: ignore[arg-type]
    axes.set(xlabel=name[-_LONGEST_NAME:], ylabel=findings.sought[place].name)


def _pixels(figure: Figure) -> UInt8[np.ndarray, "_ _ 3"]:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=_DOTS_PER_INCH)
    with Image.open(buffer) as picture:
        return np.asarray(picture.convert("RGB"))
