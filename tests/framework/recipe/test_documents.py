"""Places of keys and values, and faults at those places."""

import pytest

from framework.errors import Position
from framework.recipe.loading import load_document
from framework.validation import Problem

TEXT = """\
networks:
  encoder: {type: conv, channels: [8, 16]}
training:
  num_epochs: 3
metrics:
  - mse
  - {type: ssim}
"""


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "recipe.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return file


@pytest.fixture
def document(file):
    return load_document(file)


def at(document, line, column):
    return Position(str(document.source), line, column)


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ((), 1, 1),
        (("networks", "encoder"), 2, 12),
        (("networks", "encoder", "channels", 1), 2, 39),
        (("training", "num_epochs"), 4, 15),
        (("metrics", 1, "type"), 7, 12),
    ],
)
def test_value_has_its_place(document, path, line, column):
    assert document.place(path) == at(document, line, column)


def test_key_has_its_place(document):
    assert document.place(("training", "num_epochs"), of_key=True) == at(document, 4, 3)


def test_item_of_a_list_stands_for_its_key(document):
    assert document.place(("metrics", 0), of_key=True) == at(document, 6, 5)


def test_bare_component_name_is_its_own_type(file):
    file.write_text("loss: bce\n", encoding="utf-8")
    assert load_document(file).place(("loss", "type")) == Position(str(file), 1, 7)


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("training", "batch_size"), 3, 1),
        (("networks", "encoder", "dropout", "x"), 2, 3),
        (("metrics", 2), 5, 1),
        (("metrics", "x"), 5, 1),
        (("metrics", 0, "size"), 6, 5),
        (("loss",), 1, 1),
    ],
)
def test_absent_path_has_the_place_of_what_lacks_it(document, path, line, column):
    assert document.place(path) == at(document, line, column)


def test_overridden_value_has_the_override_for_its_place(file):
    document = load_document(file, ["training.num_epochs=4"])
    assert document.place(("training", "num_epochs")) == "training.num_epochs=4"
    assert document.place(("training",)) == Position(str(file), 4, 3)


def test_fault_of_a_value_names_place_and_key(document):
    fault = document.fault(
        Problem(("channels", 0), "expected more", "write 9"), ("networks", "encoder")
    )
    assert str(fault) == (
        f"{document.source}:2:36: error: networks.encoder.channels.0: expected more; write 9 [R012]"
    )


def test_fault_of_an_unknown_key_points_at_the_key(document):
    fault = document.fault(Problem(("training", "num_epochs"), "no such key", identifier="R004"))
    assert str(fault) == f"{document.source}:4:3: error: training: no such key [R004]"


def test_fault_of_a_missing_key_points_at_the_block(document):
    fault = document.fault(Problem(("training", "seed"), "'seed' is missing", identifier="R010"))
    assert str(fault) == f"{document.source}:3:1: error: training: 'seed' is missing [R010]"


def test_fault_of_an_unknown_key_in_an_override_is_told_in_its_words(file):
    document = load_document(file, ["training.num_epoch=5"])
    problem = Problem(
        ("num_epoch",), "no such key 'num_epoch'", "did you mean 'num_epochs'?", "R004"
    )
    assert str(document.fault(problem, ("training",))) == (
        "training.num_epoch=5: error: no such key 'training.num_epoch'; "
        "did you mean 'num_epochs'? [R004]"
    )


def test_faults_come_in_the_order_of_the_file_and_overrides_last(file):
    document = load_document(file, ["seed=1"])
    problems = [
        Problem(("seed",), "last"),
        Problem(("metrics", 1), "third"),
        Problem(("training", "num_epochs"), "second"),
        Problem(("networks",), "first"),
    ]
    assert [fault.message for fault in document.faults(problems)] == [
        "first",
        "second",
        "third",
        "last",
    ]


def test_values_are_fresh_each_time(document):
    document.values["training"]["num_epochs"] = 7
    assert document.values["training"] == {"num_epochs": 3}


def test_document_holds_its_text(document, file):
    assert document.source_text == TEXT
    assert document.chain == (file,)
