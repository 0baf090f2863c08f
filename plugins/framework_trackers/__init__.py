"""Trackers that come with the framework."""
