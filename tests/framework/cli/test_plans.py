import json

from framework.application import check
from framework.cli.plans import plan_document, say_plan


def test_plan_tells_what_is_trained_on_what(capsys):
    say_plan(check("quickstart", overrides=["networks.encoder.latent_dim=9", "seed=null"]))
    lines = capsys.readouterr().out.splitlines()
    facts = dict(line.split(maxsplit=1) for line in lines[: lines.index("")])
    assert facts["data"] == "digits: 1,500 training and 297 test images of 1x28x28, 10 classes"
    assert facts["task"].startswith("reconstruction")
    assert facts["loss"] == "mse"
    assert facts["optimizer"].startswith("adam (lr: 0.003, ")
    assert facts["training"] == "100 epochs, batches of 64"
    assert facts["seed"] == "drawn when it runs"
    layers = [line.split() for line in lines]
    assert ["encoder", "layers.latent", "Linear", "64", "->", "9", "585"] in layers


def test_document_is_plain():
    plan = check("quickstart")
    document = json.loads(json.dumps(plan_document(plan)))
    assert document["data"]["image_shape"] == [1, 28, 28]
    assert document["num_parameters"] == plan.num_parameters
    assert len(document["layers"]) == len(plan.layers)
    assert document["resolved"]["seed"] == 0
    assert document["warnings"] == list(plan.warnings)


def test_plan_of_a_search_tells_what_is_drawn_and_sought(capsys):
    plan = check("mnist/search")
    say_plan(plan)
    lines = capsys.readouterr().out.splitlines()
    facts = dict(line.split(maxsplit=1) for line in lines[: lines.index("")])
    assert facts["search"] == "60 trials of 33 values, drawn by tpe"
    assert ["networks.encoder.channels4", "4", "to", "64"] in [line.split() for line in lines]
    assert len(plan_document(plan)["space"]) == 33


def test_plan_without_a_search_draws_nothing(capsys):
    plan = check("quickstart")
    say_plan(plan)
    assert "drawn  values" not in capsys.readouterr().out
    assert plan_document(plan)["space"] == []
