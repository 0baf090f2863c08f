import sys
from pathlib import Path

import pytest

from framework.errors import PluginError
from framework.hookspecs import KINDS
from framework.registry import (
    AmbiguousComponent,
    BrokenPlugin,
    Component,
    Plugin,
    Registry,
    UnknownComponent,
)

AUTOENCODERS = Plugin("autoencoders", "ignite-framework", "0.1.0")
EXTRA = Plugin("extra", "extra-losses", "2.0")


def mse(*, weight: float = 1.0):
    """The mean of squares.

    More of it.
    """
    return weight


def component(name, plugin=AUTOENCODERS, kind="loss", target=mse):
    return Component(kind, name, plugin, target)


def registry(*components):
    filled = Registry()
    for found in components:
        filled.add(found)
    return filled


def test_component_is_found_by_name_and_by_owner():
    found = component("mse")
    assert registry(found).find("loss", "mse") is found
    assert registry(found).find("loss", "autoencoders:mse") is found


def test_component_says_where_it_comes_from():
    found = component("mse", EXTRA)
    assert (found.owner, found.version, found.reference) == ("extra", "2.0", "extra:mse")
    assert found.label == "loss 'mse' of plugin 'extra'"
    assert found.description == "The mean of squares."
    assert found.parameters.names == ("weight",)


def test_unknown_component_names_the_nearest():
    with pytest.raises(UnknownComponent) as caught:
        registry(component("mse"), component("bce")).find("loss", "bcee")
    assert caught.value.message == "no loss named 'bcee'"
    assert caught.value.hint == "did you mean 'bce'?"
    assert caught.value.identifier == "R005"


@pytest.mark.parametrize(
    ("kind", "reference", "hint"),
    [
        ("loss", "transformer", "known: bce, mse"),
        ("loss", "adam", "'adam' is of kind optimizer"),
        ("loss", "autoencoder:mse", "did you mean 'autoencoders:mse'?"),
        ("loss", "elsewhere:zzz", "known: autoencoders:bce, autoencoders:mse"),
        ("figure", "loss_curves", "no plugin provides any figure"),
        ("loss", "", "known: bce, mse"),
    ],
)
def test_unknown_component_has_a_hint(kind, reference, hint):
    filled = registry(
        component("mse"), component("bce"), component("adam", AUTOENCODERS, "optimizer")
    )
    with pytest.raises(UnknownComponent) as caught:
        filled.find(kind, reference)
    assert caught.value.hint == hint


def test_two_owners_are_refused_until_one_is_named():
    mine, theirs = component("mse"), component("mse", EXTRA)
    filled = registry(mine, theirs)
    with pytest.raises(AmbiguousComponent) as caught:
        filled.find("loss", "mse")
    assert caught.value.message == "loss 'mse' is provided by both 'autoencoders' and 'extra'"
    assert caught.value.hint == "write 'autoencoders:mse' or 'extra:mse'"
    assert caught.value.identifier == "P003"
    assert filled.find("loss", "extra:mse") is theirs


def test_three_owners_are_all_named():
    owners = [component("mse", Plugin(name)) for name in ("a", "b", "c")]
    with pytest.raises(AmbiguousComponent, match="provided by 'a', 'b' and 'c'; write 'a:mse', 'b"):
        registry(*owners).find("loss", "mse")


def test_same_name_in_two_kinds_is_no_clash():
    loss, metric = component("mse"), component("mse", kind="metric")
    filled = registry(loss, metric)
    assert filled.find("loss", "mse") is loss
    assert filled.find("metric", "mse") is metric


def test_components_are_sorted():
    filled = registry(
        component("z"), component("a", EXTRA), component("a"), component("x", kind="dataset")
    )
    assert [c.reference for c in filled.components()] == [
        "autoencoders:x",
        "autoencoders:a",
        "extra:a",
        "autoencoders:z",
    ]
    assert [c.name for c in filled.components("dataset")] == ["x"]
    assert filled.kinds == tuple(KINDS)


def test_string_factory_is_imported_when_first_needed(tmp_path, monkeypatch):
    (tmp_path / "late_losses.py").write_text("def bce(): ...")
    monkeypatch.syspath_prepend(tmp_path)
    found = component("bce", target="late_losses:bce")
    assert registry(found).find("loss", "bce") is found
    assert "late_losses" not in sys.modules
    assert found.factory is sys.modules["late_losses"].bce
    del sys.modules["late_losses"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("", "AttributeError: module 'late_broken' has no attribute 'bce'"),
        ("bce = 3", "TypeError: int is neither a class nor a function"),
    ],
)
def test_string_factory_that_fails_names_plugin_and_module(tmp_path, monkeypatch, text, reason):
    (tmp_path / "late_broken.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PluginError) as caught:
        _ = component("bce", EXTRA, target="late_broken:bce").factory
    sys.modules.pop("late_broken", None)
    (fault,) = caught.value.faults
    assert fault.key == "loss 'bce' of plugin 'extra'"
    assert fault.message == (
        f"'late_broken:bce' of plugin 'extra' of extra-losses 2.0 cannot be imported ({reason})"
    )


def test_refused_signature_names_the_component():
    def open_to_anything(**options): ...

    with pytest.raises(PluginError, match="loss 'odd' of plugin 'extra': parameter 'options'"):
        _ = component("odd", EXTRA, target=open_to_anything).parameters


def test_source_files_are_those_of_the_whole_package(tmp_path):
    (tmp_path / "inner").mkdir()
    for name in ("plugin.py", "inner/losses.py", "notes.txt"):
        (tmp_path / name).touch()
    found = component("mse", Plugin("extra", source=tmp_path))
    assert found.source_files() == [tmp_path / "inner" / "losses.py", tmp_path / "plugin.py"]


def test_source_of_a_single_file_is_the_file():
    found = component("mse", Plugin("extra", source=Path(__file__)))
    assert found.source_files() == [Path(__file__)]
    assert component("mse").source_files() == []


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("a.py:3", "a.py:3: warning: plugin 'x' of dist 1.0 is off: it failed"),
        (None, "warning: plugin 'x' of dist 1.0 is off: it failed"),
    ],
)
def test_broken_plugin_reads_as_a_warning(place, text):
    assert str(BrokenPlugin("x", "dist", "1.0", place, "it failed")) == text
