"""From a `Program` to plain JavaScript that a page carries, and the engine that runs it under Node for tests.

`emit.py` says what the text is and how it is called; `places.py` where it keeps what, `printing.py` and
`functions.py` print it; `needed.py` picks what it needs of `library/*.js`. `simulator.py` runs it.
"""
