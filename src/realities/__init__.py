"""Realities: rival accounts of one system, run side by side and weighed by dated observations."""
