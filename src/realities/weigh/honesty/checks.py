"""Whether an account could have made the reports it was fitted to, and those that came next.

In come draws of an account's posterior with what the model makes of them (`drawn.py`); out comes, for each
quantity, how odd its reports are for the account itself. What a draw says is split into parts that have known
distributions if the account is right: the noise of each report, and the steps of the model error from day to
day, both standard normal. Of each part two numbers are asked:

- `distance`: the sum of its squares, which should follow a chi-squared law;
- `sequence`: how much one resembles the next (lag-one autocorrelation): runs of misfit in one direction.

The probability of one at least as large is exactly uniform for a single draw if the reports come from the
account, priors and all (Johnson 2007); its mean over draws, given here, is drawn towards one half, so a mean
near 0 or 1 is strong. The noise alone is a mild test: the model error follows the figures it has seen, and
takes up what the model misses. Its own steps show how much that is. `whole` compares the reports with such
as the account makes with model error drawn anew, which is mild because biases and parameters have adapted.
The strictest test is of reports that no fit had seen: `places` says where in its prediction each fell.
Next is `honest.py`.

References
----------
Dawid, A. P. (1984). Statistical theory: the prequential approach. Journal of the Royal Statistical Society A
147(2), 278-292.
Gelman, A., Meng, X.-L. and Stern, H. (1996). Posterior predictive assessment of model fitness via realized
discrepancies. Statistica Sinica 6, 733-807.
Johnson, V. E. (2007). Bayesian model assessment using pivotal quantities. Bayesian Analysis 2(4), 719-734.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, kolmogorov

from realities.ensemble import STREAM_WEIGH, stream
from realities.weigh.honesty.drawn import Drawn
from realities.weigh.reporting.discrepancy import DiscrepancyPath
from realities.weigh.reporting.reports import QuantityReports
from realities.weigh.reporting.rows import to_scale, whole_of

FloatArray = NDArray[np.float64]

Part = Literal["noise", "model error", "whole"]
Statistic = Literal["distance", "sequence"]

#: Posterior draws that are split, and that make reports of their own.
CHECK_DRAWS = 250
#: A probability outside these is flagged.
LOWEST, HIGHEST = 0.02, 0.98
#: Pairs of successive numbers from which their likeness is judged.
LEAST_PAIRS = 5
#: Bins of the histogram of places in the prediction.
N_BINS = 10
#: What the random streams of these draws carry, after the seed.
_CHECKS = 13


@dataclass(frozen=True, slots=True)
class Check:
    """One statistic of one part of a quantity's reports, under one account.

    `probability` is that of a statistic at least as large, if the account is right; `count` is of how many
    numbers the statistic is made.
    """

    account: str
    quantity: str
    part: Part
    statistic: Statistic
    probability: float
    count: int

    @property
    def flagged(self) -> bool:
        """Whether the account itself hardly ever makes such reports."""
        return not LOWEST <= self.probability <= HIGHEST


@dataclass(frozen=True, slots=True)
class Places:
    """Where reports published next fell in the prediction made before them, by one account.

    `counts` (bin,) is a histogram of the probability that the prediction put below each report: even if the
    predictions are right. `distance` is the largest gap between the two distribution functions (Kolmogorov
    and Smirnov), `probability` that of a larger one if reports were independent, which those of one date are
    not: it is then too small.
    """

    account: str
    counts: tuple[int, ...]
    rows: int
    distance: float
    probability: float


def checks(account: str, draws: Drawn, seed: int, n_draws: int = CHECK_DRAWS) -> tuple[Check, ...]:
    """Return how odd the reports of each quantity are for an account, from draws of its posterior."""
    few = draws.resampled(n_draws, np.random.default_rng([seed, STREAM_WEIGH, _CHECKS]))
    found: list[Check] = []
    for quantity, reports in few.reports.items():
        if reports.measure.kind != "value":
            continue  # a bound says what is possible, not what is likely; counts come with their own delay
        rng = stream(quantity, seed, STREAM_WEIGH, _CHECKS)
        truth = few.truths[quantity]
        named, path = reports.sample_integrated(truth, few.parameters, rng)
        parameters = {**few.parameters, **named}
        for part, statistic, probability, count in (
            *_of_noise(reports, truth, parameters, path, rng),
            *_of_model_error(path, rng),
            *_of_whole(reports, truth, parameters, path, rng),
        ):
            found.append(Check(account, quantity, part, statistic, probability, count))
    return tuple(found)


_Found = tuple[Part, Statistic, float, int]


def _of_noise(
    reports: QuantityReports,
    truth: FloatArray,
    parameters: Mapping[str, FloatArray],
    path: DiscrepancyPath | None,
    rng: np.random.Generator,
) -> list[_Found]:
    """Return statistics of the reports' own noise; reports that are intervals have none to look at."""
    plain = np.flatnonzero(reports.rows.is_plain)
    if not len(plain):
        return []
    expected = reports.without_noise(truth, parameters, path, rng)
    noise = (reports.rows.value - expected) / np.sqrt(reports.noise_variance(parameters))
    return _pivotal("noise", noise[:, plain], _successive(reports.rows.reporter[plain]), rng)


def _of_model_error(path: DiscrepancyPath | None, rng: np.random.Generator) -> list[_Found]:
    """Return statistics of the steps by which the model error goes from one day to the next."""
    if path is None or not len(path.days) or not path.wander.sd > 0:
        return []
    kept = np.exp(-np.diff(path.days) / path.wander.timescale_days)
    fresh = path.wander.sd * np.sqrt(-np.expm1(2.0 * np.log(kept)))
    steps = np.empty_like(path.values)
    steps[:, 0] = path.values[:, 0] / path.wander.sd
    steps[:, 1:] = (path.values[:, 1:] - kept * path.values[:, :-1]) / fresh
    return _pivotal("model error", steps, _successive(np.zeros(len(path.days), dtype=np.intp)), rng)


def _pivotal(
    part: Part, normal: FloatArray, pairs: NDArray[np.intp], rng: np.random.Generator
) -> list[_Found]:
    """Return both statistics of numbers (draw, n) that are independent and standard normal in each draw."""
    normal = normal[np.isfinite(normal).all(axis=1)]
    n = normal.shape[1]
    if not len(normal):
        return []
    found: list[_Found] = [(part, "distance", float(chdtrc(n, (normal**2).sum(axis=1)).mean()), n)]
    if len(pairs) >= LEAST_PAIRS:
        other = _likeness(rng.standard_normal(normal.shape), pairs)
        found.append((part, "sequence", _tail(other, _likeness(normal, pairs)), len(pairs)))
    return found


def _of_whole(
    reports: QuantityReports,
    truth: FloatArray,
    parameters: Mapping[str, FloatArray],
    path: DiscrepancyPath | None,
    rng: np.random.Generator,
) -> list[_Found]:
    """Return statistics of the reports against such as the draws make, with model error drawn anew."""
    if path is None:
        return []
    said = _on_scale(reports, np.array([[_value(row.value) for row in reports.rows.observations]]))
    made = _on_scale(reports, reports.predict(truth, parameters, None, rng))
    made = made + np.nan_to_num(reports.rows.own_sd) * rng.standard_normal(made.shape)
    used = np.isfinite(said[0])
    made = made[np.isfinite(made).all(axis=1)][:, used]
    if 2 * len(made) <= len(truth) or not used.any():
        return []  # most draws make reports that have no place on the scale, such as zeros on the logarithmic
    middle, spread = made.mean(axis=0), made.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    real, like = (said[:, used] - middle) / spread, (made - middle) / spread
    n = int(used.sum())
    found: list[_Found] = [("whole", "distance", _tail((like**2).sum(axis=1), (real**2).sum(axis=1)), n)]
    pairs = _successive(reports.rows.reporter[used])
    if len(pairs) >= LEAST_PAIRS:
        probability = _tail(_likeness(like, pairs), _likeness(real, pairs))
        found.append(("whole", "sequence", probability, len(pairs)))
    return found


def _value(value: float | None) -> float:
    return np.nan if value is None else value


def _on_scale(reports: QuantityReports, values: FloatArray) -> FloatArray:
    """Return values (draw, row) on the scale on which each row's reporter errs."""
    found = np.empty_like(values)
    with np.errstate(all="ignore"):
        for r, reporter in enumerate(reports.rows.reporters):
            own = reports.rows.reporter == r
            found[:, own] = to_scale(values[:, own], reporter.scale, whole_of(reports.measure, reporter))
    return found


def _likeness(numbers: FloatArray, pairs: NDArray[np.intp]) -> FloatArray:
    """Return the lag-one autocorrelation of numbers (draw, n) over pairs of places, (draw,)."""
    products = (numbers[:, pairs[:, 0]] * numbers[:, pairs[:, 1]]).mean(axis=1)
    return np.asarray(products / np.maximum((numbers**2).mean(axis=1), 1e-300))


def _successive(series: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return pairs of places that follow one another in one series, shape (pair, 2)."""
    each = [np.flatnonzero(series == one) for one in np.unique(series)]
    pairs = [np.stack([own[:-1], own[1:]], axis=1) for own in each]
    return np.concatenate([np.zeros((0, 2), dtype=np.intp), *pairs])


def _tail(made: FloatArray, real: FloatArray) -> float:
    """Return the part of pairs of a made and a real number in which the made one is larger, ties half.

    A real number is one of those that could have been made, so none is ever quite alone.
    """
    ordered = np.sort(made)
    below = np.searchsorted(ordered, real, side="left") + np.searchsorted(ordered, real, side="right")
    larger = len(made) - 0.5 * below
    return float((larger.mean() + 0.5) / (len(made) + 1.0))


def places(account: str, below: Iterable[FloatArray]) -> Places | None:
    """Return where reports fell, from what each prediction put below its reports, (row,)."""
    values = np.concatenate([np.zeros(0), *below])
    values = np.sort(values[np.isfinite(values)])
    n = len(values)
    if not n:
        return None
    counts, _ = np.histogram(values, bins=N_BINS, range=(0.0, 1.0))
    steps = np.arange(n + 1) / n
    distance = float(max((steps[1:] - values).max(), (values - steps[:-1]).max()))
    root = np.sqrt(n)  # Stephens' correction for few values
    probability = float(kolmogorov((root + 0.12 + 0.11 / root) * distance))
    return Places(account, tuple(int(count) for count in counts), n, distance, probability)
