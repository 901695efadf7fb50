"""What the results of a case hang on, and what would settle it.

`assumptions.py` says which assumptions move which claim, `moves.py` which reports moved the weights, and
`separating.py` which report still to come would tell most about which account holds. `analysis.py` does all
three for a date.
"""
