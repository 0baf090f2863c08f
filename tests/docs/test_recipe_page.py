"""What docs/recipes.md says of recipes is what the schema says; its recipes can be run."""

import json
import re
import shlex
from collections.abc import Collection
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from framework.application import check
from framework.recipe.schema import Recipe
from framework.wording import expected_words

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
SCHEMA = TypeAdapter(Recipe).json_schema()

DEFAULTS_OF_LOADING = {"name": "from the file", "extends": "none"}


def test_table_of_keys_is_the_schema():
    shown = {key: (expects, default) for key, expects, default in rows()}
    assert shown == dict(expected_rows())


def test_every_key_has_one_row_with_its_meaning():
    assert len(rows()) == len({key for key, *_ in rows()})
    meanings = re.findall(r"^\| `[\w.]+` \|[^|]*\|[^|]*\| (.*) \|$", PAGE, flags=re.MULTILINE)
    assert len(meanings) == len(rows())
    assert all(meanings)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(PAGE.count("```yaml")))
def test_recipes_of_the_page_pass_the_check(tmp_path, number):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(blocks("yaml")[number], encoding="utf-8")
    assert check(recipe).num_parameters > 0


def test_overrides_of_the_page_pass_the_check():
    commands = [shlex.split(line) for line in blocks("sh")[0].splitlines()]
    assert commands
    for program, command, recipe, *overrides in commands:
        assert (program, command) == ("framework", "run")
        assert check(recipe, overrides=overrides).num_parameters > 0


def rows() -> list[tuple[str, str, str]]:
    """Key, what it expects and its default, as the page's table has them."""
    return re.findall(r"^\| `([\w.]+)` \| ([^|]+) \| `?([^|`]+)`? \|", PAGE, flags=re.MULTILINE)


def expected_rows():
    for key, entry in SCHEMA["properties"].items():
        yield key, expected_cells(key, entry, SCHEMA["required"])
        for block in blocks_of(entry):
            for name, setting in block["properties"].items():
                cells = expected_cells(name, setting, block.get("required", ()))
                yield f"{key}.{name}", cells


def expected_cells(key: str, entry: dict, required: Collection[str]) -> tuple[str, str]:
    words = expected_words(entry, SCHEMA["$defs"])
    words = words.replace("a string or a mapping", "a component")
    words = words.replace("strings or mappings", "components")
    words = re.sub(r"a string that matches .*", "a name", words)
    if key in DEFAULTS_OF_LOADING:
        return words, DEFAULTS_OF_LOADING[key]
    if key in required:
        return words, "required"
    default = entry.get("default")
    return words, "see below" if default and "$ref" in str(entry) else json.dumps(default)


def blocks_of(entry: dict) -> list[dict]:
    """The definitions of blocks that an entry refers to, and of a network from elsewhere."""
    names = re.findall(r"#/\$defs/(\w+)", json.dumps(entry))
    networks = entry.get("additionalProperties", {}).get("anyOf", ())
    origins = [block for block in networks if "from" in block.get("properties", ())]
    return [SCHEMA["$defs"][name] for name in names] + origins


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
