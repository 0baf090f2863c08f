"""Optimizers of PyTorch, in the fastest form that the parameters' device carries out."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field
from torch import Tensor
from torch.optim import SGD, Adam, AdamW, Optimizer

_FUSED_DEVICES = frozenset({"cpu", "cuda"})

LearningRate = Annotated[float, Field(gt=0)]
Betas = tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]]
Epsilon = Annotated[float, Field(gt=0)]
WeightDecay = Annotated[float, Field(ge=0)]
ParametersOrGroups = Iterable[Tensor] | Iterable[dict[str, Any]]


def adam(
    parameters: ParametersOrGroups,
    *,
    lr: LearningRate = 1e-3,
    betas: Betas = (0.9, 0.999),
    eps: Epsilon = 1e-8,
    weight_decay: WeightDecay = 0.0,
) -> Optimizer:
    """Adam: steps scaled by running means of the gradient and of its square.

    Source: D. Kingma, J. Ba, Adam: A Method for Stochastic Optimization, 2015, algorithm 1.

    Args:
        parameters: tensors, or parameter groups as PyTorch defines them.
        lr: learning rate.
        betas: decay of the running means of the gradient and of its square.
        eps: added to the denominator.
        weight_decay: factor of the weights that is added to their gradients (an L2 penalty).
    """
    groups = _groups(parameters)
    return Adam(
        groups, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, fused=_fused(groups)
    )


def adamw(
    parameters: ParametersOrGroups,
    *,
    lr: LearningRate = 1e-3,
    betas: Betas = (0.9, 0.999),
    eps: Epsilon = 1e-8,
    weight_decay: WeightDecay = 1e-2,
) -> Optimizer:
    """Adam with weight decay apart from the gradient.

    Source: I. Loshchilov, F. Hutter, Decoupled Weight Decay Regularization, 2019, algorithm 2.

    Args:
        parameters: tensors, or parameter groups as PyTorch defines them.
        lr: learning rate.
        betas: decay of the running means of the gradient and of its square.
        eps: added to the denominator.
        weight_decay: share of the weights, times the learning rate, that each step takes away.
    """
    groups = _groups(parameters)
    return AdamW(
        groups, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, fused=_fused(groups)
    )


def sgd(
    parameters: ParametersOrGroups,
    *,
    lr: LearningRate = 1e-2,
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0,
    nesterov: bool = False,
    weight_decay: WeightDecay = 0.0,
) -> Optimizer:
    """Stochastic gradient descent, with momentum if wanted.

    Args:
        parameters: tensors, or parameter groups as PyTorch defines them.
        lr: learning rate.
        momentum: share of the last step that goes into the next one; 0 is plain descent.
        nesterov: take the gradient's share after the momentum's step; needs momentum above 0.
        weight_decay: factor of the weights that is added to their gradients (an L2 penalty).

    Raises:
        ValueError: `nesterov` without momentum.
    """
    if nesterov and momentum == 0:
        raise ValueError("nesterov needs a momentum above 0, found 0.0; write momentum: 0.9")
    groups = _groups(parameters)
    return SGD(
        groups,
        lr=lr,
        momentum=momentum,
        nesterov=nesterov,
        weight_decay=weight_decay,
        fused=_fused(groups),
    )


def _groups(parameters: ParametersOrGroups) -> list[dict[str, Any]]:
    entries = list(parameters)
    plain = [entry for entry in entries if isinstance(entry, Tensor)]
    if plain:
        return [{"params": plain}]
    return [
        entry
        | {
            "params": [entry["params"]]
            if isinstance(entry["params"], Tensor)
            else list(entry["params"])
        }
        for entry in entries
        if isinstance(entry, dict)
    ]


def _fused(groups: list[dict[str, Any]]) -> bool | None:
    # None leaves the choice to PyTorch: fused=True raises on devices such as meta
    tensors = [tensor for group in groups for tensor in group["params"]]
    fits = all(
        tensor.device.type in _FUSED_DEVICES and tensor.is_floating_point() for tensor in tensors
    )
    return True if fits else None
