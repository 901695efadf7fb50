"""What a run of a case gives, as tables: weights, what became of claims, and scores, account by account.

    python bench/outcome.py [CASE] [--effort quick] [--seed N]

In comes a case; it is run as `realities run CASE --quick` runs it. Out comes Markdown, a column for each
account in the case's order: weights and log evidences as of each weighed date, the chance each account gave
each claim when it was made with what became of it, and how chances and forecasts fared. What docs/cases
quote of a run is quoted from here (`docs/tables.py`, `tests/docs/test_docs_figures.py`).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite

from realities.case.folder import load_case
from realities.figures.counts import in_hundred, shown_share, shown_weight
from realities.weigh.study import Study

#: How a table calls the scores of an account.
SCORES = {
    "Brier score of chances when made": "brier",
    "Brier score of the last chances": "brier_last",
    "claims scored": "n_claims",
    "CRPS of the reports published next": "crps",
    "reports scored": "n_reports",
}


def main() -> None:
    """Run the case and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", nargs="?", default="ukraine-2022")
    parser.add_argument("--effort", default="quick")
    parser.add_argument("--seed", type=int, help="default: the case's own")
    options = parser.parse_args()
    study = load_case(options.case).run(effort=options.effort, seed=options.seed, workers=1)
    print("\n\n".join([weights(study), evidences(study), claims(study), scores(study)]))


def weights(study: Study) -> str:
    """Return weights out of 100 as of each date; `?` where an account is not reliable."""
    rows = []
    for day in study.dates:
        weighing = study.weighings[day]
        names = list(weighing.weights)
        counts = in_hundred([float(weighing.weights[name]) for name in names], names)
        marks = ("" if weighing.fits[name].reliable else "?" for name in names)
        shown = [f"{shown_weight(n)}{mark}" for n, mark in zip(counts, marks, strict=True)]
        rows.append([str(day), f"{weighing.used:,}", *shown])
    return f"## Weights in 100\n\n{table(['as of', 'reports', *accounts(study)], rows)}"


def evidences(study: Study) -> str:
    """Return natural log evidences as of each date."""
    rows = [
        [str(day), *(number(fit.log_evidence, 2) for fit in study.weighings[day].fits.values())]
        for day in study.dates
    ]
    return f"## Log evidences\n\n{table(['as of', *accounts(study)], rows)}"


def claims(study: Study) -> str:
    """Return every claim with a chance: what became of it, and the chances in 100 when it was made."""
    rows = [
        [one.claim.id, str(one.claim.made), one.status, *shares(one.chance_when_made, accounts(study))]
        for one in study.claims
        if one.claim.predicate is not None and one.status != "not made yet"
    ]
    head = table(["claim", "made", "by the last date", *accounts(study)], rows)
    return f"## Chances in 100 when a claim was made\n\n{head}"


def scores(study: Study) -> str:
    """Return how chances and forecasts fared; 0 is perfect."""
    rows = [
        [said, *(number(getattr(study.scores[name], key), 3) for name in accounts(study))]
        for said, key in SCORES.items()
    ]
    return f"## Scores\n\n{table(['score', *accounts(study)], rows)}"


def accounts(study: Study) -> list[str]:
    """Return the accounts' ids in the case's order."""
    return [account.id for account in study.case.accounts]


def shares(chances: Mapping[str, float | None], names: Sequence[str]) -> Iterable[str]:
    """Give chances out of 100, a dash for none."""
    return (shown_share(chances.get(name)) for name in names)


def number(value: float | None, digits: int) -> str:
    """Return a number with some digits, a whole one without; a dash for none."""
    if value is None or not isfinite(value):
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.{digits}f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown: the first column to the left, numbers to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
