"""Work that outlives the process doing it: blocks of long ensembles, results of finished tasks.

What is kept is only ever taken up by the very same work: everything that a result depends on goes into its
fingerprint (`fingerprint.py`). Ensembles are kept by `blocks.py`, run and written by `long_run.py`; other
results are written as plain values by `values.py` and kept by `kept.py`. Nothing that is read back is
executed.
"""
