"""What docs/search.md says of searches is what recipes and findings say."""

import re
from pathlib import Path
from typing import get_args

import pytest

from framework.application import check
from framework.runs.search.found_trials import Ending

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", RECIPES, ids=["first", "shared", "objectives"])
def test_recipes_of_the_page_can_be_planned(text, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(text, encoding="utf-8")
    assert check(recipe).recipe.search is not None


def test_every_ending_has_its_row():
    assert re.findall(r"^\| (\w+) \| ", PAGE, flags=re.MULTILINE)[1:] == list(get_args(Ending))
