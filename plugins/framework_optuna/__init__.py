"""Optuna's samplers and pruners, for recipes that search."""
