"""How long a lookup takes in compiled code, by the number of its points and by the way it is read.

    python bench/bench_lookups.py [--processor avx512|fma|old] [points ...]

For each number of points, evenly spaced and not: nanoseconds for eight lanes, least of the repeats by
processor time, for one of twenty different lookups of like arguments (a product and a sum are part of it). In
columns: the way that the engine chooses, then each way alone, comparisons with each point, permutations of
vectors (AVX-512 only), loads from memory. The time of a division is printed first, as a measure.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import mock

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "engine" / "llvm"))

from compile_function import compile_function, processors

from realities.engine.llvm import tables_places
from realities.engine.llvm.tables.readings import lookup
from realities.engine.llvm.writer import Value, Writer
from realities.ir.model import Lookup

N, N_LOOKUPS, N_REPEATS = 512, 20, 100
#: Limits of `tables_places` that leave one way alone, and the most points that it is tried with.
WAYS: dict[str, tuple[dict[str, int], int]] = {
    "chosen": ({}, 10_000),
    "compared": ({"_FEW": 10_000, "_FEW_BESIDE_PERMUTATIONS": 10_000}, 70),
    "permuted": ({"_FEW_BESIDE_PERMUTATIONS": -1}, 32),
    "loaded": ({"_FEW": -1, "_FEW_BESIDE_PERMUTATIONS": -1, "_PERMUTED": 0}, 10_000),
}


def tables(n: int, *, is_even: bool) -> list[Lookup]:
    """Return lookups over arguments from about 0 to 2."""
    rng = np.random.default_rng(n)
    found = []
    for k in range(N_LOOKUPS):
        xs = np.linspace(0.0, 2.0 + 0.01 * k, n) if is_even else np.sort(rng.uniform(0.0, 2.0, n))
        found.append(Lookup("table", tuple(xs.tolist()), tuple(rng.random(n).tolist())))
    return found


def nanoseconds(function: Callable[..., Value], processor: str) -> float:
    """Return the time of eight lanes."""
    code = compile_function(function, 1, processor)
    x, out = np.random.default_rng(0).uniform(-0.1, 2.1, (1, N)), np.empty(N)
    best = np.inf
    for _ in range(15):
        start = time.thread_time()
        code.run(x, out, N_REPEATS)
        best = min(best, time.thread_time() - start)
    return best / N_REPEATS / N * 8e9


def of_one(read: Sequence[Lookup], processor: str) -> float:
    """Return the time of one lookup of several."""

    def function(w: Writer, x: Value) -> Value:
        total = w.number(0.0)
        for k, table in enumerate(read):
            total = w.add(total, lookup(w, table, w.mul(x, w.number(1.0 + 1e-3 * k))))
        return total

    return nanoseconds(function, processor) / len(read)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("points", nargs="*", type=int, default=[2, 3, 5, 8, 10, 16, 20, 32, 50, 100, 1000])
    parser.add_argument("--processor", choices=processors(), default=processors()[0])
    asked = parser.parse_args()
    division = nanoseconds(lambda w, x: w.div(w.number(1.0), x), asked.processor)
    print(f"{asked.processor}: {division:.1f} ns for a division; for a lookup of so many points:")
    print(f"{'points':>8} {'spaced':>8}" + "".join(f"{way:>10}" for way in WAYS))
    for n in asked.points:
        for is_even in (True, False):
            row = ""
            for limits, most in WAYS.values():
                with mock.patch.multiple(tables_places, **limits) if limits else mock.MagicMock():
                    time_ = of_one(tables(n, is_even=is_even), asked.processor) if n <= most else np.nan
                row += f"{time_:10.1f}"
            print(f"{n:8d} {'evenly' if is_even else 'unevenly':>8}{row}", flush=True)


if __name__ == "__main__":
    main()
