"""From uniform numbers to the distributions of Vensim, by inverse distribution functions.

In comes a number from (0, 1) and the parameters of a random function; out goes its value, by the operations
of the reference engine's distributions.py in their order. What has no closed form is SciPy's, called lane
by lane. `random_xmile.py` has the other language's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from realities.engine.llvm.math import exp, log
from realities.engine.llvm.math import power as powers
from realities.engine.llvm.math.reals import Real, of_scipy
from realities.engine.llvm.writer import Value, Writer

Distribution = Callable[[Real], Real]
Formula = Callable[..., Real]


def called(name: str, function: Callable[..., Value], *arguments: Real) -> Real:
    """Return a call of a function of `functions.py`; the kernels' own calls of it share its code."""
    w = arguments[0].w

    def body(inner: Writer) -> None:
        inner.do(f"ret {inner.real} {function(inner, *(f'%a{k}' for k in range(len(arguments))))}")

    known = w.module.function(f"math.{name}", [w.real] * len(arguments), w.real, body)
    return Real(w, w.call(known, *(argument.value for argument in arguments)))


def expm1(x: Real) -> Real:
    """Return e^x - 1."""
    return called("expm1", exp.expm1, x)


def log1p(x: Real) -> Real:
    """Return ln(1 + x)."""
    return called("log1p", log.log1p, x)


def power(x: Real, y: Real) -> Real:
    """Return x^y."""
    return called("power", powers.power, x, y)


def uniform(u: Real, least: Real, most: Real) -> Real:
    """Return a number between two others."""
    return least + u * (most - least)


def _normal(u: Real, least: Real, most: Real, mean: Real, sd: Real) -> Real:
    low, high = (least - mean) / sd, (most - mean) / sd
    # Both bounds above the mean: mirror, since 1 - 1e-17 is 1 but 1e-17 is a number.
    mirrored = low > 0.0
    low, high = mirrored.where(-high, low), mirrored.where(-low, high)
    share = mirrored.where(1.0 - u, u)
    below_low = of_scipy("ndtr", low)
    z = of_scipy("ndtri", below_low + share * (of_scipy("ndtr", high) - below_low))
    z = mirrored.where(-z, z)
    return _bounded(sd.equals(0.0).where(mean, mean + sd * z), least, most)


def _exponential(u: Real, least: Real, most: Real, shift: Real, stretch: Real) -> Real:
    return _truncated(
        u, least, most, shift, stretch, lambda x: -expm1(-x.at_least(0.0)), lambda p: -log1p(-p)
    )


def _gamma(u: Real, least: Real, most: Real, order: Real, shift: Real, stretch: Real) -> Real:
    order = order.at_least(1.0)
    return _truncated(
        u,
        least,
        most,
        shift,
        stretch,
        lambda x: of_scipy("gammainc", order, x.at_least(0.0)),
        lambda p: of_scipy("gammaincinv", order, p),
    )


def _beta(u: Real, least: Real, most: Real, alpha: Real, beta: Real, shift: Real, stretch: Real) -> Real:
    return _truncated(
        u,
        least,
        most,
        shift,
        stretch,
        lambda x: of_scipy("betainc", alpha, beta, x.at_least(0.0).at_most(1.0)),
        lambda p: of_scipy("betaincinv", alpha, beta, p),
    )


def _weibull(u: Real, least: Real, most: Real, shape: Real, shift: Real, stretch: Real) -> Real:
    mean = of_scipy("gamma", 1.0 / shape + 1.0)
    return _truncated(
        u,
        least,
        most,
        shift,
        stretch,
        lambda x: -expm1(-power(x.at_least(0.0) * mean, shape)),
        lambda p: power(-log1p(-p), 1.0 / shape) / mean,
    )


def _triangular(u: Real, least: Real, most: Real, start: Real, peak: Real, stop: Real) -> Real:
    width, left, right = stop - start, peak - start, stop - peak

    def below(x: Real) -> Real:
        x = x.at_least(0.0).at_most(width)
        rest = width - x
        return (x < left).where(x * x / (width * left), 1.0 - rest * rest / (width * right))

    def at(p: Real) -> Real:
        rising = (p * width * left).sqrt()
        return (p * width < left).where(rising, width - ((1.0 - p) * width * right).sqrt())

    one = Real(u.w, u.w.number(1.0))
    return _truncated(u, least, most, start, one, below, at)


def _poisson(u: Real, least: Real, most: Real, mean: Real, shift: Real, stretch: Real) -> Real:
    return _counted(
        u,
        least,
        most,
        shift,
        stretch,
        lambda k: of_scipy("pdtr", k, mean),
        lambda p: of_scipy("pdtrik", p, mean),
    )


def below_binomial(trials: Real, probability: Real) -> Distribution:
    """Return the distribution function of a binomial distribution."""

    def below(k: Real) -> Real:
        inside = of_scipy("betainc", (trials - k).at_least(1e-300), k + 1.0, 1.0 - probability)
        return (k >= trials).where(1.0, inside)

    return below


def _binomial(
    u: Real, least: Real, most: Real, probability: Real, trials: Real, shift: Real, stretch: Real
) -> Real:
    below = below_binomial(trials, probability)
    return _counted(
        u, least, most, shift, stretch, below, lambda p: of_scipy("bdtrik", p, trials, probability)
    )


def _negative_binomial(
    u: Real, least: Real, most: Real, probability: Real, successes: Real, shift: Real, stretch: Real
) -> Real:
    # It counts trials; what varies are the failures among them.
    whole = (successes + 0.5).floor()
    return _counted(
        u,
        least,
        most,
        shift + stretch * whole,
        stretch,
        lambda k: of_scipy("betainc", whole, k + 1.0, probability),
        lambda p: of_scipy("nbdtrik", p, whole, probability),
    )


def _truncated(
    u: Real, least: Real, most: Real, shift: Real, stretch: Real, below: Distribution, at: Distribution
) -> Real:
    """Return shift + stretch * X within bounds, X by its distribution function and the inverse of it."""
    low, high = _standard_bounds(least, most, shift, stretch)
    p_low, p_high = below(low), below(high)
    x = at(p_low + u * (p_high - p_low))
    return _bounded(stretch.equals(0.0).where(shift, shift + stretch * x), least, most)


def _counted(
    u: Real, least: Real, most: Real, shift: Real, stretch: Real, below: Distribution, at: Distribution
) -> Real:
    """Return the same for counts: the smallest one whose distribution function reaches the share."""
    low, high = _standard_bounds(least, most, shift, stretch)
    first, last = low.ceil(), high.floor()
    p_low = (first > 0.0).where(below((first - 1.0).at_least(0.0)), 0.0)
    p_high = below(last.at_least(0.0))
    share = p_low + u * (p_high - p_low)
    count = smallest_count(share, below, at)
    return _bounded(stretch.equals(0.0).where(shift, shift + stretch * count), least, most)


def smallest_count(share: Real, below: Distribution, at: Distribution) -> Real:
    """Return the smallest count whose distribution function reaches a share."""
    count = at(share).ceil().at_least(0.0)
    # The inverse is solved for to some digits only: step down, then up, to the exact count.
    is_high = (count > 0.0) & (below((count - 1.0).at_least(0.0)) >= share)
    count = is_high.where(count - 1.0, count)
    return (below(count) < share).where(count + 1.0, count)


def _standard_bounds(least: Real, most: Real, shift: Real, stretch: Real) -> tuple[Real, Real]:
    one, other = (least - shift) / stretch, (most - shift) / stretch
    return one.at_most(other), one.at_least(other)


def _bounded(value: Real, least: Real, most: Real) -> Real:
    """Return the value within its bounds; NaN where they leave no room."""
    return (least <= most).where(value.at_least(least).at_most(most), math.nan)


def written(formula: Formula) -> Callable[..., Value]:
    """Return a function of a `Writer` and operands that writes a formula."""

    def write(w: Writer, *arguments: Value) -> Value:
        return formula(*(Real(w, argument) for argument in arguments)).value

    return write


RANDOM: Mapping[str, Callable[..., Value]] = MappingProxyType(
    {
        "vensim.random_uniform": written(uniform),
        "vensim.random_negative_binomial": written(_negative_binomial),
        "vensim.random_normal": written(_normal),
        "vensim.random_exponential": written(_exponential),
        "vensim.random_poisson": written(_poisson),
        "vensim.random_gamma": written(_gamma),
        "vensim.random_beta": written(_beta),
        "vensim.random_binomial": written(_binomial),
        "vensim.random_triangular": written(_triangular),
        "vensim.random_weibull": written(_weibull),
    }
)
