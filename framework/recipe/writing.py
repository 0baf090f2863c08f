"""Plain values as YAML that our own loader reads back unchanged."""

import io
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import SafeRepresenter

_WIDTH = 100
_SIMPLE = re.compile(r"[A-Za-z_/]\w*([./:-]\w+)*", re.ASCII)
"""Names, references and paths, which need no quotes unless they read as true or null."""


class _Representer(SafeRepresenter):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """A value that stands in two places is written twice: recipes have no anchors."""
        return True

    def represent_str(self, data: str) -> ScalarNode:
        # in double quotes everything is escaped; else line breaks and `?0` are not read back
        style = None if _SIMPLE.fullmatch(data) else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Representer.add_representer(str, _Representer.represent_str)


def yaml_text(values: Mapping[str, Any]) -> str:
    """Write plain values as YAML, innermost mappings and lists on one line each.

    Each key of the top is written for itself and remembered: recipes of the trials of a search have
    most of them in common, and to write one takes milliseconds.
    """
    sections = (_section_text(json.dumps({key: value})) for key, value in values.items())
    return "".join(sections) or "{}\n"


@lru_cache(maxsize=256)
def _section_text(section: str) -> str:
    (key, value), *_ = json.loads(section).items()
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    is_scalar = not isinstance(value, dict | list)
    yaml.default_flow_style = False if is_scalar else None
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = _WIDTH
    yaml.allow_unicode = True
    buffer = io.StringIO()
    yaml.dump({key: value}, buffer)
    return buffer.getvalue()
