"""How a search gets on, as text: a table of its trials, or a line for each that is over."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from framework.cli.messages import number_text
from framework.runs.search.findings import SearchFindings
from framework.runs.search.found_trials import FoundTrial

_NUM_TRIALS = 10
_BLOCKS = "▁▂▃▄▅▆▇█"
_NUM_BLOCKS = 20
_COLORS = {"complete": "green", "pruned": "yellow", "failed": "red", "running": "cyan"}


def trial_line(trial: FoundTrial, findings: SearchFindings) -> str:
    """How a trial has ended, in one line."""
    words = {"pruned": "ended early", "infeasible": "cannot be trained", "surplus": "one too many"}
    parts = [f"trial {trial.number:04d}", words.get(trial.ending, trial.ending)]
    parts += [
        f"{sought.name} {number_text(value)}"
        for sought, value in zip(findings.sought, trial.values, strict=False)
    ]
    if trial.ending in {"failed", "infeasible"} or trial.violation > 0:
        parts.append(trial.reason)
    if trial in findings.best:
        parts.append("the best so far" if len(findings.sought) == 1 else "on the front")
    if trial.minutes is not None:
        parts.append(f"{trial.minutes:.1f} min")
    if trial.ending in {"complete", "pruned", "failed"}:
        parts.append(f"{findings.num_done} of {findings.num_trials} done")
    return "  ".join(parts)


def search_table(findings: SearchFindings, time_left: str = "") -> RenderableType:
    """The trials at work, the best, and the newest, with their curves so far.

    Args:
        findings: what the study holds.
        time_left: what is said of the time that the rest will take.
    """
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for header in ("trial", "", *(sought.name for sought in findings.sought), "epochs", "curve"):
        table.add_column(
            header, no_wrap=True, justify="left" if header in {"", "curve"} else "right"
        )
    for trial in _shown(findings):
        style = "bold" if trial in findings.best else _COLORS.get(trial.ending, "")
        values = [number_text(value) for value in trial.values] or [""] * len(findings.sought)
        epochs = str(max(trial.curve, default=""))
        cells = [
            f"{trial.number}",
            trial.ending,
            *values,
            epochs,
            sparkline([*trial.curve.values()]),
        ]
        table.add_row(*(Text(cell, style) for cell in cells))
    return Group(Text("  ".join(filter(None, (_summary(findings), time_left)))), table)


def trial_json(trial: FoundTrial) -> dict[str, Any]:
    """A trial as plain values."""
    times = {"started": trial.started, "ended": trial.ended}
    texts = {name: None if at is None else at.isoformat() for name, at in times.items()}
    return asdict(trial) | texts


def sparkline(values: Sequence[float]) -> str:
    """A curve in one line of text, from its smallest to its largest value."""
    drawn = values[-_NUM_BLOCKS:]
    if not drawn:
        return ""
    low, high = min(drawn), max(drawn)
    steps = [(value - low) / (high - low) if high > low else 0.0 for value in drawn]
    return "".join(_BLOCKS[round(step * (len(_BLOCKS) - 1))] for step in steps)


def _summary(findings: SearchFindings) -> str:
    counts = {
        "ended early": len(findings.of("pruned")),
        "failed": len(findings.of("failed")),
        "draws could not be trained": len(findings.of("infeasible")),
    }
    parts = [f"{findings.num_done} of {findings.num_trials} trials done"]
    found = ", ".join([*parts, *(f"{count} {what}" for what, count in counts.items() if count)])
    return f"{found} ({findings.limit})" if findings.limit else found


def _shown(findings: SearchFindings) -> list[FoundTrial]:
    """The best ones first, then those at work and the newest, as many as there is room for."""
    best = findings.best[: _NUM_TRIALS // 2]
    others = [trial for trial in findings.trials if trial not in best and trial.ending != "surplus"]
    at_work = [trial for trial in others if trial.ending == "running"]
    ended = [trial for trial in others if trial.ending not in {"running", "infeasible"}]
    chosen = [*at_work, *reversed(ended)][: _NUM_TRIALS - len(best)]
    return [*best, *sorted(chosen, key=lambda trial: trial.number)]
