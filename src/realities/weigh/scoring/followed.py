"""What a forecast as of a date said of the figures that followed, beside what anybody could have said.

In come a case and the fits of its accounts as of a date (`weighing.py`); out come, by quantity, predictions
of every figure published after that date of a later day, and how they fared: the share inside the 90 %
band, the continuous ranked probability score, the error of the median, and the same of two baselines that
need no model. Nothing published after the date plays a part but as what is to be predicted.

The baselines are straight lines (`straight.py`). Floors and ceilings say no number: of them only the share
is given that the bound allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from realities.case.folder import Case
from realities.case.measures import Measure
from realities.case.observations import Observation
from realities.ensemble import stream
from realities.weigh.fits import AccountFit, Weighing, predict_reports
from realities.weigh.likelihood import AccountLikelihood, used_observations
from realities.weigh.reporting.reports import quantity_reports
from realities.weigh.scoring.bands import BAND
from realities.weigh.scoring.scores import crps, skill
from realities.weigh.scoring.straight import NAIVE, Known, Naive, naive_members

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Foretold:
    """Predictions of some rows of one quantity.

    Attributes
    ----------
    measure
        Of the quantity.
    rows
        What was reported.
    drawn
        The rows as they could have been reported, in the measure's unit, shape (draw, row).
    weights
        Of the draws, summing to one, (draw,).
    """

    measure: Measure
    rows: tuple[Observation, ...]
    drawn: FloatArray
    weights: FloatArray

    @property
    def said(self) -> FloatArray:
        """The reported values, (row,), NaN where a row gives a range alone."""
        return np.array([np.nan if row.value is None else row.value for row in self.rows])

    @property
    def inside(self) -> BoolArray:
        """Which rows the 90 % band allows, (row,): of a bound, whether its end does."""
        low, high = (self.quantile(level) for level in BAND)
        match self.measure.kind:
            case "floor":
                return np.asarray(self.said <= high)
            case "ceiling":
                return np.asarray(self.said >= low)
            case _:
                return np.asarray((self.said >= low) & (self.said <= high))

    def quantile(self, level: float) -> FloatArray:
        """Return a quantile of the draws, (row,); of levels the one that is reached."""
        order = np.argsort(self.drawn, axis=0, kind="stable")
        drawn = np.take_along_axis(self.drawn, order, axis=0)
        weights = self.weights[order]
        middle = np.cumsum(weights, axis=0) - 0.5 * weights  # (draw, row)
        if self.measure.kind == "ordinal":
            at = [int(np.searchsorted(middle[:, k], level)) for k in range(drawn.shape[1])]
            return np.array([drawn[min(row, len(drawn) - 1), k] for k, row in enumerate(at)])
        return np.array([np.interp(level, middle[:, k], drawn[:, k]) for k in range(drawn.shape[1])])

    def of(self, chosen: BoolArray) -> Foretold:
        """Return the predictions of some of the rows."""
        rows = tuple(row for row, is_chosen in zip(self.rows, chosen, strict=True) if is_chosen)
        return replace(self, rows=rows, drawn=self.drawn[:, chosen])


def followed(case: Case, as_of: date, until: date | None = None) -> tuple[Observation, ...]:
    """Return the rows published after a date of days after it, and by `until`: by default, of all."""
    used = used_observations(case, until or case.latest_published)
    return tuple(
        row for row in used if row.published is not None and row.published > as_of and row.happened > as_of
    )


def foretold(
    case: Case, fit: AccountFit, rows: Sequence[Observation], seed: int | None = None
) -> dict[str, Foretold]:
    """Return what an account's fit predicts of rows, by quantity, sorted.

    Dated inputs published after the fit's date are not known. Draws that leave the real numbers are left out.

    Parameters
    ----------
    case, fit
        The case, and one of its accounts as of a date.
    rows
        Reports to predict, of any days.
    seed
        Of errors still to come; default: that of the fit.
    """
    by_quantity: dict[str, list[Observation]] = {}
    earlier: dict[str, list[Observation]] = {}
    for row in rows:
        by_quantity.setdefault(row.quantity, []).append(row)
    for row in used_observations(case, fit.as_of):
        earlier.setdefault(row.quantity, []).append(row)
    groups = {
        quantity: quantity_reports(case.measures[quantity], own, case.calendar, earlier.get(quantity, ()))
        for quantity, own in sorted(by_quantity.items())
    }
    runs = AccountLikelihood(case, fit.account, fit.as_of, rows=()).runs_of(groups)
    truths, failed = runs.truths(fit.parameters, fit.n_draws)
    key = fit.seed if seed is None else seed
    found: dict[str, Foretold] = {}
    for quantity, reports in groups.items():
        if len(reports.rows):
            drawn = predict_reports(fit, reports, truths[quantity], stream(quantity, key))[~failed]
            even = np.full(len(drawn), 1.0 / max(len(drawn), 1))
            found[quantity] = Foretold(reports.measure, reports.rows.observations, drawn, even)
    return found


def together(case: Case, weighing: Weighing, rows: Sequence[Observation]) -> dict[str, Foretold]:
    """Return what all accounts predict together, each by its weight at the date, by quantity."""
    parts = {name: foretold(case, fit, rows) for name, fit in weighing.fits.items()}
    return mixed(parts, weighing.weights)


def mixed(parts: Mapping[str, Mapping[str, Foretold]], weights: Mapping[str, float]) -> dict[str, Foretold]:
    """Return the mixture of several accounts' predictions of the same rows, by weight."""
    some = next(iter(parts.values()))
    return {
        quantity: replace(
            some[quantity],
            drawn=np.concatenate([found[quantity].drawn for found in parts.values()]),
            weights=np.concatenate(
                [weights[name] * found[quantity].weights for name, found in parts.items()]
            ),
        )
        for quantity in some
    }


# -- scores ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RowScores:
    """How predictions of rows fared, one number a row: NaN where there is none.

    Attributes
    ----------
    days_ahead
        From the date of the forecast to the day that a row speaks of.
    size
        Absolute value of what was reported.
    inside
        1 where the 90 % band holds what was reported, else 0; of floors and ceilings, where it allows it.
        Where so many draws are no number that the band has no end, 0: a row is a miss, not passed over.
    crps, error
        Score, and reported value less the median, in the measure's unit; none where any draw is no finite
        number.
    naive_inside, naive_crps, naive_error
        The same of each baseline.
    """

    days_ahead: FloatArray
    size: FloatArray
    inside: FloatArray
    crps: FloatArray
    error: FloatArray
    naive_inside: Mapping[Naive, FloatArray]
    naive_crps: Mapping[Naive, FloatArray]
    naive_error: Mapping[Naive, FloatArray]

    def of(self, chosen: BoolArray) -> RowScores:
        """Return the scores of some rows."""
        return RowScores(
            self.days_ahead[chosen],
            self.size[chosen],
            self.inside[chosen],
            self.crps[chosen],
            self.error[chosen],
            {naive: found[chosen] for naive, found in self.naive_inside.items()},
            {naive: found[chosen] for naive, found in self.naive_crps.items()},
            {naive: found[chosen] for naive, found in self.naive_error.items()},
        )


def row_scores(predictions: Foretold, known: Known, as_of: date) -> RowScores:
    """Return how predictions fared on each of their rows, beside the baselines of a date."""
    said, n = predictions.said, len(predictions.rows)
    is_told = predictions.measure.kind not in ("floor", "ceiling")
    known_rows: BoolArray = np.isfinite(said)
    finite: BoolArray = known_rows & np.isfinite(predictions.drawn).all(axis=0)
    scored: BoolArray = finite & np.bool_(is_told)
    own, error, inside = (np.full(n, np.nan) for _ in range(3))
    inside[known_rows] = predictions.of(known_rows).inside
    if scored.any():
        own[scored] = crps(predictions.drawn[:, scored], said[scored], predictions.weights)
        error[scored] = said[scored] - predictions.of(scored).quantile(0.5)
    days = np.array([float((row.happened - as_of).days) for row in predictions.rows])
    naive = {naive: _naive_scores(predictions, said, scored, known, naive) for naive in NAIVE}
    return RowScores(
        days,
        np.abs(said),
        inside,
        own,
        error,
        *({name: found[k] for name, found in naive.items()} for k in range(3)),
    )


def _naive_scores(
    predictions: Foretold, said: FloatArray, scored: BoolArray, known: Known, naive: Naive
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return a baseline's hits, scores and errors on the rows that are scored, each (row,)."""
    inside, score, error = (np.full(len(said), np.nan) for _ in range(3))
    for k in np.flatnonzero(scored):
        members = naive_members(predictions.measure, predictions.rows[k], known, naive)
        if members is not None:
            low, high = np.quantile(members, BAND)
            inside[k] = float(low <= said[k] <= high)
            score[k] = crps(members, said[k])
            error[k] = said[k] - np.median(members)
    return inside, score, error


@dataclass(frozen=True, slots=True)
class Against:
    """An account beside one baseline, on the `n` rows that both forecast; None where there is none.

    `skill` is the part by which the mean score is better than the baseline's, `point_skill` the same of the
    root mean square error of medians, which no width of a baseline can change. `inside` counts the rows in
    the baseline's own band, `rmse` is the error of its medians.
    """

    n: int
    inside: int
    skill: float | None
    point_skill: float | None
    rmse: float | None


@dataclass(frozen=True, slots=True)
class Fared:
    """How forecasts of a quantity fared: `inside` of `n` in the band, mean score, error of the median."""

    n: int
    inside: int
    crps: float | None
    rmse: float | None
    against: Mapping[Naive, Against]


def fared(scores: RowScores) -> Fared:
    """Return the sums over rows."""
    banded = np.isfinite(scores.inside)
    return Fared(
        n=int(banded.sum()),
        inside=int(np.nansum(scores.inside)),
        crps=_mean(scores.crps),
        rmse=_rms(scores.error),
        against={naive: _against(scores, naive) for naive in NAIVE},
    )


def _against(scores: RowScores, naive: Naive) -> Against:
    both = np.isfinite(scores.crps) & np.isfinite(scores.naive_crps[naive])
    ours, theirs = scores.error[both], scores.naive_error[naive][both]
    return Against(
        n=int(both.sum()),
        inside=int(scores.naive_inside[naive][both].sum()),
        skill=skill(_mean(scores.crps[both]), _mean(scores.naive_crps[naive][both])),
        point_skill=skill(_rms(ours), _rms(theirs)),
        rmse=_rms(theirs),
    )


def pooled_skill(by_quantity: Mapping[str, RowScores], naive: Naive) -> float | None:
    """Return the skill over several quantities, each in multiples of the mean size of its own figures.

    Every quantity counts the same, however many figures it has: see `scores.pooled_crps`. None where no
    quantity can be compared.
    """
    parts: list[tuple[float, float]] = []
    for scores in by_quantity.values():
        both = np.isfinite(scores.crps) & np.isfinite(scores.naive_crps[naive])
        if both.any() and (size := float(scores.size[both].mean())) > 0.0:
            own, other = scores.crps[both].mean(), scores.naive_crps[naive][both].mean()
            parts.append((float(own) / size, float(other) / size))
    if not parts:
        return None
    return skill(sum(own for own, _ in parts), sum(other for _, other in parts))


def _mean(values: FloatArray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None


def _rms(values: FloatArray) -> float | None:
    mean = _mean(values**2)
    return None if mean is None else sqrt(mean)
