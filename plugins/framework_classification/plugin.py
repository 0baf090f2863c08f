"""What this plugin provides: heads, losses and the task of classification."""

from collections.abc import Mapping

from framework import hookimpl


@hookimpl
def provide_networks() -> Mapping[str, str]:
    """What stands on an encoder."""
    return {"mlp_head": "framework_classification.heads:MLPHead"}


@hookimpl
def provide_losses() -> Mapping[str, str]:
    """Losses between logits and classes."""
    return {
        "cross_entropy": "framework_classification.losses:CrossEntropy",
        "nll": "framework_classification.losses:NegativeLogLikelihood",
    }


@hookimpl
def provide_tasks() -> Mapping[str, str]:
    """Classification."""
    return {"classification": "framework_classification.tasks:Classification"}
