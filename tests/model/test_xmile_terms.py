"""Expressions of XMILE, section 3.3 of the standard: the numbers here are worked out by hand."""

from __future__ import annotations

import pytest
from xmile_text import aux, first, problems, run, xmile

from realities.errors import InputError
from realities.model.load import build_model
from realities.source import SourceText


def value(eqn: str, *others: str) -> float:
    """Return what an expression is worth at the start of a run."""
    return first(xmile("\n".join([aux("result", eqn), *others])))["result"]


@pytest.mark.parametrize(
    ("eqn", "expected"),
    [
        ("2 + 3*4", 14.0),
        ("2^3^2", 512.0),  # right to left: 2^9
        ("-2^2", -4.0),  # a power binds more tightly than a sign
        ("2^-1", 0.5),
        ("(-2)^2", 4.0),
        ("10 - 4 - 3", 3.0),
        ("12/3/2", 2.0),
        ("7 MOD 3", 1.0),
        ("(-7) MOD 3", 2.0),  # floored: the sign of the divisor
        ("2*7 MOD 4", 2.0),  # one level with multiplication, left to right: 14 mod 4
        ("1 + 2 = 3", 1.0),
        ("1 &lt; 2 = 1", 1.0),  # relations come before equality: (1 < 2) = 1
        ("3 &gt;= 3", 1.0),
        ("3 &lt;&gt; 3", 0.0),
        ("3 &lt;= 2", 0.0),
        ("1 = 1 AND 0 = 1 OR 1 = 1", 1.0),
        ("NOT 0 AND 1", 1.0),
        ("not (1 or 0)", 0.0),
        ("IF 1 &gt; 2 THEN 10 ELSE 20 + 1", 21.0),  # ELSE reaches to the end
        ("5 + IF 1 THEN 10 ELSE 20", 15.0),
        ("IF 0 THEN 1 ELSE IF 1 THEN 2 ELSE 3", 2.0),
        ("if 1 then (if 0 then 1 else 2) else 3", 2.0),
        (".5 + 14. + 6E1 + 1e-1", 74.6),
        ("6 { a comment } / { another } 3", 2.0),
        ("8 // 2", 4.0),
        ("8 // 0", 0.0),  # Stella's division, 0 where the divisor is 0
        ("MAX(1, MIN(5, 3))", 3.0),
        ("std.ABS(-3)", 3.0),
        ("(((1 + 2)))", 3.0),
    ],
)
def test_operators_bind_as_the_standard_says(eqn: str, expected: float) -> None:
    assert value(eqn) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    "spelling", ["birth_rate", "Birth_Rate", '"birth rate"', '"birth_rate"', "BIRTH__RATE", '"birth\\nrate"']
)
def test_a_name_is_one_however_it_is_spelled(spelling: str) -> None:
    assert value(spelling, aux("birth rate", "0.04")) == 0.04


def test_a_line_break_in_a_name_is_a_blank() -> None:
    columns = first(xmile(aux("time lost\\nin traffic", "3") + aux("b", "time_lost_in_traffic + 1")))
    assert columns["time lost in traffic"] == 3.0
    assert columns["b"] == 4.0


def test_quoted_names_hold_any_character() -> None:
    text = xmile(aux("cost (in $) of a/b", "2") + aux("result", '"cost_(in_$)_of_a/b" * 3'))
    assert first(text)["result"] == 6.0


def test_characters_written_as_entities_and_marks_are_themselves() -> None:
    text = xmile(
        aux("caf&#233; &amp; bar", "2")
        + aux("plain", '"caf&#xE9; &amp; bar" + 1')
        + aux("marked", '<![CDATA[(IF 2 > 1 THEN "café & bar" ELSE 0)]]> <!-- why -- not --> + 3')
    )
    columns = first(text)
    assert (columns["plain"], columns["marked"]) == (3.0, 5.0)


def test_words_that_begin_like_keywords_are_names() -> None:
    others = [
        aux(name, "1") for name in ("iffy", "android", "order", "notion", "model", "thence", "elsewhere")
    ]
    eqn = "iffy + android + order + notion + model + thence + elsewhere"
    assert value(eqn, *others) == 7.0


def test_a_function_may_be_called_by_several_words() -> None:
    assert run(xmile(aux("a", "SAMPLE IF TRUE(TIME &lt; 3, TIME, 0)")))["a"] == [0, 1, 2, 2, 2]


def test_the_time_settings_are_values() -> None:
    assert value("STARTTIME + STOPTIME + DT + TIME") == 5.0


@pytest.mark.parametrize(
    ("eqn", "code", "column", "message"),
    [
        ("1 + ", "syntax-error", 22, 'the equation ends where a name, a number or "(" should follow'),
        ("(1 + 2", "syntax-error", 20, 'this "(" is never closed'),
        (
            "1 2",
            "syntax-error",
            22,
            'expected an operator such as + or * or the end of the equation instead of "2"',
        ),
        ("1 + { unfinished", "syntax-error", 24, 'this "{" is never closed'),
        ("a = = 2", "syntax-error", 24, 'expected a name, a number or "(" instead of "="'),
        (
            "5 + ???",
            "incomplete-equation",
            24,
            'the equation of "x" is still to be written: ??? stands in its place',
        ),
        ("1e999", "bad-number", 20, "1e999 is too large a number"),
        ("2 &amp; 3", "syntax-error", 26, 'the character "&" has no meaning here'),
        ("nobody + 1", "unknown-name", 20, 'no variable is named "nobody"'),
        ("2 &lt; nobody", "unknown-name", 27, 'no variable is named "nobody"'),
    ],
)
def test_a_wrong_equation_is_explained_at_its_place(eqn: str, code: str, column: int, message: str) -> None:
    with pytest.raises(InputError) as caught:
        build_model(SourceText("model.xmile", xmile(aux("x", eqn))))
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == (code, message)
    assert (found.span.line, found.span.column) == (7, column)


def test_an_expression_nested_too_deep_is_refused() -> None:
    ((line, code, _),) = problems(xmile(aux("x", "ABS(" * 200 + "1" + ")" * 200)))
    assert (line, code) == (7, "too-deep")


def test_a_long_sum_is_no_nesting() -> None:
    assert value(" + ".join(["1"] * 3000)) == 3000.0


@pytest.mark.parametrize(
    ("eqn", "advice"),
    [
        ("a == 1", 'to compare, write a single "="'),
        ("a != 1", 'for "not equal", write <>; for "not", NOT'),
        ("50%", "for 50 %, write 0.5"),
        ("MAX(a; 2)", "arguments are separated by commas"),
        ("a ** 2", "for a power, write ^"),
        ("1,500", "a number has a point before its decimals, and nothing between its thousands"),
        ("IF(a, 2, 3)", "a choice is written: IF condition THEN value ELSE value"),
        (
            "birth rate * 2",
            "is an operator missing before it? a name of several words is written birth_rate",
        ),
        ("2 a", "is an operator missing before it?"),
        ("AND a", "AND needs something before it"),
    ],
)
def test_the_habits_of_other_languages_are_named(eqn: str, advice: str) -> None:
    with pytest.raises(InputError) as caught:
        build_model(SourceText("model.xmile", xmile(aux("a", "1") + aux("x", eqn))))
    (found,) = caught.value.diagnostics
    assert (found.code, [one for one in found.help if one]) == ("syntax-error", [advice])


@pytest.mark.parametrize(("eqn", "word"), [("IF a THEN 1", "ELSE"), ("IF a", "THEN")])
def test_a_choice_that_is_not_finished_lacks_a_word(eqn: str, word: str) -> None:
    (found,) = problems(xmile(aux("a", "1") + aux("x", eqn)))
    assert found[1:] == ("syntax-error", f"the equation ends where {word} should follow")


def test_braces_inside_a_quoted_name_are_no_comment() -> None:
    odd = aux("a {b} | c", "3").replace('name="a', "name='a").replace('c"', "c'")
    assert value('{ "x } "a {b} | c" * 2 { " }', odd) == 6.0
    assert problems(xmile(aux("x", '"a {b" + {1'))) == [(7, "syntax-error", 'this "{" is never closed')]


def test_a_word_that_joins_is_no_function() -> None:
    with pytest.raises(InputError) as caught:
        build_model(SourceText("model.xmile", xmile(aux("a", "1") + aux("x", "AND(a, a)"))))
    (found,) = caught.value.diagnostics
    assert found.help[0] == "AND stands between what it joins"
