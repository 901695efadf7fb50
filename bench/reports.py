"""Which reports of a case weigh, by quantity and reporter, and why the others do not.

    python bench/reports.py [CASE] [--as-of DAY]

In comes a case; out comes a table in Markdown, a line for each quantity and reporter: how many rows the file
has, how many weigh as of the day (the latest publication), and what became of the rest. A row is left out
because its reporter copies another, because the day of its publication is not established, because it was
published later, or because a newer figure of the same day by the same reporter took its place. Whatever is
left is a forecast or a day that the case does not cover. Nothing is simulated: it takes a second.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from datetime import date

from realities.case.case import Case
from realities.case.folder import load_case
from realities.case.observations import Observation
from realities.weigh.likelihood import used_observations

COPY = "repeats another reporter"
NO_DAY = "day of publication not established"
LATER = "published later"
NEWER = "a newer figure took its place"
OTHER = "a forecast, or outside the case"


def main() -> None:
    """Print the table and, below it, the sums."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", nargs="?", default="ukraine-2022")
    parser.add_argument("--as-of", default=None)
    options = parser.parse_args()
    case = load_case(options.case)
    day = case.latest_published if options.as_of is None else date.fromisoformat(options.as_of)
    print("| quantity | reporter | rows | weigh | left out |")
    print("|---|---|---|---|---|")
    fates = fates_of(case, day)
    for quantity in case.measures:
        for reporter in sorted({row.reporter for row in fates if row.quantity == quantity}):
            own = [
                fate for row, fate in fates.items() if (row.quantity, row.reporter) == (quantity, reporter)
            ]
            print(f"| {quantity} | {reporter} | {len(own)} | {own.count('')} | {said(own)} |")
    every = list(fates.values())
    reporters = len({(row.quantity, row.reporter) for row, fate in fates.items() if not fate})
    print(f"| *all* | *{reporters} that weigh* | {len(every)} | {every.count('')} | {said(every)} |")


def fates_of(case: Case, day: date) -> dict[Observation, str]:
    """Return why each row does not weigh as of a day; nothing where it does."""
    weighing = set(used_observations(case, day))
    held = set(case.as_of(day))
    return {row: "" if row in weighing else fate(case, row, day, held) for row in case.observations}


def fate(case: Case, row: Observation, day: date, held: set[Observation]) -> str:
    """Return why a row that does not weigh is left out."""
    if case.measures[row.quantity].reporters[row.reporter].copies is not None:
        return COPY
    if row.published is None:
        return NO_DAY
    if row.published > day:
        return LATER
    return NEWER if row not in held else OTHER


def said(fates: Iterable[str]) -> str:
    """Return the reasons with their numbers, the most frequent first."""
    counted = Counter(fate for fate in fates if fate)
    return "; ".join(
        f"{n}: {reason}" for reason, n in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    )


if __name__ == "__main__":
    main()
