"""Equations of odd numbers (NaN, infinities, zeros of both signs) mean what the reference engine says."""

from __future__ import annotations

import math

import numpy as np
from hand_built import E, aux, build, constant, initial, stock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from program_runs import both, differences

from realities.ir.expr import Binary, Call, Expr, Number, Ref, Time, Unary

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
    def call(keys: tuple[str, ...], count: int) -> st.SearchStrategy[Expr]:
        return st.builds(Call, st.sampled_from(keys), st.tuples(*[below] * count))

    return st.one_of(
        st.builds(Binary, st.sampled_from(OPERATORS), below, below),  # type: ignore[arg-type]
        st.builds(Unary, st.sampled_from(("-", "not")), below),  # type: ignore[arg-type]
        call(ONE, 1),
        call((*TWO, *TWO_OF_TIME), 2),
        call(THREE, 3),
        call(MANY, 3),
    )


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.recursive(leaves, grown, max_leaves=12), min_size=3, max_size=3), st.sampled_from(ODD))
def test_equations_of_odd_numbers_give_the_bits_of_the_reference_engine(
    equations: list[Expr], number: float
) -> None:
    one, two, three = equations
    model = build(
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
        integrator="rk2",
    )
    given = {"given": np.resize(np.array(ODD), 16), "for all": number}
    assert differences(*both(model, given, n_draws=16)) == []
