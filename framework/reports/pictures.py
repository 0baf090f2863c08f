"""Pictures that travel inside a page."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from PIL import Image

from framework.reports.histories import trained_runs
from framework.reports.quantities import number_text
from framework.runs.records import RunRecord


@dataclass(frozen=True)
class EmbeddedFigure:
    """A figure of a run.

    Attributes:
        name: its name in the recipe.
        owner: whose figure it is, where several runs are shown; may be empty.
        source: the picture as a `data:` address; empty where its file is no picture.
        values: numbers that belong to it.
    """

    name: str
    owner: str
    source: str
    values: Mapping[str, str] = field(default_factory=dict)


def figures_of(record: RunRecord) -> dict[str, list[EmbeddedFigure]]:
    """The figures of a run by name; where only its parts have some, theirs side by side."""
    if record.pictures or not record.parts:
        return side_by_side({"": record})
    return side_by_side({_name_below(record, run): run for run in trained_runs(record)})


def side_by_side(records: Mapping[str, RunRecord]) -> dict[str, list[EmbeddedFigure]]:
    """The figures of several runs, by the name of the figure.

    Args:
        records: runs by their label.
    """
    figures: dict[str, list[EmbeddedFigure]] = {}
    for label, record in records.items():
        for path in record.pictures:
            figures.setdefault(path.stem, []).append(_embedded(path, label, record))
    return figures


def _embedded(path: Path, owner: str, record: RunRecord) -> EmbeddedFigure:
    data = path.read_bytes()
    source = f"data:image/png;base64,{b64encode(data).decode()}" if _is_picture(data) else ""
    values = record.figure_values.get(path.stem, {})
    texts = {name: "—" if v is None else number_text(v) for name, v in values.items()}
    return EmbeddedFigure(path.stem, owner, source, texts)


def _is_picture(data: bytes) -> bool:
    try:
        with Image.open(BytesIO(data), formats=["PNG"]) as picture:
            picture.verify()
    except (OSError, SyntaxError, ValueError):  # what Pillow raises of files that are none
        return False
    return True


def _name_below(record: RunRecord, run: RunRecord) -> str:
    return str(run.directory.relative_to(record.directory))
