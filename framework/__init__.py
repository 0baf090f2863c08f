"""Representation learning on images: recipes, engines, plugins, runs that survive.

This is the door for plugin authors and scripts. Names load when they are first used, so that
importing the package imports neither torch nor any plugin.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from framework.adversarial_objectives import AdversarialObjective
    from framework.application import check, run
    from framework.chains import choose_chain, pass_through
    from framework.contracts import (
        SINGLE_OPTIMIZER,
        Batch,
        DataBundle,
        DataInfo,
        Dataset,
        Handler,
        ImageSet,
        Loss,
        Metric,
        Run,
        Task,
    )
    from framework.data.fingerprint import fingerprint_of
    from framework.errors import (
        DataError,
        Fault,
        FrameworkError,
        Infeasible,
        PluginError,
        RecipeError,
        StorageError,
        TrainingError,
    )
    from framework.events import FitEvents
    from framework.exchange.exporting import export_run
    from framework.exchange.image_files import IMAGE_SUFFIXES, read_image
    from framework.finished_runs import Figure, FinishedRun, LayerRow
    from framework.hookspecs import hookimpl
    from framework.jobs import Executor, Job, Outcome
    from framework.layers import ConvTranspose2d
    from framework.lazy_images import LazyImages
    from framework.learning_rates import Horizon, Scheduler
    from framework.operations import Operation
    from framework.parameters import Nested
    from framework.reports.reporting import report_runs
    from framework.runs.loading import load_run
    from framework.search_spaces import Choose, Dimension, SearchSpace
    from framework.trackers import TrackedArtifact, TrackedRun, Tracker

_HOMES = {
    "adversarial_objectives": ("AdversarialObjective",),
    "application": ("check", "run"),
    "chains": ("choose_chain", "pass_through"),
    "contracts": (
        "SINGLE_OPTIMIZER",
        "Batch",
        "DataBundle",
        "DataInfo",
        "Dataset",
        "Handler",
        "ImageSet",
        "Loss",
        "Metric",
        "Run",
        "Task",
    ),
    "data.fingerprint": ("fingerprint_of",),
    "errors": (
        "DataError",
        "Fault",
        "FrameworkError",
        "Infeasible",
        "PluginError",
        "RecipeError",
        "StorageError",
        "TrainingError",
    ),
    "events": ("FitEvents",),
    "exchange.exporting": ("export_run",),
    "exchange.image_files": ("IMAGE_SUFFIXES", "read_image"),
    "finished_runs": ("Figure", "FinishedRun", "LayerRow"),
    "hookspecs": ("hookimpl",),
    "jobs": ("Executor", "Job", "Outcome"),
    "layers": ("ConvTranspose2d",),
    "lazy_images": ("LazyImages",),
    "learning_rates": ("Horizon", "Scheduler"),
    "operations": ("Operation",),
    "parameters": ("Nested",),
    "reports.reporting": ("report_runs",),
    "runs.loading": ("load_run",),
    "search_spaces": ("Choose", "Dimension", "SearchSpace"),
    "trackers": ("TrackedArtifact", "TrackedRun", "Tracker"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "IMAGE_SUFFIXES",
    "SINGLE_OPTIMIZER",
    "AdversarialObjective",
    "Batch",
    "Choose",
    "ConvTranspose2d",
    "DataBundle",
    "DataError",
    "DataInfo",
    "Dataset",
    "Dimension",
    "Executor",
    "Fault",
    "Figure",
    "FinishedRun",
    "FitEvents",
    "FrameworkError",
    "Handler",
    "Horizon",
    "ImageSet",
    "Infeasible",
    "Job",
    "LayerRow",
    "LazyImages",
    "Loss",
    "Metric",
    "Nested",
    "Operation",
    "Outcome",
    "PluginError",
    "RecipeError",
    "Run",
    "Scheduler",
    "SearchSpace",
    "StorageError",
    "Task",
    "TrackedArtifact",
    "TrackedRun",
    "Tracker",
    "TrainingError",
    "check",
    "choose_chain",
    "export_run",
    "fingerprint_of",
    "hookimpl",
    "load_run",
    "pass_through",
    "read_image",
    "report_runs",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'framework' has no attribute '{name}'")
    return getattr(import_module(f"framework.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
