"""Vensim's functions in XMILE: the rows that `translate.py` applies on the way there.

A function that stands in neither table has no counterpart and is refused by name. Meanings of both sides
are those of `ir/rows_vensim.py` and `ir/rows_xmile.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from realities.model import syntax
from realities.model.write.recipes import Recipe, Recipes, row

#: Functions that mean the same under the name beside them.
SAME: Mapping[str, str] = MappingProxyType(
    {
        "abs": "ABS",
        "arccos": "ARCCOS",
        "arcsin": "ARCSIN",
        "arctan": "ARCTAN",
        "cos": "COS",
        "delay fixed": "DELAY",
        "delay1": "DELAY1",
        "delay1i": "DELAY1",
        "delay3": "DELAY3",
        "delay3i": "DELAY3",
        "exp": "EXP",
        "gamma ln": "GAMMALN",
        "if then else": "IF THEN ELSE",
        "initial": "INIT",
        "ln": "LN",
        "max": "MAX",
        "min": "MIN",
        "random uniform": "RANDOM",
        "sin": "SIN",
        "smooth": "SMTH1",
        "smooth3": "SMTH3",
        "smooth3i": "SMTH3",
        "smoothi": "SMTH1",
        "sqrt": "SQRT",
        "step": "STEP",
        "tan": "TAN",
    }
)


def _with_numbers(text: str, parameters: str, **values: float) -> Recipe:
    """Return a recipe that fits where some of the arguments are just these numbers."""
    names = [name.strip() for name in parameters.split(",")]

    def fits(arguments: tuple[syntax.Term, ...]) -> bool:
        given = dict(zip(names, arguments, strict=True))
        return all(given[name] == syntax.Numeral(value) for name, value in values.items())

    return Recipe(parameters, text, {}, fits)


_RELATIVE = "(x) * (1 + x * x / 6 * (1 + x * x / 20 * (1 + x * x / 42 * (1 + x * x / 72))))"

RECIPES: Recipes = MappingProxyType(
    {
        "cosh": row("x", "(EXP(x) + EXP(-x)) / 2"),
        "delay n": row("input, period, initial, order", "DELAYN(input, period, order, initial)"),
        "forecast": row(
            "input, period, horizon",
            "input * (1 + horizon * (IF ABS(period * ABS(average)) < 1e-6 THEN 0"
            " ELSE (input - average) / (period * ABS(average))))",
            average="SMTH1(input, period)",
        ),
        "game": row("x", "x"),
        # In the calendar of a model, dates are no numbers of XMILE.
        "get time value": (
            _with_numbers("TIME + offset", "relative, offset, kind", relative=0.0, kind=0.0),
            _with_numbers("STARTTIME + offset", "relative, offset, kind", relative=1.0, kind=0.0),
        ),
        "integer": row("x", "IF x < 0 THEN -INT(-x) ELSE INT(x)"),
        "log": (_with_numbers("LOG10(x)", "x, base", base=10.0), Recipe("x, base", "LN(x) / LN(base)")),
        # The remainders of sizes agree between the languages; the sign is that of the first argument.
        "modulo": row("x, y", "IF x < 0 THEN -(ABS(x) MOD ABS(y)) ELSE ABS(x) MOD ABS(y)"),
        "npv": row(
            "stream, rate, initial, factor",
            "(so_far + stream * DT * discount) * factor",
            discount="INTEG(-discount * rate / (1 + rate * DT), 1)",
            so_far="INTEG(stream * discount, initial)",
        ),
        "power": row("x, y", "x ^ y"),
        "pulse": row("start, width", "IF start < now AND now < start + MAX(width, DT) THEN 1 ELSE 0"),
        "pulse train": row(
            "start, width, between, end",
            "IF start < now AND now - DT < end AND phase < MAX(width, DT) THEN 1 ELSE 0",
            phase="IF between > 0 THEN ABS(now - start) MOD between ELSE 0",
        ),
        "quantum": row(
            "x, size",
            "IF size <= 0 THEN x ELSE IF x < 0 THEN -size * INT(-x / size) ELSE size * INT(x / size)",
        ),
        "ramp": row("slope, start, end", "RAMP(slope, start) - RAMP(slope, MAX(start, end))"),
        "random normal": row(
            "least, most, mean, deviation, seed", "NORMAL(mean, deviation, seed, least, most)"
        ),
        "random 0 1": row("", "RANDOM(0, 1)"),
        # Near 0 the difference of the exponentials loses digits that the series keeps.
        "sinh": row("x", f"IF ABS(x) < 0.1 THEN {_RELATIVE} ELSE (EXP(x) - EXP(-x)) / 2"),
        "smooth n": row("input, period, initial, order", "SMTHN(input, period, order, initial)"),
        "tanh": row(
            "x",
            f"IF ABS(x) < 0.1 THEN 2 * ({_RELATIVE}) / (EXP(x) + EXP(-x)) ELSE 1 - 2 / (EXP(2 * x) + 1)",
        ),
        "trend": row(
            "input, period, initial",
            "IF ABS(period * ABS(average)) < 1e-6 THEN 0 ELSE (input - average) / (period * ABS(average))",
            average="SMTH1(input, period, input / (1 + initial * period))",
        ),
        "xidz": row("x, y, otherwise", "IF ABS(y) < 1e-6 THEN otherwise ELSE x / y"),
        "zidz": row("x, y", "IF ABS(y) < 1e-6 THEN 0 ELSE x / y"),
    }
)
