"""The distributions of XMILE, by the operations of the reference engine's functions_xmile.py in their order.

In comes a number from (0, 1) and the parameters of a random function; out goes its value. `functions.py`
lists them with all others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from realities.engine.llvm.math import exp, log
from realities.engine.llvm.math.random import (
    below_binomial,
    called,
    log1p,
    power,
    smallest_count,
    uniform,
    written,
)
from realities.engine.llvm.math.reals import Real, of_scipy
from realities.engine.llvm.writer import Value


def _exp(x: Real) -> Real:
    return called("exp", exp.exp, x)


def _ln(x: Real) -> Real:
    return called("ln", log.ln, x)


def _exponential(u: Real, mean: Real) -> Real:
    return (mean >= 0.0).where(-mean * log1p(-u), math.nan)


def _normal(u: Real, mean: Real, deviation: Real) -> Real:
    return (deviation >= 0.0).where(mean + deviation * of_scipy("ndtri", u), math.nan)


def _lognormal(u: Real, mean: Real, deviation: Real) -> Real:
    # The mean and variance of exp(m + s z) are exp(m + s^2 / 2) and (exp(s^2) - 1) times its square.
    ratio = deviation / mean
    variance = log1p(ratio * ratio)
    return _exp(_ln(mean) - variance / 2.0 + variance.sqrt() * of_scipy("ndtri", u))


def _poisson(u: Real, mean: Real) -> Real:
    return smallest_count(u, lambda k: of_scipy("pdtr", k, mean), lambda p: of_scipy("pdtrik", p, mean))


def _binomial(u: Real, trials: Real, probability: Real) -> Real:
    count = smallest_count(
        u,
        below_binomial(trials, probability),
        lambda p: of_scipy("bdtrik", p, trials, probability),
    )
    is_sure = (probability >= 1.0).where(trials, (probability <= 0.0).where(0.0, math.nan))
    return is_sure.equals(is_sure).where(is_sure, count)


def _beta(u: Real, alpha: Real, beta: Real) -> Real:
    return of_scipy("betaincinv", alpha, beta, u)


def _gamma(u: Real, shape: Real, scale: Real) -> Real:
    return of_scipy("gammaincinv", shape, u) * scale


def _logistic(u: Real, mean: Real, scale: Real) -> Real:
    return mean + scale * (_ln(u) - log1p(-u))


def _pareto(u: Real, shape: Real, scale: Real) -> Real:
    return scale * _exp(-log1p(-u) / shape)


def _triangular(u: Real, least: Real, mode: Real, most: Real) -> Real:
    width, left, right = most - least, mode - least, most - mode
    rising = least + (u * width * left).sqrt()
    return (u * width < left).where(rising, most - ((1.0 - u) * width * right).sqrt())


def _weibull(u: Real, shape: Real, scale: Real) -> Real:
    return scale * power(-log1p(-u), 1.0 / shape)


RANDOM_XMILE: Mapping[str, Callable[..., Value]] = MappingProxyType(
    {
        "xmile.exprnd": written(_exponential),
        "xmile.lognormal": written(_lognormal),
        "xmile.normal": written(_normal),
        "xmile.poisson": written(_poisson),
        "xmile.random": written(uniform),
        "xmile.beta": written(_beta),
        "xmile.binomial": written(_binomial),
        "xmile.gamma": written(_gamma),
        "xmile.logistic": written(_logistic),
        "xmile.pareto": written(_pareto),
        "xmile.triangular": written(_triangular),
        "xmile.weibull": written(_weibull),
    }
)
