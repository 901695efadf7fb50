"""XMILE's functions of arrays, and elements that only a run can tell (3.7.1 of XMILE 1.0)."""

from __future__ import annotations

import statistics
from functools import partial

import pytest
import xmile_model
from xmile_model import aux, errors

DIMENSIONS = (
    '<dim name="D"><elem name="a"/><elem name="b"/><elem name="c"/><elem name="e"/></dim>'
    '<dim name="N" size="3"/><dim name="M" size="2"/>'
)
IN_D = '<dimensions><dim name="D"/></dimensions>'
IN_NM = '<dimensions><dim name="N"/><dim name="M"/></dimensions>'
#: 5, 2, 9, 2
V = aux("v", "IF D = 1 THEN 5 ELSE IF D = 3 THEN 9 ELSE 2", IN_D)
#: 4, 3, 2, 1
TIES = aux("t", "5 - D", IN_D)
#: 11, 12 | 21, 22 | 31, 32
W = aux("w", "10*N + M", IN_NM)

value = partial(xmile_model.value, dimensions=DIMENSIONS)
run = partial(xmile_model.run, dimensions=DIMENSIONS)
over_time = partial(xmile_model.over_time, dimensions=DIMENSIONS)


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("SUM(v)", 18.0),
        ("SUM(v[*])", 18.0),
        ("SUM(v*2 + 1)", 40.0),
        ("PROD(v)", 180.0),
        ("MEAN(v[*])", 4.5),
        ("MEAN(1, 2, 6)", 3.0),
        ("STDDEV(v)", statistics.pstdev([5, 2, 9, 2])),
        ("SIZE(v)", 4.0),
        ("SIZE(w)", 6.0),
        ("SIZE(w[1, *])", 2.0),
        ("MAX(v)", 9.0),
        ("MAX(v, 20)", 20.0),
        ("MIN(v[*], 7)", 2.0),
        ("MAX(v, w)", 32.0),
        ("MIN(v[a], v[c])", 5.0),
        ("SUM(w[*, 1])", 63.0),
        ("SUM(w[2, *])", 43.0),
        ("SUM(v[2:3])", 11.0),
        ("SUM(v) * SUM(w[1, *]) + MAX(w)", 446.0),
    ],
)
def test_a_function_of_an_array(equation: str, expected: float) -> None:
    assert value(equation, V, W) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("RANK(v, 1)", 2.0),
        ("RANK(v, 2)", 4.0),
        ("RANK(v, SIZE(v))", 3.0),
        ("RANK(v, 1, t)", 4.0),
        ("RANK(v, 2, t)", 2.0),
        ("RANK(w, 6)", 6.0),
        ("RANK(v, 5)", 0.0),
        ("RANK(v, 0)", 0.0),
    ],
)
def test_a_rank_is_the_place_of_the_element_that_has_it(equation: str, expected: float) -> None:
    # "RANK(A, 1) gives index of MIN value in array A"; a third argument breaks ties.
    assert value(equation, V, W, TIES) == expected


def test_one_sum_for_each_row() -> None:
    # "SUM(A[M, *]) sums all rows of A, placing each row sum into a separate element"
    found = run(aux("x", "SUM(w[N, *])", '<dimensions><dim name="N"/></dimensions>'), W)
    assert [found[f"x[{n}]"][0] for n in (1, 2, 3)] == [23, 43, 63]


def test_an_index_may_be_an_equation() -> None:
    assert over_time("v[TIME + 1]", V, stop=3) == [5, 2, 9, 2]
    assert over_time("w[TIME + 1, 3 - M1]", W, aux("M1", "1"), stop=2) == [12, 22, 32]


def test_outside_of_an_array_is_nothing() -> None:
    # 3.7.1: "if it is out of range, a zero (0) MUST be returned"
    assert over_time("v[TIME]", V, stop=5) == [0, 5, 2, 9, 2, 0]
    # A column that there is not is not the next row's.
    assert over_time("w[1, TIME]", W, stop=3) == [0, 11, 12, 0]


def test_a_flat_index_counts_along_the_rows() -> None:
    # 3.3.2: "A(10) refers to the tenth element in row-major order"
    assert [value(f"w({n})", W) for n in range(8)] == [0, 11, 12, 21, 22, 31, 32, 0]


def test_a_function_of_arrays_needs_one() -> None:
    found = errors(aux("x", "SUM(y)"), aux("y", "2"))
    assert found == [("wrong-arguments", "SUM takes an array, and this is a single number")]


def test_larger_of_two_works_element_by_element_inside_a_sum() -> None:
    assert value("SUM(MAX(v[*], 4))", V) == 5 + 4 + 9 + 4
