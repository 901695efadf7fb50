"""Functions of whole arrays as LLVM text: order, choice, matrices, allocation.

`functions.py` lists them.
"""
