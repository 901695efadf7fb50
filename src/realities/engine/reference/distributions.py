"""From uniform numbers to the distributions of the language, by inverse distribution functions.

In comes a number from (0, 1) and the parameters of a random function; out goes its value. Truncation to
bounds draws from the part of the distribution between them, which is what redrawing until the
value fits gives, with one number instead of many. `functions.py` lists these by key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Distribution = Callable[[FloatArray], Any]


def _uniform(u: FloatArray, least: FloatArray, most: FloatArray) -> FloatArray:
    return least + u * (most - least)


def _normal(
    u: FloatArray, least: FloatArray, most: FloatArray, mean: FloatArray, sd: FloatArray
) -> FloatArray:
    from scipy.special import ndtr, ndtri

    low, high = (least - mean) / sd, (most - mean) / sd
    # Both bounds above the mean: mirror, since 1 - 1e-17 is 1 but 1e-17 is a number.
    mirrored = low > 0.0
    low, high = np.where(mirrored, -high, low), np.where(mirrored, -low, high)
    share = np.where(mirrored, 1.0 - u, u)
    z = ndtri(ndtr(low) + share * (ndtr(high) - ndtr(low)))
    z = np.where(mirrored, -z, z)
    return _bounded(np.where(np.equal(sd, 0.0), mean, mean + sd * z), least, most)


def _exponential(
    u: FloatArray, least: FloatArray, most: FloatArray, shift: FloatArray, stretch: FloatArray
) -> FloatArray:
    return _truncated(
        u, least, most, shift, stretch, lambda x: -np.expm1(-np.maximum(x, 0.0)), lambda p: -np.log1p(-p)
    )


def _gamma(
    u: FloatArray,
    least: FloatArray,
    most: FloatArray,
    order: FloatArray,
    shift: FloatArray,
    stretch: FloatArray,
) -> FloatArray:
    from scipy.special import gammainc, gammaincinv

    order = np.maximum(order, 1.0)
    return _truncated(
        u,
        least,
        most,
        shift,
        stretch,
        lambda x: gammainc(order, np.maximum(x, 0.0)),
        lambda p: gammaincinv(order, p),
    )


def _beta(
    u: FloatArray,
    least: FloatArray,
    most: FloatArray,
    alpha: FloatArray,
    beta: FloatArray,
    shift: FloatArray,
    stretch: FloatArray,
) -> FloatArray:
    from scipy.special import betainc, betaincinv

    return _truncated(
        u,
        least,
        most,
        shift,
        stretch,
        lambda x: betainc(alpha, beta, np.clip(x, 0.0, 1.0)),
        lambda p: betaincinv(alpha, beta, p),
    )


def _weibull(
    u: FloatArray,
    least: FloatArray,
    most: FloatArray,
    shape: FloatArray,
    shift: FloatArray,
    stretch: FloatArray,
) -> FloatArray:
    from scipy.special import gamma

    mean = gamma(1.0 + 1.0 / shape)
    return _truncated(
        u,
        least,
        most,
        shift,
        stretch,
        lambda x: -np.expm1(-((np.maximum(x, 0.0) * mean) ** shape)),
        lambda p: (-np.log1p(-p)) ** (1.0 / shape) / mean,
    )


def _triangular(
    u: FloatArray,
    least: FloatArray,
    most: FloatArray,
    start: FloatArray,
    peak: FloatArray,
    stop: FloatArray,
) -> FloatArray:
    width, left, right = stop - start, peak - start, stop - peak

    def below(x: FloatArray) -> FloatArray:
        x = np.clip(x, 0.0, width)
        return np.where(x < left, x * x / (width * left), 1.0 - (width - x) ** 2 / (width * right))

    def at(p: FloatArray) -> FloatArray:
        rising = np.sqrt(p * width * left)
        return np.where(p * width < left, rising, width - np.sqrt((1.0 - p) * width * right))

    return _truncated(u, least, most, start, np.asarray(1.0), below, at)


def _poisson(
    u: FloatArray,
    least: FloatArray,
    most: FloatArray,
    mean: FloatArray,
    shift: FloatArray,
    stretch: FloatArray,
) -> FloatArray:
    from scipy.special import pdtr, pdtrik

    return _counted(u, least, most, shift, stretch, lambda k: pdtr(k, mean), lambda p: pdtrik(p, mean))


def _binomial(
    u: FloatArray,
    least: FloatArray,
    most: FloatArray,
    probability: FloatArray,
    trials: FloatArray,
    shift: FloatArray,
    stretch: FloatArray,
) -> FloatArray:
    from scipy.special import bdtrik, betainc

    def below(k: FloatArray) -> FloatArray:
        inside = betainc(np.maximum(trials - k, 1e-300), k + 1.0, 1.0 - probability)
        return np.where(k >= trials, 1.0, inside)

    return _counted(u, least, most, shift, stretch, below, lambda p: bdtrik(p, trials, probability))


def _negative_binomial(
    u: FloatArray,
    least: FloatArray,
    most: FloatArray,
    probability: FloatArray,
    successes: FloatArray,
    shift: FloatArray,
    stretch: FloatArray,
) -> FloatArray:
    from scipy.special import nbdtrik

    # It counts trials; what varies are the failures among them.
    whole = np.floor(successes + 0.5)
    return _counted(
        u,
        least,
        most,
        shift + stretch * whole,
        stretch,
        lambda k: _failures(k, whole, probability),
        lambda p: nbdtrik(p, whole, probability),
    )


def _failures(failures: FloatArray, successes: FloatArray, probability: FloatArray) -> FloatArray:
    """Return the chance of at most so many failures before the last success."""
    from scipy.special import betainc

    return np.asarray(betainc(successes, failures + 1.0, probability))


def _truncated(
    u: FloatArray,
    least: FloatArray,
    most: FloatArray,
    shift: FloatArray,
    stretch: FloatArray,
    below: Distribution,
    at: Distribution,
) -> FloatArray:
    """Return shift + stretch * X within bounds, X by its distribution function and the inverse of it."""
    low, high = _standard_bounds(least, most, shift, stretch)
    p_low, p_high = below(low), below(high)
    x = at(p_low + u * (p_high - p_low))
    return _bounded(np.where(np.equal(stretch, 0.0), shift, shift + stretch * x), least, most)


def _counted(
    u: FloatArray,
    least: FloatArray,
    most: FloatArray,
    shift: FloatArray,
    stretch: FloatArray,
    below: Distribution,
    at: Distribution,
) -> FloatArray:
    """Return the same for counts: the smallest one whose distribution function reaches the share."""
    low, high = _standard_bounds(least, most, shift, stretch)
    first, last = np.ceil(low), np.floor(high)
    p_low = np.where(first > 0.0, below(np.maximum(first - 1.0, 0.0)), 0.0)
    p_high = below(np.maximum(last, 0.0))
    share = p_low + u * (p_high - p_low)
    count = np.maximum(np.ceil(at(share)), 0.0)
    # The inverse is solved for to some digits only: step down, then up, to the exact count.
    count = np.where((count > 0.0) & (below(np.maximum(count - 1.0, 0.0)) >= share), count - 1.0, count)
    count = np.where(below(count) < share, count + 1.0, count)
    return _bounded(np.where(np.equal(stretch, 0.0), shift, shift + stretch * count), least, most)


def _standard_bounds(
    least: FloatArray, most: FloatArray, shift: FloatArray, stretch: FloatArray
) -> tuple[FloatArray, FloatArray]:
    one, other = (least - shift) / stretch, (most - shift) / stretch
    return np.minimum(one, other), np.maximum(one, other)


def _bounded(value: FloatArray, least: FloatArray, most: FloatArray) -> FloatArray:
    """Return the value within its bounds; NaN where they leave no room."""
    return np.where(least <= most, np.clip(value, least, most), np.nan)


DISTRIBUTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "vensim.random_uniform": _uniform,
        "vensim.random_negative_binomial": _negative_binomial,
        "vensim.random_normal": _normal,
        "vensim.random_exponential": _exponential,
        "vensim.random_poisson": _poisson,
        "vensim.random_gamma": _gamma,
        "vensim.random_beta": _beta,
        "vensim.random_binomial": _binomial,
        "vensim.random_triangular": _triangular,
        "vensim.random_weibull": _weibull,
    }
)
