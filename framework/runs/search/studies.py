"""The study of a search: what Optuna knows of its trials."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import optuna
from optuna.study import Study

from framework.errors import Fault, RecipeError
from framework.recipe.plans import Plan
from framework.runs.directory import RunDirectory
from framework.runs.search.drawing import search_of
from framework.runs.search.retries import take_up_again
from framework.runs.search.storages import (
    Heartbeat,
    close_storage,
    open_storage,
    place_of,
    sqlite_url,
    study_faults,
)

FILE = "study.db"
"""The study of a run, beside its other files, where the recipe names no storage."""

DECLARED = "declared"
"""User attribute of a study: what was drawn, from what data, and what was sought."""

_MISSING = "nothing"


@dataclass(frozen=True)
class StudyOfRun:
    """The study of one run directory.

    Attributes:
        plan: the plan of the search.
        store: its run directory.
        fingerprint: what identifies the data.
        heartbeat: when a process that trains counts as dead.
        opened: storages that hold connections until this is closed.
    """

    plan: Plan
    store: RunDirectory
    fingerprint: str
    heartbeat: Heartbeat = field(default_factory=Heartbeat)
    opened: list[optuna.storages.RDBStorage] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the study is kept."""
        return search_of(self.plan).storage or sqlite_url(self.store.path.resolve() / FILE)

    @property
    def name(self) -> str:
        """What the storage knows it as: the name of the recipe and that of the run directory."""
        return f"{self.store.path.resolve().parent.name}/{self.store.path.resolve().name}"

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
            StorageError: the storage cannot be used.
            RecipeError: the study was begun with another space, other aims or other data.
        """
        with study_faults(self.url):
            directions = [each.direction for each in search_of(self.plan).sought.values()]
            study = optuna.create_study(
                storage=self._storage(creates=True),
                study_name=self.name,
                directions=directions,
                load_if_exists=True,
            )
            known = study.user_attrs.get(DECLARED)
            if known is None:
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
            return optuna.load_study(storage=self._storage(creates=False), study_name=self.name)

    def close(self) -> None:
        """Give back the connections to the storage."""
        for storage in self.opened:
            close_storage(storage)

    def _storage(self, *, creates: bool) -> optuna.storages.RDBStorage:
        max_retries = search_of(self.plan).max_retries
        optuna.logging.set_verbosity(optuna.logging.CRITICAL)  # what it says, we say
        storage = open_storage(
            self.url,
            lambda study, trial: take_up_again(study, trial, max_retries),
            self.heartbeat,
            creates=creates,
        )
        self.opened.append(storage)
        return storage

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
