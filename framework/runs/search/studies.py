"""The study of a search: what Optuna knows of its trials."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.storages import BaseStorage, RDBStorage
from optuna.study import Study

from framework.errors import Fault, RecipeError, StorageError
from framework.recipe.plans import Plan
from framework.runs.directory import RunDirectory
from framework.runs.interruption import Interruption
from framework.runs.search.database_faults import place_of, study_faults
from framework.runs.search.drawing import search_of
from framework.runs.search.patience import Patience, patient
from framework.runs.search.retries import take_up_again
from framework.runs.search.storages import Heartbeat, close_storage, open_storage, sqlite_url

FILE = "study.db"
"""The study of a run, beside its other files, where the recipe names no storage."""

DECLARED = "declared"
"""User attribute of a study: what was drawn, from what data, and what was sought."""

_MISSING = "nothing"
_SECONDS = 60.0
"""How long a storage that does not answer is waited for."""


@dataclass(frozen=True)
class StudyOfRun:
    """The study of one run directory.

    Attributes:
        plan: the plan of the search.
        store: its run directory.
        fingerprint: what identifies the data.
        heartbeat: when a process that trains counts as dead.
        interruption: whether somebody has asked for the end.
        warn: takes a line that says that the storage is waited for.
        opened: storages that hold connections until this is closed.
    """

    plan: Plan
    store: RunDirectory
    fingerprint: str
    heartbeat: Heartbeat = field(default_factory=Heartbeat)
    interruption: Interruption = field(default_factory=Interruption)
    warn: Callable[[str], None] = lambda _line: None
    opened: list[RDBStorage] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the study is kept."""
        return search_of(self.plan).storage or sqlite_url(self.store.path.resolve() / FILE)

    @property
    def name(self) -> str:
        """What the storage knows it as: the name of the recipe and that of the run directory."""
        return f"{self.store.path.resolve().parent.name}/{self.store.path.resolve().name}"

    @cached_property
    def patience(self) -> Patience:
        """How long this process waits for the storage."""
        continue_with = f"framework run {self.store.path}"
        return Patience(self.url, _SECONDS, self.interruption, continue_with, self.warn)

    @cached_property
    def declared(self) -> dict[str, Any]:
        """What must stay the same as long as the search goes on."""
        search = search_of(self.plan)
        objectives = {
            name: {"direction": each.direction, "terms": _plain(each.terms)}
            for name, each in search.sought.items()
        }
        return {
            "data": self.fingerprint,
            "space": self.plan.resolved["search"]["space"],
            "objectives": objectives,
            "constraints": _plain(search.constraints),
        }

    def begin(self) -> Study:
        """Make the study, or find it again; one process alone may do so.

        Raises:
            StorageError: the storage cannot be used, or does not know of trials that lie here.
            RecipeError: the study was begun with another space, other aims or other data.
        """
        with study_faults(self.url):
            directions = [each.direction for each in search_of(self.plan).sought.values()]
            storage = self._storage(creates=True)
            study = optuna.create_study(
                storage=storage,
                study_name=self._name_in(storage),
                directions=directions,
                load_if_exists=True,
            )
            known = study.user_attrs.get(DECLARED)
            if known is None:
                self._require_no_trials()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", ExperimentalWarning)
                    study.set_metric_names([*search_of(self.plan).sought])  # for dashboards
                study.set_user_attr(DECLARED, self.declared)
        if known is not None and known != self.declared:
            raise RecipeError(self._differences(known))
        return study

    def join(self) -> Study:
        """Find the study that another process has begun.

        Raises:
            StorageError: the storage cannot be used, or has no such study.
        """
        with study_faults(self.url):
            storage = self._storage(creates=False)
            return optuna.load_study(storage=storage, study_name=self._name_in(storage))

    def close(self) -> None:
        """Give back the connections to the storage."""
        for storage in self.opened:
            close_storage(storage)

    def _storage(self, *, creates: bool) -> BaseStorage:
        max_retries = search_of(self.plan).max_retries
        optuna.logging.set_verbosity(optuna.logging.CRITICAL)  # what it says, we say
        storage = self.patience.carried_out(
            lambda: open_storage(
                self.url,
                lambda study, trial: take_up_again(study, trial, max_retries),
                self.heartbeat,
                creates=creates,
            )
        )
        self.opened.append(storage)
        return patient(storage, self.patience)

    def _name_in(self, storage: BaseStorage) -> str:
        """A file in the run directory goes with it, whatever the directory is called by now."""
        known = [] if search_of(self.plan).storage else optuna.get_all_study_names(storage)
        return known[0] if len(known) == 1 else self.name

    def _require_no_trials(self) -> None:
        """Refuse a new study beside trials of another one, whose values are not those it draws."""
        if any(self.store.path.glob("trial-*")):
            message = f"there is no study '{self.name}', of which trials lie in the run directory"
            hint = "give the directory its old name back, restore the study, or train with --new"
            raise StorageError(Fault("S069", message, place=place_of(self.url), hint=hint))

    def _differences(self, known: Mapping[str, Any]) -> Iterator[Fault]:
        before, now = dict(_leaves(known)), dict(_leaves(self.declared))
        hint = "restore it, or search anew with --new; values of the two cannot be compared"
        for key in sorted(before.keys() | now.keys()):
            was, found = before.get(key, _MISSING), now.get(key, _MISSING)
            if was != found:
                message = f"the search was begun with {was}, found {found}"
                place = place_of(self.url)
                yield Fault("R075", message, key=f"search.{key}", place=place, hint=hint)


def _plain(terms: Any) -> list[dict[str, Any]]:
    return [term.model_dump(mode="json", exclude_none=True) for term in terms]


def _leaves(values: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every single value with the dotted key that leads to it."""
    if isinstance(values, dict) and values:
        items: Any = values.items()
    elif isinstance(values, list) and values:
        items = enumerate(values)
    else:
        yield key, values
        return
    for name, value in items:
        yield from _leaves(value, f"{key}.{name}" if key else str(name))
