"""Collect results of finished runs, and write docs/reproduction.md from what was collected.

PYTHONPATH=docs python -m reproduction collect RUN_DIRECTORY ...
PYTHONPATH=docs python -m reproduction generate
"""

from pathlib import Path

import click

from reproduction.collecting import collect
from reproduction.drawing import draw
from reproduction.page import page_of
from reproduction.published import read_published
from reproduction.results import read_results

HERE = Path(__file__).parent
PAGE = HERE.with_suffix(".md")


@click.group()
def cli() -> None:
    """Keep docs/reproduction.md up to date."""


@cli.command("collect")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
def collect_all(runs: tuple[Path, ...]) -> None:
    """Copy result, curves and pictures of finished RUNS, given by their directories."""
    known = read_published(HERE).runs
    pictures = {name: tuple(run.pictures) for name, run in known.items()}
    for run in runs:
        target = collect(run, HERE, pictures)
        where = "" if target.name in known else " (no row of published.yaml names it)"
        click.echo(f"{run}: kept as {target.name}{where}")


@cli.command()
def generate() -> None:
    """Draw the pictures that compare runs, and write the page."""
    results = read_results(HERE)
    draw(results, HERE)
    PAGE.write_text(page_of(read_published(HERE), results, HERE), encoding="utf-8")
    click.echo(f"{PAGE}: {len(results)} runs")


if __name__ == "__main__":
    cli()
