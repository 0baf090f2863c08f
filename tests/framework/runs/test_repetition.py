"""A recipe with several seeds: each is a run of its own, and their spread is told."""

import json
import signal
from statistics import mean, stdev

import pytest
from ignite.engine import Events
from run_digest import differences, digest_of

from framework.contracts import Handler
from framework.errors import PluginError
from framework.events import FitEvents
from framework.runs.interruption import Interrupted
from framework.runs.records import read_state

pytestmark = pytest.mark.slow

SEEDS = ("seed=null", "seeds=[3, 1]")

PLUGIN = '''
from framework import Executor, Figure, Outcome, hookimpl

class Here(Executor):
    """Carries jobs out in this very process."""

    def num_threads(self, num_jobs):
        return 1

    def carry_out(self, jobs, *, num_threads, report, is_stopped):
        from framework.application import carry_out_job
        for job in jobs:
            report(f"{job.name} with {num_threads} threads")
            carry_out_job(job.file, announce=report)
        return [Outcome(job, 0) for job in jobs]

class Undrawable(Figure):
    """Cannot be drawn."""

    def draw(self, run):
        raise ValueError("no picture")

@hookimpl
def provide_executors():
    return {"here": Here}

@hookimpl
def provide_figures():
    return {"undrawable": Undrawable}
'''


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    path = tmp_path_factory.mktemp("plugin") / "here.py"
    path.write_text(PLUGIN)
    return path


@pytest.fixture(scope="module")
def whole(carried_out_in, tmp_path_factory):
    return carried_out_in(tmp_path_factory.mktemp("whole"), *SEEDS)


class At(Handler):
    """Calls a function at an event of the fits."""

    def __init__(self, event, call):
        self.event, self.call = event, call

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(self.event, self.call, run)


def the_run_in(folder):
    (state,) = folder.glob("tiny/*/state.json")
    return state.parent


@pytest.mark.parametrize("seed", [3, 1])
def test_seed_ends_with_the_same_bits_as_the_recipe_with_it(whole, carried_out_in, tmp_path, seed):
    alone = carried_out_in(tmp_path, f"seed={seed}")
    assert (
        differences(digest_of(alone.directory), digest_of(whole.directory / f"seed-{seed}")) == []
    )


def test_mean_and_deviation_are_those_of_the_seeds(whole):
    assert [part.directory.name for part in whole.parts] == ["seed-1", "seed-3"]
    assert whole.spreads.keys() == {
        *("validation/loss", "validation/largest_error", "test/loss", "test/largest_error")
    }
    losses = [part.test["loss"] for part in whole.parts]
    assert whole.spreads["test/loss"].mean == pytest.approx(mean(losses))
    assert whole.spreads["test/loss"].sd == pytest.approx(stdev(losses))
    assert whole.values["test/loss"] == whole.spreads["test/loss"].mean
    assert (whole.status, whole.test, whole.best) == ("finished", {}, None)
    assert whole.seconds == pytest.approx(sum(part.seconds for part in whole.parts))


def test_seeds_are_named_and_only_the_whole_is_announced(carried_out_in, tmp_path):
    labels, told = [], []
    looking = At(FitEvents.FIT_ENDED, lambda run: labels.append(run.label))
    record = carried_out_in(tmp_path, *SEEDS, handlers=[looking], announce=told.append)
    assert labels == ["seed 3", "seed 1"]
    assert told == [f"run directory: {record.directory}"]


def test_interrupted_repetition_goes_on_with_the_seed_at_work(whole, carried_out_in, tmp_path):
    def stop(run):
        if run.label == "seed 1" and run.epoch == 1:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Interrupted) as caught:
        carried_out_in(tmp_path, *SEEDS, handlers=[At(Events.ITERATION_COMPLETED, stop)])
    path = the_run_in(tmp_path)
    assert caught.value.exit_code == 143
    assert read_state(path).status == read_state(path / "seed-1").status == "interrupted"
    trained = set()
    looking = At(Events.ITERATION_COMPLETED, lambda run: trained.add(run.label))
    record = carried_out_in(tmp_path, *SEEDS, handlers=[looking])
    assert trained == {"seed 1"}
    assert record.spreads == whole.spreads


def test_each_seed_is_cross_validated(carried_out_in, tmp_path):
    labels = []
    looking = At(FitEvents.FIT_ENDED, lambda run: labels.append(run.label))
    folds = "cross_validation={num_folds: 2}"
    record = carried_out_in(tmp_path, *SEEDS, folds, handlers=[looking])
    assert labels == [f"seed {seed}, fold {fold}" for seed in (3, 1) for fold in (0, 1)]
    assert [part.kept[:5] for part in record.parts] == ["fold-"] * 2
    assert all(len(part.parts) == 2 for part in record.parts)
    tests = [part.test["loss"] for part in record.parts]
    assert record.spreads["test/loss"].mean == pytest.approx(mean(tests))


def test_seeds_can_be_given_to_an_executor(whole, carried_out_in, plugin, tmp_path):
    told = []
    record = carried_out_in(
        tmp_path, *SEEDS, "executor=here", plugins=[plugin], announce=told.append
    )
    assert [line for line in told if "threads" in line] == [
        "seed 3 with 1 threads",
        "seed 1 with 1 threads",
    ]
    for name in ("seed-1", "seed-3"):
        given = digest_of(whole.directory / name)
        assert differences(given, digest_of(record.directory / name)) == []
        resolved = (record.directory / name / "resolved.yaml").read_text()
        assert "executor" not in resolved


def test_folds_of_a_seed_can_be_given_to_an_executor(carried_out_in, plugin, tmp_path):
    folds, told = "cross_validation={num_folds: 2}", []
    asked = (*SEEDS, folds)
    record = carried_out_in(
        tmp_path / "there", *asked, "executor=here", plugins=[plugin], announce=told.append
    )
    assert [line for line in told if "threads" in line] == [
        f"seed {seed}, fold {fold} with 1 threads" for seed in (3, 1) for fold in (0, 1)
    ]
    here = carried_out_in(tmp_path / "here", *asked)
    assert here.spreads == record.spreads
    inner = [part.spreads for part in record.parts]
    assert inner == [part.spreads for part in here.parts]


def test_figures_that_fail_do_not_keep_other_seeds_from_being_trained(
    carried_out_in, plugin, tmp_path
):
    with pytest.raises(PluginError) as caught:
        carried_out_in(tmp_path, *SEEDS, "figures=[undrawable]", plugins=[plugin])
    assert [fault.identifier for fault in caught.value.faults] == ["P013"] * 2
    path = the_run_in(tmp_path)
    assert read_state(path).status == "finished"
    assert read_state(path / "seed-1").status == "finished"


def test_whole_is_described_by_its_first_seed(whole):
    meta = json.loads((whole.directory / "meta.json").read_text())
    assert meta["parts"] == ["seed-3", "seed-1"]
    assert not (whole.directory / "best.safetensors").exists()
