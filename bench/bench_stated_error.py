"""Is the stated error of an evidence its scatter? One account of a case, fitted with many seeds.

    python bench/bench_stated_error.py [CASE] [ACCOUNT] [--effort quick] [--seeds 20]

Prints the mean of the log evidences, their scatter over seeds (standard deviation), the mean stated error,
the ratio of the two (1 is honest; 0.5 to 2 is asked), how many were called reliable, the evaluations and the
CPU seconds of a fit. CASE may also be three-reporters, whose reports are then imagined.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def main() -> None:
    """Fit and print."""
    import numpy as np
    from calibration.imagined import imagine
    from calibration.job import WRITTEN, case_named

    from realities.weigh.posterior import fit_account

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("case", nargs="?", default="lynx-hare")
    parser.add_argument("account", nargs="?", default="predation")
    parser.add_argument("--effort", default="quick")
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    with TemporaryDirectory() as scratch:
        case = case_named(options.case, Path(scratch))
        if options.case == WRITTEN:
            data = imagine(case, 2, 1).data_set(0, options.account)
            assert data is not None
            case = data.case
        day, began = case.latest_published, time.process_time()
        fits = [
            fit_account(case, options.account, as_of=day, seed=seed, effort=options.effort)
            for seed in range(1, options.seeds + 1)
        ]
        spent = (time.process_time() - began) / options.seeds
    found = np.array([fit.log_evidence for fit in fits])
    stated = float(np.mean([fit.log_evidence_error for fit in fits]))
    scatter = float(found.std(ddof=1))
    print(f"log evidence {found.mean():.4f}  scatter {scatter:.4f}  stated {stated:.4f}", end="  ")
    print(f"ratio {stated / scatter:.2f}  worst {np.abs(found - found.mean()).max():.4f}", end="  ")
    print(f"reliable {sum(fit.reliable for fit in fits)}/{len(fits)}", end="  ")
    print(f"evaluations {np.mean([fit.n_evaluations for fit in fits]):.0f}  CPU s {spent:.2f}")


if __name__ == "__main__":
    main()
