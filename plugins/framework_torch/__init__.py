"""Optimizers and metrics of the PyTorch family."""
