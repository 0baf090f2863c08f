"""Trials whose process is dead or was stopped: they fail, and are taken up again.

What takes a trial up again is another trial of the same values and the same run directory, which
goes on from the checkpoint there.
"""

import os
from collections.abc import Mapping
from typing import Any

from optuna.exceptions import UpdateFinishedTrialError
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial

from framework.runs.search.counting import (
    HISTORY,
    KILLS,
    STOPPED,
    SURPLUS,
    Tally,
    attempts_before,
    is_given_up,
)
from framework.storage import this_process

OWNER = "owner"
"""User attribute: the process that is at the trial."""
_CONSTRAINTS = "constraints"


def take_up_again(study: Study, trial: FrozenTrial, max_retries: int) -> bool:
    """Let a trial that was stopped or killed wait for a process; answer whether it does.

    One that was killed too often is given up.
    """
    if is_given_up(trial, max_retries):
        return False
    known = trial.user_attrs
    attrs = {k: v for k, v in known.items() if k not in {OWNER, STOPPED, SURPLUS}}
    kills = attrs.get(KILLS, 0) + (not known.get(STOPPED) and not known.get(SURPLUS))
    system = trial.system_attrs | {HISTORY: [*attempts_before(trial), trial.number]}
    study.add_trial(
        create_trial(
            state=TrialState.WAITING,
            params=trial.params,
            distributions=trial.distributions,
            user_attrs=attrs | {KILLS: kills},
            system_attrs={k: v for k, v in system.items() if not k.startswith(_CONSTRAINTS)},
            intermediate_values=trial.intermediate_values,
        )
    )
    return True


def sweep(study: Study, max_retries: int, *, with_ownerless: bool = False) -> int:
    """Fail the trials that are running according to the study, and whose process is dead.

    Heartbeats say the same, later; of processes on other machines they alone can tell.

    Args:
        study: the study.
        max_retries: how often a trial that was killed is taken up again.
        with_ownerless: whether a trial counts as dead that has not said whose it is; it says so
            at once.

    Returns:
        Number of trials that were found dead.
    """
    num_dead = 0
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        owner = trial.user_attrs.get(OWNER)
        if not (with_ownerless if owner is None else is_dead(owner)):
            continue
        try:
            study.tell(trial.number, state=TrialState.FAIL)
        except (UpdateFinishedTrialError, ValueError):  # somebody else was faster
            continue
        num_dead += 1
        take_up_again(study, study.trials[trial.number], max_retries)
    return num_dead


def take_up_owed(study: Study, max_retries: int, num_trials: int) -> int:
    """Let trials wait that failed and that nobody got to take up again; answer their number.

    So do trials that were one too many, where the total has grown. Only one process may do so at a
    time.
    """
    tally = Tally(study.get_trials(deepcopy=False), max_retries)
    found = [*tally.owed, *tally.surplus(num_trials)]
    return sum(take_up_again(study, trial, max_retries) for trial in found)


def is_dead(owner: Mapping[str, Any]) -> bool:
    """Whether a process is known to be dead: one of this machine that is not there any more."""
    here = this_process()
    if owner["host"] != here["host"]:
        return False
    if owner["boot_id"] != here["boot_id"]:
        return True
    try:
        os.kill(owner["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it is there, and another user's
        return False
    return False
