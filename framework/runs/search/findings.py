"""What a search has found so far, read from its study: plain values, nothing of Optuna's."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial

from framework.recipe.loading import load_document
from framework.runs.records import read_state
from framework.runs.search.counting import INFEASIBLE, KILLS, REASON, RUN, SURPLUS, is_given_up
from framework.runs.search.participation import MINUTES, OVERRIDES, TERM
from framework.runs.search.storages import (
    Heartbeat,
    close_storage,
    open_storage,
    sqlite_url,
    study_faults,
)
from framework.runs.search.studies import DECLARED, FILE
from framework.runs.search.verdicts import LAYER

Ending = Literal["complete", "pruned", "failed", "infeasible", "running", "waiting", "surplus"]
_ENDINGS: Mapping[TrialState, Ending] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}
_FEWEST_FOR_IMPORTANCES = 10


@dataclass(frozen=True)
class FoundTrial:
    """One trial of a search.

    Attributes:
        number: that in the name of its run directory; of one that has none, that in the study.
        ending: how it ended, or that it has not ended yet.
        values: the value of each objective; none unless it is complete.
        terms: the terms of the objectives and constraints, unweighted.
        parameters: what the sampler drew, by the names of the dimensions.
        overrides: what that changes in the recipe: dotted place → value.
        reason: why it failed, was ended early or cannot be trained; may be empty.
        layer: the layer that cannot exist; empty unless the trial is infeasible.
        curve: epoch → value of the objective then, as far as the trial has come.
        started: when its last attempt began.
        ended: when it ended; None while it goes on.
        minutes: time spent training, of folds the mean; None before it is over.
        run: name of its run directory; empty where it has none.
        attempts: how often it was begun.
        violation: by how much it violates constraints, in all; 0 where it keeps them.
    """

    number: int
    ending: Ending
    values: Sequence[float] = ()
    terms: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    layer: str = ""
    curve: Mapping[int, float] = field(default_factory=dict)
    started: datetime | None = None
    ended: datetime | None = None
    minutes: float | None = None
    run: str = ""
    attempts: int = 1
    violation: float = 0.0

    def parameter(self, name: str) -> Any:
        """What a dimension means in the recipe, or what was drawn where it stands for no key."""
        for place, value in self.overrides.items():
            if name == place:
                return value
            if name.startswith(f"{place}."):
                return _value_below(value, name[len(place) + 1 :], self.parameters.get(name))
        return self.parameters.get(name)


@dataclass(frozen=True)
class SoughtValue:
    """An objective: its name, its direction, and the names of its terms with their weights."""

    name: str
    direction: Literal["minimize", "maximize"]
    terms: Mapping[str, float]

    @property
    def sign(self) -> int:
        """1 where small values are good, else -1."""
        return 1 if self.direction == "minimize" else -1


@dataclass(frozen=True)
class SearchFindings:
    """A search as its study shows it.

    Attributes:
        directory: the run directory of the search.
        num_trials: number of trials asked for.
        sought: the objectives.
        trials: the newest attempt of every trial, and every draw that could not be trained.
        log_parameters: dimensions whose logarithm was drawn.
        importances: for each objective, how much each dimension tells whether a trial is among the
            best, as shares, largest first; empty where fewer than ten trials are complete, as they
            would be chance.
    """

    directory: Path
    num_trials: int
    sought: Sequence[SoughtValue] = ()
    trials: Sequence[FoundTrial] = ()
    log_parameters: frozenset[str] = frozenset()
    importances: Sequence[Mapping[str, float]] = ()

    def of(self, *endings: Ending) -> list[FoundTrial]:
        """The trials that ended, or stand, in one of these ways."""
        return [trial for trial in self.trials if trial.ending in endings]

    @property
    def num_done(self) -> int:
        """Number of trials that are over and count."""
        return len(self.of("complete", "pruned", "failed"))

    @cached_property
    def best(self) -> list[FoundTrial]:
        """The best trials that keep all constraints: one, or those that none surpasses in all."""
        found = [trial for trial in self.of("complete") if trial.violation <= 0]
        if len(self.sought) == 1:
            return sorted(found, key=self._costs)[:1]
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
            return SearchFindings(directory, num_trials)
        trials = study.get_trials(deepcopy=False)
        declared = study.user_attrs.get(DECLARED, {}).get("objectives", {})
    newest, max_retries = _newest(trials), int(search.get("max_retries", 3))
    sought = [_sought(name, each) for name, each in declared.items()]
    return SearchFindings(
        directory,
        num_trials,
        sought,
        sorted(filter(None, (_found(t, max_retries) for t in newest)), key=lambda t: t.number),
        frozenset(_drawn_as_logarithms(newest)),
        _importances(newest, sought) if with_importances else (),
    )


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


def _drawn_as_logarithms(trials: Sequence[FrozenTrial]) -> Iterator[str]:
    for trial in trials:
        yield from (name for name, d in trial.distributions.items() if getattr(d, "log", False))


def _importances(
    trials: Sequence[FrozenTrial], sought: Sequence[SoughtValue]
) -> list[dict[str, float]]:
    """The importances for each objective, by Optuna's default method.

    Source: Watanabe, Bansal and Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter
    Importance in Arbitrary Subspaces", 2023.
    """
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    if len(complete) < _FEWEST_FOR_IMPORTANCES:
        return [{} for _ in sought]
    return [_importances_of(complete, place, each.sign) for place, each in enumerate(sought)]


def _importances_of(complete: Sequence[FrozenTrial], place: int, sign: int) -> dict[str, float]:
    study = optuna.create_study()  # of one objective, to be minimized, which the method asks for
    study.add_trials(
        create_trial(
            params=trial.params, distributions=trial.distributions, value=sign * trial.values[place]
        )
        for trial in complete
    )
    return dict(optuna.importance.get_param_importances(study))


def _sought(name: str, declared: Mapping[str, Any]) -> SoughtValue:
    terms = {
        str(term.get("metric") or term.get("cost") or term.get("parameter")): term["weight"]
        for term in declared["terms"]
    }
    return SoughtValue(name, declared["direction"], terms)


def _value_below(value: Any, name: str, default: Any) -> Any:
    for step in name.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return default
        value = value[step]
    return value


def _surpasses(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True)) and list(one) != list(other)
