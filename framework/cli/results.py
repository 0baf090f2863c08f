"""How a run stands, told to people."""

from collections.abc import Sequence

from framework.cli.messages import number_text, say, say_facts, say_table
from framework.runs.records import OVER, RunRecord


def say_result(record: RunRecord, **more: str | Sequence[str]) -> None:
    """Print test metrics, how the run ended, what was kept, where everything is, and more."""
    if record.test:
        say_table(["test metric", "value"], list(record.test.items()))
        say()
    facts: dict[str, str | Sequence[str]] = {
        "status": _status_text(record),
        "kept": _kept_text(record),
        "run": str(record.directory),
        "pictures": [str(path) for path in record.pictures],
    }
    say_facts(facts | more)


def next_step(record: RunRecord) -> str:
    """The command that takes the run further."""
    if record.status in OVER:
        return f"train again with: framework run {record.directory} --new"
    return f"continue with: framework run {record.directory}"


def _status_text(record: RunRecord) -> str:
    reason = f": {record.reason}" if record.reason else ""
    return f"{record.status} after {record.epoch} of {record.num_epochs} epochs{reason}"


def _kept_text(record: RunRecord) -> str:
    best = record.best
    if best is None:
        return ""
    if best.value is None:
        return f"epoch {best.epoch}, the last"
    return f"epoch {best.epoch}, {best.metric} {number_text(best.value)}"
