"""The table of contents, and that nothing is imported before a run uses it."""

import subprocess
import sys

from framework_trackers.plugin import provide_trackers


def test_two_trackers_are_provided():
    assert sorted(provide_trackers()) == ["tensorboard", "wandb"]


def test_wandb_is_not_imported_where_no_recipe_names_it():
    code = "import sys, framework_trackers.plugin; sys.exit('wandb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
