"""How much of what could be repeated for ever is repeated: in daily work, per push, at night."""

import os

VARIABLE = "FRAMEWORK_TEST_TIER"
TIERS = ("fast", "default", "nightly")


def scaled(*, fast: int, default: int, nightly: int) -> int:
    """The number for the tier that the environment names: of kills, of fuzzed inputs and the like.

    Args:
        fast: for `make test-fast`.
        default: for `make test`.
        nightly: for `make test-nightly`.
    """
    numbers = dict(zip(TIERS, (fast, default, nightly), strict=True))
    return numbers[os.environ.get(VARIABLE, "default")]
