"""What was collected of a finished run, read back."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

RESULT = "result.json"
CURVES = "curves.csv"

Row = Mapping[str, float | str]


@dataclass(frozen=True)
class Measured:
    """A number, with its standard deviation where it is a mean over parts such as `3 seeds`."""

    value: float
    sd: float = 0.0
    parts: str = ""


@dataclass(frozen=True)
class Result:
    """A finished run.

    Attributes:
        folder: where its files are.
        content: what `result.json` says.
    """

    folder: Path
    content: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The run's name, which its folder has too."""
        return self.folder.name

    @cached_property
    def curves(self) -> Sequence[Row]:
        """A row per epoch, and per part where there are parts; a value not finite is missing."""
        with (self.folder / CURVES).open(encoding="utf-8", newline="") as file:
            return [_numbers(row) for row in csv.DictReader(file)]

    def curve(self, column: str, part: str = "") -> dict[int, float]:
        """A column by epoch; empty where it was not measured."""
        rows = (row for row in self.curves if row["part"] == part and column in row)
        return {int(row["epoch"]): float(row[column]) for row in rows}

    def measured(self, value: str) -> Measured | None:
        """A number of the run, such as `test/mse` or `figures/latent_quality/effective_rank`.

        Of a run with parts it is the mean over these, where each of them measured it; None where
        the run did not measure it.
        """
        if value.startswith("figures/"):
            _, figure, name = value.split("/", maxsplit=2)
            found = self.content["figures"].get(figure, {}).get(name)
            return None if found is None else Measured(found)
        spread = self.content["spreads"].get(value)
        if spread is not None:
            names = list(self.content["parts"])
            kind = names[0].partition("-")[0]
            return Measured(spread["mean"], spread["sd"], f"{len(names)} {kind}s")
        found = self.content["values"].get(value)
        return None if found is None else Measured(found)

    def picture(self, name: str) -> Path | None:
        """The file of a figure, where it was drawn."""
        path = self.folder / f"{name}.png"
        return path if path.is_file() else None

    @property
    def seconds_per_epoch(self) -> float:
        """Of its fastest epoch, which other work on the machine slowed least."""
        seconds = self.curve("seconds").values()
        return min(seconds, default=self.content["seconds"] / self.content["epochs"])


def read_results(folder: Path) -> dict[str, Result]:
    """Everything collected below a folder, by name."""
    files = sorted(folder.glob(f"results/*/{RESULT}"))
    results = [Result(file.parent, json.loads(file.read_bytes())) for file in files]
    return {result.name: result for result in results}


def _numbers(row: Mapping[str, str]) -> Row:
    return {
        name: text if name == "part" else float(text)
        for name, text in row.items()
        if text or name == "part"
    }
