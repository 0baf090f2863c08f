"""Which draws can be trained at all: told on the meta device, before any training."""

from framework.errors import Fault, RecipeError
from framework.recipe.drawing import Draw, trial_document
from framework.recipe.planning import make_plan
from framework.recipe.plans import Plan, Upstream
from framework.recipe.proving import Proofs
from framework.recipe.schema import Recipe, read_recipe

_OF_THE_DRAW = {"R017", "R021", "R022"}
"""An empty layer, a batch of one to be normalised, more weights than memory: not the recipe's."""


class InfeasibleDraw(Exception):  # noqa: N818  a verdict, not a mishap
    """A draw that cannot be trained, and that is no fault of the recipe.

    Attributes:
        reason: what is wrong with it, in one line.
        layer: the layer that cannot exist, or the place in the recipe where there is none.
    """

    def __init__(self, reason: str, layer: str) -> None:
        self.reason, self.layer = reason, layer
        super().__init__(f"{layer}: {reason}")


def planned_trial(plan: Plan, draw: Draw, proofs: Proofs | None = None) -> Plan:
    """Plan one trial: its recipe without the search, every network proven buildable.

    Args:
        plan: the plan of the search.
        draw: what the trial changes.
        proofs: what has been proven of other trials.

    Raises:
        InfeasibleDraw: a network cannot exist, or not with this batch size or memory.
        RecipeError: what was drawn is wrong in any other way, which is the recipe's fault.
        PluginError: a component fails.
    """
    document = trial_document(plan, draw)
    try:
        recipe = read_recipe(document)
        upstreams = _known_upstreams(plan, recipe)
        trial, _ = make_plan(
            recipe,
            document,
            plan.registry,
            known=plan.data,
            upstreams=upstreams,
            proofs=proofs,
        )
    except RecipeError as error:
        if all(fault.identifier in _OF_THE_DRAW for fault in error.faults):
            raise _verdict(error.faults[0]) from error
        raise
    return trial


def _known_upstreams(plan: Plan, recipe: Recipe) -> dict[str, Upstream] | None:
    """Where networks come from, unless it was drawn where from."""
    known: dict[str, Upstream] = {}
    for name, network in recipe.networks.items():
        there = plan.recipe.networks.get(name)
        if network.origin is not None and (there is None or there.origin != network.origin):
            return None
        if network.origin is not None and name in plan.upstreams:
            known[name] = plan.upstreams[name]
    return known


def _verdict(fault: Fault) -> InfeasibleDraw:
    reason = fault.message.partition("\n")[0]
    layer, separator, _ = reason.partition(": ")
    return InfeasibleDraw(reason, f"{fault.key}: {layer}" if separator else fault.key)
