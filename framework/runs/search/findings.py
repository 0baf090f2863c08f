"""What a search has found so far, read from its study: plain values, nothing of Optuna's."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from framework.recipe.loading import load_document
from framework.runs.records import read_state
from framework.runs.search.counting import (
    COMBINATIONS,
    INFEASIBLE,
    KILLS,
    REASON,
    RUN,
    SURPLUS,
    is_given_up,
    shortage,
)
from framework.runs.search.database_faults import study_faults
from framework.runs.search.found_trials import Ending, FoundTrial, SoughtValue
from framework.runs.search.importances import importances_of
from framework.runs.search.participation import MINUTES, OVERRIDES, TERM
from framework.runs.search.storages import Heartbeat, close_storage, open_storage, sqlite_url
from framework.runs.search.studies import DECLARED, FILE
from framework.runs.search.verdicts import LAYER

_ENDINGS: Mapping[TrialState, Ending] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


@dataclass(frozen=True)
class SearchFindings:
    """A search as its study shows it.

    Attributes:
        directory: the run directory of the search.
        num_trials: number of trials that are to be: as many as were asked for, or as there are
            combinations that can be trained.
        sought: the objectives.
        trials: the newest attempt of every trial, and every draw that could not be trained.
        log_parameters: dimensions whose logarithm was drawn.
        importances: for each objective, how much each dimension tells whether a trial is among the
            best, as shares, largest first; empty where fewer than ten trials are complete, as they
            would be chance.
        num_asked_for: number of trials asked for.
        num_combinations: how many combinations there are, where they are too few for that.
    """

    directory: Path
    num_trials: int
    sought: Sequence[SoughtValue] = ()
    trials: Sequence[FoundTrial] = ()
    log_parameters: frozenset[str] = frozenset()
    importances: Sequence[Mapping[str, float]] = ()
    num_asked_for: int = 0
    num_combinations: int | None = None

    def of(self, *endings: Ending) -> list[FoundTrial]:
        """The trials that ended, or stand, in one of these ways."""
        return [trial for trial in self.trials if trial.ending in endings]

    @property
    def num_done(self) -> int:
        """Number of trials that are over and count."""
        return len(self.of("complete", "pruned", "failed"))

    @property
    def limit(self) -> str:
        """Why there are fewer trials than were asked for; empty where there are not."""
        if self.num_combinations is None or self.num_trials >= self.num_asked_for:
            return ""
        return shortage(self.num_combinations, len(self.of("infeasible")), self.num_asked_for)

    @cached_property
    def best(self) -> list[FoundTrial]:
        """The best trials that keep all constraints: one, or those that none surpasses in all.

        Of several objectives the one that is best in the first comes first.
        """
        found = sorted((t for t in self.trials if t.is_allowed), key=self._costs)
        if len(self.sought) == 1:
            return found[:1]
        costs = {trial.number: self._costs(trial) for trial in found}
        return [t for t in found if not any(_surpasses(c, costs[t.number]) for c in costs.values())]

    @cached_property
    def parameter_names(self) -> list[str]:
        """All dimensions, in the order in which they were drawn."""
        return list(dict.fromkeys(name for trial in self.trials for name in trial.parameters))

    def _costs(self, trial: FoundTrial) -> list[float]:
        return [s.sign * v for s, v in zip(self.sought, trial.values, strict=True)]


def read_findings(directory: Path, *, with_importances: bool = False) -> SearchFindings:
    """Read what a search has found so far; nothing where its study was not begun yet.

    Args:
        directory: the run directory of a search; its study may be copied or moved along with it.
        with_importances: whether to compute which dimensions matter, too.

    Raises:
        StorageError: the study cannot be reached, or is damaged.
        RecipeError: the directory's recipe cannot be read.
    """
    search = load_document(directory / "resolved.yaml").values.get("search") or {}
    num_trials = read_state(directory).num_trials or int(search.get("num_trials", 0))
    with _study_of(directory, search.get("storage")) as study:
        if study is None:
            return SearchFindings(directory, num_trials, num_asked_for=num_trials)
        newest, attrs = _newest(study.get_trials(deepcopy=False)), study.user_attrs
        found = _found_of(newest, int(search.get("max_retries", 3)))
    declared = attrs.get(DECLARED, {}).get("objectives", {})
    sought = [_sought(name, each) for name, each in declared.items()]
    return SearchFindings(
        directory,
        _num_to_be(found, num_trials, attrs.get(COMBINATIONS)),
        sought,
        found,
        frozenset(_drawn_as_logarithms(newest)),
        importances_of(newest, [each.sign for each in sought]) if with_importances else (),
        num_trials,
        attrs.get(COMBINATIONS),
    )


def _num_to_be(found: Sequence[FoundTrial], num_trials: int, num_combinations: int | None) -> int:
    if num_combinations is None:
        return num_trials
    num_infeasible = sum(trial.ending == "infeasible" for trial in found)
    return min(num_trials, num_combinations - num_infeasible)


@contextmanager
def _study_of(directory: Path, storage_url: str | None) -> Iterator[Study | None]:
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)  # what it says, we say
    path = directory.resolve()
    if storage_url is None and not (path / FILE).is_file():
        yield None
        return
    url = storage_url or sqlite_url(path / FILE)
    with study_faults(url):
        storage = open_storage(url, lambda _study, _trial: None, Heartbeat())
        try:
            names = optuna.get_all_study_names(storage)
            name = f"{path.parent.name}/{path.name}"
            name = names[0] if storage_url is None and len(names) == 1 else name
            yield optuna.load_study(study_name=name, storage=storage) if name in names else None
        finally:
            close_storage(storage)


def _newest(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The trials without attempts that another one has taken up again."""
    newest = {trial.user_attrs.get(RUN, trial.number): trial for trial in trials}
    return sorted(newest.values(), key=lambda trial: trial.number)


def _found_of(newest: Sequence[FrozenTrial], max_retries: int) -> list[FoundTrial]:
    """The trials as plain records, in order.

    Raises:
        StorageInternalError: what they have noted is damaged.
    """
    try:
        found = [_found(trial, max_retries) for trial in newest]
    except (ValueError, TypeError, AttributeError) as error:
        raise StorageInternalError(f"malformed attributes: {error}") from None
    return sorted(filter(None, found), key=lambda trial: trial.number)


def _found(trial: FrozenTrial, max_retries: int) -> FoundTrial | None:
    """A trial as a plain record; None for one that was drawn by a process that died of it."""
    attrs, ending = trial.user_attrs, _ENDINGS[trial.state]
    reason = str(attrs.get(INFEASIBLE) or attrs.get(REASON, ""))
    if INFEASIBLE in attrs:
        ending = "infeasible"
    elif attrs.get(SURPLUS):
        ending = "surplus"
    elif RUN not in attrs and REASON not in attrs:
        return None
    elif ending == "failed" and not reason:
        is_over = is_given_up(trial, max_retries)
        ending = "failed" if is_over else "waiting"
        reason = f"killed {attrs.get(KILLS, 0) + 1} times" if is_over else "killed or stopped"
    elif ending == "pruned":
        reason = "not promising"
    elif ending == "complete":
        reason = _violated(trial)
    return FoundTrial(
        number=int(str(attrs.get(RUN, trial.number)).rpartition("-")[2]),
        ending=ending,
        values=trial.values if ending == "complete" else (),  # Optuna gives those ended early one
        terms={k.removeprefix(TERM): v for k, v in attrs.items() if k.startswith(TERM)},
        parameters=trial.params,
        overrides=json.loads(attrs.get(OVERRIDES, "{}")),
        reason=reason,
        layer=str(attrs.get(LAYER, "")),
        curve=dict(sorted(trial.intermediate_values.items())),
        started=trial.datetime_start,
        ended=trial.datetime_complete,
        minutes=attrs.get(MINUTES),
        run=str(attrs.get(RUN, "")),
        attempts=attrs.get(KILLS, 0) + 1,
        violation=sum((max(0.0, excess) for excess in trial.constraints.values()), start=0.0),
    )


def _violated(trial: FrozenTrial) -> str:
    violated = {name: excess for name, excess in trial.constraints.items() if excess > 0}
    return ", ".join(f"violates {name} by {excess:.4g}" for name, excess in violated.items())


def _drawn_as_logarithms(trials: Sequence[FrozenTrial]) -> Iterator[str]:
    for trial in trials:
        yield from (name for name, d in trial.distributions.items() if getattr(d, "log", False))


def _sought(name: str, declared: Mapping[str, Any]) -> SoughtValue:
    terms = {
        str(term.get("metric") or term.get("cost") or term.get("parameter")): term["weight"]
        for term in declared["terms"]
    }
    return SoughtValue(name, declared["direction"], terms)


def _surpasses(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True)) and list(one) != list(other)
