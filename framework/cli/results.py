"""How a run stands, told to people."""

from framework.cli.messages import number_text, say, say_facts, say_table
from framework.runs.records import OVER, RunRecord


def say_result(record: RunRecord) -> None:
    """Print test metrics, how the run ended, what was kept and where everything is."""
    if record.test:
        say_table(["test metric", "value"], list(record.test.items()))
        say()
    say_facts(
        {
            "status": status_text(record),
            "kept": kept_text(record),
            "run": str(record.directory),
            "pictures": [str(path) for path in record.pictures],
        }
    )


def status_text(record: RunRecord) -> str:
    """Status, epochs and the reason, as in `early_stopped after 37 of 100 epochs: …`."""
    reason = f": {record.reason}" if record.reason else ""
    return f"{record.status} after {record.epoch} of {record.num_epochs} epochs{reason}"


def kept_text(record: RunRecord) -> str:
    """The epoch whose weights are kept, with the value that decided; empty before there is one."""
    best = record.best
    if best is None:
        return ""
    if best.value is None:
        return f"epoch {best.epoch}, the last"
    return f"epoch {best.epoch}, {best.metric} {number_text(best.value)}"


def next_step(record: RunRecord) -> str:
    """The command that takes the run further."""
    if record.status in OVER:
        return f"train again with: framework run {record.directory / 'recipe.yaml'} --new"
    return f"continue with: framework run {record.directory}"
