"""Networks that have shapes and no values, built quickly, and given zeros where they are small."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import init
from torch.overrides import TorchFunctionMode

_DRAWING = {init.uniform_, init.normal_, init.constant_}
_FOR_MATRICES = {init.kaiming_uniform_, init.kaiming_normal_}
"""What refuses tensors of less than two axes, and warns of those without values."""
_IN_PLACE = {Tensor.zero_, Tensor.fill_}
"""What refuses a parameter where gradients are recorded."""
_FILLING = _DRAWING | _FOR_MATRICES | _IN_PLACE
_USUAL = {"mode": "fan_in", "nonlinearity": "leaky_relu"}


@contextmanager
def without_values(device: torch.device) -> Iterator[None]:
    """Where networks are built; on the meta device no weight is drawn, as there is none.

    PyTorch would carry each draw out in Python, which takes as long as all the rest.
    """
    if device.type != "meta":
        with device:
            yield
        return
    with device, _NothingFilled():
        yield


class _NothingFilled(TorchFunctionMode):
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func in _FILLING:
            tensor: Tensor = args[0] if args else kwargs["tensor"]
            if tensor.is_meta and _is_accepted(func, tensor, kwargs):
                return tensor
        return func(*args, **kwargs)


def _is_accepted(func: Callable[..., Any], tensor: Tensor, kwargs: Mapping[str, Any]) -> bool:
    """Whether the function would do nothing but fill the tensor."""
    if func in _IN_PLACE:
        return not (tensor.requires_grad and torch.is_grad_enabled())
    if func in _DRAWING:
        return True
    is_usual = all(kwargs.get(name, usual) == usual for name, usual in _USUAL.items())
    return is_usual and tensor.dim() > 1 and tensor.numel() > 0


def with_zeros(networks: Iterable[nn.Module]) -> torch.device:
    """Give the values of networks that have none, in place, on the CPU; answer that device."""
    made: dict[Tensor, Tensor] = {}  # tensors that several layers share stay so
    for module in (module for network in networks for module in network.modules()):
        given = [
            *module.named_parameters(recurse=False, remove_duplicate=False),
            *module.named_buffers(recurse=False, remove_duplicate=False),
        ]
        for name, values in given:
            if values not in made:
                made[values] = _zeros_like(values)
            if made[values] is not values:
                setattr(module, name, made[values])
    return torch.device("cpu")


def _zeros_like(values: Tensor) -> Tensor:
    if not values.is_meta:
        with torch.no_grad():
            return values.zero_()
    zeros = torch.zeros(values.shape, dtype=values.dtype)
    if isinstance(values, nn.Parameter):
        return nn.Parameter(zeros, requires_grad=values.requires_grad)
    return zeros
