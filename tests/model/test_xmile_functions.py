"""XMILE's functions by what they compute; sections are those of XMILE 1.0 (OASIS, 2015)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from xmile_model import aux, build, errors, over_time, run, value

from realities.engine.reference import simulate
from realities.errors import Findings
from realities.model.xmile.functions import UNSUPPORTED


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        # 3.5.1
        ("ABS(-2.5)", 2.5),
        ("ARCCOS(0.5)", math.acos(0.5)),
        ("ARCSIN(0.5)", math.asin(0.5)),
        ("ARCTAN(2)", math.atan(2)),
        ("COS(1)", math.cos(1)),
        ("EXP(1)", math.e),
        ("1/INF", 0.0),
        ("INT(2.9)", 2.0),
        ("LN(10)", math.log(10)),
        ("LOG10(1000)", 3.0),
        ("MAX(2, 3)", 3.0),
        ("MIN(2, 3)", 2.0),
        ("PI", math.pi),
        ("PI()", math.pi),
        ("SIN(1)", math.sin(1)),
        ("SQRT(2)", math.sqrt(2)),
        ("TAN(1)", math.tan(1)),
        # 3.5.5
        ("DT", 0.25),
        ("STARTTIME", 2.0),
        ("STOPTIME", 4.0),
        ("TIME", 2.0),
        # 3.3
        ("IF 2 > 1 AND NOT 0 THEN 5 ELSE 6", 5.0),
        ("IF_THEN_ELSE(2 < 1, 5, 6)", 6.0),
        ("(2 > 1) + (2 = 1) + (1 <> 2)", 2.0),
        ("2^3^2", 512.0),
        # Stella
        ("FACTORIAL(5)", 120.0),
        ("GAMMALN(5)", math.log(24)),
        ("PERCENT(0.25)", 25.0),
        ("ROUND(2.5)", 3.0),
        ("ROUND(-2.5)", -3.0),
        ("ROUND(2.4)", 2.0),
        ("SAFEDIV(6, 4)", 1.5),
        ("SAFEDIV(6, 0)", 0.0),
        ("SAFEDIV(6, 0, 9)", 9.0),
        ("SAFEDIV(6, 1e-9)", 6e9),
        ("6 // 0", 0.0),
        ("SWITCH(2, 1)", 1.0),
        ("SINWAVE(3, 8)", 3.0),
        ("COSWAVE(3, 4)", -3.0),
        # Vensim's, carried over
        ("SINH(0.5)", math.sinh(0.5)),
        ("MODULO(-7, 3)", -1.0),
        ("ZIDZ(1, 1e-9)", 0.0),
        ("XIDZ(1, 0, 4)", 4.0),
    ],
)
def test_a_function_of_numbers(equation: str, expected: float) -> None:
    assert value(equation, start=2, stop=4, dt=0.25) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        # Stella's help: COMBINATIONS(5, 3) = 5! / (3! 2!)
        ("COMBINATIONS(5, 3)", 10.0),
        ("PERMUTATIONS(5, 3)", 60.0),
        # Of a line from (0, 1) to (4, 9): 2 x + 1, its area x^2 + x.
        ("LOOKUP(g, 1.5)", 4.0),
        ("g(1.5)", 4.0),
        ("LOOKUPINV(g, 4)", 1.5),
        ("LOOKUPAREA(g, 1, 3)", 10.0),
    ],
)
def test_a_function_of_counts_or_of_a_table(equation: str, expected: float) -> None:
    table = '<gf name="g"><xscale min="0" max="4"/><ypts>1,9</ypts></gf>'
    assert value(equation, table) == pytest.approx(expected)


def test_int_goes_down_where_vensim_goes_toward_zero() -> None:
    # 3.5.1: "next integer less than or equal"; note 4 of 3.3.1: the floor.
    assert value("INT(-2.5)") == -3.0


def test_mod_takes_the_sign_of_its_divisor() -> None:
    # 3.3.1: the floored modulus; a = INT(a/b)*b + a MOD b.
    assert value("(-7) MOD 3") == 2.0
    assert value("7 MOD (-3)") == -2.0
    assert value("INT((-7)/3)*3 + (-7) MOD 3") == -7.0


def test_nan_is_no_number() -> None:
    assert build(aux("x", "NAN"), aux("y", "NAN()"))["x"].expression is not None
    assert value("IF 1 THEN 2 ELSE NAN") == 2.0


@pytest.mark.parametrize("name", ["PI", "inf", "NaN", "Time", "Self", "dt"])
def test_a_variable_cannot_bear_a_reserved_name(name: str) -> None:
    # 3.2.2.5: names of the standard are reserved.
    found = errors(aux(name, "3"), aux("x", "1"))
    assert [code for code, _ in found] == ["duplicate-name"]
    assert f'"{name}"' in found[0][1]


# -- test inputs, 3.5.4 -----------------------------------------------------------------------------------


def test_a_pulse_has_the_area_of_its_magnitude() -> None:
    # "PULSE(20, 12, 5) generates a pulse value of 20/DT at time 12, 17, 22, etc."
    values = over_time("PULSE(20, 12, 5)", stop=24, dt=0.25)
    assert sum(values) * 0.25 == pytest.approx(60.0)
    assert [at * 0.25 for at, one in enumerate(values) if one == 80.0] == [12.0, 17.0, 22.0]
    assert set(values) == {0.0, 80.0}


@pytest.mark.parametrize("equation", ["PULSE(3, 2)", "PULSE(3, 2, 0)"])
def test_a_pulse_without_interval_comes_once(equation: str) -> None:
    assert over_time(equation, stop=5) == [0, 0, 3, 0, 0, 0]


def test_a_pulse_comes_at_each_time_whatever_the_rounding_of_the_step() -> None:
    # A tenth is no binary fraction: after 100 steps the time is off by a few of its last digits.
    values = over_time("PULSE(1, 1, 1)", stop=30, dt=0.1)
    assert sum(one > 0 for one in values) == 30
    assert sum(values) * 0.1 == pytest.approx(30.0)


def test_a_ramp_begins_at_its_start() -> None:
    # "RAMP(2, 5) generates a ramp of slope 2 beginning at time 5"
    assert over_time("RAMP(2, 5)", stop=8) == [0, 0, 0, 0, 0, 0, 2, 4, 6]


def test_a_ramp_with_an_end_stays_level_as_translators_mean_it() -> None:
    assert over_time("RAMP(2, 5, 7)", stop=9) == [0, 0, 0, 0, 0, 0, 2, 4, 4, 4]


def test_a_step_is_up_from_its_start_on() -> None:
    # "STEP(6, 3) steps from 0 to 6 at time 3 (and stays there)"
    assert over_time("STEP(6, 3)", stop=5) == [0, 0, 0, 6, 6, 6]


# -- chance, 3.5.2 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("equation", "distribution"),
    [
        ("EXPRND(8)", stats.expon(scale=8)),
        ("NORMAL(100, 5)", stats.norm(100, 5)),
        ("NORMAL(100, 5, 7)", stats.norm(100, 5)),
        ("NORMAL(100, 5, 7, 98, 103)", stats.truncnorm(-0.4, 0.6, 100, 5)),
        ("RANDOM(1, 100)", stats.uniform(1, 99)),
        ("UNIFORM(1, 100, 3)", stats.uniform(1, 99)),
        ("BETA(2, 3)", stats.beta(2, 3)),
        ("GAMMA(2, 3)", stats.gamma(2, scale=3)),
        ("LOGISTIC(2, 3)", stats.logistic(2, 3)),
        ("PARETO(4, 3)", stats.pareto(4, scale=3)),
        ("TRIANGULAR(1, 2, 5)", stats.triang(0.25, 1, 4)),
        ("WEIBULL(2, 3)", stats.weibull_min(2, scale=3)),
        # The underlying normal of mean 10 and deviation 1: variance of the logarithm ln(1 + 0.01).
        ("LOGNORMAL(10, 1)", stats.lognorm(math.sqrt(math.log(1.01)), scale=10 / math.sqrt(1.01))),
    ],
)
def test_a_continuous_random_number_follows_its_distribution(equation: str, distribution: object) -> None:
    drawn = simulate(build(aux("x", equation), stop=1), n_draws=4000)["x"].ravel()
    # By the seed of the run these are the same numbers every time.
    assert stats.kstest(drawn, distribution.cdf).pvalue > 0.01  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("equation", "distribution"),
    [("POISSON(3)", stats.poisson(3)), ("BINOMIAL(5, 0.3, 2)", stats.binom(5, 0.3))],
)
def test_a_count_follows_its_distribution(equation: str, distribution: object) -> None:
    drawn = simulate(build(aux("x", equation), stop=1), n_draws=4000)["x"].ravel()
    counts = np.array([np.sum(drawn == k) for k in range(6)])
    expected = distribution.pmf(np.arange(6)) * drawn.size  # type: ignore[attr-defined]
    assert (np.abs(counts - expected) < 4 * np.sqrt(expected + 1)).all()
    assert (drawn == np.floor(drawn)).all()


def test_a_percentage_in_a_unit_of_time_is_split_among_its_steps() -> None:
    # Stella: MONTECARLO(p) is 1 with p percent a unit of time: 20 * 0.25 = 5 percent of the steps.
    drawn = simulate(build(aux("x", "MONTECARLO(20)"), stop=100, dt=0.25), n_draws=50)["x"]
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert drawn.mean() == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / drawn.size))


def test_two_random_functions_without_seeds_are_two_streams() -> None:
    found = run(aux("x", "RANDOM(0, 1)"), aux("y", "RANDOM(0, 1)"))
    assert not np.any(found["x"] == found["y"])


# -- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(key for key in UNSUPPORTED if not key.startswith("get ")))
def test_what_is_known_and_not_supported_is_refused_by_its_name(key: str) -> None:
    name = key.upper().replace(" ", "_")
    found = errors(aux("x", f"{name}(y, 1)"), aux("y", "2"))
    assert [code for code, _ in found] == ["unsupported-function"]
    assert found[0][1] == f"{name} is not supported"


@pytest.mark.parametrize(
    "equation",
    ["PULSE(1)", "RAMP(1)", "NORMAL(1)", "RANDOM(1)", "LOGNORMAL(1, 2, 3, 4)", "PREVIOUS(y)", "SMTH1(y)"],
)
def test_too_few_or_too_many_arguments_are_told(equation: str) -> None:
    assert [code for code, _ in errors(aux("x", equation), aux("y", "2"))] == ["wrong-arguments"]


def test_units_of_a_pulse_are_those_of_a_flow() -> None:
    findings = Findings()
    build(
        aux("x", "PULSE(y, 2)", "<units>widgets/months</units>"),
        aux("y", "2", "<units>widgets</units>"),
        findings=findings,
    )
    assert not [item for item in findings.items if item.code == "unit-mismatch"]


@pytest.mark.parametrize("equation", ["NPV(10, 0.1)", "NPV(10, 0.1, 5)"])
def test_stellas_npv_is_refused_by_its_name_and_vensims_is_not(equation: str) -> None:
    n = equation.count(",") + 1
    message = f"Stella's NPV, with {n} arguments, is not supported"
    assert errors(aux("x", equation)) == [("unsupported-function", message)]
    assert value("NPV(10, 0, 5, 1)") == 15.0  # what it starts with, and the first step's part
