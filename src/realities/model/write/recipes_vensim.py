"""XMILE's functions in Vensim: the rows that `translate.py` applies on the way there.

A function that stands in neither table has no counterpart and is refused by name. Meanings of both sides
are those of `ir/rows_xmile.py` and `ir/rows_vensim.py`. Random functions of XMILE have no bounds: theirs
are set where no number reaches.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from realities.model.write.recipes import Recipe, Recipes, row

#: Functions that mean the same under the name beside them, whatever the number of arguments.
SAME: Mapping[str, str] = MappingProxyType(
    {
        "abs": "ABS",
        "arccos": "ARCCOS",
        "arcsin": "ARCSIN",
        "arctan": "ARCTAN",
        "cos": "COS",
        "exp": "EXP",
        "gammaln": "GAMMA LN",
        "if then else": "IF THEN ELSE",
        "init": "INITIAL",
        "ln": "LN",
        "max": "MAX",
        "min": "MIN",
        "sin": "SIN",
        "sqrt": "SQRT",
        "step": "STEP",
        "tan": "TAN",
    }
)


def _with_initial(plain: str, with_initial: str) -> tuple[Recipe, ...]:
    """Return the rows of a function whose initial value may be left out."""
    return (*row("input, period", plain), *row("input, period, initial", with_initial))


#: The growth of an input against its average, by the sign of both; 0 where that cannot be told.
_GROWTH = "IF THEN ELSE(average * period = 0, 0, (input - average) / (average * period))"
_LOGNORMAL = (
    "EXP(RANDOM NORMAL(-1e+30, 1e+30, LN(mean) - LN(1 + (deviation / mean) ^ 2) / 2,"
    " SQRT(LN(1 + (deviation / mean) ^ 2)), {}))"
)

RECIPES: Recipes = MappingProxyType(
    {
        "beta": (
            *row("alpha, beta", "RANDOM BETA(0, 1, alpha, beta, 0, 1, 0)"),
            *row("alpha, beta, seed", "RANDOM BETA(0, 1, alpha, beta, 0, 1, seed)"),
        ),
        "binomial": (
            *row("trials, p", "RANDOM BINOMIAL(0, trials, p, trials, 0, 1, 0)"),
            *row("trials, p, seed", "RANDOM BINOMIAL(0, trials, p, trials, 0, 1, seed)"),
        ),
        "delay": _with_initial("DELAY FIXED(input, period, input)", "DELAY FIXED(input, period, initial)"),
        "delay1": _with_initial("DELAY1(input, period)", "DELAY1I(input, period, initial)"),
        "delay3": _with_initial("DELAY3(input, period)", "DELAY3I(input, period, initial)"),
        "delayn": (
            *row("input, period, order", "DELAY N(input, period, input, order)"),
            *row("input, period, order, initial", "DELAY N(input, period, initial, order)"),
        ),
        "exprnd": (
            *row("mean", "RANDOM EXPONENTIAL(0, 1e+30, 0, mean, 0)"),
            *row("mean, seed", "RANDOM EXPONENTIAL(0, 1e+30, 0, mean, seed)"),
        ),
        "factorial": row("n", "INTEGER(EXP(GAMMA LN(INTEGER(n) + 1)) + 0.5)"),
        "forcst": (
            *row(
                "input, period, horizon",
                f"input * (1 + {_GROWTH} * horizon)",
                average="SMOOTH(input, period)",
            ),
            *row(
                "input, period, horizon, initial",
                f"input * (1 + {_GROWTH} * horizon)",
                average="SMOOTHI(input, period, input / (1 + initial * period))",
            ),
        ),
        "gamma": (
            *row("shape, scale", "RANDOM GAMMA(0, 1e+30, shape, 0, scale, 0)"),
            *row("shape, scale, seed", "RANDOM GAMMA(0, 1e+30, shape, 0, scale, seed)"),
        ),
        "int": row("x", "INTEGER(x) - IF THEN ELSE(INTEGER(x) > x, 1, 0)"),
        "log10": row("x", "LOG(x, 10)"),
        "logistic": (
            *row("mean, scale", "mean + scale * LN(u / (1 - u))", u="RANDOM UNIFORM(0, 1, 0)"),
            *row("mean, scale, seed", "mean + scale * LN(u / (1 - u))", u="RANDOM UNIFORM(0, 1, seed)"),
        ),
        "lognormal": (
            *row("mean, deviation", _LOGNORMAL.format("0")),
            *row("mean, deviation, seed", _LOGNORMAL.format("seed")),
        ),
        "mod": row(
            "x, y",
            "MODULO(x, y) + IF THEN ELSE(MODULO(x, y) * y < 0, y, 0)",
        ),
        "montecarlo": (
            *row("percent", "IF THEN ELSE(RANDOM UNIFORM(0, 100, 0) < percent * TIME STEP, 1, 0)"),
            *row("percent, seed", "IF THEN ELSE(RANDOM UNIFORM(0, 100, seed) < percent * TIME STEP, 1, 0)"),
        ),
        "normal": (
            *row("mean, deviation", "RANDOM NORMAL(-1e+30, 1e+30, mean, deviation, 0)"),
            *row("mean, deviation, seed", "RANDOM NORMAL(-1e+30, 1e+30, mean, deviation, seed)"),
            *row("mean, deviation, seed, least, most", "RANDOM NORMAL(least, most, mean, deviation, seed)"),
        ),
        "pareto": (
            *row("shape, scale", "scale * RANDOM UNIFORM(0, 1, 0) ^ (-1 / shape)"),
            *row("shape, scale, seed", "scale * RANDOM UNIFORM(0, 1, seed) ^ (-1 / shape)"),
        ),
        "percent": row("fraction", "100 * fraction"),
        "poisson": (
            *row("mean", "RANDOM POISSON(0, 1e+30, mean, 0, 1, 0)"),
            *row("mean, seed", "RANDOM POISSON(0, 1e+30, mean, 0, 1, seed)"),
        ),
        "previous": row("x, initial", "DELAY FIXED(x, TIME STEP, initial)"),
        "pulse": (
            *row("size, first", "size / TIME STEP * PULSE(first, TIME STEP)"),
            *row(
                "size, first, interval",
                "size / TIME STEP * IF THEN ELSE(interval > 0,"
                " PULSE TRAIN(first, TIME STEP, interval, FINAL TIME + TIME STEP), PULSE(first, TIME STEP))",
            ),
        ),
        "ramp": (
            *row("slope, start", "RAMP(slope, start, FINAL TIME + TIME STEP)"),
            *row("slope, start, end", "RAMP(slope, start, end)"),
        ),
        "random": (
            *row("least, most", "RANDOM UNIFORM(least, most, 0)"),
            *row("least, most, seed", "RANDOM UNIFORM(least, most, seed)"),
        ),
        "round": row("x", "IF THEN ELSE(x < 0, -INTEGER(0.5 - x), INTEGER(x + 0.5))"),
        "safediv": (
            *row("x, y", "IF THEN ELSE(y = 0, 0, x / y)"),
            *row("x, y, otherwise", "IF THEN ELSE(y = 0, otherwise, x / y)"),
        ),
        "sinwave": row("amplitude, period", "amplitude * SIN(6.283185307179586 * Time / period)"),
        "coswave": row("amplitude, period", "amplitude * COS(6.283185307179586 * Time / period)"),
        "smth1": _with_initial("SMOOTH(input, period)", "SMOOTHI(input, period, initial)"),
        "smth3": _with_initial("SMOOTH3(input, period)", "SMOOTH3I(input, period, initial)"),
        "smthn": (
            *row("input, period, order", "SMOOTH N(input, period, input, order)"),
            *row("input, period, order, initial", "SMOOTH N(input, period, initial, order)"),
        ),
        "switch": row("first, second", "IF THEN ELSE(first > second, 1, 0)"),
        "trend": (
            *row("input, period", _GROWTH, average="SMOOTH(input, period)"),
            *row(
                "input, period, initial",
                _GROWTH,
                average="SMOOTHI(input, period, input / (1 + initial * period))",
            ),
        ),
        "triangular": (
            *row("least, mode, most", "RANDOM TRIANGULAR(least, most, least, mode, most, 0)"),
            *row("least, mode, most, seed", "RANDOM TRIANGULAR(least, most, least, mode, most, seed)"),
        ),
        "uniform": (
            *row("least, most", "RANDOM UNIFORM(least, most, 0)"),
            *row("least, most, seed", "RANDOM UNIFORM(least, most, seed)"),
        ),
        "weibull": (
            *row("shape, scale", "RANDOM WEIBULL(0, 1e+30, shape, 0, scale, 0)"),
            *row("shape, scale, seed", "RANDOM WEIBULL(0, 1e+30, shape, 0, scale, seed)"),
        ),
    }
)
