"""How reports come about, given the truth: the statistical model of reporters.

Read `rows.py` (published rows as arrays), `reports.py` (the reports of one quantity), `gaussian.py` (errors
that are integrated out), `delays.py` (counts that fill up late) and `discrepancy.py` (model error, drawn).
"""
