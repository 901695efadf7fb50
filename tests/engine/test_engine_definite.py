"""Where NumPy leaves an order or a case open, the reference engine does not."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest

from realities.engine.reference.functions import FUNCTIONS
from realities.engine.reference.lookups import Table
from realities.engine.reference.points import Points
from realities.ir.builtins import NOT_AVAILABLE
from realities.ir.model import Lookup


def table(xs: list[float], ys: list[float]) -> Table:
    return Table.of(Lookup("table", tuple(xs), tuple(ys)))


@pytest.mark.parametrize("xs", [[1.0], [1.0, 1.0], [0.0, 1.0]])
def test_no_table_makes_a_number_of_nan(xs: list[float]) -> None:
    read = table(xs, [3.0] * len(xs))
    assert np.isnan(read.at(np.array([np.nan]))).all()
    assert np.isnan(read.inverse(np.array([np.nan]))).all()
    y = np.array([1.0, 2.0, 2.0])
    for mode in range(10):
        found = FUNCTIONS["vensim.vector_lookup"](np.array([np.nan]), 0.0, 2.0, float(mode), *y)
        assert np.isnan(found).all()


def test_the_inverse_of_a_table_that_falls_back_does_not_depend_on_other_draws() -> None:
    read = table([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0.0, 2.0, 1.0, 3.0, 2.5, 5.0, 6.0])
    y = np.random.default_rng(1).uniform(-1.0, 7.0, 1000)
    alone = [float(read.inverse(np.array([one]))[0]) for one in y]
    assert read.inverse(y).tolist() == alone
    np.testing.assert_allclose(np.maximum.accumulate(np.sort(alone)), np.array(alone)[np.argsort(y)])
    assert read.inverse(np.array([1.5])).tolist() == [0.75]


def test_elements_are_added_up_from_left_to_right() -> None:
    elements = np.random.default_rng(2).normal(size=(50, 4)) * 10.0 ** np.arange(50.0)[:, None] % 7.0
    mean = functools.reduce(np.add, elements) / 50.0
    squares = [(element - mean) * (element - mean) for element in elements]
    wanted = np.sqrt(functools.reduce(np.add, squares) / 50.0)
    assert FUNCTIONS["xmile.stddev"](*elements).tolist() == wanted.tolist()
    pairs = [part for element in elements for part in (np.ones(4), element)]
    total = FUNCTIONS["vensim.vector_select"](np.float64(0.0), np.float64(0.0), np.float64(0.0), *pairs)
    assert total.tolist() == functools.reduce(np.add, elements).tolist()


def test_a_matrix_without_an_inverse_has_none_and_spoils_no_other_draw() -> None:
    singular, sound = [[1.0, 2.0], [2.0, 4.0]], [[0.0, 2.0], [4.0, 0.0]]
    entries = np.array([singular, sound]).reshape(2, 4).T
    with np.errstate(all="ignore"):
        found = FUNCTIONS["vensim.invert_matrix"](*entries)
    assert np.isnan(found[0]).all()
    assert found[1].tolist() == [0.0, 0.25, 0.5, 0.0]


def test_a_data_series_has_no_point_at_an_infinite_time_and_none_up_to_nan() -> None:
    read, infinity, nan = table([1.0, 2.0], [5.0, 6.0]), math.inf, math.nan
    assert Points.at_time(read, np.array([infinity, -infinity, nan, 2.0])).tolist() == [NOT_AVAILABLE] * 3 + [
        6.0
    ]
    start, end = (
        np.array([-infinity, -infinity, 0.0, nan, 0.0]),
        np.array([infinity, -infinity, nan, 3.0, 1.5]),
    )
    assert Points.mean(read, start, end).tolist() == [5.5, *[NOT_AVAILABLE] * 3, 5.0]
