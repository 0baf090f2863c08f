"""What was published and what is to be reached, read from published.yaml."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from framework.errors import Position
from framework.recipe.loading import read_yaml

FILE = "published.yaml"


class Block(BaseModel):
    """A part of the file: strict, frozen, and without any key that it does not name."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Target(Block):
    """What a number has to reach, and what would be better still."""

    at_most: float | None = None
    at_least: float | None = None
    stretch: float | None = None

    def is_reached_by(self, value: float, *, bound: float | None = None) -> bool:
        """Whether a number reaches the target, or another bound of the same direction."""
        if self.at_most is not None:
            return value <= (self.at_most if bound is None else bound)
        return self.at_least is not None and value >= (self.at_least if bound is None else bound)


class Item(Block):
    """A row: what was published, and where ours is to be found.

    Attributes:
        item: what it is.
        source: document and section.
        published: what the document says; may be empty.
        yardsticks: what else to compare with; may be empty.
        target: what ours has to reach.
        run: name of the run that answers it.
        value: a number of that run, such as `test/mse`.
        beside: a label and another number of the run to be told with it.
        in_percent: whether the numbers are fractions to be written in percent.
        picture: a figure of the run that answers it instead of a number.
        here: what answers it without a run, such as a link.
    """

    item: str
    source: str
    published: str = ""
    yardsticks: str = ""
    target: Target | None = None
    run: str = ""
    value: str = ""
    beside: Mapping[str, str] = Field(default_factory=dict)
    in_percent: bool = False
    picture: str = ""
    here: str = ""

    @model_validator(mode="after")
    def _has_one_answer(self) -> Self:
        if [bool(self.value), bool(self.picture), bool(self.here)].count(True) != 1:
            raise ValueError(f"'{self.item}' needs one of value, picture and here")
        if bool(self.run) == bool(self.here):
            raise ValueError(f"'{self.item}' needs a run for its value or picture, and only then")
        return self


class PublishedRun(Block):
    """The full command that a run answers with, and its pictures with their captions."""

    recipe: str
    overrides: Sequence[str] = ()
    pictures: Mapping[str, str] = Field(default_factory=dict)


class Section(Block):
    """Rows that belong together, with the comparison that is computed below them."""

    title: str
    text: str = ""
    comparison: Literal["passes", "weight_pruning"] | None = None
    items: Annotated[Sequence[Item], Field(min_length=1)]

    @property
    def runs(self) -> list[str]:
        """The runs of its rows, each once."""
        return list(dict.fromkeys(item.run for item in self.items if item.run))


class Published(Block):
    """The whole file.

    Attributes:
        introduction: the beginning of the page.
        runs: runs by name.
        not_yet_shipped: recipes that are named and not there yet.
        sections: the page's sections in order.
    """

    introduction: str
    runs: Mapping[str, PublishedRun]
    not_yet_shipped: Sequence[str] = ()
    sections: Sequence[Section]

    @model_validator(mode="after")
    def _names_its_runs(self) -> Self:
        named = {name for section in self.sections for name in section.runs}
        if named != set(self.runs):
            odd = ", ".join(sorted(named ^ set(self.runs)))
            raise ValueError(f"runs and rows do not name the same runs: {odd}")
        return self


def read_published(folder: Path) -> Published:
    """Read the file in a folder.

    Raises:
        RecipeError: it is no YAML as recipes are.
        ValidationError: it has not the form of this module.
    """
    path = folder / FILE
    place = partial(Position, str(path))
    return Published.model_validate(read_yaml(path.read_text(encoding="utf-8"), place).plain())
