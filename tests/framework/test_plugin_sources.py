import sys
from importlib import import_module

import pytest

from framework.errors import PluginError
from framework.plugin_sources import file_source, installed_sources, source_of
from framework.registry import Plugin


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Make a distribution's metadata importable, with its entry points."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(name, text, version="1.0", folder=tmp_path):
        information = folder / f"{name}-{version}.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
        (information / "entry_points.txt").write_bytes(text)

    return make


def sources(distribution):
    return [s for s in installed_sources() if s.plugin.distribution == distribution]


def refusal(source):
    with pytest.raises(PluginError) as caught:
        source.load()
    return caught.value.faults[0]


def test_entry_point_is_a_source(install):
    install("extra", b"[framework.plugins]\nmine = json\n[other]\nx = y\n", version="2.0")
    (source,) = sources("extra")
    assert source.plugin == Plugin("mine", "extra", "2.0")
    assert source.load() is import_module("json")


def test_malformed_entry_points_are_one_distributions_fault(install):
    install("extra", b"[framework.plugins]\nno equals sign\n")
    install("other", b"[framework.plugins]\nother = json\n")
    (source,) = sources("extra")
    assert "entry_points.txt cannot be read" in refusal(source).message
    assert len(sources("other")) == 1


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"", b"[console_scripts]\nx\n"])
def test_entry_points_of_others_are_no_concern(install, text):
    install("extra", text)
    assert sources("extra") == []


def test_metadata_may_be_missing(install, tmp_path):
    install("extra", b"[framework.plugins]\nmine = json\n")
    (tmp_path / "extra-1.0.dist-info" / "METADATA").unlink()
    assert [s.plugin.name for s in sources("-")] == ["mine"]


def test_name_of_two_distributions_is_nobodys(install):
    install("one", b"[framework.plugins]\nmine = json\n")
    install("two", b"[framework.plugins]\nmine = csv\n", version="2.0")
    for distribution in ("one", "two"):
        (source,) = sources(distribution)
        fault = refusal(source)
        assert fault.identifier == "P006"
        assert "one 1.0" in fault.message
        assert "two 2.0" in fault.message


def test_built_in_plugin_keeps_its_name(install):
    install("one", b"[framework.plugins]\ntorch = json\n")
    (source,) = sources("one")
    assert "claimed by" in refusal(source).message
    built_in = next(s for s in sources("ignite-framework") if s.plugin.name == "torch")
    assert built_in.load() is import_module("framework_torch.plugin")


def test_distribution_installed_twice_counts_once(install, tmp_path, monkeypatch):
    install("extra", b"[framework.plugins]\nmine = json\n")
    install("extra", b"[framework.plugins]\nmine = csv\n", "0.9", tmp_path / "later")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "later")])
    assert [s.plugin.version for s in sources("extra")] == ["1.0"]


def test_file_is_a_source(tmp_path):
    file = tmp_path / "my-model.py"
    file.write_text("value = __name__")
    source = file_source(file, [])
    assert source.plugin == Plugin("my-model")
    module = source.load()
    assert sys.modules[module.value] is module
    assert source_of(module) == file


def test_file_hides_no_module_of_its_name(tmp_path):
    (tmp_path / "json.py").touch()
    assert file_source(tmp_path / "json.py", []).load() is not import_module("json")


def test_file_that_breaks_leaves_nothing_behind(tmp_path):
    (tmp_path / "my_broken_model.py").write_text("1 / 0")
    source = file_source(tmp_path / "my_broken_model.py", [])
    with pytest.raises(ZeroDivisionError):
        source.load()
    assert not [name for name in sys.modules if name.startswith("my_broken_model")]


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing.py", "does not exist"), ("notes.txt", "is not a Python file"), (".", "is not a Py")],
)
def test_file_has_to_be_python(tmp_path, name, message):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(PluginError, match=message) as caught:
        file_source(tmp_path / name, [])
    assert caught.value.faults[0].place == str(tmp_path / name)


def test_file_may_not_take_a_plugins_name(tmp_path):
    (tmp_path / "mine.py").touch()
    with pytest.raises(PluginError, match=r"taken by plugin 'mine' of extra 1\.0; rename"):
        file_source(tmp_path / "mine.py", [Plugin("mine", "extra", "1.0")])


def test_source_is_the_topmost_real_package(tmp_path, monkeypatch):
    package = tmp_path / "namespace_of_many" / "extra" / "inner"
    package.mkdir(parents=True)
    (package / "plugin.py").touch()
    (package.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    module = import_module("namespace_of_many.extra.inner.plugin")
    assert source_of(module) == package.parent
