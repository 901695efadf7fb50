"""How often the 90 % bands of a case hold: after fitting, for figures left out, and for figures to come.

    python bench/coverage.py [CASE] [--account NAME] [--from 2022-10-05 ...] [--effort sketch]

Three columns. `fitted`: every figure against the band of what its reporter could have said, by a fit that
has seen it; its path of model error runs past the figure itself, so nearly all lie inside. `left out`: the
figures are dealt at random into five parts; each part is left out in turn, the account is fitted to the
rest, and the part compared with what that fit predicts, so that every figure is left out once. `after DAY`:
the figures published after a day, of days after it, by a fit as of that day.

Beside each share stands what 80 to 97 in 100 asks of it: `low` or `high` where it lies outside, with `?`
where a quantity whose bands hold 80 (or 97) in 100 would do as badly in more than one of twenty tries. All
of fewer than 34 is no miss: with one less it would be below 97. The chance takes figures to be independent,
which they are not: with errors that last it is larger. A floor says no number, so its row counts how many
of its reports the bound allows in at least one draw of twenty; levels are compared by the band of levels.
Seven fits: a minute or two with the smallest effort.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.stats import binom

from realities.case.folder import Case, load_case
from realities.case.observations import Observation
from realities.ensemble import Ensemble, stream
from realities.weigh.fits import AccountFit, predict_reports
from realities.weigh.likelihood import used_observations
from realities.weigh.posterior import fit_account
from realities.weigh.reporting.reports import quantity_reports

#: By quantity: how many figures lie inside their bands, of how many.
Counts = dict[str, tuple[int, int]]
#: What is asked of a quantity, and how rare a share must be to call a miss more than chance.
ASKED, RARE = (0.80, 0.97), 0.05
FOLDS = 5


def main() -> None:
    """Fit seven times and print how many figures lie inside their bands."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", nargs="?", default="ukraine-2022")
    parser.add_argument("--account", default="reference")
    parser.add_argument("--from", dest="starts", nargs="*", default=["2022-10-05"])
    parser.add_argument("--effort", default="sketch")
    options = parser.parse_args()
    case = load_case(options.case)
    columns = {
        "fitted": fitted(case, options.account, options.effort),
        "left out": left_out(case, options.account, options.effort),
    }
    for start in options.starts:
        day = date.fromisoformat(start)
        columns[f"after {day}"] = to_come(case, options.account, options.effort, day)
    show(case, columns)


def fitted(case: Case, account: str, effort: str) -> Counts:
    """Return how many figures lie in the bands of a fit that has seen them all."""
    last = case.latest_published
    fit = fit_account(case, account, as_of=last, seed=case.seed, effort=effort)
    return inside(case, fit, used_observations(case, last), last)


def left_out(case: Case, account: str, effort: str) -> Counts:
    """Return how many figures lie in the bands of a fit to the other four fifths."""
    last = case.latest_published
    used = used_observations(case, last)
    order = np.random.default_rng(case.seed).permutation(len(used))
    found: Counts = {}
    for fold in range(FOLDS):
        away = [used[k] for k in sorted(order[fold::FOLDS])]
        gone = {id(row) for row in away}
        rest = replace(case, observations=tuple(row for row in case.observations if id(row) not in gone))
        fit = fit_account(rest, account, as_of=last, seed=case.seed, effort=effort)
        found = added(found, inside(case, fit, away, last))
    return found


def to_come(case: Case, account: str, effort: str, day: date) -> Counts:
    """Return how many figures of days after one, published after it, lie in the bands of a fit as of it."""
    fit = fit_account(case, account, as_of=day, seed=case.seed, effort=effort)
    used = used_observations(case, case.latest_published)
    later = [row for row in used if row.published is not None and row.published > day and row.happened > day]
    return inside(case, fit, later, day)


def inside(case: Case, fit: AccountFit, rows: Sequence[Observation], as_of: date) -> Counts:
    """Return, by quantity, how many reports lie in their 90 % predictive band, of how many."""
    by_quantity: dict[str, list[Observation]] = {}
    for row in rows:
        by_quantity.setdefault(row.quantity, []).append(row)
    fixed = {n: p.fixed for n, p in case.priors(fit.account).items() if p.fixed is not None}
    constants = {n: np.full(fit.n_draws, v) for n, v in fixed.items()} | dict(fit.parameters)
    counts: Counts = {}
    for quantity, found in sorted(by_quantity.items()):
        measure = case.measures[quantity]
        reports = quantity_reports(measure, found, case.calendar)
        if not len(reports.rows):
            continue
        name = measure.variable_for(fit.account)
        runs = Ensemble(case, as_of=as_of, outputs=[name]).run(constants, save_times=reports.times)
        said = np.array([np.nan if row.value is None else row.value for row in reports.rows.observations])
        drawn = predict_reports(fit, reports, runs[name], stream(quantity, case.seed))[~runs.failed]
        known = np.isfinite(said)
        held = within(measure.kind, said, drawn)
        counts[quantity] = int((held & known).sum()), int(known.sum())
    return counts


def within(kind: str, said: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Return which reports (row,) their predictions (draw, row) allow: a bound needs one draw of twenty."""
    low, high = np.quantile(drawn, (0.05, 0.95), axis=0)
    match kind:
        case "floor":
            return np.asarray(said <= high)
        case "ceiling":
            return np.asarray(said >= low)
        case "ordinal":  # a quantile between two levels stands for both
            low, high = (
                np.quantile(drawn, 0.05, axis=0, method="lower"),
                np.quantile(drawn, 0.95, axis=0, method="higher"),
            )
    return np.asarray((said >= low) & (said <= high))


def added(one: Counts, other: Counts) -> Counts:
    """Return the sum of two tables."""
    nothing = (0, 0)
    return {
        q: (
            one.get(q, nothing)[0] + other.get(q, nothing)[0],
            one.get(q, nothing)[1] + other.get(q, nothing)[1],
        )
        for q in sorted({*one, *other})
    }


def verdict(held: int, n: int) -> str:
    """Return what is to be said of a share: nothing, `low` or `high`, with `?` where it may be chance."""
    if held < ASKED[0] * n:
        return "low?" if binom.cdf(held, n, ASKED[0]) > RARE else "low"
    if held > ASKED[1] * n and held - 1 >= ASKED[1] * n:
        return "high?" if binom.sf(held - 1, n, ASKED[1]) > RARE else "high"
    return ""


def show(case: Case, columns: dict[str, Counts]) -> None:
    """Print the table, quantities with figures first, and the sums of those."""
    kinds = {q: case.measures[q].kind for counts in columns.values() for q in counts}
    print(f"{'90 % bands hold':<42}" + "".join(f"{title:>24}" for title in columns))
    for quantity in sorted(kinds, key=lambda q: (kinds[q] in ("floor", "ceiling"), q)):
        kind = "" if kinds[quantity] == "value" else f" ({kinds[quantity]})"
        cells = [cell(counts.get(quantity)) for counts in columns.values()]
        print(f"{quantity + kind:<42}" + "".join(f"{one:>24}" for one in cells))
    totals = [
        summed(n for q, n in counts.items() if kinds[q] not in ("floor", "ceiling"))
        for counts in columns.values()
    ]
    print(f"{'all but bounds':<42}" + "".join(f"{cell(one):>24}" for one in totals))


def summed(counts: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Return the sums of both numbers."""
    pairs = list(counts)
    return sum(held for held, _ in pairs), sum(n for _, n in pairs)


def cell(count: tuple[int, int] | None) -> str:
    """Return a share as text: how many of how many, in per cent, and the verdict."""
    if count is None or not count[1]:
        return "-"
    held, n = count
    return f"{held} of {n} {100 * held / n:4.0f} % {verdict(held, n):<5}"


if __name__ == "__main__":
    main()
