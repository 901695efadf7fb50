"""Views of a model, drawn as Vensim draws them: `views.py`, `chains.py`, `cells.py`, `arcs.py`, `text.py`."""
