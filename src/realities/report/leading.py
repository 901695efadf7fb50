"""The first words of a page, for a terminal and a notebook: what the reports make of the accounts.

In comes a study, or a weighing alone; out come the page's own sentences as text. Next is `why.py`, which says
why the account that leads does so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from realities.figures import format_date
from realities.report.fared import fared_less_well
from realities.report.scored import account_scores
from realities.report.sentences import ends_of, reading_parts, separation_data
from realities.report.view import in_hundred, shown_weight
from realities.weigh.fits import Weighing

if TYPE_CHECKING:
    from datetime import date

    from realities.report.schema import SeparationData
    from realities.weigh.study import Study


def reading(found: Study | Weighing) -> str:
    """Return what the reports make of the accounts, with the first words of a page.

    Of a study as of its last date, with the verdict that other ranges and model errors lead to. A weighing
    alone has none, and claims no more than who is ahead.
    """
    if isinstance(found, Weighing):
        started = {} if found.case is None else found.case.prior_weights
        return _words(found, found.as_of, _names(found), started, None)
    return reading_of_study(found, found.as_of)[0]


def reading_of_study(study: Study, day: date) -> tuple[str, list[str]]:
    """Return the reading as of one of a study's dates as plain text, and each weight as shown."""
    accounts, weighing = study.case.accounts, study.weighings[day]
    names = {account.id: account.name for account in accounts}
    text = _words(weighing, day, names, study.case.prior_weights, separation_data(study, day))
    shown = shown_of(weighing, list(names))
    if day == study.as_of and weighing.used and all(weighing.fits[name].reliable for name in names):
        text += fared_less_well([account_scores(study, name) for name in names], shown)
    return text, [shown_weight(n) for n in shown]


def ranges_of_study(study: Study, day: date) -> list[str]:
    """Return by account, in display order, its weights at half to double prior width, as `41 to 74`.

    Nothing where they do not differ as shown, or are not known.
    """
    shown = shown_of(study.weighings[day], [account.id for account in study.case.accounts])
    separation = separation_data(study, day)
    return [ends_of(n, k, separation, shown_weight) for k, n in enumerate(shown)]


def shown_of(weighing: Weighing, ids: Sequence[str]) -> list[int]:
    """Return the weights of accounts as whole numbers that add to 100."""
    return in_hundred([float(weighing.weights[name]) for name in ids], list(ids))


def _words(
    weighing: Weighing,
    day: date,
    names: Mapping[str, str],
    started: Mapping[str, float],
    separation: SeparationData | None,
) -> str:
    parts = reading_parts(
        list(names.values()),
        shown_of(weighing, list(names)),
        [float(weighing.weights[name]) for name in names],
        [weighing.fits[name].reliable for name in names],
        weighing.used,
        format_date(day),
        separation,
        started=[started.get(name, 1.0) for name in names],
    )
    return "".join(text for text, _ in parts)


def _names(weighing: Weighing) -> dict[str, str]:
    """Return the accounts' names by id, in the order of display."""
    if weighing.case is None:
        return {name: name for name in weighing.weights}
    return {account.id: account.name for account in weighing.case.accounts}
