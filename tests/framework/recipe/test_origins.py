"""Where networks come from is found and planned, or refused with its place and all other faults."""

from pathlib import Path

import pytest

from framework.discovery import discover
from framework.errors import RecipeError
from framework.recipe.loading import load_document
from framework.recipe.planning import make_plan
from framework.recipe.schema import read_recipe

SUPPORT = Path(__file__).parents[2] / "support"
TINY = f"extends: {SUPPORT / 'tiny.yaml'}\n"

PLUGIN = '''
from dataclasses import replace
from pathlib import Path
from framework import hookimpl
import tiny_images

class Stored(tiny_images.TinyImages):
    """The tiny images, as if they lay somewhere and had other values."""

    def __init__(self, *, root: Path | None = None, low: float = 0.0, side: int = 8) -> None:
        self.root, self.low, self.side = root, low, side

    @property
    def info(self):
        shape = (1, self.side, self.side)
        return replace(super().info, value_range=(self.low, 1.0), image_shape=shape)

@hookimpl
def provide_datasets():
    return {"stored": Stored}
'''


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Plans `down.yaml`, whose networks are given, beside an `up.yaml`."""
    monkeypatch.syspath_prepend(SUPPORT)
    (tmp_path / "up.yaml").write_text(TINY)
    plugin = tmp_path / "stored.py"
    plugin.write_text(PLUGIN)

    def plan(networks, *overrides, more=""):
        path = tmp_path / "down.yaml"
        path.write_text(f"{TINY}networks: {networks}\n{more}")
        document = load_document(path, overrides)
        registry = discover([SUPPORT / "tiny_images.py", plugin])
        return make_plan(read_recipe(document), document, registry)[0]

    return plan


@pytest.fixture
def faults_of(plan):
    def faults_of(*given, **more):
        with pytest.raises(RecipeError) as caught:
            plan(*given, **more)
        faults = caught.value.faults
        return [(f.identifier, f.key, f.message, f.hint) for f in faults]

    return faults_of


def test_network_is_the_one_that_it_is_there_but_for_what_is_written(plan, tmp_path):
    (tmp_path / "up.yaml").write_text(TINY + "networks: {encoder: {latent_dim: 3, noise: 0.3}}\n")
    found = plan("{encoder: {from: up.yaml, noise: 0.0}}")
    assert found.resolved["networks"]["encoder"] == {
        "from": str(tmp_path / "up.yaml"),
        "overrides": [],
        "freeze": False,
        "type": "noisy_encoder",
        "latent_dim": 3,
        "noise": 0.0,
        "dropout": 0.2,
    }
    upstream = found.upstreams["encoder"]
    assert (upstream.reference, upstream.network, upstream.run) == ("up.yaml", "encoder", None)


def test_networks_of_one_origin_share_its_plan(plan):
    found = plan("{encoder: {from: up.yaml}, decoder: {from: up.yaml}}").upstreams
    assert found["encoder"].plan is found["decoder"].plan
    found = plan("{encoder: {from: up.yaml}, decoder: {from: up.yaml, overrides: [seed=1]}}")
    first, second = (each.plan for each in found.upstreams.values())
    assert (first.seed, second.seed) == (4, 1)


def test_file_is_looked_for_beside_the_recipe_that_names_it(plan, tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "up.yaml").rename(tmp_path / "inner" / "up.yaml")
    middle = tmp_path / "inner" / "middle.yaml"
    middle.write_text(TINY + "networks: {encoder: {from: up.yaml}}\n")
    found = plan("{encoder: {from: inner/middle.yaml}}").upstreams["encoder"]
    assert found.plan.upstreams["encoder"].location == str(tmp_path / "inner" / "up.yaml")


def test_shipped_recipe_keeps_its_name_unless_a_file_stands_in_its_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "extends: quickstart\nnetworks: {encoder: {from: quickstart}}\n"
    Path("down.yaml").write_text(text)
    document = load_document("down.yaml")
    plan, _ = make_plan(read_recipe(document), document, discover())
    assert plan.resolved["networks"]["encoder"]["from"] == "quickstart"
    Path("quickstart.yaml").write_text("extends: quickstart\nseed: 1\n")
    Path("down.yaml").write_text(text.replace("from: quickstart", "from: quickstart.yaml"))
    document = load_document("down.yaml")
    plan, _ = make_plan(read_recipe(document), document, discover())
    assert plan.resolved["networks"]["encoder"]["from"] == str(tmp_path / "quickstart.yaml")
    assert plan.upstreams["encoder"].plan.seed == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("origin", "message", "hint"),
    [
        ("up.yml", "no such recipe 'up.yml'", "shipped recipes: "),
        ("mnist/basik", "no such recipe 'mnist/basik'", "did you mean 'mnist/basic'?"),
        (".", "'.' is a directory, not a recipe", "it holds "),
        ("a" * 300, f"'{'a' * 300}' cannot be read: File name too long", ""),
        ("up.yaml, network: encodr", "'up.yaml' has no network called 'encodr'", "did you mean"),
        ("up.yaml, network: zzz", "'up.yaml' has no network called 'zzz'", "encoder, decoder"),
        (
            "up.yaml, overrides: [seed=null, 'seeds=[1, 2]']",
            "'up.yaml' is carried out with several seeds, so there are several weights",
            "add `overrides: [seeds=null, seed=0]`, or name one of its runs",
        ),
        (
            "up.yaml, overrides: ['cross_validation={keep: ensemble}']",
            "'up.yaml' keeps an ensemble, so there are several weights",
            "add `overrides: [cross_validation.keep=best_fold]`",
        ),
    ],
)
def test_origin_is_refused(faults_of, origin, message, hint):
    (fault,) = faults_of(f"{{encoder: {{from: {origin}}}}}")
    assert fault[:3] == ("R028", "networks.encoder.from", message)
    assert hint in fault[3]


def test_faults_of_all_origins_come_at_once(faults_of):
    faults = faults_of("{encoder: {from: a.yaml}, decoder: {from: b.yaml}}")
    assert [key for _, key, *_ in faults] == ["networks.encoder.from", "networks.decoder.from"]


def test_fault_within_an_origin_stands_where_it_is(plan, tmp_path):
    (tmp_path / "up.yaml").write_text(TINY + "loss: mze\n")
    with pytest.raises(RecipeError, match=r"up\.yaml:2:7: error: loss: no loss named 'mze'"):
        plan("{encoder: {from: up.yaml}}")


@pytest.mark.parametrize("dataset", ["[a, b]", "3", "{type: [1]}"])
def test_bad_data_set_of_an_origin_is_its_own_fault(plan, tmp_path, dataset):
    (tmp_path / "up.yaml").write_text(f"{TINY}dataset: {dataset}\n")
    with pytest.raises(RecipeError, match=r"error: dataset"):
        plan("{encoder: {from: up.yaml}}", "dataset={type: stored, root: /data}")


def test_recipe_that_needs_itself_is_a_circle(faults_of, tmp_path):
    (fault,) = faults_of("{encoder: {from: down.yaml}}")
    chain = " -> ".join([str(tmp_path / "down.yaml")] * 2)
    assert fault[2] == f"recipes need each other in a circle: {chain}"


def test_circle_of_three_is_refused_with_its_chain(faults_of, tmp_path):
    for name, origin in (("second", "third"), ("third", "down")):
        networks = f"networks: {{encoder: {{from: {origin}.yaml}}}}\n"
        (tmp_path / f"{name}.yaml").write_text(TINY + networks)
    (fault,) = faults_of("{encoder: {from: second.yaml}}")
    names = ("down", "second", "third", "down")
    chain = " -> ".join(str(tmp_path / f"{name}.yaml") for name in names)
    assert fault[:3] == (
        "R028",
        "networks.encoder.from",
        f"recipes need each other in a circle: {chain}",
    )


def test_two_ways_to_the_same_recipe_are_no_circle(plan, tmp_path):
    (tmp_path / "middle.yaml").write_text(TINY + "networks: {encoder: {from: up.yaml}}\n")
    assert plan("{encoder: {from: middle.yaml}, decoder: {from: up.yaml}}").num_parameters > 0


@pytest.mark.parametrize("root", ["/data", "/a: b, [c", "5"])
def test_place_of_the_data_is_handed_on(plan, tmp_path, root):
    (tmp_path / "up.yaml").write_text(TINY + "dataset: stored\n")
    found = plan("{encoder: {from: up.yaml}}", more=f"dataset: {{type: stored, root: '{root}'}}\n")
    (upstream,) = found.upstreams.values()
    assert upstream.dataset.root == Path(root)


@pytest.mark.parametrize(
    ("theirs", "root"), [("{type: stored, root: /own}", Path("/own")), ("tiny_images", None)]
)
def test_place_of_other_data_is_not(plan, tmp_path, theirs, root):
    (tmp_path / "up.yaml").write_text(f"{TINY}dataset: {theirs}\n")
    found = plan("{encoder: {from: up.yaml}}", more="dataset: {type: stored, root: /data}\n")
    (upstream,) = found.upstreams.values()
    assert getattr(upstream.dataset, "root", None) == root


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ("{low: -1.0}", "trained on values in [0.0, 1.0], this data set has [-1.0, 1.0]"),
        ("{side: 9}", "trained on images of shape [1, 8, 8], this data set has [1, 9, 9]"),
    ],
)
def test_other_images_are_refused(faults_of, dataset, message):
    loss = "{type: mse}"
    given = f"dataset: {dataset[:-1]}, type: stored}}\nloss: {loss}\n"
    faults = faults_of("{encoder: {from: up.yaml}}", more=given)
    ours = [fault for fault in faults if fault[0] == "R028"]
    assert [fault[2] for fault in ours] == [f"'up.yaml' was {message}"]


def test_layers_of_another_size_are_refused_before_anything_is_trained(faults_of):
    (fault,) = faults_of("{encoder: {from: up.yaml, latent_dim: 5}}")
    assert fault[:3] == (
        "R028",
        "networks.encoder.from",
        "'up.yaml' has 198 weights in layer 'layers.5', "
        "and with what is written here there are 165",
    )


def test_run_directory_is_an_origin(plan, tmp_path):
    run = tmp_path / "some-run"
    run.mkdir()
    resolved = plan("{encoder: noisy_encoder}").resolved
    (run / "resolved.yaml").write_text(f"{TINY}seed: {resolved['seed']}\n")
    (run / "state.json").write_text("{}")
    upstream = plan("{encoder: {from: some-run}}").upstreams["encoder"]
    assert (upstream.run, upstream.location) == (run, str(run))


def test_plan_of_what_is_begun_looks_for_no_origin(tmp_path):
    path = tmp_path / "down.yaml"
    path.write_text(TINY + "networks: {encoder: {from: gone.yaml, type: noisy_encoder}}\n")
    document = load_document(path)
    registry = discover([SUPPORT / "tiny_images.py"])
    plan, _ = make_plan(read_recipe(document), document, registry, is_begun=True)
    assert plan.upstreams == {}
    assert plan.resolved["networks"]["encoder"]["from"] == "gone.yaml"
