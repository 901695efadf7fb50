"""What became of claims and forecasts.

Chances (`forecasts.py`), outcomes (`status.py`), both together (`judging.py`), scores (`scores.py`) and
those of a whole case (`scorecard.py`).
"""
