"""Adversarial generation: generators, discriminators, objectives and the task."""
