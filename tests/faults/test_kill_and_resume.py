"""Interrupt it at any moment: the resumed run ends with the same bits."""

import shutil
from pathlib import Path

import pytest
import torch
from ignite.engine import Events
from run_digest import differences, digest_of
from tiers import scaled

from framework.application import check, run
from framework.cli.main import main
from framework.contracts import Handler
from framework.events import FitEvents
from framework.runs.assembly import split_images
from framework.runs.directory import RunDirectory
from framework.runs.fit import Fit

pytestmark = pytest.mark.slow

SUPPORT = Path(__file__).parents[1] / "support"
PLUGIN = SUPPORT / "tiny_images.py"
NUM_EPOCHS, NUM_ITERATIONS = 8, 64
EPOCHS = range(1, NUM_EPOCHS, scaled(fast=6, default=3, nightly=1))  # interruptions meet all ends
LASTING = "{every_num_epochs: 2, groups: [{network: encoder, amount: 0.3}]}"
REGROWING = (
    "{every_num_epochs: 1, regrow: true, method: random_unstructured, "
    "groups: [{network: decoder, layers: linear, amount: 0.2}]}"
)
METHODS = {
    "lasting_pruning": (f"weight_pruning={LASTING}",),
    "regrowing_pruning": (f"weight_pruning={REGROWING}",),
    "warm_up": ("scheduler={type: cosine, warm_up_num_epochs: 1.5}", "handlers=[]"),
    "averaging": ("averaging={decay: 0.8}",),
    "denoising": (
        "task={type: denoising, corruptions: [{type: gaussian_noise, std: 0.2}, salt_and_pepper]}",
    ),
    "schedules": (
        "schedules=[{parameter: optimizer.weight_decay, points: [[1, 0.0], [4, 0.1]]}, "
        "{parameter: networks.encoder.noise, points: [[1, 0.0], [4, 0.1]], shape: cosine}]",
    ),
    "folds": (
        "cross_validation={num_folds: 3, fold: 1}",
        f"weight_pruning={LASTING}",
        "early_stopping={patience: 1}",
    ),
}
"""What a recipe may ask for, and a resume could lose."""


@pytest.fixture(scope="module", params=["tiny.yaml", "tiny_autoencoder.yaml", "tiny_gan.yaml"])
def plan(request):
    return check(SUPPORT / request.param, plugins=[PLUGIN])


@pytest.fixture(scope="module")
def reference(plan, tmp_path_factory):
    """What the fit ends with when nothing disturbs it."""
    fit = begin(plan, tmp_path_factory.mktemp("reference") / "run")
    while fit.advance():
        pass
    assert (fit.status, fit.epoch) == ("early_stopped", NUM_EPOCHS)
    return digest_of(fit.directory)


@pytest.mark.parametrize("num_epochs", EPOCHS)
def test_fit_resumed_after_an_epoch_ends_with_the_same_bits(plan, reference, tmp_path, num_epochs):
    fit = begin(plan, tmp_path / "run")
    for _ in range(num_epochs):
        assert fit.advance()
    resumed = take_up(plan, fit.directory)
    assert resumed.epoch == num_epochs
    while resumed.advance():
        pass
    assert differences(reference, digest_of(fit.directory)) == []


def test_fit_interrupted_after_every_iteration_ends_with_the_same_bits(plan, reference, tmp_path):
    fit = begin(plan, tmp_path / "run", InterruptDuring(1))
    num_attempts = 1
    while not fit.is_over:
        assert not fit.advance()
        if not fit.is_over:
            fit = take_up(plan, fit.directory, InterruptDuring(1))
            num_attempts += 1
    assert num_attempts == NUM_ITERATIONS
    assert differences(reference, digest_of(fit.directory)) == []


@pytest.mark.parametrize("num_iterations", [5, 8])
def test_fit_resumed_twice_ends_with_the_same_bits(plan, reference, tmp_path, num_iterations):
    fit = begin(plan, tmp_path / "run", InterruptDuring(num_iterations))
    for number in (1, 2):
        while fit.advance():
            pass
        assert RunDirectory(fit.directory).state.checkpoint.iteration == number * num_iterations
        fit = take_up(plan, fit.directory, *[InterruptDuring(num_iterations)] * (number == 1))
    while fit.advance():
        pass
    assert differences(reference, digest_of(fit.directory)) == []


@pytest.mark.parametrize("method", METHODS)
def test_method_resumed_after_any_epoch_ends_with_the_same_bits(tmp_path, method):
    changes = ["training={num_epochs: 5, batch_size: 64}", "early_stopping=null"]
    plan = check(SUPPORT / "tiny.yaml", overrides=[*changes, *METHODS[method]], plugins=[PLUGIN])
    fit, states = begin(plan, tmp_path / "reference"), {}
    while fit.advance():
        states[fit.epoch] = f"after-{fit.epoch}"
        shutil.copytree(fit.directory, tmp_path / states[fit.epoch])
    expected = digest_of(fit.directory)
    assert len(states) > 1
    for num_epochs, name in states.items():
        resumed = take_up(plan, tmp_path / name)
        assert resumed.epoch == num_epochs
        while resumed.advance():
            pass
        assert differences(expected, digest_of(resumed.directory)) == [], f"epoch {num_epochs}"


def test_cross_validation_that_dies_after_every_save_ends_with_the_same_bits(tmp_path):
    uninterrupted = train(tmp_path / "reference", recipe="tiny_folds.yaml")
    expected = digest_of(uninterrupted.directory)
    num_saves = sum(part.epoch for part in uninterrupted.parts)
    assert num_saves > 2 * 3
    for _ in range(num_saves):
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "runs", recipe="tiny_folds.yaml", handlers=[DieAt(FitEvents.SAVING)])
    record = train(tmp_path / "runs", recipe="tiny_folds.yaml")
    assert differences(expected, digest_of(record.directory)) == []


def test_run_that_died_before_its_measurement_is_measured(tmp_path):
    uninterrupted = train(tmp_path / "reference")
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "runs", handlers=[DieAt(FitEvents.FIT_ENDED)])
    record = train(tmp_path / "runs")
    assert not record.was_already_over
    assert record.test == uninterrupted.test
    found = digest_of(record.directory)
    assert differences(digest_of(uninterrupted.directory), found) == []


@pytest.mark.parametrize(
    ("overrides", "status"), [((), "early_stopped"), (("training.num_epochs=2",), "finished")]
)
def test_run_that_is_over_is_left_as_it_is(tmp_path, capsys, overrides, status):
    record = train(tmp_path, overrides=overrides)
    assert (record.status, record.was_already_over) == (status, False)
    before = contents(tmp_path)
    for again in (
        train(tmp_path, overrides=overrides),
        run(record.directory, runs_directory=tmp_path, announce=ignore),
    ):
        assert again == record.shown_again()
    assert main(["run", str(record.directory)]) == 0
    assert "--new trains again" in capsys.readouterr().out
    assert contents(tmp_path) == before


class InterruptDuring(Handler):
    """Asks the fit to end during the iteration of this number, as a signal does."""

    def __init__(self, num_iterations):
        self.num_left = num_iterations

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(Events.ITERATION_STARTED, self.count, run)

    def count(self, run):
        self.num_left -= 1
        if self.num_left == 0:
            run.interrupt()


class DieAt(Handler):
    """Ends the process at an event, so suddenly that nothing is written any more."""

    def __init__(self, event):
        self.event = event

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(self.event, self.die)

    def die(self):
        raise KeyboardInterrupt


def begin(plan, path, *observers):
    RunDirectory.create(path, texts={}, meta={})
    return take_up(plan, path, *observers)


def take_up(plan, path, *observers):
    """A new fit that stands where the run directory does."""
    images = plan.components.dataset.build().load().train
    store = RunDirectory(path)
    fit = Fit(
        plan,
        images,
        split_images(plan, len(images), images.labels),
        device=torch.device("cpu"),
        store=store,
        observers=observers,
    )
    state = store.load(warn=pytest.fail)
    if state is not None:
        fit.load_state_dict(state)
    store.begin_attempt()
    if state is not None:
        store.restore(state)
    return fit


def train(runs_directory, recipe="tiny.yaml", **options):
    return run(
        SUPPORT / recipe,
        plugins=[PLUGIN],
        runs_directory=runs_directory,
        announce=ignore,
        **options,
    )


def ignore(line):
    pass


def contents(folder):
    """Bytes and time of every file, and the time of every folder."""
    return {
        path: (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
    }
