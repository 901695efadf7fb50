"""What the page needs to run the model itself: its code, draws of each account, and how reports weigh.

`schema.py` says what that looks like, `build.py` makes it of a finished study; `draws.py`, `rows.py`,
`erring.py` and `sliders.py` are its parts. The worker under `template/worker/` reads it.
"""
