"""Which runs of wandb a run directory has led to."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

FILE = "attempts.json"


@dataclass(frozen=True)
class Attempt:
    """One run of wandb.

    Attributes:
        id: its identifier at wandb.
        mode: `online` or `offline`.
        folders: what it is stored in, below the folder `wandb` of the run directory.
        is_sent: whether all of it has arrived.
        continues: the identifier of the run that it goes on with; empty for the first.
    """

    id: str
    mode: str
    folders: tuple[str, ...] = ()
    is_sent: bool = False
    continues: str = ""

    def stored_in(self, folder: str) -> "Attempt":
        """The attempt, which is going to write to one more folder."""
        return replace(self, folders=(*self.folders, folder), is_sent=False)


def next_attempt(attempts: Sequence[Attempt], mode: str) -> Attempt:
    """The same run where both were online, else a new one that is linked to the last.

    wandb cannot go on with a run that was only stored.
    """
    if not attempts:
        return Attempt(secrets.token_hex(4), mode)
    last = attempts[-1]
    if last.mode == mode == "online":
        return last
    return Attempt(f"{attempts[0].id}-{len(attempts) + 1}", mode, continues=last.id)


def read_attempts(folder: Path) -> list[Attempt]:
    """Read them, oldest first; none where there is no file, or a damaged one."""
    try:
        values = json.loads((folder / FILE).read_bytes())
        return [Attempt(**each | {"folders": tuple(each["folders"])}) for each in values]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def rows_not_sent(log: Path, *, first: int, last: int) -> list[dict[str, Any]]:
    """The rows of `metrics.jsonl` from one iteration to another, both included.

    wandb sends every fifteen seconds, and writes whole blocks: what it has when its process is
    killed is lost.
    """
    if not log.is_file():
        return []
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if first <= row["iteration"] <= last]


def write_attempts(folder: Path, attempts: Sequence[Attempt]) -> None:
    """Write them in one step.

    Raises:
        OSError: the folder cannot be written to.
    """
    text = json.dumps([asdict(each) for each in attempts], indent=2) + "\n"
    draft = folder / f".{FILE}"
    draft.write_text(text, encoding="utf-8")
    draft.replace(folder / FILE)
