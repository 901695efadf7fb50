"""The built-ins that mean in XMILE what they mean nowhere else; see `builtin.py` for the unit rules.

Sections are those of XMILE 1.0 (OASIS, 2015); "Stella" marks what isee systems' help says of functions
that the standard leaves to it.
"""

from __future__ import annotations

from realities.ir.builtin import Builtin

XMILE_ROWS = (
    # -- 3.5.1 mathematical -----------------------------------------------------------------------
    Builtin("xmile.int", 1, 1, "u -> u", "Next whole number at or below: -2.5 gives -3."),
    Builtin("xmile.log10", 1, 1, "1 -> 1", "Logarithm to base 10."),
    Builtin(
        "xmile.mod",
        2,
        2,
        "u, u -> u",
        "Floored remainder, x - y * int(x / y), with the sign of the divisor (3.3.1): -7 by 3 gives 2.",
    ),
    Builtin("xmile.round", 1, 1, "u -> u", "Nearest whole number, a half away from zero (Stella)."),
    Builtin(
        "xmile.safediv",
        3,
        3,
        "u, v, u/v -> u/v",
        "Quotient of the first two, the third where the divisor is exactly 0 (Stella).",
    ),
    Builtin("xmile.factorial", 1, 1, "1 -> 1", "n! of the argument rounded down (Stella)."),
    # -- 3.5.4 test inputs; "now" as for the common rows --------------------------------------------
    Builtin(
        "xmile.pulse",
        3,
        3,
        "u, t, t -> u/t",
        "(magnitude, first, interval): magnitude / time step during the one step that holds `first`, and "
        "again every `interval` where that is > 0; else 0.",
    ),
    Builtin(
        "xmile.ramp",
        2,
        3,
        "u/t, t, t -> u",
        "(slope, start[, end]): 0 to start, then slope * (time - start), level from end on.",
    ),
    # -- 3.7.1.3 arrays: every element is an argument, `k` a position from 0 ------------------------
    Builtin(
        "xmile.element",
        2,
        None,
        "1, u ... -> u",
        "(k, x ...): element k (rounded to nearest) of those that follow; 0 outside.",
    ),
    Builtin(
        "xmile.rank",
        2,
        None,
        "1, * ... -> 1",
        "(r, x ..., y ...): place, from 1, of the element of rank r, from 1, sorted upward; equal x by "
        "their y, then in their order. There are as many y as x. 0 where there is no such rank.",
    ),
    Builtin("xmile.stddev", 1, None, "u ... -> u", "Standard deviation of the arguments, all there are."),
    # -- 3.5.2 statistical: one new value each time step; the last argument is the author's seed -----
    Builtin("xmile.exprnd", 2, 2, "u, * -> u", "(mean, seed): exponential.", is_random=True),
    Builtin(
        "xmile.lognormal",
        3,
        3,
        "u, u, * -> u",
        "(mean, standard deviation, seed): log-normal with that mean and deviation of its own.",
        is_random=True,
    ),
    Builtin(
        "xmile.normal", 3, 3, "u, u, * -> u", "(mean, standard deviation, seed): normal.", is_random=True
    ),
    Builtin("xmile.poisson", 2, 2, "u, * -> u", "(mean, seed): Poisson.", is_random=True),
    Builtin("xmile.random", 3, 3, "u, u, * -> u", "(least, most, seed): uniform.", is_random=True),
    Builtin("xmile.beta", 3, 3, "1, 1, * -> 1", "(alpha, beta, seed): beta (Stella).", is_random=True),
    Builtin(
        "xmile.binomial",
        3,
        3,
        "1, 1, * -> 1",
        "(trials, probability, seed): successes in that many trials (Stella).",
        is_random=True,
    ),
    Builtin("xmile.gamma", 3, 3, "1, u, * -> u", "(shape, scale, seed): gamma (Stella).", is_random=True),
    Builtin(
        "xmile.logistic", 3, 3, "u, u, * -> u", "(mean, scale, seed): logistic (Stella).", is_random=True
    ),
    Builtin(
        "xmile.pareto",
        3,
        3,
        "1, u, * -> u",
        "(shape, scale, seed): Pareto, at least the scale (Stella).",
        is_random=True,
    ),
    Builtin(
        "xmile.triangular",
        4,
        4,
        "u, u, u, * -> u",
        "(least, mode, most, seed): triangular (Stella).",
        is_random=True,
    ),
    Builtin("xmile.weibull", 3, 3, "1, u, * -> u", "(shape, scale, seed): Weibull (Stella).", is_random=True),
)
