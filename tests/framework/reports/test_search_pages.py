import re
from dataclasses import replace
from html import unescape

import pytest

from framework.reports.reporting import report_if_over, report_runs
from framework.reports.run_pages import RunPage
from framework.reports.search_pages import SearchPage
from framework.runs.records import read_run
from framework.runs.search.findings import read_findings


@pytest.fixture
def page(hand_built):
    return SearchPage(RunPage(read_run(hand_built)), read_findings(hand_built))


@pytest.mark.slow
def test_changes_of_the_best_trial_are_those_of_its_recipe(page):
    assert [(row.key, *row.values) for row in page.changes] == [
        ("networks.encoder.channels", "[4]", "[7]"),
        ("networks.encoder.latent_dim", "8", "6"),
        ("optimizer.lr", "0.001", "0.02"),
    ]


def test_counts_tell_how_many_trials_ended_how(page):
    assert page.counts == {
        "complete": "2",
        "complete, but violate constraints": "1",
        "ended early": "1",
        "failed": "1",
        "running": "1",
        "draws that could not be trained, and do not count": "1",
        "drawn when all were taken, and not trained": "1",
    }
    assert page.time == "4 min 30 s"


def test_rows_begin_with_the_best_and_end_with_what_has_no_value(page):
    rows, others = page.rows
    assert [row[:2] for row in rows] == [
        ["trial-0002", "complete"],
        ["trial-0000", "complete"],
        ["trial-0005", "violates constraints"],
        ["trial-0003", "pruned"],
        ["trial-0004", "failed"],
        ["trial-0006", "running"],
    ]
    assert others == []
    best = dict(zip(page.headers, rows[0], strict=True))
    assert (best["objective"], best["lr"], best["latent_dim"]) == ("0.25", "0.02", "6")
    assert dict(zip(page.headers, rows[-1], strict=True))["attempts"] == "2"


def test_infeasible_layers_are_counted_with_an_example(page):
    (layer,) = page.infeasible
    assert (layer.layer, layer.count) == ("encoder: layers.conv1", 1)
    assert "networks.encoder.channels=[8]" in layer.drawn


def test_infeasible_network_is_shown_whole_and_alone(page):
    network = {name: [3, 4, 5, 6] for name in ("channels", "kernel_sizes", "strides", "paddings")}
    trial = replace(
        page.findings.of("infeasible")[0],
        layer="networks.encoder: conv layer 4",
        overrides={"networks.encoder": network, "optimizer.lr": 0.5},
    )
    (layer,) = SearchPage(page.run, replace(page.findings, trials=[trial])).infeasible
    drawn = ", ".join(f"{name}=[3, 4, 5, 6]" for name in network)
    assert layer.drawn == drawn


def test_failures_are_counted(page):
    assert page.failures == [("validation/loss is not a finite number", 1)]


def test_commands_go_on_with_the_search_and_take_its_best(page, hand_built):
    commands = page.commands
    assert commands["Take the best recipe"] == f"framework search best {hand_built} > best.yaml"
    assert commands["Look at it with optuna-dashboard"].startswith("optuna-dashboard sqlite:///")
    elsewhere = replace(page.run)
    elsewhere.__dict__["recipe"] = {"search": {"storage": "postgresql://me:secret@host/db"}}
    commands = SearchPage(elsewhere, page.findings).commands
    assert "secret" not in " ".join(commands.values())


def test_report_shows_all_of_it_and_needs_nothing_else(hand_built):
    text = report_runs([hand_built]).read_text()
    titles = re.findall(r"<h2>(.*?)</h2>", text)
    assert titles == [
        "Result",
        "What the best trial changes",
        "How it went on",
        "From values to worth",
        "Slices",
        "Trials",
        "Timeline",
        "What could not be trained",
        "What failed",
        "How it was made",
        "How to go on",
    ]
    words = unescape(text)
    assert "validation/loss + 0.01 * minutes" in words
    assert "layers.conv1: its output would be empty" in words
    assert "0.25" in words
    assert not re.findall(r'(?:src|href)="(?!data:)', text)


def test_search_that_has_found_nothing_yet_has_a_report(hand_built):
    (hand_built / "study.db").unlink()
    text = report_runs([hand_built]).read_text()
    assert "no trial is complete" in text
    assert "0 of 5 trials done" in text


def test_report_of_a_damaged_study_is_a_warning(hand_built):
    (hand_built / "study.db").write_bytes(b"no database" * 1000)
    warnings = []
    report_if_over(hand_built, warnings.append)
    assert "the study is damaged" in warnings[0]


def test_changes_have_no_more_digits_than_are_worth_reading(page, hand_built):
    recipe = hand_built / "trial-0002" / "resolved.yaml"
    text = recipe.read_text().replace("lr: 0.02", "lr: 0.6801672297315767")
    recipe.write_text(text)
    changes = {row.key: row.values[1] for row in page.changes}
    assert changes["optimizer.lr"] == "0.68017"
    assert changes["networks.encoder.channels"] == "[7]"
