"""How forecasts as of past dates fared against what followed, beside two baselines that need no model.

    python bench/forecasts.py [CASE] [--from 2022-10-05 2023-01-01 ...] [--months 3 12] [--effort quick]
                              [--account NAME]

As of each date every account is fitted to what was published by then, and predicts every figure published
later of a later day, in its newest vintage. Prints Markdown. First by quantity, for all accounts together,
each by its weight at the date (or for one account): how many figures followed, how many lie in the 90 %
band (bold where that is outside 80 to 97 in 100), and the root mean square error of the median: of the
forecast, and of both baselines on those figures for which there is one. `skill` is the part by which the
mean continuous ranked probability score is better than the baseline's: 100 % is perfect, 0 as good, below 0
worse. Then by account and by how far ahead, over all quantities, each in multiples of the mean size of its
figures and each counting the same.

Baselines (`realities/weigh/scoring/followed.py`): last value, a random walk from what the same reporter
said last; trend, the same with drift. The variance a day is that of the reporter's figures of the last year
before the date, or of all time where those are fewer than three; where the reporter had too few, anybody's
figures serve.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import inf

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from bands import cell, table

from realities.case.folder import Case, load_case
from realities.figures.counts import in_hundred, shown_weight
from realities.weigh.scoring.followed import (
    Against,
    Foretold,
    RowScores,
    fared,
    followed,
    foretold,
    mixed,
    pooled_skill,
    row_scores,
)
from realities.weigh.scoring.straight import NAIVE, Naive, known_by
from realities.weigh.weighing import weigh_accounts

#: What the columns are, above the tables.
IN_WORDS = """\
*In the band*: figures in the 90 % band, of how many, bold where that is outside 80 to 97 in 100 (`?`: it may
be chance). *Error*: root mean square error of the median. *Skill*: the part by which the mean continuous
ranked probability score is better than the baseline's; 100 % is perfect, 0 as good, below 0 worse. *Last
value* and *trend* are random walks in the unit of the quantity from what the same reporter said last, without
and with drift; their variance is that of the figures of the year before (of all before, where those
are fewer than three), and of anybody's where the reporter had too few. What nobody had reported by the date
has no baseline, and fewer than three figures have no error. Over several quantities each counts the same, in
multiples of the mean size of its figures.
"""
#: How all accounts together are called in a table.
ALL = "all, by weight"
#: Figures of a quantity without which neither error nor skill is told.
ENOUGH = 3
DAYS_PER_MONTH = 365.25 / 12
#: Scores by quantity, of one forecaster as of one date.
Scored = Mapping[str, RowScores]


def main() -> None:
    """Fit as of every date, predict, compare and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", nargs="?", default="ukraine-2022")
    parser.add_argument("--from", dest="starts", nargs="+", default=["2022-10-05"])
    parser.add_argument("--months", type=float, nargs="+", default=[3.0, 12.0])
    parser.add_argument("--effort", default="quick")
    parser.add_argument("--account", help="show this account by quantity, and not all by weight")
    parser.add_argument("--seed", type=int, help="default: the case's own")
    options = parser.parse_args()
    case, shown = load_case(options.case), options.account or ALL
    case = case if options.seed is None else replace(case, seed=options.seed)
    days = [date.fromisoformat(start) for start in options.starts]
    found = {day: scored(case, day, options.effort) for day in days}
    name = shown if shown == ALL else case.account(shown).name
    print(IN_WORDS)
    for day, by_account in found.items():
        print(f"## As of {day}: {name}\n\nWeights in 100: {by_account[0]}.\n")
        print(f"{by_quantity(case, by_account[1][shown])}\n")
    print("## By account and by how far ahead\n\nIn the band; skill over last value; skill over trend.\n")
    print(by_reach(case, {day: by_account for day, (_, by_account) in found.items()}, options.months))


def scored(case: Case, day: date, effort: str) -> tuple[str, dict[str, Scored]]:
    """Return weights as of a day, in words, and the scores of every account and of all together."""
    weighing = weigh_accounts(case, as_of=day, effort=effort)
    rows, known = followed(case, day), known_by(case, day)
    parts: dict[str, dict[str, Foretold]] = {
        name: foretold(case, fit, rows) for name, fit in weighing.fits.items()
    }
    every = {**parts, ALL: mixed(parts, weighing.weights)}
    counts = in_hundred(list(weighing.weights.values()), list(weighing.weights))
    told = ", ".join(f"{name} {shown_weight(n)}" for name, n in zip(weighing.weights, counts, strict=True))
    told += "" if weighing.reliable else " (not reliable)"
    scores = {
        name: {quantity: row_scores(one, known, day) for quantity, one in found.items()}
        for name, found in every.items()
    }
    return told, scores


def by_quantity(case: Case, scores: Scored) -> str:
    """Return the table of one forecaster as of one date."""
    head = ["quantity", "in the band", "error", "of last value", "of trend"]
    rows = []
    for quantity in sorted(scores, key=lambda q: (is_bound(case, q), list(case.measures).index(q))):
        one, measure = fared(scores[quantity]), case.measures[quantity]
        if one.n:
            kind = "" if measure.kind == "value" else f" ({measure.kind})"
            unit = "" if measure.unit.is_dimensionless else f", {measure.unit}"
            cells = [f"{measure.label}{unit}{kind}", cell(one.inside, one.n)]
            cells += [size(one.rmse, one.n)]
            cells += [size(one.against[naive].rmse, one.against[naive].n) for naive in NAIVE]
            rows.append([*cells, *(skill_cell(one.against[naive], one.n) for naive in NAIVE)])
    inside, n = in_bands(within(case, scores, 0.0, inf))
    pooled = [percent(pooled_skill(scores, naive)) for naive in NAIVE]
    rows.append(["everything but bounds", cell(inside, n), "", "", "", *pooled])
    return table([*head, *(f"skill over {naive}" for naive in NAIVE)], rows)


def by_reach(case: Case, found: Mapping[date, Mapping[str, Scored]], months: Sequence[float]) -> str:
    """Return the table of every forecaster by date and by how far ahead."""
    reaches = list(zip([0.0, *months], [*months, inf], strict=True))
    names = list(next(iter(found.values())))
    rows = []
    for day, scores in found.items():
        for least, most in [*reaches, (0.0, inf)]:
            parts = {name: within(case, scores[name], least, most) for name in names}
            bands = [naive_band(parts[ALL], naive) for naive in NAIVE]
            cells = [reach_cell(parts[name]) for name in names]
            if n := in_bands(parts[ALL])[1]:
                rows.append([str(day), told_reach(least, most), str(n), *cells, *bands])
    head = ["as of", "months ahead", "figures", *names, *(f"{naive}, in its band" for naive in NAIVE)]
    return table(head, rows)


def naive_band(scores: Scored, naive: Naive) -> str:
    """Return the part of figures in a baseline's own band."""
    found = [fared(one).against[naive] for one in scores.values()]
    n = sum(one.n for one in found)
    return percent(sum(one.inside for one in found) / n) if n else "-"


def in_bands(scores: Scored) -> tuple[int, int]:
    """Return how many figures lie in their bands, of how many."""
    found = [fared(one) for one in scores.values()]
    return sum(one.inside for one in found), sum(one.n for one in found)


def is_bound(case: Case, quantity: str) -> bool:
    """Return whether reports bound a quantity and say no number."""
    return case.measures[quantity].kind in ("floor", "ceiling")


def within(case: Case, scores: Scored, least: float, most: float) -> dict[str, RowScores]:
    """Return scores of figures so many months ahead, without bounds."""
    low, high = least * DAYS_PER_MONTH, most * DAYS_PER_MONTH
    return {
        quantity: found.of((found.days_ahead > low) & (found.days_ahead <= high))
        for quantity, found in scores.items()
        if not is_bound(case, quantity)
    }


def reach_cell(scores: Scored) -> str:
    """Return the part inside the band and both skills."""
    inside, n = in_bands(scores)
    if not n:
        return "-"
    return "; ".join([percent(inside / n), *(percent(pooled_skill(scores, naive)) for naive in NAIVE)])


def told_reach(least: float, most: float) -> str:
    """Return a reach in words."""
    if most == inf:
        return f"beyond {least:g}" if least else "all"
    return f"{least:g} to {most:g}" if least else f"up to {most:g}"


def skill_cell(against: Against, n: int) -> str:
    """Return a skill in per cent, with how many figures could be compared where not all could."""
    said = percent(against.skill if against.n >= ENOUGH else None)
    return said if said == "-" or against.n == n else f"{said} (of {against.n})"


def percent(value: float | None) -> str:
    """Return a part in per cent."""
    return "-" if value is None else f"{round(100 * value):d} %"


def size(value: float | None, n: int) -> str:
    """Return an error to three digits, if it is one of enough figures."""
    if value is None or n < ENOUGH:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
