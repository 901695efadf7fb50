from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from realities.engine.reference import simulate
from realities.errors import InputError
from realities.ir.model import Model
from realities.ir.text import expression_text
from realities.model.load import build_model
from realities.source import SourceText

Build = Callable[[str], Model]


def equations(model: Model, base: str) -> dict[str, str]:
    return {
        v.name: expression_text(v.expression)
        for v in model.variables
        if v.base == base and v.expression is not None
    }


def test_an_equation_over_a_dimension_becomes_one_variable_an_element(build: Build) -> None:
    model = build("Region: North, South ~~| stock[Region] = 1, 2 ~~| flow[region] = stock[REGION] * 2 ~~|")
    assert equations(model, "flow") == {"flow[North]": "stock[North] * 2", "flow[South]": "stock[South] * 2"}
    assert model["flow[south]"].elements == ("South",)
    assert [(d.name, d.elements) for d in model.dimensions] == [("Region", ("North", "South"))]


def test_subranges_numbered_ranges_and_dimensions_of_dimensions(build: Build) -> None:
    model = build("All: A, Mid, (z9-z11) ~~| Mid: (m08-m09) ~~| x[All] = ELMCOUNT(Mid) ~~|")
    assert [v.elements[0] for v in model.variables if v.base == "x"] == [
        "A",
        "m08",
        "m09",
        "z9",
        "z10",
        "z11",
    ]
    assert equations(model, "x")["x[A]"] == "2"


def test_single_elements_and_ranges_may_be_mixed(build: Build) -> None:
    model = build("D: a, b, c ~~| E: b, c ~~| x[a] = 1 ~~| x[E] = Time ~~|")
    assert equations(model, "x") == {"x[a]": "1", "x[b]": "Time", "x[c]": "Time"}


def test_except_takes_combinations_out(build: Build) -> None:
    model = build(
        "D: a, b ~~| E: p, q ~~| x[D, E] :EXCEPT: [a, p], [b, E] = 1 ~~| x[a, p] = 2 ~~| x[b, E] = 3, 4 ~~|"
    )
    assert equations(model, "x") == {"x[a,p]": "2", "x[a,q]": "1", "x[b,p]": "3", "x[b,q]": "4"}


def test_numbers_are_laid_out_with_the_last_subscript_fastest(build: Build) -> None:
    model = build("D: a, b ~~| E: p, q, r ~~| x[D, E] = 1, 2, 3; 4, 5, 6; ~~| y[D, q] = 7, 8 ~~|")
    assert equations(model, "x") | equations(model, "y") == {
        "x[a,p]": "1",
        "x[a,q]": "2",
        "x[a,r]": "3",
        "x[b,p]": "4",
        "x[b,q]": "5",
        "x[b,r]": "6",
        "y[a,q]": "7",
        "y[b,q]": "8",
    }


def test_a_mapping_answers_place_by_place(build: Build) -> None:
    model = build("A: a1, a2 ~~| B: b1, b2 -> A ~~| y[B] = 1, 2 ~~| x[A] = y[B] ~~|")
    assert equations(model, "x") == {"x[a1]": "y[b1]", "x[a2]": "y[b2]"}


def test_a_mapping_may_send_an_element_to_several(build: Build) -> None:
    model = build(
        "Town: t1, t2, t3 ~~| Coast: t1, t3 ~~| Region: East, West -> (Town: Coast, t2) ~~|"
        "tax[Region] = 1, 2 ~~| paid[Town] = tax[Region] ~~|"
    )
    assert equations(model, "paid") == {
        "paid[t1]": "tax[East]",
        "paid[t2]": "tax[West]",
        "paid[t3]": "tax[East]",
    }


def test_a_mapping_between_subranges_shifts_cohorts(build: Build) -> None:
    model = build(
        "Age: infant, child, teen ~~| Older: child, teen ~~| Before: infant, child -> Older ~~|"
        "aging[Age] = 1, 2, 3 ~~| change[Older] = aging[Before] - aging[Older] ~~|"
    )
    assert equations(model, "change") == {
        "change[child]": "aging[infant] - aging[child]",
        "change[teen]": "aging[child] - aging[teen]",
    }


def test_an_alias_is_the_same_dimension(build: Build) -> None:
    model = build("B <-> A ~~| A: a1, a2 ~~| y[B] = 1, 2 ~~| x[A] = y[B] ~~| z[A, B] = y[B] * x[A] ~~|")
    assert equations(model, "x") == {"x[a1]": "y[a1]", "x[a2]": "y[a2]"}
    assert equations(model, "z")["z[a1,a2]"] == "y[a2] * x[a1]"


def test_sums_run_over_what_is_marked(build: Build) -> None:
    model = build(
        "D: a, b ~~| E: p, q ~~| x[D, E] = 1, 2; 3, 4; ~~| rows[D] = SUM(x[D, E!]) ~~|"
        "all = SUM(x[D!, E!]) ~~| top[E] = VMAX(x[D!, E] - 1) ~~| least = VMIN(x[D!, q]) ~~|"
        "weighted = SUM(x[D!, p] * rows[D!]) ~~| times[D] = PROD(x[D, E!]) ~~|"
    )
    assert equations(model, "rows")["rows[b]"] == "x[b,p] + x[b,q]"
    assert equations(model, "all") == {"all": "x[a,p] + x[a,q] + x[b,p] + x[b,q]"}
    assert equations(model, "top")["top[q]"] == "MAX(x[a,q] - 1, x[b,q] - 1)"
    assert equations(model, "least") == {"least": "MIN(x[a,q], x[b,q])"}
    assert equations(model, "weighted") == {"weighted": "x[a,p] * rows[a] + x[b,p] * rows[b]"}
    assert equations(model, "times")["times[a]"] == "x[a,p] * x[a,q]"


def test_a_dimension_and_its_mark_mean_two_things_in_one_sum(build: Build) -> None:
    model = build("D: a, b ~~| m[D, E] = 1, 2; 3, 4; ~~| E <-> D ~~| out[D] = SUM(m[D, E!] * m[D, D!]) ~~|")
    assert equations(model, "out")["out[a]"].count("m[a,") == 8


def test_subscripts_count_as_numbers_by_their_largest_dimension(build: Build) -> None:
    model = build("Sub: b, c ~~| D: a, b, c ~~| x[Sub] = Sub ~~| y[D, Sub] = IF THEN ELSE(D = Sub, 1, 0) ~~|")
    assert equations(model, "x") == {"x[b]": "2", "x[c]": "3"}
    assert equations(model, "y")["y[c,b]"] == "IF THEN ELSE(3 = 2, 1, 0)"


def test_sorting_walks_along_the_last_subscript(build: Build) -> None:
    model = build(
        "D: a, b ~~| E: p, q ~~| x[D, E] = 1, 2; 3, 4; ~~| o[D, E] = VECTOR SORT ORDER(x[D, E], 1) ~~|"
    )
    assert equations(model, "o")["o[b,q]"] == 'PART("o[b,p]: VECTOR SORT ORDER", 1)'
    (row,) = equations(model, "o[b,p]: VECTOR SORT ORDER").values()
    assert row == "VECTOR SORT ORDER(1, x[b,p], x[b,q])"


def test_a_matrix_is_inverted_once_and_read_by_the_left_side(build: Build) -> None:
    """The inverse of an A x B matrix is B x A: its rows are the first subscript on the left."""
    model = build(
        "R: r1, r2 ~~| C: c1, c2 ~~| m[R, C] = 1, 2; 4, 5; ~~|"
        "i[C, R] = INVERT MATRIX(m[R, C], 2) ~~| j[R, C] = INVERT MATRIX(m[R, C], 2) ~~|"
        "one[C, D] = SUM(i[C, R!] * m[R!, D]) ~~| D <-> C ~~|"
    )
    whole = [v for v in model.variables if v.is_hidden]
    assert len(whole) == 2
    run = simulate(model)
    # The inverse of (1 2; 4 5) is (-5 2; 4 -1) / 3.
    names = ["i[c1,r1]", "i[c1,r2]", "i[c2,r1]", "i[c2,r2]"]
    assert [run[name][0, 0] for name in names] == pytest.approx([-5 / 3, 2 / 3, 4 / 3, -1 / 3])
    assert [run[f"j[{at}]"][0, 0] for at in ("r1,c2", "r2,c1")] == pytest.approx([2 / 3, 4 / 3])
    product = [run[f"one[{at}]"][0, 0] for at in ("c1,c1", "c1,c2", "c2,c1", "c2,c2")]
    assert product == pytest.approx([1.0, 0.0, 0.0, 1.0], abs=1e-12)


def test_both_subscripts_of_a_matrix_may_be_one_dimension(build: Build) -> None:
    model = build(
        "A: a1, a2 ~~| B <-> A ~~| m[A, B] = 1, 2; 4, 5; ~~| i[A, B] = INVERT MATRIX(m[A, A], 2) ~~|"
    )
    assert simulate(model)["i[a1,a2]"][0, 0] == pytest.approx(2 / 3)


def test_each_matrix_of_an_array_of_them_is_inverted(build: Build) -> None:
    model = build(
        "K: k1, k2 ~~| A: a1, a2 ~~| B <-> A ~~| m[K, A, B] = IF THEN ELSE(A = B, 2 * K, 0) ~~|"
        "i[K, A, B] = INVERT MATRIX(m[K, A, B], 2) ~~|"
    )
    assert sum(v.is_hidden for v in model.variables) == 2
    run = simulate(model)
    assert [run[f"i[{k},a2,a2]"][0, 0] for k in ("k1", "k2")] == [0.5, 0.25]


@pytest.mark.parametrize("n", [40, pytest.param(100, marks=pytest.mark.slow)])
def test_a_large_matrix_loads_and_runs(build: Build, n: int) -> None:
    model = build(
        f"A: (a1-a{n}) ~~| B <-> A ~~| m[A, B] = IF THEN ELSE(A = B, 100, 0) + A / B ~~|"
        f"i[A, B] = INVERT MATRIX(m[A, B], {n}) ~~|"
    )
    assert len(model.variables) == 2 * n * n + 1 + 4
    run = simulate(model, outputs=["i[a3,a7]"], final_time=0.0)
    k = np.arange(1.0, n + 1.0)
    exact = np.linalg.inv(100.0 * np.eye(n) + k[:, np.newaxis] / k)
    assert run["i[a3,a7]"][0, 0] == pytest.approx(exact[2, 6], rel=1e-10)


def test_a_vector_that_needs_each_element_is_not_shared(build: Build) -> None:
    model = build("D: a, b ~~| x[D] = 1, 2 ~~| r[D] = VECTOR RANK(x[D], 1.5 - D) ~~|")
    run = simulate(model)
    assert [run["r[a]"][0, 0], run["r[b]"][0, 0]] == [1.0, 1.0]


def test_an_offset_that_is_a_number_reads_one_neighbor(build: Build) -> None:
    model = build(
        "D: a, b, c ~~| Later: b, c ~~| x[a] = Time ~~| x[Later] = VECTOR ELM MAP(x[Later], -1) + 1 ~~|"
    )
    assert simulate(model)["x[c]"][0].tolist()[:3] == [2.0, 3.0, 4.0]


def test_elm_map_and_select_read_neighbors(build: Build) -> None:
    model = build(
        "D: a, b, c ~~| x[D] = 1, 2, 3 ~~| on[D] = 1, 0, 1 ~~| next[D] = VECTOR ELM MAP(x[a], D) ~~|"
        "chosen = VECTOR SELECT(on[D!], x[D!], 0, 1, 0) ~~|"
    )
    assert equations(model, "next") == {
        "next[a]": "x[b]",
        "next[b]": "x[c]",
        "next[c]": 'PART("next[c]: VECTOR ELM MAP", 0 + 3)',
    }
    assert equations(model, "chosen") == {
        "chosen": "VECTOR SELECT(0, 1, 0, on[a], x[a], on[b], x[b], on[c], x[c])"
    }


def test_what_subscripts_cannot_mean_is_an_error(codes: Callable[[str], list[str]]) -> None:
    base = "D: a, b ~~| E: p, q ~~| x[D] = 1, 2 ~~|"
    assert codes(f"{base} y[E] = x[D] ~~|") == ["wrong-subscripts"]
    assert codes(f"{base} y[D] = SUM(x[D]) ~~|") == ["wrong-arguments"]
    assert codes(f"{base} y = x[D!] ~~|") == ["wrong-subscripts"]
    assert codes(f"{base} z[a] = 1 ~~| y = z[b] ~~|") == ["unknown-subscript"]
    assert codes(f"{base} y = VECTOR RANK(x[D], 1) ~~|") == ["wrong-subscripts"]
    assert codes(f"{base} m[D, E] = 1 ~~| y[D] = INVERT MATRIX(m[D, E], 2) ~~|") == ["wrong-subscripts"]
    assert codes("F: (a1-b3) ~~| x = 1 ~~|") == ["wrong-subscripts"]
    assert codes("D: a, b -> E ~~| E: p ~~| x = 1 ~~|") == ["wrong-subscripts"]
    assert codes("D: a, D ~~| x = 1 ~~|") == ["cycle"]
    assert codes("D: a, a ~~| x = 1 ~~|") == ["duplicate-name"]


def test_a_mapping_used_backward_says_which_way_it_goes() -> None:
    text = "A: a1, a2 -> B ~~| B: b1, b2 ~~| x[B] = 1, 2 ~~| y[A] = x[B] ~~|"
    with pytest.raises(InputError) as refused:
        build_model(SourceText("model.mdl", text))
    [found] = [item for item in refused.value.diagnostics if item.severity == "error"]
    assert found.code == "wrong-subscripts"
    assert 'map "B" to "A"' in found.help[0]


@pytest.mark.parametrize(
    ("action", "errors", "selection", "value"),
    [
        (0, 0, "2, 0, 3", 2 * 10 + 3 * 5),
        (0, 1, "2, 0, 3", 2 * 10 + 3 * 5),
        (0, 2, "2, 0, 3", np.nan),  # more than one is chosen
        (0, 3, "2, 0, 3", np.nan),
        (0, 3, "0, 0, 3", 15),
        (0, 0, "0, 0, 0", -1),
        (0, 1, "0, 0, 0", np.nan),  # none is
        (0, 2, "0, 0, 0", -1),
        (0, 3, "0, 0, 0", np.nan),
        (9, 2, "0, 2, 0", 7),
    ],
)
def test_an_error_action_forbids_to_choose_none_or_several(
    build: Build, action: int, errors: int, selection: str, value: float
) -> None:
    model = build(
        f"D: a, b, c ~~| s[D] = {selection} ~~| x[D] = 10, 7, 5 ~~|"
        f"y = VECTOR SELECT(s[D!], x[D!], -1, {action}, {errors}) ~~|"
    )
    assert simulate(model)["y"][0, 0] == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize("codes_", ["11, 0", "0.5, 0", "-1, 0", "0, 4", "act, 0"])
def test_a_code_of_vector_select_that_means_nothing_is_an_error(
    codes: Callable[[str], list[str]], codes_: str
) -> None:
    text = f"D: a, b ~~| s[D] = 1, 1 ~~| act = 12 ~~| y = VECTOR SELECT(s[D!], s[D!], 0, {codes_}) ~~|"
    assert codes(text) == ["wrong-arguments"]


@pytest.mark.parametrize(
    ("equation", "message", "hint"),
    [
        ("x[A, Band] = p[Band, A]", 'no equation defines "p[b1,a1]"', 'did you mean "p[a1,b1]"?'),
        ("x[A, Band] = p[A]", '"p" has 2 subscripts, not 1', "it is defined at model.mdl:1:"),
        ("x = p", '"p" has 2 subscripts, and none is written here', "it is defined at model.mdl:1:"),
        ("x = total[a1]", '"total" has no subscripts', "it is defined at model.mdl:1:"),
        ("x = SUM(p[a1, Bands!])", '"Bands" is no dimension to run over', 'did you mean "Band"?'),
    ],
)
def test_wrong_subscripts_are_told_with_what_would_be_right(equation: str, message: str, hint: str) -> None:
    defined = "A: a1, a2 ~~| Band: b1, b2 ~~| p[A, Band] = 1 ~~| total = 3 ~~|"
    with pytest.raises(InputError) as refused:
        build_model(SourceText("model.mdl", f"{defined} {equation} ~~|"))
    found = next(item for item in refused.value.diagnostics if item.severity == "error")
    assert found.message == message
    assert found.help[0].startswith(hint)
