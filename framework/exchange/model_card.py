"""The card that goes with a model: what it is, what it can do, how good it is, how to load it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

from framework.recipe.writing import yaml_text
from framework.runs.loaded_runs import LoadedRun


@dataclass(frozen=True)
class Exported:
    """A program that was made of an operation.

    Attributes:
        file: its file's name.
        operation: the operation.
        format: `torch` or `onnx`.
        difference: the largest absolute difference of its answers to the original's.
    """

    file: str
    operation: str
    format: str
    difference: float


def card_text(
    run: LoadedRun, meta: Mapping[str, Any], programs: Sequence[Exported], *, has_weights: bool
) -> str:
    """The card as Markdown, with the front matter that model hubs read.

    Args:
        run: the run.
        meta: the contents of its `meta.json`.
        programs: programs beside the card.
        has_weights: whether the weights lie beside the card.
    """
    sections = [
        _head(run, meta),
        _table("Metrics on the test images", ["metric", "value"], _metrics(run)),
        _table("What it can do", ["operation", "takes", "answers"], _operations(run)),
        _weights(run, meta) if has_weights else "",
        _programs(programs),
        f"## Recipe\n\n```yaml\n{yaml_text(run.plan.resolved)}```\n",
    ]
    return "\n".join(section for section in sections if section)


def _head(run: LoadedRun, meta: Mapping[str, Any]) -> str:
    components, data, record = run.plan.components, run.data, run.record
    low, high = data.value_range
    best = record.best
    status = record.status.replace("_", " ").capitalize()
    kept = "" if best is None else f", of which epoch {best.epoch} was kept"
    if best is not None and best.value is not None:
        kept += f" for its {best.metric} of {best.value:.5g}"
    text = f"""
{", ".join(components.networks)}, trained by the task `{components.task.name}` on the data set
`{components.dataset.name}`: {data.num_train:,} images of {_times(data.image_shape)} (channels,
height, width) with values from {low:g} to {high:g}. {status} after {record.epoch} of
{record.num_epochs} epochs{kept}. {meta["num_parameters"]:,} parameters, seed {record.seed}; run
`{meta["identity"][:12]}`, begun {record.started}, with ignite-framework
{meta["versions"]["ignite-framework"]} and torch {meta["versions"]["torch"]}."""
    tags = f"[{components.task.name}, {components.dataset.name}, pytorch]"
    front = f"---\nlibrary_name: ignite-framework\ntags: {tags}\n---\n"
    return f"{front}\n# {record.name}\n\n{_wrapped(text)}\n"


def _metrics(run: LoadedRun) -> list[list[str]]:
    return [[name, f"{value:.6g}"] for name, value in run.record.test.items()]


def _operations(run: LoadedRun) -> list[list[str]]:
    return [[f"`{name}`", _taken(run, name), run.answers(name)] for name in run.operations]


def _taken(run: LoadedRun, name: str) -> str:
    takes = run.operations[name].takes
    if takes == "two_images":
        return "two images"
    return f"{takes} of {_times(run.example(name).shape)}"


def _weights(run: LoadedRun, meta: Mapping[str, Any]) -> str:
    best = run.record.best
    digest = "" if best is None else f" (SHA-256 `{best.sha256}`)"
    files = sorted({Path(file).name for file in meta["plugin_files"]})
    needed = "".join(
        f'\nIt needs the plugin `{file}`: `load_run(…, plugins=["{file}"])`.\n' for file in files
    )
    text = (
        f"`best.safetensors`{digest} holds {', '.join(f'`{name}.…`' for name in run.networks)}. "
        "This folder is a run directory without its history, so with the framework"
    )
    return f"""## Weights

{_wrapped(text)}

```python
import framework

run = framework.load_run(".")  # this folder
print(list(run.operations))
```

and without it

```python
from safetensors.torch import load_file

weights = load_file("best.safetensors")
```
{needed}"""


def _programs(programs: Sequence[Exported]) -> str:
    if not programs:
        return ""
    rows = [[f"`{p.file}`", f"`{p.operation}`", f"{p.difference:.2g}"] for p in programs]
    headers = ["file", "operation", "largest difference to the original"]
    return _table("Programs", headers, rows) + (
        "\nThey take batches of any size and were compared with the original in batches of 1 and "
        "5.\n`.pt2` files are read by `torch.export.load`, `.onnx` files by onnxruntime.\n"
    )


def _table(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [headers, ["---"] * len(headers), *rows]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"## {title}\n\n{text}\n"


def _wrapped(text: str) -> str:
    return fill(" ".join(text.split()), 100, break_long_words=False, break_on_hyphens=False)


def _times(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
