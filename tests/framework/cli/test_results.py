from dataclasses import replace
from pathlib import Path

from framework.cli.results import next_step, say_result
from framework.runs.records import BestEntry, RunRecord

RECORD = RunRecord(
    directory=Path("runs/a/1"),
    name="a",
    status="finished",
    reason="",
    epoch=3,
    num_epochs=3,
    seed=0,
    started="2026-01-01T00:00:00+00:00",
    seconds=2.0,
    best=BestEntry("0" * 64, 2, "validation/loss", "min", 0.03125),
    test={"loss": 0.031, "psnr": 15.1},
    pictures=(Path("runs/a/1/figures/a.png"), Path("runs/a/1/figures/b.png")),
)


def test_result_shows_test_metrics_and_where_everything_is(capsys):
    say_result(RECORD, seed="0")
    assert capsys.readouterr().out == (
        "test metric  value\n"
        "loss         0.031\n"
        "psnr          15.1\n"
        "\n"
        "status    finished after 3 of 3 epochs\n"
        "kept      epoch 2, validation/loss 0.03125\n"
        "run       runs/a/1\n"
        "pictures  runs/a/1/figures/a.png\n"
        "          runs/a/1/figures/b.png\n"
        "seed      0\n"
    )


def test_run_that_is_not_over_shows_what_there_is(capsys):
    say_result(replace(RECORD, status="interrupted", epoch=0, best=None, test={}, pictures=()))
    assert capsys.readouterr().out == (
        "status  interrupted after 0 of 3 epochs\nrun     runs/a/1\n"
    )


def test_early_stop_shows_its_reason(capsys):
    say_result(replace(RECORD, status="early_stopped", epoch=2, reason="no improvement"))
    assert "early_stopped after 2 of 3 epochs: no improvement\n" in capsys.readouterr().out


def test_last_weights_are_called_so(capsys):
    say_result(replace(RECORD, best=BestEntry("0" * 64, 3)))
    assert "kept      epoch 3, the last\n" in capsys.readouterr().out


def test_next_step_depends_on_the_status():
    assert next_step(RECORD).endswith("framework run runs/a/1 --new")
    interrupted = replace(RECORD, status="interrupted")
    assert next_step(interrupted) == "continue with: framework run runs/a/1"
