"""From a log-likelihood over N(0, I) to posterior draws and a log evidence with an honest error.

Nothing here knows of cases. Read `moves.py` and `tempering.py` (a cloud of points), `levels.py` (another
way to one), `importance.py` (a mixture fitted to it, and the diagnostic k-hat), `runs.py` (one run of the
sampler) and `evidence.py` (several runs pooled). `settings.py` says how much work is done.
"""
