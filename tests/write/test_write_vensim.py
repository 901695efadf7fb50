from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from write_support import CONFORMANCE, CORPUS, content, read_text, vensim_files

from realities.errors import Findings
from realities.ir.builtins import NOT_AVAILABLE
from realities.model import syntax
from realities.model.load import read_file, read_source
from realities.model.vensim.terms import read_expression
from realities.model.write.terms import term_text
from realities.model.write.vensim import VENSIM_NOTATION, vensim_text, wrapped
from realities.source import SourceText

NAMES = st.sampled_from(
    ["births", "net rate", "größe", "people's share", "a+b (c)", "50%", 'say \\"no\\"', "€"]
)
SUBSCRIPTS = st.builds(syntax.Subscript, st.sampled_from(["Region", "north", "1st"]), st.booleans())
REFERENCES = st.builds(syntax.Name, NAMES, st.lists(SUBSCRIPTS, max_size=2).map(tuple))
NUMBERS = st.one_of(st.floats(0.0, 1e300), st.integers(0, 10**6).map(float), st.just(NOT_AVAILABLE))
NUMERALS = NUMBERS.map(syntax.Numeral)
POINTS = st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)), min_size=1, max_size=4).map(
    lambda pairs: syntax.Points(tuple(x for x, _ in pairs), tuple(y for _, y in pairs))
)
OPERATORS = st.sampled_from(["+", "-", "*", "/", "^", "<", "<=", ">", ">=", "=", "<>", "and", "or"])


def nodes(inner: st.SearchStrategy[syntax.Term]) -> st.SearchStrategy[syntax.Term]:
    arguments = st.lists(st.one_of(inner, POINTS, st.just(syntax.Text("a file.csv"))), max_size=3)
    return st.one_of(
        st.builds(syntax.Infix, OPERATORS, inner, inner),
        st.builds(syntax.Prefix, st.sampled_from(["-", "+", "not"]), inner),
        st.builds(syntax.Apply, REFERENCES, arguments.map(tuple), st.lists(inner, max_size=2).map(tuple)),
    )


@settings(max_examples=300, deadline=None)
@given(st.recursive(st.one_of(NUMERALS, REFERENCES), nodes, max_leaves=12))
def test_a_term_that_is_printed_and_read_is_the_same(term: syntax.Term) -> None:
    findings = Findings()
    text = wrapped(f"x =\n\t{term_text(term, VENSIM_NOTATION)}").partition("=")[2]
    source = SourceText("printed.mdl", text)
    assert read_expression(source.span(0, len(text)), findings) == term, text
    assert not findings.items


def test_a_sum_of_thousands_of_terms_is_printed() -> None:
    term: syntax.Term = syntax.Name("a")
    for _ in range(5000):
        term = syntax.Infix("+", term, syntax.Name("a"))
    assert term_text(term, VENSIM_NOTATION).count("+") == 5000


@pytest.mark.parametrize("path", vensim_files(CORPUS), ids=lambda path: path.parent.name)
def test_a_file_that_is_printed_and_read_is_the_same(path: Path) -> None:
    assert same_when_printed(path)


def test_public_models_that_are_printed_and_read_are_the_same() -> None:
    if CONFORMANCE is None:
        pytest.skip("the conformance collection is not here")
    assert all(same_when_printed(path) for path in vensim_files(CONFORMANCE))


def same_when_printed(path: Path) -> bool:
    """Whether a file says the same after it was printed; a file that cannot be read says nothing."""
    findings = Findings()
    file = read_file(read_source(path), findings)
    if findings.errors:
        return True
    printed = vensim_text(file)
    again, found = read_text(path.name, printed)
    assert not found.errors, found.errors[0].render()
    assert content(again) == content(file), path
    assert vensim_text(again) == printed
    assert again.display == (file.display or again.display)
    return True


FULL = """{UTF-8}
:MACRO: GROWN(level, rate : doubled)
GROWN = INTEG(level * rate, level)
	~	person
	~	Grows.
	|
doubled = GROWN * 2 ~ person ~|
:END OF MACRO:

Region: north, (zone 1 - zone 3), south ~~|
Warm: (zone 1 - zone 3) -> (Heat: mild, hot, hot), Cold ~~|
Heat: mild, hot ~~|
Cold: c1, c2, c3 ~~|
Area <-> Region ~~|

********************************************************
	.Supply
********************************************************~
		What comes in.
	|
"stock, at 50 %"[Region] :EXCEPT: [north], [south] = 4
	~	person/Year [0,100,1]
	~	Counted in June.
	~	:SUPPLEMENTARY:
	|
kept == 3 ~~|
a row[Region] = 1, -2, 3e-05, 4, 5 ~~|
a table[Cold, Heat] = 1, 2; 3, 4; 5, 6; ~~|
single[Region] = 7; ~~|
curve( [(0,0)-(10,10)], (1, 2), (3, 4) ) ~~|
from a file[Region] :INTERPOLATE: := GET XLS DATA('d.xlsx', 'Sheet 1', 'A', 'B2') ~~|
bare :RAW: ~~|
"""


def test_everything_a_vensim_file_can_say_is_printed() -> None:
    """The same tree comes back, and each thing that a tree could lose is there to be seen."""
    file, findings = read_text("model.mdl", FULL)
    assert not findings.errors
    assert content(read_text("model.mdl", vensim_text(file))[0]) == content(file)
    text = vensim_text(file)
    for part in (
        ":MACRO: GROWN(level, rate : doubled)",
        "(Heat: mild, hot, hot), Cold",
        "Area <-> Region",
        ":EXCEPT: [north], [south]",
        "person/Year [0,100,1]",
        ":SUPPLEMENTARY:",
        "kept ==",
        "3, 4;\n",
        "[(0,0)-(10,10)], (1,2), (3,4)",
        ":INTERPOLATE: :=",
        "bare :RAW:",
        "\t.Supply\n",
    ):
        assert part in text, part


def test_a_file_without_a_sketch_gets_an_empty_one_with_its_integration() -> None:
    file, _ = read_text("model.mdl", "x = 1 ~~|\n\\\\\\---/// Sketch\n///---\\\\\\\n15:0,0,0,5,0,0\n")
    bare = syntax.ModelFile("m", file.source, "vensim", file.equations, integrator="rk4")
    text = vensim_text(bare)
    assert "\\\\\\---/// Sketch information" in text
    assert read_text("m.mdl", text)[0].integrator == "rk4"


def test_lines_are_short_enough_to_read() -> None:
    long = " + ".join(f"a name of some length {index}" for index in range(40))
    lines = wrapped(f"x =\n\t{long}").splitlines()
    assert max(map(len, lines)) <= 80
    assert all(line.endswith("\\") for line in lines[1:-1])


def test_the_comment_of_a_group_stays_with_it() -> None:
    rule = "*" * 56
    notes = {".city": "Growth of a city\n\t\t(c) its author", ".spare": "nothing here yet"}
    heads = {name: f"{rule}\n\t{name}\n{rule}~\n\t\t{note}\n\t|\n" for name, note in notes.items()}
    text = f"{heads['.city']}a = 1 ~~|\n{rule}\n\t.other\n{rule}~\n\t|\nb = 2 ~~|\n{heads['.spare']}"
    file = read_text("m.mdl", text)[0]
    assert dict(file.group_notes) == {name.removeprefix("."): note for name, note in notes.items()}
    written = vensim_text(file)
    assert written.count("(c) its author") == 1
    again = read_text("m.mdl", written)[0]
    assert again.group_notes == file.group_notes
    assert [(one.left.name, one.group) for one in again.equations] == [("a", "city"), ("b", "other")]


def test_reality_checks_stay_in_their_group() -> None:
    bar = "*" * 56
    text = (
        f"x = 1 ~~|\n{bar}\n\t.Checks\n{bar}~\n\tWhat must hold.\n|\n"
        "no x :THE CONDITION: x = 0 :IMPLIES: x < 1 ~~ Nothing is less than one. |\n"
    )
    file = read_file(SourceText("m.mdl", text), Findings())
    assert file.reality_checks[0].group == "Checks"
    written = vensim_text(file)
    assert written.index("x =") < written.index("\t.Checks") < written.index("no x :THE CONDITION:")
    again = read_file(SourceText("m.mdl", written), Findings())
    assert again.reality_checks == file.reality_checks and again.group_notes == file.group_notes
    assert again.reality_checks[0].group == "Checks"
