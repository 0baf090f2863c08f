"""What carries jobs out in other processes; it knows nothing of recipes."""
