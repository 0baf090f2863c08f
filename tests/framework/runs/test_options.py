from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from framework.runs.options import Options


def test_options_refuse_nothing_and_force_nothing_unless_asked_to():
    options = Options()
    assert options.runs_directory == Path("runs")
    assert not (options.is_new or options.is_exact or options.is_forced)
    assert not options.allows_data_change
    with pytest.raises(FrozenInstanceError):
        options.is_forced = True
