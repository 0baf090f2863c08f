"""Optuna's storage, reading trials with one plain statement per table."""

import json
import sys
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from inspect import signature
from math import inf, nan
from typing import Any

import sqlalchemy
from optuna.distributions import (
    BaseDistribution,
    check_distribution_compatibility,
    distribution_to_json,
    json_to_distribution,
)
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import Connection, DateTime, Integer, Select, TableClause, bindparam, column
from sqlalchemy.exc import IntegrityError

IS_READ = "is_read"
"""Execution option of a connection that is not going to write."""

_NO_STUDY = -1
_INNER = ("_get_trials", "_set_trial_param")
"""Methods that are not public, which Optuna's cache asks for."""
_SPECIAL = {"INF_POS": inf, "INF_NEG": -inf, "NAN": nan}
"""Numbers that not every database can hold, as Optuna writes their kind in their place."""

_Found = dict[int, list[Any]]


class SwiftStorage(RDBStorage):
    """A database of studies that finds a trial without making an object of each row.

    That takes Optuna some five milliseconds, however few trials there are, and each trial of a
    search is read about ten times. What is found is the same, and so is what is written. It knows
    the tables and two inner methods of Optuna's, so ask `fitting_storage` whether it may be used.
    """

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Read one trial.

        Raises:
            KeyError: there is none of that number.
        """
        found = self._read([trial_id], study=_NO_STUDY, after=0)
        return found[0] if found else super().get_trial(trial_id)

    def get_all_studies(self) -> list[Any]:
        """Read what is known of all studies.

        Raises:
            StorageInternalError: it is damaged.
        """
        with _damage_told():
            return super().get_all_studies()

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        """Read what is known of a study.

        Raises:
            StorageInternalError: it is damaged.
        """
        with _damage_told():
            return super().get_study_user_attrs(study_id)

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Write down something about a trial that has not ended.

        Raises:
            UpdateFinishedTrialError: it has.
            KeyError: there is no such trial.
        """
        at = {"of_trial": trial_id, "of_key": key}
        row = {"trial_id": trial_id, "key": key, "value_json": json.dumps(value)}
        with self._writing(trial_id) as connection:
            if not connection.execute(_ATTRIBUTE_CHANGED, at | row).rowcount:
                connection.execute(_ATTRIBUTES.insert(), row)

    def _set_trial_param(
        self,
        trial_id: int,
        param_name: str,
        param_value_internal: Any,
        distribution: BaseDistribution,
        previous_distribution: BaseDistribution | None,
    ) -> None:
        """Write down what was drawn, of a dimension that Optuna's cache knows of other trials."""
        given = (trial_id, param_name, param_value_internal, distribution)
        if previous_distribution is None:
            super()._set_trial_param(*given, previous_distribution)
            return
        check_distribution_compatibility(previous_distribution, distribution)
        text = distribution_to_json(distribution)
        with self._writing(trial_id) as connection:
            connection.execute(_PARAMS.insert(), dict(zip(_PARAM, (*given[:3], text), strict=True)))

    @contextmanager
    def _writing(self, trial_id: int) -> Iterator[Connection]:
        """Change something of a trial that has not ended; what another was faster at is left."""
        with suppress(IntegrityError), self.engine.begin() as connection:
            state = connection.execute(_STATE, {"of_trial": trial_id}).scalar()
            if state is None:
                raise KeyError(trial_id)
            self.check_trial_is_updatable(trial_id, TrialState[state])
            yield connection

    def _get_trials(
        self,
        study_id: int,
        states: Container[TrialState] | None,
        included_trial_ids: set[int],
        trial_id_greater_than: int,
    ) -> list[FrozenTrial]:
        """Read the trials of a study that are new, and those named, as Optuna's cache asks for."""
        found = self._read(sorted(included_trial_ids), study=study_id, after=trial_id_greater_than)
        if not found and trial_id_greater_than < 0:  # perhaps there is no such study
            return super()._get_trials(study_id, states, set(), trial_id_greater_than)
        return [trial for trial in found if states is None or trial.state in states]

    def _read(self, known: Sequence[int], *, study: int, after: int) -> list[FrozenTrial]:
        """Read trials by their numbers, and those of a study with larger ones."""
        wanted = {"known": known, "study": study, "after": after}
        reading = self.engine.connect().execution_options(**{IS_READ: True})
        with _damage_told(), reading as connection:
            rows = connection.execute(_TRIALS_WANTED, wanted).all()
            if not rows:
                return []
            parts = {name: _by_trial(connection, name, wanted) for name in _PARTS_WANTED}
            with _damage_told(KeyError):
                return [_trial(row, parts) for row in rows]


def fitting_storage() -> type[RDBStorage]:
    """This storage, or Optuna's own where another version keeps trials in another way."""
    is_fit = all(map(_is_as_known, _INNER)) and all(map(_has_columns, _tables_known()))
    return SwiftStorage if is_fit else RDBStorage


def _is_as_known(method: str) -> bool:
    theirs, ours = getattr(RDBStorage, method, None), vars(SwiftStorage)[method]
    return theirs is not None and [*signature(theirs).parameters] == [*signature(ours).parameters]


def _has_columns(table: TableClause) -> bool:
    models = getattr(sys.modules[RDBStorage.__module__], "models", None)
    tables = {} if models is None else models.BaseModel.metadata.tables
    return table.name in tables and set(table.c.keys()) <= set(tables[table.name].c.keys())


@contextmanager
def _damage_told(*more: type[Exception]) -> Iterator[None]:
    """Tell rows that a database could read, though nobody wrote them, as it tells what it cannot.

    Args:
        more: what else damage is told by than values.

    Raises:
        StorageInternalError: they are damaged.
    """
    kinds: tuple[type[Exception], ...] = (ValueError, TypeError, *more)
    try:
        yield
    except kinds as error:
        raise StorageInternalError(f"malformed rows: {error}") from None


def _table(name: str, *columns: str) -> TableClause:
    times = {"datetime_start", "datetime_complete"}
    whole = {"trial_id", "study_id"}
    return sqlalchemy.table(
        name,
        *(column(each, DateTime) for each in columns if each in times),
        *(column(each, Integer) for each in columns if each in whole),
        *(column(each) for each in columns if each not in times | whole),
    )


def _trials_wanted() -> Select[Any]:
    trials = _table(
        "trials", "trial_id", "study_id", "number", "state", "datetime_start", "datetime_complete"
    )
    is_new = (trials.c.study_id == bindparam("study")) & (trials.c.trial_id > bindparam("after"))
    is_known = trials.c.trial_id.in_(bindparam("known", expanding=True))
    return sqlalchemy.select(trials).where(is_new | is_known).order_by(trials.c.trial_id)


def _parts_wanted(name: str, key: str, *values: str, order: str) -> Select[Any]:
    table = _table(name, "trial_id", key, *values, *({order} - {key}))
    ids = _TRIALS_WANTED.order_by(None).with_only_columns(_TRIALS_WANTED.selected_columns.trial_id)
    read = (table.c[each] for each in ("trial_id", key, *values))
    return sqlalchemy.select(*read).where(table.c.trial_id.in_(ids)).order_by(table.c[order])


_TRIALS_WANTED = _trials_wanted()
_PARTS_WANTED = {
    "params": _parts_wanted(
        "trial_params", "param_name", "param_value", "distribution_json", order="param_id"
    ),
    "values": _parts_wanted("trial_values", "objective", "value", "value_type", order="objective"),
    "user_attrs": _parts_wanted(
        "trial_user_attributes", "key", "value_json", order="trial_user_attribute_id"
    ),
    "system_attrs": _parts_wanted(
        "trial_system_attributes", "key", "value_json", order="trial_system_attribute_id"
    ),
    "intermediate_values": _parts_wanted(
        "trial_intermediate_values",
        "step",
        "intermediate_value",
        "intermediate_value_type",
        order="trial_intermediate_value_id",
    ),
}


def _tables_known() -> list[TableClause]:
    found = [_TRIALS_WANTED, *_PARTS_WANTED.values()]
    return [table for query in found for table in query.get_final_froms()]  # type: ignore[misc]


_PARAM = ("trial_id", "param_name", "param_value", "distribution_json")
_PARAMS = _table("trial_params", *_PARAM)
_ATTRIBUTES = _table("trial_user_attributes", "trial_id", "key", "value_json")
_ATTRIBUTE_CHANGED = (
    sqlalchemy.update(_ATTRIBUTES)
    .where(_ATTRIBUTES.c.trial_id == bindparam("of_trial"))
    .where(_ATTRIBUTES.c.key == bindparam("of_key"))
)
_STATE = sqlalchemy.text("SELECT state FROM trials WHERE trial_id = :of_trial")


def _by_trial(connection: Connection, name: str, wanted: dict[str, Any]) -> _Found:
    found: _Found = defaultdict(list)
    for row in connection.execute(_PARTS_WANTED[name], wanted):
        found[row.trial_id].append(row)
    return found


def _trial(row: Any, parts: dict[str, _Found]) -> FrozenTrial:
    of_trial = {name: found[row.trial_id] for name, found in parts.items()}
    drawn = {n: (v, json_to_distribution(text)) for _, n, v, text in of_trial["params"]}
    return FrozenTrial(
        number=row.number,
        state=TrialState[row.state],
        value=None,
        values=[_number(*value) for _, _, *value in of_trial["values"]] or None,
        datetime_start=row.datetime_start,
        datetime_complete=row.datetime_complete,
        params={n: distribution.to_external_repr(v) for n, (v, distribution) in drawn.items()},
        distributions={name: distribution for name, (_, distribution) in drawn.items()},
        user_attrs={key: json.loads(text) for _, key, text in of_trial["user_attrs"]},
        system_attrs={key: json.loads(text) for _, key, text in of_trial["system_attrs"]},
        intermediate_values={
            step: _number(*value) for _, step, *value in of_trial["intermediate_values"]
        },
        trial_id=row.trial_id,
    )


def _number(value: float | None, kind: str) -> float:
    return _SPECIAL[kind] if value is None else value
