"""What becomes of trials that cannot be drawn, trained or told."""

import pytest

from framework.errors import FrameworkError, SearchError
from framework.runs.records import read_state

pytestmark = pytest.mark.slow


def test_draws_that_cannot_be_trained_are_no_trials(searched, trials_of):
    record = searched(
        3,
        "networks.encoder={type: conv_encoder, channels: [4], kernel_sizes: [3], strides: [1], "
        "paddings: [0], latent_dim: 2}",
        "networks.decoder=mirrored_decoder",
        "search.sampler={type: tpe, num_startup_trials: 4}",
        space="networks.encoder.kernel_sizes: {choices: [[3], [30], [31], [32]]}",
    )
    trials = trials_of(record.directory)
    infeasible = [trial for trial in trials if "infeasible" in trial.user_attrs]
    assert sum(trial.state.name == "COMPLETE" for trial in trials) == 3
    assert len(trials) == 3 + len(infeasible) > 3
    assert {trial.state.name for trial in infeasible} == {"PRUNED"}
    assert {trial.constraints["feasible"] for trial in infeasible} == {1.0}
    assert all("encoder" in trial.user_attrs["layer"] for trial in infeasible)


def test_space_without_a_valid_network_is_given_up(searched, search_directory):
    with pytest.raises(SearchError) as caught:
        searched(
            3,
            "networks.encoder={type: conv_encoder, channels: [4], kernel_sizes: [3], "
            "strides: [1], paddings: [0], latent_dim: 2}",
            "networks.decoder=mirrored_decoder",
            "search.max_infeasible_draws=5",
            space="networks.encoder.kernel_sizes: {choices: [[30], [31]]}",
        )
    (fault,) = caught.value.faults
    assert caught.value.exit_code == 9
    assert fault.identifier == "O074"
    assert "5 draws in a row" in fault.message
    assert "encoder" in fault.message
    assert "(5 times)" in fault.message
    assert read_state(search_directory()).status == "failed"


FAILING = """
import sys

from ignite.engine import Events

from framework import Handler, hookimpl


class Failing(Handler):
    def __init__(self, *, how: str) -> None:
        self._how = how

    def attach(self, trainer, evaluator, run) -> None:
        trainer.add_event_handler(Events.EPOCH_STARTED, self._fail)

    def _fail(self) -> None:
        if self._how == "exit":
            sys.exit(3)
        raise ValueError("no such luck")


@hookimpl
def provide_handlers():
    return {"failing": Failing}
"""


@pytest.mark.parametrize(
    ("overrides", "fragment"),
    [
        (["handlers=[{type: failing, how: raise}]"], "no such luck (2 times)"),
        (["handlers=[{type: failing, how: exit}]"], "SystemExit: 3 (2 times)"),
        (
            ["search.pruner={type: threshold, upper: 0.0}", "training.num_epochs=2"],
            "ended early by the pruner (2 times)",
        ),
        (["optimizer.weight_decay=1.0e+300"], "(2 times)"),
        (["search.constraints=[{cost: minutes, at_most: 0.0}]"], "violates 'minutes at_most'"),
    ],
)
def test_search_without_a_trial_to_keep_tells_all_reasons(
    searched, tmp_path, overrides, fragment, trials_of, search_directory
):
    (tmp_path / "failing.py").write_text(FAILING)
    with pytest.raises(SearchError) as caught:
        searched(2, *overrides, plugin_files=[tmp_path / "failing.py"])
    (fault,) = caught.value.faults
    assert fault.identifier == "O073"
    assert fragment in fault.message
    states = {trial.state.name for trial in trials_of(search_directory())}
    assert states <= {"FAIL", "PRUNED", "COMPLETE"}


def test_other_faults_of_the_recipe_end_the_search(searched):
    with pytest.raises(FrameworkError) as caught:
        searched(2, space="optimizer.lr: {choices: [0.1, fast]}")
    assert caught.value.exit_code == 3
