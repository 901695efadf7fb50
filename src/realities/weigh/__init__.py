"""From priors and reports to posteriors, weights, forecasts, judged claims and scores.

Read in this order: `reporting/` (how reports come about), `likelihood.py` (one account's log-likelihood),
`sampling/` (posterior and evidence of it), `posterior.py` and `weighing.py` (all accounts at every date),
`forward.py` and `scoring/` (what follows), and `study.py`, which runs them all.
"""
