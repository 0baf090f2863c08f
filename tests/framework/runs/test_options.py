from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from framework.runs.options import Options


def test_options_refuse_nothing_and_force_nothing_unless_asked_to():
    options = Options()
    assert options.runs_directory == Path("runs")
    given = (options.is_new, options.is_exact, options.is_forced, options.allows_data_change)
    assert not any(given)
    with pytest.raises(FrozenInstanceError):
        options.is_forced = True
