"""The block of a recipe that makes a search of it: what is drawn, and what is sought."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from framework.recipe.blocks import Block, Count
from framework.recipe.component_specs import Component, ComponentSpec
from framework.wording import value_text

OUT_OF_RANGE = "R012"
SINGLE_OBJECTIVE = "objective"
"""The name of a search's only objective."""

Number = Annotated[int | float, WithJsonSchema({"type": "number"})]
Conditions = dict[str, Any]
"""Dotted place in the recipe → the value, or the list of values, that must stand there."""


class Range(Block):
    """Numbers between two; whole ones where the ends, and a step, are written as whole numbers.

    Attributes:
        low: smallest number.
        high: largest number.
        log: whether the logarithm is what is drawn evenly.
        step: distance between two numbers; None allows any, of whole numbers each.
        or_null: whether null is drawn too, half of the time at first.
        when: what the number is laid over the recipe for; it is drawn in any case.
    """

    low: Number
    high: Number
    log: bool = False
    step: Annotated[Number, Field(gt=0)] | None = None
    or_null: bool = False
    when: Conditions = {}  # noqa: RUF012  pydantic copies it

    @property
    def is_integer(self) -> bool:
        """Whether only whole numbers are drawn."""
        written = (self.low, self.high, 1 if self.step is None else self.step)
        return all(isinstance(number, int) for number in written)

    @model_validator(mode="after")
    def _has_numbers(self) -> "Range":
        if self.low >= self.high:
            found = f"{value_text(self.low)} to {value_text(self.high)}"
            raise _refusal(f"expected low to be less than high, found {found}")
        if self.log and self.low <= 0:
            hint = "write a low above 0, or log: false"
            raise _refusal(f"a logarithm needs numbers above 0, found {self.low}", hint)
        if self.log and self.step is not None:
            raise _refusal("log and step cannot be combined", "leave one of them out")
        if self.step is not None:
            count = (self.high - self.low) / self.step
            if abs(count - round(count)) > 1e-9 * max(1.0, count):
                hint = f"write a high such as {value_text(self.low + int(count) * self.step)}"
                message = f"steps of {self.step} from {self.low} do not reach {self.high}"
                raise _refusal(message, hint)
        return self


class Choices(Block):
    """Some values, of which one is taken: numbers, texts, null, lists, components.

    Attributes:
        choices: the values.
        when: what the value is laid over the recipe for; it is drawn in any case.
    """

    choices: tuple[Any, ...]
    when: Conditions = {}  # noqa: RUF012

    @property
    def by_key(self) -> dict[str | int | float | bool | None, Any]:
        """The values by what a study knows them as: plain ones as they are, others by a text.

        A component is known by its type, unless another choice has the same.
        """
        return {_key(value, self.choices): value for value in self.choices}

    @model_validator(mode="after")
    def _has_choices(self) -> "Choices":
        if len(self.choices) < 2:  # noqa: PLR2004  of one there is no choice
            raise _refusal(f"expected at least two choices, found {len(self.choices)}")
        seen: list[Any] = []
        for value in self.choices:
            if value in seen:  # 1, 1.0 and true are one to a sampler
                raise _refusal(f"{value_text(value)} stands there twice")
            seen.append(value)
        return self


def _key(value: Any, among: tuple[Any, ...]) -> str | int | float | bool | None:
    if not isinstance(value, Mapping | list):
        return value
    kind = value.get("type") if isinstance(value, Mapping) else None
    alike = [v for v in among if v == kind or (isinstance(v, Mapping) and v.get("type") == kind)]
    if isinstance(kind, str) and len(alike) == 1:
        return kind
    return json.dumps(value, sort_keys=True)


def _kind_of_entry(value: Any) -> str:
    if isinstance(value, Range | Choices | ComponentSpec):
        return type(value).__name__
    if isinstance(value, str) or (isinstance(value, Mapping) and "type" in value):
        return "ComponentSpec"
    return "Choices" if isinstance(value, Mapping) and "choices" in value else "Range"


SpaceEntry = Annotated[
    Annotated[Range, Tag("Range")]
    | Annotated[Choices, Tag("Choices")]
    | Annotated[Component, Tag("ComponentSpec")],
    Discriminator(_kind_of_entry),
]


class Term(Block):
    """A summand of an objective: something measured, something spent, or a number of the recipe.

    Attributes:
        metric: a column of `metrics.jsonl`, at its best epoch; of folds, their mean.
        cost: `minutes` of training, of folds their mean, or the number of trainable `parameters`.
        parameter: dotted place of a number in the recipe.
        weight: what it is multiplied with.
    """

    metric: str | None = None
    cost: Literal["minutes", "parameters"] | None = None
    parameter: str | None = None
    weight: float = 1.0

    @property
    def name(self) -> str:
        """What it is logged as."""
        return self.metric or self.cost or self.parameter or ""

    @model_validator(mode="after")
    def _is_one_thing(self) -> "Term":
        given = [key for key in ("metric", "cost", "parameter") if getattr(self, key) is not None]
        if len(given) != 1:
            message = "expected one of metric, cost and parameter"
            raise _refusal(f"{message}, found {' and '.join(given) or 'none'}")
        return self


class Constraint(Term):
    """A bound that good trials keep; those that do not are never the best.

    Attributes:
        at_most: the largest value that is allowed.
        at_least: the smallest.
    """

    at_most: float | None = None
    at_least: float | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> "Constraint":
        if self.at_most is None and self.at_least is None:
            raise _refusal("expected at_most or at_least, found neither")
        return self


class Objective(Block):
    """What is sought, as a sum of terms.

    Attributes:
        minimize: terms whose sum is to be small.
        maximize: terms whose sum is to be large; one of the two is written.
    """

    minimize: tuple[Term, ...] = ()
    maximize: tuple[Term, ...] = ()

    @property
    def direction(self) -> Literal["minimize", "maximize"]:
        """Which of the two."""
        return "minimize" if self.minimize else "maximize"

    @property
    def terms(self) -> tuple[Term, ...]:
        """Its summands."""
        return self.minimize or self.maximize

    @model_validator(mode="after")
    def _has_one_direction(self) -> "Objective":
        if bool(self.minimize) == bool(self.maximize):
            found = "both" if self.minimize else "neither"
            raise _refusal(f"expected terms to minimize or to maximize, found {found}")
        names = [term.name for term in self.terms]
        doubles = [name for index, name in enumerate(names) if name in names[:index]]
        if doubles:
            hint = "write it once, with its weight"
            raise _refusal(f"'{doubles[0]}' is in the sum twice", hint)
        return self


def _not_empty(space: dict[str, Any]) -> dict[str, Any]:
    if not space:
        raise _refusal("expected something to draw, found nothing")
    return space


class Search(Block):
    """A search for the best values of a recipe.

    Attributes:
        num_trials: number of trials in all, however often the search was begun; draws that cannot
            be trained do not count.
        sampler: how values are drawn.
        pruner: which trials are ended early; None lets all of them end.
        space: what is drawn: dotted place in the recipe → its values, or a component that draws.
        objective: what is sought; None minimizes `validation/loss`, or seeks several `objectives`.
        objectives: several aims, by names of their own, between which there is no exchange rate.
        constraints: bounds that good trials keep.
        storage: URL of the database that holds the study; None keeps a file in the run directory.
        max_retries: how often a trial that was killed is taken up again.
        max_infeasible_draws: number of draws in a row that cannot be trained after which the
            search gives up.
    """

    num_trials: Count
    sampler: Component = ComponentSpec(type="tpe")
    pruner: Component | None = None
    space: Annotated[dict[str, SpaceEntry], AfterValidator(_not_empty)]
    objective: Objective | None = None
    objectives: dict[str, Objective] = {}  # noqa: RUF012
    constraints: tuple[Constraint, ...] = ()
    storage: Annotated[str, Field(min_length=1)] | None = None
    max_retries: Annotated[int, Field(ge=0)] = 3
    max_infeasible_draws: Count = 50

    @property
    def sought(self) -> dict[str, Objective]:
        """All objectives by name, at least one."""
        if self.objectives:
            return dict(self.objectives)
        only = self.objective or Objective(minimize=(Term(metric="validation/loss"),))
        return {SINGLE_OBJECTIVE: only}


def _refusal(message: str, hint: str = "") -> PydanticCustomError:
    return PydanticCustomError(OUT_OF_RANGE, "{message}", {"message": message, "hint": hint})
