"""The core: what a model is."""
