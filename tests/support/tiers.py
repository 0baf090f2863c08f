"""How much of what could be repeated for ever is repeated: in daily work, per push, at night."""

import os

VARIABLE = "FRAMEWORK_TEST_TIER"
TIERS = ("fast", "default", "push", "nightly")
FIRST_TIERS = {"slow": "default", "thorough": "push", "nightly": "nightly"}
"""Marker → the first tier in which a test of it runs."""


def scaled(*, fast: int, default: int, nightly: int, push: int | None = None) -> int:
    """The number for the tier that the environment names: of kills, of fuzzed inputs and the like.

    Args:
        fast: for `make test-fast`.
        default: for `make test`.
        nightly: for `make test-nightly`.
        push: for `make test-campaigns`; as `default` where there is none.
    """
    numbers = dict(
        zip(TIERS, (fast, default, default if push is None else push, nightly), strict=True)
    )
    return numbers[tier()]


def tier() -> str:
    """The tier that the environment names."""
    return os.environ.get(VARIABLE, "default")


def runs_in_this_tier(markers: set[str]) -> bool:
    """Whether a test with these markers is one for the tier that the environment names."""
    firsts = [TIERS.index(FIRST_TIERS[marker]) for marker in markers & FIRST_TIERS.keys()]
    return max(firsts, default=0) <= TIERS.index(tier())
