import io
import re
import sys

import pytest
from ignite.engine import Engine
from rich.console import Console

from framework.cli.progress import LiveProgress, progress_display
from framework.contracts import Task
from framework.engines.engine import ReliableEngine
from framework.events import FitEvents

LENGTH = 4


class Nothing(Task):
    """A task that is never asked."""

    def losses(self, batch):
        raise NotImplementedError

    def evaluate(self, batch):
        raise NotImplementedError


class Run:
    """A fit without networks: its losses are told to it."""

    task = Nothing()
    networks = {}  # noqa: RUF012
    optimizers = {}  # noqa: RUF012
    directory = None
    label = ""
    seconds = 0.0

    def __init__(self, num_epochs, losses=("main",)):
        self.epoch = 0
        self.num_epochs = num_epochs
        self.metrics = {}
        self.best = None
        self.trainer = ReliableEngine(lambda _engine, _batch: dict.fromkeys(losses, 0.5))

    def stop(self, reason):
        raise NotImplementedError

    def attach(self, handlers):
        for handler in handlers:
            handler.attach(self.trainer, Engine(lambda *_: None), self)

    def advance(self):
        if self.epoch == 0:
            self.trainer.fire_event(FitEvents.FIT_STARTED)
        self.trainer.run(range(LENGTH), max_epochs=self.epoch + 1, epoch_length=LENGTH)
        self.epoch += 1
        value = 1 / self.epoch
        self.metrics = {"train/loss": 0.5, "validation/loss": value, "validation/psnr": 15.0}
        self.best = {
            "metric": "validation/loss",
            "mode": "min",
            "value": value,
            "epoch": self.epoch,
        }
        self.trainer.fire_event(FitEvents.SAVING)
        if self.epoch == self.num_epochs:
            self.trainer.fire_event(FitEvents.FIT_ENDED)


def console_of(width=80):
    return Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)


def pictures(console):
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())
    return text.replace("\r", "\n")


def test_epochs_are_a_line_each_where_nobody_looks_on(capsys):
    run = Run(num_epochs=12)
    with progress_display(is_silent=False) as handlers:
        run.attach(handlers)
        for _ in range(12):
            run.advance()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 12
    assert re.fullmatch(
        r"epoch  3/12  train/loss 0\.5  validation/loss 0\.33333  validation/psnr 15  "
        r"best 0\.33333 \(epoch 3\)  \d+\.\d s",
        lines[2],
    )
    assert not re.search(r"[\x1b\r]", "".join(lines))


def test_silence_has_no_handlers():
    with progress_display(is_silent=True) as handlers:
        assert handlers == []


@pytest.mark.parametrize(("term", "kind"), [("xterm", "LiveProgress"), ("dumb", "TrialLog")])
def test_terminal_gets_a_live_display_where_it_can(term, kind, monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", term)
    with progress_display(is_silent=False) as handlers:
        assert [type(handler).__name__ for handler in handlers] == [kind]


def test_live_display_shows_epoch_losses_best_and_time_left():
    console = console_of()
    run = Run(num_epochs=3)
    run.attach([LiveProgress(console)])
    run.advance()
    run.advance()
    lines = pictures(console).splitlines()
    assert any(re.match(r"epoch +2/3 +\S+ +0:00:00 left", line) for line in lines)
    assert any(re.match(r"iteration +4/4 ", line) for line in lines)
    assert any(
        line.startswith("train/loss 0.5  validation/loss 0.5  best 0.5 (epoch 2)") for line in lines
    )


def test_live_display_names_several_losses():
    console = console_of(width=120)
    run = Run(num_epochs=1, losses=("generator", "discriminator"))
    run.attach([LiveProgress(console)])
    run.advance()
    assert "train/loss/generator 0.5  train/loss/discriminator 0.5" in pictures(console)


def test_live_display_is_drawn_a_few_times_a_second_only():
    console = console_of()
    run = Run(num_epochs=1)
    run.attach([LiveProgress(console)])
    run.trainer.run(range(2000), max_epochs=1, epoch_length=2000)
    assert pictures(console).count("iteration") < 30


def test_live_display_gives_the_terminal_back_when_training_fails():
    stdout = sys.stdout
    display = LiveProgress(console_of())
    run = Run(num_epochs=1)
    run.attach([display])
    run.trainer.fire_event(FitEvents.FIT_STARTED)
    assert sys.stdout is not stdout
    display.stop()
    display.stop()
    assert sys.stdout is stdout


def test_live_display_shows_the_fit_at_work_and_how_far_all_of_them_are():
    console = console_of()
    display = LiveProgress(console)
    runs = [Run(num_epochs=2), Run(num_epochs=2)]
    for number, run in enumerate(runs):
        run.label = f"fold {number}"
        run.attach([display])
    for run in runs:
        run.advance()
    lines = pictures(console).splitlines()
    assert any(re.match(r"all +25% +\S+ +\S+ left", line) for line in lines)
    assert any(re.match(r"fold 0, epoch +1/2 ", line) for line in lines)
    assert any(re.match(r"all +50% ", line) for line in lines)
    assert any(re.match(r"fold 1, epoch +1/2 ", line) for line in lines)


def test_live_display_stays_until_the_last_of_several_fits_has_ended():
    stdout, display = sys.stdout, LiveProgress(console_of())
    runs = [Run(num_epochs=1), Run(num_epochs=1)]
    for run in runs:
        run.attach([display])
    runs[0].advance()
    assert sys.stdout is not stdout
    runs[1].advance()
    assert sys.stdout is stdout


def test_live_display_begins_anew_for_a_fit_that_comes_after():
    console = console_of()
    display = LiveProgress(console)
    first, second = Run(num_epochs=1), Run(num_epochs=1)
    first.attach([display])
    first.advance()
    second.attach([display])
    second.advance()
    assert "all" not in pictures(console)


def test_lines_of_several_fits_begin_with_their_names(capsys):
    with progress_display(is_silent=False) as handlers:
        for number in range(2):
            run = Run(num_epochs=1)
            run.label = f"fold {number}"
            run.attach(handlers)
            run.advance()
    lines = capsys.readouterr().out.splitlines()
    assert [line[:17] for line in lines] == ["fold 0  epoch 1/1", "fold 1  epoch 1/1"]


@pytest.mark.slow
def test_trials_are_drawn_below_the_table_of_their_search(hand_built):
    console = console_of(100)
    display = LiveProgress(console)
    display.look(hand_built)
    for number in range(2):
        run = Run(num_epochs=1)
        run.label = f"trial {number:04d}"
        run.attach([display])
        run.advance()
    display.stop()
    text = pictures(console)
    assert "trial 0001, epoch  1/1" in text
    assert text.count("5 of 5 trials done") >= 3
    assert text.rstrip().splitlines()[-1].split()[:2] == ["6", "running"]
