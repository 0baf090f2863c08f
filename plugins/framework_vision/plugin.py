"""What this plugin provides: image data sets."""

from collections.abc import Mapping

from framework import hookimpl


@hookimpl
def provide_datasets() -> Mapping[str, str]:
    """Data sets by name; `digits` needs no download."""
    return {
        "digits": "framework_vision.digits:Digits",
        "fashion_mnist": "framework_vision.mnist_like:fashion_mnist",
        "mnist": "framework_vision.mnist_like:mnist",
    }
