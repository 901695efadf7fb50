"""Readings of tables as LLVM text: graphical functions and data series.

`readings.py` lists them; `places.py` finds the segment, the other files read it.
"""
