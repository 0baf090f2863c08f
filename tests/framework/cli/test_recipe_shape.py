import pytest

from framework.cli.recipe_shape import require_shape
from framework.errors import RecipeError


def test_good_recipe_passes():
    require_shape("quickstart", ["training.num_epochs=5"])


def test_all_faults_of_the_shape_come_at_once():
    with pytest.raises(RecipeError) as caught:
        require_shape("quickstart", ["training.num_epoch=5", "seed=-1"])
    assert len(caught.value.faults) == 2


def test_run_directory_is_no_recipe_and_passes(tmp_path):
    for name in ("state.json", "meta.json"):
        (tmp_path / name).write_text("{}")
    require_shape(str(tmp_path), [])
