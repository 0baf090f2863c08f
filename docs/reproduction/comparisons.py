"""What follows from several runs together: equal epochs and equal time, folds side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reproduction.results import Measured, Result
from reproduction.wording import measured_text, number_text, table

ONE_PASS, THREE_PASSES = "mnist-basic", "mnist-iterative"
COMPARED = "validation/mse"
VARIANTS = {
    "mnist-best-regrow": "zeroed, free to grow back",
    "mnist-best-permanent": "lasting masks",
    "mnist-best-unpruned": "no pruning",
}
"""Runs of `mnist/best` → how each prunes."""


@dataclass(frozen=True)
class Reached:
    """The best that a run had come to after some of its epochs."""

    num_epochs: int
    seconds: float
    value: float


def reached(result: Result, *, within_seconds: float) -> Reached:
    """How far a run was after so long, at its own pace; at least one epoch.

    Args:
        result: the run.
        within_seconds: the time it is given; the whole run counts if that is enough.
    """
    values = result.curve(COMPARED)
    pace = result.seconds_per_epoch
    num_epochs = max(1, min(len(values), int(within_seconds / pace + 1e-9)))
    best = min(value for epoch, value in values.items() if epoch <= num_epochs)
    return Reached(num_epochs, num_epochs * pace, best)


def passes_table(results: Mapping[str, Result]) -> list[str]:
    """One pass beside three: with equal epochs, and with equal time, as long as both runs last."""
    if not {ONE_PASS, THREE_PASSES} <= results.keys():
        return ["The table and the picture of both runs follow when both are collected."]
    runs = {"one pass": results[ONE_PASS], "three passes": results[THREE_PASSES]}
    shortest = min(len(each.curve(COMPARED)) for each in runs.values())
    epochs = {name: _after(each, shortest) for name, each in runs.items()}
    budget = min(_after(each, len(each.curve(COMPARED))).seconds for each in runs.values())
    times = {name: reached(each, within_seconds=budget) for name, each in runs.items()}
    rows = [
        _reached_row(kind, name, each, runs[name])
        for kind, found in (("equal epochs", epochs), ("equal wall time", times))
        for name, each in found.items()
    ]
    heading = ["compared with", "loss", "epochs", "minutes", "best validation MSE", "test MSE"]
    ratio = runs["three passes"].seconds_per_epoch / runs["one pass"].seconds_per_epoch
    return [
        *table(heading, rows),
        "",
        f"With equal epochs {_verdict(epochs)}; with equal wall time {_verdict(times)}. "
        f"An epoch of three passes took {ratio:.2f} times as long as one of one pass "
        "(the fastest of either; measured in turns in [performance.md](performance.md)). Minutes "
        "are epochs at that pace, because the machine did other work as well.",
    ]


def pruning_tables(results: Mapping[str, Result]) -> list[str]:
    """Folds of `mnist/best` by the way of pruning, and what was kept of them."""
    found = {name: results[name] for name in VARIANTS if name in results}
    if not found:
        return ["The table of the folds follows when the runs are collected."]
    return [*_folds_table(found), "", *_kept_table(found)]


def final_sparsity(result: Result, part: str) -> dict[str, float]:
    """The last share of zeros of each group, such as `encoder.linear`."""
    columns = sparsity_columns(result)
    return {c.removeprefix("sparsity/"): list(result.curve(c, part).values())[-1] for c in columns}


def sparsity_columns(result: Result) -> list[str]:
    """The columns that tell how many weights of a group are zero."""
    names = dict.fromkeys(name for row in result.curves for name in row)
    return [name for name in names if name.startswith("sparsity/")]


def shown_part(result: Result) -> str:
    """The part whose curves stand for the run: what it kept, else its first."""
    parts = list(result.content["parts"])
    kept = str(result.content["kept"])
    return kept if kept in parts else next(iter(parts), "")


def _after(result: Result, num_epochs: int) -> Reached:
    return reached(result, within_seconds=num_epochs * result.seconds_per_epoch)


def _reached_row(kind: str, name: str, found: Reached, result: Result) -> list[str]:
    is_whole = found.num_epochs == len(result.curve(COMPARED))
    test = measured_text(result.measured("test/mse")) if is_whole else "only measured at the end"
    minutes = f"{found.seconds / 60:.1f}"
    return [kind, name, str(found.num_epochs), minutes, number_text(found.value), test]


def _verdict(found: Mapping[str, Reached]) -> str:
    better, worse = sorted(found, key=lambda name: found[name].value)
    by = 1 - found[better].value / found[worse].value
    return f"the error is {100 * by:.1f} % smaller with {better}" if by else "both are equally good"


def _folds_table(found: Mapping[str, Result]) -> list[str]:
    parts = list(dict.fromkeys(part for each in found.values() for part in each.content["parts"]))
    loss = "validation/loss"
    rows = [
        [
            VARIANTS[name],
            *(number_text(each.content["parts"].get(part, {}).get(loss)) for part in parts),
            _spread_text(each.measured(loss)),
        ]
        for name, each in found.items()
    ]
    heading = ["validation BCE", *(part.replace("-", " ") for part in parts), "mean ± sd"]
    return table(heading, rows)


def _kept_table(found: Mapping[str, Result]) -> list[str]:
    heading = ["pruning", "validation MSE, mean ± sd", "kept", "test BCE of it", "test MSE of it"]
    rows = [
        [
            VARIANTS[name],
            _spread_text(each.measured("validation/mse")),
            f"{each.content['kept'].replace('-', ' ')}, epoch {each.content['kept_epoch']}",
            *(measured_text(each.measured(value)) for value in ("test/loss", "test/mse")),
            _sparsity_text(each),
        ]
        for name, each in found.items()
    ]
    return table([*heading, "zeros in its last epoch"], rows)


def _spread_text(measured: Measured | None) -> str:
    return "" if measured is None else f"{number_text(measured.value)} ± {measured.sd:.2g}"


def _sparsity_text(result: Result) -> str:
    groups: Sequence[tuple[str, float]] = list(final_sparsity(result, shown_part(result)).items())
    return ", ".join(f"{group} {100 * share:.0f} %" for group, share in groups) or "none"
