"""`framework check`: everything up to the plan, and nothing after it."""

from pathlib import Path

import click

from framework.cli.options import debug_option, json_option, plugin_option, quiet_option
from framework.cli.recipe_shape import require_shape


@click.command(short_help="Check a recipe and show its plan; nothing is trained.")
@click.argument("recipe")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@plugin_option
@quiet_option
@json_option
@debug_option
def check(
    *,
    recipe: str,
    overrides: tuple[str, ...],
    plugins: tuple[Path, ...],
    quiet: bool,
    as_json: bool,
) -> None:
    """Find every fault of RECIPE, shape its networks, and show what would be trained.

    RECIPE is a file or the name of a shipped recipe; KEY=VALUE changes it. No data are read.
    """
    require_shape(recipe, overrides)
    from framework.application import check as check_recipe
    from framework.cli.messages import complain, say_json
    from framework.cli.plans import plan_document, say_plan

    plan = check_recipe(recipe, overrides=overrides, plugins=plugins)
    if as_json:
        say_json(plan_document(plan))
        return
    for warning in plan.warnings:
        complain(warning)
    if not quiet:
        say_plan(plan)
