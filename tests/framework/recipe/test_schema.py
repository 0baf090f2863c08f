"""The shape of a recipe."""

import json

import pytest
from pydantic import ValidationError

from framework.errors import RecipeError
from framework.recipe.component_specs import ComponentSpec
from framework.recipe.loading import load_document
from framework.recipe.schema import Recipe, read_recipe
from framework.recipe.shipped import shipped_recipes

TEXT = """\
dataset: digits
networks:
  encoder: {type: conv_encoder, latent_dim: 6}
  decoder: mirrored_decoder
task: reconstruction
optimizer: {type: adam, lr: 1e-3}
training: {num_epochs: 3}
"""


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "tiny.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return file


@pytest.fixture
def read(file):
    return lambda *overrides: read_recipe(load_document(file, overrides))


def faults_of(read, *overrides) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        read(*overrides)
    return str(caught.value).splitlines()


def test_defaults_are_filled_in(read):
    assert read().model_dump(mode="json") == {
        "format": 1,
        "name": "tiny",
        "seed": None,
        "dataset": {"type": "digits"},
        "validation": {"fraction": 0.1, "seed": 0},
        "networks": {
            "encoder": {"type": "conv_encoder", "latent_dim": 6},
            "decoder": {"type": "mirrored_decoder"},
        },
        "task": {"type": "reconstruction"},
        "loss": None,
        "optimizer": {"type": "adam", "lr": 0.001},
        "optimizers": {},
        "scheduler": None,
        "schedulers": {},
        "gradient_clipping": None,
        "averaging": None,
        "training": {
            "num_epochs": 3,
            "batch_size": 256,
            "evaluation_batch_size": 1024,
            "drop_last": False,
            "accumulation": 1,
            "time_limit_minutes": None,
            "num_threads": None,
            "num_workers": 0,
        },
        "early_stopping": None,
        "weight_pruning": None,
        "checkpointing": {
            "monitor": None,
            "mode": None,
            "every_num_epochs": 1,
            "every_num_iterations": None,
        },
        "metrics": [],
        "handlers": [],
        "figures": [],
        "cross_validation": None,
        "executor": None,
        "schedules": [],
        "search": None,
        "trackers": [],
        "seeds": [],
    }


def test_dump_reads_as_the_same_recipe(read, tmp_path):
    recipe = read("early_stopping.patience=4", "figures=[curves, {type: pictures, at: [1, 2]}]")
    again = tmp_path / "again.yaml"
    again.write_text(json.dumps(recipe.model_dump(mode="json")), encoding="utf-8")
    assert read_recipe(load_document(again)) == recipe


def test_early_stopping_watches_the_validation_loss(read):
    stopping = read("early_stopping.patience=4").early_stopping
    assert (stopping.monitor, stopping.mode, stopping.min_delta) == ("validation/loss", "min", 0.0)


def test_component_is_a_name_or_a_mapping(read):
    recipe = read("loss=bce", "metrics=[mse, {type: ssim, size: 3}]")
    assert recipe.loss == ComponentSpec(type="bce", parameters={})
    assert recipe.metrics == (
        ComponentSpec(type="mse", parameters={}),
        ComponentSpec(type="ssim", parameters={"size": 3}),
    )


def test_networks_keep_their_order(read):
    assert list(read("networks.a=x").networks) == ["encoder", "decoder", "a"]


def test_recipe_is_frozen(read):
    with pytest.raises(ValidationError):
        read().seed = 3


def test_null_at_the_top_counts_as_not_written(read):
    recipe = read("metrics=null", "checkpointing=null", "validation=null", "name=null")
    assert (recipe.metrics, recipe.validation.fraction, recipe.name) == ((), 0.1, "tiny")


@pytest.mark.parametrize("name", shipped_recipes())
def test_shipped_recipe_has_the_right_shape(name):
    recipe = read_recipe(load_document(name))
    assert recipe.name == name.replace("/", "-")


@pytest.mark.parametrize(
    ("override", "fault"),
    [
        ("trainning=3", "no such key 'trainning'; did you mean 'training'? [R004]"),
        ("extend=x", "no such key 'extend'; did you mean 'extends'? [R004]"),
        (
            "training.batchsize=3",
            "no such key 'training.batchsize'; did you mean 'batch_size'? [R004]",
        ),
        (
            "training.num_epochs='6'",
            "training.num_epochs: expected an integer of at least 0, found '6'; "
            "remove the quotes [R012]",
        ),
        (
            "training.num_epochs=0",
            "training.num_epochs: expected an integer of at least 1, found 0; "
            "0 is for networks that all come from elsewhere and stay frozen [R012]",
        ),
        (
            "training.num_epochs=1.0",
            "training.num_epochs: expected an integer of at least 0, found 1.0; write 1 [R012]",
        ),
        (
            "training.num_epochs=true",
            "training.num_epochs: expected an integer of at least 0, found true [R012]",
        ),
        (
            "training.drop_last=yes",
            "training.drop_last: expected true or false, found 'yes'; write true [R012]",
        ),
        (
            "validation.fraction=1",
            "validation.fraction: expected a number of at least 0 and less than 1, found 1 [R012]",
        ),
        (
            "validation.fraction=.nan",
            "validation.fraction: expected a finite number of at least 0 and less than 1, "
            "found .nan [R012]",
        ),
        ("optimizer.lr=.inf", "optimizer.lr: expected a finite number, found .inf [R012]"),
        ("early_stopping={}", "early_stopping: 'patience' is missing; expected an integer"),
        (
            "early_stopping={patience: 1, mode: mn}",
            "early_stopping.mode: expected one of 'min', 'max', found 'mn'; did you mean 'min'?",
        ),
        ("format=2", "format: recipes of format 2 need a newer framework"),
        ("format=0", "format: expected 1, found 0 [R012]"),
        ("format=1.0", "format: expected 1, found 1.0; write 1 [R012]"),
        ("name=../../x", "name: '../../x' is not allowed; a name has 1 to 64 letters"),
        ("name=con", "name: 'con' is not allowed"),
        ("name=6", "name: expected a string that matches"),
        (
            "networks.loss=x",
            "networks.loss: a network cannot be called 'loss'; reserved are data, networks, loss, "
            "parameters, optimizer, horizon [R006]",
        ),
        (
            "networks.a-b=x",
            "networks.a-b: 'a-b' is not a name; write letters, digits and underscores, a letter "
            "first [R006]",
        ),
        ("loss=5", "loss: expected a name, or a mapping with 'type', found 5 [R012]"),
        ("loss={}", "loss: 'type' is missing; expected a string [R010]"),
        ("loss={type: 5}", "loss.type: expected a string, found 5; write '5', with quotes [R012]"),
        ("metrics=mse", "metrics: expected a list of strings or mappings, found 'mse'"),
        ("metrics=[mse, 5]", "metrics.1: expected a name, or a mapping with 'type', found 5"),
        ("figures=[null]", "figures.0: expected a name, or a mapping with 'type', found null"),
        ("optimizers={a: adam}", "optimizers: optimizer and optimizers are both given"),
        ("seed=-1", "seed: expected an integer of at least 0 or null, found -1 [R012]"),
    ],
)
def test_fault_of_shape_says_what_was_expected(read, override, fault):
    (found,) = faults_of(read, override)
    assert found.startswith(f"{override}: error: {fault}")


def test_missing_keys_stand_at_the_recipe_or_the_block(tmp_path):
    file = tmp_path / "empty.yaml"
    file.write_text("seed: 3\ntraining:\n  batch_size: 2\nnetworks: {}\n", encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        read_recipe(load_document(file))
    assert [str(fault).removeprefix(f"{file}:") for fault in caught.value.faults] == [
        "1:1: error: 'dataset' is missing; expected a string or a mapping [R010]",
        "1:1: error: 'task' is missing; expected a string or a mapping [R010]",
        "1:1: error: 'optimizer' is missing; "
        "expected a component, or optimizers with several by name [R010]",
        "2:1: error: training: 'num_epochs' is missing; expected an integer of at least 0 [R010]",
        "4:11: error: networks: expected at least one network, found none [R012]",
    ]


def test_all_faults_come_at_once_in_the_order_of_the_file(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text(
        TEXT.replace("digits", "7").replace("3}", "three, batchsize: 4}") + "name: a/b\n",
        encoding="utf-8",
    )
    with pytest.raises(RecipeError) as caught:
        read_recipe(load_document(file, ["seed=-1"]))
    assert [str(fault.place).removeprefix(f"{file}:") for fault in caught.value.faults] == [
        "1:10",
        "7:24",
        "7:31",
        "8:7",
        "seed=-1",
    ]


def test_json_schema_offers_every_key():
    schema = Recipe.model_json_schema()
    assert set(schema["properties"]) == set(Recipe.model_fields) | {"extends"}
