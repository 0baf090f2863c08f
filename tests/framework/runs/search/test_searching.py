"""Whole searches: how many trials, which is kept, and how they go on."""

import os
import shutil
import signal

import pytest
import torch
from ignite.engine import Events

from framework.contracts import Handler
from framework.runs.interruption import Interrupted
from framework.runs.loading import load_run
from framework.runs.records import read_run, read_state
from framework.runs.search.findings import read_findings

pytestmark = pytest.mark.slow

SHORT = ("training.num_epochs=1", "figures=[]")
FOLDS = "cross_validation={num_folds: 2}"
EPOCHS = "training.num_epochs=2"
LR = "optimizer.lr: {low: 0.001, high: 0.1, log: true}"


def test_search_keeps_its_best_trial_and_goes_on_when_more_are_asked_for(searched, trials_of):
    record = searched(3, FOLDS)
    directory = record.directory
    trials = trials_of(directory)
    assert [trial.state.name for trial in trials] == ["COMPLETE"] * 3
    best = min(trials, key=lambda trial: trial.value)
    assert record.kept == best.user_attrs["run"] == f"trial-{best.number:04d}"
    kept = read_run(directory / record.kept)
    assert record.test == kept.test != {}
    assert record.best.sha256 == kept.best.sha256
    assert record.values["validation/loss"] == kept.spreads["validation/loss"].mean == best.value
    assert record.seconds == sum(read_state(p).seconds for p in directory.glob("trial-*"))

    others = [path for path in directory.glob("trial-*") if path.name != record.kept]
    assert len(others) == 2
    assert not any(read_state(path).test for path in others)  # the test images are sealed

    assert searched(3, FOLDS).was_already_over
    more = searched(4, FOLDS)
    assert more.directory == directory
    assert [trial.value for trial in trials_of(directory)[:3]] == [trial.value for trial in trials]
    rates = [trial.params["optimizer.lr"] for trial in trials_of(directory)]
    assert len(set(rates)) == len(rates) == 4
    assert searched(3, FOLDS).was_already_over


def test_grid_that_holds_fewer_trials_than_were_asked_for_is_done_with_all_it_holds(searched):
    space = "optimizer.lr: {choices: [0.01, 0.02]}"
    record = searched(9, "search.sampler=grid", space=space)
    findings = read_findings(record.directory)
    assert (findings.num_done, findings.num_trials, findings.num_asked_for) == (2, 2, 9)
    assert findings.limit == "the space has 2 combinations; 9 trials were asked for"
    assert findings.limit in record.note
    again = searched(10, "search.sampler=grid", space=space)
    assert again.directory == record.directory
    assert "10 trials were asked for" in again.note
    assert len(read_findings(record.directory).trials) == 2


class Stopper(Handler):
    """Sends a signal in the second epoch of a trial."""

    def __init__(self, label):
        self.label = label

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        if run.label.startswith(self.label):
            trainer.add_event_handler(Events.EPOCH_STARTED(once=2), self._send)

    def _send(self):
        os.kill(os.getpid(), signal.SIGTERM)


def test_trial_that_was_stopped_goes_on_with_the_same_values(
    searched, tmp_path, trials_of, search_directory
):
    with pytest.raises(Interrupted) as caught:
        searched(2, EPOCHS, observers=[Stopper("trial 0001")])
    assert caught.value.exit_code == 143
    directory = search_directory()
    assert [trial.state.name for trial in trials_of(directory)] == ["COMPLETE", "FAIL", "WAITING"]
    assert read_state(directory).status == "interrupted"
    record = searched(2, EPOCHS)
    assert record.status == "finished"
    _, stopped, again = trials_of(directory)
    assert again.params == stopped.params
    assert again.user_attrs["run"] == "trial-0001"
    assert again.user_attrs["kills"] == 0
    assert read_state(directory / "trial-0001").attempt == 2
    assert not (directory / "trial-0002").exists()

    shutil.rmtree(tmp_path / "runs")
    undisturbed = trials_of(searched(2, EPOCHS).directory)
    assert [trial.value for trial in undisturbed][1] == again.value
    assert undisturbed[1].intermediate_values == again.intermediate_values


def test_several_objectives_keep_what_is_best_in_the_first(searched, trials_of):
    error = "error: {minimize: [{metric: validation/loss}]}"
    size = "size: {minimize: [{parameter: networks.encoder.latent_dim}]}"
    record = searched(
        4,
        f"search.objectives={{{error}, {size}}}",
        "search.sampler=random",
        space=f"{LR}, networks.encoder.latent_dim: {{low: 1, high: 8}}",
    )
    trials = trials_of(record.directory)
    assert record.kept == min(trials, key=lambda t: t.values[0]).user_attrs["run"]
    assert "Pareto front" in record.note
    assert read_run(record.directory / record.kept).test == record.test != {}


def test_networks_come_from_the_best_trial_of_a_search(carried_out_in, support, tmp_path):
    lines = [f"extends: {support / 'tiny.yaml'}", "name: sought", "figures: []", "seed: 0"]
    lines += ["training: {num_epochs: 1, batch_size: 64}", "early_stopping: null"]
    space = "{networks.encoder.latent_dim: {choices: [2, 3]}}"
    lines += ["checkpointing: null", f"search: {{num_trials: 1, sampler: random, space: {space}}}"]
    (tmp_path / "sought.yaml").write_text("\n".join(lines))
    origin = f"networks.encoder={{from: {tmp_path / 'sought.yaml'}, freeze: true}}"
    quiet = {"warn": lambda _: None}
    record = carried_out_in(tmp_path / "runs", *SHORT, origin, "name=first", **quiet)
    (search,) = (tmp_path / "runs" / "sought").iterdir()
    drawn = load_run(search).networks["encoder"].latent_dim
    assert drawn in {2, 3}
    ours = load_run(record.directory).networks["encoder"]
    assert ours.latent_dim == drawn
    theirs = load_run(search / "trial-0000").networks["encoder"].state_dict()
    assert all(torch.equal(value, theirs[key]) for key, value in ours.state_dict().items())

    named = f"networks.encoder={{from: {search}, freeze: true}}"
    again = carried_out_in(tmp_path / "runs", *SHORT, named, "name=second", **quiet)
    assert again.best.sha256 == record.best.sha256
