"""Arrays of XMILE, section 3.7.1 of the standard: what is left out or sliced in brackets.

The numbers are the element's own: `m[i,j]` is 10 i + j, `v[i]` is i, so that each says where it is from.
"""

from __future__ import annotations

import pytest
from xmile_text import array, aux, dims, first, over, problems, warnings, xmile

DIMS = dims(Row="r1 r2 r3", Col="c1 c2", Num="4", Part="r2 r3")
V = aux("v", "1, 2, 3", over("Row"))
W = aux("w", "5, 6", over("Col"))
M = aux("m", "11, 12, 21, 22, 31, 32", over("Row", "Col"))
Q = aux("q", "11, 12, 13, 21, 22, 23, 31, 32, 33", over("Row", "Row"))
N = aux("n", "10, 20, 30, 40", over("Num"))
ALL = "".join((V, W, M, Q, N))


def values(variables: str) -> dict[str, float]:
    """Return the first value of every column, with the arrays above at hand."""
    return first(xmile(ALL + variables, DIMS))


def elements(variables: str, name: str) -> list[float]:
    """Return the elements of one array, in order."""
    return [value for column, value in values(variables).items() if column.startswith(f"{name}[")]


@pytest.mark.parametrize(
    ("eqn", "dimensions", "expected"),
    [
        ("v * 2", ("Row",), [2, 4, 6]),
        ("v[Row] * 2", ("Row",), [2, 4, 6]),
        ("m", ("Row", "Col"), [11, 12, 21, 22, 31, 32]),
        ("m", ("Col", "Row"), [11, 21, 31, 12, 22, 32]),  # names say which is which
        ("m[Row, Col]", ("Col", "Row"), [11, 21, 31, 12, 22, 32]),
        ("m - v", ("Row", "Col"), [10, 11, 19, 20, 28, 29]),
        ("v * w", ("Row", "Col"), [5, 6, 10, 12, 15, 18]),
        ("m[r2, Col]", ("Col",), [21, 22]),
        ("m[Row, 2]", ("Row",), [12, 22, 32]),
        ("m[Row.r3, Col]", ("Col",), [31, 32]),
        ("v[2] + 0*v", ("Row",), [2, 2, 2]),
        ("n[Num]", ("Num",), [10, 20, 30, 40]),
        ("q", ("Row", "Row"), [11, 12, 13, 21, 22, 23, 31, 32, 33]),
        ("q'", ("Row", "Row"), [11, 21, 31, 12, 22, 32, 13, 23, 33]),
        ("q[@2, @1]", ("Row", "Row"), [11, 21, 31, 12, 22, 32, 13, 23, 33]),
        ("q[@1, @2]", ("Row", "Row"), [11, 12, 13, 21, 22, 23, 31, 32, 33]),
        ("q[Row, Row]", ("Row", "Row"), [11, 12, 13, 21, 22, 23, 31, 32, 33]),
        ("q[Row, Row]", ("Row",), [11, 22, 33]),  # the diagonal
        ("q[Row, Row]'", ("Row", "Row"), [11, 21, 31, 12, 22, 32, 13, 23, 33]),
        ("m'", ("Col", "Row"), [11, 21, 31, 12, 22, 32]),
        ("n[1:3]", ("Row",), [10, 20, 30]),
        ("n[2:4]", ("Row",), [20, 30, 40]),
        ("v", ("Part",), [2, 3]),  # elements of the same name
        ("v[Part]", ("Part",), [2, 3]),
    ],
)
def test_what_is_left_out_or_sliced_is_the_element_of_its_place(
    eqn: str, dimensions: tuple[str, ...], expected: list[float]
) -> None:
    assert elements(array("x", eqn, *dimensions), "x") == expected


@pytest.mark.parametrize(
    ("eqn", "expected"),
    [
        ("SUM(v)", 6),
        ("SUM(v[*])", 6),
        ("SUM(m)", 129),
        ("SUM(m[*, *])", 129),
        ("SUM(m[r2, *])", 43),
        ("SUM(m[*, c1])", 63),
        ("SUM(m[2, *])", 43),
        ("SUM(v[1:2])", 3),
        ("SUM(v[r2:r3])", 5),
        ("SUM(v[*:Part])", 5),
        ("SUM(v * 2 + 1)", 15),
        ("SUM(m[*, *] * w[*])", 11 * 5 + 12 * 6 + 21 * 5 + 22 * 6 + 31 * 5 + 32 * 6),
        ("SUM(v[*]) / SIZE(v)", 2),
        ("MEAN(v)", 2),
        ("MAX(m)", 32),
        ("MIN(m[*, c2])", 12),
        ("MAX(m, 40)", 40),
        ("SIZE(m)", 6),
        ("SIZE(m[1, *])", 2),
        ("SIZE(Row)", 3),
        ("SUM(q[*, *])", 11 + 12 + 13 + 21 + 22 + 23 + 31 + 32 + 33),
        ("SUM(q[2, *])", 66),
        ("m[r2, c1]", 21),
        ("m[3, 2]", 32),
        ("v[Row.r2]", 2),
        ("Row.r3", 3),
        ("Row.r2 * 10 + Col.c2", 22),
        ("m(4)", 22),  # the fourth, row by row
        ("n(3)", 30),
    ],
)
def test_functions_of_whole_arrays_run_over_what_is_left_out(eqn: str, expected: float) -> None:
    assert values(aux("x", eqn))["x"] == pytest.approx(expected, abs=1e-12)


def test_a_sum_over_one_dimension_keeps_the_other() -> None:
    assert elements(array("x", "SUM(m[Row, *])", "Row"), "x") == [23, 43, 63]
    assert elements(array("x", "SUM(m[*, Col])", "Col"), "x") == [63, 66]
    assert elements(array("x", "SUM(q[Row, *])", "Row"), "x") == [36, 66, 96]


def test_beside_a_slice_what_is_left_out_is_of_the_left_side() -> None:
    assert elements(array("x", "SUM(m[Row, *] * v)", "Row"), "x") == [23, 2 * 43, 3 * 63]
    assert elements(array("x", "SUM(m[Row, *] * w)", "Row"), "x") == [
        11 * 5 + 12 * 6,
        21 * 5 + 22 * 6,
        31 * 5 + 32 * 6,
    ]


def test_max_and_min_of_several_arguments_go_element_by_element_where_they_can() -> None:
    assert elements(array("x", "MAX(v, 2)", "Row"), "x") == [2, 2, 3]
    assert elements(array("x", "MAX(w, 2)", "Row"), "x") == [6, 6, 6]
    assert elements(array("x", "MAX(v)", "Row"), "x") == [3, 3, 3]
    assert elements(array("x", "MAX(v + m[r1, c1], 13)", "Row"), "x") == [13, 13, 14]


def test_the_name_of_a_dimension_is_the_number_of_its_element() -> None:
    assert elements(array("x", "10*Row + Col", "Row", "Col"), "x") == [11, 12, 21, 22, 31, 32]
    assert elements(array("x", "Num^2", "Num"), "x") == [1, 4, 9, 16]
    # in a dimension of its own, even where another holds elements of the same names
    assert elements(array("x", "Part", "Part"), "x") == [1, 2]


def test_an_element_may_be_told_by_a_value() -> None:
    assert values(aux("k", "2") + aux("x", "v[k + 1]"))["x"] == 3
    assert values(aux("k", "2") + aux("x", "m[k, 1]"))["x"] == 21
    assert elements(array("x", "v[4 - Row]", "Row"), "x") == [3, 2, 1]
    assert elements(array("x", "n[Row + 1]", "Row"), "x") == [20, 30, 40]


def test_an_element_comes_before_a_variable_of_its_name() -> None:
    assert values(aux("r1", "3") + aux("x", "v[r1]"))["x"] == 1


def test_there_is_nothing_outside_of_an_array() -> None:
    assert values(aux("k", "7") + aux("x", "v[k]"))["x"] == 0
    text = xmile(ALL + "\n" + aux("x", "1 + v[7]"), DIMS)
    assert first(text)["x"] == 1
    ((line, code, message),) = warnings(text)
    assert (line, code) == (8, "wrong-subscripts")
    assert message == '"v" has no element 7: Row has 3; its value is 0'


def test_self_is_the_variable_itself_with_its_subscripts() -> None:
    columns = values(array("x", "PREVIOUS(SELF, 1) + v", "Row") + aux("y", "PREVIOUS(SELF, 5)"))
    assert [columns[f"x[r{n}]"] for n in (1, 2, 3)] == [2, 3, 4]
    assert columns["y"] == 5


def test_each_element_may_have_an_equation_of_its_own() -> None:
    equations = {"r1, c1": "1", "r1, c2": "w[c2]", "2,1": "3", "r2,c2": "Row", "r3,c1": "m", "r3,c2": "6"}
    parts = [f'<element subscript="{at}"><eqn>{eqn}</eqn></element>' for at, eqn in equations.items()]
    own = f'<aux name="x">{over("Row", "Col")}{"".join(parts)}</aux>'
    assert elements(own, "x") == [1, 6, 3, 2, 31, 6]


def test_each_element_may_have_a_graphical_function_of_its_own() -> None:
    own = (
        f'<aux name="x"><eqn>TIME + Col</eqn>{over("Col")}'
        '<element subscript="c1"><gf><xscale min="0" max="4"/><ypts>0,40</ypts></gf></element>'
        '<element subscript="c2"><gf><xscale min="0" max="4"/><ypts>0,400</ypts></gf></element></aux>'
    )
    assert elements(own, "x") == [10, 200]
    assert elements(own + aux("y", "LOOKUP(x[c2], 1)") + aux("z", "x[c1](2)"), "x") == [10, 200]
    columns = values(own + aux("y", "LOOKUP(x[c2], 1)") + aux("z", "x[c1](2)"))
    assert (columns["y"], columns["z"]) == (100, 20)


def test_an_array_of_stocks_is_moved_by_arrays_of_flows() -> None:
    stock = f'<stock name="s"><eqn>v</eqn><inflow>f</inflow><outflow>g</outflow>{over("Row")}</stock>'
    flows = f'<flow name="f"><eqn>v*10</eqn>{over("Row")}</flow><flow name="g"><eqn>1</eqn></flow>'
    from xmile_text import run

    columns = run(xmile(ALL + stock + flows, DIMS))
    assert [columns[f"s[r{n}]"][1] for n in (1, 2, 3)] == [1 + 9, 2 + 19, 3 + 29]


def test_a_flow_with_more_dimensions_than_its_stock_is_summed() -> None:
    stock = '<stock name="s"><eqn>100</eqn><outflow>f</outflow></stock>'
    from xmile_text import run

    columns = run(xmile(ALL + stock + f'<flow name="f"><eqn>v</eqn>{over("Row")}</flow>', DIMS))
    assert columns["s"][:2] == [100, 94]


@pytest.mark.parametrize(
    ("variables", "code", "message"),
    [
        (aux("x", "v"), "wrong-subscripts", '"v" is an array over Row, which "x" is not'),
        (array("x", "v", "Col"), "wrong-subscripts", '"v" is an array over Row, which "x" is not'),
        (aux("x", "m[r1]"), "wrong-subscripts", '"m" has 2 subscripts, not 1'),
        (aux("x", "v[r9]"), "unknown-subscript", '"Row" has no element "r9"'),
        (aux("x", "v[c1]"), "unknown-subscript", '"Row" has no element "c1"'),
        (aux("x", "Row.c1"), "unknown-subscript", '"Row" has no element "c1"'),
        (
            aux("x", "Row"),
            "wrong-subscripts",
            '"Row" is a dimension, and not one of the equation it stands in',
        ),
        (
            aux("x", "v[*]"),
            "wrong-subscripts",
            "several elements stand here, and only a function of whole arrays takes them",
        ),
        (array("x", "n[1:2]", "Row"), "wrong-subscripts", "this range has 2 elements where Row has 3"),
        (aux("x", "SUM(v[3:1])"), "wrong-subscripts", "a range of elements must run upward"),
        (
            aux("k", "1") + aux("x", "SUM(v[k:2])"),
            "wrong-subscripts",
            "the ends of a range must be elements of Row, or numbers",
        ),
        (array("x", "v[@2]", "Row"), "wrong-subscripts", '"@2": the left side has 1 subscript'),
        (array("x", "1", "Nowhere"), "unknown-subscript", 'no dimension is named "Nowhere"'),
        (
            f'<aux name="x">{over("Row")}<element subscript="r7"><eqn>1</eqn></element></aux>',
            "unknown-subscript",
            '"Row" has no element "r7"',
        ),
        (
            f'<aux name="x">{over("Row")}<element subscript="r1,c1"><eqn>1</eqn></element></aux>',
            "wrong-subscripts",
            '"x" has 1 subscript, not 2',
        ),
        (
            aux("x", "w[1][2]"),
            "syntax-error",
            'expected an operator such as + or * or the end of the equation instead of "["',
        ),
    ],
)
def test_a_wrong_subscript_is_explained(variables: str, code: str, message: str) -> None:
    found = problems(xmile(ALL + variables, DIMS))
    assert (7, code, message) in found


@pytest.mark.parametrize(
    ("top", "code", "message"),
    [
        ('<dimensions><dim name="D"/></dimensions>', "wrong-subscripts", "lists no elements"),
        ('<dimensions><dim name="D" size="0"/></dimensions>', "wrong-subscripts", "lists no elements"),
        ('<dimensions><dim name="D" size="99999999"/></dimensions>', "wrong-subscripts", "lists no elements"),
        ('<dimensions><dim size="2"/></dimensions>', "syntax-error", "this dimension has no name"),
        (dims(D="a b") + dims(d="a c"), "duplicate-name", 'the dimension "d" is defined twice'),
    ],
)
def test_a_wrong_dimension_is_explained(top: str, code: str, message: str) -> None:
    found = problems(xmile(aux("a", "1"), top))
    assert any(one_code == code and message in text for _, one_code, text in found), found


def test_elements_that_map_to_others_stand_for_them() -> None:
    mapped = (
        '<dimensions><dim name="A"><elem name="a1"/><elem name="a2"/><isee:maps_to>B</isee:maps_to></dim>'
        '<dim name="B"><elem name="b1"/><elem name="b2"/></dim></dimensions>'
    )
    text = xmile(aux("p", "1, 2", over("A")) + array("x", "p", "B") + array("y", "p[A]*10", "B"), mapped)
    columns = first(text)
    assert [columns[one] for one in ("x[b1]", "x[b2]", "y[b1]", "y[b2]")] == [1, 2, 10, 20]


def test_an_element_may_be_named_like_its_dimension_or_another() -> None:
    own = dims(D="d e", Region="north d")
    v = aux("v", "1, 2", over("D"))
    curve = aux("curve", "v", over("D") + '<gf><xscale min="0" max="2"/><ypts>0,4</ypts></gf>')
    made = first(
        xmile(
            v
            + '<aux name="w"><dimensions><dim name="Region"/></dimensions>'
            + '<element subscript="north"><eqn>10</eqn></element>'
            + '<element subscript="D"><eqn>20</eqn></element></aux>'
            + array("double", "v * 2", "D")
            + array("place", "D", "D")
            + array("both", "v[D] + w", "D", "Region")
            + aux("total", "SUM(v)")
            + aux("parts", "SUM(v[*]) + SUM(v[D.d:D.e])")
            + aux("one", "v[d] + v[D.e] + D.e")
            + aux("other", "w[D]")
            + curve
            + aux("called", "curve[e](1)"),
            own,
        )
    )
    of_arrays = {
        "v": [1, 2],
        "w": [10, 20],
        "double": [2, 4],
        "place": [1, 2],
        "both": [11, 21, 12, 22],
        "curve": [2, 4],
    }
    singles = {"total": 3, "parts": 6, "one": 5, "other": 20, "called": 2}
    for name, expected in of_arrays.items():
        assert [value for column, value in made.items() if column.startswith(f"{name}[")] == expected, name
    assert {name: made[name] for name in singles} == singles


def test_an_element_named_by_a_number_is_found_by_its_name_before_its_place() -> None:
    years = dims(Year="2000 2001 2")
    v = '<aux name="v">' + over("Year")
    v += "".join(f'<element subscript="{n}"><eqn>{n}0</eqn></element>' for n in (2000, 2001, 2)) + "</aux>"
    made = first(xmile(v + aux("y", "v[2001]") + aux("name", "v[2]") + aux("place", "v[1]"), years))
    assert [made[name] for name in ("y", "name", "place")] == [20010, 20, 20000]


def test_a_number_counts_through_an_array_row_by_row() -> None:
    # The standard's own example: in A[2, 3, 4] the tenth element is A[1, 3, 2].
    sizes = dims(X="2", Y="3", Z="4")
    made = first(xmile(array("a", "100 * X + 10 * Y + Z", "X", "Y", "Z") + aux("tenth", "a(10)"), sizes))
    assert made["tenth"] == made["a[1,3,2]"] == 132


def test_a_dimension_without_names_stands_for_its_number_in_any_other() -> None:
    made = first(xmile(V + array("w", "v[Num]", "Num"), DIMS))
    assert [made[f"w[{n}]"] for n in range(1, 5)] == [1, 2, 3, 0]


def test_a_dimension_that_an_equation_is_no_array_over_is_named() -> None:
    (found,) = problems(xmile(V + aux("x", "v[Row]"), DIMS))
    assert found[1:] == ("wrong-subscripts", '"Row" is a dimension, and "x" is no array over it')


def test_self_as_a_whole_is_the_array_that_the_equation_is_of() -> None:
    made = first(
        xmile(
            array("count", "SIZE(SELF)", "Row", "Col")
            + array("wide", "SIZE(SELF[1, *])", "Row", "Col")
            + array("kept", "SUM(PREVIOUS(SELF, 2)) + 1", "Row"),
            DIMS,
        )
    )
    assert (made["count[r3,c2]"], made["wide[r1,c1]"], made["kept[r2]"]) == (6, 2, 7)


@pytest.mark.parametrize("name", ["sum", "Size", "MEAN", "min", "abs", "integ", "init"])
def test_a_variable_named_like_a_function_takes_nothing_from_it(name: str) -> None:
    stock = '<stock name="s"><eqn>4</eqn></stock>'
    asked = aux("x", "SUM(v) + SIZE(v) + MEAN(v) + MIN(v) + ABS(-1) + INIT(s)")
    for named in (aux(name, "SUM(v)"), array(name, "v", "Row")):
        assert first(xmile(V + stock + named + asked, DIMS))["x"] == 6 + 3 + 2 + 1 + 1 + 4
