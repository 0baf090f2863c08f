import pytest

from framework.reports.histories import (
    columns_of,
    counted,
    group_of,
    mean_history,
    read_history,
    trained_runs,
)
from framework.runs.records import read_run


def test_history_leaves_out_the_line_that_a_killed_process_began(make_run):
    run = make_run()
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 4, "tra')
    assert [row["epoch"] for row in read_history(run)] == [1, 2, 3]


def test_history_leaves_out_lines_that_are_no_rows(make_run):
    run = make_run()
    with (run / "metrics.jsonl").open("a") as file:
        file.write('[1]\n7\n"epoch"\n{"epoch": [4]}\n{"epoch": "four"}\n\0\0\n')
    assert [row["epoch"] for row in read_history(run)] == [1, 2, 3]


def test_run_without_rows_has_no_history(make_run):
    assert read_history(make_run(rows=None)) == []


def test_trained_runs_are_the_innermost_parts(make_folds, make_run):
    folds = read_run(make_folds())
    assert [run.directory.name for run in trained_runs(folds)] == ["fold-0", "fold-1"]
    alone = read_run(make_run())
    assert trained_runs(alone) == [alone]


def test_parts_are_counted_by_their_kind(make_run, make_folds):
    assert counted(read_run(make_folds())) == "2 folds"
    seeds = make_run("seeds", rows=None)
    make_folds("seeds/seed-0")
    make_folds("seeds/seed-1")
    assert counted(read_run(seeds)) == "2 seeds of 2 folds"


@pytest.mark.parametrize(
    ("quantity", "group"),
    [
        ("mse", ("mse", "")),
        ("noisy/mse", ("mse", "noisy")),
        ("loss/generator", ("loss", "generator")),
        ("schedule/loss.weights.1", ("schedule/loss.weights.1", "")),
    ],
)
def test_quantities_that_belong_together_form_a_group(quantity, group):
    assert group_of(quantity, ["mse", "noisy/mse", "loss/generator", "loss/discriminator"]) == group


def test_columns_are_taken_apart_in_their_order():
    rows = [{"epoch": 1, "train/loss": 1.0, "lr": 0.1}, {"epoch": 2, "validation/noisy/mse": 2.0}]
    found = [(c.name, c.split, c.quantity) for c in columns_of([rows])]
    assert found == [
        ("train/loss", "train", "loss"),
        ("lr", "", "lr"),
        ("validation/noisy/mse", "validation", "noisy/mse"),
    ]


def test_means_reach_as_far_as_all_have_numbers():
    first = [{"epoch": 1, "a": 1.0, "b": None}, {"epoch": 2, "a": 3.0}]
    second = [{"epoch": 1, "a": 3.0, "b": 1.0}]
    assert mean_history([first, second]) == [{"epoch": 1, "a": 2.0}]
