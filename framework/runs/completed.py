"""A run that is over, as figures see it."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, nan
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from framework.contracts import Batch, DataBundle, DataInfo, ImageSet, Task
from framework.errors import Fault, FrameworkError, StorageError
from framework.finished_runs import Figure, LayerRow
from framework.recipe.building import build_task
from framework.recipe.plans import Plan, PlannedComponent
from framework.runs.assembly import build_on, evaluation_loader
from framework.runs.directory import RunDirectory
from framework.runs.epoch_rows import read_rows
from framework.runs.weights import load_weights, read_weights
from framework.storage import make_folder, write_durably, write_json


@dataclass(frozen=True)
class CompletedRun:
    """What figures may read; see `FinishedRun`."""

    plan: Plan
    store: RunDirectory
    bundle: DataBundle
    kept_epoch: int
    num_epochs: int
    device: torch.device

    @property
    def data(self) -> DataInfo:
        """What is known of the data set."""
        return self.plan.data

    @property
    def train_set(self) -> ImageSet:
        """The training images, validation images included."""
        return self.bundle.train

    @property
    def test_set(self) -> ImageSet:
        """The test images; of a fold, those that validated it."""
        return self.bundle.test

    @property
    def layers(self) -> Sequence[LayerRow]:
        """The layers of all networks, in the order in which images meet them."""
        return self.plan.layers

    @cached_property
    def history(self) -> Sequence[Mapping[str, Any]]:
        """One row per epoch; what was not finite is NaN."""
        rows = read_rows(self.store.path)
        return [{k: nan if v is None else float(v) for k, v in row.items()} for row in rows]

    def batch(self, indices: Sequence[int], split: Literal["train", "test"] = "test") -> Batch:
        """The images at these places of a split."""
        places = torch.tensor(indices, dtype=torch.int64)
        images = self.test_set if split == "test" else self.train_set
        loader = evaluation_loader(self.plan, images, places, self.device)
        batches = list(loader.epoch())
        labels = [b.labels for b in batches if b.labels is not None]
        return Batch(
            torch.cat([b.images for b in batches]),
            torch.cat(labels) if labels else None,
            torch.cat([b.indices for b in batches]),
        )

    def task(self, epoch: int | None = None) -> Task | None:
        """The task with the weights kept or those of an epoch, without gradients."""
        networks = self.networks(epoch)
        if networks is None:
            return None
        return build_task(self.plan.components, self.plan.data, networks, self.device)

    def networks(self, epoch: int | None = None) -> Mapping[str, nn.Module] | None:
        """The networks with the weights kept or those of an epoch, without gradients."""
        kept = self.store.path / "best.safetensors"
        path = kept if epoch is None else self.store.snapshot_path(epoch)
        if not path.is_file():
            return None
        networks = build_on(self.plan, self.device)
        load_weights(networks, read_weights(path, networks), source=path)
        for network in networks.values():
            network.eval().requires_grad_(requires_grad=False)
        return networks


def draw_figures(run: CompletedRun, folder: Path | None = None) -> list[Fault]:
    """Draw every figure of the recipe; one that fails spoils none of the others.

    Args:
        run: what to draw.
        folder: where pictures and their values go; by default beside the run's other files.

    Raises:
        StorageError: the disk does not take a picture; the run is not over then.
    """
    faults: list[Fault] = []
    folder = make_folder(folder or run.store.path / "figures")
    for name, planned in run.plan.components.figures.items():
        try:
            _draw(run, planned, folder / name)
        except StorageError:
            raise
        except FrameworkError as error:
            faults += error.faults
        except (Exception, SystemExit) as error:  # a figure is a plugin's, and may raise anything
            message = f"{planned.component.label} failed: {type(error).__name__}: {error}"
            hint = "the run is finished all the same; its weights and metrics are kept"
            faults.append(Fault("P013", message, key=planned.role, hint=hint))
    return faults


def _draw(run: CompletedRun, planned: PlannedComponent, path: Path) -> None:
    figure: Figure = planned.build(data=run.data)
    picture = figure.draw(run)
    buffer = io.BytesIO()
    picture.savefig(buffer, format="png")
    values = {k: float(v) if isfinite(v) else None for k, v in figure.values(run).items()}
    write_durably(path.with_suffix(".png"), buffer.getvalue())
    if values:
        write_json(path.with_suffix(".json"), values)
