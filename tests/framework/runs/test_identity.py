"""A run's identity changes with everything that changes its weights, and with nothing else."""

from pathlib import Path

import pytest

from framework.discovery import discover
from framework.recipe.loading import load_document
from framework.recipe.planning import make_plan
from framework.recipe.schema import read_recipe
from framework.runs.identity import digest_of, identity_of, plugins_of

SUPPORT = Path(__file__).parents[2] / "support"
MNIST = "dataset={type: mnist, download: false}"


def plan_of(*overrides, plugin=SUPPORT / "tiny_images.py"):
    document = load_document(SUPPORT / "tiny.yaml", overrides)
    return make_plan(read_recipe(document), document, discover([plugin]))[0]


def identity(*overrides, data="fingerprint", **given):
    return identity_of(plan_of(*overrides, **given), data)


@pytest.fixture(scope="module")
def usual():
    return identity()


@pytest.mark.slow
@pytest.mark.parametrize(
    "override",
    [
        "name=other",
        "figures=[]",
        "figures=[loss_curves]",
        "networks.encoder.noise=0.1",
        "training.num_workers=2",
    ],
)
def test_what_changes_no_weight_changes_no_identity(usual, override):
    assert identity(override) == usual


@pytest.mark.slow
@pytest.mark.parametrize(
    "override",
    [
        "seed=99",
        "validation.seed=1",
        "validation.fraction=0.2",
        "optimizer.lr=0.021",
        "optimizer.type=sgd",
        "training.num_epochs=13",
        "training.batch_size=25",
        "networks.encoder.latent_dim=7",
        "loss=bce",
        "handlers=[]",
        "early_stopping.patience=8",
    ],
)
def test_what_changes_weights_changes_the_identity(usual, override):
    assert identity(override) != usual


def test_data_change_the_identity(usual):
    assert identity(data="other fingerprint") != usual


def test_source_of_a_plugin_changes_the_identity(usual, tmp_path):
    plugin = tmp_path / "tiny_images.py"
    text = (SUPPORT / "tiny_images.py").read_text()
    plugin.write_text(text)
    assert identity(plugin=plugin) == usual  # where it lies does not count
    plugin.write_text(text + "# changed\n")
    assert identity(plugin=plugin) != usual


def test_recipe_without_a_seed_has_never_the_same_identity():
    assert identity("seed=null") != identity("seed=null")


def test_place_of_the_data_does_not_count(tmp_path, monkeypatch):
    folders = [tmp_path / "here", tmp_path / "there"]
    found = {identity(MNIST, f"dataset.root={folder}") for folder in folders}
    monkeypatch.setenv("FRAMEWORK_DATA", str(tmp_path))
    found.add(identity(MNIST))
    assert len(found) == 1


def test_parameter_of_the_data_that_is_no_path_counts():
    assert identity("dataset={type: digits, size: 8}") != identity(
        "dataset={type: digits, size: 9}"
    )


def test_plugins_that_only_draw_do_not_count():
    drawing = plan_of("figures=[loss_curves]")
    assert set(plugins_of(drawing)) == {"autoencoders", "tiny_images", "torch"}


def test_plugins_are_known_by_version_and_source():
    found = plugins_of(plan_of())
    assert found["tiny_images"]["version"] == "-"
    assert all(len(each["sha256"]) == 64 for each in found.values())
    assert found == plugins_of(plan_of())


def test_digest_does_not_depend_on_the_order_of_keys():
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 1.5})
    assert len(digest_of(None)) == 64


def identity_of_head(tmp_path, needs, origin="from: up.yaml"):
    path = tmp_path / "down.yaml"
    networks = f"{{encoder: {{{origin}, type: noisy_encoder}}}}"
    path.write_text(f"extends: {SUPPORT / 'tiny.yaml'}\nnetworks: {networks}\n")
    document = load_document(path)
    registry = discover([SUPPORT / "tiny_images.py"])
    plan, _ = make_plan(read_recipe(document), document, registry, is_begun=True)
    return identity_of(plan, "fingerprint", needs)


def test_what_a_network_comes_from_counts_and_not_the_words_for_it(tmp_path):
    usual = identity_of_head(tmp_path, {"encoder": "abc/encoder"})
    words = "from: other.yaml, overrides: [seed=1]"
    assert identity_of_head(tmp_path, {"encoder": "abc/encoder"}, words) == usual
    for needs in ({"encoder": "abd/encoder"}, {"encoder": "abc/decoder"}, {}):
        assert identity_of_head(tmp_path, needs) != usual
    frozen = "from: up.yaml, freeze: true"
    assert identity_of_head(tmp_path, {"encoder": "abc/encoder"}, frozen) != usual
