"""Mathematical functions as LLVM text: what a `call` instruction can name.

`functions.py` lists them; the other files have a family each.
"""
