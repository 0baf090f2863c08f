"""`framework schema`: the JSON Schema of recipes."""

from collections.abc import Sequence
from pathlib import Path

import click

from framework.cli.options import debug_option, json_option, plugin_option


@click.command(short_help="Print the JSON Schema of recipes, for editors.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it to a file instead.",
)
@plugin_option
@json_option
@debug_option
def schema(*, output: Path | None, plugins: Sequence[Path], as_json: bool) -> None:
    """Print the JSON Schema of recipes, with every component that is installed.

    An editor with a YAML language server uses it where a recipe names it:
    `# yaml-language-server: $schema=recipe.schema.json`.
    """
    from framework.cli.messages import complain, json_text, say, say_json
    from framework.discovery import discover
    from framework.recipe.json_schema import recipe_json_schema
    from framework.storage import write_durably

    registry = discover(plugins)
    for broken in registry.broken:
        complain(str(broken))
    text = json_text(recipe_json_schema(registry, complain))
    if output is None:
        say(text)
    else:
        write_durably(output, f"{text}\n".encode())
        if as_json:
            say_json({"schema": str(output)})
        else:
            say(str(output))
