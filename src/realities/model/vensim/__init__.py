"""Vensim text: read into the syntax tree, and what its names mean."""
