"""What docs/cross-validation.md says of folds is what the schema and the recipes say."""

import re
from pathlib import Path
from typing import get_args

from framework.application import check
from framework.recipe.blocks import CrossValidation
from framework.runs.parts import trained_plans

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cross-validation.md").read_text(encoding="utf-8")


def test_recipe_of_the_page_trains_every_fold_and_once_more(tmp_path):
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(text, encoding="utf-8")
    assert [plan.fold for plan in trained_plans(check(recipe))] == [*range(10), None]


def test_everything_that_can_be_kept_has_its_row():
    kept = get_args(CrossValidation.model_fields["keep"].annotation)
    assert re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE) == list(kept)
