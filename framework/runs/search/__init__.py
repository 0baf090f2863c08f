"""Search: a recipe carried out again and again, each time with other values."""
