"""Known bugs, put back into a process that is about to train: each must be noticed.

Every function patches the running process and nothing else; a campaign calls it in a fork.
"""

import os
from collections.abc import Callable
from pathlib import Path

from torch.optim import Optimizer

from framework import storage
from framework.data.loaders import ImageLoader
from framework.engines import trainer
from framework.handlers import metrics_log
from framework.handlers.averaging import Averaging
from framework.handlers.early_stopping import EarlyStopping
from framework.handlers.schedules import Schedules
from framework.handlers.weight_pruning import WeightPruning
from framework.runs import directory
from framework.runs.directory import RunDirectory


def delete_old_before_writing_new() -> None:
    save = RunDirectory.save

    def delete_and_save(self, *given, **named):
        for path in (self.path / "checkpoints").iterdir():
            path.unlink()
        save(self, *given, **named)

    RunDirectory.save = delete_and_save


def write_straight_to_the_final_name() -> None:
    def write(path: Path, data: bytes) -> str:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        size = len(data) // 8 + 1
        for start in range(0, len(data), size):
            os.fsync(descriptor)  # a disk may take its time at any byte
            os.write(descriptor, data[start : start + size])
        os.close(descriptor)
        return storage.sha256_of(data)

    storage.write_durably = directory.write_durably = write


def nothing_synced() -> None:
    class WithoutSync:
        def __getattr__(self, name):
            return (lambda _: None) if name == "fsync" else getattr(os, name)

    storage.os = WithoutSync()


def state_before_checkpoint() -> None:
    write, held = directory.write_durably, []

    def write_last(path: Path, data: bytes) -> str:
        if path.suffix == ".pt":
            held.append((path, data))
            return storage.sha256_of(data)
        return write(path, data)

    update = RunDirectory.update

    def update_and_write(self, **changes):
        update(self, **changes)
        while held:
            write(*held.pop())

    directory.write_durably, RunDirectory.update = write_last, update_and_write


def steps_not_seeded() -> None:
    trainer.seed_generators = lambda *_: None


def place_in_the_epoch_ignored() -> None:
    epoch = ImageLoader.epoch
    ImageLoader.epoch = lambda self, number=0, **_: epoch(self, number)


def optimizer_not_restored() -> None:
    Optimizer.load_state_dict = lambda *_: None


def early_stopping_not_restored() -> None:
    EarlyStopping.load_state_dict = lambda *_: None


def masks_not_restored() -> None:
    load = WeightPruning.load_state_dict
    WeightPruning.load_state_dict = lambda self, state: load(self, {**state, "masks": {}})


def averaged_weights_not_restored() -> None:
    Averaging.load_state_dict = lambda *_: None


def schedule_not_restored() -> None:
    Schedules.load_state_dict = lambda *_: None


def folds_mixed_up() -> None:
    load = RunDirectory.load

    def load_from_neighbour(self, warn):
        found = load(self, warn)
        name, _, number = self.path.name.rpartition("-")
        neighbour = self.path.with_name(f"{name}-{(int(number) + 1) % 3}")
        return (found and load(RunDirectory(neighbour), warn)) or found

    RunDirectory.load = load_from_neighbour


def metrics_log_not_cut_back() -> None:
    def append(path: Path, line: str, *, at_bytes: int) -> int:  # noqa: ARG001
        with path.open("a") as file:
            file.write(f"{line}\n")
        return path.stat().st_size

    directory.cut_back = lambda *_, **__: None
    metrics_log.append_line = append


SABOTAGE: dict[str, Callable[[], None]] = {
    function.__name__: function
    for function in (
        delete_old_before_writing_new,
        write_straight_to_the_final_name,
        nothing_synced,
        state_before_checkpoint,
        steps_not_seeded,
        place_in_the_epoch_ignored,
        optimizer_not_restored,
        early_stopping_not_restored,
        masks_not_restored,
        averaged_weights_not_restored,
        schedule_not_restored,
        folds_mixed_up,
        metrics_log_not_cut_back,
    )
}

RECIPES = {
    "masks_not_restored": "tiny_methods.yaml",
    "averaged_weights_not_restored": "tiny_methods.yaml",
    "schedule_not_restored": "tiny_methods.yaml",
    "folds_mixed_up": "tiny_folds.yaml",
}
"""What to put a bug into, where that is not the plain recipe."""
