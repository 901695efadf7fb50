"""From `ir` to single scalar operations in order: what every compiled engine prints.

`program.py` says what a program is; `lower.py` makes one.
"""
