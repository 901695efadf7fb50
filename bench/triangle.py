"""A real reporting triangle: does the delay have two phases, and do counts to come lie in their intervals?

    python bench/triangle.py FOLDER/named_deaths_triangle.csv

The file gives, by week of death, how many Russian soldiers were known by name to have died, at the ends of
four years and in May 2026. Printed are how much log likelihood a slow phase gains over one half-life, by
year of the event; what was known later, against intervals as of the end of each year with weekly truths left
free (see tests/weigh/triangles.py); and against the chain ladder by weeks of the year.
"""

from __future__ import annotations

import csv
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "weigh"))

from triangles import Triangle, WeeklyShares, fit, natural

PUBLISHED = (*(date(year, 12, 31) for year in (2022, 2023, 2024, 2025)), date(2026, 5, 11))
COLUMNS = (*(f"known_{year}" for year in (2022, 2023, 2024, 2025)), "known_2026_05")


def read(path: str) -> Triangle:
    with Path(path).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    ends = tuple(date.fromisoformat(row["week_end"]) for row in rows)
    counts = np.array([[int(row[column]) for column in COLUMNS] for row in rows])
    found = Triangle(ends, PUBLISHED, counts)
    return Triangle(ends, PUBLISHED, counts * found.is_known)


def of_year(triangle: Triangle, year: int) -> Triangle:
    chosen = [k for k, end in enumerate(triangle.ends) if (end - timedelta(days=3)).year == year]
    return Triangle(tuple(triangle.ends[k] for k in chosen), triangle.published, triangle.counts[chosen])


def log_likelihood(triangle: Triangle, *, slow: bool) -> float:
    """Return the largest log likelihood of when counted events were counted, whatever the weekly truths."""
    weekly = WeeklyShares(triangle, by_year=False)
    new = np.maximum(np.diff(triangle.counts, axis=1, prepend=0), 0)

    def minus_log(x: np.ndarray) -> float:
        share = x[1] if slow else -30.0
        shares = weekly(natural(np.array([[x[0], share, 0.0, x[2]]])))[0]
        parts = np.diff(shares, axis=1, prepend=0.0) / shares[:, -1:]
        return -float((new * np.log(np.maximum(parts, 1e-9))).sum())

    starts = ([np.log(100.0), -1.0, np.log(500.0)], [np.log(20.0), 0.0, np.log(300.0)])
    options = {"maxiter": 3000, "xatol": 1e-5, "fatol": 1e-3}
    return -min(minimize(minus_log, start, method="Nelder-Mead", options=options).fun for start in starts)


def ladder(triangle: Triangle, now: int, year: int) -> tuple[float, int]:
    """Return what the chain ladder adds to the dead of a year in the year after, and what came."""
    week = {end.isocalendar()[:2]: k for k, end in enumerate(triangle.ends)}
    expected, came = 0.0, 0
    for (of, number), k in week.items():
        old = week.get((of - 1, number))
        if of == year and old is not None and triangle.counts[old, now - 1]:
            known = triangle.counts[k, now]
            expected += known * (triangle.counts[old, now] / triangle.counts[old, now - 1] - 1.0)
            came += int(triangle.counts[k, now + 1] - known)
    return expected, came


def main() -> None:
    named = read(sys.argv[1])
    for year in (2022, 2023, 2024, 2025):
        part = of_year(named, year)
        gain = log_likelihood(part, slow=True) - log_likelihood(part, slow=False)
        print(f"events of {year}: a slow phase gains {gain:,.0f} in log likelihood")
    rng = np.random.default_rng(0)
    for k, day in enumerate(PUBLISHED[:-1]):
        for later in (PUBLISHED[k + 1], PUBLISHED[-1])[: 1 if k == 3 else 2]:
            for by_year in (False, True):
                now, then = named.as_of(day), named.as_of(later)
                predicted = fit(now, rng, by_year=by_year).predict(then, rng)
                low, high = np.quantile(predicted, (0.05, 0.95), axis=0)
                came = then.counts[: len(now.ends), -1]
                inside = int(((came >= low) & (came <= high)).sum())
                total = np.quantile(predicted.sum(axis=1), (0.05, 0.5, 0.95))
                how = "a slow half-life for each year" if by_year else "one slow half-life"
                print(
                    f"as of {day}, {how}: known by {later} {came.sum():,}, interval {total[0]:,.0f} to "
                    f"{total[2]:,.0f}, median {total[1]:,.0f}; {inside} of {len(came)} weeks inside"
                )
    expected, came = ladder(named, 1, 2023)
    print(f"dead of 2023, as of 2023-12-31: the chain ladder adds {expected:,.0f} in 2024, {came:,} came")


if __name__ == "__main__":
    main()
