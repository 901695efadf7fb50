"""Which report still to come would tell most about which account holds.

In come the accounts' fits and weights as of a date; out comes a `Candidate` for each quantity that somebody
had reported by then and each of some days up to the end of the case: what each account expects such a report
to say, and the bits that it would tell (`information.py`). The report is one more of the reporter who had
published most of the quantity: with the bias that the fit found, noise as usual, and model error continued
from what was reported. Bounds say only on which side the truth lies, so no report of one is a candidate;
neither is one of a quantity of which nothing has been said for twice its longest silence.
Every candidate stands alone: two that say the same would not tell twice as much. Next is `analysis.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from realities.case.folder import Case
from realities.case.observations import Observation
from realities.ensemble import STREAM_FORWARD, stream
from realities.weigh.fits import AccountFit, with_unheard
from realities.weigh.forward import thinned
from realities.weigh.likelihood import Runs, used_observations
from realities.weigh.reporting.reports import QuantityReports, quantity_reports
from realities.weigh.reporting.scales import to_scale, whole_of
from realities.weigh.sensitivity.information import Named, Predicted, told
from realities.weigh.sensitivity.judged import points_of

FloatArray = NDArray[np.float64]

#: Days on which reports are thought of, evenly spread over what is left of the case.
N_DAYS = 8
#: Shorter silences end nothing.
SILENCE_DAYS = 90
#: The day told of a quantity is the first that gives this part of the most bits.
NEARLY = 0.9
#: Less information than this is nothing.
LEAST_BITS = 0.005
#: A report is expected to leave every weight where it is; estimates that miss this by more are not reliable.
LARGEST_GAP = 0.02
#: What an account expects: these quantiles.
LEVELS = (0.05, 0.5, 0.95)
#: What random streams are for, after the seed and `STREAM_FORWARD`.
_REPORT = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A report that could come: one quantity, by one reporter, of one day.

    Attributes
    ----------
    bits, error
        What it is expected to tell under the weights of the date, and the standard error.
    bits_even
        The same if all accounts had equal weights.
    if_leading, if_not
        The weight that the leading account is expected to have after it, if that account holds, and if not.
    gap, gap_even
        By how much a weight is expected to change whoever holds, under the weights of the date, and under
        equal ones; it should be 0.
    expected
        By account, the 5th, 50th and 95th percentile of what would be reported, in the measure's unit.
    """

    quantity: str
    reporter: str
    day: date
    bits: float
    error: float
    bits_even: float
    if_leading: float
    if_not: float
    gap: float
    gap_even: float
    expected: Mapping[str, tuple[float, float, float]]

    @property
    def reliable(self) -> bool:
        """Whether what is said of it under the weights of the date, and under even ones, adds up."""
        return max(abs(self.gap), abs(self.gap_even)) <= LARGEST_GAP


@dataclass(frozen=True, slots=True)
class SeparatingTask:
    """What one account predicts, to be asked in a process of its own."""

    fit: AccountFit
    as_of: date
    seed: int
    n_draws: int


#: What an account predicts of each candidate, by quantity and number of the day.
Predictions = Mapping[tuple[str, int], tuple[Predicted | Named, tuple[float, float, float]]]


def candidate_days(case: Case, as_of: date, n: int = N_DAYS) -> tuple[date, ...]:
    """Return days after a date up to the end of a case, evenly spread, the last among them."""
    left = (case.calendar.finish - as_of).days
    steps = min(n, max(left, 0))
    return tuple(as_of + timedelta(days=round(left * (k + 1) / steps)) for k in range(steps))


def predictions(case: Case, task: SeparatingTask) -> Predictions:
    """Return what an account predicts of every candidate; those that a draw cannot give are left out."""
    fit = thinned(task.fit, task.n_draws)
    groups = candidates(case, task.as_of)
    if not groups:
        return {}
    fit = with_unheard(fit, groups.values())
    priors = case.priors(fit.account)
    truths, failed = Runs(case, fit.account, task.as_of, priors, groups).truths(fit.parameters, fit.n_draws)
    points = points_of(fit)
    found: dict[tuple[str, int], tuple[Predicted | Named, tuple[float, float, float]]] = {}
    for quantity, reports in groups.items():
        for day, one in enumerate(
            _predicted(fit, quantity, reports, truths[quantity], failed, points, task.seed)
        ):
            if one is not None:
                found[quantity, day] = one
    return found


def ranked(
    case: Case, as_of: date, by_account: Mapping[str, Predictions], weights: Mapping[str, float]
) -> tuple[Candidate, ...]:
    """Return the candidates that all accounts can predict, what would tell most first.

    Parameters
    ----------
    case, as_of
        The case, and the date of the fits.
    by_account
        What each account predicts.
    weights
        By account, sum to one.
    """
    days, groups = candidate_days(case, as_of), candidates(case, as_of)
    even = {name: 1.0 / len(weights) for name in weights}
    found = []
    for quantity, reports in groups.items():
        for k, day in enumerate(days):
            if not all((quantity, k) in one for one in by_account.values()):
                continue
            here = {name: by_account[name][quantity, k] for name in weights}
            predicted = {name: one for name, (one, _) in here.items()}
            now, then = told(predicted, [weights, even])
            found.append(
                Candidate(
                    quantity=quantity,
                    reporter=reports.rows.reporters[0].name,
                    day=day,
                    bits=now.bits,
                    error=now.error,
                    bits_even=then.bits,
                    if_leading=now.if_leading,
                    if_not=now.if_not,
                    gap=now.gap,
                    gap_even=then.gap,
                    expected={name: shown for name, (_, shown) in here.items()},
                )
            )
    return tuple(sorted(found, key=_most_first))


def best_of_each(found: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return one day of each quantity: the first on which a report gives nearly the most bits."""
    by_quantity: dict[str, list[Candidate]] = {}
    for one in found:
        by_quantity.setdefault(one.quantity, []).append(one)
    told = ([one for one in own if one.reliable] or own for own in by_quantity.values())
    best = [_first_good(own) for own in told]
    return tuple(sorted(best, key=_most_first))


def _first_good(own: Sequence[Candidate]) -> Candidate:
    """Return the first of one quantity's candidates that tells nearly as much as any of them.

    Where none tells anything under the weights of the date, even ones decide.
    """

    def told(one: Candidate) -> float:
        return one.bits if own[0].bits >= LEAST_BITS else one.bits_even

    most = max(map(told, own))
    return min((one for one in own if told(one) >= NEARLY * most), key=lambda one: one.day)


def _most_first(one: Candidate) -> tuple[bool, float, float, str, date]:
    bits = one.bits if one.bits >= LEAST_BITS else 0.0
    return not one.reliable, -bits, -one.bits_even, one.quantity, one.day


def candidates(case: Case, as_of: date) -> dict[str, QuantityReports]:
    """Return by quantity the reports that could come, one a day in the order of `candidate_days`."""
    days = candidate_days(case, as_of)
    by_quantity: dict[str, list[Observation]] = {}
    for row in used_observations(case, as_of):
        by_quantity.setdefault(row.quantity, []).append(row)
    found = {}
    for quantity, rows in sorted(by_quantity.items()) if days else ():
        measure = case.measures[quantity]
        if measure.kind in ("floor", "ceiling"):
            continue
        last = None if _is_over(rows, as_of) else _usual(rows)
        if last is None:
            continue
        thought = [replace(last, happened=day, published=day, low=None, high=None) for day in days]
        reports = quantity_reports(measure, thought, case.calendar)
        if len(reports.rows) == len(days):
            found[quantity] = reports
    return found


def _is_over(rows: Sequence[Observation], as_of: date) -> bool:
    """Return whether nothing has been said for longer than ever before: twice the longest silence."""
    days = sorted({row.happened for row in rows})
    silences = [(later - earlier).days for earlier, later in pairwise(days)]
    return len(silences) > 1 and (as_of - days[-1]).days > max(2 * max(silences), SILENCE_DAYS)


def _usual(rows: Sequence[Observation]) -> Observation | None:
    """Return the last row with a value of the reporter who has most of them; None if nobody has any."""
    by_reporter: dict[str, list[Observation]] = {}
    for row in rows:
        if row.value is not None:
            by_reporter.setdefault(row.reporter, []).append(row)
    if not by_reporter:
        return None
    most = min(by_reporter.items(), key=lambda item: (-len(item[1]), item[0]))[1]
    return max(most, key=lambda row: (row.happened, row.published or row.happened))


_One = tuple[Predicted | Named, tuple[float, float, float]]


def _predicted(
    fit: AccountFit,
    quantity: str,
    reports: QuantityReports,
    truth: FloatArray,
    failed: NDArray[np.bool_],
    points: NDArray[np.intp],
    seed: int,
) -> list[_One | None]:
    """Return what an account predicts of each day's report of one quantity; None where it cannot."""
    path = fit.discrepancies.get(quantity)
    parameters = fit.reporter_parameters
    rng, again = (stream(quantity, seed, STREAM_FORWARD, _REPORT) for _ in range(2))
    written = reports.predict(truth, parameters, path, again)  # (draw, row)
    if reports.measure.kind == "count":
        with np.errstate(all="ignore"):
            mean, sd = np.log1p(np.maximum(written, 0.0)), np.zeros((1, written.shape[1]))
    else:
        mean = reports.without_noise(truth, parameters, path, rng)
        sd = np.sqrt(reports.noise_variance(parameters))
    found: list[_One | None] = []
    for k in range(len(reports.rows)):
        good = ~failed & ~np.isnan(mean[:, k]) & ~np.isnan(written[:, k])
        if good.sum() < len(good) / 2 or np.unique(points[good]).size < 4:
            found.append(None)
            continue
        level = np.asarray(_finite(mean[good, k]))
        noise = np.broadcast_to(sd[:, k], failed.shape)[good]
        low, middle, high = (float(value) for value in np.quantile(written[good, k], LEVELS))
        one = (
            Named(_chances(reports, level, noise), points[good])
            if reports.measure.levels is not None
            else Predicted(level, np.asarray(noise), points[good])
        )
        found.append((one, (low, middle, high)))
    return found


def _finite(values: FloatArray) -> FloatArray:
    """Return values on a scale with nothing and the whole, which have no place there, far outside."""
    if np.isfinite(values).all():
        return values
    inside = values[np.isfinite(values)]
    low, high = (float(inside.min()), float(inside.max())) if len(inside) else (0.0, 0.0)
    far = max(high - low, 1.0)
    return np.nan_to_num(values, neginf=low - far, posinf=high + far)


def _chances(reports: QuantityReports, level: FloatArray, noise: FloatArray) -> FloatArray:
    """Return the chance of each level that could be named, (draw, level)."""
    levels, reporter = reports.measure.levels, reports.rows.reporters[0]
    assert levels is not None
    with np.errstate(all="ignore"):
        cuts = to_scale(np.array(levels.cuts), reporter.scale, whole_of(reports.measure, reporter))
        below = ndtr((np.nan_to_num(cuts, neginf=-1e300, posinf=1e300) - level[:, None]) / noise[:, None])
    edges = np.hstack([np.zeros((len(level), 1)), below, np.ones((len(level), 1))])
    return np.diff(edges, axis=1)
