"""A run: its directory, its fit, and how a recipe is carried out."""
