"""What the framework does at the events of a fit, one handler per file."""
