"""XMILE 1.0: read into the syntax tree, and what its names mean."""
