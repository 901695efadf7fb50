"""How often the 90 % bands of a case hold: for figures left out of the fit, and for figures still to come.

    python bench/coverage.py [CASE] [--account NAME] [--from 2022-10-05] [--effort sketch]

A random fifth of the figures is left out, the account is fitted to the rest, and each figure left out is
compared with the band of what its reporter could have said. Then the same for every figure published after
`--from`, by a fit as of that day. Prints counts per quantity. Two fits: a minute or two on the flagship.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from realities.case.folder import Case, load_case
from realities.case.observations import Observation
from realities.ensemble import Ensemble, stream
from realities.weigh.fits import AccountFit, predict_reports
from realities.weigh.likelihood import used_observations
from realities.weigh.posterior import fit_account
from realities.weigh.reporting.reports import quantity_reports

Counts = dict[str, tuple[int, int]]


def main() -> None:
    """Fit twice and print how many figures lie inside their bands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="?", default="ukraine-2022")
    parser.add_argument("--account", default="reference")
    parser.add_argument("--from", dest="start", default="2022-10-05")
    parser.add_argument("--effort", default="sketch")
    options = parser.parse_args()
    case = load_case(options.case)
    last = case.latest_published
    used = used_observations(case, last)
    chosen = np.random.default_rng(case.seed).permutation(len(used))[: len(used) // 5]
    left_out = [used[k] for k in sorted(chosen)]
    gone = {id(row) for row in left_out}
    rest = replace(case, observations=tuple(row for row in case.observations if id(row) not in gone))
    fit = fit_account(rest, options.account, as_of=last, seed=case.seed, effort=options.effort)
    show("a random fifth, left out of the fit", inside(case, fit, left_out, last))
    day = date.fromisoformat(options.start)
    early = fit_account(case, options.account, as_of=day, seed=case.seed, effort=options.effort)
    later = [row for row in used if row.published is not None and row.published > day and row.happened > day]
    show(f"figures of days after {day}, from a fit as of then", inside(case, early, later, day))


def inside(case: Case, fit: AccountFit, rows: Sequence[Observation], as_of: date) -> Counts:
    """Return, by quantity, how many reported values lie in their 90 % predictive band, of how many."""
    by_quantity: dict[str, list[Observation]] = {}
    for row in rows:
        by_quantity.setdefault(row.quantity, []).append(row)
    fixed = {n: p.fixed for n, p in case.priors(fit.account).items() if p.fixed is not None}
    constants = {n: np.full(fit.n_draws, v) for n, v in fixed.items()} | dict(fit.parameters)
    counts: Counts = {}
    for quantity, found in sorted(by_quantity.items()):
        measure = case.measures[quantity]
        reports = quantity_reports(measure, found, case.calendar)
        if measure.kind != "value" or not len(reports.rows):
            continue
        name = measure.variable_for(fit.account)
        runs = Ensemble(case, as_of=as_of, outputs=[name]).run(constants, save_times=reports.times)
        said = np.array([np.nan if row.value is None else row.value for row in reports.rows.observations])
        rng = stream(quantity, case.seed)
        drawn = predict_reports(fit, reports, runs[name], rng)[~runs.failed]
        low, high = np.quantile(drawn, (0.05, 0.95), axis=0)
        known = np.isfinite(said)
        counts[quantity] = int(((said >= low) & (said <= high) & known).sum()), int(known.sum())
    return counts


def show(title: str, counts: Counts) -> None:
    """Print one table."""
    held, n = sum(held for held, _ in counts.values()), sum(n for _, n in counts.values())
    print(f"{title}: {held} of {n} ({100 * held / max(n, 1):.0f} %)")
    for quantity, (few, many) in counts.items():
        print(f"  {quantity:<40} {few:>4} of {many}")


if __name__ == "__main__":
    main()
