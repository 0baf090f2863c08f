"""What docs/plugins.md shows works as it stands."""

import re
import tomllib
from pathlib import Path

import pytest

from framework.application import check, run
from framework.discovery import discover
from framework.hookspecs import KINDS
from framework.recipe import resolution

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")


def test_first_plugin_provides_its_network(tmp_path):
    first, *_ = blocks("python")
    component = discover([write(tmp_path, first)], with_installed=False).find(
        "network", "linear_encoder"
    )
    assert component.parameters.positional == ("data",)
    assert component.parameters.names == ("latent_dim",)
    assert component.parameters.validate({}).values == {"latent_dim": 16}


def test_first_plugin_is_under_twenty_lines_of_code():
    first, *_ = blocks("python")
    assert len([line for line in first.splitlines() if line.strip()]) < 20


def test_recipe_trains_with_the_grown_plugin(tmp_path):
    plugin = write(tmp_path, "\n\n".join(blocks("python")))
    recipe = tmp_path / "linear.yaml"
    recipe.write_text(blocks("yaml")[0], encoding="utf-8")
    assert check(recipe, plugins=[plugin]).num_parameters == 784 * 8 + 8 + 8 * 784 + 784
    record = run(recipe, plugins=[plugin], runs_directory=tmp_path / "runs", device="cpu")
    assert record.status == "finished"
    assert record.name == "linear"
    assert 0 < record.test["mse"] < 0.2


def test_every_hook_has_its_row():
    assert re.findall(r"^\| `(provide_\w+)` \|", PAGE, flags=re.MULTILINE) == list(KINDS.values())


def test_rows_say_what_a_factory_may_ask_for():
    cells = dict(re.findall(r"^\| `(provide_\w+)` \|.*\|(.*)\|$", PAGE, flags=re.MULTILINE))
    for kind, hook in KINDS.items():
        assert re.findall(r"`(\w+)`", cells[hook]) == list(resolution._GIVEN[kind])
        assert ("by name" in cells[hook]) == (kind in resolution._TAKES_NETWORKS)


def test_entry_point_is_in_the_group_that_is_searched():
    shown = tomllib.loads(blocks("toml")[0])["project"]
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert shown["entry-points"].keys() == ours["entry-points"].keys()
    assert shown["dependencies"] == [ours["name"]]


@pytest.mark.parametrize("value", ["0", "'16'"])
def test_values_that_the_page_says_are_refused_are(tmp_path, value):
    plugin = write(tmp_path, "\n\n".join(blocks("python")))
    recipe = tmp_path / "linear.yaml"
    recipe.write_text(blocks("yaml")[0].replace("latent_dim: 8", f"latent_dim: {value}"))
    with pytest.raises(Exception, match=r"linear\.yaml:4:.*latent_dim: expected an integer"):
        check(recipe, plugins=[plugin])


def write(folder: Path, text: str) -> Path:
    path = folder / "my_model.py"
    path.write_text(text, encoding="utf-8")
    return path


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
