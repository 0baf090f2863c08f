"""Which dimensions of a search matter."""

from collections.abc import Sequence

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

_FEWEST = 10
"""With fewer complete trials importances would be chance."""


def importances_of(trials: Sequence[FrozenTrial], signs: Sequence[int]) -> list[dict[str, float]]:
    """How much each dimension tells whether a trial is among the best, by Optuna's default method.

    Args:
        trials: trials of a study, whatever has become of them.
        signs: for each objective 1 where small values are good, else -1.

    Returns:
        For each objective shares, largest first; empty where fewer than ten trials are complete.

    Source: Watanabe, Bansal and Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter
    Importance in Arbitrary Subspaces", 2023.
    """
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    if len(complete) < _FEWEST:
        return [{} for _ in signs]
    return [_of_objective(complete, place, sign) for place, sign in enumerate(signs)]


def _of_objective(complete: Sequence[FrozenTrial], place: int, sign: int) -> dict[str, float]:
    study = optuna.create_study()  # of one objective, to be minimized, which the method asks for
    study.add_trials(
        create_trial(
            params=trial.params, distributions=trial.distributions, value=sign * trial.values[place]
        )
        for trial in complete
    )
    return dict(optuna.importance.get_param_importances(study))
