"""What an unquoted word in a recipe means: the core schema of YAML 1.2, less leading zeros."""

import re

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
_LONGEST_NUMBER = 1000


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
            with more than 1,000 digits.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    if _OTHER_INTEGER.fullmatch(text):
        return int(_short(text), 0)
    if not _FLOAT.fullmatch(text):
        return text
    zeros = _LEADING_ZERO.fullmatch(_short(text))
    if zeros:
        number = "".join(zeros.groups())
        hint = f"write {number}, or '{text}' for text"
        raise RefusedScalar(f"{text} is a number with a leading zero", hint)
    return int(text) if _DECIMAL.fullmatch(text) else float(text)


def _short(number: str) -> str:
    if len(number) > _LONGEST_NUMBER:
        message = f"a number of {len(number)} characters; the limit is {_LONGEST_NUMBER}"
        raise RefusedScalar(message, "")
    return number
