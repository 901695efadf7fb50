"""Macros of XMILE (4.8 of XMILE 1.0)."""

from __future__ import annotations

import math

import pytest
from xmile_model import aux, errors, run, value

LOG = '<macro name="LOG"><parm>x</parm><parm>base</parm><eqn>LN(x)/LN(base)</eqn></macro>'
SMOOTH1 = (
    '<macro name="SMOOTH1"><parm>input</parm><parm>averaging_time</parm><parm default="input">initial</parm>'
    "<eqn>Smooth_of_Input</eqn><variables>"
    '<stock name="Smooth_of_Input"><eqn>initial</eqn><inflow>change_in_smooth</inflow></stock>'
    '<flow name="change_in_smooth"><eqn>(input - Smooth_of_Input)/averaging_time</eqn></flow>'
    "</variables></macro>"
)


def test_a_macro_without_variables_is_its_equation() -> None:
    # 4.8.1: "to find the base-2 logarithm of 256"
    assert value("LOG(256, 2)", macros=LOG) == pytest.approx(8.0)


def test_a_macro_with_a_stock_has_one_for_each_use() -> None:
    # 4.8.2: the standard's own SMOOTH1, which is what SMTH1 is.
    found = run(
        aux("in", "STEP(10, 1)"),
        aux("a", "SMOOTH1(in, 2)"),
        aux("b", "SMOOTH1(in, 4, 6)"),
        aux("c", "SMTH1(in, 2)"),
        aux("d", "SMTH1(in, 4, 6)"),
        macros=SMOOTH1,
    )
    assert found["a"].tolist() == found["c"].tolist()
    assert found["b"].tolist() == found["d"].tolist()


def test_a_default_may_use_the_inputs_before_it() -> None:
    macro = '<macro name="F"><parm>x</parm><parm default="x*2">y</parm><parm default="y+1">z</parm>'
    macro += "<eqn>100*x + 10*y + z</eqn></macro>"
    assert value("F(1)", macros=macro) == 123.0
    assert value("F(1, 3)", macros=macro) == 134.0
    assert value("F(1, 3, 9)", macros=macro) == 139.0


def test_a_call_gives_too_little_or_too_much() -> None:
    for call in ("SMOOTH1(1)", "SMOOTH1(1, 2, 3, 4)"):
        found = errors(aux("x", call), macros=SMOOTH1)
        assert found == [("wrong-arguments", f"SMOOTH1 takes 2 to 3 arguments, not {call.count(',') + 1}")]


def test_a_value_for_trying_a_macro_out_is_replaced_by_the_call() -> None:
    macro = '<macro name="TWICE"><parm>x</parm><eqn>2*x</eqn><variables>'
    macro += '<aux name="x" access="input"><eqn>5</eqn></aux></variables></macro>'
    assert value("TWICE(3)", macros=macro) == 6.0


def test_a_macro_may_be_named_for_one_of_its_variables() -> None:
    macro = '<macro name="DOUBLE"><parm>x</parm><eqn>DOUBLE</eqn><variables>'
    macro += '<aux name="Double"><eqn>2*x</eqn></aux></variables></macro>'
    assert value("DOUBLE(3)", macros=macro) == 6.0


def test_what_is_kept_from_going_below_zero_is_so_in_a_macro() -> None:
    macro = '<macro name="LEFT"><parm>x</parm><eqn>s</eqn><variables>'
    macro += '<stock name="s"><eqn>10</eqn><outflow>out</outflow><non_negative/></stock>'
    macro += '<flow name="out"><eqn>x</eqn></flow></variables></macro>'
    found = run(aux("y", "LEFT(4)"), macros=macro, stop=4)
    assert found["y"].tolist() == [10, 6, 2, 0, 0]


@pytest.mark.parametrize(
    ("macro", "message"),
    [
        (
            '<macro name="FACT"><parm>x</parm><eqn>IF x &lt;= 1 THEN 1 ELSE x*FACT(x - 1)</eqn></macro>',
            'the macro "FACT" calls itself',
        ),
        (
            '<macro name="FACT"><parm>x</parm><eqn>F</eqn>'
            "<sim_specs><start>1</start><stop>x</stop></sim_specs>"
            '<variables><aux name="F"><eqn>x</eqn></aux></variables></macro>',
            'the macro "FACT" has simulation specs of its own, which is not supported',
        ),
        (
            '<macro filter="flow" name="non_negative"><parm>flow</parm><parm>option</parm>'
            "<eqn>IF option THEN MAX(flow, 0) ELSE flow</eqn></macro>",
            '"non_negative" is an option filter, which is not supported',
        ),
        (
            '<macro name="FACT"><parm>A</parm><eqn>A[2]</eqn></macro>',
            'the macro "FACT" uses an array, which is not supported',
        ),
    ],
)
def test_what_a_macro_cannot_do_here_is_refused_by_name(macro: str, message: str) -> None:
    found = errors(aux("y", "FACT(3)"), macros=macro)
    assert found[0][1] == message


def test_a_logarithm_of_a_macros_own_hides_none_of_the_languages() -> None:
    assert value("LOG(8, 2) + LN(1)", macros=LOG) == pytest.approx(math.log2(8))
