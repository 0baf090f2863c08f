"""Which weights to keep and which to prune, by the methods of `torch.nn.utils.prune`.

No module is reparametrised: PyTorch's own functions rename keys, reorder parameters, refuse
`channels_last` weights and copies. Only what chooses is theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.utils import prune

Masks = dict[str, Tensor]
"""Name of a weight → True where it is kept."""

MethodName = Literal[
    "l1_unstructured", "ln_structured", "random_unstructured", "global_unstructured"
]


@dataclass(frozen=True, kw_only=True)
class PruningMethod:
    """How to choose what is pruned.

    Attributes:
        name: `l1_unstructured` takes the smallest weights of each tensor, `random_unstructured` any
            of them, `ln_structured` whole slices of the smallest norm, `global_unstructured` the
            smallest weights of all tensors together.
        n: order of the norm of `ln_structured`.
        dim: dimension whose slices `ln_structured` takes.
    """

    name: MethodName = "l1_unstructured"
    n: int = 2
    dim: int = 0

    def masks(self, weights: Mapping[str, Tensor], kept: Masks, *, amount: float) -> Masks:
        """Choose what is kept of that which has been kept so far.

        Args:
            weights: the weights, in any memory format.
            kept: what has been kept of each.
            amount: share of what has been kept that is now pruned: of its values, for
                `ln_structured` of its slices that are not wholly pruned yet.
        """
        tensors = {name: weight.detach().contiguous() for name, weight in weights.items()}
        if self.name == "ln_structured":
            return {n: self._without_slices(t, kept[n], amount) for n, t in tensors.items()}
        if self.name == "global_unstructured":
            flat = torch.cat([tensor.flatten() for tensor in tensors.values()])
            flat_kept = torch.cat([kept[name].flatten() for name in tensors])
            parts = self._without_values(flat, flat_kept, amount).split(
                [tensor.numel() for tensor in tensors.values()]
            )
            return {
                name: part.view(tensors[name].shape)
                for name, part in zip(tensors, parts, strict=True)
            }
        return {n: self._without_values(t, kept[n], amount) for n, t in tensors.items()}

    def _without_values(
        self, weight: Float[Tensor, "*axes"], kept: Bool[Tensor, "*axes"], amount: float
    ) -> Bool[Tensor, "*axes"]:
        is_random = self.name == "random_unstructured"
        chooser = prune.RandomUnstructured if is_random else prune.L1Unstructured
        method: Any = chooser(amount)
        left = weight[kept]
        mask = kept.contiguous().clone()
        mask[kept] = method.compute_mask(left, default_mask=torch.ones_like(left)).bool()
        return mask

    def _without_slices(
        self, weight: Float[Tensor, "*axes"], kept: Bool[Tensor, "*axes"], amount: float
    ) -> Bool[Tensor, "*axes"]:
        left = kept.transpose(0, self.dim).flatten(1).any(1).nonzero().flatten()
        if len(left) == 0:
            return kept
        slices = weight.index_select(self.dim, left)
        method = prune.LnStructured(amount, self.n, self.dim)
        chosen = method.compute_mask(slices, default_mask=torch.ones_like(slices)).bool()
        mask = kept.contiguous().clone()
        return mask.index_copy(self.dim, left, chosen & mask.index_select(self.dim, left))
