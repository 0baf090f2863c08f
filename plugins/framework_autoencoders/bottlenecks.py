"""Networks between an encoder and a decoder that answer distributions of codes."""

from collections import OrderedDict

from jaxtyping import Float
from torch import Tensor, nn

from framework_autoencoders.encoders import AtLeastOne
from framework_autoencoders.initialization import InitializationName, draw_weights
from framework_autoencoders.mirroring import mirrorable
from framework_autoencoders.stacks import make_activation


class GaussianBottleneck(nn.Module):
    """Turns what an encoder answers into a normal distribution over latent codes.

    The encoder's code becomes one more hidden layer: its activation follows, then one linear layer
    for means and logarithms of variances. Encoder and bottleneck together can be mirrored, which is
    what a recipe asks for with `decoder: {type: mirrored_decoder, encoder: bottleneck}`.

    Source: D. P. Kingma, M. Welling, Auto-Encoding Variational Bayes, 2013, appendix C.2.

    Args:
        encoder: the built network before it; must be one that can be mirrored.
        latent_dim: number of values in the latent code.
        initialization: how weights are drawn: `he` suits rectifiers, `torch` is PyTorch's own.

    Raises:
        ValueError: the encoder does not state what a mirror needs.
    """

    def __init__(
        self,
        encoder: nn.Module,
        *,
        latent_dim: AtLeastOne = 16,
        initialization: InitializationName = "he",
    ) -> None:
        super().__init__()
        before = mirrorable(encoder)
        self.image_shape = before.image_shape
        self.channels = before.channels
        self.kernel_sizes = before.kernel_sizes
        self.strides = before.strides
        self.paddings = before.paddings
        self.hidden_dims = (*before.hidden_dims, before.latent_dim)
        self.latent_dim = latent_dim
        self.activation = before.activation
        self.layers = nn.Sequential(
            OrderedDict(
                activation=make_activation(before.activation),
                moments=nn.Linear(before.latent_dim, 2 * latent_dim),
            )
        )
        draw_weights(self.layers, before.activation, initialization)

    def forward(self, features: Float[Tensor, "batch features"]) -> Float[Tensor, "batch latent"]:
        """The means: codes without noise, for whatever is chained behind."""
        return self.moments(features)[0]

    def moments(
        self, features: Float[Tensor, "batch features"]
    ) -> tuple[Float[Tensor, "batch latent"], Float[Tensor, "batch latent"]]:
        """Means and logarithms of variances of the codes, each value independent of the others."""
        mean, log_variance = self.layers(features).chunk(2, dim=1)
        return mean, log_variance
