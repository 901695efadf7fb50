"""Numbers from a model: `reference.py` runs it, many draws at once."""
