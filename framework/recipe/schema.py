"""The shape of a recipe: which keys there are, what they hold, and what they default to."""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    ConfigDict,
    TypeAdapter,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from framework.errors import RecipeError
from framework.recipe.blocks import (
    Averaging,
    Block,
    Checkpointing,
    Count,
    CrossValidation,
    EarlyStopping,
    GradientClipping,
    Schedule,
    Seed,
    Training,
    Validation,
    WeightPruning,
)
from framework.recipe.component_specs import Component, Network
from framework.recipe.contradictions import contradictions
from framework.recipe.documents import PART_NAME, Document
from framework.recipe.names import ALLOWED_NAMES, NAME_PATTERN, default_name, is_name
from framework.recipe.search_block import Search
from framework.validation import InvalidValues, validated
from framework.wording import value_text

_FORMAT = 1
RESERVED_NAMES = ("data", "networks", "loss", "parameters", "optimizer", "horizon")


def _extends_too(schema: dict[str, Any]) -> None:
    """Loading consumes `extends`, but whoever writes a recipe should be offered it."""
    schema["properties"]["extends"] = {"type": "string"}


def _known_format(value: int) -> int:
    if value > _FORMAT:
        message = (
            f"recipes of format {value} need a newer framework; this one reads format {_FORMAT}"
        )
        raise PydanticCustomError("R024", "{message}", {"message": message})
    return value


def _folder_name(name: str) -> str:
    if not is_name(name):
        context = {"message": f"{value_text(name)} is not allowed", "hint": ALLOWED_NAMES}
        raise PydanticCustomError("R013", "{message}", context)
    return name


def _identifier(name: str) -> str:
    if not name.isidentifier() or not name.isascii():
        hint = "write letters, digits and underscores, a letter first"
        context = {"message": f"{value_text(name)} is not a name", "hint": hint}
        raise PydanticCustomError(PART_NAME, "{message}", context)
    return name


def _network_name(name: str) -> str:
    if name in RESERVED_NAMES:
        hint = f"reserved are {', '.join(RESERVED_NAMES)}"
        context = {"message": f"a network cannot be called '{name}'", "hint": hint}
        raise PydanticCustomError(PART_NAME, "{message}", context)
    return _identifier(name)


def _not_empty(networks: dict[str, Any]) -> dict[str, Any]:
    if not networks:
        raise PydanticCustomError("R012", "expected at least one network, found none")
    return networks


def _distinct(seeds: tuple[int, ...]) -> tuple[int, ...]:
    doubles = [seed for index, seed in enumerate(seeds) if seed in seeds[:index]]
    if doubles:
        context = {"message": f"seed {doubles[0]} stands there twice"}
        raise PydanticCustomError("R012", "{message}", context)
    return seeds


NetworkName = Annotated[str, AfterValidator(_network_name)]
OptimizerName = Annotated[str, AfterValidator(_identifier)]


class Recipe(Block):
    """A recipe whose shape is right; whether its components exist is for resolution to say.

    Attributes:
        format: the format of recipes that it is written in.
        name: the folder of its runs; by default the recipe's file says it.
        seed: the seed of everything random but the split; None draws one.
        seeds: several seeds, each of which the recipe is carried out with; they replace `seed`.
        dataset: what to learn from.
        validation: the images held out.
        cross_validation: training once per fold; None trains once.
        executor: what carries folds, or else seeds, out in other processes; None trains them in
            this one.
        networks: what learns, by name, in the order written.
        task: what a batch means.
        loss: what to minimise; a task may need none.
        optimizer: the only optimizer, where there is one.
        optimizers: several optimizers, by the names that the task gives them.
        scheduler: how the learning rate of the only optimizer changes.
        schedulers: how those of several optimizers change, by their names.
        schedules: which other numbers change from epoch to epoch, and how.
        gradient_clipping: how long gradients may be; None does not limit them.
        averaging: whether averaged weights are evaluated and kept; None takes them as they are.
        training: how long, in what portions.
        early_stopping: when to stop for want of improvement; None never does.
        weight_pruning: when to set which weights to zero; None never does.
        checkpointing: what is stored on the way.
        metrics: what is measured beside the loss.
        handlers: what else acts on events of the fit.
        figures: what is drawn of the finished run.
        trackers: where else the run is shown.
        search: which values are drawn, trial by trial, and what is sought; None trains as written.
    """

    model_config = ConfigDict(json_schema_extra=_extends_too)

    format: Annotated[
        Count,
        AfterValidator(_known_format),
        WithJsonSchema({"type": "integer", "const": _FORMAT}),
    ] = _FORMAT
    name: Annotated[
        str,
        AfterValidator(_folder_name),
        WithJsonSchema({"type": "string", "pattern": NAME_PATTERN}),
    ]
    seed: Seed | None = None
    seeds: Annotated[tuple[Seed, ...], AfterValidator(_distinct)] = ()
    dataset: Component
    validation: Validation = Validation()
    cross_validation: CrossValidation | None = None
    executor: Component | None = None
    networks: Annotated[dict[NetworkName, Network], AfterValidator(_not_empty)]
    task: Component
    loss: Component | None = None
    optimizer: Component | None = None
    optimizers: dict[OptimizerName, Component] = {}  # noqa: RUF012  pydantic copies it
    scheduler: Component | None = None
    schedulers: dict[OptimizerName, Component] = {}  # noqa: RUF012
    schedules: tuple[Schedule, ...] = ()
    gradient_clipping: GradientClipping | None = None
    averaging: Averaging | None = None
    training: Training
    early_stopping: EarlyStopping | None = None
    weight_pruning: WeightPruning | None = None
    checkpointing: Checkpointing = Checkpointing()
    metrics: tuple[Component, ...] = ()
    handlers: tuple[Component, ...] = ()
    figures: tuple[Component, ...] = ()
    trackers: tuple[Component, ...] = ()
    search: Search | None = None


_RECIPE = TypeAdapter(Recipe)


def read_recipe(document: Document) -> Recipe:
    """Check the shape of a recipe, without torch and without any plugin.

    A null at the top of the recipe counts as not written.

    Raises:
        RecipeError: keys are missing, unknown or contradict each other, or values are wrong; all
            of it is listed, in the order of the places.
    """
    written = {
        key: value
        for key, value in document.values.items()
        if value is not None or key not in Recipe.model_fields
    }
    problems = contradictions(written)
    try:
        name = {} if "name" in written else {"name": default_name(document.source)}
        recipe = validated(_RECIPE, name | written)
    except InvalidValues as error:
        problems = [*error.problems, *problems]
        raise RecipeError(document.faults(problems)) from None
    if problems:
        raise RecipeError(document.faults(problems))
    return recipe
