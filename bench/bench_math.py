"""How long the mathematical functions of compiled code take, beside NumPy's, and how far off they are.

    python bench/bench_math.py [--processor avx512|fma|old] [function ...]

For each function: nanoseconds for eight lanes, least of the repeats by processor time, with arguments in the
nearest cache; the same of NumPy; instructions of the loop; milliseconds to compile it alone. The cost of
the loop itself, a load and a store, is printed first and is part of every number.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "engine" / "llvm"))

from compile_function import compile_function, processors

from realities.engine.llvm.math.functions import MATH

N = 1024


def arguments(rng: np.random.Generator) -> dict[str, tuple[Callable[..., object], list[np.ndarray]]]:
    """Return NumPy's function and usual arguments, by name."""
    wide, positive, small = rng.uniform(-10, 10, N), rng.uniform(0.1, 100, N), rng.uniform(-1, 1, N)
    return {
        "exp": (np.exp, [wide]),
        "expm1": (np.expm1, [wide]),
        "ln": (np.log, [positive]),
        "log1p": (np.log1p, [positive]),
        "xmile.log10": (np.log10, [positive]),
        "power": (np.power, [rng.uniform(0.2, 2.8, N), rng.uniform(0.2, 2.8, N)]),
        "sin": (np.sin, [wide]),
        "cos": (np.cos, [wide]),
        "tan": (np.tan, [wide]),
        "arcsin": (np.arcsin, [small]),
        "arccos": (np.arccos, [small]),
        "arctan": (np.arctan, [wide]),
        "sinh": (np.sinh, [wide]),
        "cosh": (np.cosh, [wide]),
        "tanh": (np.tanh, [wide]),
        "fmod": (np.fmod, [positive, rng.uniform(1, 3, N)]),
        "xmile.mod": (np.mod, [positive, rng.uniform(1, 3, N)]),
    }


def least(run: Callable[[], object], repeats: int) -> float:
    """Return the least processor time of several runs, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.process_time_ns()
        run()
        times.append(time.process_time_ns() - start)
    return min(times) / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="function")
    parser.add_argument("--processor", choices=processors(), default=processors()[0])
    parser.add_argument("--repeats", type=int, default=15)
    chosen = parser.parse_args()
    print(f"{chosen.processor}, eight lanes")
    print(f"{'function':14}{'ns':>8}{'NumPy ns':>10}{'instructions':>14}{'compile ms':>12}")
    cases = {"(loop alone)": (np.positive, [np.ones(N)]), **arguments(np.random.default_rng(1))}
    for name, (by_numpy, inputs) in cases.items():
        if chosen.names and name not in chosen.names:
            continue
        function = MATH.get(name, lambda _, x: x)
        start = time.process_time()
        compiled = compile_function(function, len(inputs), chosen.processor)
        compiling = time.process_time() - start
        rows, out = np.array(inputs), np.empty(N)
        own = least(lambda c=compiled, a=rows, b=out: c.run(a, b, 50), chosen.repeats) / (50 * N / 8)
        theirs = least(lambda f=by_numpy, a=inputs, b=out: [f(*a, out=b) for _ in range(50)], chosen.repeats)
        loop = compiled.assembly.split("entry:", 1)[-1].split(".Lfunc_end0", 1)[0]
        n = sum(line.startswith("\t") and not line.startswith("\t.") for line in loop.splitlines())
        print(f"{name:14}{own * 1e9:8.2f}{theirs / (50 * N / 8) * 1e9:10.2f}{n:14}{compiling * 1e3:12.0f}")


if __name__ == "__main__":
    main()
