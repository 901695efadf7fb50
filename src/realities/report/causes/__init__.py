"""The causal diagram of a case's model: what acts on what, which way, and where the boxes stand.

`data.py` makes it of a case; `links.py` finds links and signs with `ranges.py`, `slopes.py` and
`measured.py`, `layout.py` places boxes, `written.py` finds equations as their author wrote them, and
`shown.py` says what the page shows before its script runs.
"""
