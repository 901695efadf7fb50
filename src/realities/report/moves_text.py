"""What moved the weights most, for a terminal: the page's own steps, one line each.

In comes a study with weights on several days; out come lines of text, as `realities weigh --timeline` prints
them. The steps are those of `moved.py`, told as of the study's day; a payload without curves is enough.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import TYPE_CHECKING

from realities.report.moved import LEAST, Moved, largest, told_on
from realities.report.payload import build_payload
from realities.report.schema import day_number
from realities.report.sentences import day_text
from realities.report.view import View

if TYPE_CHECKING:
    from realities.weigh.study import Study


def moves_lines(study: Study) -> Iterator[str]:
    """Yield what moved the weights most, up to the study's as-of date; or that nothing did."""
    payload = build_payload(study, study.dates, dict.fromkeys(study.case.measures))
    yield from moves_as_of(View(payload), day_number(study.as_of))


def moves_as_of(view: View, day: int) -> Iterator[str]:
    """Yield the steps of the weights that are told as of a day, in order of time, below a heading."""
    told = told_on(largest(view), day)
    if not told:
        least = round(100 * LEAST)
        yield f"Between these dates nothing that was published moved {least} in 100 of the weight."
        return
    yield f"What moved the weights most when it was published, up to {day_text(day)}:"
    for step in told:
        yield f"  {step.when}: {_changes(step)} in 100. {step.published}"


def _changes(step: Moved) -> str:
    """Return what a step did to the accounts, by their badges: `A from 31 to 4, B from 20 to 50`."""
    return ", ".join(f"{string.ascii_uppercase[k]} {change}" for k, change in step.changes)
