"""Is what the weighing says of itself true? Data sets are imagined from the priors and weighed again.

In comes a case whose dates and reporters are kept and whose figures are thrown away; out comes a table:
for every number that is inferred, how its true value ranks among posterior draws, and for the accounts,
whether what was given 30 in 100 came about 30 times in 100. Read `imagined.py` (data sets from the priors),
`ranks.py` (one data set weighed), `bands.py` and `reliability.py` (what chance alone allows), `table.py`
and `__main__.py` (the job: python -m calibration --help).

References
----------
Talts, S. et al. (2018). Validating Bayesian inference algorithms with simulation-based calibration.
arXiv:1804.06788.
Modrak, M. et al. (2023). Simulation-based calibration checking for Bayesian computation: the choice of test
quantities shapes sensitivity. Bayesian Analysis.
Sailynoja, T., Burkner, P.-C. and Vehtari, A. (2022). Graphical test for discrete uniformity and its
applications in goodness-of-fit evaluation and multiple sample comparison. Statistics and Computing 32, 32.
Schad, D. J. et al. (2022). Workflow techniques for the robust use of Bayes factors. Psychological Methods.
"""
