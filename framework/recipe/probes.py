"""Draws that show the corners of a search's space: its ends, every choice, and some between."""

from collections.abc import Iterator, Sequence
from functools import partial
from math import exp, log
from random import Random

from framework.search_spaces import Choose, Dimension, Drawn

_NUM_RANDOM = 12


def probes(dimensions: Sequence[Dimension]) -> Iterator[Choose]:
    """Draw the smallest values, the largest, every choice once, and some draws at random.

    Args:
        dimensions: all that is drawn.
    """
    yield Choose(first_of)
    yield Choose(last_of)
    for number in range(max((len(d.choices) for d in dimensions), default=0)):
        yield Choose(partial(_numbered, number=number))
    random = Random(0)  # noqa: S311  which draws are looked at is no secret
    for _ in range(_NUM_RANDOM):
        yield Choose(partial(random_of, random=random))


def first_of(dimension: Dimension) -> Drawn:
    """The first of its choices, or its smallest number."""
    return dimension.choices[0] if dimension.choices else dimension.low


def last_of(dimension: Dimension) -> Drawn:
    """The last of its choices, or its largest number."""
    return dimension.choices[-1] if dimension.choices else dimension.high


def random_of(dimension: Dimension, random: Random) -> Drawn:
    """Any of its values."""
    values = None if dimension.is_log else dimension.values
    if values is not None:
        return random.choice(values)
    if not dimension.is_log:
        return random.uniform(dimension.low, dimension.high)
    number = exp(random.uniform(log(dimension.low), log(dimension.high)))
    return round(number) if dimension.is_integer else number


def _numbered(dimension: Dimension, number: int) -> Drawn:
    return (
        dimension.choices[number % len(dimension.choices)] if dimension.choices else dimension.low
    )
