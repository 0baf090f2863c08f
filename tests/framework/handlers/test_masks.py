"""What is kept is chosen as PyTorch chooses it, in any memory format."""

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from framework.handlers.masks import PruningMethod

METHODS = ("l1_unstructured", "ln_structured", "random_unstructured", "global_unstructured")


@pytest.fixture
def layers():
    torch.manual_seed(3)
    return {
        "conv": nn.Conv2d(6, 8, 3),
        "linear": nn.Linear(12, 10),
        "up": nn.ConvTranspose2d(4, 5, 2),
    }


def weights_of(layers):
    return {name: layer.weight for name, layer in layers.items()}


def everything(weights):
    return {name: torch.ones_like(weight, dtype=torch.bool) for name, weight in weights.items()}


def reparametrised(layers, method, amount):
    """What PyTorch's own functions make of the layers: their masks."""
    torch.manual_seed(5)
    if method == "global_unstructured":
        parameters = [(layer, "weight") for layer in layers.values()]
        prune.global_unstructured(parameters, prune.L1Unstructured, amount=amount)
    for layer in layers.values():
        if method == "l1_unstructured":
            prune.l1_unstructured(layer, "weight", amount)
        elif method == "random_unstructured":
            prune.random_unstructured(layer, "weight", amount)
        elif method == "ln_structured":
            prune.ln_structured(layer, "weight", amount, n=2, dim=1)
    return {name: layer.weight_mask.bool() for name, layer in layers.items()}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_repeated_choices_are_those_of_pytorch(layers, method, memory_format):
    chooser = PruningMethod(name=method, dim=1)
    weights = {
        name: weight.detach().to(memory_format=memory_format) if weight.ndim == 4 else weight
        for name, weight in weights_of(layers).items()
    }
    masks = everything(weights)
    for _ in range(3):
        torch.manual_seed(5)
        masks = chooser.masks(weights, masks, amount=0.3)
        expected = reparametrised(layers, method, 0.3)
        assert all(torch.equal(masks[name], expected[name]) for name in expected)
        assert {mask.dtype for mask in masks.values()} == {torch.bool}


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_amount_applies_to_what_remains(layers, method):
    weights = {"linear": layers["linear"].weight.repeat(100, 100)}
    masks = everything(weights)
    shares = []
    for _ in range(4):
        masks = PruningMethod(name=method).masks(weights, masks, amount=0.3)
        shares.append(1 - masks["linear"].float().mean().item())
    assert shares == pytest.approx([0.3, 0.51, 0.657, 0.7599], abs=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_everything_can_be_pruned_and_then_nothing_is_left_to_prune(layers, method):
    weights = weights_of(layers)
    masks = everything(weights)
    for _ in range(2):
        masks = PruningMethod(name=method).masks(weights, masks, amount=1.0)
        assert not any(mask.any() for mask in masks.values())


@pytest.mark.parametrize("method", METHODS)
def test_amount_that_takes_no_whole_value_keeps_everything(layers, method):
    weights = weights_of(layers)
    masks = PruningMethod(name=method).masks(weights, everything(weights), amount=1e-6)
    assert all(mask.all() for mask in masks.values())


def test_masks_given_are_not_changed(layers):
    weights = weights_of(layers)
    kept = everything(weights)
    for method in METHODS:
        PruningMethod(name=method).masks(weights, kept, amount=0.5)
    assert all(mask.all() for mask in kept.values())


def test_smallest_slices_of_a_dimension_go_whole():
    weight = torch.arange(1.0, 13.0).reshape(3, 4)
    for dim, gone in ((0, weight[:1]), (1, weight[:, :1])):
        method = PruningMethod(name="ln_structured", dim=dim)
        mask = method.masks({"w": weight}, everything({"w": weight}), amount=0.3)["w"]
        assert torch.equal(weight[~mask], gone.flatten())
