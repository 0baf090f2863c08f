"""`framework schema` prints what editors read."""

import json

import pytest

from framework.cli.main import main


@pytest.mark.slow
def test_schema_is_printed_or_written_with_the_components_of_a_plugin(tmp_path, capsys):
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "from framework import hookimpl\n@hookimpl\ndef provide_losses():\n"
        "    def mine(*, share: float = 0.5):\n        return None\n    return {'mine': mine}\n"
    )
    file = tmp_path / "schema.json"
    assert main(["schema", "-o", str(file), "--plugin", str(plugin)]) == 0
    assert capsys.readouterr().out == f"{file}\n"
    written = json.loads(file.read_text())
    assert written["$defs"]["loss.mine:mine"]["properties"]["share"]["default"] == 0.5
    assert main(["schema", "--plugin", str(plugin)]) == 0
    assert json.loads(capsys.readouterr().out) == written
