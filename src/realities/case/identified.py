"""What reports cannot tell, whatever they say: levels and growth that rest on priors alone.

In come the measures of a case; out come warnings. Reports of one quantity show its shape: how it rises and
falls. They show its level only if somebody's bias is known, or known within bounds; if every reporter may be
off by any factor, the same reports fit a truth of half or twice the size. In the same way they show how
it grows over years only if somebody's bias stays as it is. What is measured twice by one expression is one
quantity here: whoever ties down one of the measures ties down all. `folder.py` calls this; after a
weighing, `weigh/identification.py` says which levels the reports did in fact tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from realities.case.measures import Measure, Reporter
from realities.case.observations import Observation
from realities.case.priors import Prior
from realities.errors import Findings

#: A bias whose 5 % and 95 % quantiles differ by more than this factor does not tie a reporter to the truth.
INFORMATIVE_RATIO: Final = 10.0
#: Kinds of measures whose figures say how much there was, and not only that it was more or less.
TELLING: Final = ("value", "count", "ordinal")


def check_identified(measures: Mapping[str, Measure], findings: Findings) -> None:
    """Warn where no reporter ties a quantity to the truth: its level or growth then rests on priors."""
    for group in _same_quantity(measures.values()):
        telling = [one for one in group if one.kind in TELLING]
        is_tied = any(_ties_level(measure, one) for measure in telling for one in speaking(measure))
        for measure in group:
            own = speaking(measure)
            if own and not is_tied and not any(_ties_level(measure, one) for one in own):
                _warn_of_level(measure, own, findings)
        speakers = [(measure, one) for measure in telling for one in speaking(measure)]
        if speakers and all(_drifts(measure, one) for measure, one in speakers):
            _warn_of_growth(telling[0], [one for _, one in speakers], findings)


def check_spoken(
    measures: Mapping[str, Measure], observations: Iterable[Observation], findings: Findings
) -> None:
    """Warn where only copies have rows: whoever they repeat has none, and a copy weighs nothing."""
    heard: dict[str, set[str]] = {}
    for row in observations:
        heard.setdefault(row.quantity, set()).add(row.reporter)
    for quantity, names in heard.items():
        reporters = measures[quantity].reporters
        if all(reporters[name].copies is not None for name in names):
            origin = reporters[min(names)].copies
            findings.warning(
                "copies-only",
                f'"{quantity}" is reported by copies only, and weighs nothing',
                measures[quantity].span,
                f'give the rows of "{origin}", or let a copy speak for itself: leave out its copies = ...',
            )


def speaking(measure: Measure) -> list[Reporter]:
    """Return the reporters that copy nobody."""
    return [one for one in measure.reporters.values() if one.copies is None]


def bias_ratio(measure: Measure, reporter: Reporter) -> float:
    """Return by what factor a reporter's bias may vary: its 95 % quantile over its 5 % quantile.

    That of its origin is included, as if both logarithms were normal.
    """
    origin = measure.origins.get(reporter.origin) if reporter.origin is not None else None
    parts = [_log_range(reporter.bias)] + ([] if origin is None else [_log_range(origin.bias)])
    return float(np.exp(np.sqrt(np.sum(np.square(parts)))))


def _log_range(bias: Prior) -> float:
    if bias.fixed is not None:
        return 0.0
    low, high = bias.ppf(np.array([0.05, 0.95]))
    return float(np.log(high / low)) if low > 0 else np.inf


def _ties_level(measure: Measure, reporter: Reporter) -> bool:
    return bias_ratio(measure, reporter) <= INFORMATIVE_RATIO


def _drifts(measure: Measure, reporter: Reporter) -> bool:
    """Return whether a reporter's bias may change without bounds, by itself or with its origin."""
    origin = measure.origins.get(reporter.origin) if reporter.origin is not None else None
    drifts = [(reporter.drift, reporter.walk)]
    drifts += [] if origin is None else [(origin.drift.trend, origin.drift.walk)]
    return any(walk is not None or (trend is not None and trend.fixed is None) for trend, walk in drifts)


def _same_quantity(measures: Iterable[Measure]) -> list[list[Measure]]:
    """Return the measures in groups that read one expression, in every account."""
    groups: dict[object, list[Measure]] = {}
    for measure in measures:
        groups.setdefault(reading(measure), []).append(measure)
    return list(groups.values())


def reading(measure: Measure) -> tuple[str, frozenset[tuple[str, str]]]:
    """Return what a measure reads, spaces and case apart: equal for measures of one quantity."""
    own = {(name, _plain(span.text)) for name, span in measure.account_expressions.items()}
    return _plain(measure.expression.text), frozenset(own)


def _plain(expression: str) -> str:
    return " ".join(expression.split()).casefold()


def _warn_of_level(measure: Measure, reporters: list[Reporter], findings: Findings) -> None:
    message = f'no reporter of "{measure.quantity}" is anchored: how far all of them are off cannot be told'
    if len(reporters) == 1 and measure.discrepancy is not None:
        message = (
            f'the one reporter of "{measure.quantity}" is not anchored, and the model may err as well: '
            "bias, model error and truth cannot be told apart"
        )
    hint = "give one of them a bias of 1, or a prior whose p5 and p95 differ by less than a factor of 10"
    if measure.kind == "count":
        message = f'what share of the events of "{measure.quantity}" is ever counted cannot be told'
        hint = "give one reporter a bias whose p5 and p95 differ by less than a factor of 10"
    shared = {one.origin for one in reporters}
    if len(reporters) > 1 and len(shared) == 1 and None not in shared:
        message = (
            f'all reporters of "{measure.quantity}" draw on "{reporters[0].origin}", which is not anchored'
        )
        hint = "give the origin a bias whose p5 and p95 differ by less than a factor of 10, or name another"
    also = "without it the reports tell the shape of the quantity, not its level"
    findings.warning("bias-not-identified", message, measure.span, hint, also)


def _warn_of_growth(measure: Measure, reporters: list[Reporter], findings: Findings) -> None:
    who = "every reporter" if len(reporters) > 1 else "the one reporter"
    walks = any(one.walk is not None for one in reporters)
    how = "walks at random without bounds" if walks else "drifts"
    findings.warning(
        "drift-not-identified",
        f'the bias of {who} of "{measure.quantity}" {how}: how the quantity grows over years rests on priors',
        measure.span,
        "take one of them to be as biased at the end as at the start: leave out its drift, or give a number",
    )
