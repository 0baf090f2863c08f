"""What this plugin provides: optimizers of PyTorch, metrics of torchmetrics."""

from collections.abc import Mapping

from framework import hookimpl


@hookimpl
def provide_optimizers() -> Mapping[str, str]:
    """Optimizers by name."""
    return {
        "adam": "framework_torch.optimizers:adam",
        "adamw": "framework_torch.optimizers:adamw",
        "sgd": "framework_torch.optimizers:sgd",
    }


@hookimpl
def provide_metrics() -> Mapping[str, str]:
    """Measures of how well images are reconstructed, by name."""
    return {
        "mae": "framework_torch.metrics:mae",
        "mse": "framework_torch.metrics:mse",
        "psnr": "framework_torch.metrics:psnr",
        "ssim": "framework_torch.metrics:ssim",
    }
