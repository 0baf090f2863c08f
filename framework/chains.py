"""Networks that images pass through one after the other."""

from collections.abc import Iterable, Mapping, Sequence

from torch import Tensor, nn

from framework.errors import nearest_hint


def choose_chain(
    networks: Mapping[str, nn.Module], names: Sequence[str] | None
) -> dict[str, nn.Module]:
    """The networks that a task's `chain` names, in its order; all of them where it names none.

    Raises:
        ValueError: a name is no network's.
    """
    chosen = tuple(networks) if names is None else tuple(names)
    unknown = [name for name in chosen if name not in networks]
    if unknown:
        raise ValueError("; ".join(_unknown(name, list(networks)) for name in unknown))
    return {name: networks[name] for name in chosen}


def pass_through(networks: Iterable[nn.Module], values: Tensor) -> Tensor:
    """What comes out of the last of several networks, each given what the one before answers."""
    for network in networks:
        values = network(values)
    return values


def _unknown(name: str, known: list[str]) -> str:
    hint = nearest_hint(name, known) or f"the networks are {', '.join(known)}"
    return f"the chain names '{name}', which is no network of this recipe; {hint}"
