"""A plan, told to people and to programs."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from framework.cli.messages import Cell, say, say_facts, say_table
from framework.cli.spaces import dimensions_of, search_facts, space_document, space_rows
from framework.contracts import DataInfo
from framework.recipe.plans import Plan, PlannedComponent
from framework.wording import value_text


def plan_document(plan: Plan) -> dict[str, Any]:
    """A plan as plain values."""
    return {
        "recipe": plan.recipe.name,
        "data": asdict(plan.data),
        "layers": [asdict(row) for row in plan.layers],
        "num_parameters": plan.num_parameters,
        "space": space_document(dimensions_of(plan)),
        "resolved": plan.resolved,
        "warnings": list(plan.warnings),
    }


def say_plan(plan: Plan) -> None:
    """Print what would be trained, on what, layer by layer."""
    components, training = plan.components, plan.recipe.training
    dimensions = dimensions_of(plan)
    say_facts(
        {
            "recipe": plan.recipe.name,
            "data": f"{components.dataset.name}: {_data_text(plan.data)}",
            "task": _text(components.task),
            "loss": "" if components.loss is None else _text(components.loss),
            "optimizer": _texts(components.optimizers),
            "scheduler": _texts(components.schedulers),
            "metrics": ", ".join(components.metrics),
            "training": f"{training.num_epochs} epochs, batches of {training.batch_size}",
            "seed": "drawn when it runs" if plan.recipe.seed is None else str(plan.recipe.seed),
        }
        | search_facts(plan, len(dimensions))
    )
    say()
    rows: list[list[Cell]] = [
        [
            row.network,
            row.layer,
            row.kind,
            f"{_shape_text(row.input_shape)} -> {_shape_text(row.output_shape)}",
            row.num_parameters,
        ]
        for row in plan.layers
    ]
    say_table(["network", "layer", "kind", "shape", "parameters"], rows)
    if dimensions:
        say()
        say_table(["drawn", "values"], space_rows(dimensions))
    say(f"\n{plan.num_parameters:,} parameters. Nothing was trained.")


def _data_text(data: DataInfo) -> str:
    classes = f", {data.num_classes} classes" if data.num_classes else ""
    counts = f"{data.num_train:,} training and {data.num_test:,} test images"
    return f"{counts} of {_shape_text(data.image_shape)}{classes}"


def _shape_text(shape: Iterable[int]) -> str:
    return "x".join(map(str, shape))


def _texts(components: Mapping[str, PlannedComponent]) -> list[str]:
    if len(components) == 1:
        return [_text(component) for component in components.values()]
    return [f"{name}: {_text(component)}" for name, component in components.items()]


def _text(component: PlannedComponent) -> str:
    parameters = {key: value for key, value in component.plain.items() if key != "type"}
    listed = ", ".join(f"{key}: {value_text(value)}" for key, value in parameters.items())
    return f"{component.name} ({listed})" if listed else component.name
