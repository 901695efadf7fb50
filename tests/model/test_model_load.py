from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realities.engine.reference import simulate
from realities.errors import Findings, InputError, UnreadableError
from realities.ir.expr import Binary, Number, Ref
from realities.model.load import LARGEST_FILE, ExtraEquation, build_model, load_model
from realities.source import SourceText, decode
from realities.units import parse_unit

CONTROL = "INITIAL TIME = 0 ~~| FINAL TIME = 4 ~~| TIME STEP = 1 ~~| SAVEPER = TIME STEP ~~|"


def errors_of(text: str) -> list[str]:
    try:
        build_model(SourceText("m.mdl", text))
    except InputError as error:
        assert str(error)
        return [item.code for item in error.diagnostics if item.severity == "error"]
    return []


def test_a_file_is_read_from_bytes_to_model(tmp_path: Path) -> None:
    path = tmp_path / "stove.MDL"
    path.write_bytes(
        b"\xef\xbb\xbf{UTF-8}\r\nHeat = 3\r\n\t~\tJoule\r\n\t~\tWarm.\r\n\t|\r\n" + CONTROL.encode()
    )
    model = load_model(path)
    assert model.name == "stove"
    assert (model["heat"].doc, str(model["heat"].span)) == ("Warm.", f"{path}:2:1")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Größe".encode(), "Größe"),
        ("Größe".encode("cp1252"), "Größe"),
        ("Größe".encode("utf-16"), "Größe"),
        (b"\x81\x8d x", "\x81\x8d x"),
        (b"", ""),
    ],
)
def test_any_encoding_gives_text(content: bytes, text: str) -> None:
    assert decode(content) == text


def test_a_missing_file_a_folder_and_another_format_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError) as caught:
        load_model(tmp_path / "none.mdl")
    assert caught.value.exit_code == 3
    (tmp_path / "folder.mdl").mkdir()
    with pytest.raises(UnreadableError):
        load_model(tmp_path / "folder.mdl")
    (tmp_path / "model.docx").write_text("x = 1 ~~|")
    with pytest.raises(InputError) as other:
        load_model(tmp_path / "model.docx")
    assert other.value.diagnostics[0].code == "unknown-format"
    assert not other.value.diagnostics[0].help


@pytest.mark.parametrize(("ending", "instead"), [(".vpmx", ".mdl"), (".VMF", ".mdl"), (".stm", ".stmx")])
def test_of_a_model_in_a_form_that_is_not_read_it_is_said_how_to_save_it(
    tmp_path: Path, ending: str, instead: str
) -> None:
    path = tmp_path / f"model{ending}"
    path.write_bytes(b"\x01\x02")
    with pytest.raises(InputError) as caught:
        load_model(path)
    assert caught.value.diagnostics[0].code == "unknown-format"
    assert instead in caught.value.diagnostics[0].help[0]


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.mdl"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(InputError) as caught:
        load_model(path)
    assert caught.value.diagnostics[0].code == "too-large"


def test_warnings_go_to_who_asks_for_them() -> None:
    findings = Findings()
    build_model(SourceText("m.mdl", f"x = 1 ~ a/(b ~ | {CONTROL}"), findings=findings)
    assert [item.code for item in findings.items] == ["bad-unit"]


# -- expressions from other files -----------------------------------------------------------------------


def extra(name: str, line: str, expression: str) -> ExtraEquation:
    source = SourceText("measures.toml", line)
    start = line.index(expression)
    return ExtraEquation(name, source.span(start, start + len(expression)), parse_unit("person"))


def test_an_extra_equation_becomes_a_hidden_variable() -> None:
    line = 'expression = "SUM(killed[Side!]) + wounded"'
    measure = extra("measure: losses", line, "SUM(killed[Side!]) + wounded")
    text = f"Side: r, u ~~| killed[Side] = 1, 2 ~~| wounded = INTEG(1, 0) ~~| {CONTROL}"
    model = build_model(SourceText("m.mdl", text), extra=[measure])
    variable = model["measure: losses"]
    assert (variable.kind, variable.is_hidden, variable.unit) == ("auxiliary", True, parse_unit("person"))
    assert simulate(model, outputs=["measure: losses"])["measure: losses"][0].tolist() == [3, 4, 5, 6, 7]


def test_an_extra_equation_that_is_a_number_is_still_no_parameter() -> None:
    model = build_model(SourceText("m.mdl", CONTROL), extra=[extra("claim: a #1", 'holds = "3"', "3")])
    assert model["claim: a #1"].kind == "auxiliary"


@pytest.mark.parametrize(
    ("expression", "code", "column"),
    [
        ("killd * 2", "unknown-name", 10),
        ("killed +", "syntax-error", 17),
        ("killed[Side]", "wrong-subscripts", 10),
        ("FOO(killed)", "unknown-function", 10),
    ],
)
def test_a_problem_in_an_extra_equation_is_reported_in_its_own_file(
    expression: str, code: str, column: int
) -> None:
    line = f"holds = '{expression}'"
    with pytest.raises(InputError) as caught:
        build_model(SourceText("m.mdl", f"killed = 1 ~~| {CONTROL}"), extra=[extra("e", line, expression)])
    problem = caught.value.diagnostics[-1]
    assert (problem.code, problem.span.source.name, problem.span.line) == (code, "measures.toml", 1)
    assert problem.span.column == column


def test_an_extra_equation_cannot_take_a_name_that_is_taken() -> None:
    with pytest.raises(InputError) as caught:
        build_model(SourceText("m.mdl", f"x = 1 ~~| {CONTROL}"), extra=[extra("x", "e = '2'", "2")])
    assert caught.value.diagnostics[0].code == "duplicate-name"


# -- data ---------------------------------------------------------------------------------------------------

DATA_MODEL = (
    "D: a, b ~~| x[D] ~~| y:HOLD BACKWARD: ~~| z:LOOK FORWARD: ~~| w:RAW: ~~| s = x[a] + x[b] ~~|" + CONTROL
)
TABLE = 'time,"x[a]","X[ b ]",y,z,w\n0,0,10,1,1,1\n2,4,,3,3,3\n4,8,,5,5,5\n'


@pytest.mark.parametrize("suffix", ["csv", "tab"])
def test_data_variables_fill_time_as_their_keyword_says(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"data.{suffix}"
    path.write_text(TABLE if suffix == "csv" else TABLE.replace('"', "").replace(",", "\t"))
    run = simulate(build_model(SourceText("m.mdl", DATA_MODEL), data=[path]))
    assert run["x[a]"][0].tolist() == [0, 2, 4, 6, 8]
    assert run["s"][0].tolist() == [10, 12, 14, 16, 18]
    assert run["y"][0].tolist() == [1, 1, 3, 3, 5]
    assert run["z"][0].tolist() == [1, 3, 3, 5, 5]
    assert run["w"][0].tolist() == [1, -(2.0**109), 3, -(2.0**109), 5]


def test_a_spreadsheet_is_a_table_too(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in [["time", "x"], [0, 1], [4, 9]]:
        book.active.append(row)
    path = tmp_path / "data.xlsx"
    book.save(path)
    model = build_model(SourceText("m.mdl", f"x ~~| {CONTROL}"), data=[path])
    assert simulate(model)["x"][0].tolist() == [1, 3, 5, 7, 9]


def test_a_bad_cell_is_pointed_at(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("time,x\n0,1\n1,many\n")
    with pytest.raises(InputError) as caught:
        build_model(SourceText("m.mdl", f"x ~~| {CONTROL}"), data=[path])
    assert [(d.code, d.span.line) for d in caught.value.diagnostics] == [("bad-number", 3)]
    with pytest.raises(UnreadableError):
        build_model(SourceText("m.mdl", f"x ~~| {CONTROL}"), data=[tmp_path / "none.csv"])
    (tmp_path / "no.xlsx").write_text("not a spreadsheet")
    with pytest.raises(UnreadableError):
        build_model(SourceText("m.mdl", f"x ~~| {CONTROL}"), data=[tmp_path / "no.xlsx"])


# -- malformed input ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", {"empty-model"}),
        (" \n{only a comment}\n", {"empty-model"}),
        ("x = " + "(" * 10_000 + "1" + ")" * 10_000 + " ~~|", set()),
        ("x = " + "(" * 10_000 + "1 ~~|", {"syntax-error"}),
        ("x = " + "ABS(" * 10_000 + "1" + ")" * 10_000 + " ~~|", {"too-deep"}),
        ("x = " + "-" * 10_000 + "1 ~~|", {"too-deep"}),
        ("x = " + "2^" * 10_000 + "1 ~~|", {"too-deep"}),
        ("x = " + "1+" * 5_000_000 + "1 ~~|", {"too-long"}),
        ("(" * 10_000_000, {"syntax-error"}),
        ("|" * 10_000_000, {"syntax-error"}),
        ("~" * 1_000_000, {"syntax-error"}),
        ("{" * 1_000_000, {"syntax-error"}),
        ('"' * 100_001, {"syntax-error"}),
        ("\x00\x01\x02 = \ufffd ~~|", {"syntax-error"}),
        (":MACRO: M(", {"syntax-error"}),
        (":MACRO: M(a)\nM = a ~~|\nx = M(1) ~~|", {"syntax-error"}),
        ("d: (a1-a999999999) ~~| x[d] = 1 ~~|", {"wrong-subscripts"}),
        ("d: (a1-a9999) ~~| e: (b1-b9999) ~~| x[d, e] = 1 ~~|", {"too-large"}),
    ],
    ids=lambda value: str(value)[:20],
)
def test_malformed_text_gives_a_diagnostic_and_nothing_else(text: str, codes: set[str]) -> None:
    assert set(errors_of(text)) == codes


def test_a_long_sum_is_no_deep_expression() -> None:
    model = build_model(SourceText("m.mdl", f"x = {' + '.join(['Time*2 - 1'] * 3000)} ~~| {CONTROL}"))
    assert simulate(model)["x"][0].tolist() == [3000.0 * (2 * t - 1) for t in range(5)]


MARKS = "[ ] ( ) = == := : , ; ~ | ~~| { } . + - * / ^ <> <-> -> ! **** :EXCEPT: :RAW: :AND: :NA: x é 1 2.5e3"
CALLS = ("INTEG(", "SUM(", "IF THEN ELSE(", "WITH LOOKUP(", "TABBED ARRAY(", ":MACRO:", ":END OF MACRO:")
PIECES = st.sampled_from([*MARKS.split(), *CALLS, "y z", '"', "'", "\\\n", "\n"])


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=40))
def test_no_text_brings_anything_but_a_diagnostic(pieces: list[str]) -> None:
    errors_of(" ".join(pieces))
    errors_of("".join(pieces))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_bring_anything_but_a_diagnostic(content: bytes) -> None:
    errors_of(decode(content))


def test_a_model_of_1200_equations_is_read_within_3_seconds() -> None:
    rng = random.Random(1)
    lines = ["variable number 0 = INTEG(1, 2) ~~|", "variable number 1 = 3 ~~|"]
    for i in range(2, 1200):
        a, b = f"variable number {rng.randrange(i)}", f"variable number {i - 1}"
        right = f"IF THEN ELSE(Time > {i}, MAX(0, {a} * (1 + 0.5*{b})), EXP(-{b}/10)^2) - 3.5e-2*({a} + {i})"
        lines.append(f"variable number {i}=\n\t{right}\n\t~\tperson/day [0,?]\n\t~\tA comment on {i}.\n\t|\n")
    source = SourceText("m.mdl", "\n".join(lines) + CONTROL)
    started = time.process_time()
    model = build_model(source)
    assert len(model.variables) == 1204
    assert time.process_time() - started < 3.0


def test_a_named_constant_may_be_the_whole_of_a_model() -> None:
    model = build_model(SourceText("m.mdl", "x = y + 1 ~~| y = 2 ~~|"))
    assert model["x"].expression == Binary("+", Ref("y"), Number(1.0))
