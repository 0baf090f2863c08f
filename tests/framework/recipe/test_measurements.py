"""What is monitored has to be measured; what is measured depends on losses, metrics and images."""

import pytest

from framework.application import check
from framework.recipe.measurements import has_folds_only, measured, monitor_faults
from framework.recipe.proving import Proof


@pytest.mark.parametrize(
    ("changes", "losses", "terms", "expected"),
    [
        ([], ["main"], [], ["train/loss", "validation/loss", "validation/mse"]),
        (["validation.fraction=0"], ["main"], [], ["train/loss"]),
        (
            ["metrics=[]"],
            ["main"],
            ["kl"],
            ["train/loss", "train/kl", "validation/loss", "validation/kl"],
        ),
        (
            ["metrics=[]"],
            ["a", "b"],
            [],
            ["train/loss/a", "train/loss/b", "validation/loss/a", "validation/loss/b"],
        ),
    ],
)
def test_measured_are_losses_terms_and_metrics(changes, losses, terms, expected):
    plan = check("quickstart", overrides=["metrics=[mse]", "early_stopping=null", *changes])
    proof = proof_of(losses, terms)
    assert measured(plan.recipe, plan.components, proof) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], False),
        (["cross_validation={}"], True),
        (["cross_validation={keep: refit}"], False),
        (["cross_validation={keep: refit, fold: 1}"], True),
    ],
)
def test_folds_take_the_place_of_validation_unless_all_is_refit(changes, expected):
    assert has_folds_only(check("quickstart", overrides=changes).recipe) is expected


def test_monitor_that_is_never_measured_is_named_with_the_nearest():
    plan = check("quickstart", overrides=["early_stopping={patience: 2}"])
    assert [*monitor_faults(plan.recipe, plan.components, plan.document, proof_of(["main"]))] == []
    (fault,) = monitor_faults(plan.recipe, plan.components, plan.document, proof_of(["a", "b"]))
    assert (fault.identifier, fault.key) == ("R005", "early_stopping.monitor")
    assert fault.hint == "did you mean 'validation/loss/b'?"


def proof_of(losses, terms=()):
    return Proof((), 0, tuple(losses), tuple(terms), {}, {})
