"""Reality Checks run: what a model's author says must follow from a test, held against the model.

In comes a model, alone or in its case, whose file holds Reality Checks; out come a `Verdict` on each, and
diagnostics on those that fail. `judging.py` runs the model for them, `verdicts.py` says what came of it. What
a check says is read by `model/realitychecks.py`.
"""
