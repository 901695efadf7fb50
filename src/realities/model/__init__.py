"""Model files in, verified scalar `Model`s out: `load.py` lists the passes."""
