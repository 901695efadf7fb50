"""How far the weights can be trusted: what they depend on, and what they miss.

Read in this order: `reweighting.py` (means under another prior or without a report), `widths.py` (other prior
widths and seeds), `separation.py` (the verdict), `drawn.py`, `influence.py` and `checks.py` (what each report
does, and whether an account could have made it), `honest.py`, which runs them all, and `as_json.py`.
"""
