"""Runs side by side, told to people and to programs."""

from typing import Any

from framework.cli.messages import Cell, say, say_table
from framework.reports.comparison_pages import ComparedValue, ComparisonPage
from framework.reports.quantities import change_text


def comparison_document(page: ComparisonPage) -> dict[str, Any]:
    """A comparison as plain values."""
    return {
        "runs": {label: record.as_json() for label, record in page.records.items()},
        "has_same_data": page.has_same_data,
        "recipe": [{"key": row.key, "values": list(row.values)} for row in page.differences],
        "values": [
            {
                "name": value.name,
                "values": list(value.numbers),
                "direction": value.direction or None,
                "best": list(value.best),
            }
            for value in page.values
        ],
        "costs": {value.name: list(value.texts) for value in page.costs},
    }


def say_comparison(page: ComparisonPage) -> None:
    """Print where recipes differ, what was measured, and what it took."""
    labels = list(page.records)
    if page.differences:
        say_table(["recipe", *labels], [[row.key, *row.values] for row in page.differences])
    else:
        say("the recipes say the same")
    say()
    if not page.has_same_data:
        say("the data are not the same: no value is marked as the best\n")
    is_pair = len(labels) == 2  # noqa: PLR2004  of more, a change could be from any to any
    headers = ["measured", *labels, *(["change"] if is_pair else [])]
    say_table(headers, [_row(value, is_pair=is_pair) for value in page.values])
    say()
    say_table(["cost", *labels], [[value.name, *value.texts] for value in page.costs])


def _row(value: ComparedValue, *, is_pair: bool) -> list[Cell]:
    marked = [f"{text} *" if i in value.best else text for i, text in enumerate(value.texts)]
    before, after = (*value.numbers, None, None)[:2]
    change = "" if before is None or after is None else change_text(before, after)
    return [value.name, *marked, *([change] if is_pair else [])]
