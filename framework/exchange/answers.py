"""What an operation has answered, as arrays, pictures and tables."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, isqrt
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped, UInt8
from PIL import Image

from framework.contracts import DataInfo
from framework.errors import Fault, StorageError
from framework.operations import Answers
from framework.storage import make_folder, write_durably

_FORMS: dict[Answers, tuple[str, ...]] = {
    "images": ("", ".png", ".npy"),
    "codes": (".csv", ".npy"),
    "probabilities": (".csv", ".npy"),
    "scores": (".csv", ".npy"),
}
"""Suffixes of what each kind of answer can be written to; none is a folder."""

_WORDS = {"": "a folder", ".png": "FILE.png", ".npy": "FILE.npy", ".csv": "FILE.csv"}
_MODES = {1: "L", 3: "RGB"}
_GAP_PIXELS = 2


@dataclass(frozen=True)
class Answered:
    """The answers of an operation, one for each name.

    Attributes:
        names: what each belongs to.
        values: the answers.
        kind: what they are.
        data: the data that the run was trained on.
        num_columns: how many images of a sheet stand side by side; by default it is about square.
    """

    names: tuple[str, ...]
    values: Shaped[np.ndarray, "batch *axes"]
    kind: Answers
    data: DataInfo
    num_columns: int | None = None

    def table(self) -> tuple[list[str], list[list[str | float]]]:
        """Headers and rows: a name, for probabilities the likeliest class, and the numbers."""
        rows = self.values.reshape(len(self.values), -1)
        names = self._columns(rows.shape[1])
        numbers = [[_number(value) for value in row] for row in rows]
        if self.kind != "probabilities":
            together = zip(self.names, numbers, strict=True)
            return ["image", *names], [[name, *row] for name, row in together]
        headers = ["image", "prediction", *names]
        likeliest = [names[place] for place in rows.argmax(1)]
        with_classes = zip(self.names, likeliest, numbers, strict=True)
        return headers, [[name, first, *row] for name, first, row in with_classes]

    def records(self) -> list[dict[str, str | float]]:
        """The rows of the table, each number under its header."""
        headers, rows = self.table()
        return [dict(zip(headers, row, strict=True)) for row in rows]

    def csv_text(self) -> str:
        """The table as comma-separated values."""
        headers, rows = self.table()
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([headers, *rows])
        return buffer.getvalue()

    def _columns(self, num_columns: int) -> list[str]:
        if self.kind == "scores" and num_columns == 1:
            return ["score"]
        if self.kind == "probabilities" and len(self.data.class_names) == num_columns:
            return list(self.data.class_names)
        stem = {"probabilities": "class", "scores": "score"}.get(self.kind, "code")
        return [f"{stem}-{place}" for place in range(num_columns)]


def form_faults(out: Path | None, kind: Answers, data: DataInfo) -> list[Fault]:
    """What keeps answers of a kind from being written to a path; None is a table on the screen."""
    forms = _FORMS[kind]
    if kind == "images" and data.image_shape[0] not in _MODES:
        forms = (".npy",)
    wanted = f"write -o with {' or '.join(_WORDS[form] for form in forms)}"
    if out is None:
        if ".csv" in forms:
            return []
        return [Fault("U007", f"{kind} cannot be printed", key="-o", hint=wanted)]
    if _form(out) in forms:
        return []
    form = _WORDS.get(_form(out), f"'{_form(out)}'")
    message = f"{kind} cannot be written to {form}"
    return [Fault("U007", message, key="-o", place=str(out), hint=wanted)]


def require_free(out: Path, names: Sequence[str]) -> None:
    """Refuse to replace files.

    Raises:
        StorageError: names every file that is there already.
    """
    taken = [path for path in _destinations(out, names) if path.exists()]
    if taken:
        hint = "choose another name, or replace with --overwrite"
        message = "the file exists already"
        raise StorageError(Fault("S053", message, place=str(path), hint=hint) for path in taken)


def write_answers(answered: Answered, out: Path) -> list[Path]:
    """Write answers in the form that a path asks for: folder, `.png`, `.npy` or `.csv`.

    A folder gets a PNG file for each image, a `.png` all of them on one sheet.

    Returns:
        The files written.

    Raises:
        StorageError: the disk does not take them.
    """
    paths = _destinations(out, answered.names)
    ways: dict[str, Callable[[], list[bytes]]] = {
        "": lambda: [_png(pixels) for pixels in _pixels(answered)],
        ".png": lambda: [_png(_sheet(_pixels(answered), answered.num_columns))],
        ".npy": lambda: [_npy(answered.values)],
        ".csv": lambda: [answered.csv_text().encode()],
    }
    for path, content in zip(paths, ways[_form(out)](), strict=True):
        make_folder(path.parent)
        write_durably(path, content)
    return paths


def _number(value: Any) -> float:
    """A number with no more digits than tell it apart from its neighbours of the same type."""
    return int(value) if isinstance(value, np.integer) else float(str(value))


def _form(out: Path) -> str:
    return "" if out.is_dir() else out.suffix.lower()


def _destinations(out: Path, names: Sequence[str]) -> list[Path]:
    return [out] if _form(out) else [out / f"{name}.png" for name in names]


def _pixels(answered: Answered) -> UInt8[np.ndarray, "batch height width channels"]:
    images: Float[np.ndarray, "batch channels height width"] = answered.values
    low, high = answered.data.value_range
    scaled = ((images - low) * (255 / (high - low))).round().clip(0, 255)
    return np.moveaxis(np.nan_to_num(scaled).astype(np.uint8), 1, 3)


def _sheet(
    pixels: UInt8[np.ndarray, "batch height width channels"], num_columns: int | None
) -> UInt8[np.ndarray, "_ _ channels"]:
    """All images on one white sheet, row by row."""
    num, height, width, channels = pixels.shape
    columns = num_columns or isqrt(num - 1) + 1
    rows = ceil(num / columns)
    step_down, step_right = height + _GAP_PIXELS, width + _GAP_PIXELS
    shape = (rows * step_down - _GAP_PIXELS, columns * step_right - _GAP_PIXELS, channels)
    sheet = np.full(shape, 255, dtype=np.uint8)
    for place, image in enumerate(pixels):
        top, left = step_down * (place // columns), step_right * (place % columns)
        sheet[top : top + height, left : left + width] = image
    return sheet


def _png(pixels: UInt8[np.ndarray, "height width channels"]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels.squeeze(2) if pixels.shape[2] == 1 else pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _npy(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()
