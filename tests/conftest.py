"""What every test gets: one thread, so that two workers do not fight over two cores (and the bits
of a result do not depend on the machine). Set before torch is imported, and inherited by the
processes that a test starts.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
