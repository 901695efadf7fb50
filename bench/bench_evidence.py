"""Log evidences of problems whose answer is known: how far off, how honest the stated error, at what cost.

    python bench/bench_evidence.py [--effort quick] [--seeds 20] [--only gauss3 bimodal6 ...]

For each problem: the largest and the mean miss of the log evidence over seeds, the scatter (root mean square
miss), the mean stated error, their ratio (1 is honest, 0.5 to 2 is asked), evaluations of the likelihood (the
most of any seed), processor seconds a seed, those outside the likelihood, and how many seeds were called
reliable, and how many of these are off by more than 0.1. At publish setting also the second algorithm's
scatter and mean stated error. Problems are those of `tests/weigh/known_evidences.py`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "weigh"))

import numpy as np
from known_evidences import PROBLEMS, Known

from realities.weigh.sampling.evidence import EFFORTS, HEAVY_EFFORTS, PosteriorSample, sample_posterior

#: How far off a log evidence may be that is called reliable.
TOLERANCE = 0.1
HEADER = (
    "problem          worst   mean   bias  scatter  stated ratio  evals k   CPU s  own s  reliable  wrong"
)


class Clock:
    """A log-likelihood that adds up the processor's time it takes."""

    def __init__(self, problem: Known) -> None:
        self._problem, self.spent = problem, 0.0

    def __call__(self, points: np.ndarray) -> np.ndarray:
        start = time.process_time()
        found = self._problem.log_likelihood(points)
        self.spent += time.process_time() - start
        return found


def row(name: str, problem: Known, found: list[PosteriorSample], spent: float, own: float) -> str:
    """Return a line of the table."""
    misses = np.array([one.log_evidence - problem.log_evidence for one in found])
    scatter = float(np.sqrt((misses**2).mean()))
    stated = float(np.mean([one.log_evidence_error for one in found]))
    reliable = np.array([one.reliable for one in found])
    return (
        f"{name:15s} {np.abs(misses).max():6.3f} {np.abs(misses).mean():6.3f} {misses.mean():+6.3f} "
        f"{scatter:8.4f} {stated:7.4f} {stated / scatter:5.2f} "
        f"{max(one.n_evaluations for one in found) / 1e3:8.0f} {spent / len(found):7.2f} "
        f"{own / len(found):6.2f} {reliable.sum():5d}/{len(found)} "
        f"{int((reliable & (np.abs(misses) > TOLERANCE)).sum()):5d}"
    )


def second(problem: Known, found: list[PosteriorSample]) -> str:
    """Return what the second algorithm's own numbers are like; empty where it did not run."""
    opinions = [getattr(one, "second_opinion", None) for one in found]
    if None in opinions:
        return ""
    misses = np.array([opinion.log_evidence - problem.log_evidence for opinion in opinions])
    stated = np.mean([opinion.error for opinion in opinions])
    scatter = np.sqrt((misses**2).mean())
    return f"  second: worst {np.abs(misses).max():.3f} scatter {scatter:.3f} stated {stated:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--effort", choices=list(EFFORTS), default="quick")
    parser.add_argument("--heavy", action="store_true", help="settings of models that are slow to run")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--only", nargs="+", choices=list(PROBLEMS), default=list(PROBLEMS))
    options = parser.parse_args()
    settings = (HEAVY_EFFORTS if options.heavy else EFFORTS)[options.effort]
    print(HEADER)
    for name in options.only:
        problem = PROBLEMS[name]()
        clock = Clock(problem)
        start = time.process_time()
        seeds = range(options.first, options.first + options.seeds)
        found = [sample_posterior(clock, problem.dimension, settings=settings, seed=[s]) for s in seeds]
        spent = time.process_time() - start
        print(row(name, problem, found, spent, spent - clock.spent) + second(problem, found), flush=True)


if __name__ == "__main__":
    main()
