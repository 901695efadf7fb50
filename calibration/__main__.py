"""Simulation-based calibration of the weighing: a slow job that can be stopped and started again.

    PYTHONPATH=src python -m calibration three-reporters --sets 300
    PYTHONPATH=src python -m calibration lynx-hare --accounts predation,steady --sets 300

Imagines data sets from the priors of a case (a bundled one, a folder, or three-reporters, which is written
for this), weighs each, and prints a table of ranks and of the accounts' reliability. Rankings go to
OUT/CASE.jsonl as they come; `--write` puts the table into calibration/results/. Exit code 1: something is
outside its band.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import cast

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

#: Where tables are kept.
RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Run the job and print its table."""
    from calibration.job import read_job, run_job
    from calibration.table import as_markdown, findings
    from realities.weigh.sampling.evidence import Effort

    parser = argparse.ArgumentParser(prog="python -m calibration", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("case")
    parser.add_argument("--sets", type=int, default=300, help="how many data sets (default 300)")
    parser.add_argument("--accounts", default="", help="some of them: a,b (default all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--effort", default="quick", help="of each weighing (default quick)")
    parser.add_argument("--out", type=Path, default=Path("build/calibration"), help="folder of the rankings")
    parser.add_argument("--write", action="store_true", help="keep the table in calibration/results/")
    options = parser.parse_args()
    name = Path(options.case).name
    path = options.out / f"{name}.jsonl"
    run_job(
        options.case,
        path,
        n_sets=options.sets,
        seed=options.seed,
        effort=cast(Effort, options.effort),
        accounts=[name for name in options.accounts.split(",") if name],
        told=lambda text: print(text, file=sys.stderr, flush=True),
    )
    some = f" --accounts {options.accounts}" if options.accounts else ""
    wishes = f"{options.case}{some} --sets {options.sets} --seed {options.seed} --effort {options.effort}"
    page = as_markdown(path, f"PYTHONPATH=src python -m calibration {wishes}")
    print(page)
    if options.write:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.md").write_text(page, encoding="utf-8")
    return 0 if findings(*read_job(path)).is_calibrated else 1


if __name__ == "__main__":
    sys.exit(main())
