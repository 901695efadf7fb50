"""Simplifications are exact: whatever numbers come in, the same bits come out as without them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from interpret import OPERATIONS

from realities.engine.program.builder import CORE, EVENT, FIXED, GRID, SETUP, Builder
from realities.engine.program.fold import inverse_power_of_two

ODD = (0.0, -0.0, 1.0, -1.0, 0.5, 3.0, -2.0, 1e-310, 1e308, math.inf, -math.inf, math.nan)


def value(b: Builder, place: int, filled: dict[int, float]) -> object:
    """Return the value of a builder's value, its leaves filled in."""
    if place in filled:
        return np.float64(filled[place])
    if place in b.known:
        return b.known[place] if isinstance(b.known[place], bool) else np.float64(b.known[place])
    assert b.ops[place] in OPERATIONS, b.ops[place]
    return OPERATIONS[b.ops[place]](*(value(b, used, filled) for used in b.inputs[place]))


def same(one: object, other: object) -> bool:
    x, y = float(one), float(other)  # type: ignore[arg-type]
    return (math.isnan(x) and math.isnan(y)) or (x == y and math.copysign(1, x) == math.copysign(1, y))


def leaves(b: Builder) -> tuple[int, int]:
    return b.leaf("stock", 0, CORE), b.leaf("stock", 1, CORE)


EXACT: dict[str, tuple[Callable[[Builder, int, int], int], Callable[[np.float64, np.float64], object]]] = {
    "times one": (lambda b, x, y: b.mul(b.number(1.0), x), lambda x, y: np.float64(1.0) * x),
    "over one": (lambda b, x, y: b.div(x, b.number(1.0)), lambda x, y: x / np.float64(1.0)),
    "over eight": (lambda b, x, y: b.div(x, b.number(-8.0)), lambda x, y: x / np.float64(-8.0)),
    "over a small power": (lambda b, x, y: b.div(x, b.number(2.0**-1000)), lambda x, y: x / 2.0**-1000),
    "over a large power": (lambda b, x, y: b.div(x, b.number(2.0**1023)), lambda x, y: x / 2.0**1023),
    "twice negative": (
        lambda b, x, y: b.apply("negative", b.apply("negative", x)),
        lambda x, y: np.negative(np.negative(x)),
    ),
    "size of negative": (lambda b, x, y: b.apply("abs", b.apply("negative", x)), lambda x, y: abs(-x)),
    "size of size": (lambda b, x, y: b.apply("abs", b.apply("abs", x)), lambda x, y: abs(abs(x))),
    "min of one": (lambda b, x, y: b.apply("min", x, x), lambda x, y: np.minimum(x, x)),
    "max of one": (lambda b, x, y: b.apply("max", x, x), lambda x, y: np.maximum(x, x)),
    "same branches": (lambda b, x, y: b.select(b.less(x, y), y, y), lambda x, y: np.where(x < y, y, y)),
    "not": (
        lambda b, x, y: b.select(b.opposite(b.less(x, y)), x, y),
        lambda x, y: np.where(np.logical_not(x < y), x, y),
    ),
    "not not": (lambda b, x, y: b.real(b.opposite(b.opposite(b.less(x, y)))), lambda x, y: x < y),
    "and itself": (lambda b, x, y: b.real(b.both(b.less(x, y), b.less(x, y))), lambda x, y: x < y),
    "and true": (
        lambda b, x, y: b.real(b.both(b.less(b.number(0.0), b.number(1.0)), b.less(x, y))),
        lambda x, y: x < y,
    ),
    "or true": (
        lambda b, x, y: b.real(b.apply("or", b.less(x, y), b.less(b.number(0.0), b.number(1.0)))),
        lambda x, y: True,
    ),
    "truth of a truth": (lambda b, x, y: b.real(b.truth(b.real(b.less(x, y)))), lambda x, y: x < y),
    "flag is one": (
        lambda b, x, y: b.real(b.equal(b.select(b.less(x, y), b.number(1.0), b.number(0.0)), b.number(1.0))),
        lambda x, y: x < y,
    ),
    "flag is zero": (
        lambda b, x, y: b.real(b.equal(b.number(0.0), b.real(b.less(x, y)))),
        lambda x, y: not x < y,
    ),
    "flag is less": (
        lambda b, x, y: b.real(b.less(b.number(3.0), b.select(b.less(x, y), b.number(4.0), b.number(-1.0)))),
        lambda x, y: x < y,
    ),
    "flag is never": (
        lambda b, x, y: b.real(b.equal(b.real(b.less(x, y)), b.number(math.nan))),
        lambda x, y: False,
    ),
    "truth": (lambda b, x, y: b.real(b.truth(x)), lambda x, y: x != 0.0),
    "known choice": (lambda b, x, y: b.select(b.truth(b.number(2.0)), x, y), lambda x, y: x),
    "taking computed zero": (
        lambda b, x, y: b.sub(x, b.apply("call", b.number(1.0), detail="ln")),
        lambda x, y: x - np.log(1.0),
    ),
    "adding computed zero": (
        lambda b, x, y: b.add(x, b.apply("call", b.number(1.0), detail="ln")),
        lambda x, y: x + np.log(1.0),
    ),
    "adding a chosen zero": (
        lambda b, x, y: b.add(x, b.select(b.less(b.number(0.0), b.number(1.0)), b.number(0.0), y)),
        lambda x, y: x + np.float64(0.0),
    ),
    "adding a part that is zero": (
        lambda b, x, y: b.add(x, b.part(b.apply("array", b.number(0.0), y, detail=("several", 2)), 0)),
        lambda x, y: x + np.float64(0.0),
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_a_simplification_changes_no_bit(name: str) -> None:
    build, truth = EXACT[name]
    with np.errstate(all="ignore"):
        b = Builder()
        x, y = leaves(b)
        result = build(b, x, y)
        for one, other in itertools.product(ODD, ODD):
            found = value(b, result, {x: one, y: other})
            assert same(found, truth(np.float64(one), np.float64(other))), (one, other)


@pytest.mark.parametrize("op", ["+", "-", "*", "/", "min", "max", "<", "<=", "="])
def test_known_numbers_fold_to_the_bit(op: str) -> None:
    with np.errstate(all="ignore"):
        for one, other in itertools.product(ODD, ODD):
            b = Builder()
            found = b.known[b.apply(op, b.number(one), b.number(other))]
            assert same(found, OPERATIONS[op](np.float64(one), np.float64(other)))


def test_an_added_zero_that_is_written_does_nothing() -> None:
    # Not exact for -0.0, and meant: the reference engine says the same.
    b = Builder()
    x, _ = leaves(b)
    for zero in (b.number(0.0), b.number(-0.0), b.sub(b.number(2.0), b.number(2.0))):
        assert b.add(x, zero) == b.add(zero, x) == b.sub(x, zero) == x


def test_equal_operations_are_one_whichever_way_round_they_stand() -> None:
    b = Builder()
    x, y = leaves(b)
    assert b.add(x, y) == b.add(y, x)
    assert b.mul(x, y) == b.mul(y, x)
    assert b.sub(x, y) != b.sub(y, x)
    assert b.apply("min", x, y) != b.apply("min", y, x)  # of 0 and -0 either may be meant
    assert b.number(0.0) != b.number(-0.0)


def test_a_flag_that_is_asked_for_is_its_condition() -> None:
    b = Builder()
    x, y = leaves(b)
    condition = b.less(x, y)
    flag = b.select(condition, b.number(1.0), b.number(0.0))
    assert b.equal(flag, b.number(1.0)) == b.truth(flag) == condition
    assert b.equal(b.number(0.0), flag) == b.opposite(condition)


def test_a_value_stands_in_the_least_region_that_has_what_it_needs() -> None:
    b = Builder()
    uniform, own = b.leaf("parameter", 0, FIXED), b.leaf("parameter", 1, SETUP)
    time, event, level = b.leaf("step_time", None, GRID), b.leaf("event", 0, EVENT), b.leaf("stock", 0, CORE)
    mixtures = {
        (uniform, uniform): FIXED,
        (uniform, own): SETUP,
        (uniform, time): GRID,
        (own, time): CORE,
        (event, own): EVENT,
        (event, time): CORE,
        (level, uniform): CORE,
    }
    for (x, y), region in mixtures.items():
        assert b.regions[b.sub(x, y)] == region


@pytest.mark.parametrize("number", [2.0**-1074, 2.0**-1030, 0.0, -0.0, math.inf, math.nan, 3.0, 0.1, None])
def test_only_exact_reciprocals_stand_for_a_divisor(number: float | None) -> None:
    assert inverse_power_of_two(number) is None


@pytest.mark.parametrize("exponent", [-1022, -5, -1, 0, 1, 2, 70, 1023])
def test_a_power_of_two_has_an_exact_reciprocal(exponent: int) -> None:
    assert inverse_power_of_two(2.0**exponent) == 2.0**-exponent
    assert inverse_power_of_two(-(2.0**exponent)) == -(2.0**-exponent)


@pytest.mark.parametrize("exponent", [-1.0, 0.5, 2.0, 1.7])
def test_a_power_of_known_numbers_has_the_bits_of_one_of_arrays(exponent: float) -> None:
    bases = np.random.default_rng(4).uniform(0.0, 10.0, 200)
    b = Builder()
    exponents = b.number(exponent, is_written=False)
    found = [b.known[b.apply("call", b.number(base), exponents, detail="power")] for base in bases]
    np.testing.assert_array_equal(found, np.power(bases, np.full(200, exponent)))
