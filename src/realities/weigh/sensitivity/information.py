"""How much a report would tell about which account holds: mutual information, from predictive draws.

In come the accounts' weights and, by account, draws of what a report could be: means and standard deviations
of normal components for a figure, or chances of each level for a report that names one. Out comes the
information in bits, as a lower bound (Barber and Agakov 2003): half of the posterior points estimate each
account's density, the other half says how well accounts are told apart by it, and the other way round. An
estimate that is off can thus only lower the number, on average; two accounts that predict the same give
nothing but noise around zero. A density may have a spike and a plain, so that every draw has a width of its
own, from how far its neighbours are; how far, the draws themselves say, those that were left out. Whatever
is expected, no weight is expected to change: how far that is missed is the check. Next is `separating.py`.

References
----------
Abramson, I. S. (1982). On bandwidth variation in kernel estimates: a square root law. Annals of Statistics
10(4), 1217-1223.
Barber, D. and Agakov, F. (2003). The IM algorithm: a variational approach to information maximization.
Advances in Neural Information Processing Systems 16.
Lindley, D. V. (1956). On a measure of the information provided by an experiment. Annals of Mathematical
Statistics 27(4), 986-1005.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from realities.weigh.sensitivity.errors_of_draws import mean_error, n_effective

FloatArray = NDArray[np.float64]

#: Points at which densities are computed; between them their logarithms are taken as straight.
GRID = 300
#: Nodes that stand for the noise of a component.
NODES = 7
#: The broad density that is mixed in is so many times as wide as all predictions together.
BROAD = 3.0
#: Widths that are tried: parts of the distance to a neighbour, that of Silverman's rule for all draws, and
#: that for the bulk of them; and parts of the draws that are left out in turn to choose one.
SPACINGS, PARTS = (0.7, 1.4, 2.8), 5
#: The part of a component that reaches as far as all draws are spread, either of which is tried.
FAR = (0.01, 0.2)
_TINY = 1e-300

_Scored = tuple[FloatArray, FloatArray, NDArray[np.intp]]


@dataclass(frozen=True, slots=True)
class Predicted:
    """What one account predicts of a report.

    Attributes
    ----------
    mean, sd
        Of a normal component for each draw, (draw,), on the scale of the reporter.
    points
        Which posterior point each draw repeats, (draw,).
    """

    mean: FloatArray
    sd: FloatArray
    points: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Named:
    """What one account predicts of a report that names a level: chances (draw, level), and points (draw,)."""

    chances: FloatArray
    points: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Told:
    """What a report would tell.

    `bits` are expected of it under the weights given, with a standard error that comes from the number of
    draws; at most the entropy of the weights. `if_leading` is the weight that the leading account is expected
    to have after it if that account holds, `if_not` if another does. `gap` is the check: the weight of an
    account that is expected after the report, whoever holds, less its weight before, where that is farthest
    from nothing. It has to be nothing within the draws' error.
    """

    bits: float
    error: float
    if_leading: float
    if_not: float
    gap: float


def told(
    predicted: Mapping[str, Predicted | Named], weightings: Sequence[Mapping[str, float]]
) -> tuple[Told, ...]:
    """Return what a report would tell about which account holds, under each of several weightings.

    Parameters
    ----------
    predicted
        By account.
    weightings
        Each by account, summing to one. Accounts without weight play no part.
    """
    names = list(predicted)
    folds = [_scored([predicted[name] for name in names], fold) for fold in (0, 1)]
    return tuple(_told(names, folds, weights) for weights in weightings)


def _told(names: Sequence[str], folds: Sequence[Sequence[_Scored]], weights: Mapping[str, float]) -> Told:
    held = [k for k, name in enumerate(names) if weights[name] > 0]
    shares = np.array([weights[names[k]] for k in held])
    lead = int(shares.argmax())
    gains: list[float] = []
    errors: list[float] = []
    after: list[FloatArray] = []  # expected weights of all accounts if each account holds
    for a, k in enumerate(held):
        gained, weighed, places = [], [], []
        for fold in folds:
            log_densities, node_weights, points = fold[k]  # (account, draw, node), (draw, node), (draw,)
            with_weights = log_densities[held] + np.log(shares)[:, None, None]
            top = with_weights.max(axis=0)
            total = top + np.log(np.exp(with_weights - top).sum(axis=0))
            gained.append(((log_densities[k] - total) * node_weights).sum(axis=1) / log(2.0))
            weighed.append((np.exp(with_weights - total) * node_weights).sum(axis=2))
            places.append(points)
        values = np.concatenate(gained)
        gains.append(float(shares[a] * values.mean()))
        errors.append(float(shares[a]) * mean_error(values, np.concatenate(places)))
        after.append(np.concatenate(weighed, axis=1).mean(axis=1))
    others = [k for k in range(len(held)) if k != lead]
    left = float(shares[others].sum())
    expected = np.array(after)  # (account that holds, account)
    leads = expected[:, lead]
    gaps = shares @ expected - shares
    return Told(
        bits=max(0.0, sum(gains)),
        error=sqrt(sum(error**2 for error in errors)),
        if_leading=float(leads[lead]),
        if_not=float(shares[others] @ leads[others]) / left if left > 0 else float(leads[lead]),
        gap=float(gaps[np.abs(gaps).argmax()]),
    )


def _scored(predicted: Sequence[Predicted | Named], fold: int) -> list[_Scored]:
    """Return, by account, the log densities under all accounts of what its draws of one fold would report.

    Shapes are (account, draw, outcome), then the outcomes' weights (draw, outcome), then points (draw,).
    """
    figures = [one for one in predicted if isinstance(one, Predicted)]
    if len(figures) == len(predicted):
        return _scored_figures(figures, fold)
    return _scored_levels([one for one in predicted if isinstance(one, Named)], fold)


def _scored_levels(predicted: Sequence[Named], fold: int) -> list[_Scored]:
    densities = []
    for one in predicted:
        train = one.points % 2 != fold
        n_levels = one.chances.shape[1]
        n = n_effective(one.points[train])
        share = 1.0 / (n + 1.0)  # one point more, that could be any level
        densities.append((1.0 - share) * one.chances[train].mean(axis=0) + share / n_levels)
    logs = np.log(np.array(densities))  # (account, level)
    found = []
    for one in predicted:
        test = one.points % 2 == fold
        n = int(test.sum())
        every = np.broadcast_to(logs[:, None, :], (len(predicted), n, logs.shape[1]))
        found.append((every, one.chances[test], one.points[test]))
    return found


def _scored_figures(predicted: Sequence[Predicted], fold: int) -> list[_Scored]:
    nodes, node_weights = np.polynomial.hermite_e.hermegauss(NODES)
    node_weights = node_weights / node_weights.sum()
    tests = [one.points % 2 == fold for one in predicted]
    outcomes = [
        one.mean[test, None] + one.sd[test, None] * nodes for one, test in zip(predicted, tests, strict=True)
    ]
    every = np.concatenate([values.ravel() for values in outcomes])
    grid = np.unique(np.quantile(every, np.linspace(0.0, 1.0, GRID)))
    centre, width = float(every.mean()), BROAD * max(float(every.std()), 1e-12 * max(abs(every).max(), 1.0))
    broad = _normal(grid, np.array([centre]), np.array([width]))[:, 0]
    logs = np.array(
        [_log_density(one, ~test, grid, broad) for one, test in zip(predicted, tests, strict=True)]
    )
    found = []
    for one, test, values in zip(predicted, tests, outcomes, strict=True):
        log_densities = np.array([np.interp(values, grid, log_density) for log_density in logs])
        found.append((log_densities, np.broadcast_to(node_weights, values.shape), one.points[test]))
    return found


def _log_density(one: Predicted, train: NDArray[np.bool_], grid: FloatArray, broad: FloatArray) -> FloatArray:
    """Return the log of an account's predictive density on a grid, from part of its draws, (point,).

    Of several widths, that one is taken which makes draws most likely that are left out in turn.
    """
    mean, sd, points = one.mean[train], one.sd[train], one.points[train]
    n = n_effective(points)
    share = 1.0 / (n + 1.0)

    def mixed(matrix: FloatArray, used: NDArray[np.bool_]) -> FloatArray:
        found = share * broad + (1.0 - share) * matrix[:, used].mean(axis=1)
        return np.asarray(np.log(found + _TINY))

    nodes, node_weights = np.polynomial.hermite_e.hermegauss(NODES)
    outcomes = mean[:, None] + sd[:, None] * nodes
    parts = np.unique(points, return_inverse=True)[1].reshape(-1) % PARTS
    best, most = None, -np.inf
    for matrix in _components(mean, sd, n, grid):
        score = 0.0
        for part in range(PARTS):
            out = parts == part
            if out.any() and not out.all():
                score += float((np.interp(outcomes[out], grid, mixed(matrix, ~out)) @ node_weights).sum())
        if score > most:
            best, most = matrix, score
    assert best is not None
    return mixed(best, np.ones(len(mean), dtype=bool))


def _components(mean: FloatArray, sd: FloatArray, n: float, grid: FloatArray) -> Iterator[FloatArray]:
    """Give the densities of all components on a grid, (point, draw), for each of the widths that are tried.

    No component is narrower than its width: too few of them would make spikes. A part of each is as wide as
    Silverman's rule has it for all draws, for those few that are far from the others.
    """
    wide = float(mean.std())
    low, high = np.quantile(mean, [0.25, 0.75])
    bulk = min(wide, float(high - low) / 1.34) or wide
    ruled = 0.9 * n**-0.2
    spacing = _spacing(mean, n)
    far = _normal(grid, mean, np.maximum(sd, _at_least(ruled * wide, grid)))
    for width in (*(part * spacing for part in SPACINGS), ruled * wide, ruled * bulk):
        near = _normal(grid, mean, np.maximum(sd, _at_least(width, grid)))
        yield from ((1.0 - part) * near + part * far for part in FAR)


def _spacing(mean: FloatArray, n: float) -> FloatArray:
    """Return how far each draw's neighbour is, the sqrt(n)-th of n different points, (draw,)."""
    neighbour = min(len(mean) - 1, max(1, round(len(mean) / sqrt(n))))
    return np.asarray(np.partition(np.abs(mean[:, None] - mean), neighbour, axis=1)[:, neighbour])


def _at_least(width: FloatArray | float, grid: FloatArray) -> FloatArray:
    return np.maximum(width, max(1e-9 * float(np.ptp(grid)), _TINY))


def _normal(grid: FloatArray, mean: FloatArray, sd: FloatArray) -> FloatArray:
    """Return normal densities on a grid, (point, component)."""
    z = (grid[:, None] - mean) / sd
    return np.asarray(np.exp(-0.5 * z * z) / (sqrt(2.0 * np.pi) * sd))
