"""How the weights of convolutional networks that play against each other are drawn."""

from torch import nn

_STD = 0.02


def draw_small_weights(network: nn.Module) -> None:
    """Draw all weights around 0, those of batch normalisations around 1; biases start at 0.

    Source: A. Radford, L. Metz, S. Chintala, Unsupervised Representation Learning with Deep
    Convolutional Generative Adversarial Networks, 2016, section 4.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d):
            nn.init.normal_(layer.weight, float(isinstance(layer, nn.BatchNorm2d)), _STD)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
