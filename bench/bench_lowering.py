"""How fast models become programs, and which part of that takes the time.

    python bench/bench_lowering.py [WORKLOAD]... [--repeats 7]

Workloads are those of `workloads.py`; default: B50, B, B500, B1500 and lookups. Times are the least processor
time of the repeats, in milliseconds: the whole of `lower`, and of it the checks, then the text by which
compiled code is found again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from workloads import Workload, workload

from realities.engine.program.lower import lower
from realities.engine.program.program import Program
from realities.engine.program.text import program_text
from realities.engine.program.verify import verify


def milliseconds(task: Callable[[], object], repeats: int) -> float:
    """Return the least processor time of several runs."""
    best = np.inf
    for _ in range(repeats):
        start = time.process_time()
        task()
        best = min(best, time.process_time() - start)
    return 1e3 * float(best)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("workloads", nargs="*", default=["B50", "B", "B500", "B1500", "lookups"])
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    print("workload   instructions lower ms   of it checks   text ms")
    for name in options.workloads:
        times = measured(workload(name), options.repeats)
        print("{:10} {:10}   {:8.1f}   {:12.1f}   {:7.1f}".format(name, *times))


def measured(made: Workload, repeats: int) -> tuple[int, float, float, float]:
    """Return the instructions of a workload's program, and the times of lowering, checks and text."""
    model, given = made.model(), dict.fromkeys(made.varied, True)

    def lowered() -> Program:
        return lower(model, made.outputs, hold={}, events={}, given=given, method="euler")

    program = lowered()
    tasks = (lowered, lambda: verify(program), lambda: program_text(program))
    lowering, checks, text = (milliseconds(task, repeats) for task in tasks)
    return len(program.instructions), lowering, checks, text


if __name__ == "__main__":
    main()
