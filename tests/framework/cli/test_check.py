import json

import pytest

from framework.cli.main import main


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_shows_the_plan_and_trains_nothing(here, capsys):
    assert main(["check", "quickstart"]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert output.out.startswith("recipe     quickstart\ndata       digits: ")
    assert output.out.endswith(" parameters. Nothing was trained.\n")
    assert list(here.iterdir()) == []


def test_check_is_json(capsys):
    assert main(["check", "quickstart", "training.num_epochs=7", "--json"]) == 0
    output = capsys.readouterr()
    document = json.loads(output.out)
    assert output.err == ""
    assert document["recipe"] == "quickstart"
    assert document["resolved"]["training"]["num_epochs"] == 7
    assert document["num_parameters"] == sum(row["num_parameters"] for row in document["layers"])


def test_quiet_check_says_nothing(capsys):
    assert main(["check", "quickstart", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_faults_of_a_recipe_come_all_at_once(capsys):
    overrides = ["networks.encoder.latent_dim=0", "loss=bcee"]
    assert main(["check", "quickstart", *overrides]) == 3
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 2
    assert "latent_dim" in output.err
    assert "did you mean 'bce'?" in output.err


def test_broken_plugin_is_a_warning_where_the_recipe_does_not_need_it(here, capsys):
    plugin = here / "broken.py"
    plugin.write_text("raise RuntimeError('no')\n")
    code = main(["check", "quickstart", "-q", "--plugin", str(plugin)])
    output = capsys.readouterr()
    assert output.out == ""
    assert "broken" in output.err
    assert "RuntimeError: no" in output.err
    assert "Traceback" not in output.err
    assert code in {0, 8}
