"""A case folder becomes one frozen `Case`: accounts, measures, observations, claims and a model.

`folder.py` is the way in (`load_case`); `schema.py` says what each file may hold, `toml_text.py` where
in its file a value stands, `check.py` what must hold between files. What a case promises is numbers
that `weigh/` can use without asking again: every name exists, every unit converts, every date lies in
the calendar, and every problem points at a line.
"""
