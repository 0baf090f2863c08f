"""The report of a search: what it found, how it got there, and how to go on."""

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from framework.recipe.drawing import Draw, is_within
from framework.reports.charts import Chart
from framework.reports.parallel_coordinates import parallel_coordinates
from framework.reports.pareto_fronts import fronts
from framework.reports.plots import Plot
from framework.reports.quantities import duration_text, number_text
from framework.reports.recipe_values import Difference, differences, read_resolved
from framework.reports.rendering import render
from framework.reports.run_pages import RunPage
from framework.reports.search_plots import curves, history, importances, short_names, slices
from framework.reports.timelines import timeline
from framework.runs.records import RunRecord
from framework.runs.search.findings import SearchFindings, read_findings
from framework.runs.search.found_trials import FoundTrial
from framework.storage import write_durably
from framework.wording import value_text

_NUM_SLICES_IN_SIGHT = 6
_NUM_TRIALS_IN_SIGHT = 10
_VIOLATING = "violates constraints"
_NOT_OF_A_TRIAL = ("search", "seed", "seeds", "executor", "name", "figures", "trackers")


@dataclass(frozen=True)
class InfeasibleLayer:
    """A layer that could not exist, how often, and an example of why."""

    layer: str
    count: int
    example: str
    drawn: str


@dataclass(frozen=True)
class ObjectivePlots:
    """The pictures of one objective."""

    name: str
    direction: str
    terms: str
    history: Plot | None
    importances: Plot | None
    slices: Sequence[Plot]
    further_slices: Sequence[Plot]


@dataclass(frozen=True)
class SearchPage:
    """Everything that the report of a search shows.

    Attributes:
        run: the page of its run.
        findings: what its study holds.
    """

    run: RunPage
    findings: SearchFindings

    @property
    def record(self) -> RunRecord:
        """The run of the search."""
        return self.run.record

    @property
    def objectives(self) -> list[ObjectivePlots]:
        """The pictures of each objective."""
        return [self._plots(number) for number in range(len(self.findings.sought))]

    @property
    def parallel(self) -> Plot | None:
        """The trials through what they have drawn."""
        return parallel_coordinates(self.findings) if self.findings.sought else None

    @property
    def timeline(self) -> Plot | None:
        """When which trial was trained."""
        return timeline(self.findings)

    @property
    def fronts(self) -> list[Plot]:
        """Objectives against each other."""
        return fronts(self.findings)

    @property
    def choices(self) -> list[tuple[str, list[str], str]]:
        """The trials on the Pareto front: name, values, and how the recipe of one is taken."""
        take = f"framework search best {shlex.quote(str(self.record.directory))} --trial"
        return [
            (trial.run, list(map(number_text, trial.values)), f"{take} {trial.number}")
            for trial in self.best
        ]

    @property
    def curves(self) -> Chart | None:
        """The curves of the trials."""
        return curves(self.findings)

    @property
    def counts(self) -> dict[str, str]:
        """How many trials ended how."""
        counts: Counter[str] = Counter(_ending(trial) for trial in self.findings.trials)
        names = {
            "complete": "complete",
            _VIOLATING: "complete, but violate constraints",
            "pruned": "ended early",
            "failed": "failed",
            "running": "running",
            "waiting": "waiting to be taken up again",
            "infeasible": "draws that could not be trained, and do not count",
            "surplus": "drawn when all were taken, and not trained",
        }
        return {text: str(counts[name]) for name, text in names.items() if counts[name]}

    @property
    def time(self) -> str:
        """Time spent training, over all trials."""
        minutes = sum(trial.minutes or 0.0 for trial in self.findings.trials)
        return duration_text(60 * minutes) if minutes else ""

    @property
    def best(self) -> list[FoundTrial]:
        """The best trials."""
        return self.findings.best

    @property
    def terms_of_best(self) -> dict[str, str]:
        """The terms of objectives and constraints of the best trial, if it is a single one."""
        terms = self.best[0].terms if len(self.best) == 1 else {}
        return {name: number_text(value) for name, value in terms.items()}

    @property
    def changes(self) -> list[Difference]:
        """Where the recipe of the best trial differs from the one that was searched."""
        if len(self.best) != 1:
            return []
        there = read_resolved(self.record.directory / self.best[0].run)
        rows = differences([self.run.recipe, there]) if there else []
        own = [row for row in rows if row.key.partition(".")[0] not in _NOT_OF_A_TRIAL]
        return [Difference(row.key, [*map(_shortened, row.values)]) for row in own]

    @property
    def infeasible(self) -> list[InfeasibleLayer]:
        """Layers that could not exist, the most frequent first."""
        by_layer: dict[str, list[FoundTrial]] = {}
        for trial in self.findings.of("infeasible"):
            by_layer.setdefault(trial.layer, []).append(trial)
        ranked = sorted(by_layer.items(), key=lambda item: -len(item[1]))
        return [InfeasibleLayer(k, len(v), v[0].reason, _drawn(v[0])) for k, v in ranked]

    @property
    def failures(self) -> list[tuple[str, int]]:
        """Why trials failed, with how often."""
        return Counter(trial.reason for trial in self.findings.of("failed")).most_common()

    @property
    def headers(self) -> list[str]:
        """What the table of trials shows."""
        terms, short = self._terms, self._short_names
        spent = ["epochs", "minutes", "attempts"]
        return ["trial", "ending", *self._aims, *terms, *spent, *short.values(), "reason"]

    @property
    def rows(self) -> tuple[list[list[str]], list[list[str]]]:
        """The trials that were begun: the best, and all others."""
        begun = self.findings.of("complete", "pruned", "failed", "running", "waiting")
        ranked = sorted(begun, key=self._rank)
        rows = [self._row(trial) for trial in ranked]
        return rows[:_NUM_TRIALS_IN_SIGHT], rows[_NUM_TRIALS_IN_SIGHT:]

    @property
    def commands(self) -> dict[str, str]:
        """How to go on, as it would be typed."""
        place = shlex.quote(str(self.record.directory))
        own = self.run.commands
        first = {"Go on with it": f"framework run {place}"}
        if self.best:
            first["Take the best recipe"] = f"framework search best {place} > best.yaml"
        if self._storage is None:
            url = f"sqlite:///{self.record.directory / 'study.db'}"
            first["Look at it with optuna-dashboard"] = f"optuna-dashboard {shlex.quote(url)}"
        return first | {what: how for what, how in own.items() if "framework run" not in how}

    @property
    def _storage(self) -> Any:
        return (self.run.recipe.get("search") or {}).get("storage")

    @property
    def _aims(self) -> list[str]:
        return [sought.name for sought in self.findings.sought]

    @cached_property
    def _terms(self) -> list[str]:
        names = dict.fromkeys(name for t in self.findings.trials for name in t.terms)
        single = [name for s in self.findings.sought if (name := s.only_term)]  # shown as its value
        return [name for name in names if name not in {"minutes", *self._aims, *single}]

    @cached_property
    def _short_names(self) -> Mapping[str, str]:
        return short_names(self.findings.parameter_names)

    def _rank(self, trial: FoundTrial) -> tuple[bool, bool, float, int]:
        if not trial.values or not self.findings.sought:
            return True, True, 0.0, trial.number
        value = self.findings.sought[0].sign * trial.values[0]
        return False, trial.violation > 0, value, trial.number

    def _row(self, trial: FoundTrial) -> list[str]:
        values = list(map(number_text, trial.values)) or [""] * len(self.findings.sought)
        return [
            trial.run or str(trial.number),
            _ending(trial),
            *values,
            *(_number(trial.terms.get(name)) for name in self._terms),
            str(max(trial.curve, default="")),
            _number(trial.minutes),
            str(trial.attempts) if trial.attempts > 1 else "",
            *(_value(trial.parameter(name)) for name in self._short_names),
            trial.reason,
        ]

    def _plots(self, objective: int) -> ObjectivePlots:
        sought, found = self.findings.sought[objective], slices(self.findings, objective)
        terms = [name if w == 1 else f"{w:g} * {name}" for name, w in sought.terms.items()]
        return ObjectivePlots(
            sought.name,
            sought.direction,
            " + ".join(terms),
            history(self.findings, objective),
            importances(self.findings, objective),
            found[:_NUM_SLICES_IN_SIGHT],
            found[_NUM_SLICES_IN_SIGHT:],
        )


def write_search_page(record: RunRecord, path: Path) -> Path:
    """Write the report of a search alone; answer where it is.

    Raises:
        StorageError: the study cannot be read, or the disk does not take the page.
    """
    page = SearchPage(RunPage(record), read_findings(record.directory, with_importances=True))
    text = render("search.html", page=page)
    write_durably(path, text.encode(errors="backslashreplace"))
    return path


def _ending(trial: FoundTrial) -> str:
    return _VIOLATING if trial.violation > 0 else trial.ending


def _drawn(trial: FoundTrial) -> str:
    """What was drawn where a layer could not exist; everything where that is not known."""
    place = trial.layer.partition(": ")[0]
    drawn = Draw(trial.overrides).values
    there = {k[len(place) + 1 :]: v for k, v in drawn.items() if is_within(k, place)}
    return ", ".join(f"{key}={value_text(value)}" for key, value in (there or drawn).items())


def _shortened(text: str) -> str:
    """A number with as many digits as are worth reading; anything else as it is."""
    try:
        return min(text, number_text(float(text)), key=len)
    except ValueError:
        return text


def _number(value: float | None) -> str:
    return "" if value is None else number_text(value)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value
    return number_text(value) if isinstance(value, float) else value_text(value)
