"""What this plugin provides: optimizers and schedulers of PyTorch, metrics of torchmetrics."""

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
def provide_schedulers() -> Mapping[str, str]:
    """Learning-rate schedulers by name."""
    return {
        "cosine": "framework_torch.schedulers:cosine",
        "exponential": "framework_torch.schedulers:exponential",
        "one_cycle": "framework_torch.schedulers:one_cycle",
        "reduce_on_plateau": "framework_torch.schedulers:reduce_on_plateau",
        "step": "framework_torch.schedulers:step",
    }


@hookimpl
def provide_metrics() -> Mapping[str, str]:
    """Measures of reconstructions and of classifications, by name."""
    return {
        "accuracy": "framework_torch.class_metrics:accuracy",
        "f1": "framework_torch.class_metrics:f1",
        "mae": "framework_torch.metrics:mae",
        "mse": "framework_torch.metrics:mse",
        "psnr": "framework_torch.metrics:psnr",
        "ssim": "framework_torch.metrics:ssim",
    }
