"""Results in forms that other tools read.

`groups.py` gathers an account's draws under ArviZ's names, `dataset.py` hands them to xarray and ArviZ,
`hubverse.py` writes forecasts as modelling hubs exchange them, `claim_review.py` claims as schema.org has
them.
"""
