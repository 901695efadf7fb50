"""How fast a model is read and checked, and which pass takes the time.

    python bench/bench_check.py [MODEL.mdl] [--repeats 3]

Without a file it writes a Vensim model of 1,200 equations that make 3,600 scalar variables, the same one
every time: subscripts in one and two dimensions, lookups, smooths, delays, a macro, sums over arrays,
all with units that balance. It is timed as a command, start of the interpreter included, and pass by
pass inside one process; each number is the least of the repeats. Processor time is what to compare:
others load the machine.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

N_SCALAR, N_REGION, N_TABLE, N_LIST = 550, 450, 100, 100
HEAD = """{UTF-8}
Region: north, south, east ~ ~ |
Age: child, young, grown, old ~ ~ |
Product: P1, P2, P3, P4, P5 ~ ~ |
:MACRO: SLOWLY(input, pace)
SLOWLY = INTEG((input - SLOWLY) / pace, input) ~ input ~ |
:END OF MACRO:
INITIAL TIME = 0 ~ Day ~ |
FINAL TIME = 100 ~ Day ~ |
TIME STEP = 0.25 ~ Day ~ |
SAVEPER = 1 ~ Day ~ |
"""


def model_text() -> str:
    """Return the generated model: 1,200 equations besides the four that say when it runs."""
    return HEAD + "".join([*_lists(), *_scalars(), *_regions(), *_tables()])


def _scalars() -> Iterator[str]:
    """Yield equations of one scalar each, in blocks of ten that lean on the block before."""
    for block in range(N_SCALAR // 10):
        before = f"stock {block - 1}" if block else f"start {block}"
        b = block
        yield f"start {b} = {100 + b} ~ unit ~ where it starts |\n"
        yield f"life {b} = {10 + b % 7} ~ Day [1,50] ~ how long one lasts |\n"
        points = ",".join(f"({x / 10},{1 - (x / 14) ** 2:.4f})" for x in range(12))
        yield f"effect {b}([(0,0)-(1.2,1)],{points}) ~ Dmnl ~ |\n"
        yield f"stock {b} = INTEG(inflow {b} - outflow {b}, start {b}) ~ unit ~ what is there |\n"
        yield f"pressure {b} = ZIDZ({before}, start {b} + {before}) ~ Dmnl ~ |\n"
        yield f"inflow {b} = perceived {b} / life {b} * effect {b}(pressure {b}) ~ unit/Day ~ |\n"
        yield f"outflow {b} = MIN(stock {b} / TIME STEP, DELAY3(inflow {b}, life {b})) ~ unit/Day ~ |\n"
        yield f"perceived {b} = SMOOTH3(MAX(0, {before}), life {b}) ~ unit ~ |\n"
        yield f"slow {b} = SLOWLY(stock {b}, life {b}) * (1 + pressure {b} ^ 2) ~ unit ~ |\n"
        yield (
            f"gap {b} = IF THEN ELSE(stock {b} > slow {b} :AND: Time >= life {b},\\\n"
            f"\t\tstock {b} - slow {b}, 0) {{ what is missing }} ~ unit ~ |\n"
        )


def _regions() -> Iterator[str]:
    """Yield equations of three scalars each."""
    for b in range(N_REGION // 5):
        yield f"people {b}[Region] = INTEG(births {b}[Region] - deaths {b}[Region], 1000) ~ unit ~ |\n"
        yield f"births {b}[Region] = people {b}[Region] * rate {b}[Region] ~ unit/Day ~ |\n"
        yield f"rate {b}[Region] = 0.02 * (1 + STEP(0.1, life 0)) / life 1 ~ 1/Day ~ |\n"
        yield f"deaths {b}[Region] = SMOOTH(people {b}[Region] / life 2, life 3) ~ unit/Day ~ |\n"
        yield f"part {b}[Region] = people {b}[Region] / SUM(people {b}[Region!]) ~ Dmnl ~ |\n"


def _tables() -> Iterator[str]:
    """Yield equations of twelve scalars each."""
    for b in range(N_TABLE // 2):
        yield f"cohort {b}[Region,Age] = people {b}[Region] * (weight {b}[Region,Age] + 0.1) ~ unit ~ |\n"
        yield (
            f"weight {b}[Region,Age] = EXP(-pressure {b}) * effect {b}(MIN(1, part {b}[Region])) ~ Dmnl ~ |\n"
        )


def _lists() -> Iterator[str]:
    """Yield constants of five scalars each."""
    for b in range(N_LIST):
        yield f"price {b}[Product] = {b}.5, {b}.25, {b + 1}, {b + 2}.125, 1e{b % 5} ~ euro/unit ~ |\n"


def as_command(path: Path) -> tuple[float, float]:
    """Return wall and processor seconds of `realities check`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    command = [sys.executable, "-m", "realities", "check", str(path)]
    done = subprocess.run(command, capture_output=True, check=False, env=os.environ)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr.decode())
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def by_pass(path: Path) -> dict[str, float]:
    """Return the processor seconds of each pass, in their order, and of all."""
    from realities.errors import InputError
    from realities.model import compatibility, load

    spent: dict[str, float] = {}

    def timed(name: str, task: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **named: object) -> object:
            start = time.process_time()
            try:
                return task(*args, **named)
            finally:
                spent[name] = spent.get(name, 0.0) + time.process_time() - start

        return run

    passes = ("build_space", "build_table", "define_all", "in_order", "verify", "check_units")
    originals = {name: getattr(load, name) for name in passes}
    for name, task in originals.items():
        setattr(load, name, timed(name, task))
    reading, reporting = compatibility.read_file, compatibility.report_on
    compatibility.read_file = timed("read_file", reading)  # type: ignore[assignment]
    compatibility.report_on = timed("report_on", reporting)  # type: ignore[assignment]
    start = time.process_time()
    try:
        compatibility.examine(path)
    except InputError as problem:
        print(f"{path.name}: {len(problem.diagnostics)} findings", file=sys.stderr)
    spent["all"] = time.process_time() - start
    for name, task in originals.items():
        setattr(load, name, task)
    compatibility.read_file, compatibility.report_on = reading, reporting
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.model
        if path is None:
            path = Path(folder) / "generated.mdl"
            path.write_text(model_text(), encoding="utf-8")
        runs = [as_command(path) for _ in range(options.repeats)]
        passes = [by_pass(path) for _ in range(options.repeats)]
    wall, cpu = (min(column) for column in zip(*runs, strict=True))
    print(f"realities check {path.name}: {wall:.2f} s wall, {cpu:.2f} s of processor time")
    for name in passes[0]:
        print(f"  {name:12s} {min(run[name] for run in passes if name in run):6.3f} s")


if __name__ == "__main__":
    main()
