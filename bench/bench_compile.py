"""How long it takes until a model runs as compiled code, and which part takes the time.

    python bench/bench_compile.py [--sizes 50 150 500 1500] [--repeats 5] [--no-second]

For models of `workloads.py` with every constant given for each draw: milliseconds of processor time to lower
`ir` to a program, to write that as LLVM text, and to compile the text in either tier, the least of the
repeats; the import of llvmlite is not in it. Then a second process, with the code in the cache of the first:
its processor time from NumPy imported, and the model in hand, to two draws run.
"""

from __future__ import annotations

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workloads import Workload, workload

from realities.engine.llvm.kernel.emit import emit
from realities.engine.llvm.native import compile_text
from realities.engine.llvm.targets import this_machine
from realities.engine.program.lower import lower
from realities.ir.model import Model

#: What the second process does; it prints seconds of processor time.
SECOND = """
import pickle, sys, time
import numpy
started = time.process_time()
with open(sys.argv[1], "rb") as file:
    model, outputs, draws = pickle.load(file)
read = time.process_time()
from realities.engine.llvm.simulator import CompiledSimulator
imported = time.process_time()
CompiledSimulator(model, outputs=outputs).run(draws)
print(read - started, imported - read, time.process_time() - imported)
"""


def timed(task: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a task gives, and its processor time in milliseconds."""
    start = time.process_time()
    return task(), (time.process_time() - start) * 1e3


def parts(made: Workload, model: Model) -> dict[str, float]:
    """Return the milliseconds that each part takes, once."""
    machine = this_machine()
    given = dict.fromkeys(made.varied, True)
    spent: dict[str, float] = {}
    program, spent["lower"] = timed(
        lambda: lower(model, made.outputs, hold={}, events={}, given=given, method="euler")
    )
    emitted, spent["write"] = timed(lambda: emit(program, machine.target))
    for tier in ("quick", "optimized"):
        _, spent[tier] = timed(lambda tier=tier: compile_text(emitted.text, machine, tier))  # type: ignore[misc]
    return spent


def second_process(made: Workload, model: Model, folder: Path, repeats: int) -> list[float] | None:
    """Return milliseconds of reading the model, importing, and running, in a process that finds the cache."""
    stored = folder / f"{made.name}.pickle"
    stored.write_bytes(pickle.dumps((model, made.outputs, made.draws(2))))
    environment = os.environ | {"REALITIES_CACHE": str(folder)}
    least: list[float] | None = None
    for repeat in range(repeats + 1):
        command = [sys.executable, "-c", SECOND, str(stored)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if done.returncode:
            print(f"left out: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            return None
        if repeat:  # the first fills the cache
            found = [float(word) * 1e3 for word in done.stdout.split()]
            least = found if least is None or sum(found) < sum(least) else least
    return least


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 150, 500, 1500])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--no-second", action="store_true")
    options = parser.parse_args()
    machine = this_machine()
    compile_text("define void @run() {\n ret void\n}", machine, "quick")  # imports llvmlite
    print(f"{machine.name}, {machine.processor}; milliseconds of processor time, least of {options.repeats}")
    print("equations   lower   write   quick    (all)  optimized    (all)   second process: read import run")
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            made = workload(f"B{size}")
            model = made.model()
            runs = [parts(made, model) for _ in range(options.repeats)]
            least = {name: min(run[name] for run in runs) for name in runs[0]}
            first = least["lower"] + least["write"]
            line = (
                f"{size:9d} {least['lower']:7.1f} {least['write']:7.1f} {least['quick']:7.1f} "
                f"{first + least['quick']:8.1f} {least['optimized']:10.1f} {first + least['optimized']:8.1f}"
            )
            second = None if options.no_second else second_process(made, model, Path(folder), options.repeats)
            print(line + ("" if second is None else "   " + " ".join(f"{ms:6.1f}" for ms in second)))


if __name__ == "__main__":
    main()
