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


def fold(number, status, **changes):
    best = BestEntry("0" * 64, number + 1, "validation/loss", "min", number / 8)
    values = {"validation/loss": number / 8, "validation/psnr": 10.0 + number}
    directory = RECORD.directory / f"fold-{number}"
    given = {"best": best, "values": values, "test": {}, "pictures": ()} | changes
    return replace(RECORD, directory=directory, status=status, **given)


FOLDED = replace(
    RECORD,
    kept="fold-1",
    note="how to read it",
    pictures=(),
    best=BestEntry("0" * 64, 2, "validation/loss", "min", 0.125),
    parts=(fold(1, "early_stopped"), fold(2, "finished"), fold(3, "finished")),
)


def test_folds_are_a_table_with_mean_and_deviation_above_the_test_metrics(capsys):
    say_result(FOLDED)
    assert capsys.readouterr().out == (
        "fold       status         epochs  kept  validation/loss  validation/psnr\n"
        "fold-1     early_stopped  3/3     2     0.125            11\n"
        "fold-2     finished       3/3     3     0.25             12\n"
        "fold-3     finished       3/3     4     0.375            13\n"
        "mean ± sd                               0.25 ± 0.12      12 ± 1\n"
        "\n"
        "test metric  value\n"
        "loss         0.031\n"
        "psnr          15.1\n"
        "\n"
        "status  finished, 3 of 3 parts done\n"
        "kept    fold-1, epoch 2, validation/loss 0.125\n"
        "note    how to read it\n"
        "run     runs/a/1\n"
    )


def test_folds_that_have_measured_nothing_yet_show_how_they_stand(capsys):
    parts = (fold(0, "running", best=None, values={}), fold(1, "interrupted"))
    say_result(replace(FOLDED, status="interrupted", parts=parts, test={}, kept="", best=None))
    output = capsys.readouterr().out
    assert "fold    status       epochs  kept\n" in output
    assert "fold-0  running      3/3\n" in output
    assert "mean" not in output
    assert "status  interrupted, 0 of 2 parts done\n" in output
    assert "test metric" not in output


def test_ensemble_is_kept_without_an_epoch(capsys):
    say_result(replace(FOLDED, kept="ensemble", best=None))
    assert "kept    ensemble\n" in capsys.readouterr().out


def test_single_fold_shows_what_it_has_measured_on_its_validation_images(capsys):
    say_result(fold(2, "finished"))
    output = capsys.readouterr().out
    assert output.startswith("metric           value\nvalidation/loss   0.25\n")
    assert "test metric" not in output
