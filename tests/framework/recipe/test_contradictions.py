"""Settings that are right one by one and wrong together."""

import pytest

from framework.recipe.contradictions import contradictions

ONE = {"optimizer": "adam"}
STOP = {"patience": 3}


def problems(**values):
    return [(problem.identifier, problem.path) for problem in contradictions(values)]


@pytest.mark.parametrize(
    "values",
    [
        ONE,
        {"optimizers": {"generator": "adam"}},
        ONE | {"optimizers": {}},
        ONE | {"early_stopping": STOP},
        ONE | {"early_stopping": STOP | {"monitor": "validation/loss"}},
        ONE | {"early_stopping": STOP | {"monitor": "validation/psnr", "mode": "max"}},
        ONE | {"checkpointing": {"monitor": "validation/loss"}},
        ONE | {"checkpointing": {"monitor": "validation/psnr", "mode": "max"}},
        ONE | {"weight_pruning": {"grace_num_epochs": 3, "every_num_epochs": 3}},
        ONE | {"early_stopping": STOP, "weight_pruning": {"grace_num_epochs": 3}},
        ONE | {"schedules": [{"parameter": "loss.a"}, {"parameter": "loss.b"}, "no schedule"]},
        ONE | {"schedules": [{"parameter": "loss.a"}], "scheduler": "cosine"},
        ONE | {"cross_validation": {"fold": 4}},
        ONE | {"cross_validation": {"num_folds": 2, "num_repeats": 3, "fold": 5}},
        ONE | {"cross_validation": {"num_folds": "two", "fold": 5}},
        ONE | {"cross_validation": {}, "executor": "processes"},
        ONE | {"seeds": [1, 2], "executor": "processes"},
    ],
)
def test_what_goes_together_is_no_problem(values):
    assert problems(**values) == []


@pytest.mark.parametrize(
    ("layers", "places"),
    [
        (["linear", "conv"], []),
        (["linear", "linear"], [1]),
        (["all", "conv"], [1]),
        (["conv", None, "linear"], [1, 2]),
    ],
)
def test_weights_are_pruned_by_one_group_only(layers, places):
    groups = [{"network": "encoder", "layers": kind} for kind in layers]
    groups = [{k: v for k, v in group.items() if v is not None} for group in groups]
    others = [{"network": "decoder"}, "no group"]
    pruning = {"weight_pruning": {"groups": groups + others}}
    found = [("R008", ("weight_pruning", "groups", index)) for index in places]
    assert problems(**ONE, **pruning) == found


@pytest.mark.parametrize(("grace", "is_found"), [(2, False), (3, True), (4, True)])
def test_grace_that_never_ends_leaves_no_early_stopping(grace, is_found):
    pruning = {"every_num_epochs": 3, "grace_num_epochs": grace}
    found = problems(**ONE, early_stopping=STOP, weight_pruning=pruning)
    assert found == [("R008", ("weight_pruning", "grace_num_epochs"))] * is_found


def test_number_has_one_schedule():
    schedules = [{"parameter": name} for name in ("loss.a", "loss.b", "loss.a")]
    assert problems(**ONE, schedules=schedules) == [("R008", ("schedules", 2, "parameter"))]


@pytest.mark.parametrize("block", ["early_stopping", "checkpointing", "scheduler"])
@pytest.mark.parametrize(
    ("parameter", "is_found"),
    [
        ("task.corruptions.0.std", True),
        ("loss.weights.1", True),
        ("networks.encoder.noise", True),
        ("optimizer.weight_decay", False),
        ("weight_pruning.groups.0.amount", False),
    ],
)
def test_nothing_monitors_what_a_schedule_moves(block, parameter, is_found):
    values = ONE | {"schedules": [{"parameter": parameter}]}
    moving = {block: {"monitor": "train/loss", "mode": "min"}}
    assert problems(**values, **moving) == [("R008", (block, "monitor"))] * is_found
    still = {block: {"monitor": "validation/loss", "mode": "min"}}
    assert problems(**values, **still) == []


def test_one_of_optimizer_and_optimizers_is_needed():
    assert problems() == [("R010", ("optimizer",))]
    assert problems(optimizers={}) == [("R010", ("optimizer",))]


FROZEN = {"from": "other", "freeze": True}
THAWED = FROZEN | {"unfreeze_at_epoch": 1}


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        (FROZEN, None),
        (FROZEN | {"unfreeze_at_epoch": 3, "lr": 1e-4}, None),
        ({"from": "other", "lr": 1e-4}, None),
        ({"from": "other", "unfreeze_at_epoch": 3}, "unfreeze_at_epoch"),
        (FROZEN | {"lr": 1e-4}, "lr"),
        (FROZEN | {"lr": None, "unfreeze_at_epoch": None}, None),
        ({"type": "thawing", "unfreeze_at_epoch": 3}, None),  # a parameter of its own
    ],
)
def test_settings_of_a_network_from_elsewhere_go_together(spec, key):
    found = problems(**ONE, networks={"encoder": spec, "head": "mlp_head"})
    assert found == ([("R008", ("networks", "encoder", key))] if key else [])


@pytest.mark.parametrize(
    ("origin", "is_found"), [(FROZEN, True), (THAWED, True), ({"from": "other"}, False)]
)
def test_frozen_weights_are_not_pruned(origin, is_found):
    groups = [{"network": "head", "amount": 0.1}, {"network": "encoder", "amount": 0.1}]
    networks = {"encoder": origin, "head": "mlp_head"}
    found = problems(**ONE, networks=networks, weight_pruning={"groups": groups})
    assert found == [("R008", ("weight_pruning", "groups", 1))] * is_found


@pytest.mark.parametrize("epoch", [2, None])
def test_training_begins_with_something_to_step(epoch):
    late = FROZEN | {"unfreeze_at_epoch": epoch}
    assert problems(**ONE, networks={"encoder": late, "head": late}) == [("R008", ("optimizer",))]
    assert problems(**ONE, networks={"encoder": late, "head": THAWED}) == []
    assert problems(optimizers={"encoder": "adam", "head": "adam"}, networks={"encoder": late}) == [
        ("R008", ("optimizers", "encoder"))
    ]


def test_no_optimizer_is_needed_where_nothing_is_trained():
    nothing = {"networks": {"encoder": FROZEN}, "training": {"num_epochs": 0}}
    assert problems(**nothing) == []
    assert problems(**nothing, optimizer="adam") == [("R008", ("optimizer",))]
    trained = nothing | {"training": {"num_epochs": 1}}
    assert problems(**trained) == [("R010", ("optimizer",))]


@pytest.mark.parametrize("other", ["mlp_head", {"from": "other"}, THAWED])
def test_what_can_be_trained_needs_an_epoch(other):
    networks = {"encoder": FROZEN, "head": other}
    assert problems(networks=networks, training={"num_epochs": 0}) == [
        ("R012", ("training", "num_epochs"))
    ]


def test_both_optimizer_and_optimizers_are_too_much():
    assert problems(optimizer="adam", optimizers={"a": "sgd"}) == [("R008", ("optimizers",))]


@pytest.mark.parametrize("block", ["early_stopping", "checkpointing"])
def test_direction_of_another_monitor_is_declared(block):
    values = ONE | {block: STOP | {"monitor": "validation/psnr"}}
    assert problems(**values) == [("R010", (block, "mode"))]
    (problem,) = contradictions(values)
    assert problem.message == "'mode' is missing beside the monitor 'validation/psnr'"


def test_direction_of_nothing_is_a_problem():
    values = ONE | {"checkpointing": {"mode": "max"}}
    assert problems(**values) == [("R010", ("checkpointing", "monitor"))]


def test_all_problems_are_found():
    values = {"early_stopping": {"monitor": "x"}, "checkpointing": {"mode": "min"}}
    assert len(problems(**values)) == 3


@pytest.mark.parametrize(
    "value", [3, "x", None, [1], {"monitor": [1]}, {"monitor": {}}, {"mode": 5}]
)
def test_values_of_any_shape_are_looked_at(value):
    keys = ("optimizer", "optimizers", "early_stopping", "checkpointing")
    assert isinstance(problems(**dict.fromkeys(keys, value)), list)


SEVERAL = {"optimizers": {"generator": "adam", "critic": "sgd"}}


def test_schedulers_are_written_as_their_optimizers_are():
    assert problems(**ONE, scheduler="cosine") == []
    assert problems(**SEVERAL, schedulers={"critic": "cosine"}) == []
    assert problems(**SEVERAL, scheduler="cosine") == [("R008", ("scheduler",))]
    assert problems(**ONE, schedulers={"main": "cosine"}) == [("R008", ("schedulers",))]


def test_scheduler_of_no_optimizer_is_a_problem_with_the_nearest_name():
    (problem,) = contradictions(SEVERAL | {"schedulers": {"critc": "cosine"}})
    assert (problem.identifier, problem.path) == ("R011", ("schedulers", "critc"))
    assert problem.hint == "did you mean 'critic'?"


@pytest.mark.parametrize(
    ("folds", "last"),
    [({"fold": 5}, 4), ({"num_folds": 3, "fold": 3}, 2), ({"num_repeats": 2, "fold": 10}, 9)],
)
def test_fold_is_one_of_those_that_there_are(folds, last):
    (problem,) = contradictions(ONE | {"cross_validation": folds})
    assert (problem.identifier, problem.path) == ("R008", ("cross_validation", "fold"))
    assert problem.hint == f"they are numbered 0 to {last}"


@pytest.mark.parametrize("values", [{}, {"seeds": []}])
def test_executor_needs_parts_to_carry_out(values):
    assert problems(**ONE, **values, executor="processes") == [("R008", ("executor",))]


@pytest.mark.parametrize("values", [{"search": {}}, {"cross_validation": {}}, {"seeds": [1]}])
def test_executor_carries_out_trials_folds_or_seeds(values):
    assert problems(**ONE, **values, executor="processes") == []


def test_search_has_one_seed():
    assert problems(**ONE, search={}, seeds=[1, 2]) == [("R008", ("seeds",))]
    assert problems(**ONE, search={}, seed=1) == []


def test_search_has_one_objective_or_several():
    several = {"a": {}, "b": {}}
    assert problems(**ONE, search={"objectives": several}) == []
    both = {"objectives": several, "objective": {}}
    assert problems(**ONE, search=both) == [("R008", ("search", "objectives"))]
    pruned = {"objectives": several, "pruner": "median"}
    assert problems(**ONE, search=pruned) == [("R008", ("search", "pruner"))]
    assert problems(**ONE, search={"objectives": {"a": {}}, "pruner": "median"}) == []


@pytest.mark.parametrize(
    "key", ["seed", "dataset.root", "cross_validation.num_folds", "validation"]
)
def test_what_trials_are_compared_by_is_never_drawn(key):
    assert problems(**ONE, search={"space": {key: {}}}) == [("R034", ("search", "space", key))]


def test_what_makes_a_difference_is_drawn():
    space = {key: {} for key in ("training.num_epochs", "optimizer", "names.seed")}
    assert problems(**ONE, search={"space": space}) == []
