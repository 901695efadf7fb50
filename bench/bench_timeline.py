"""What the timeline of a case takes: CPU seconds of weighing and fitting, and likelihoods by account.

    python bench/bench_timeline.py [CASE] [--quick] [--threads N] [--account ID]...

Prints CPU seconds of all processes, wall seconds, and how many dates are reliable. One pass over all dates.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import time
from dataclasses import replace
from multiprocessing import active_children

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def main() -> None:
    """Weigh a case at every date of its timeline once and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="?", default="ukraine-2022")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--account", action="append", help="only this one; may be given again")
    options = parser.parse_args()

    from realities.case.folder import load_case
    from realities.weigh.timeline import weigh_timeline

    case = load_case(options.case)
    if options.account:
        case = replace(case, accounts=tuple(case.account(name) for name in options.account))
    stages: list[tuple[str, float]] = []

    def note(stage: str, done: float, _total: float) -> None:
        if not done:
            stages.append((stage, time.process_time()))

    wall, start = time.perf_counter(), time.process_time()
    found = weigh_timeline(
        case, effort="quick" if options.quick else "default", workers=options.threads, progress=note
    )
    for process in active_children():
        process.join()
    ran = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = time.process_time() - start + ran.ru_utime + ran.ru_stime
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(f"{case!r}, {len(found)} dates, {options.threads} processes")
    if options.threads == 1:
        for (stage, begun), end in zip(
            stages, [*(at for _, at in stages[1:]), time.process_time()], strict=True
        ):
            print(f"{stage.lower():<16} {end - begun:7.1f} CPU s")
    print(f"{'all':<16} {cpu:7.1f} CPU s, {time.perf_counter() - wall:.1f} s by the clock")
    for account in case.accounts:
        at = [moment.accounts[account.id] for moment in found]
        gap = max(max(one.run_log_evidences) - min(one.run_log_evidences) for one in at)
        print(
            f"{account.id:<16} {sum(one.n_evaluations for one in at):9,d} likelihoods, reliable at "
            f"{sum(one.reliable for one in at)} of {len(at)} dates, mean error "
            f"{sum(one.log_evidence_error for one in at) / len(at):.3f}, runs at most {gap:.2f} apart"
        )


if __name__ == "__main__":
    main()
