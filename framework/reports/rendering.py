"""From templates to pages: everything that a page shows is escaped, nothing is fetched."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from framework.reports.charts import color_class


def render(template: str, **values: Any) -> str:
    """Fill a template in.

    Args:
        template: its name.
        values: what it shows; a name that it uses and is not given is an error.
    """
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"color": color_class, "title": _title}
    return environment


def _title(name: str) -> str:
    """A name of a recipe as the title of a section: `latent_map` is `Latent map`."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]
