"""From a program to machine code, through LLVM; no compiler is needed on the user's machine.

`native.py` is where a caller comes in; `kernel/emit.py` writes the code, `frame.py` says how it is called.
"""
