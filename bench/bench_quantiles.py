"""What exact quantiles cost: `SeriesQuantiles` beside `np.quantile`, which needs all values at once.

    python bench/bench_quantiles.py [--series 255] [--values 10000 100000 1000000]

Prints seconds of processor time, the least of three, and how many values of each series were kept at most. A
million values are not given to `np.quantile`: 255 series of them are 2 GB.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from realities.engine.quantiles import SeriesQuantiles

PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
BLOCK = 4096
MOST_AT_ONCE = 50_000_000


def block_of(number: int, n_series: int, n: int) -> np.ndarray:
    return np.random.Generator(np.random.SFC64(number)).standard_normal((n_series, n))


def streamed(n_series: int, n_values: int) -> tuple[np.ndarray, float, int]:
    """Return the quantiles, the seconds without those for drawing values, and the most values kept."""
    kept, spent, most = SeriesQuantiles(PROBABILITIES, n_series, n_values), 0.0, 0
    for number, first in enumerate(range(0, n_values, BLOCK)):
        values = block_of(number, n_series, min(BLOCK, n_values - first))
        start = time.process_time()
        kept.add(values)
        spent += time.process_time() - start
        most = max(most, sum(bracket.n_inside for bracket in kept._brackets.values()))
    start = time.process_time()
    assert kept.finish()
    result = kept.result()
    return result, spent + time.process_time() - start, most // n_series


def at_once(n_series: int, n_values: int) -> tuple[np.ndarray, float]:
    """Return the quantiles by NumPy, and the seconds they took."""
    blocks = [
        block_of(number, n_series, min(BLOCK, n_values - first))
        for number, first in enumerate(range(0, n_values, BLOCK))
    ]
    values = np.concatenate(blocks, axis=1)
    start = time.process_time()
    return np.quantile(values, PROBABILITIES, axis=1), time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--series", type=int, default=255)
    parser.add_argument("--values", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    options = parser.parse_args()
    for n_values in options.values:
        runs = [streamed(options.series, n_values) for _ in range(3)]
        line = f"{options.series} series of {n_values:9,d}: {min(run[1] for run in runs):7.3f} s"
        if options.series * n_values <= MOST_AT_ONCE:
            compared = [at_once(options.series, n_values) for _ in range(3)]
            same = "the same" if np.array_equal(runs[0][0], compared[0][0]) else "NOT the same"
            line += f", np.quantile {min(run[1] for run in compared):7.3f} s, {same}"
        print(f"{line}; in brackets at most {runs[0][2]:,} of a series")


if __name__ == "__main__":
    main()
