"""`framework run`: train a recipe, or continue or show its run."""

from typing import Any

import click

from framework.cli.options import (
    debug_option,
    device_option,
    json_option,
    plugin_option,
    quiet_option,
    runs_directory_option,
    track_option,
)
from framework.cli.recipe_shape import require_shape


@click.command(short_help="Train a recipe, or continue its interrupted run.")
@click.argument("recipe")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@plugin_option
@runs_directory_option
@click.option("--new", is_flag=True, help="Train again even where the recipe has a run.")
@device_option
@track_option
@click.option("--exact", is_flag=True, help="Refuse to continue where bits could differ.")
@click.option("--force", is_flag=True, help="Continue though recipe or plugins have changed.")
@click.option("--allow-data-change", is_flag=True, help="Continue though the data have changed.")
@click.option("--trust-storage", is_flag=True, help="Let a sampler unpickle a study of others.")
@quiet_option
@json_option
@debug_option
def run(*, recipe: str, quiet: bool, as_json: bool, **options: Any) -> None:
    """Train RECIPE: a file, the name of a shipped recipe, or a run directory.

    A run that was interrupted is continued, one that is over is shown. KEY=VALUE changes the
    recipe, as in training.num_epochs=5 or networks.encoder.latent_dim=8.
    """
    require_shape(recipe, options["overrides"])
    from framework.application import run as carry_out
    from framework.cli.messages import complain, say, say_json
    from framework.cli.progress import progress_display
    from framework.cli.results import say_result
    from framework.cli.streams import lasting_stdout

    is_silent = quiet or as_json
    announced: list[str] = []
    with lasting_stdout():
        with progress_display(is_silent=is_silent) as handlers:
            announce = announced.append if is_silent else say
            record = carry_out(
                recipe, handlers=handlers, announce=announce, warn=complain, **options
            )
        if as_json:
            say_json(record.as_json() | {"announced": announced})
        elif not quiet:
            if record.was_already_over:
                say("this run is over already; --new trains again")
            say()
            say_result(record)
