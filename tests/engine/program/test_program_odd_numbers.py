"""Equations of odd numbers (NaN, infinities, zeros of both signs) mean what the reference engine says."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_equations import ODD, given_numbers, model_of, three_equations
from program_runs import both, differences

from realities.ir.expr import Expr


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(three_equations(), st.sampled_from(ODD))
def test_equations_of_odd_numbers_give_the_bits_of_the_reference_engine(
    equations: list[Expr], number: float
) -> None:
    assert differences(*both(model_of(equations, number), given_numbers(number), n_draws=16)) == []
