"""What this plugin provides: ways to draw trials, and ways to end them early."""

from collections.abc import Mapping

from framework import hookimpl


@hookimpl
def provide_samplers() -> Mapping[str, str]:
    """How values are drawn."""
    return {
        "brute_force": "framework_optuna.samplers:brute_force",
        "cmaes": "framework_optuna.samplers:cmaes",
        "gp": "framework_optuna.samplers:gp",
        "grid": "framework_optuna.samplers:grid",
        "nsgaii": "framework_optuna.samplers:nsgaii",
        "qmc": "framework_optuna.samplers:qmc",
        "random": "framework_optuna.samplers:random",
        "tpe": "framework_optuna.samplers:tpe",
    }


@hookimpl
def provide_pruners() -> Mapping[str, str]:
    """When a trial is not worth going on with."""
    return {
        "hyperband": "framework_optuna.pruners:hyperband",
        "median": "framework_optuna.pruners:median",
        "patient": "framework_optuna.pruners:Patient",
        "percentile": "framework_optuna.pruners:percentile",
        "successive_halving": "framework_optuna.pruners:successive_halving",
        "threshold": "framework_optuna.pruners:threshold",
    }
