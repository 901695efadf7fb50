from __future__ import annotations

import pytest

from realities.errors import Findings
from realities.model.syntax import (
    Apply,
    Infix,
    ModelFile,
    Name,
    Numeral,
    Points,
    Prefix,
    Rows,
    Subscript,
    Term,
    terms,
)
from realities.model.vensim.read import read_vensim
from realities.model.vensim.terms import plain_name, read_expression
from realities.source import SourceText


def expression(text: str) -> Term:
    source = SourceText("expression", text)
    findings = Findings()
    term = read_expression(source.span(0, len(text)), findings)
    assert term is not None, findings.items
    return term


def right(text: str) -> Term | None:
    findings = Findings()
    file = read_vensim(SourceText("m.mdl", f"{text} ~~|"), findings)
    assert not findings.items
    return file.equations[0].right


A, B, C = Name("a"), Name("b"), Name("c")


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("a+b*c", Infix("+", A, Infix("*", B, C))),
        ("a-b-c", Infix("-", Infix("-", A, B), C)),
        ("a^b^c", Infix("^", A, Infix("^", B, C))),
        ("-a^b", Prefix("-", Infix("^", A, B))),
        ("a^-b", Infix("^", A, Prefix("-", B))),
        ("a*-b", Infix("*", A, Prefix("-", B))),
        (":NOT: a = b :AND: c", Infix("and", Prefix("not", Infix("=", A, B)), C)),
        ("a :OR: b :and: c", Infix("or", A, Infix("and", B, C))),
        ("a<>b", Infix("<>", A, B)),
        ("(a+b)*c", Infix("*", Infix("+", A, B), C)),
        (".5e-3", Numeral(0.0005)),
        ("1e+06", Numeral(1e6)),
        ("3.", Numeral(3.0)),
    ],
)
def test_operators_bind_as_in_vensim(text: str, term: Term) -> None:
    assert expression(text) == term


def test_names_take_spaces_lines_and_signs_and_lose_what_does_not_count() -> None:
    assert expression("hours\n\t per   week") == Name("hours per week")
    assert expression("people's_share") == Name("people's_share")
    assert expression("größe 2") == Name("größe 2")


def test_a_quoted_name_holds_anything_and_keeps_its_escapes() -> None:
    assert expression(r'"w/ \"all\", {signs} ~ | (x)"') == Name(r"w/ \"all\", {signs} ~ | (x)")
    assert plain_name('  "Hyphenated-Name" ') == "Hyphenated-Name"


def test_comments_and_continuations_inside_an_expression_are_blank() -> None:
    assert expression("a {one comment} +{and\nanother} b") == Infix("+", A, B)
    assert expression("a \\\n\t\t+ b") == Infix("+", A, B)
    assert expression("long \\\n\t\tname") == Name("long name")


def test_subscripts_and_calls() -> None:
    north, region = Subscript("North"), Subscript("Region", is_reduced=True)
    assert expression("x[North, Region!]") == Name("x", (north, region))
    assert expression("IF THEN ELSE (a, b, c)") == Apply(Name("IF THEN ELSE"), (A, B, C))
    assert expression("table[North](a)") == Apply(Name("table", (north,)), (A,))


def test_places_of_an_expression_are_places_in_its_file() -> None:
    source = SourceText("claims.toml", 'holds = "births {x} + deaths"')
    term = read_expression(source.span(9, 28), Findings())
    assert isinstance(term, Infix)
    assert [term.left.span.text, term.op_span.text, term.right.span.text] == ["births", "+", "deaths"]
    assert term.span.text == "births {x} + deaths"


def test_a_quotation_mark_escaped_in_another_file_is_a_quotation_mark() -> None:
    source = SourceText("measures.toml", r'expression = "\"a-b\" * 2"')
    start = source.text.index("\\")
    assert read_expression(source.span(start, len(source.text) - 1), Findings()) == Infix(
        "*", Name("a-b"), Numeral(2.0)
    )


def test_lists_of_numbers_by_rows() -> None:
    assert right("x[d] = 1, -2, +.5") == Rows((1.0, -2.0, 0.5))
    assert right("x[d,e] = 1,2;\n3,4;") == Rows((1.0, 2.0, 3.0, 4.0))
    assert right("x[d,e] = TABBED ARRAY(\n1\t2\n-3\t4e1\n)") == Rows((1.0, 2.0, -3.0, 40.0))


def test_a_lookup_in_every_form() -> None:
    points = Points((0.0, 1.0), (-1.0, 2.0))
    assert right("t((0,-1),(1,2))") == points
    assert right("t([(0,-5)-(10,5),(3,3)],(0,-1),\\\n(1,2))") == points
    assert right("t(0, 1, -1, 2)") == points
    assert right("t = WITH LOOKUP(a, ([(0,0)-(1,1)],(0,- 1) , (+ 1,2) ))") == Apply(
        Name("WITH LOOKUP"), (A, points)
    )


def test_unit_comment_group_and_flags_of_an_equation() -> None:
    text = """{UTF-8}
********************************************************
	.Losses
********************************************************~
		All that is lost.
	|
killed :EXCEPT: [a, b], [c, d] == 3
	~	person/day [0,?,1]
	~	As published, \\
		weekly.
	~	:SUPPLEMENTARY
	|
"""
    findings = Findings()
    equation = read_vensim(SourceText("m.mdl", text), findings).equations[0]
    assert not findings.items
    assert (equation.unit, equation.doc, equation.group) == ("person/day", "As published, weekly.", "Losses")
    assert equation.unit_span.text == "person/day"
    assert equation.left.exceptions == ((Subscript("a"), Subscript("b")), (Subscript("c"), Subscript("d")))


def test_dimensions_ranges_mappings_and_aliases() -> None:
    text = "Town: (t1-t3), Port -> Region, (Side: (s1-s2), s3, s4) ~~| Place <-> Town ~~|"
    town, place = read_vensim(SourceText("m.mdl", text), Findings()).dimensions
    assert [(member.name, member.last) for member in town.members] == [("t1", "t3"), ("Port", None)]
    assert [mapping.target for mapping in town.mappings] == ["Region", "Side"]
    assert [member.name for member in town.mappings[1].members] == ["s1", "s3", "s4"]
    assert (place.name, place.alias_of) == ("Place", "Town")


def test_data_equations_keep_how_they_fill_time() -> None:
    file = read_vensim(SourceText("m.mdl", "x:HOLD BACKWARD: ~~| y[d]:RAW::= x ~~|"), Findings())
    assert [equation.interpolation for equation in file.equations] == ["hold backward", "raw"]
    assert [equation.is_data for equation in file.equations] == [True, True]


@pytest.mark.parametrize(("code", "method"), [(0, "euler"), (1, "rk4"), (3, "rk2"), (4, "rk2"), (5, "rk4")])
def test_the_settings_say_how_to_integrate(code: int, method: str) -> None:
    text = (
        f"x = 1 ~~|\n\\\\\\---/// Sketch information\nV300\n///---\\\\\\\n:L\x7f<%^E!@\n15:0,0,0,{code},0,0\n"
    )
    findings = Findings()
    assert read_vensim(SourceText("m.mdl", text), findings).integrator == method
    assert not findings.errors
    assert bool(findings.warnings) == (code in (1, 4))


def test_one_bad_equation_hides_no_other() -> None:
    findings = Findings()
    file = read_vensim(SourceText("m.mdl", "a = 1 + ~~| b = 2 ~~| c = (3 ~~| d = 4 ~~|"), findings)
    assert [equation.left.name for equation in file.equations] == ["b", "d"]
    assert [item.code for item in findings.errors] == ["syntax-error", "syntax-error"]
    assert [item.span.column for item in findings.errors] == [7, 27]


def read(text: str) -> ModelFile:
    findings = Findings()
    file = read_vensim(SourceText("m.mdl", text), findings)
    assert not findings.items, findings.items
    return file


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x = 1 {a {b} c} + 2 ~~|", 3),
        ("x = 1 {in all: } {) ~ |} + 2 ~~|", 3),
        ('x = 1 {say "} + 2 ~~|', 3),
        ("{first {of} all} x = {\n 8, {leap} 9 {\n} } 3 ~~|", 3),
        ("x = 1 {{ not closed twice } + 2 ~~|", 3),
    ],
)
def test_comments_stand_inside_one_another(text: str, value: int) -> None:
    term = read(text).equations[0].right
    assert term is not None
    assert sum(part.value for part in terms(term) if isinstance(part, Numeral)) == value


@pytest.mark.parametrize(
    ("text", "unit", "limits"),
    [
        ("x = 1 ~ Month [0,?] ~ |", "Month", "0,?"),
        ("x = 1 ~ [ 1, 30 , .5] ~ |", "", "1,30,.5"),
        ("x = 1 ~ $/Year\n ~ |", "$/Year", ""),
        ("x = 1 ~ cells {of a table} [0,1,1] ~ |", "cells", "0,1,1"),
    ],
)
def test_the_range_of_a_variable_stands_behind_its_unit(text: str, unit: str, limits: str) -> None:
    equation = read(text).equations[0]
    assert (equation.unit, equation.limits) == (unit, limits)


def test_flags_of_an_equation_are_kept() -> None:
    file = read("a == 3 ~~|\nb = a ~ ~ says so ~ :SUPPLEMENTARY |\nc = a ~ ~ ~ :SUP\n|\nd = 1 ~~ a ~ and b |")
    assert [one.is_unchangeable for one in file.equations] == [True, False, False, False]
    assert [one.is_supplementary for one in file.equations] == [False, True, True, False]
    assert [one.doc for one in file.equations] == ["", "says so", "", "a and b"]


SETTINGS = r"""x = 1 ~~|

\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
*View 1
10,1,x,50,50,30,10,8,3,0,0,0,0,0,0
22:no unit, but a line of the sketch
///---\\\
:L<%^E!@
15:0,0,0,5,0,0
22:$,Dollar,Dollars,$s
22:Day, Days
22:hectare
"""


def test_sketch_and_settings_are_handed_on_as_they_are() -> None:
    file = read(SETTINGS)
    assert file.display == SETTINGS[SETTINGS.index("\\\\\\") :]
    assert file.integrator == "rk4"
    assert [(unit.name, unit.equation, unit.aliases) for unit in file.unit_definitions] == [
        ("$", "", ("Dollar", "Dollars", "$s")),
        ("Day", "", ("Days",)),
        ("hectare", "", ()),
    ]
    assert file.unit_definitions[1].span.text == "Day, Days"


def test_reality_checks_are_kept_as_written() -> None:
    text = (
        "c[D] :THE CONDITION: t[D] {now}\n:AND: x > 1:IMPLIES:y[D] = 0 ~~ says so |\n"
        "t[D]:TEST INPUT:x = \\\n 3 ~~|"
    )
    constraint, test_input = read(text).reality_checks
    assert (constraint.name, constraint.condition, constraint.consequence) == (
        "c",
        "t[D] :AND: x > 1",
        "y[D] = 0",
    )
    assert (constraint.doc, constraint.subscripts, constraint.is_test_input) == (
        "says so",
        (Subscript("D"),),
        False,
    )
    assert constraint.consequence_span.text == "y[D] = 0"
    assert (test_input.name, test_input.condition, test_input.consequence) == ("t", "", "x = 3")
    assert test_input.is_test_input


def test_a_macro_may_stand_before_the_mark_of_the_encoding() -> None:
    file = read(":MACRO: M(a, b : c)\nM = a ~b~|\nc = b ~~|\n:END OF MACRO:\n{UTF-8}\nx = 1 ~~|")
    assert [(one.name, one.inputs, one.outputs) for one in file.macros] == [("M", ("a", "b"), ("c",))]
    assert [one.left.name for one in file.equations] == ["x"]


def test_texts_are_refused_by_name() -> None:
    findings = Findings()
    file = read_vensim(SourceText("m.mdl", "label :IS: 'of a view' ~~|\nx = 1 ~~|"), findings)
    assert [item.code for item in findings.items] == ["unsupported-function"]
    assert [one.left.name for one in file.equations] == ["x"]


def test_an_equation_is_never_lost_in_the_unit_of_another() -> None:
    findings = Findings()
    read_vensim(SourceText("m.mdl", "x = 1 ~ Month\nz = 2 ~~|\ny = 3 ~~|"), findings)
    assert [(item.code, item.span.line, item.span.column) for item in findings.items] == [
        ("syntax-error", 2, 1)
    ]


def test_a_forgotten_end_of_an_equation_is_guessed() -> None:
    findings = Findings()
    read_vensim(SourceText("m.mdl", "x = 1\ny = 3 ~~|"), findings)
    assert "behind the equation above" in findings.items[0].help[0]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("x = 1 ~~\ny = 2 ~~|", 1, 9),  # no "|": the comment of x would hold y
        ("x = 1 ~ Month ~ about x ~\ny = 2 |", 1, 16),
        ("x = 1 ~~|\ny = 2 ~ Month ~ about y\nz = 3 ~~|", 2, 16),
    ],
)
def test_an_equation_is_never_lost_in_the_comment_of_another(text: str, line: int, column: int) -> None:
    findings = Findings()
    read_vensim(SourceText("m.mdl", text), findings)
    assert [(item.span.line, item.span.column) for item in findings.items] == [(line, column)]
    assert "runs into the next one" in findings.items[0].message


def test_a_comment_may_hold_an_equation() -> None:
    file = read("x = 1 ~ Month ~ is the same as\n\ty = 2, z = 3 ~ :SUPPLEMENTARY |\nw = 4 ~~ a ~ b |")
    assert [(one.left.name, one.doc, one.is_supplementary) for one in file.equations] == [
        ("x", "is the same as y = 2, z = 3", True),
        ("w", "a b", False),
    ]


def test_a_name_in_a_file_stands_on_one_line_unless_the_line_is_continued() -> None:
    findings = Findings()
    text = "long \\\n\tname = 1 ~~|\nstray\nx = 2 ~~|\ny = MAX(\n  x,\n  z\n  z) ~~|"
    file = read_vensim(SourceText("m.mdl", text), findings)
    assert [one.left.name for one in file.equations] == ["long name"]
    assert [(item.span.text, item.span.line) for item in findings.items] == [("stray", 3), ("z", 7)]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("x = IF THEN ELSE(a > 1 AND b > 1, 1, 0)", 'as + or *, "," or ")" instead of', ":AND:"),
        ("x = 2 ** 3", 'expected a name, a number or "("', "write ^"),
        ("x = IF THEN ELSE(a != 1, 1, 0)", 'instead of "!"', "write <>"),
        ("x = SUM(IF THEN ELSE(D! = d1, 1, 0))", 'instead of "!"', "inside brackets only"),
        ("x = y[1]", "expected a name instead of", "begins with a letter"),
        ("D: 1, 2", "expected a name instead of", "begins with a letter"),
        ("D: a,, b", "expected a name instead of", ""),
        ("D:", "the equation ends where a name should follow", ""),
    ],
)
def test_habits_of_other_languages_are_told_what_vensim_writes(text: str, message: str, hint: str) -> None:
    findings = Findings()
    read_vensim(SourceText("m.mdl", f"{text} ~~|"), findings)
    assert [item.code for item in findings.items] == ["syntax-error"]
    assert message in findings.items[0].message
    assert hint in " ".join(findings.items[0].help)
