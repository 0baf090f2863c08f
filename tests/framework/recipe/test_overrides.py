"""Changes on the command line."""

from itertools import permutations

import pytest

from framework.errors import RecipeError
from framework.recipe.loading import load_document

TEXT = """\
seed: 0
networks:
  encoder: {type: conv, channels: [8, 16], dropout: 0.1}
  decoder: mirror
optimizer: adam
early_stopping: {patience: 5}
figures: [curves, {type: pictures, num: 3}]
"""


@pytest.fixture
def load(tmp_path):
    file = tmp_path / "recipe.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return lambda *overrides: load_document(file, overrides)


def faults_of(load, *overrides) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        load(*overrides)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("seed=5", ["seed"], 5),
        ("name=mine", ["name"], "mine"),
        ("name='6'", ["name"], "6"),
        ("name=a=b", ["name"], "a=b"),
        ("training.num_epochs=5", ["training"], {"num_epochs": 5}),
        ("networks.encoder.channels=[4]", ["networks", "encoder", "channels"], [4]),
        ("networks.encoder.channels.1=4", ["networks", "encoder", "channels"], [8, 4]),
        ("optimizer.lr=1e-3", ["optimizer"], {"type": "adam", "lr": 0.001}),
        ("optimizer={lr: 1e-3}", ["optimizer"], {"type": "adam", "lr": 0.001}),
        ("optimizer=sgd", ["optimizer"], "sgd"),
        ("early_stopping.min_delta=1", ["early_stopping"], {"patience": 5, "min_delta": 1}),
        ("metrics=[mse, psnr]", ["metrics"], ["mse", "psnr"]),
        ("figures.0.size=2", ["figures", 0], {"type": "curves", "size": 2}),
        ("figures.1.num=4", ["figures", 1], {"type": "pictures", "num": 4}),
        ("figures.1=curves", ["figures", 1], {"type": "curves"}),
        ("figures=[]", ["figures"], []),
        ("loss=null", ["loss"], None),
        ("name=''", ["name"], ""),
    ],
)
def test_override_sets_its_value(load, override, path, value):
    found = load(override).values
    for step in path:
        found = found[step]
    assert found == value


def test_null_switches_a_block_off(load):
    assert "early_stopping" not in load("early_stopping=null").values


def test_type_drops_what_the_old_type_had_set_and_says_so(load):
    document = load("networks.encoder.type=linear")
    assert document.values["networks"]["encoder"] == {"type": "linear"}
    assert document.notices == (
        "networks.encoder.type=linear: dropped what 'conv' had set: channels, dropout",
    )


def test_unchanged_type_drops_nothing(load):
    document = load("networks.encoder.type=conv")
    assert document.values["networks"]["encoder"]["dropout"] == 0.1
    assert document.notices == ()


@pytest.mark.parametrize(
    "overrides",
    [*permutations(("networks.encoder.latent_dim=8", "networks.encoder.type=linear", "seed=1"))],
)
def test_order_does_not_matter(load, overrides):
    values = load(*overrides).values
    assert values["networks"]["encoder"] == {"type": "linear", "latent_dim": 8}
    assert values["seed"] == 1


def test_last_of_two_wins(load):
    assert load("seed=1", "seed=2").values["seed"] == 2


def test_block_is_set_anew_before_its_keys(load):
    values = load("early_stopping.patience=3", "early_stopping=null").values
    assert values["early_stopping"] == {"patience": 3}


@pytest.mark.parametrize("text", ["seed", "=3", "", "a..b=1", ".a=1", "a.=1", " a=1", "a .b=1"])
def test_what_is_no_override_is_refused(load, text):
    assert faults_of(load, text) == [f"{text}: error: not an override; write key=value [R002]"]


@pytest.mark.parametrize("text", ["seed=", "seed= "])
def test_override_without_value_is_refused(load, text):
    assert faults_of(load, text) == [
        f"{text}: error: no value after '='; write seed=null to take it away, "
        "seed=\"''\" for empty text [R002]"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed=[", "not valid YAML"),
        ("seed=010", "010 is a number with a leading zero"),
        ("seed=!!int 3", "tags are not allowed"),
        ("seed=*x", "aliases are not allowed"),
        ("seed=1\n---\n2", "a second document begins here"),
        ("seed=" + "[" * 100_000, "nested more than 40 levels deep"),
        ("a." * 100_000 + "b=1", "a key at most 40 levels deep, found 100001"),
        ("extends=a.yaml", "a recipe is extended before overrides are applied"),
    ],
)
def test_bad_override_is_placed_at_itself(load, text, message):
    with pytest.raises(RecipeError) as caught:
        load(text)
    (fault,) = caught.value.faults
    assert fault.place == text
    assert message in fault.message


def test_all_malformed_overrides_are_listed(load):
    assert len(faults_of(load, "a", "seed=1", "b=[", "=c")) == 3


def test_all_overrides_that_do_not_fit_are_listed(load):
    faults = faults_of(load, "seed.x=1", "figures.9=x", "early_stopping=5")
    assert [fault.partition(": error: ")[2] for fault in faults] == [
        "early_stopping: 5 cannot be merged with a mapping, which stands at "
        f"{load().source}:6:17 [R015]",
        f"seed: a mapping cannot be merged with 0, which stands at {load().source}:1:7 [R015]",
        "no such item '9' in the list 'figures'; it has the items 0 to 1 [R004]",
    ]
