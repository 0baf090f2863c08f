"""What this plugin provides: all that a convolutional autoencoder needs."""

from collections.abc import Mapping

from framework import hookimpl


@hookimpl
def provide_networks() -> Mapping[str, str]:
    """An encoder and its mirror."""
    return {
        "conv_encoder": "framework_autoencoders.encoders:ConvEncoder",
        "mirrored_decoder": "framework_autoencoders.decoders:MirroredDecoder",
    }


@hookimpl
def provide_losses() -> Mapping[str, str]:
    """Reconstruction losses, from logits."""
    return {
        "bce": "framework_autoencoders.losses:BinaryCrossEntropy",
        "iterative_reconstruction": "framework_autoencoders.losses:IterativeReconstruction",
        "mse": "framework_autoencoders.losses:MeanSquaredError",
    }


@hookimpl
def provide_tasks() -> Mapping[str, str]:
    """Tasks whose target is the image itself."""
    return {
        "denoising": "framework_autoencoders.denoising:Denoising",
        "reconstruction": "framework_autoencoders.tasks:Reconstruction",
    }
