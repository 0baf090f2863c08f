"""Splits, batches and fingerprints of image sets."""
