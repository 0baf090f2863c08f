"""What this plugin provides."""

from framework import hookimpl


@hookimpl
def provide_trackers() -> dict[str, str]:
    """Trackers; the libraries that they stand on are imported when a run uses them."""
    return {
        "tensorboard": "framework_trackers.tensorboard:TensorBoard",
        "wandb": "framework_trackers.wandb:WandB",
    }
