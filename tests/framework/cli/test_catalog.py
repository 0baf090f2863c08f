import pytest

from framework.cli.catalog import look_up, summarise
from framework.cli.messages import UsageError
from framework.errors import PluginError

PLUGIN = """
from framework import hookimpl

@hookimpl
def provide_losses():
    return {"nowhere": "no_such_module:Loss"}
"""


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "extra.py"
    path.write_text(PLUGIN)
    return path


def test_component_that_cannot_be_imported_is_listed_with_a_warning(plugin, capsys):
    (found,) = [each for each in summarise("loss", [plugin]) if each.name == "nowhere"]
    assert found.description == "(cannot be imported)"
    error = capsys.readouterr().err
    assert "no_such_module" in error
    assert "Traceback" not in error


def test_component_that_cannot_be_imported_is_not_described(plugin):
    with pytest.raises(PluginError, match="no_such_module"):
        look_up("nowhere", None, [plugin])


def test_name_is_looked_up_among_one_kind_where_it_is_stated(plugin):
    assert [each.summary.kind for each in look_up("mse", None, [])] == ["loss", "metric"]
    assert [each.summary.kind for each in look_up("mse", "metric", [])] == ["metric"]
    with pytest.raises(UsageError, match="no dataset named 'mse'"):
        look_up("mse", "dataset", [plugin])
