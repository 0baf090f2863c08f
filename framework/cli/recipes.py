"""`framework recipes`: the recipes that come with the framework."""

from pathlib import Path

import click

from framework.cli.messages import UsageError, say, say_json, say_table
from framework.cli.options import debug_option, json_option
from framework.errors import Fault, StorageError, nearest_hint
from framework.recipe.shipped import SCHEMA_LINE, shipped_recipes
from framework.storage import make_folder, storage_faults, write_durably


@click.group(short_help="List shipped recipes, or copy one.")
def recipes() -> None:
    """Look at the recipes that come with the framework."""


@recipes.command("list", short_help="List all shipped recipes.")
@json_option
@debug_option
def list_all(*, as_json: bool) -> None:
    """List all shipped recipes; `framework run NAME` trains one."""
    rows = [(name, _description(path)) for name, path in shipped_recipes().items()]
    if as_json:
        say_json({"recipes": [{"name": name, "description": text} for name, text in rows]})
    else:
        say_table(["recipe", "description"], rows)


@recipes.command(short_help="Copy a shipped recipe, to change it.")
@click.argument("name")
@click.argument("target", type=click.Path(path_type=Path), required=False)
@json_option
@debug_option
def copy(*, name: str, target: Path | None, as_json: bool) -> None:
    """Copy the recipe NAME to TARGET: a file or a folder, by default the current folder."""
    shipped = shipped_recipes()
    source = shipped.get(name.removesuffix(".yaml"))
    if source is None:
        hint = nearest_hint(name, shipped) or f"shipped recipes: {', '.join(shipped)}"
        raise UsageError(Fault("U003", f"no shipped recipe '{name}'", hint=hint))
    path = _file_at(target or Path(), source.name)
    if path.exists():
        hint = "choose another name"
        raise StorageError(Fault("S053", "the file exists already", place=str(path), hint=hint))
    make_folder(path.parent)
    with storage_faults(path):
        write_durably(path, _with_schema_of(source).encode())
    if as_json:
        say_json({"recipe": str(path)})
    else:
        say(f"copied to {path}; train it with: framework run {path}")


def _file_at(target: Path, name: str) -> Path:
    return target / name if target.is_dir() else target


def _with_schema_of(source: Path) -> str:
    """The text of a shipped recipe, which names its schema in a way that holds anywhere."""
    text = source.read_text(encoding="utf-8")
    named = SCHEMA_LINE.search(text)
    if named is None:
        return text
    schema = (source.parent / named[1]).resolve()
    return f"{text[: named.start(1)]}{schema}{text[named.end(1) :]}"


def _description(path: Path) -> str:
    """The first comment of a recipe."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((line.lstrip("# ") for line in lines if line.startswith("#")), "")
