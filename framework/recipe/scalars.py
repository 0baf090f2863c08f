"""What an unquoted word in a recipe means: the core schema of YAML 1.2, less leading zeros."""

import re
import sys
from collections.abc import Callable
from functools import partial

from framework.recipe.documents import Scalar

_CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OTHER_INTEGER = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"([-+]?)0+([0-9].*)")
_LONGEST_NUMBER = 1000  # Python refuses to read integers of more than 4,300 digits
_LONGEST_SHOWN = 60
_LARGEST_INTEGER = 2**63 - 1
_LARGEST_FLOAT = sys.float_info.max


class RefusedScalar(ValueError):  # noqa: N818  an answer, which the caller places
    """A word that means one thing to people and another to YAML.

    Attributes:
        hint: what to write instead.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def plain_scalar(text: str) -> Scalar:
    """The value of an unquoted word.

    >>> [plain_scalar(text) for text in ("1e-3", "no", "1:30", "2024-01-01", "1_000", "0x1f")]
    [0.001, 'no', '1:30', '2024-01-01', '1_000', 31]

    Raises:
        RefusedScalar: a number with a leading zero, which other YAML readers take for octal, or
            one that 64 bits cannot hold.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    if _OTHER_INTEGER.fullmatch(text):
        return _within_range(text, partial(int, base=0))
    if not _FLOAT.fullmatch(text):
        return text
    zeros = _LEADING_ZERO.fullmatch(text)
    if zeros:
        hint = f"write {''.join(zeros.groups())}, or '{text}' for text"
        raise RefusedScalar(f"{_cut(text)} is a number with a leading zero", _cut(hint))
    return _within_range(text, int if _DECIMAL.fullmatch(text) else float)


def _within_range(text: str, number: Callable[[str], int | float]) -> int | float:
    if len(text) <= _LONGEST_NUMBER:
        value = number(text)
        if abs(value) <= (_LARGEST_INTEGER if isinstance(value, int) else _LARGEST_FLOAT):
            return value
    raise RefusedScalar(f"{_cut(text)} is beyond the range of 64 bits", "")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
