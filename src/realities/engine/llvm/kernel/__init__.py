"""The kernels of a program as LLVM text: regions, steps, stages, delays, events and saves.

`emit.py` is where a caller comes in.
"""
