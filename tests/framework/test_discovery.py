import logging
import subprocess
import sys
from textwrap import dedent

import pytest

from framework import discovery
from framework.discovery import discover
from framework.errors import PluginError

HOOK = "from framework import hookimpl\n\n@hookimpl\n"
GOOD = HOOK + "def provide_losses():\n    return {'good': 'json:loads'}\n"

EXAMPLE = """\
from typing import Annotated
from pydantic import Field
from torch import Tensor, nn
from framework import DataInfo, hookimpl

class LinearEncoder(nn.Module):
    \"\"\"One linear layer from the flattened image to the latent code.\"\"\"
    def __init__(self, data: DataInfo, *, latent_dim: Annotated[int, Field(ge=1)] = 16) -> None:
        super().__init__()
        self.layer = nn.Linear(data.num_features, latent_dim)
    def forward(self, images: Tensor) -> Tensor:
        return self.layer(images.flatten(1))

@hookimpl
def provide_networks():
    return {"linear_encoder": LinearEncoder}
"""

# name of the plugin → its module, and what must be said about it
BROKEN = {
    "import_error": ("import no_such_module_anywhere", ["ModuleNotFoundError", "plugin.py:1"]),
    "syntax_error": ("def provide_losses(:", ["SyntaxError", "plugin.py:1"]),
    "exits": ("import sys\nsys.exit(3)", ["SystemExit: 3", "plugin.py:2"]),
    "hook_raises": (
        HOOK + "def provide_losses():\n    raise ValueError('no luck')",
        ["hook 'provide_losses' failed", "ValueError: no luck", "plugin.py:5"],
    ),
    "wants_arguments": (
        HOOK + "def provide_losses(settings):\n    return {}",
        ["hook 'provide_losses' takes settings", "hooks take no arguments", "plugin.py:3"],
    ),
    "misspelt": (
        HOOK + "def provide_loses():\n    return {}",
        ["no such hook 'provide_loses'", "did you mean 'provide_losses'?", "plugin.py:3"],
    ),
    "returns_list": (
        HOOK + "def provide_losses():\n    return ['mse']",
        ["hook 'provide_losses' returned ['mse']", "expected a mapping"],
    ),
    "returns_nothing": (HOOK + "def provide_losses(): ...", ["returned null"]),
    "odd_names": (
        HOOK + "def provide_losses():\n    return {3: dict, 'a b': dict, 'a:b': dict}",
        ["the name 3", "the name 'a b'", "the name 'a:b'"],
    ),
    "odd_factories": (
        HOOK + "def provide_losses():\n    return {'one': 8, 'two': 'no_colon'}",
        ["8 for 'one'", "'no_colon' for 'two'", "'module:attribute'"],
    ),
    "newer_api": ("API_VERSION = 3", ["built for API 3, this is 1"]),
    "odd_api": ("API_VERSION = 'new'", ["API_VERSION is 'new'"]),
    "open_factory": (
        HOOK + "def provide_losses():\n    return {'odd': odd}\n\ndef odd(**options): ...",
        ["loss 'odd' of plugin 'open_factory'", "'options' takes any keyword", "plugin.py:7"],
    ),
    "unannotated": (
        HOOK + "def provide_losses():\n    return {'odd': odd}\n\ndef odd(*, lr=0.1): ...",
        ["loss 'odd' of plugin 'unannotated'", "parameter 'lr' has no annotation"],
    ),
    "hostile": (
        "class Hostile(dict):\n    def items(self):\n        raise BaseException('hostile')\n\n"
        + HOOK
        + "def provide_losses():\n    return Hostile()",
        ["hook 'provide_losses' failed", "BaseException: hostile", "plugin.py:3"],
    ),
}


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a plugin: one distribution, one package, one entry point."""
    monkeypatch.syspath_prepend(tmp_path)
    packages = []

    def make(name, text, distribution=None):
        distribution = distribution or name
        package = f"discovered_{distribution}"
        packages.append(package)
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
        (tmp_path / package / "plugin.py").write_text(dedent(text))
        information = tmp_path / f"{distribution}-1.5.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(f"Name: {distribution}\nVersion: 1.5\n")
        entry_point = f"[framework.plugins]\n{name} = {package}.plugin\n"
        (information / "entry_points.txt").write_text(entry_point)
        return tmp_path / package

    yield make
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]


def broken(registry, name):
    return [plugin for plugin in registry.broken if plugin.name == name]


def test_installed_plugin_is_found(install):
    package = install("mine", GOOD)
    component = discover().find("loss", "mine:good")
    assert (component.owner, component.version) == ("mine", "1.5")
    assert component.source_files() == [package / "__init__.py", package / "plugin.py"]


def test_built_in_plugins_are_found_like_any_others():
    registry = discover()
    assert {"torch", "vision", "autoencoders", "figures"} <= {p.name for p in registry.plugins}
    assert registry.broken == []


def test_all_broken_plugins_are_named_and_the_others_work(install):
    for name, (text, _) in BROKEN.items():
        install(name, text)
    install("twins", GOOD, "one_twin")
    install("twins", GOOD, "other_twin")
    install("mine", GOOD)
    registry = discover()
    assert registry.find("loss", "good").owner == "mine"
    assert registry.find("optimizer", "adam").owner == "torch"
    for name, (_, fragments) in BROKEN.items():
        (plugin,) = broken(registry, name)
        assert (plugin.distribution, plugin.version) == (name, "1.5")
        for fragment in [f"plugin '{name}' of {name} 1.5", *fragments]:
            assert fragment in str(plugin)
    for plugin in broken(registry, "twins"):
        assert "claimed by" in plugin.reason
        assert "one_twin 1.5" in plugin.reason
        assert "other_twin 1.5" in plugin.reason
    assert len(registry.broken) == len(BROKEN) + 2


def test_broken_plugin_provides_nothing(install):
    text = "def provide_losses():\n    return {'fine': 'json:loads', 'odd': 8}"
    install("half", HOOK + text)
    registry = discover()
    assert not [component for component in registry.components() if component.owner == "half"]
    assert "half" not in {plugin.name for plugin in registry.plugins}


def test_all_faults_of_a_plugin_are_named(install):
    text = """
    from framework import hookimpl

    @hookimpl
    def provide_losses():
        return {'odd': lambda **options: None}

    @hookimpl
    def provide_networks():
        raise ValueError('no luck')
    """
    install("worse", text)
    (plugin,) = broken(discover(), "worse")
    assert "takes any keyword" in plugin.reason
    assert "ValueError: no luck" in plugin.reason


def test_entry_point_has_to_name_a_module(install, tmp_path):
    install("mine", GOOD)
    text = "[framework.plugins]\nmine = discovered_mine.plugin:provide_losses\n"
    (tmp_path / "mine-1.5.dist-info" / "entry_points.txt").write_text(text)
    (plugin,) = broken(discover(), "mine")
    assert "names a function, expected a module" in plugin.reason


def test_plugin_without_hooks_is_fine(install):
    install("empty", "")
    registry = discover()
    assert "empty" in {plugin.name for plugin in registry.plugins}
    assert registry.broken == []


def test_older_api_is_fine(install):
    install("old", "API_VERSION = 0")
    assert discover().broken == []


def test_hook_of_a_newer_framework_may_be_optional(install):
    text = (
        "from framework import hookimpl\n\n@hookimpl(optionalhook=True)\ndef provide_magic(): ..."
    )
    install("ahead", text)
    assert discover().broken == []


def test_two_owners_are_ambiguous_also_with_a_built_in(install):
    install("extra", HOOK + "def provide_losses():\n    return {'mse': 'json:loads'}")
    with pytest.raises(LookupError, match="both 'autoencoders' and 'extra'"):
        discover().find("loss", "mse")


def test_interrupt_is_not_swallowed(install):
    install("slow", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        discover()


def test_single_file_is_a_plugin(tmp_path):
    file = tmp_path / "my_model.py"
    file.write_text(EXAMPLE)
    registry = discover([file], with_installed=False)
    (component,) = registry.components()
    assert (component.reference, component.version) == ("my_model:linear_encoder", "-")
    assert component.parameters.positional == ("data",)
    assert component.parameters.validate({}).values == {"latent_dim": 16}
    assert component.source_files() == [file]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import no_such_module_anywhere", r"my_model\.py:1: error: plugin 'my_model': it cannot"),
        (BROKEN["misspelt"][0], "no such hook 'provide_loses'"),
        (BROKEN["open_factory"][0], "loss 'odd' of plugin 'my_model': parameter 'options'"),
        (BROKEN["newer_api"][0], "built for API 3, this is 1"),
    ],
)
def test_single_file_that_is_broken_is_an_error(tmp_path, text, message):
    file = tmp_path / "my_model.py"
    file.write_text(text)
    with pytest.raises(PluginError, match=message) as caught:
        discover([file], with_installed=False)
    assert caught.value.exit_code == 8


def test_single_file_that_is_missing_is_an_error(tmp_path):
    with pytest.raises(PluginError, match="does not exist"):
        discover([tmp_path / "my_model.py"], with_installed=False)


def test_two_files_of_one_name_are_an_error(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "my_model.py").touch()
    files = [tmp_path / "one" / "my_model.py", tmp_path / "two" / "my_model.py"]
    with pytest.raises(PluginError, match="taken by plugin 'my_model'"):
        discover(files, with_installed=False)


def test_name_that_no_recipe_could_write_is_refused(tmp_path):
    file = tmp_path / "my model.py"
    file.touch()
    with pytest.raises(PluginError, match="name has blanks"):
        discover([file], with_installed=False)


def test_long_import_is_mentioned(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(discovery, "_SLOW_IMPORT_SECONDS", 0.05)
    file = tmp_path / "my_model.py"
    file.write_text("import time\ntime.sleep(0.3)")
    with caplog.at_level(logging.WARNING):
        discover([file], with_installed=False)
    assert caplog.messages == ["plugin 'my_model' is still being imported after 0.05 s"]


def test_quick_import_is_not_mentioned(tmp_path, caplog):
    file = tmp_path / "my_model.py"
    file.touch()
    discover([file], with_installed=False)
    assert caplog.messages == []


def test_discovery_leaves_torch_alone():
    code = (
        "import sys; from framework.discovery import discover; found = discover()\n"
        "assert found.components() and not found.broken, found.broken\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
