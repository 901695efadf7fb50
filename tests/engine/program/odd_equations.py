"""Random equations of odd numbers: a strategy of expressions, and a model around three of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from hand_built import E, aux, build, constant, initial, stock
from hypothesis import strategies as st

from realities.ir.expr import Binary, Call, Expr, Number, Ref, Time, Unary
from realities.ir.model import Integrator, Model

ODD = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    2.0,
    0.5,
    3.0,
    4.0,
    -2.0,
    10.0,
    1e-7,
    1e-320,
    1e308,
    math.inf,
    -math.inf,
    math.nan,
)
ONE = ("abs", "sqrt", "exp", "ln", "vensim.integer", "xmile.int", "xmile.round")
TWO = ("vensim.modulo", "vensim.quantum", "vensim.zidz", "vensim.log", "power", "xmile.mod", "step")
TWO_OF_TIME = ("vensim.pulse", "xmile.ramp")
THREE = ("vensim.xidz", "xmile.safediv", "if_then_else", "vensim.ramp", "xmile.pulse")
MANY = ("min", "max", "sum", "product")
OPERATORS = ("+", "-", "*", "/", "^", "<", "<=", ">", ">=", "=", "<>", "and", "or")

numbers = st.sampled_from(ODD).map(Number)
names = st.sampled_from(("given", "for all", "fixed", "level", "kept")).map(Ref)
leaves = numbers | names | st.just(Time())


def grown(below: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    def call(keys: Sequence[str], count: int) -> st.SearchStrategy[Expr]:
        return st.builds(Call, st.sampled_from(keys), st.tuples(*[below] * count))

    return st.one_of(
        st.builds(Binary, st.sampled_from(OPERATORS), below, below),  # type: ignore[arg-type]
        st.builds(Unary, st.sampled_from(("-", "not")), below),  # type: ignore[arg-type]
        call(ONE, 1),
        call((*TWO, *TWO_OF_TIME), 2),
        call(THREE, 3),
        call(MANY, 3),
    )


def three_equations() -> st.SearchStrategy[list[Expr]]:
    """Return a strategy of three expressions."""
    return st.lists(st.recursive(leaves, grown, max_leaves=12), min_size=3, max_size=3)


def model_of(equations: Sequence[Expr], number: float, integrator: Integrator = "rk2") -> Model:
    """Return a model of three equations, the last a flow; a constant and an initial value are odd."""
    one, two, three = equations
    return build(
        [
            constant("given", 2.0),
            constant("for all", 0.5),
            constant("fixed", number),
            aux("one", E(one)),
            aux("two", E(two)),
            initial("kept", E(Binary("+", Ref("fixed"), Ref("given")))),
            stock("level", E(three), number),
            stock("other", E(Ref("one")), 1.0),
        ],
        end=2.0,
        step=0.5,
        integrator=integrator,
    )


def given_numbers(number: float) -> dict[str, object]:
    """Return constants of 16 draws."""
    return {"given": np.resize(np.array(ODD), 16), "for all": number}
