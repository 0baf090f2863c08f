"""The text of docs/reproduction.md."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from reproduction.commands import command_of, is_scaled_down
from reproduction.comparisons import passes_table, pruning_tables
from reproduction.drawing import DRAWINGS
from reproduction.published import Item, Published, PublishedRun, Section, Target
from reproduction.results import Result
from reproduction.wording import bound_text, machine_text, measured_text, table

NOT_RUN = "not run yet"
NOTICE = "<!-- Written by `make reproduction`; change docs/reproduction/published.yaml instead. -->"

_COMPARISONS: Mapping[str, Callable[[Mapping[str, Result]], list[str]]] = {
    "passes": passes_table,
    "weight_pruning": pruning_tables,
}


def page_of(published: Published, results: Mapping[str, Result], folder: Path) -> str:
    """The whole page.

    Args:
        published: what it is about.
        results: runs by name, as far as they were collected.
        folder: where results and drawn pictures are, beside the page.
    """
    blocks = ["# Reproduction", NOTICE, published.introduction.strip()]
    shown: set[str] = set()
    for section in published.sections:
        blocks += _section_blocks(section, published, results, folder)
        blocks += _pictures_of(set(section.runs) - shown, published, results, folder)
        blocks += _runs_block(section.runs, published, results)
        shown.update(section.runs)
    return "\n\n".join(blocks) + "\n"


def _section_blocks(
    section: Section, published: Published, results: Mapping[str, Result], folder: Path
) -> Iterator[str]:
    yield f"## {section.title}"
    if section.text:
        yield section.text.strip()
    yield "\n".join(_items_table(section.items, published, results, folder))
    if section.comparison is not None:
        yield "\n".join(_COMPARISONS[section.comparison](results))
        drawing = DRAWINGS[section.comparison]
        if (folder / drawing.file).is_file():
            yield _picture(folder / drawing.file, drawing.caption, folder)


def _items_table(
    items: Sequence[Item], published: Published, results: Mapping[str, Result], folder: Path
) -> list[str]:
    heading = ["what", "published", "yardsticks", "target", "ours", "run"]
    rows = [
        [
            f"{item.item} ({item.source})",
            item.published,
            item.yardsticks,
            _target_text(item),
            item.here or _answer(item, published, results.get(item.run), folder),
            item.run,
        ]
        for item in items
    ]
    filled = [place for place in range(len(heading)) if any(row[place] for row in rows)]
    return table([heading[p] for p in filled], [[row[p] for p in filled] for row in rows])


def _target_text(item: Item) -> str:
    target = item.target
    if target is None:
        return ""
    bounds = {"≤": target.at_most, "≥": target.at_least, "; stretch": target.stretch}
    return "".join(
        f"{sign}&nbsp;{bound_text(bound, in_percent=item.in_percent)}"
        for sign, bound in bounds.items()
        if bound is not None
    )


def _answer(item: Item, published: Published, result: Result | None, folder: Path) -> str:
    if result is None:
        return NOT_RUN
    if item.picture:
        path = result.picture(item.picture)
        return "not drawn by this run" if path is None else f"[picture]({_link(path, folder)})"
    measured = result.measured(item.value)
    if measured is None:
        return "not measured by this run"
    text = measured_text(measured, in_percent=item.in_percent)
    for label, value in item.beside.items():
        other = measured_text(result.measured(value), in_percent=item.in_percent)
        text += f" ({label} {other or 'not measured'})"
    is_smaller = is_scaled_down(result.content["command"], _full_command(published.runs[item.run]))
    return text + (" (scaled down)" if is_smaller else "") + _verdict(item.target, measured.value)


def _full_command(run: PublishedRun) -> str:
    return command_of(run.recipe, run.overrides)


def _verdict(target: Target | None, value: float) -> str:
    if target is None:
        return ""
    if not target.is_reached_by(value):
        return ", **target missed**"
    if target.stretch is None:
        return ", reached"
    is_stretched = target.is_reached_by(value, bound=target.stretch)
    return f", reached, stretch {'too' if is_stretched else 'missed'}"


def _pictures_of(
    names: Collection[str], published: Published, results: Mapping[str, Result], folder: Path
) -> Iterator[str]:
    """The pictures of some runs, in the order of the file."""
    for name in [name for name in published.runs if name in names and name in results]:
        for figure, caption in published.runs[name].pictures.items():
            path = results[name].picture(figure)
            if path is not None:
                yield _picture(path, caption, folder)


def _picture(path: Path, caption: str, folder: Path) -> str:
    figure = path.stem.replace("_", " ")
    return f"![{figure}]({_link(path, folder)})\n\n*{caption}*"


def _link(path: Path, folder: Path) -> str:
    return f"{folder.name}/{path.relative_to(folder).as_posix()}"


def _runs_block(
    names: Sequence[str], published: Published, results: Mapping[str, Result]
) -> Iterator[str]:
    rows = []
    for name in names:
        run, result = published.runs[name], results.get(name)
        full = _full_command(run)
        if result is not None:
            rows.append(_run_row(result, full))
        elif run.recipe in published.not_yet_shipped:
            rows.append(
                [name, f"{NOT_RUN}; its recipe `{run.recipe}` is not shipped yet", *[""] * 4]
            )
        else:
            rows.append([name, f"{NOT_RUN}: `{full}`", *[""] * 4])
    if rows:
        heading = ["run", "command", "seed", "epochs", "minutes", "machine"]
        yield "\n".join(table(heading, rows))


def _run_row(result: Result, full: str) -> list[str]:
    content = result.content
    command = content["command"]
    shown = f"`{command}`; in full: `{full}`" if is_scaled_down(command, full) else f"`{command}`"
    return [
        result.name,
        shown,
        _seeds_text(result),
        _epochs_text(result),
        f"{content['seconds'] / 60:.1f}",
        machine_text(content["surroundings"]),
    ]


def _seeds_text(result: Result) -> str:
    seeds = [p.removeprefix("seed-") for p in result.content["parts"] if p.startswith("seed-")]
    return ", ".join(seeds) or str(result.content["seed"])


def _epochs_text(result: Result) -> str:
    content = result.content
    text = f"{content['epochs']} of {content['num_epochs']}"
    kept = content["kept"].replace("-", " ")
    kept += f"{', ' if kept else ''}{content['kept_epoch']}" if content["kept_epoch"] else ""
    return f"{text}, kept {kept}" if kept else text
