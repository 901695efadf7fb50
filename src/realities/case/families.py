"""The families of distributions that a prior may have: distribution functions, quantile fits, widening.

Every function takes a family's name and its parameters as the prior's grammar names them
(`lognormal` by median and sigma, `gamma` by mean and standard deviation) and knows nothing of
truncation, which `priors.py` adds. Both tails are kept to full relative precision, since a truncated
prior may live in one.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, log, pi, sqrt
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]
Family = Literal["fixed", "normal", "lognormal", "beta", "uniform", "triangular", "gamma", "halfnormal"]

#: What each family's arguments are called, in order.
ARGUMENTS: Final[dict[Family, tuple[str, ...]]] = {
    "normal": ("mean", "sd"),
    "lognormal": ("median", "sigma"),
    "beta": ("a", "b"),
    "uniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
    "gamma": ("mean", "sd"),
    "halfnormal": ("sd",),
}

_POSITIVE: Final = frozenset({"sd", "sigma", "median", "a", "b"})
_LOG_SQRT_2PI: Final = 0.5 * log(2 * pi)


def complaint(family: Family, parameters: tuple[float, ...]) -> str:
    """Return what is wrong with a family's parameters, or an empty string."""
    named = dict(zip(ARGUMENTS[family], parameters, strict=True))
    for name, value in named.items():
        if not np.isfinite(value):
            return f"{name} must be a finite number"
        if value <= 0 and (name in _POSITIVE or (family == "gamma" and name == "mean")):
            return f"{name} must be above zero; a plain number fixes a value"
    if family in ("uniform", "triangular") and named["low"] >= named["high"]:
        return "low must be below high; a plain number fixes a value"
    if family == "triangular" and not named["low"] <= named["mode"] <= named["high"]:
        return "mode must lie between low and high"
    return ""


def support(family: Family, parameters: tuple[float, ...]) -> tuple[float, float]:
    """Return the smallest and largest value a family can give."""
    match family:
        case "fixed":
            return parameters[0], parameters[0]
        case "normal":
            return -inf, inf
        case "beta":
            return 0.0, 1.0
        case "uniform" | "triangular":
            return parameters[0], parameters[-1]
        case "lognormal" | "gamma" | "halfnormal":
            return 0.0, inf


def cdf(family: Family, parameters: tuple[float, ...], x: FloatArray, *, upper: bool = False) -> FloatArray:
    """Return the probability of a value up to `x` (or, with `upper`, above it), in the shape of `x`."""
    x = np.clip(x, *support(family, parameters))
    sign = -1.0 if upper else 1.0
    result: NDArray[np.floating[Any]]
    match family:
        case "fixed":
            raise ValueError("a fixed value has no distribution function")
        case "normal":
            result = special.ndtr(sign * (x - parameters[0]) / parameters[1])
        case "lognormal":
            with np.errstate(divide="ignore"):
                result = special.ndtr(sign * (np.log(x) - log(parameters[0])) / parameters[1])
        case "beta":
            a, b = parameters
            result = special.betaincc(a, b, x) if upper else special.betainc(a, b, x)
        case "gamma":
            shape, scale = gamma_shape_scale(parameters)
            result = (special.gammaincc if upper else special.gammainc)(shape, x / scale)
        case "halfnormal":
            z = x / parameters[0]
            result = 2 * special.ndtr(-z) if upper else special.erf(z / sqrt(2))
        case "uniform":
            low, high = parameters
            result = (high - x if upper else x - low) / (high - low)
        case "triangular":
            result = _triangular_cdf(parameters, x, upper=upper)
    return np.asarray(result, dtype=np.float64)


def ppf(family: Family, parameters: tuple[float, ...], p: FloatArray, *, upper: bool = False) -> FloatArray:
    """Return the value below which (or, with `upper`, above which) the probability is `p`."""
    sign = -1.0 if upper else 1.0
    result: NDArray[np.floating[Any]]
    match family:
        case "fixed":
            result = np.full_like(p, parameters[0])
        case "normal":
            result = parameters[0] + sign * parameters[1] * special.ndtri(p)
        case "lognormal":
            result = parameters[0] * np.exp(sign * parameters[1] * special.ndtri(p))
        case "beta":
            a, b = parameters
            result = special.betainccinv(a, b, p) if upper else special.betaincinv(a, b, p)
            result = np.where(np.isnan(result) & (p > 0), _far_beta_ppf(parameters, p, upper=upper), result)
        case "gamma":
            shape, scale = gamma_shape_scale(parameters)
            result = scale * (special.gammainccinv if upper else special.gammaincinv)(shape, p)
        case "halfnormal":
            result = parameters[0] * (-special.ndtri(p / 2) if upper else sqrt(2) * special.erfinv(p))
        case "uniform":
            low, high = parameters
            result = high - p * (high - low) if upper else low + p * (high - low)
        case "triangular":
            result = _triangular_ppf(parameters, p, upper=upper)
    return np.asarray(result, dtype=np.float64)


def _far_beta_ppf(parameters: tuple[float, ...], p: FloatArray, *, upper: bool) -> FloatArray:
    """Return quantiles of a beta so far out that its distribution is the first term of its series.

    SciPy's inverse gives up at probabilities below some 1e-190.
    """
    a, b = reversed(parameters) if upper else parameters
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.exp((np.log(p) + log(a) + special.betaln(a, b)) / a)
    return np.asarray(1.0 - x if upper else x, dtype=np.float64)


def logpdf(family: Family, parameters: tuple[float, ...], x: FloatArray) -> FloatArray:
    """Return the logarithm of the density at `x`, -inf outside the support."""
    low, high = support(family, parameters)
    inside = (x >= low) & (x <= high)
    value: NDArray[np.floating[Any]]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        match family:
            case "fixed":
                value = np.zeros_like(x)
            case "normal":
                value = _normal_logpdf((x - parameters[0]) / parameters[1]) - log(parameters[1])
            case "lognormal":
                log_x = np.log(x)
                z = (log_x - log(parameters[0])) / parameters[1]
                value = np.where(x > 0, _normal_logpdf(z) - log(parameters[1]) - log_x, -inf)
            case "beta":
                a, b = parameters
                value = special.xlogy(a - 1, x) + special.xlog1py(b - 1, -x) - special.betaln(a, b)
            case "gamma":
                shape, scale = gamma_shape_scale(parameters)
                value = special.xlogy(shape - 1, x / scale) - x / scale - special.gammaln(shape) - log(scale)
            case "halfnormal":
                value = _normal_logpdf(x / parameters[0]) - log(parameters[0]) + log(2)
            case "uniform":
                value = np.full_like(x, -log(high - low))
            case "triangular":
                value = _triangular_logpdf(parameters, x)
    return np.where(np.isnan(x), np.nan, np.where(inside, value, -inf))


def gamma_shape_scale(parameters: tuple[float, ...]) -> tuple[float, float]:
    """Return the shape and scale of a gamma distribution given by mean and standard deviation."""
    mean, sd = parameters
    return (mean / sd) ** 2, sd * (sd / mean)


def widen(family: Family, parameters: tuple[float, ...], factor: float) -> tuple[float, ...]:
    """Return parameters whose spread is `factor` times as large about the same centre.

    The centre is the mean (normal, beta, gamma), median (lognormal), middle (uniform), mode (triangular)
    or zero (halfnormal). A beta or gamma is widened at most until its density would grow a spike at
    the end of its support, which no author means by "less sure".
    """
    match family:
        case "fixed":
            return parameters
        case "normal" | "lognormal":
            return parameters[0], parameters[1] * factor
        case "halfnormal":
            return (parameters[0] * factor,)
        case "uniform":
            middle, half = (parameters[0] + parameters[1]) / 2, (parameters[1] - parameters[0]) / 2
            return middle - factor * half, middle + factor * half
        case "triangular":
            low, mode, high = parameters
            return mode - factor * (mode - low), mode, mode + factor * (high - mode)
        case "gamma":
            mean, sd = parameters
            return mean, min(sd * factor, max(sd, mean))
        case "beta":
            a, b = parameters
            total = a + b
            scale = ((total + 1) / factor**2 - 1) / total
            scale = max(scale, min(1.0, 1 / min(a, b))) if factor > 1 else scale
            return a * scale, b * scale


def fit(family: Family, tail: float, low: float, high: float, mode: float | None = None) -> tuple[float, ...]:
    """Return the parameters whose quantiles `tail` and 1 - `tail` are `low` and `high`.

    Raises
    ------
    ValueError
        If no member of the family has these quantiles.
    """
    if not low < high:
        raise ValueError(f"p{100 * tail:g} must be below p{100 * (1 - tail):g}")
    if family in ("lognormal", "gamma", "beta") and low <= 0:
        raise ValueError(f"quantiles of a {family} must be above zero")
    z = float(special.ndtri(1 - tail))
    match family:
        case "normal":
            return (low + high) / 2, (high - low) / (2 * z)
        case "lognormal":
            return exp((log(low) + log(high)) / 2), (log(high) - log(low)) / (2 * z)
        case "uniform":
            margin = tail * (high - low) / (1 - 2 * tail)
            return low - margin, high + margin
        case "triangular":
            return _fit_triangular(tail, low, high, mode)
        case "gamma":
            return _fit_gamma(tail, low, high)
        case "beta":
            return _fit_beta(tail, low, high)
        case "fixed" | "halfnormal":
            raise ValueError(f"a {family} has no two quantiles to fit")


def fit_halfnormal(probability: float, value: float) -> tuple[float, ...]:
    """Return the half-normal whose quantile at `probability` is `value`."""
    if value <= 0:
        raise ValueError("a quantile of a halfnormal must be above zero")
    return (value / (sqrt(2) * float(special.erfinv(probability))),)


def _normal_logpdf(z: FloatArray) -> FloatArray:
    return np.asarray(-0.5 * z * z - _LOG_SQRT_2PI, dtype=np.float64)


def _triangular_cdf(parameters: tuple[float, ...], x: FloatArray, *, upper: bool) -> FloatArray:
    low, mode, high = parameters
    rising = (x - low) ** 2 / ((high - low) * (mode - low)) if mode > low else np.zeros_like(x)
    falling = (high - x) ** 2 / ((high - low) * (high - mode)) if mode < high else np.zeros_like(x)
    if upper:
        return np.where(x < mode, 1 - rising, falling)
    return np.where(x < mode, rising, 1 - falling)


def _triangular_ppf(parameters: tuple[float, ...], p: FloatArray, *, upper: bool) -> FloatArray:
    low, mode, high = parameters
    below, above = (1 - p, p) if upper else (p, 1 - p)
    rising = low + np.sqrt(below * (high - low) * (mode - low))
    falling = high - np.sqrt(above * (high - low) * (high - mode))
    return np.where(below * (high - low) < mode - low, rising, falling)


def _triangular_logpdf(parameters: tuple[float, ...], x: FloatArray) -> FloatArray:
    low, mode, high = parameters
    rising = (x - low) / (mode - low) if mode > low else np.ones_like(x)
    falling = (high - x) / (high - mode) if mode < high else np.ones_like(x)
    return np.asarray(np.log(2 * np.where(x < mode, rising, falling) / (high - low)), dtype=np.float64)


def _fit_triangular(tail: float, low: float, high: float, mode: float | None) -> tuple[float, ...]:
    """Fit a triangle about `mode`; a symmetric one where no mode is given."""
    mode = (low + high) / 2 if mode is None else mode
    if not low <= mode <= high:
        raise ValueError("mode must lie between the two quantiles")
    left, right = mode - low, high - mode

    def side(inner: float, other: float) -> float:
        # (side - inner)^2 = tail (side + other) side, solved for the larger root
        half = inner + tail * other / 2
        return (half + sqrt(half * half - (1 - tail) * inner * inner)) / (1 - tail)

    x, y = left, right
    for _ in range(200):  # each pass shrinks the error by a factor of about `tail`
        x, y = side(left, y), side(right, x)
    return mode - x, mode, mode + y


def _fit_gamma(tail: float, low: float, high: float) -> tuple[float, ...]:
    """Fit a gamma: the ratio of two quantiles depends on the shape alone."""

    def gap(log_shape: float) -> float:
        shape = exp(log_shape)
        below, above = special.gammaincinv(shape, tail), special.gammainccinv(shape, tail)
        return log(above / below) - log(high / low) if below > 0 else inf

    shape = exp(_root(gap, -4.0, 25.0, f"no gamma has the quantiles {low:g} and {high:g}"))
    scale = high / float(special.gammainccinv(shape, tail))
    return shape * scale, sqrt(shape) * scale


def _fit_beta(tail: float, low: float, high: float) -> tuple[float, ...]:
    """Fit a beta: for each `a` the `b` that meets the lower quantile, then `a` for the upper one."""
    if high >= 1:
        raise ValueError("quantiles of a beta must be below one")
    message = f"no beta has the quantiles {low:g} and {high:g}"

    def b_for(log_a: float) -> float:
        a = exp(log_a)
        return exp(_root(lambda log_b: float(special.betainc(a, exp(log_b), low)) - tail, -12, 30, message))

    def gap(log_a: float) -> float:
        return tail - float(special.betaincc(exp(log_a), b_for(log_a), high))

    log_a = _root(gap, *_bracket(gap), message)
    return exp(log_a), b_for(log_a)


def _bracket(gap: Callable[[float], float]) -> tuple[float, float]:
    """Return an interval over which `gap` changes sign, grown from the middle; (0, 0) if none is found."""
    reach: list[float] = []
    for step in (-1.0, 1.0):
        at = 0.0
        while abs(at) < 20:
            try:
                value = gap(at + step)
            except ValueError:
                break
            at += step
            if (value < 0) == (step < 0):
                break
        reach.append(at)
    return reach[0], reach[1]


def _root(gap: Callable[[float], float], low: float, high: float, message: str) -> float:
    """Return where `gap` crosses zero between `low` and `high`; `ValueError` with `message` if nowhere."""
    from scipy.optimize import brentq

    if not low < high or gap(low) * gap(high) > 0:
        raise ValueError(message)
    return float(brentq(gap, low, high, xtol=1e-15, rtol=1e-14, maxiter=500))
