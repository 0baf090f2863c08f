"""How a run stands, told to people."""

from collections.abc import Sequence

from framework.cli.messages import Cell, number_text, say, say_facts, say_table
from framework.runs.records import OVER, RunRecord


def say_result(record: RunRecord, **more: str | Sequence[str]) -> None:
    """Print test metrics, how the run ended, what was kept, where everything is, and more.

    Of a run with parts they come below a table of these, with mean and standard deviation.
    """
    if record.parts:
        _say_parts(record)
        say()
    if record.test:
        say_table(["test metric", "value"], list(record.test.items()))
        say()
    elif record.values and not record.parts:  # a fold measures nothing on the test images
        say_table(["metric", "value"], list(record.values.items()))
        say()
    facts: dict[str, str | Sequence[str]] = {
        "status": _status_text(record),
        "kept": _kept_text(record),
        "note": record.note,
        "run": str(record.directory),
        "report": "" if record.report is None else str(record.report),
        "pictures": [str(path) for path in record.pictures],
        "trackers": [f"{name}: {line}" for name, line in record.trackers.items() if line],
    }
    say_facts(facts | more)


def next_step(record: RunRecord) -> str:
    """The command that takes the run further."""
    if record.status in OVER:
        return f"train again with: framework run {record.directory} --new"
    return f"continue with: framework run {record.directory}"


def _say_parts(record: RunRecord) -> None:
    spreads = record.spreads
    rows: list[list[Cell]] = [
        [
            part.directory.name,
            part.status,
            f"{part.epoch}/{part.num_epochs}",
            "" if part.best is None else str(part.best.epoch),
            *(number_text(part.values[name]) for name in spreads),
        ]
        for part in record.parts
    ]
    if spreads:
        means = [f"{number_text(s.mean)} ± {s.sd:.2g}" for s in spreads.values()]
        rows.append(["mean ± sd", "", "", "", *means])
    kind = record.parts[0].directory.name.partition("-")[0]
    say_table([kind, "status", "epochs", "kept", *spreads], rows)


def _status_text(record: RunRecord) -> str:
    reason = f": {record.reason}" if record.reason else ""
    if record.parts:
        over = sum(part.status in OVER for part in record.parts)
        return f"{record.status}, {over} of {len(record.parts)} parts done{reason}"
    return f"{record.status} after {record.epoch} of {record.num_epochs} epochs{reason}"


def _kept_text(record: RunRecord) -> str:
    best = record.best
    if best is None:
        return record.kept
    if record.kept:
        found = "" if best.value is None else f", {best.metric} {number_text(best.value)}"
        return f"{record.kept}, epoch {best.epoch}{found}"
    if best.value is None:
        return f"epoch {best.epoch}, the last"
    return f"epoch {best.epoch}, {best.metric} {number_text(best.value)}"
