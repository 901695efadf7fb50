"""From priors and reports to posteriors, weights, forecasts, judged claims and scores.

Read in this order: `rows.py` and `reporting.py` (how reports come about), `likelihood.py` (one account's
log-likelihood), `tempering.py`, `importance.py` and `evidence.py` (sampling it), `posterior.py` and
`weighing.py` (all accounts at every date), `forward.py`, `status.py` and `scores.py` (what follows), and
`study.py`, which runs them all.
"""
