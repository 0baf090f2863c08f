"""The hooks that a plugin may implement, one per kind of component.

Each takes no argument and returns `{name: factory}`. A factory is a class or function, or a string
`"module:attribute"`, imported when a recipe first needs it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pluggy

PROJECT_NAME = "framework"
API_VERSION = 1
"""The version of the contract with plugins; a plugin may state the one it was built for."""

Factory = Callable[..., Any] | str

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)

KINDS: Mapping[str, str] = {
    "dataset": "provide_datasets",
    "network": "provide_networks",
    "loss": "provide_losses",
    "task": "provide_tasks",
    "optimizer": "provide_optimizers",
    "scheduler": "provide_schedulers",
    "metric": "provide_metrics",
    "corruption": "provide_corruptions",
    "adversarial_objective": "provide_adversarial_objectives",
    "handler": "provide_handlers",
    "figure": "provide_figures",
    "tracker": "provide_trackers",
    "executor": "provide_executors",
    "sampler": "provide_samplers",
    "pruner": "provide_pruners",
    "search_space": "provide_search_spaces",
}
"""Kind of component → the hook that provides it."""


@hookspec
def provide_datasets() -> Mapping[str, Factory]:
    """Data sets: a factory without positional parameters returns a `Dataset`."""
    return {}


@hookspec
def provide_networks() -> Mapping[str, Factory]:
    """Networks: `nn.Module`s built from `data` or from other networks by name."""
    return {}


@hookspec
def provide_losses() -> Mapping[str, Factory]:
    """Losses: modules that compare (prediction, target) and return a scalar."""
    return {}


@hookspec
def provide_tasks() -> Mapping[str, Factory]:
    """Tasks: what a batch means; built from `data`, `networks` and `loss`."""
    return {}


@hookspec
def provide_optimizers() -> Mapping[str, Factory]:
    """Optimizers: built from `parameters`."""
    return {}


@hookspec
def provide_schedulers() -> Mapping[str, Factory]:
    """Learning-rate schedulers: built from `optimizer` and, if they ask for it, `horizon`."""
    return {}


@hookspec
def provide_metrics() -> Mapping[str, Factory]:
    """Metrics: objects with `reset`, `update(prediction, target)` and `compute`; from `data`."""
    return {}


@hookspec
def provide_corruptions() -> Mapping[str, Factory]:
    """Corruptions: callables that spoil a batch of images; from `data`."""
    return {}


@hookspec
def provide_adversarial_objectives() -> Mapping[str, Factory]:
    """Adversarial objectives: the losses of a discriminator and a generator; from `data`."""
    return {}


@hookspec
def provide_handlers() -> Mapping[str, Factory]:
    """Handlers: objects that attach themselves to the events of a fit."""
    return {}


@hookspec
def provide_figures() -> Mapping[str, Factory]:
    """Figures: objects that draw a picture of a finished run."""
    return {}


@hookspec
def provide_trackers() -> Mapping[str, Factory]:
    """Trackers: objects that show runs elsewhere, while they train and afterwards."""
    return {}


@hookspec
def provide_executors() -> Mapping[str, Factory]:
    """Executors: objects that carry jobs out in other processes, here or elsewhere."""
    return {}


@hookspec
def provide_samplers() -> Mapping[str, Factory]:
    """Samplers: Optuna's, which draw the values of a search; from seeds and `dimensions`."""
    return {}


@hookspec
def provide_pruners() -> Mapping[str, Factory]:
    """Pruners: Optuna's, which end trials of a search early."""
    return {}


@hookspec
def provide_search_spaces() -> Mapping[str, Factory]:
    """Search spaces: objects that draw values which depend on each other; from `data`."""
    return {}
