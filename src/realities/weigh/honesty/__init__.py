"""How far the weights can be trusted: what they depend on, and what they miss.

Read in this order: `reweighting.py` (means under another prior or without a report), `drawn.py` and
`refitting.py` (what is asked, and what is fitted again), `widths.py` and `model_error.py` (other prior
widths, seeds and model errors), `separation.py` (the verdict), `influence.py` and `checks.py` (what each
report does, and whether an account could have made it), `honest.py`, which runs them all, and `as_json.py`.
"""
