"""What moves the claims of a case, what moved its weights, and what would settle it, as of some dates.

    python bench/sensitivity.py [CASE] [--as-of 2022-10-05 ...] [--effort quick] [--over-time]
        [--only NAME ...] [--markdown]

The tables of `realities sensitivity`, for documents: as of the last of the dates all of them, as of those
before it the claims and the reports to come. Without a date, as of the latest publication. With `--over-time`
there are two others: the assumption that moves each claim most as of each date of the case's report, and the
input that shifts each quantity most by day of the model. `--only` names the tables that are printed.
"""

from __future__ import annotations

import argparse
import os
from datetime import date

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from realities.case.folder import load_case
from realities.weigh.sensitivity.analysis import sensitivity_of
from realities.weigh.sensitivity.tables import Table, tables_of

#: Tables of dates before the last: the others are repeated by it.
EARLIER = ("claims", "reports to come")
ALWAYS = ("claims", "moves", "by quantity", "by reporter", "reports to come")
OVER_TIME = ("claims over time", "quantities over time")


def main() -> None:
    """Print the tables of every date."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", nargs="?", default="ukraine-2022")
    parser.add_argument("--as-of", dest="days", nargs="*", default=[])
    parser.add_argument("--effort", default="quick")
    parser.add_argument("--over-time", action="store_true")
    parser.add_argument("--only", nargs="+", choices=[*ALWAYS, *OVER_TIME], help="names of tables")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    case = load_case(options.case)
    days = sorted(date.fromisoformat(text) for text in options.days) or [case.latest_published]
    for day in days:
        is_last = day == days[-1]
        over_time = options.over_time and is_last
        found = sensitivity_of(case, as_of=day, effort=options.effort, over_time=over_time)
        usual = OVER_TIME if over_time else ALWAYS if is_last else EARLIER
        wanted = options.only or usual
        for table in tables_of(found):
            if table.name in wanted:
                print(in_markdown(table) if options.markdown else "\n".join(table.plain()))
        for warning in found.warnings:
            print(f"As of {day}: {warning}.\n")


def in_markdown(table: Table) -> str:
    """Return a table as a section of a page."""
    return f"## {table.title}\n\n{table.markdown()}\n"


if __name__ == "__main__":
    main()
