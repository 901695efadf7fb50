"""What became of claims and forecasts.

Chances (`forecasts.py`), outcomes (`status.py`) and scores (`scores.py`).
"""
