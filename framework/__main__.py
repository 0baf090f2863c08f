"""`python -m framework`: the same as the command `framework`."""

import sys

from framework.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
