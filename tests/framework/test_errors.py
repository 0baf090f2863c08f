"""Faults say place, key, what is wrong, the way out and their identifier."""

from framework.errors import Fault, Position, RecipeError, nearest_hint


def test_fault_reads_like_a_linters_message():
    fault = Fault(
        "R012",
        "expected an integer of at least 1, found '6'",
        key="networks.encoder.latent_dim",
        place=Position("best.yaml", 9, 61),
        hint="remove the quotes",
    )
    assert str(fault) == (
        "best.yaml:9:61: error: networks.encoder.latent_dim: "
        "expected an integer of at least 1, found '6'; remove the quotes [R012]"
    )


def test_fault_without_place_begins_with_error():
    assert str(Fault("P003", "two owners")) == "error: two owners [P003]"


def test_fault_shows_what_a_terminal_would_obey():
    fault = Fault("R004", "no such key '\x1b[2J\r\u202e'\n  of two lines")
    assert str(fault) == "error: no such key '\\u001b[2J\\u000d\\u202e'\n  of two lines [R004]"


def test_fault_as_json_keeps_the_position_apart():
    values = Fault("R001", "m", place=Position("f", 2, 3)).as_json()
    assert (values["file"], values["line"], values["column"]) == ("f", 2, 3)
    assert Fault("R001", "m", place="a=b").as_json()["place"] == "a=b"
    assert "place" not in Fault("R001", "m").as_json()


def test_error_carries_every_fault():
    error = RecipeError([Fault("R001", "one"), Fault("R002", "two")])
    assert [fault.identifier for fault in error.faults] == ["R001", "R002"]
    assert str(error).count("\n") == 1
    assert error.exit_code == 3


def test_nearest_hint_ignores_case_and_distant_names():
    assert nearest_hint("MSE", ["mse", "bce"]) == "did you mean 'mse'?"
    assert not nearest_hint("xylophone", ["mse", "bce"])
