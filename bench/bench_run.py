"""How the time of `realities run CASE` divides: loading, weighing, what follows, judging claims, writing.

    python bench/bench_run.py [CASE] [--quick] [--threads N]

Prints wall seconds and CPU seconds of all processes by part, imports included. One run: the whole takes
minutes. What tasks need is measured in the processes that do them, and told by what kind of task it is.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from multiprocessing import active_children
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from realities.case.folder import Case
    from realities.ensemble import Crew
    from realities.processes import Processes

#: When this process began, by the wall and by its own CPU time: the interpreter's start is not counted.
START = time.perf_counter(), time.process_time()


class Marks:
    """When each part began: wall seconds, CPU seconds of this process, and of tasks in other processes."""

    def __init__(self) -> None:
        self.elsewhere = 0.0
        self.by_kind: Counter[str] = Counter()
        self.marks = [("loading", *START, 0.0)]

    def begin(self, part: str) -> None:
        """A part begins, unless it is the one that goes on."""
        if self.marks[-1][0] != part:
            self.marks.append((part, time.perf_counter(), time.process_time(), self.elsewhere))

    def parts(self) -> Iterator[tuple[str, float, float]]:
        """Yield each part with its wall seconds and its CPU seconds."""
        for (part, wall, own, other), (_, *end) in pairwise(self.marks):
            yield part, end[0] - wall, end[1] - own + end[2] - other


def main() -> None:
    """Run a case once and print where the time went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="?", default="ukraine-2022")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    marks = Marks()
    with ExitStack() as stack:
        processes = None
        if options.threads > 1:
            from realities.processes import Processes

            processes = stack.enter_context(Processes(options.threads, imports=["realities.weigh.study"]))
        study, size = run(options.case, "quick" if options.quick else "default", processes, marks)
    for process in active_children():
        process.join()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(f"{study.case!r}, {study.effort}, {options.threads} processes, {len(study.dates)} dates")
    print(f"{'part':<22} {'wall s':>7} {'CPU s':>7}")
    for part, wall, cpu in marks.parts():
        print(f"{part.lower():<22} {wall:7.1f} {cpu:7.1f}")
    ran = resource.getrusage(resource.RUSAGE_CHILDREN)
    if processes is not None:
        print(f"{'beginning of processes':<22} {'':>7} {ran.ru_utime + ran.ru_stime - marks.elsewhere:7.1f}")
    own = time.process_time() - START[1]
    wall = marks.marks[-1][1] - START[0]
    for kind, seconds in marks.by_kind.most_common():
        print(f"{'  ' + kind:<22} {'':>7} {seconds:7.1f}")
    print(f"{'all':<22} {wall:7.1f} {own + ran.ru_utime + ran.ru_stime:7.1f}")
    runs = sum(fit.n_evaluations for weighing in study.weighings.values() for fit in weighing.fits.values())
    print(f"likelihoods {runs:,d}, page {size / 1000:.0f} KB")


def run(name: str, effort: Any, processes: Processes | None, marks: Marks) -> tuple[Any, int]:
    """Return a case's study and the size of its page."""
    from realities.case.folder import load_case
    from realities.report import write_results
    from realities.weigh.study import run_case

    case = load_case(name)

    def note(stage: str, done: float, total: float) -> None:
        marks.begin(stage)
        if stage == "Running forward" and done == total:
            marks.begin("putting together")

    with watched(case, processes, marks) as crew:
        study = run_case(case, effort=effort, workers=crew, progress=note)
    marks.begin("writing")
    with TemporaryDirectory() as folder:
        page, _ = write_results(study, Path(folder))
        size = page.stat().st_size
    marks.begin("end")
    return study, size


def watched(case: Case, processes: Processes | None, marks: Marks) -> Crew:
    """Return a crew that takes down what tasks need in processes other than this one."""
    from realities.ensemble import Crew

    class Watched(Crew):
        def _results(self, function: Callable[..., Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
            for k, (result, seconds) in super()._results(timed, [(function, task) for task in tasks]):
                marks.elsewhere += 0.0 if processes is None else seconds
                marks.by_kind[type(tasks[k]).__name__] += seconds
                yield k, result

    return Watched(case, 1, processes=processes)


def timed(case: Case, call: tuple[Callable[..., Any], Any]) -> tuple[Any, float]:
    """Return a task's result and its CPU seconds."""
    start = time.process_time()
    function, task = call
    return function(case, task), time.process_time() - start


if __name__ == "__main__":
    main()
