"""What this plugin provides: all that a convolutional autoencoder needs."""

from collections.abc import Mapping

from framework import hookimpl


@hookimpl
def provide_networks() -> Mapping[str, str]:
    """An encoder, its mirror, and what may stand between them."""
    return {
        "conv_encoder": "framework_autoencoders.encoders:ConvEncoder",
        "gaussian_bottleneck": "framework_autoencoders.bottlenecks:GaussianBottleneck",
        "mirrored_decoder": "framework_autoencoders.decoders:MirroredDecoder",
        "vector_quantiser": "framework_autoencoders.quantisers:VectorQuantiser",
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
def provide_search_spaces() -> Mapping[str, str]:
    """Encoders whose layers depend on each other."""
    return {
        "symmetric_conv_space": "framework_autoencoders.search_spaces:SymmetricConvSpace",
    }


@hookimpl
def provide_tasks() -> Mapping[str, str]:
    """Tasks whose target is the image itself."""
    return {
        "denoising": "framework_autoencoders.denoising:Denoising",
        "reconstruction": "framework_autoencoders.tasks:Reconstruction",
        "variational": "framework_autoencoders.variational:Variational",
        "vector_quantised": "framework_autoencoders.vector_quantised:VectorQuantised",
    }
