"""Forecasts in the columns in which modelling hubs exchange them, as one CSV text.

In comes a study; out come, as of its date, the bands of every quantity under every account from that date
on, and the chances of the claims that are still open. The columns are those of hubverse model output: task
ids (`origin_date`, `target`, `target_end_date`), representation (`output_type`, `output_type_id`, `value`)
and, as when several models are read together, `model_id`. What is missing is NA.

- A quantity is a `target` by its name, in the unit of its measure, and has rows of output type `quantile`.
- An open claim is the target `claim: ID`, of the day of its deadline, and has two rows of output type `pmf`.

References
----------
Hubverse documentation, "Model output" and "Defining modeling tasks": docs.hubverse.io, user guide.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import TYPE_CHECKING, Final

from realities.weigh.shown import LEVELS

if TYPE_CHECKING:
    from realities.weigh.study import Study

COLUMNS: Final = (
    "model_id", "origin_date", "target", "target_end_date", "output_type", "output_type_id", "value",
)  # fmt: skip
#: The team of every model, and what stands for something missing.
TEAM, MISSING = "realities", "NA"
#: The two things that may become of an open claim.
HAPPENED, NOT = "happened", "did not happen"

Row = tuple[str, str, str, str, str, str, str]


def forecasts_csv(study: Study) -> str:
    """Return the forecasts of a study as of its date, below a line of column names."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    names = model_ids(account.id for account in study.case.accounts)
    for account, model in names.items():
        lines.writerows(_quantiles(study, account, model))
        lines.writerows(_chances(study, account, model))
    return text.getvalue()


def model_ids(accounts: Iterable[str]) -> dict[str, str]:
    """Return each account's model id: team and model, each of letters, digits and underscores.

    Examples
    --------
    >>> model_ids(["author", "the decree", "the-decree"]) {'author': 'realities-author', 'the decree':
    'realities-the_decree', 'the-decree': 'realities-the_decree_2'}
    """
    found: dict[str, str] = {}
    for account in accounts:
        plain = f"{TEAM}-{re.sub('[^A-Za-z0-9_]', '_', account)}"
        model, k = plain, 1
        while model in found.values():
            k += 1
            model = f"{plain}_{k}"
        found[account] = model
    return found


def _quantiles(study: Study, account: str, model: str) -> Iterator[Row]:
    """Give the bands of every quantity from the study's date on; points without one are left out."""
    forecast, origin = study.forecasts[study.as_of][account], study.as_of.isoformat()
    days = [study.case.calendar.date_of(float(time)) for time in forecast.times]
    for quantity, bands in forecast.quantiles.items():  # (level, time)
        seen = set()
        for k, day in enumerate(days):
            if day < study.as_of or day in seen or not all(map(isfinite, bands[:, k])):
                continue
            seen.add(day)  # a calendar of few days has several points on one of them: the first counts
            for level, value in zip(LEVELS, bands[:, k], strict=True):
                yield model, origin, quantity, day.isoformat(), "quantile", repr(level), repr(float(value))


def _chances(study: Study, account: str, model: str) -> Iterator[Row]:
    """Give the chances of the claims whose deadline is still to come, or that have none."""
    for judged in study.claims:
        claim, chance = judged.claim, judged.chance.get(account)
        if judged.status != "open" or chance is None:
            continue
        day = MISSING if claim.deadline is None else claim.deadline.isoformat()
        for outcome, value in ((HAPPENED, chance), (NOT, 1.0 - chance)):
            yield model, study.as_of.isoformat(), f"claim: {claim.id}", day, "pmf", outcome, repr(value)
