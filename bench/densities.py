"""How much processor time the reports of each quantity take, and the model that they are compared with.

    OPENBLAS_NUM_THREADS=1 python bench/densities.py [CASE] [--draws N] [--rounds N]

In comes a case; out comes a table in Markdown, a line for each quantity, the dearest first: its kind, its
rows, how many of them are intervals, and the least of several times that all accounts' densities took, as of
the latest publication; below them the sum, and the same for running the model. Draws lie near the middle of
the priors. Run it twice: code that was optimized is kept for the next time.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import process_time

import numpy as np

from realities.case.folder import load_case
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.reporting.quantity import QuantityReports

#: Spread of the draws, where priors are N(0, 1).
SPREAD = 0.3


def main() -> None:
    """Print the table and, below it, the sum and the model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", nargs="?", default="ukraine-2022")
    parser.add_argument("--draws", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=12)
    options = parser.parse_args()
    case = load_case(options.case)
    rng = np.random.default_rng(1)
    spent: dict[str, float] = {}
    model = 0.0
    kinds: dict[str, QuantityReports] = {}
    for account in case.accounts:
        likelihood = AccountLikelihood(case, account.id, case.latest_published)
        points = SPREAD * rng.standard_normal((options.draws, likelihood.dimension))
        parameters = likelihood.space.values(points)
        truths, _ = likelihood.truths(parameters, options.draws)
        model += least(likelihood.truths, parameters, options.draws, rounds=options.rounds)
        for quantity, reports in likelihood.reports.items():
            kinds[quantity] = reports
            took = least(reports.log_density, truths[quantity], parameters, rounds=options.rounds)
            spent[quantity] = spent.get(quantity, 0.0) + took
    print("| quantity | kind | rows | intervals | CPU ms |")
    print("|---|---|---|---|---|")
    for quantity in sorted(spent, key=spent.__getitem__, reverse=True):
        rows = kinds[quantity].rows
        kind, intervals = kinds[quantity].measure.kind, int((~rows.is_plain).sum())
        print(f"| {quantity} | {kind} | {len(rows)} | {intervals} | {1000 * spent[quantity]:.2f} |")
    print(f"| *all* | | | | {1000 * sum(spent.values()):.1f} |")
    print(f"| *the model* | | | | {1000 * model:.1f} |")


def least(function: Callable[..., object], *given: object, rounds: int) -> float:
    """Return the least processor time, in seconds, of several calls of a function."""
    times = []
    for _ in range(rounds):
        start = process_time()
        function(*given)
        times.append(process_time() - start)
    return min(times)


if __name__ == "__main__":
    main()
