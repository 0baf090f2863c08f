"""What this plugin provides: all that adversarial generation needs."""

from collections.abc import Mapping

from framework import hookimpl


@hookimpl
def provide_networks() -> Mapping[str, str]:
    """Generators and discriminators."""
    return {
        "dcgan_discriminator": "framework_gan.discriminators:DcganDiscriminator",
        "dcgan_generator": "framework_gan.generators:DcganGenerator",
        "mlp_discriminator": "framework_gan.discriminators:MlpDiscriminator",
        "mlp_generator": "framework_gan.generators:MlpGenerator",
    }


@hookimpl
def provide_adversarial_objectives() -> Mapping[str, str]:
    """Objectives, from a discriminator's logits."""
    return {
        "hinge": "framework_gan.objectives:Hinge",
        "least_squares": "framework_gan.objectives:LeastSquares",
        "non_saturating": "framework_gan.objectives:NonSaturating",
        "wasserstein_gradient_penalty": "framework_gan.objectives:WassersteinGradientPenalty",
    }


@hookimpl
def provide_tasks() -> Mapping[str, str]:
    """Two networks that play against each other, and what an autoencoder makes of their images."""
    return {
        "adversarial": "framework_gan.adversarial:Adversarial",
        "filtered_generation": "framework_gan.filtering:FilteredGeneration",
    }


@hookimpl
def provide_handlers() -> Mapping[str, str]:
    """A watch over generators."""
    return {"stop_on_collapse": "framework_gan.collapse:StopOnCollapse"}
