"""Convolutional autoencoders: networks, losses and the reconstruction task."""
