"""What the built-ins of XMILE compute, in NumPy, for many draws at once; as `functions.py` for the others.

In come arrays of one block of draws (or single numbers); out goes an array. Random functions get a number
from (0, 1) and turn it into their distribution by the inverse of its distribution function. `functions.py`
lists them by key; `expansions.py` has those that are written out in simpler operations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realities.engine.reference.allocation import total

FloatArray = NDArray[np.float64]


def _round(x: FloatArray) -> FloatArray:
    return np.copysign(np.floor(np.abs(x) + 0.5), x)


def _factorial(n: FloatArray) -> FloatArray:
    from scipy.special import gamma

    whole = np.floor(n)
    return np.where(whole < 0.0, np.nan, np.rint(gamma(np.maximum(whole, 0.0) + 1.0)))


# --- whole arrays: every element is an argument ------------------------------------------------------


def _stacked(*elements: FloatArray) -> FloatArray:
    """Return elements along a new last axis."""
    return np.stack(np.broadcast_arrays(*elements), axis=-1)


def _element(position: FloatArray, *elements: FloatArray) -> FloatArray:
    inside = (position > -0.5) & (np.floor(position + 0.5) < len(elements))
    place = np.where(inside, np.floor(position + 0.5), 0.0)
    picked = _picked(_stacked(*elements), place)
    return np.where(np.isnan(position), np.nan, np.where(inside, picked, 0.0))


def _picked(stacked: FloatArray, place: FloatArray) -> FloatArray:
    shape = np.broadcast_shapes(np.shape(place), stacked.shape[:-1])
    index = np.broadcast_to(place, shape).astype(np.intp)[..., np.newaxis]
    whole = np.broadcast_to(stacked, (*shape, stacked.shape[-1]))
    return np.asarray(np.take_along_axis(whole, index, axis=-1)[..., 0])


def _rank(rank: FloatArray, *elements: FloatArray) -> FloatArray:
    n = len(elements) // 2
    stacked = _stacked(*elements)
    order = np.lexsort((stacked[..., n:], stacked[..., :n]), axis=-1)
    return _element(np.asarray(rank) - 1.0, *np.moveaxis(order + 1.0, -1, 0))


def _deviation(*elements: FloatArray) -> FloatArray:
    values, n = _stacked(*elements), float(len(elements))
    away = values - (total(values) / n)[..., np.newaxis]
    return np.sqrt(total(away * away) / n)


# --- distributions -----------------------------------------------------------------------------------


def _exponential(u: FloatArray, mean: FloatArray) -> FloatArray:
    return np.where(mean >= 0.0, -mean * np.log1p(-u), np.nan)


def _standard_normal(u: FloatArray) -> FloatArray:
    from scipy.special import ndtri

    return np.asarray(ndtri(u))


def _normal(u: FloatArray, mean: FloatArray, deviation: FloatArray) -> FloatArray:
    return np.where(deviation >= 0.0, mean + deviation * _standard_normal(u), np.nan)


def _lognormal(u: FloatArray, mean: FloatArray, deviation: FloatArray) -> FloatArray:
    # The mean and variance of exp(m + s z) are exp(m + s^2 / 2) and (exp(s^2) - 1) times its square.
    variance = np.log1p((deviation / mean) ** 2)
    return np.exp(np.log(mean) - variance / 2.0 + np.sqrt(variance) * _standard_normal(u))


def _uniform(u: FloatArray, least: FloatArray, most: FloatArray) -> FloatArray:
    return least + u * (most - least)


def _poisson(u: FloatArray, mean: FloatArray) -> FloatArray:
    from scipy.special import pdtr, pdtrik

    return _smallest_count(u, lambda k: pdtr(k, mean), lambda p: pdtrik(p, mean))


def _binomial(u: FloatArray, trials: FloatArray, probability: FloatArray) -> FloatArray:
    from scipy.special import bdtrik, betainc

    def below(k: FloatArray) -> FloatArray:
        inside = betainc(np.maximum(trials - k, 1e-300), k + 1.0, 1.0 - probability)
        return np.where(k >= trials, 1.0, inside)

    count = _smallest_count(u, below, lambda p: bdtrik(p, trials, probability))
    sure = np.where(probability >= 1.0, trials, np.where(probability <= 0.0, 0.0, np.nan))
    return np.where(np.isnan(sure), count, sure)


def _smallest_count(
    u: FloatArray, below: Callable[[FloatArray], Any], at: Callable[[FloatArray], Any]
) -> FloatArray:
    """Return the smallest count whose distribution function reaches the share."""
    count = np.maximum(np.ceil(at(u)), 0.0)
    # The inverse is solved for to some digits only: step down, then up, to the exact count.
    count = np.where((count > 0.0) & (below(np.maximum(count - 1.0, 0.0)) >= u), count - 1.0, count)
    return np.asarray(np.where(below(count) < u, count + 1.0, count))


def _beta(u: FloatArray, alpha: FloatArray, beta: FloatArray) -> FloatArray:
    from scipy.special import betaincinv

    return np.asarray(betaincinv(alpha, beta, u))


def _gamma(u: FloatArray, shape: FloatArray, scale: FloatArray) -> FloatArray:
    from scipy.special import gammaincinv

    return np.asarray(gammaincinv(shape, u) * scale)


def _logistic(u: FloatArray, mean: FloatArray, scale: FloatArray) -> FloatArray:
    return np.asarray(mean + scale * (np.log(u) - np.log1p(-u)))


def _pareto(u: FloatArray, shape: FloatArray, scale: FloatArray) -> FloatArray:
    return scale * np.exp(-np.log1p(-u) / shape)


def _triangular(u: FloatArray, least: FloatArray, mode: FloatArray, most: FloatArray) -> FloatArray:
    width, left, right = most - least, mode - least, most - mode
    rising = least + np.sqrt(u * width * left)
    return np.where(u * width < left, rising, most - np.sqrt((1.0 - u) * width * right))


def _weibull(u: FloatArray, shape: FloatArray, scale: FloatArray) -> FloatArray:
    return np.asarray(scale * (-np.log1p(-u)) ** (1.0 / shape))


#: Functions by the key of their built-in. Those that are ufuncs can write into memory they are given.
XMILE_FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "xmile.int": np.floor,
        "xmile.log10": np.log10,
        "xmile.mod": np.mod,
        "xmile.round": _round,
        "xmile.factorial": _factorial,
        "xmile.element": _element,
        "xmile.rank": _rank,
        "xmile.stddev": _deviation,
        "xmile.exprnd": _exponential,
        "xmile.lognormal": _lognormal,
        "xmile.normal": _normal,
        "xmile.poisson": _poisson,
        "xmile.random": _uniform,
        "xmile.beta": _beta,
        "xmile.binomial": _binomial,
        "xmile.gamma": _gamma,
        "xmile.logistic": _logistic,
        "xmile.pareto": _pareto,
        "xmile.triangular": _triangular,
        "xmile.weibull": _weibull,
    }
)
