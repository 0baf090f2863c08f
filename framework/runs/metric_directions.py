"""Which way the metrics of a recipe get better, as they declare it themselves."""

import torch

from framework.recipe.plans import Plan
from framework.runs.assembly import build_metrics
from framework.runs.failures import failures_explained


def metric_directions(plan: Plan) -> dict[str, str]:
    """`min` or `max` for each metric with the attribute `higher_is_better`, as torchmetrics has it.

    A metric that does not say is left out.
    """
    with failures_explained(plan):
        metrics = build_metrics(plan, torch.device("cpu"))
    declared = {name: getattr(m, "higher_is_better", None) for name, m in metrics.items()}
    return {name: "max" if up else "min" for name, up in declared.items() if up is not None}
