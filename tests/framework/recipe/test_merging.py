"""One recipe over another."""

from functools import partial

import pytest

from framework.errors import Position
from framework.recipe.loading import read_yaml
from framework.recipe.merging import Merge


def node(text, file="base.yaml"):
    return read_yaml(text, partial(Position, file))


def override(text):
    return read_yaml(text, lambda _line, _column: "an override")


def merged(below, above):
    merge = Merge()
    result = merge.merged(node(below), node(above, "child.yaml"))
    assert merge.faults == []
    return result.plain()


@pytest.mark.parametrize(
    ("below", "above", "result"),
    [
        ("a: {b: 1, c: 2}", "a: {c: 3, d: 4}", {"a": {"b": 1, "c": 3, "d": 4}}),
        ("a: [1, 2]", "a: [3]", {"a": [3]}),
        ("a: 1", "b: 2", {"a": 1, "b": 2}),
        ("a: 1", "a: x", {"a": "x"}),
        ("a: x", "a: [x]", {"a": ["x"]}),
        ("a: [{b: 1}]", "a: [{c: 1}]", {"a": [{"c": 1}]}),
        # null
        ("a: 1\nb: 2", "a: null", {"b": 2}),
        ("a: {b: 1}", "a: null", {}),
        ("a: {b: 1, c: 2}", "a: {b: null}", {"a": {"c": 2}}),
        ("a: 1", "b: null", {"a": 1, "b": None}),
        ("a: null", "a: {b: 1}", {"a": {"b": 1}}),
        # components
        ("a: {type: x, b: 1}", "a: x", {"a": {"type": "x", "b": 1}}),
        ("a: {type: x, b: 1}", "a: y", {"a": {"type": "y"}}),
        ("a: {type: x, b: 1}", "a: {type: y, c: 2}", {"a": {"type": "y", "c": 2}}),
        ("a: {type: x, b: 1}", "a: {type: x, c: 2}", {"a": {"type": "x", "b": 1, "c": 2}}),
        ("a: {type: x, b: 1}", "a: {c: 2}", {"a": {"type": "x", "b": 1, "c": 2}}),
        ("a: x", "a: {b: 1}", {"a": {"type": "x", "b": 1}}),
        ("a: x", "a: {type: x, b: 1}", {"a": {"type": "x", "b": 1}}),
        ("a: x", "a: {type: y, b: 1}", {"a": {"type": "y", "b": 1}}),
        ("a: x", "a: y", {"a": "y"}),
        (
            "a: {type: x, inner: {type: p, q: 1}}",
            "a: {inner: {type: r}}",
            {"a": {"type": "x", "inner": {"type": "r"}}},
        ),
        (
            "a: {type: x, inner: p}",
            "a: {inner: {q: 1}}",
            {"a": {"type": "x", "inner": {"type": "p", "q": 1}}},
        ),
        # networks from elsewhere
        ("a: {type: x, b: 1}", "a: {from: r, freeze: true}", {"a": {"from": "r", "freeze": True}}),
        ("a: x", "a: {from: r}", {"a": {"from": "r"}}),
        ("a: {from: r, lr: 1}", "a: {from: s}", {"a": {"from": "s", "lr": 1}}),
        ("a: {from: r}", "a: {b: 1}", {"a": {"from": "r", "b": 1}}),
        ("a: {from: r, b: 1}", "a: {type: x, c: 2}", {"a": {"type": "x", "c": 2}}),
        ("a: {from: r, b: 1}", "a: x", {"a": {"type": "x"}}),
        ("a: {from: r, type: x}", "a: {type: x, b: 1}", {"a": {"from": "r", "type": "x", "b": 1}}),
        ("a: {from: r, type: x}", "a: {from: s}", {"a": {"from": "s", "type": "x"}}),
    ],
)
def test_merging(below, above, result):
    assert merged(below, above) == result


def test_merging_keeps_the_order_of_the_recipe_below():
    assert list(merged("a: 1\nb: 2\nc: 3", "d: 4\nb: 5")) == ["a", "b", "c", "d"]


def test_merging_changes_neither():
    below, above = node("a: {b: 1}"), node("a: {b: 2, c: 3}")
    Merge().merged(below, above)
    assert (below.plain(), above.plain()) == ({"a": {"b": 1}}, {"a": {"b": 2, "c": 3}})


@pytest.mark.parametrize(
    ("below", "above", "message"),
    [
        ("a:\n  b: {c: 1}", "a:\n  b: 5", "5 cannot be merged with a mapping"),
        ("a:\n  b: {c: 1}", "a:\n  b: x", "'x' cannot be merged with a mapping"),
        ("a:\n  b: {c: 1}", "a:\n  b: [c]", "a list cannot be merged with a mapping"),
        ("a:\n  b: [1]", "a:\n  b: {c: 1}", "a mapping cannot be merged with a list"),
        ("a:\n  b: 5", "a:\n  b: {c: 1}", "a mapping cannot be merged with 5"),
        ("a:\n  b: {type: x}", "a:\n  b: [c]", "a list cannot be merged with a mapping"),
    ],
)
def test_mapping_does_not_merge_with_anything_else(below, above, message):
    merge = Merge()
    merge.merged(node(below), node(above, "child.yaml"))
    assert [str(fault) for fault in merge.faults] == [
        f"child.yaml:2:6: error: a.b: {message}, which stands at base.yaml:2:6 [R015]"
    ]


def test_all_faults_are_found():
    merge = Merge()
    merge.merged(node("a: {x: 1}\nb: [1]\nc: 1"), node("a: 1\nb: {x: 1}\nc: 2"))
    assert [fault.key for fault in merge.faults] == ["a", "b"]


def test_place_is_that_of_the_upper_file():
    result = Merge().merged(node("a: {b: 1, c: 2}"), node("\n\na: {b: 3}", "child.yaml"))
    key_place, inner = result.entries["a"]
    assert key_place == Position("child.yaml", 3, 1)
    assert inner.place == Position("child.yaml", 3, 4)
    assert inner.entries["b"].node.place == Position("child.yaml", 3, 8)
    assert inner.entries["c"].node.place == Position("base.yaml", 1, 14)


def test_override_places_its_value_and_nothing_around_it():
    result = Merge().merged(node("a: {b: 1, c: 2}"), override("a: {b: 3}"))
    key_place, inner = result.entries["a"]
    assert key_place == Position("base.yaml", 1, 1)
    assert inner.place == Position("base.yaml", 1, 4)
    assert inner.entries["b"].node.place == "an override"


def test_override_changes_items_of_a_list():
    result = Merge().merged(node("a: [1, x, {type: y}]"), override("a: {'1': {b: 2}, '2': {c: 3}}"))
    assert result.plain() == {"a": [1, {"type": "x", "b": 2}, {"type": "y", "c": 3}]}


@pytest.mark.parametrize(
    ("below", "key", "known"),
    [
        ("[1, 2]", "2", "it has the items 0 to 1"),
        ("[]", "0", "it is empty"),
        ("[1]", "-1", "it has the items 0 to 0"),
        ("[1]", "b", "it has the items 0 to 0"),
        ("[1]", "²", "it has the items 0 to 0"),
    ],
)
def test_override_of_an_absent_item_is_a_fault(below, key, known):
    merge = Merge()
    merge.merged(node(f"a: {below}"), override(f"a: {{'{key}': 5}}"))
    (fault,) = merge.faults
    assert (fault.identifier, fault.place) == ("R004", "an override")
    assert fault.message == f"no such item '{key}' in the list 'a'"
    assert fault.hint == known


def test_override_of_a_type_tells_what_it_drops():
    merge = Merge()
    merge.merged(node("a: {type: x, b: 1, c: 2}"), override("a: {type: y, c: 3}"))
    assert merge.notices == ["an override: dropped what 'x' had set: b"]


def test_file_that_changes_a_type_says_nothing():
    merge = Merge()
    merge.merged(node("a: {type: x, b: 1}"), node("a: {type: y}"))
    assert merge.notices == []
