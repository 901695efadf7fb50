"""Engines and rivals side by side, in one process, on one workload.

    python bench/bench_engines.py [WORKLOAD] [--quick] [--repeats N] [--only TEXT]... [--draws N]

WORKLOAD is one of `workloads.py`: B (default), lookups, sir, B500, ... All that is there runs round robin,
each one after the other and then all again, so that a change of the machine's load meets all alike; the least
processor time of the repeats counts. Printed are million trajectory-steps per processor second, draws per
processor second, what preparing took (reading and compiling), how fast each is against the first of the
table, and how far its numbers are from the reference engine's (median and largest relative difference).
Processor time adds up over threads; what two threads win shows in the wall time, on a quiet machine only.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import numpy as np
import rivals
from rivals import MissingError, Rival
from workloads import N_SAVES, Workload, workload

from realities.engine.reference import Simulator


def candidates(
    made: Workload, n_draws: int, folder: Path, quick: bool
) -> list[tuple[str, Callable[[], Rival]]]:
    """Return what can be compared, by name, and how to make it ready."""
    large = made.name != "sir"
    whole, periods = (4096 if quick else 20480), (2 if large else N_SAVES // 5)
    found: list[tuple[str, Callable[[], Rival]]] = [
        ("compiled", lambda: rivals.compiled(made, n_draws, 1)),
        ("compiled-2", lambda: rivals.compiled(made, n_draws, 2)),
        ("numpy", lambda: rivals.whole_numpy(made, whole, periods)),
        ("reference", lambda: rivals.reference(made, whole, periods)),
    ]
    found += [
        (f"gcc-{lanes}-{width}", partial(rivals.gcc, made, n_draws, lanes, width, folder))
        for lanes in ((16,) if quick else (8, 16, 32))
        for width in ((512,) if quick else (256, 512))
    ]
    found.append(("gcc-2", lambda: rivals.gcc(made, n_draws, 16, 512, folder, 2)))
    found.append(("jax", lambda: rivals.jax_scan(made, n_draws)))
    few = 8 if quick else 32
    found.append(("simlin-reset", lambda: rivals.pysimlin(made, few, folder, afresh=False)))
    found.append(("simlin-fresh", lambda: rivals.pysimlin(made, few, folder, afresh=True)))
    if not large:
        found.append(("pysd", lambda: rivals.pysd(made, 2 if quick else 4, folder)))
    return found


def ready(choices: list[tuple[str, Callable[[], Rival]]], only: list[str]) -> list[Rival]:
    """Return the rivals that could be made ready; say which could not."""
    found = []
    for name, make in choices:
        if only and not any(text in name for text in only):
            continue
        try:
            found.append(make())
        except MissingError as reason:
            print(f"left out: {reason}", file=sys.stderr)
        except Exception as problem:
            print(f"left out: {name}: {type(problem).__name__}: {problem}"[:300], file=sys.stderr)
    return found


def difference(made: Workload, rival: Rival, values: np.ndarray) -> tuple[float, float]:
    """Return the median and the largest relative difference from the reference engine, over some draws."""
    n_draws = min(rival.n_draws, 256)
    draws = {name: array[:n_draws] for name, array in made.draws(rival.n_draws).items()}
    result = Simulator(made.model(), outputs=made.outputs).run(draws, n_draws=n_draws)
    right = np.array([result[output].T for output in made.outputs])[:, : rival.n_periods + 1]
    scale = np.maximum(np.abs(right), 1e-9 * np.abs(right).max())
    off = np.abs(values[..., :n_draws] - right) / scale
    return float(np.median(off)), float(off.max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("workload", nargs="?", default="B")
    parser.add_argument("--quick", action="store_true", help="fewer draws, repeats and variants")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--only", action="append", default=[], help="candidates whose name has this text")
    parser.add_argument("--draws", type=int, help="for the compiled engine, C and JAX")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # PySD and JAX have much to say
    made = workload(options.workload)
    n_draws = options.draws or (1024 if options.quick else 4096)
    repeats = options.repeats or (2 if options.quick else 5)
    with tempfile.TemporaryDirectory() as folder:
        field = ready(candidates(made, n_draws, Path(folder), options.quick), options.only)
        cpu, wall = {r.name: np.inf for r in field}, {r.name: np.inf for r in field}
        results: dict[str, Any] = {}
        for _ in range(repeats):
            for rival in field:
                results.pop(rival.name, None)  # a run may use the memory of the one before
                start = time.process_time(), time.perf_counter()
                results[rival.name] = rival.run()
                cpu[rival.name] = min(cpu[rival.name], time.process_time() - start[0])
                wall[rival.name] = min(wall[rival.name], time.perf_counter() - start[1])
        print(f"{made.name}: {made.n_steps} steps, {len(made.outputs)} outputs at {N_SAVES + 1} times; "
              f"{_processor()}, least of {repeats}")  # fmt: skip
        print(f"{'':36s} {'draws':>6s} {'Mstep/s':>8s} {'draw/s':>9s} {'wall Mst/s':>10s} {'ready s':>8s} "
              f"{'first is':>9s}  off by (median, most)")  # fmt: skip
        speeds = {r.name: r.steps(made) / cpu[r.name] for r in field}
        for rival in field:
            speed, median_most = (
                speeds[rival.name],
                difference(made, rival, rival.arranged(results[rival.name])),
            )
            print(
                f"{rival.name:36s} {rival.n_draws:6d} {speed / 1e6:8.3f} {speed / made.n_steps:9.1f} "
                f"{rival.steps(made) / wall[rival.name] / 1e6:10.3f} {rival.prepare_s:8.2f} "
                f"{speeds[field[0].name] / speed:8.2f}x  {median_most[0]:.0e} {median_most[1]:.0e}"
            )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


if __name__ == "__main__":
    main()
