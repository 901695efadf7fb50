"""How the time of `realities run CASE` divides: loading, weighing, running forward, writing.

    python bench/bench_run.py [CASE] [--quick] [--threads N]

Prints wall seconds per stage and CPU seconds of all processes. One run: the whole takes minutes.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import time
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from realities.case.folder import load_case
from realities.report import write_results
from realities.weigh.study import run_case


def main() -> None:
    """Run a case once and print where the time went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="?", default="ukraine-2022")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()

    marks: list[tuple[str, float]] = [("loading", time.perf_counter())]
    case = load_case(options.case)

    def note(stage: str, _done: float, _total: float) -> None:
        if marks[-1][0] != stage:
            marks.append((stage, time.perf_counter()))

    study = run_case(
        case, effort="quick" if options.quick else "default", workers=options.threads, progress=note
    )
    marks.append(("writing", time.perf_counter()))
    with TemporaryDirectory() as folder:
        page, _ = write_results(study, Path(folder))
        size = page.stat().st_size
    marks.append(("", time.perf_counter()))

    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(f"{case!r}, {study.effort}, {options.threads} processes, {len(study.dates)} dates")
    for (stage, start), (_, end) in pairwise(marks):
        print(f"{stage.lower():<18} {end - start:7.1f} s wall")
    print(f"{'all':<18} {marks[-1][1] - marks[0][1]:7.1f} s wall, {cpu_seconds():.1f} s CPU")
    runs = sum(fit.n_evaluations for weighing in study.weighings.values() for fit in weighing.fits.values())
    print(f"likelihoods        {runs:7,d}")
    print(f"page               {size / 1000:7.0f} KB")


def cpu_seconds() -> float:
    """Return CPU seconds of this process and of those it started."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
