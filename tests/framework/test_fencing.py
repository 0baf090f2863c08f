import inspect
import sys

import pytest

from framework.errors import Fault, PluginError
from framework.fencing import place_of_code, plugin_code
from framework.registry import Component, Plugin


class Strange(BaseException):
    pass


@pytest.mark.parametrize(
    "error", [ValueError("no luck"), SystemExit(3), Strange("no luck"), GeneratorExit()], ids=repr
)
def test_whatever_is_raised_becomes_one_fault(error):
    with pytest.raises(PluginError) as caught, plugin_code("plugin 'extra'", "hook failed"):
        raise error
    (fault,) = caught.value.faults
    assert fault.key == "plugin 'extra'"
    assert fault.message == f"hook failed ({type(error).__name__}: {error})"
    assert caught.value.__cause__ is error


def test_interrupt_passes():
    with pytest.raises(KeyboardInterrupt), plugin_code("plugin 'extra'", "hook failed"):
        raise KeyboardInterrupt


def test_explained_error_passes():
    error = PluginError(Fault("P002", "explained"))
    with pytest.raises(PluginError) as caught, plugin_code("plugin 'extra'", "hook failed"):
        raise error
    assert caught.value is error


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The folder of an importable package without any modules."""
    folder = tmp_path / "fenced_package"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.startswith("fenced_package")]:
        del sys.modules[name]


def place_of_failure(target):
    """Where the import of a component fails."""
    with pytest.raises(PluginError) as caught:
        _ = Component("loss", "bce", Plugin("extra"), target).factory
    return caught.value.faults[0].place


def test_place_is_the_deepest_line_of_the_plugin(package):
    (package / "plugin.py").write_text("import fenced_package.losses")
    (package / "losses.py").write_text("import json\n\njson.loads('[')")
    assert place_of_failure("fenced_package.plugin:Loss") == f"{package / 'losses.py'}:3"


def test_place_of_a_syntax_error_is_in_the_file_itself(package):
    (package / "plugin.py").write_text("\nif True:\n(\n")
    place = place_of_failure("fenced_package.plugin:Loss")
    assert place.startswith(f"{package / 'plugin.py'}:")


def test_place_is_unknown_where_no_plugin_was_reached():
    assert place_of_failure("no_such_package_anywhere:Loss") is None


def test_place_of_code_is_its_definition():
    def function(): ...

    class Here:
        pass

    line = inspect.currentframe().f_lineno
    assert place_of_code(function) == f"{__file__}:{line - 5}"
    assert place_of_code(Here) == f"{__file__}:{line - 3}"
    assert place_of_code(len) is None
