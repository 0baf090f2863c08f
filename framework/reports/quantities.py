"""Measured numbers as people read them."""

from framework.runs.records import Spread

_MINUTE, _HOUR = 60, 3600
_LARGEST_COUNT = 1e12


def number_text(value: float) -> str:
    """A measured value with as many digits as are worth reading; a count in full."""
    is_count = float(value).is_integer() and abs(value) < _LARGEST_COUNT
    return f"{value:.0f}" if is_count else f"{value:.5g}"


def spread_text(spread: Spread) -> str:
    """Mean and standard deviation."""
    return f"{number_text(spread.mean)} ± {spread.sd:.2g}"


def duration_text(seconds: float) -> str:
    """A duration in its two largest units: `20 min 54 s`."""
    if seconds < _MINUTE:
        return f"{seconds:.2g} s"
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def change_text(before: float, after: float) -> str:
    """By how much a value has become smaller or larger: `63 % lower`."""
    if before == 0:
        return ""
    percent = f"{abs((after - before) / before):.3g}"
    share = float(percent) * 100
    if share == 0:
        return "unchanged"
    return f"{share:.3g} % {'lower' if after < before else 'higher'}"
