"""Numbers of a recipe where the objects built from it keep them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch.optim import Optimizer


@dataclass(frozen=True)
class LiveNumber:
    """A number that an object keeps, to be read and set while it is at work.

    Attributes:
        holder: the object; an optimizer keeps its parameters in its groups.
        name: the attribute, or the key of the groups.
        index: the number's place, where a list of them is kept there.
    """

    holder: Any
    name: str
    index: int | None = None

    @property
    def value(self) -> Any:
        """What is kept there."""
        kept = self._kept
        return kept if self.index is None else kept[self.index]

    @property
    def is_there(self) -> bool:
        """Whether a number is kept there; in an optimizer, the same in all of its groups."""
        try:
            value = self.value
        except (AttributeError, KeyError, IndexError, TypeError):
            return False
        return isinstance(value, float) and self._is_uniform

    def set(self, value: float) -> None:
        """Put another number in its place.

        Raises:
            AttributeError: the object cannot be changed.
        """
        new: Any = value
        if self.index is not None:
            numbers = list(self._kept)
            numbers[self.index] = value
            new = tuple(numbers)
        if isinstance(self.holder, Optimizer):
            for group in self.holder.param_groups:
                group[self.name] = new
        else:
            setattr(self.holder, self.name, new)

    @property
    def _kept(self) -> Any:
        if isinstance(self.holder, Optimizer):
            return self.holder.param_groups[0][self.name]
        return getattr(self.holder, self.name)

    @property
    def _is_uniform(self) -> bool:
        groups = self.holder.param_groups if isinstance(self.holder, Optimizer) else ()
        return all(group.get(self.name) == self._kept for group in groups)


def live_number(parameter: str, holders: Mapping[str, Any]) -> LiveNumber:
    """Find the number that a dotted path of the recipe means.

    An object keeps a parameter under its name, or under its name after an underscore.

    Args:
        parameter: the path, such as `loss.weights.1`.
        holders: place in the recipe, such as `loss` → what was built from it.

    Raises:
        LookupError: no object keeps such a number.
    """
    roles = [role for role in holders if parameter.startswith(f"{role}.")]
    role = max(roles, key=len, default="")
    name, *places = parameter.removeprefix(f"{role}.").split(".")
    if role and len(places) <= 1 and all(place.isdigit() for place in places):
        index = int(places[0]) if places else None
        for attribute in (name, f"_{name}"):
            number = LiveNumber(holders[role], attribute, index)
            if number.is_there:
                return number
    raise LookupError(f"nothing keeps '{parameter}'")
