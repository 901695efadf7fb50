"""From a log-likelihood over N(0, I) to posterior draws and a log evidence with an honest error.

Nothing here knows of cases. Read `moves.py` and `tempering.py` (a cloud of points), `importance.py` (a
mixture fitted to it, and the diagnostic k-hat) and `evidence.py` (several runs pooled).
"""
