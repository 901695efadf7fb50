"""What became of claims and forecasts, and how they fared.

Read in this order: chances (`forecasts.py`), outcomes (`status.py`), both together (`judging.py`); the rules
(`scores.py`), what is to be beaten (`baselines.py`), `reliability.py`, means over claims (`tally.py`), a
whole case (`scorecard.py`), and all of it as plain data (`plain.py`).
"""
