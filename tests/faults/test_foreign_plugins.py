"""Plugins of others, installed beside ours: for another API, or taking the whole process down."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from framework.cli.main import main

pytestmark = pytest.mark.slow

SUPPORT = Path(__file__).parents[1] / "support"
TINY, PLUGIN = SUPPORT / "tiny.yaml", SUPPORT / "tiny_images.py"

LOSS = """
from framework import Loss, hookimpl

class Error(Loss):
    '''The mean of all differences.'''
    def forward(self, prediction, target):
        return (prediction - target).abs().mean()

@hookimpl
def provide_losses():
    return {"NAME": Error}
"""


@pytest.fixture
def install(tmp_path):
    """Install a plugin into a folder: one distribution, one package, one entry point."""

    def install(name, text):
        package = tmp_path / f"foreign_{name}"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "plugin.py").write_text(text.replace("NAME", name))
        information = tmp_path / f"{name}-2.5.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(f"Name: {name}\nVersion: 2.5\n")
        points = f"[framework.plugins]\n{name} = {package.name}.plugin\n"
        (information / "entry_points.txt").write_text(points)
        return package

    return install


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Checks a recipe with such a loss as the command does; answers exit code and stderr."""
    monkeypatch.syspath_prepend(tmp_path)

    def check(loss):
        recipe = tmp_path / "recipe.yaml"
        recipe.write_text(f"extends: {TINY}\nname: mine\nloss: {loss}\n")
        code = main(["check", str(recipe), "--plugin", str(PLUGIN)])
        return code, capsys.readouterr().err

    yield check
    for name in [name for name in sys.modules if name.startswith("foreign_")]:
        del sys.modules[name]


def test_plugin_for_a_newer_api_is_off_and_an_error_only_where_it_is_needed(install, check):
    package = install("newer", f"API_VERSION = 3\n{LOSS}")
    install("older", f"API_VERSION = 0\n{LOSS}")
    warning = f"{package / 'plugin.py'}: warning: plugin 'newer' of newer 2.5 is off: "
    reason = "it is built for API 3, this is 1; upgrade the framework"
    code, told = check("older")

    assert (code, told) == (0, f"{warning}{reason}\n")
    code, told = check("newer")
    assert code == 8
    assert f"('newer': {reason}) [P010]" in told
    code, told = check("mse")
    assert (code, told) == (0, f"{warning}{reason}\n")


def test_command_works_without_a_plugin_that_ends_the_process(install, tmp_path):
    install("deadly", "import os\nos._exit(9)")
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    for words, code in (([], 9), (["--no-plugins"], 0)):
        done = subprocess.run(
            [sys.executable, "-m", "framework", "components", "describe", "dask", *words],
            env=os.environ | {"PYTHONPATH": paths},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stderr
    assert "num_workers" in done.stdout


def test_leaving_plugins_out_lasts_no_longer_than_its_command(install, check, capsys):
    install("mine", LOSS)
    assert check("mine")[0] == 0
    assert main(["components", "describe", "mine", "--no-plugins"]) == 2
    assert "no component named 'mine'" in capsys.readouterr().err
    assert check("mine")[0] == 0
