"""Plain values as YAML that our own loader reads back unchanged."""

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML

_WIDTH = 100


def yaml_text(values: Mapping[str, Any]) -> str:
    """Write plain values as YAML, innermost mappings and lists on one line each."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = _WIDTH
    yaml.allow_unicode = True
    buffer = io.StringIO()
    yaml.dump(dict(values), buffer)
    return buffer.getvalue()
