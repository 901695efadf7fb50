"""Predicates: what the text means, where it is wrong, and truth and margin over draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realities.case.calendar import Calendar
from realities.case.predicate_nodes import (
    Atom,
    Bound,
    Comparison,
    Constant,
    FormulaAt,
    Not,
    Signal,
    TermAt,
    Window,
)
from realities.case.predicates import Predicate, evaluate, parse_predicate
from realities.errors import Findings
from realities.source import SourceText

CALENDAR = Calendar(date(2022, 1, 1), date(2022, 12, 31), "day")
MADE = date(2022, 1, 1)


def read(text: str, made: date = MADE, calendar: Calendar = CALENDAR) -> Predicate:
    findings = Findings()
    source = SourceText("claims.toml", text)
    predicate = parse_predicate(source.span(0, len(text)), calendar, findings, name="claim: c", made=made)
    assert predicate is not None, findings.items[0].render()
    assert not findings.items
    return predicate


def refuse(text: str, made: date = MADE) -> tuple[str, str, str]:
    """Return code, message and marked text of the one finding."""
    findings = Findings()
    source = SourceText("claims.toml", text)
    assert parse_predicate(source.span(0, len(text)), CALENDAR, findings, made=made) is None
    (item,) = findings.items
    assert item.severity == "error"
    return item.code, item.message, item.span.text


def judge(
    text: str,
    times: np.ndarray,
    *,
    made: date = MADE,
    calendar: Calendar = CALENDAR,
    held: Callable[[Atom], np.ndarray] | None = None,
    **series: np.ndarray | list[float],
) -> tuple[np.ndarray, np.ndarray]:
    """Evaluate a predicate whose atoms are the named series, (time,) or (draw, time)."""
    predicate = read(text, made, calendar)

    def signal(atom: Atom) -> np.ndarray:
        if atom.do and held is not None:
            return np.atleast_2d(held(atom))
        return np.atleast_2d(np.asarray(series[atom.span.text], dtype=float))

    signals = {atom: signal(atom) for atom in predicate.atoms}
    return evaluate(predicate, signals, np.asarray(times, dtype=float), calendar.time_of(made))


def one(text: str, times: object, **series: object) -> tuple[bool, float]:
    truth, margin = judge(text, np.asarray(times), **series)  # type: ignore[arg-type]
    return bool(truth[0]), float(margin[0])


# -- what the text means ------------------------------------------------------------------------


def texts(predicate: Predicate) -> list[str]:
    return [atom.span.text for atom in predicate.atoms]


def test_arithmetic_of_the_model_stays_whole_and_numbers_need_no_atom() -> None:
    predicate = read("at[2022-03-01](a + b * SMOOTH(c, 3)) - 2 * 3 > -1e3")
    assert texts(predicate) == ["a + b * SMOOTH(c, 3)"]
    assert isinstance(predicate.formula, Comparison)
    assert predicate.formula.right == Constant(-1000.0)


def test_names_have_spaces_subscripts_and_words_that_are_operators_elsewhere() -> None:
    text = "wounded not returned[Russia, North] + men at work > at risk population once departed since[x]"
    assert texts(read(text)) == [
        "wounded not returned[Russia, North] + men at work",
        "at risk population once departed since[x]",
    ]


def test_quoted_names_may_contain_any_word() -> None:
    predicate = read('"food and drink"[a] > 0 and "always [2022-01-01] | do(" < "a \\" b"')
    assert texts(predicate) == ['"food and drink"[a]', '"always [2022-01-01] | do("', '"a \\" b"']


def test_a_number_inside_a_name_belongs_to_it() -> None:
    assert texts(read("Population 0 to 14 > 3")) == ["Population 0 to 14"]


def test_a_bracket_is_a_subscript_after_a_name_and_an_interval_after_an_operator() -> None:
    predicate = read("at [2022-02-01] (at the front[Donetsk]) > 1")
    assert texts(predicate) == ["at the front[Donetsk]"]
    assert predicate.times == (31.0,)


def test_functions_and_lookups_pass_to_the_model_unread() -> None:
    text = "WITH LOOKUP(Time, ([(0,0)-(9,9)],(0,1),(9,2))) + IF THEN ELSE(a > 1 :AND: b = 2, 3, 4) > 5"
    assert texts(read(text)) == [text.removesuffix(" > 5")]


def test_logic_may_be_written_as_vensim_writes_it() -> None:
    assert read("a > 1 :AND: :NOT: b > 2 :OR: c > 3").formula == read("a > 1 and not b > 2 or c > 3").formula


def test_and_binds_before_or_before_implies() -> None:
    assert read("a > 0 and b > 0 or c > 0").formula == read("(a > 0 and b > 0) or c > 0").formula
    assert read("a > 0 or b > 0 implies c > 0").formula == read("(a > 0 or b > 0) implies c > 0").formula
    assert read("a > 0 -> b > 0 -> c > 0").formula == read("a > 0 implies (b > 0 implies c > 0)").formula
    assert read("not a > 0 and b > 0").formula == read("(not (a > 0)) and b > 0").formula


def test_less_than_a_negative_is_no_arrow() -> None:
    predicate = read("a<-3")
    assert predicate.formula == Comparison("<", Signal(Atom("claim: c #1")), Constant(-3.0))


def test_a_double_arrow_holds_when_both_sides_agree() -> None:
    assert one("a > 1 <-> b > 1", [0, 1], a=[2, 2], b=[3, 3]) == (True, 1.0)
    assert one("a > 1 iff b > 1", [0, 1], a=[2, 2], b=[0, 0]) == (False, -1.0)


def test_one_text_is_one_hidden_variable_with_one_atom_for_each_do() -> None:
    predicate = read(
        'at[2022-02-01](x + y) > 3 * at[2022-02-01](x  +  y | do("z" = 0)) and at[2022-02-01](x) > 1'
    )
    assert [(a.name, a.do) for a in predicate.atoms] == [
        ("claim: c #1", ()),
        ("claim: c #1", (("z", 0.0),)),
        ("claim: c #2", ()),
    ]
    assert [a.name for a in predicate.equations] == ["claim: c #1", "claim: c #2"]
    assert predicate.needs == {(("z", 0.0),)}
    assert predicate.is_paired


def test_do_is_the_same_in_any_order_and_inner_holds_join_outer_ones() -> None:
    predicate = read(
        'at[2022-02-01](x | do(b = 1, "a" = -2.5e1)) > at[2022-02-01](x | do(a = -25, b = true))'
        " + at[2022-03-01](at[-1 week](x | do(b = 2)) | do(a = 3, b = 1))"
    )
    assert predicate.needs == {(("a", -25.0), ("b", 1.0)), (("a", 3.0), ("b", 2.0))}
    assert [held.name for held in predicate.held[:2]] == ["b", "a"]


def test_held_variables_may_have_subscripts() -> None:
    predicate = read('at[2022-02-01](x | do("control and share"[Sloviansk, b] = 1, call up = 2)) > 0')
    assert [held.name for held in predicate.held] == ["control and share[Sloviansk,b]", "call up"]


def test_dates_of_the_text_are_wanted_on_the_grid() -> None:
    predicate = read("always[2022-02-01, 2022-03-01](x > 0) and at[2022-01-11](y) > 0")
    assert predicate.times == (10.0, 31.0, 59.0)
    assert (predicate.first, predicate.latest) == (date(2022, 1, 11), date(2022, 3, 1))
    assert (predicate.first_time, predicate.last_time) == (10.0, 59.0)


def test_durations_count_from_the_day_of_the_claim() -> None:
    predicate = read("eventually[1 week, 30d](x > 0)", made=date(2022, 2, 1))
    assert (predicate.first, predicate.latest) == (date(2022, 2, 8), date(2022, 3, 3))


def test_durations_follow_the_unit_of_time_of_the_model() -> None:
    monthly = Calendar(date(2020, 1, 1), date(2022, 1, 1), "month")
    assert read("at[2 months](x) > 0", date(2020, 3, 1), monthly).times == (4.0,)
    weekly = Calendar(date(2020, 1, 1), date(2022, 1, 1), "week")
    formula = read("at[14d](x) > 0", date(2020, 1, 1), weekly).formula
    assert formula == Comparison(">", TermAt(Bound(2.0, True), Signal(Atom("claim: c #1"))), Constant(0.0))


def test_without_interval_an_operator_looks_at_the_whole_run_and_inside_another_from_now_on() -> None:
    assert (read("always(x > 0)", date(2022, 5, 1)).first, read("always(x > 0)").latest) == (
        date(2022, 1, 1),
        date(2022, 12, 31),
    )
    inner = read("at[2022-06-01](eventually(x > 0))")
    assert (inner.first, inner.latest) == (date(2022, 6, 1), date(2022, 12, 31))
    past = read("historically(x > 0)", date(2022, 5, 1))
    assert (past.first, past.latest) == (date(2022, 1, 1), date(2022, 5, 1))


# -- what is refused ----------------------------------------------------------------------------

WRONG = {
    "always[2022-03-01, 2022-02-01](x > 1)": ("bad-interval", "2022-03-01, 2022-02-01"),
    "always[30 days, 1 week](x > 1)": ("bad-interval", "30 days, 1 week"),
    "always[-1 day, 0](x > 1)": ("bad-interval", "-1 day, 0"),
    "always[2022-03-01](x > 1)": ("bad-interval", "[2022-03-01]"),
    "at[2022-03-01, 2022-04-01](x) > 1": ("bad-interval", "[2022-03-01, 2022-04-01]"),
    "at[2022](x) > 1": ("bad-interval", "2022"),
    "at[2022-02-30](x) > 1": ("bad-interval", "2022-02-30"),
    "at[3 fortnights](x) > 1": ("bad-interval", "fortnights"),
    "at[soon](x) > 1": ("bad-interval", "soon"),
    "always[2022-03-01, 9999999 years](x > 1)": ("bad-interval", "9999999 years"),
    "at[2022-05-01](always[0, 2022-03-01](x > 1))": ("bad-interval", "always[0, 2022-03-01](x > 1)"),
    "at[2032-01-01](x) > 1": ("outside-calendar", "2032-01-01"),
    "at[-1 day](x) > 1": ("outside-calendar", "x"),
    "eventually[0, 2 years](x > 1)": ("outside-calendar", "eventually[0, 2 years](x > 1)"),
    "alway[2022-01-01, 2022-02-01](x > 1)": ("unknown-operator", "alway"),
    "never[3 days, 4 days](x > 1)": ("unknown-operator", "never"),
    "": ("bad-predicate", ""),
    "x >": ("bad-predicate", ""),
    "(x > 1": ("bad-predicate", "("),
    "f(x > 1": ("bad-predicate", "("),
    "x[a > 1": ("bad-predicate", "["),
    "x[a) > 1": ("bad-predicate", ")"),
    "x > 1)": ("bad-predicate", ")"),
    '"x > 1': ("bad-predicate", '"'),
    "x == 1": ("bad-predicate", "=="),
    "x > 1 && y > 1": ("bad-predicate", "&&"),
    "1 < x < 3": ("bad-predicate", "<"),
    "x > 2022-02-01": ("bad-predicate", "2022-02-01"),
    "and x > 1": ("bad-predicate", "and"),
    "always x > 1": ("bad-predicate", "always"),
    "always[2022-01-01, 2022-02-01] x > 1": ("bad-predicate", "x"),
    "at(x) > 1": ("bad-predicate", "("),
    "(x > 1 | do(y = 1))": ("bad-predicate", "|"),
    "at[2022-02-01](x | hold(y = 1)) > 1": ("bad-predicate", "hold"),
    "at[2022-02-01](x | do y = 1) > 1": ("bad-predicate", "y"),
    "at[2022-02-01](x | do(y)) > 1": ("bad-predicate", ")"),
    "at[2022-02-01](x | do(y = z)) > 1": ("bad-predicate", "z"),
    "at[2022-02-01](x | do(y = 1, y = 2)) > 1": ("bad-predicate", "y"),
    "3 > 2": ("bad-predicate", "3 > 2"),
    "7": ("bad-predicate", "7"),
    "x > 1 / 0": ("bad-predicate", "1 / 0"),
    "always(x > 1) + 1 > 2": ("bad-predicate", "always(x > 1)"),
    "mx(at[2022-02-01](x), 2) > 1": ("bad-predicate", "mx(at[2022-02-01](x), 2)"),
    "max(at[2022-02-01](x)) > 1": ("bad-predicate", "max(at[2022-02-01](x))"),
    "a > 1 until b > 1 until c > 1": ("bad-predicate", "until"),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_meant_is_refused_at_its_place(text: str) -> None:
    code, _, marked = refuse(text)
    assert (code, marked) == WRONG[text]


@pytest.mark.parametrize(
    ("written", "meant"), [("alway", "always"), ("evntually", "eventually"), ("never", "not eventually")]
)
def test_a_near_operator_is_suggested(written: str, meant: str) -> None:
    findings, source = Findings(), SourceText("claims.toml", f"{written}[2022-01-01, 2022-02-01](x > 1)")
    parse_predicate(source.span(0, len(source.text)), CALENDAR, findings)
    assert f'did you mean "{meant}"?' in findings.items[0].help


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("once[2022-01-01; 2022-02-01](x > 1)", "a comma, as in once[2022-10-01, 2023-03-20](...)"),
        ("once[2022-01-01 to 2022-02-01](x > 1)", "a comma, as in once[2022-10-01, 2023-03-20](...)"),
        ("at[2022-01-01; 2022-02-01](x) > 1", "as in at[2022-10-05](...)"),
        ("x > 1; y > 1", 'between conditions "and"'),
        ("x => 1", 'write ">=" for "at least"'),
        ("x =< 1", 'write "<="'),
    ],
)
def test_a_sign_from_another_language_is_answered_with_ours(text: str, advice: str) -> None:
    findings, source = Findings(), SourceText("claims.toml", text)
    parse_predicate(source.span(0, len(source.text)), CALENDAR, findings)
    assert len(findings.items) == 1 and findings.items[0].code == "bad-predicate"
    assert advice in findings.items[0].help[0]


@pytest.mark.parametrize(
    "text",
    [
        "not " * 4000 + "x > 1",
        "(" * 5000 + "x > 1",
        "-" * 5000 + "x > 1",
        "+".join(["at[0](x)"] * 2000) + "> 1",
    ],
)
def test_depth_is_bounded(text: str) -> None:
    assert "deep" in refuse(text)[1]


def test_long_flat_predicates_are_fine_and_endless_ones_refused() -> None:
    assert len(read(" and ".join(["x > 1"] * 1000)).atoms) == 1
    assert len(read("+".join(["x"] * 3000) + " > 1").atoms) == 1
    assert "characters" in refuse("x" * 30_000)[1]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='xy 12[](),;.-<>=|"*+:_daeortnluiv', max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    findings, source = Findings(), SourceText("claims.toml", f"# {text}")
    predicate = parse_predicate(source.span(2, 2 + len(text)), CALENDAR, findings)
    assert (predicate is None) == bool(findings.errors)
    assert all(2 <= item.span.start <= 2 + len(text) for item in findings.items)


# -- truth and margin by hand -------------------------------------------------------------------

DAYS = np.arange(365.0)


def test_always_takes_the_smallest_margin_of_its_closed_interval() -> None:
    x = np.where(DAYS < 31, -5.0, np.where(DAYS > 59, -5.0, 1.0 + (DAYS - 31.0)))
    assert one("always[2022-02-01, 2022-03-01](x > 0)", DAYS, x=x) == (True, 1.0)
    assert one("always[2022-01-31, 2022-03-01](x > 0)", DAYS, x=x) == (False, -5.0)
    assert one("eventually[2022-02-01, 2022-03-01](x > 28)", DAYS, x=x) == (True, 1.0)


def test_ends_between_grid_times_are_interpolated() -> None:
    weeks = np.arange(0.0, 366.0, 7.0)
    assert one("eventually[2022-01-03, 2022-01-04](x >= 3)", weeks, x=weeks) == (True, 0.0)
    assert one("always[2022-01-03, 2022-01-20](x < 19.5)", weeks, x=weeks) == (True, 0.5)
    assert one("at[2022-01-06](x) = 5", weeks, x=weeks)[0]


def test_a_value_at_a_grid_time_does_not_depend_on_a_missing_neighbour() -> None:
    x = [1.0, np.nan, 3.0]
    assert one("at[2022-01-01](x) = 1", [0, 10, 400], x=x)[0]
    assert np.isnan(one("at[2022-01-02](x) = 1", [0, 10, 400], x=x)[1])


@pytest.mark.parametrize(
    ("op", "holds"), [("<", False), ("<=", True), (">", False), (">=", True), ("=", True), ("<>", False)]
)
def test_at_margin_zero_the_comparison_decides(op: str, holds: bool) -> None:
    truth, margin = one(f"always[2022-01-05, 2022-01-09](x {op} 2)", DAYS, x=np.full(365, 2.0))
    assert (truth, margin) == (holds, 0.0)


def test_a_bare_variable_holds_where_it_is_not_zero() -> None:
    assert one("at[2022-01-03](flag)", DAYS, flag=np.ones(365))[0]
    assert not one("at[2022-01-03](flag)", DAYS, flag=np.zeros(365))[0]


def test_values_at_dates_mix_with_constants_and_each_other() -> None:
    text = "at[2022-01-11](x) - at[2022-01-02](x) > 2 * max(at[2022-01-03](x), 4)"
    assert one(text, DAYS, x=DAYS) == (True, 1.0)
    assert one("1 = ABS(0 - at[2022-01-02](x))", DAYS, x=DAYS) == (True, 0.0)
    assert one("x - at[2022-01-02](x) = -1", DAYS, x=DAYS) == (True, 0.0)
    assert one("-at[2022-01-03](x) ^ 2 < -3.5", DAYS, x=DAYS) == (True, 0.5)


def test_a_paired_run_is_compared_draw_by_draw() -> None:
    x = np.outer([1.0, 2.0, 3.0], np.ones(365))
    truth, margin = judge(
        "at[2022-01-05](x) > 2 * at[2022-01-05](x | do(z = 0))",
        DAYS,
        x=x,
        held=lambda atom: np.outer([0.4, 1.0, 2.0], np.ones(365)),
    )
    assert truth.tolist() == [True, False, False]
    np.testing.assert_allclose(margin, [0.2, 0.0, -1.0])


def test_a_nested_window_looks_from_each_time() -> None:
    # After every day above 10 there is a day below 1 within a week, but for the peak on day 100.
    p = np.zeros(365)
    p[[20, 100]] = 11.0
    q = np.full(365, 5.0)
    q[[25, 108]] = 0.5
    text = "always[2022-01-01, {}](p > 10 implies eventually[0, 1 week](q < 1))"
    assert one(text.format("2022-04-10"), DAYS, p=p, q=q)[0]  # day 99
    assert not one(text.format("2022-04-11"), DAYS, p=p, q=q)[0]  # day 100
    q[107] = 0.5
    assert one(text.format("2022-04-11"), DAYS, p=p, q=q)[0]


def test_the_past_counts_backwards_nearest_first() -> None:
    x = np.where(DAYS == 50, 1.0, 0.0)
    for days, found in [
        ("0, 10 days", True),
        ("0, 9 days", False),
        ("10 days, 30 days", True),
        ("11 days, 30 days", False),
    ]:
        made = date(2022, 3, 2)  # day 60
        truth, _ = judge(f"once[{days}](x >= 1)", DAYS, made=made, x=x)
        assert truth[0] == found, days
    assert judge("historically[2022-01-01, 5 days](x < 1)", DAYS, made=date(2022, 2, 24), x=x)[0][
        0
    ]  # to day 49


def test_windows_are_cut_at_the_end_of_the_run() -> None:
    x = np.where(DAYS >= 360, 1.0, 0.0)
    assert one("always[2022-12-28, 2022-12-31](eventually[0, 90 days](x > 0))", DAYS, x=x)[0]
    # Over an empty window `always` holds and `eventually` does not.
    assert one("always[2022-12-30, 2022-12-31](always[5 days, 9 days](x > 9))", DAYS, x=x) == (True, np.inf)
    assert one("always[2022-12-30, 2022-12-31](eventually[5 days, 9 days](x > 0))", DAYS, x=x) == (
        False,
        -np.inf,
    )


def test_windows_that_are_empty_at_every_time_may_hold_windows() -> None:
    text = "always[2022-12-31, 2022-12-31](not eventually[1 day, 1 day](always[0, 0](x > 0)))"
    with pytest.raises(AssertionError, match="outside-calendar"):
        read(text)
    predicate = read(text.replace("[2022-12-31, 2022-12-31]", "[2022-12-30, 2022-12-31]"))
    (atom,) = predicate.atoms
    formula = FormulaAt(Bound(364.0), predicate.formula.operand)  # type: ignore[union-attr]
    truth, margin = evaluate(replace(predicate, formula=formula), {atom: np.ones((3, 365))}, DAYS, 0.0)
    assert truth.tolist() == [True] * 3
    assert margin.tolist() == [np.inf] * 3


def test_until_needs_its_left_side_up_to_the_moment_of_the_right() -> None:
    war = np.where(DAYS <= 40, 1.0, 0.0)
    peace = np.where(DAYS >= 40, 1.0, 0.0)
    assert one("war >= 1 until[2022-01-01, 2022-03-01] peace >= 1", DAYS, war=war, peace=peace)[0]
    assert not one("war >= 1 until[2022-01-01, 2022-02-09] peace >= 1", DAYS, war=war, peace=peace)[0]
    gap = np.where(DAYS == 20, 0.0, war)
    assert not one("war >= 1 until[2022-01-01, 2022-03-01] peace >= 1", DAYS, war=gap, peace=peace)[0]
    # From a date on: what was before it does not matter.
    assert one("war >= 1 until[2022-02-01, 2022-03-01] peace >= 1", DAYS, war=gap, peace=peace)[0]
    # A duration counts from the day of the claim, and the left side has to hold from there.
    assert not one("war >= 1 until[31 days, 60 days] peace >= 1", DAYS, war=gap, peace=peace)[0]
    assert one("war >= 1 until[31 days, 60 days] peace >= 1", DAYS, war=war, peace=peace)[0]


def test_a_draw_with_a_missing_value_is_undefined_only_if_the_predicate_reads_it() -> None:
    x = np.ones((4, 365))
    x[1, 40] = np.nan
    x[2, 200] = np.nan
    x[3] = -1.0
    truth, margin = judge("always[2022-02-01, 2022-03-01](x > 0)", DAYS, x=x)
    assert truth.tolist() == [True, False, True, False]
    assert np.isnan(margin).tolist() == [False, True, False, False]
    truth, margin = judge("not eventually[2022-02-01, 2022-03-01](x > 9 or x > 8)", DAYS, x=x)
    assert np.isnan(margin).tolist() == [False, True, False, False]
    assert truth.tolist() == [True, False, True, True]


def test_a_grid_that_is_too_short_or_out_of_order_is_refused() -> None:
    predicate = read("at[2022-03-01](x) > 1")
    (atom,) = predicate.atoms
    with pytest.raises(ValueError, match="needs times 59 to 59"):
        evaluate(predicate, {atom: np.ones((1, 3))}, np.array([0.0, 1.0, 2.0]), 0.0)
    with pytest.raises(ValueError, match="ascending"):
        evaluate(predicate, {atom: np.ones((1, 2))}, np.array([1.0, 1.0]), 0.0)
    with pytest.raises(ValueError, match="shapes"):
        evaluate(predicate, {atom: np.ones((1, 2))}, np.array([0.0, 1.0, 99.0]), 0.0)
    with pytest.raises(KeyError):
        evaluate(predicate, {}, DAYS, 0.0)


def test_more_draws_than_one_block_give_what_each_gives_alone() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(5000, 30)).cumsum(axis=1)
    text = "always[2022-01-03, 2022-01-25](x > -4 or eventually[0, 4 days](x > 0))"
    truth, margin = judge(text, DAYS[:30], x=x)
    alone = [judge(text, DAYS[:30], x=x[k : k + 1]) for k in (0, 2047, 2048, 4999)]
    assert [(t[0], m[0]) for t, m in alone] == [(truth[k], margin[k]) for k in (0, 2047, 2048, 4999)]


def test_many_draws_are_quick() -> None:
    x = np.random.default_rng(2).normal(size=(20_000, 365))
    start = process_time()
    judge("always[2022-01-01, 2022-12-31](x < 9 and x > -9)", DAYS, x=x)
    assert process_time() - start < 5.0


# -- laws ---------------------------------------------------------------------------------------

N = 14
GRID = np.arange(float(N))
signals = st.lists(st.integers(-3, 3).map(float), min_size=N, max_size=N)
bounds = st.lists(st.integers(0, N - 1), min_size=2, max_size=2, unique=True).map(sorted)
days = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(sorted)


def day(k: int) -> str:
    return f"2022-01-{k + 1:02}"


ATOMIC = st.sampled_from(["x > 0", "x <= 1", "y >= 0", "y < 2", "x + y > 1"])
FORMULAS = st.recursive(
    ATOMIC,
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
        st.builds("({}) implies ({})".format, inner, inner),
        st.builds(
            lambda op, ab, f: f"{op}[{ab[0]} days, {ab[1]} days]({f})",
            st.sampled_from(["always", "eventually", "once", "historically"]),
            days,
            inner,
        ),
        st.builds(lambda ab, f, g: f"(({f}) until[{ab[0]} days, {ab[1]} days] ({g}))", days, inner, inner),
    ),
    max_leaves=5,
)


SHORT = Calendar(date(2022, 1, 1), date(2022, 1, N), "day")


def outer(op: str, formula: str, ab: list[int]) -> Predicate:
    return read(f"{op}[{day(ab[0])}, {day(ab[1])}]({formula})", calendar=SHORT)


def measure(predicate: Predicate, x: list[float], y: list[float]) -> tuple[bool, float]:
    values = {"x": np.array(x), "y": np.array(y), "x + y": np.array(x) + np.array(y)}
    signals = {atom: values[atom.span.text][None] for atom in predicate.atoms}
    truth, margin = evaluate(predicate, signals, GRID, 0.0)
    return bool(truth[0]), float(margin[0])


def at_each_time(formula: str, x: list[float], y: list[float]) -> list[float]:
    """Return the margin of a formula seen from each time of the grid, windows cut at its ends."""
    predicate = outer("always", formula, [0, N - 1])
    assert isinstance(predicate.formula, Window)
    at = [replace(predicate, formula=FormulaAt(Bound(t), predicate.formula.operand)) for t in GRID]
    return [measure(each, x, y)[1] for each in at]


@settings(max_examples=150, deadline=None)
@given(FORMULAS, bounds, signals, signals)
def test_not_always_is_eventually_not(f: str, ab: list[int], x: list[float], y: list[float]) -> None:
    always = outer("always", f, ab)
    never = replace(always, formula=Not(always.formula))
    assert measure(never, x, y) == measure(outer("eventually", f"not ({f})", ab), x, y)


@settings(max_examples=150, deadline=None)
@given(FORMULAS, bounds, signals, signals)
def test_the_sign_of_the_margin_agrees_with_truth(
    f: str, ab: list[int], x: list[float], y: list[float]
) -> None:
    truth, margin = measure(outer("eventually", f, ab), x, y)
    assert margin >= 0.0 if truth else margin <= 0.0


@settings(max_examples=150, deadline=None)
@given(FORMULAS, bounds, bounds, signals, signals)
def test_a_wider_interval_asks_more_of_always_and_less_of_eventually(
    f: str, ab: list[int], cd: list[int], x: list[float], y: list[float]
) -> None:
    wide = [min(ab[0], cd[0]), max(ab[1], cd[1])]
    assert measure(outer("always", f, wide), x, y)[1] <= measure(outer("always", f, ab), x, y)[1]
    assert measure(outer("eventually", f, wide), x, y)[1] >= measure(outer("eventually", f, ab), x, y)[1]


@settings(max_examples=100, deadline=None)
@given(days, signals, signals)
def test_until_agrees_with_its_definition(ab: list[int], x: list[float], y: list[float]) -> None:
    a, b = ab
    expected = [
        max(
            (min([y[s], *x[t:s]]) for s in range(t + a, min(t + b, N - 1) + 1)),
            default=-np.inf,
        )
        for t in range(N)
    ]
    assert at_each_time(f"x > 0 until[{a} days, {b} days] y > 0", x, y) == expected


@settings(max_examples=100, deadline=None)
@given(days, st.sampled_from(["always", "eventually", "once", "historically"]), signals)
def test_windows_agree_with_their_definition(ab: list[int], op: str, x: list[float]) -> None:
    expected = []
    for t in range(N):
        ends = (t + ab[0], t + ab[1]) if op in ("always", "eventually") else (t - ab[1], t - ab[0])
        seen = x[max(ends[0], 0) : max(ends[1] + 1, 0)]
        is_all = op in ("always", "historically")
        expected.append((min if is_all else max)(seen, default=np.inf if is_all else -np.inf))
    assert at_each_time(f"{op}[{ab[0]} days, {ab[1]} days](x > 0)", x, x) == expected


@settings(max_examples=60, deadline=None)
@given(FORMULAS, signals, signals)
def test_a_discrete_monitor_finds_the_same_margins(f: str, x: list[float], y: list[float]) -> None:
    rtamt = pytest.importorskip("rtamt")
    monitor = rtamt.StlDiscreteTimeSpecification()
    for name in ("x", "y", "out"):
        monitor.declare_var(name, "float")
    monitor.spec = "out = " + f.replace(" days", "").replace(",", ":")
    monitor.parse()
    out = monitor.evaluate({"time": list(range(N)), "x": x, "y": y})
    assert at_each_time(f, x, y) == [margin for _, margin in out]


# -- values that are not known ------------------------------------------------------------------


def guesses(text: str, x: np.ndarray, y: np.ndarray | None = None) -> tuple[bool, bool]:
    """Return whether a predicate holds if what is missing hurts it, and if it helps it."""
    predicate = read(text)
    values = {"x": x, "y": x if y is None else y}
    signals = {atom: values[atom.span.text][None] for atom in predicate.atoms}
    worst, best = (evaluate(predicate, signals, DAYS, 0.0, missing=m)[0][0] for m in ("hurts", "helps"))
    return bool(worst), bool(best)


def test_what_is_already_settled_needs_no_missing_value() -> None:
    x = np.where(DAYS > 50, np.nan, np.where(DAYS == 40, 2.0, 0.0))
    assert guesses("eventually[2022-01-01, 2022-12-31](x > 1)", x) == (True, True)
    assert guesses("always[2022-01-01, 2022-12-31](x < 1)", x) == (False, False)
    assert guesses("eventually[2022-01-01, 2022-12-31](x > 3)", x) == (False, True)
    assert guesses("always[2022-01-01, 2022-12-31](x < 3)", x) == (False, True)


def test_a_missing_value_counts_the_other_way_under_a_negation() -> None:
    x, y = np.full(365, np.nan), np.ones(365)
    for text in (
        "not at[2022-02-01](x > 1)",
        "at[2022-02-01](x > 1) implies at[2022-02-01](y < 1)",
        "at[2022-02-01](y = 1) iff at[2022-02-01](x = 1)",
        "not (at[2022-02-01](x > 1) iff at[2022-02-01](y > 5))",
        "not (not at[2022-02-01](x > 1) implies not at[2022-02-01](y > 0))",
    ):
        assert guesses(text, x, y) == (False, True), text
    assert guesses("at[2022-02-01](x > 1) implies at[2022-02-01](y = 1)", x, y) == (True, True)
    assert guesses("not (at[2022-02-01](x > 1) or at[2022-02-01](y = 1))", x, y) == (False, False)


@settings(max_examples=150, deadline=None)
@given(FORMULAS, bounds, signals, signals, st.sets(st.integers(0, N - 1)))
def test_whatever_the_missing_values_are_the_answer_lies_between_the_guesses(
    f: str, ab: list[int], x: list[float], y: list[float], missing: set[int]
) -> None:
    predicate = outer("always", f, ab)
    known = np.array(x)
    known[sorted(missing)] = np.nan
    values = {"x": known, "y": np.array(y), "x + y": known + np.array(y)}
    signals = {atom: values[atom.span.text][None] for atom in predicate.atoms}
    worst, best = (evaluate(predicate, signals, GRID, 0.0, missing=m) for m in ("hurts", "helps"))
    truth, margin = measure(predicate, x, y)
    assert worst[0][0] <= truth <= best[0][0]
    assert worst[1][0] <= margin <= best[1][0]
