"""How reports come about, given the truth: the statistical model of reporters.

Read `scales.py`, `said.py` and `rows.py` (published rows as arrays), `terms.py` and `lasting.py` (what is
uncertain about reporters and their origins), `quantity.py` (the reports of one quantity) and its kinds
`values.py`, `ordinals.py`, `bounds.py` and `counts.py`, among which `reports.py` chooses. Below them are
`processes.py`, `filtering.py` and `gaussian.py` (errors that are integrated out), `truncated.py`,
`shared.py`, `intervals.py` and `heaps.py` (rows that are intervals, or mixtures of them), `delays.py` and
`increments.py` (counts that fill up late) and `discrepancy.py` (what lasted, drawn).
"""
