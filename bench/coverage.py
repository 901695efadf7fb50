"""How often the 90 % bands of a case hold: after fitting, for figures left out, and for figures to come.

    python bench/coverage.py [CASE] [--account NAME ...] [--from 2022-10-05 ...] [--effort quick] [--markdown]

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
With several accounts the first is shown by quantity, the others in sum. Seven fits for each account and date.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from bands import cell, table

from realities.case.folder import Case, load_case
from realities.case.observations import Observation
from realities.weigh.fits import AccountFit
from realities.weigh.likelihood import used_observations
from realities.weigh.posterior import fit_account
from realities.weigh.scoring.bands import verdict
from realities.weigh.scoring.followed import followed, foretold

#: What the columns are, above a table in Markdown.
IN_WORDS = """\
Figures in the 90 % band of what their reporter could have said, of how many: *fitted*, by a fit that has seen
them all, which is no test, since its path of model error runs past each; *left out*, every fifth in turn, by
a fit to the others; *after* a day, figures published later of later days, by a fit as of that day. Bold where
that is outside 80 to 97 in 100, all of fewer than 34 apart; with `?` where bands that hold so many would do
as badly in more than one of twenty tries, were figures independent, which they are not.
"""
#: By quantity: how many figures lie inside their bands, of how many.
Counts = dict[str, tuple[int, int]]
#: By the title of a column.
Columns = dict[str, Counts]
FOLDS = 5


def main() -> None:
    """Fit every account seven times and print how many figures lie inside their bands."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", nargs="?", default="ukraine-2022")
    parser.add_argument("--account", dest="accounts", nargs="+", default=["reference"])
    parser.add_argument("--from", dest="starts", nargs="*", default=["2022-10-05"])
    parser.add_argument("--effort", default="quick")
    parser.add_argument("--seed", type=int, help="default: the case's own")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    case = load_case(options.case)
    case = case if options.seed is None else replace(case, seed=options.seed)
    days = [date.fromisoformat(start) for start in options.starts]
    found = {name: columns(case, name, options.effort, days) for name in options.accounts}
    if options.markdown:
        print(in_markdown(case, found))
    else:
        for name, counts in found.items():
            print(f"\n{name}")
            show(case, counts)


def columns(case: Case, account: str, effort: str, days: Iterable[date]) -> Columns:
    """Return the columns of one account's table."""
    seen = {"fitted": fitted(case, account, effort), "left out": left_out(case, account, effort)}
    return seen | {f"after {day}": to_come(case, account, effort, day) for day in days}


def fitted(case: Case, account: str, effort: str) -> Counts:
    """Return how many figures lie in the bands of a fit that has seen them all."""
    last = case.latest_published
    fit = fit_account(case, account, as_of=last, seed=case.seed, effort=effort)
    return inside(case, fit, used_observations(case, last))


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
        found = added(found, inside(case, fit, away))
    return found


def to_come(case: Case, account: str, effort: str, day: date) -> Counts:
    """Return how many figures of days after one, published after it, lie in the bands of a fit as of it."""
    fit = fit_account(case, account, as_of=day, seed=case.seed, effort=effort)
    return inside(case, fit, followed(case, day))


def inside(case: Case, fit: AccountFit, rows: Sequence[Observation]) -> Counts:
    """Return, by quantity, how many reports lie in their 90 % predictive band, of how many."""
    predictions = foretold(case, fit, rows)
    known = {quantity: np.isfinite(one.said) for quantity, one in predictions.items()}
    return {
        quantity: (int((one.inside & known[quantity]).sum()), int(known[quantity].sum()))
        for quantity, one in predictions.items()
    }


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


def in_order(case: Case, found: Columns) -> list[str]:
    """Return the quantities with figures, bounds last."""
    quantities = {q for counts in found.values() for q, (_, n) in counts.items() if n}
    return sorted(quantities, key=lambda q: (is_bound(case, q), list(case.measures).index(q)))


def is_bound(case: Case, quantity: str) -> bool:
    """Return whether reports bound a quantity and say no number."""
    return case.measures[quantity].kind in ("floor", "ceiling")


def total(case: Case, counts: Counts) -> tuple[int, int]:
    """Return how many figures lie in their bands, of how many, bounds apart."""
    pairs = [pair for quantity, pair in counts.items() if not is_bound(case, quantity)]
    return sum(held for held, _ in pairs), sum(n for _, n in pairs)


def in_markdown(case: Case, found: dict[str, Columns]) -> str:
    """Return one table of the first account by quantity, and one of the sums of all accounts."""
    first, of_first = next(iter(found.items()))
    rows = [
        [labelled(case, quantity), *(cell(*counts.get(quantity, (0, 0))) for counts in of_first.values())]
        for quantity in in_order(case, of_first)
    ]
    sums = {
        case.account(name).name: [cell(*total(case, counts)) for counts in its.values()]
        for name, its in found.items()
    }
    rows.append(["everything but bounds", *sums[case.account(first).name]])
    parts = [IN_WORDS, f"Account: {case.account(first).name}.", "", table(["quantity", *of_first], rows)]
    if len(sums) > 1:
        all_accounts = table(
            ["everything but bounds", *of_first], [[name, *own] for name, own in sums.items()]
        )
        parts += ["", all_accounts]
    return "\n".join(parts)


def labelled(case: Case, quantity: str) -> str:
    """Return a quantity's label, with its kind where that is not a value."""
    measure = case.measures[quantity]
    return measure.label if measure.kind == "value" else f"{measure.label} ({measure.kind})"


def show(case: Case, found: Columns) -> None:
    """Print one account's table, quantities with figures first, and the sums of those."""
    print(f"{'90 % bands hold':<46}" + "".join(f"{title:>24}" for title in found))
    for quantity in in_order(case, found):
        cells = [told(counts.get(quantity)) for counts in found.values()]
        print(f"{labelled(case, quantity):<46}" + "".join(f"{one:>24}" for one in cells))
    totals = [told(total(case, counts)) for counts in found.values()]
    print(f"{'everything but bounds':<46}" + "".join(f"{one:>24}" for one in totals))


def told(count: tuple[int, int] | None) -> str:
    """Return a share as text: how many of how many, in per cent, and the verdict."""
    if count is None or not count[1]:
        return "-"
    held, n = count
    return f"{held} of {n} {100 * held / n:4.0f} % {verdict(held, n):<5}"


if __name__ == "__main__":
    main()
