"""Trials whose process is dead or was stopped: they fail, and are taken up again.

What takes a trial up again is another trial of the same values and the same run directory, which
goes on from the checkpoint there.
"""

import os
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from optuna.exceptions import ExperimentalWarning, UpdateFinishedTrialError
from optuna.storages import fail_stale_trials
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
_SECONDS_BETWEEN_LOOKS = 0.2


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


def sweep(study: Study, max_retries: int, *, is_alone: bool = False) -> int:
    """Fail the trials that are running according to the study, and whose process is dead.

    Heartbeats say the same, later; of processes on other machines they alone can tell.

    Args:
        study: the study.
        max_retries: how often a trial that was killed is taken up again.
        is_alone: whether this process is at no trial, and no other of this search should be; then
            a trial counts as dead too that has not said whose it is, or is this process's, which
            an earlier search within it has left behind, or one's of another machine.

    Returns:
        Number of trials that were found dead.
    """
    num_dead = 0
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        owner = trial.user_attrs.get(OWNER)
        if not (is_alone and _is_left_behind(owner)) and not (owner and is_dead(owner)):
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


def end_stragglers(
    study: Study, max_retries: int, num_trials: int, require_none: Callable[[], None]
) -> None:
    """Wait for the last processes that are at work, and let wait what they left undone.

    A process whose executor has lost it, such as that of a killed worker of a cluster, ends by
    itself and saves; one on a machine that is gone does not.

    Args:
        study: the study.
        max_retries: how often a trial that was killed is taken up again.
        num_trials: number of trials that are to be.
        require_none: raises where somebody asks for the end of the search.
    """
    while True:
        require_none()
        sweep(study, max_retries, is_alone=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            fail_stale_trials(study)  # of a process whose number another one bears by now
        if not study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            break
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    take_up_owed(study, max_retries, num_trials)


def _is_left_behind(owner: Mapping[str, Any] | None) -> bool:
    """Whether whoever is at a trial is nobody, this process or on another machine."""
    here = this_process()
    if owner is None or owner["host"] != here["host"]:
        return True
    return owner["pid"] == here["pid"]


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
