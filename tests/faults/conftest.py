"""What the tests that interrupt runs share lies in tests/support."""

import sys
from pathlib import Path

SUPPORT = Path(__file__).parents[1] / "support"
sys.path.insert(0, str(SUPPORT))  # a test module cannot import another one
