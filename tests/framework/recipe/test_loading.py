"""From the text of a recipe to values; what is refused on the way."""

import resource
import subprocess
import sys

import pytest

from framework.errors import Fault, Position, RecipeError
from framework.recipe.loading import load_document, read_yaml

READ = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))
from framework.errors import RecipeError
from framework.recipe.loading import load_document
try:
    load_document(sys.argv[1])
except RecipeError as error:
    print(error)
"""
CHECK_SHAPE = """
import sys
from framework.recipe.loading import load_document
from framework.recipe.schema import read_recipe
try:
    read_recipe(load_document(sys.argv[1]))
except Exception as error:
    print(error)
print(sorted({"torch", "ignite", "pluggy", "sklearn"} & set(sys.modules)))
"""


def read(text):
    return read_yaml(text, lambda line, column: Position("recipe.yaml", line, column)).plain()


def faults_of(text) -> list[Fault]:
    with pytest.raises(RecipeError) as caught:
        read(text)
    return list(caught.value.faults)


def fault_of(text) -> str:
    (fault,) = faults_of(text)
    return str(fault).removeprefix("recipe.yaml:")


def load(tmp_path, data: bytes):
    file = tmp_path / "recipe.yaml"
    file.write_bytes(data)
    return load_document(file)


def test_values_are_plain():
    text = "a: {b: [1, 2.5, x, 'y', null, true]}\nc: |\n  two\n  lines\n'': ''\n"
    assert read(text) == {
        "a": {"b": [1, 2.5, "x", "y", None, True]},
        "c": "two\nlines\n",
        "": "",
    }


def test_quoted_numbers_are_text():
    assert read("a: '6'\nb: \"010\"\n") == {"a": "6", "b": "010"}


def test_interpolation_is_left_alone():
    assert read("a: ${HOME}\nb: $(id)\n") == {"a": "${HOME}", "b": "$(id)"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "a:\n\tb: 1\n",
            "2:1: error: not valid YAML: found character '\\t' that cannot start any token, while "
            "scanning for the next token: '\\tb: 1'; indent with spaces [R001]",
        ),
        (
            "a: [1\nb: 2\n",
            "2:2: error: not valid YAML: expected ',' or ']', but got ':', while parsing a flow "
            "sequence that begins in line 1: 'b: 2' [R001]",
        ),
        (
            "a: b: c\n",
            "1:5: error: not valid YAML: mapping values are not allowed here: 'a: b: c' [R001]",
        ),
        (
            "a: 1\nb: [2,\n\n",
            "2:7: error: not valid YAML: expected the node content, but found '<stream end>', "
            "while parsing a flow node: 'b: [2,' [R001]",
        ),
        (
            'a: "x\nb: 1\n',
            "1:4: error: not valid YAML: found unexpected end of stream, while scanning a quoted "
            "scalar: 'a: \"x' [R001]",
        ),
    ],
)
def test_syntax_error_shows_place_and_line(text, fault):
    assert fault_of(text) == fault


def test_slip_of_the_parser_is_a_syntax_error():
    assert "[R001]" in fault_of('a: "\\U00110000"\n')


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: !!int '3'", "1:4: error: a: tags are not allowed, found '!!int' [R009]"),
        ("a: ! x", "1:4: error: a: tags are not allowed, found '!' [R009]"),
        ("a: &b [1]", "1:4: error: a: anchors are not allowed, found '&b' [R009]"),
        ("a: *b", "1:4: error: a: aliases are not allowed, found '*b' [R009]"),
        ("*b : 1", "1:1: error: aliases are not allowed, found '*b' [R009]"),
        ("a:\n  <<: {b: 1}", "2:3: error: a: merge keys are not allowed; use extends [R009]"),
        ("%YAML 1.1\n---\na: no", "1:1: error: directives are not allowed [R009]"),
        ("# c\n%FOO x\n---\na: no", "2:1: error: directives are not allowed [R009]"),
        ("a: {1: x}", "1:5: error: a: keys are text, found 1; write '1', with quotes [R009]"),
        ("true: x", "1:1: error: keys are text, found true; write 'true', with quotes [R009]"),
        (": x", "1:1: error: keys are text, found nothing [R009]"),
        ("? [a]\n: b", "1:3: error: keys are text, found a list or mapping [R009]"),
        (
            "a: 010",
            "1:4: error: a: 010 is a number with a leading zero; "
            "write 10, or '010' for text [R007]",
        ),
        ("010: a", None),
        ('a: "x\\0"', "1:4: error: a: text holds a NUL or half a character [R007]"),
        ('a: "\\ud800"', "1:4: error: a: text holds a NUL or half a character [R007]"),
        ("a: \x01", "1:4: error: the character U+0001 is not allowed [R016]"),
        ("a: 1\nb: \0", "2:4: error: the character U+0000 is not allowed [R016]"),
        (
            "a: 1\n---\nb: 1",
            "3:1: error: a recipe is one mapping; a second document begins here [R002]",
        ),
    ],
)
def test_what_recipes_leave_out_is_refused(text, fault):
    if fault is None:
        assert len(faults_of(text)) == 1
    else:
        assert fault_of(text) == fault


def test_merge_key_in_quotes_is_text():
    assert read("'<<': 1") == {"<<": 1}


def test_tag_executes_nothing(tmp_path):
    canary = tmp_path / "canary"
    fault = fault_of(f"a: !!python/object/apply:os.mkdir [{canary}]")
    assert "tags are not allowed, found '!!python/object/apply:os.mkdir'" in fault
    assert not canary.exists()


def test_duplicate_key_names_both_lines():
    assert fault_of("a:\n  b: 1\n  c: 2\n  b: 3\n") == (
        "4:3: error: a: duplicate key 'b'; it stands in line 2 too [R003]"
    )


def test_all_faults_come_at_once():
    text = "a: !!int 3\nb: 010\nb: &x 1\n1: 2\n"
    identifiers = [fault.identifier for fault in faults_of(text)]
    assert identifiers == ["R009", "R007", "R009", "R003", "R009"]


def test_faults_before_a_syntax_error_are_listed_too():
    assert [fault.identifier for fault in faults_of("a: 010\nb: [")] == ["R007", "R001"]


def test_no_more_than_fifty_faults_are_listed():
    assert len(faults_of("a: 1\n" * 1000)) == 50


def test_forty_levels_are_read_and_no_more():
    assert read("[" * 40 + "]" * 40)
    assert "nested more than 40 levels deep [R016]" in fault_of("[" * 41 + "]" * 41)


def test_empty_value_has_the_place_of_its_key():
    document = read_yaml("a: 1\nb:\nc: 2\n", lambda line, _: str(line))
    assert document.entries["b"].node.place == "2"


@pytest.mark.parametrize(
    ("text", "found"),
    [("", "nothing"), ("# nothing\n", "nothing"), ("---\n", "nothing"), ("mse\n", "a single value"),
     ("7", "a single value"), ("- a\n- b\n", "a list")],
)  # fmt: skip
def test_recipe_is_one_mapping(tmp_path, text, found):
    with pytest.raises(RecipeError, match=rf"a recipe is one mapping, found {found} \[R002\]"):
        load(tmp_path, text.encode())


def test_byte_order_mark_and_windows_line_ends_are_fine(tmp_path):
    document = load(tmp_path, "\ufeffa: 1\r\nb:\r\n  c: é\r\n".encode())
    assert document.values == {"a": 1, "b": {"c": "é"}}
    assert document.place(("b", "c")) == Position(str(document.source), 3, 6)


def test_bytes_that_are_not_utf_8_are_shown(tmp_path):
    with pytest.raises(RecipeError, match=r":2:4: error: not UTF-8 text: found the byte 0xff"):
        load(tmp_path, b"a: 1\nb: \xff\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[" * 100_000, "nested more than 40 levels deep [R016]"),
        (b"a: " + b"{b: " * 100_000, "nested more than 40 levels deep [R016]"),
        (b"- " * 100_000, "nested more than 40 levels deep [R016]"),
        (b"- \n" * 100_000, "more than 100,000 values [R016]"),
        (b"a: " + b"7" * 100_000, "is beyond the range of 64 bits [R007]"),
        (b"#" * 100_000_000, "a recipe holds at most 1,000,000 bytes [R016]"),
        (b"a: &a [x]\n" + b"b: [*a, *a]\n" * 9, "anchors are not allowed, found '&a' [R009]"),
        (b"a: &a [*a]\n", "anchors are not allowed, found '&a' [R009]"),
    ],
    ids=["brackets", "braces", "dashes", "values", "digits", "bytes", "bomb", "recursive"],
)
def test_bombs_are_refused_and_take_no_memory(tmp_path, data, message):
    file = tmp_path / "bomb.yaml"
    file.write_bytes(data)
    result = subprocess.run(
        [sys.executable, "-c", READ, file], capture_output=True, text=True, check=False, timeout=60
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert message in result.stdout


def test_memory_limit_of_the_bombs_holds():
    script = READ.replace("try:", "bytearray(600 << 20)\ntry:")
    result = subprocess.run([sys.executable, "-c", script, "x"], capture_output=True, check=False)
    assert b"MemoryError" in result.stderr
    assert resource.getrlimit(resource.RLIMIT_AS) != (512 << 20, 512 << 20)


def test_loading_and_shape_need_no_torch(tmp_path):
    file = tmp_path / "recipe.yaml"
    file.write_text("training: {num_epoch: 3}\n", encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-c", CHECK_SHAPE, file], capture_output=True, text=True, check=True
    )
    assert "no such key 'num_epoch'; did you mean 'num_epochs'?" in result.stdout
    assert result.stdout.splitlines()[-1] == "[]"
