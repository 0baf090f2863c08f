"""What every test gets: one thread, so that two workers do not fight over two cores (and the bits
of a result do not depend on the machine). Set before torch is imported, and inherited by the
processes that a test starts.
"""

import os

from tiers import runs_in_this_tier

os.environ["OMP_NUM_THREADS"] = "1"


def pytest_collection_modifyitems(config, items):
    """Leave out what is not for the tier that the environment names."""
    left_out = [
        item
        for item in items
        if not runs_in_this_tier({marker.name for marker in item.iter_markers()})
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
