"""What this plugin provides: image data sets, and what spoils images."""

from collections.abc import Mapping

from framework import hookimpl


@hookimpl
def provide_datasets() -> Mapping[str, str]:
    """Data sets by name; `digits` needs no download."""
    return {
        "cifar10": "framework_vision.cifar10:cifar10",
        "digits": "framework_vision.digits:digits",
        "fashion_mnist": "framework_vision.mnist_like:fashion_mnist",
        "image_folder": "framework_vision.image_folder:ImageFolder",
        "kmnist": "framework_vision.mnist_like:kmnist",
        "mnist": "framework_vision.mnist_like:mnist",
    }


@hookimpl
def provide_corruptions() -> Mapping[str, str]:
    """What spoils images, by name; drawn anew for every image and batch."""
    return {
        "blur": "framework_vision.blurring:Blur",
        "gaussian_noise": "framework_vision.corruptions:GaussianNoise",
        "occlusion": "framework_vision.corruptions:Occlusion",
        "salt_and_pepper": "framework_vision.corruptions:SaltAndPepper",
    }
