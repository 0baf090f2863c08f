import json

import pytest

from framework_trackers.wandb_attempts import (
    Attempt,
    next_attempt,
    read_attempts,
    rows_not_sent,
    write_attempts,
)


@pytest.mark.parametrize("mode", ["online", "offline"])
def test_first_attempt_has_an_identifier_of_its_own(mode):
    first, second = next_attempt([], mode), next_attempt([], mode)
    assert first.id != second.id
    assert (first.mode, first.continues, first.folders) == (mode, "", ())


def test_online_goes_on_with_the_same_run():
    first = Attempt("abc", "online", ("run-1-abc",), is_sent=True)
    again = next_attempt([first], "online").stored_in("run-2-abc")
    assert again == Attempt("abc", "online", ("run-1-abc", "run-2-abc"), is_sent=False)


@pytest.mark.parametrize("modes", [("offline", "offline"), ("online", "offline")])
def test_otherwise_a_new_run_is_linked_to_the_last(modes):
    before, now = modes
    second = next_attempt([Attempt("abc", before)], now)
    assert second == Attempt("abc-2", now, continues="abc")
    third = next_attempt([Attempt("abc", before), second], now)
    assert (third.id, third.continues) == ("abc-3", "abc-2")


def test_what_was_only_stored_is_not_gone_on_with_online():
    assert next_attempt([Attempt("abc", "offline")], "online").id == "abc-2"


def test_attempts_come_back_as_they_were_written(tmp_path):
    attempts = [Attempt("abc", "online", ("a", "b"), is_sent=True), Attempt("abc-2", "offline")]
    write_attempts(tmp_path, attempts)
    assert read_attempts(tmp_path) == attempts
    assert [file.name for file in tmp_path.iterdir()] == ["attempts.json"]


def test_rows_that_were_not_sent_are_those_in_between(tmp_path):
    log = tmp_path / "metrics.jsonl"
    assert rows_not_sent(log, first=0, last=9) == []
    rows = [{"epoch": n, "iteration": 8 * n, "train/loss": 0.5} for n in (1, 2, 3)]
    log.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert rows_not_sent(log, first=0, last=24) == rows
    assert rows_not_sent(log, first=9, last=16) == rows[1:2]


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]", '[{"id": 1}]'])
def test_a_damaged_file_counts_as_none(tmp_path, text):
    (tmp_path / "attempts.json").write_text(text)
    assert read_attempts(tmp_path) == []
