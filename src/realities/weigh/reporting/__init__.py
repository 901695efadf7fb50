"""How reports come about, given the truth: the statistical model of reporters.

Read `rows.py` (published rows as arrays), `terms.py` (what is uncertain about a reporter), `quantity.py` (the
reports of one quantity) and its kinds `values.py` and `bounds.py`, among which `reports.py` chooses,
`gaussian.py` (errors that are integrated out), `delays.py` (counts that fill up late) and `discrepancy.py`
(model error, drawn).
"""
