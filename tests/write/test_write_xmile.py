from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from write_support import CONFORMANCE, CORPUS, content, read_text, xmile_files

from realities.errors import Findings
from realities.model import syntax
from realities.model.arrays import build_space
from realities.model.load import read_file, read_source
from realities.model.write.markup import Markup, escaped
from realities.model.write.spelling import Speller
from realities.model.write.xmile import NAMESPACE, xmile_text
from realities.model.xmile.terms import read_term
from realities.source import SourceText

SPELLER = Speller(build_space((), Findings()), {}, {})
NAMES = st.sampled_from(["births", "net_rate", "größe", "a+b (c)", "50%", 'say "no"', "then", "back\\slash"])
REFERENCES = st.builds(syntax.Name, NAMES)
NUMBERS = st.one_of(st.floats(0.0, 1e300), st.integers(0, 10**6).map(float))
OPERATORS = st.sampled_from(["+", "-", "*", "/", "^", "<", "<=", ">", ">=", "=", "<>", "and", "or"])
CHOICE, REST = syntax.Name("IF THEN ELSE"), syntax.Name("MOD")


def nodes(inner: st.SearchStrategy[syntax.Term]) -> st.SearchStrategy[syntax.Term]:
    arguments = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        st.builds(syntax.Infix, OPERATORS, inner, inner),
        st.builds(syntax.Prefix, st.sampled_from(["-", "+", "not"]), inner),
        st.builds(syntax.Apply, REFERENCES, arguments),
        st.tuples(inner, inner, inner).map(lambda three: syntax.Apply(CHOICE, three)),
        st.tuples(inner, inner).map(lambda two: syntax.Apply(REST, two)),
    )


@settings(max_examples=300, deadline=None)
@given(st.recursive(st.one_of(NUMBERS.map(syntax.Numeral), REFERENCES), nodes, max_leaves=12))
def test_a_term_that_is_printed_and_read_is_the_same(term: syntax.Term) -> None:
    findings = Findings()
    text = SPELLER.text(term)
    source = SourceText("printed.xmile", text)
    assert read_term(text, 0, source, findings) == term, text
    assert not findings.items


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_stands_in_a_file_as_it_is(text: str) -> None:
    """Checked by Python's own XML parser; what XML cannot hold at all is left out."""
    markup = Markup()
    markup.leaf("doc", f"a{text}z", name=text)
    element = ElementTree.fromstring(
        markup.text().encode("utf-8", errors="surrogatepass").decode("utf-8", "ignore")
    )
    expected = escaped(f"a{text}z").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert (
        element.text == expected.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "ignore").decode()
    )


@pytest.mark.parametrize("path", xmile_files(CORPUS), ids=lambda path: path.parent.name)
def test_a_file_that_is_printed_and_read_is_the_same(path: Path) -> None:
    assert same_when_printed(path)


def test_public_models_that_are_printed_and_read_are_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    if CONFORMANCE is None:
        pytest.skip("the conformance collection is not here")
    same = [same_when_printed(path) for path in xmile_files(CONFORMANCE)]
    with capsys.disabled():
        print(f"\nprinted: {sum(same)} XMILE files read as the same tree; {same.count(False)} cannot be read")
    assert sum(same) > 80


def same_when_printed(path: Path) -> bool:
    """Whether a file says the same after it was printed; False for a file that cannot be read."""
    findings = Findings()
    file = read_file(read_source(path), findings)
    if findings.errors:
        return False
    printed = xmile_text(file)
    again, found = read_text(f"{path.stem}.xmile", printed)
    assert not found.errors, found.errors[0].render()
    assert content(again) == content(file), path
    assert again.display == file.display
    return True


FULL = f"""<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="{NAMESPACE}" xmlns:isee="http://iseesystems.com/XMILE">
<header><vendor>x</vendor><product version="1">y</product></header>
<sim_specs method="RK4" time_units="Week" isee:save_interval="2">
  <start>1</start><stop>13</stop><dt reciprocal="true">4</dt></sim_specs>
<model_units><unit name="Dollars"><eqn>USD</eqn><alias>$</alias></unit></model_units>
<dimensions><dim name="Region"><elem name="north"/><elem name="east coast"/></dim>
  <dim name="N" size="3"/></dimensions>
<macro name="TWICE"><parm>x</parm><parm default="x + 1">y</parm><eqn>x + y + z</eqn>
  <variables><aux name="z"><eqn>2 * x</eqn></aux></variables></macro>
<model><variables>
  <stock name="stock &amp; more"><eqn>10</eqn><inflow>in</inflow><outflow>out</outflow><non_negative/>
    <units>Dollars</units><doc>First &lt; second.</doc></stock>
  <flow name="in"><eqn>IF TIME &gt; 3 THEN TWICE(2) ELSE 1 MOD 2</eqn></flow>
  <flow name="out"><eqn>"stock_&amp;_more" / 4</eqn><non_negative/><range min="0" max="5"/></flow>
  <gf name="curve" type="discrete"><xpts>0,1,2</xpts><ypts>3,4,5</ypts></gf>
  <aux name="read"><eqn>TIME</eqn>
    <gf type="extrapolate"><xscale min="0" max="2"/><ypts>1,2,4</ypts></gf></aux>
  <aux name="start"><eqn>curve(TIME)</eqn><init_eqn>7</init_eqn></aux>
  <aux name="a"><dimensions><dim name="Region"/></dimensions><element subscript="north"><eqn>1</eqn></element>
    <element subscript="east coast"><eqn>2</eqn></element></aux>
  <aux name="square"><dimensions><dim name="N"/><dim name="N"/></dimensions><eqn>N</eqn></aux>
  <aux name="turned"><dimensions><dim name="N"/><dim name="N"/></dimensions><eqn>square'</eqn></aux>
  <aux name="total"><eqn>SUM(a) + SUM(square[1:2, *]) + square[2, INT(TIME) MOD 3 + 1]</eqn></aux>
  <group name="Money"><entity name="in"/><entity name="read"/></group>
</variables><views><view><stock name="stock &amp; more" x="1" y="2"/></view></views></model></xmile>
"""


def test_everything_an_xmile_file_can_say_is_printed() -> None:
    """The same tree comes back, and each thing that a tree could lose is there to be seen."""
    file, findings = read_text("model.xmile", FULL)
    assert not findings.errors, findings.errors[0].render()
    text = xmile_text(file)
    again, found = read_text("model.xmile", text)
    assert not found.errors, found.errors[0].render()
    assert content(again) == content(file)
    for part in (
        '<sim_specs method="RK4" time_units="Week" isee:save_interval="2">',
        "<dt>0.25</dt>",
        "<alias>$</alias>",
        '<parm default="x + 1">y</parm>',
        "<inflow>in</inflow>",
        "<non_negative/>",
        "First &lt; second.",
        '<gf name="curve" type="discrete">',
        "<init_eqn>7</init_eqn>",
        '<element subscript="east coast">',
        '<dim name="N"/>',
        "<eqn>square[@2, @1]</eqn>",
        "square[1:2, *]",
        "square[2, INT(TIME) MOD 3 + 1]",
        '<group name="Money">',
        '<view><stock name="stock &amp; more" x="1" y="2"/></view>',
    ):
        assert part in text, part


def test_a_net_flow_that_no_variable_stands_for_becomes_a_flow() -> None:
    right = syntax.Apply(
        syntax.Name("INTEG"),
        (
            syntax.Infix("-", syntax.Name("a"), syntax.Infix("*", syntax.Name("b"), syntax.Name("c"))),
            syntax.Numeral(1),
        ),
    )
    equations = (
        syntax.Equation(syntax.Left("s"), right),
        *(syntax.Equation(syntax.Left(name), syntax.Numeral(2.0)) for name in "abc"),
    )
    file = syntax.ModelFile("m", SourceText("m.xmile", ""), "xmile", equations)
    text = xmile_text(file)
    assert "<inflow>a</inflow>" in text
    assert '<inflow>"s net flow"</inflow>' in text
    assert "<eqn>-(b * c)</eqn>" in text


def test_an_element_with_a_comma_in_its_name_stays_one() -> None:
    text = (
        f'<xmile xmlns="{NAMESPACE}"><sim_specs><start>0</start><stop>1</stop></sim_specs>'
        '<dimensions><dim name="D"><elem name="a, b"/><elem name="c"/></dim></dimensions>'
        '<model><variables><aux name="v"><dimensions><dim name="D"/></dimensions>'
        '<element subscript="&quot;a, b&quot;"><eqn>1</eqn></element>'
        '<element subscript="c"><eqn>2</eqn></element></aux></variables></model></xmile>'
    )
    tree = read_file(SourceText("model.xmile", text), Findings())
    again = read_file(SourceText("again.xmile", xmile_text(tree)), Findings())
    elements = [one.left.subscripts[0].name for one in again.equations if one.left.name == "v"]
    assert elements == ["a, b", "c"]
