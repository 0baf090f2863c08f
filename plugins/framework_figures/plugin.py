"""What this plugin provides."""

from framework import hookimpl


@hookimpl
def provide_figures() -> dict[str, str]:
    """Figures of finished runs."""
    return {
        "denoising": "framework_figures.denoising:Denoising",
        "loss_curves": "framework_figures.loss_curves:LossCurves",
        "reconstructions": "framework_figures.reconstructions:Reconstructions",
    }
