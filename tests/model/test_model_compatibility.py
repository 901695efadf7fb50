"""What the compatibility report says of a file, whether it opens or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from realities.engine.reference import simulate
from realities.errors import InputError
from realities.model.compatibility import Report, examine
from realities.model.load import load_model

CONTROL = """
INITIAL TIME = 0 ~ Day ~ |
FINAL TIME = 10 ~ Day ~ |
TIME STEP = 1/4 ~ Day ~ |
SAVEPER = 1 ~ Day ~ |
"""
TOWN = """
Region: north, south ~ ~ |
share([(0,0)-(1,1)], (0,0), (1,1)) ~ ~ |
houses[Region] = INTEG(building[Region] - demolition[Region], 100) ~ house ~ |
building[Region] = MAX(0, share(wish)) ~ house/Day ~ |
demolition[Region] = houses[Region] / life ~ house/Day ~ |
life = 50 ~ Day ~ |
wish = 0.5 ~ ~ |
"""


def report(folder: Path, text: str, control: str = CONTROL) -> Report:
    path = folder / "town.mdl"
    path.write_text(text + control, encoding="utf-8")
    return examine(path).report


def drains(folder: Path, text: str) -> list[tuple[str, str]]:
    return [(drain.stock, drain.outflow) for drain in report(folder, text).may_go_negative]


def test_names_and_scalars_are_counted_by_kind(tmp_path: Path) -> None:
    found = report(tmp_path, TOWN)
    assert found.opens
    assert found.names == {"stock": 1, "flow": 2, "auxiliary": 0, "constant": 2, "lookup": 1, "data": 0}
    assert found.scalars == {"stock": 2, "flow": 4, "auxiliary": 0, "constant": 2, "lookup": 1, "data": 0}
    assert [(one.name, one.size) for one in found.dimensions] == [("Region", 2)]


def test_functions_are_counted_and_a_lookup_is_none(tmp_path: Path) -> None:
    found = report(tmp_path, TOWN)
    assert [(use.name, use.count, use.status) for use in found.functions] == [
        ("INTEG", 1, "supported"),
        ("MAX", 1, "supported"),
    ]


def test_a_refused_model_is_reported_with_every_refused_function_and_its_lines(tmp_path: Path) -> None:
    text = "a = FIND ZERO(1) ~ ~ |\nb = 2 + FIND ZERO(a) ~ ~ |\nc = FRBL(a) + ABS(b) ~ ~ |\n"
    found = report(tmp_path, text)
    assert not found.opens
    assert found.scalars is None
    assert found.n_errors == 3
    assert [(use.name, use.status, use.lines) for use in found.functions] == [
        ("ABS", "supported", (3,)),
        ("FIND ZERO", "refused", (1, 2)),
        ("FRBL", "unknown", (3,)),
    ]


def test_a_syntax_error_hides_no_refused_function_elsewhere(tmp_path: Path) -> None:
    text = "a = 2 + + * ~ ~ |\nb = FIND ZERO(1) ~ ~ |\nc = 1 + FIND ZERO(FIND ZERO(b)) ~ ~ |\n"
    assert [use.lines for use in report(tmp_path, text).functions if use.status == "refused"] == [(2, 3)]
    found = [(item.code, item.span.line, item.span.column) for item in examine(tmp_path / "town.mdl").found]
    assert found[0][:2] == ("syntax-error", 1)
    assert found[1:] == [
        ("unsupported-function", 2, 5),
        ("unsupported-function", 3, 9),
        ("unsupported-function", 3, 19),
    ]


def test_an_equation_still_to_be_written_is_told_once(tmp_path: Path) -> None:
    report(tmp_path, "a = A FUNCTION OF(b) ~ ~ |\nb = 1 ~ ~ |\n")
    assert [item.code for item in examine(tmp_path / "town.mdl").found] == ["incomplete-equation"]


def test_macros_are_counted_and_their_inputs_are_no_functions(tmp_path: Path) -> None:
    text = (
        ":MACRO: DOUBLE(x)\nDOUBLE = MIN(x, x) * 2 ~ ~ |\n:END OF MACRO:\na = DOUBLE(1) + DOUBLE(2) ~ ~ |\n"
    )
    found = report(tmp_path, text)
    assert [(macro.name, macro.count) for macro in found.macros] == [("DOUBLE", 2)]
    assert [use.name for use in found.functions] == ["MIN"]


def test_a_method_that_is_refused_is_not_told_as_another(tmp_path: Path) -> None:
    path = tmp_path / "m.xmile"
    path.write_text(
        '<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">'
        '<sim_specs method="gear"><start>0</start><stop>2</stop></sim_specs>'
        '<model><variables><aux name="a"><eqn>1</eqn></aux></variables></model></xmile>'
    )
    assert examine(path).report.method_refused
    path.write_text(path.read_text().replace("gear", "rk4"))
    assert not examine(path).report.method_refused


def test_time_is_told_as_the_file_says_it(tmp_path: Path) -> None:
    time = report(tmp_path, TOWN).time
    assert (time.initial_time, time.final_time, time.time_step, time.save_period) == ("0", "10", "1/4", "1")
    assert (time.unit, time.integrator) == ("Day", "euler")
    assert report(tmp_path, "a = 1 ~ ~ |", control="").time.final_time is None


@pytest.mark.parametrize(
    "outflow",
    ["s / 5", "MIN(wish, most)", "IF THEN ELSE(s > 0, wish, 0)", "SMOOTH(most, 2)"],
)
def test_an_outflow_computed_from_its_stock_is_no_drain(tmp_path: Path, outflow: str) -> None:
    text = f"s = INTEG(- out, 10) ~ ~ |\nout = {outflow} ~ ~ |\nwish = 3 ~ ~ |\nmost = s / 2 ~ ~ |\n"
    assert drains(tmp_path, text) == []


def test_an_outflow_not_computed_from_its_stock_is_named(tmp_path: Path) -> None:
    text = "s = INTEG(into - (out + lost), 10) ~ ~ |\nout = 3 ~ ~ |\nlost = s/9 ~ ~ |\ninto = 1 ~ ~ |\n"
    assert drains(tmp_path, text) == [("s", "out")]


def test_another_stock_on_the_way_breaks_the_tie(tmp_path: Path) -> None:
    text = "s = INTEG(-out, 10) ~ ~ |\nout = r ~ ~ |\nr = INTEG(s - r, 0) ~ ~ |\n"
    assert drains(tmp_path, text) == [("s", "out")]


def test_units_that_do_not_balance_are_summed_up_with_their_lines(tmp_path: Path) -> None:
    found = report(tmp_path, "a = 1 ~ person ~ |\nb = 2 ~ tonne ~ |\nc = a + b ~ person ~ |\nd = 1 ~ ~ |\n")
    assert found.units.mismatches == (3,)
    assert found.units.n_without == 1


def test_every_name_is_listed_with_its_place(tmp_path: Path) -> None:
    found = {use.name: use for use in report(tmp_path, TOWN).all_names}
    assert found["houses"].kind == "stock"
    assert found["houses"].subscripts == ("Region",)
    assert (found["life"].unit, found["life"].line) == ("Day", 7)
    assert found["TIME STEP"].kind == "control"


def test_what_a_model_reads_is_listed_with_whether_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("time,0,1\nprice,3,4\n", encoding="utf-8")
    text = (
        "price := GET DIRECT DATA('prices.csv', ',', '1', 'b2') ~ ~ |\n"
        "wage := GET DIRECT DATA('wages.csv', ',', '1', 'b2') ~ ~ |\n"
        "rent ~ ~ |\nwealth = price + wage + rent ~ ~ |\n"
    )
    found = report(tmp_path, text)
    assert found.opens
    assert found.names["data"] == 3
    files = [(file.name, file.is_there, file.lines) for file in found.files]
    assert files == [("prices.csv", True, (1,)), ("wages.csv", False, (2,))]
    assert found.data == ("rent",)


def test_reality_checks_are_counted_apart_from_test_inputs(tmp_path: Path) -> None:
    checks = (
        "none born :TEST INPUT: born = 0 ~ ~ |\n"
        "none left :THE CONDITION: none born :IMPLIES: people < 2 ~ ~ |\n"
        "born = 1 ~ ~ |\npeople = INTEG(born, 1) ~ ~ |\n"
    )
    found = report(tmp_path, checks)
    assert (found.n_reality_checks, found.n_test_inputs) == (1, 1)


def test_findings_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "town.mdl"
    text = "a = 1 ~ person ~ |\nb = a + 5 ~ person ~ |\nc = a + 6 ~ m^^2 ~ |\nd = a + 7 ~ person ~ |\n"
    path.write_text(text + CONTROL, encoding="utf-8")
    assert [item.span.line for item in examine(path).found] == [2, 3, 3, 4]


STELLA = """<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>v</vendor><product version="1" lang="en">p</product></header>
<sim_specs time_units="Months" method="Euler">
  <start>1</start><stop>4</stop><dt reciprocal="true">4</dt>
</sim_specs>
<model><variables>
  <stock name="the belt"><eqn>9</eqn><inflow>arriving</inflow><outflow>leaving</outflow>
    <conveyor><len>3</len></conveyor></stock>
  <flow name="arriving"><eqn>IF TIME &gt; 2 THEN MAX(1, rate) ELSE Late(TIME)</eqn></flow>
  <flow name="leaving"/>
  <stock name="shop"><eqn>1</eqn><outflow>sold_off</outflow></stock>
  <flow name="sold off"><eqn>SMTH1(arriving, 2)</eqn></flow>
  <aux name="rate"><eqn>2</eqn></aux>
  <gf name="Late"><xpts>0,4</xpts><ypts>0,1</ypts></gf>
</variables></model></xmile>"""


def test_an_xmile_model_is_reported_with_what_stands_in_its_file(tmp_path: Path) -> None:
    path = tmp_path / "shop.xmile"
    path.write_text(STELLA, encoding="utf-8")
    found = examine(path).report
    assert found.opens
    assert found.dialect == "xmile"
    assert [(use.name, use.count) for use in found.functions] == [
        ("IF THEN ELSE", 1),
        ("MAX", 1),
        ("SMTH1", 1),
    ]
    assert (found.names["stock"], found.names["flow"], found.names["lookup"]) == (2, 3, 1)
    assert [(drain.stock, drain.outflow) for drain in found.may_go_negative] == [("shop", "sold off")]
    time = found.time
    assert (time.initial_time, time.final_time, time.time_step, time.integrator) == (
        "1",
        "4",
        "0.25",
        "euler",
    )


@pytest.mark.parametrize(
    ("control", "said"),
    [
        ("INITIAL TIME = 0 ~~|\nFINAL TIME = -5 ~~|\nTIME STEP = 1 ~~|\n", '"FINAL TIME" is -5, before'),
        ("FINAL TIME = 5 ~~|\nTIME STEP = 0 ~~|\nSAVEPER = TIME STEP ~~|\n", '"TIME STEP" must be above 0'),
        ("FINAL TIME = 5 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = -1 ~~|\n", '"SAVEPER" must be above 0, not -1'),
    ],
)
def test_times_that_make_no_run_are_told_before_one(tmp_path: Path, control: str, said: str) -> None:
    path = tmp_path / "town.mdl"
    path.write_text(f"{TOWN}\n{control}", encoding="utf-8")
    seen = examine(path)
    errors = [item for item in seen.found if item.severity == "error"]
    assert [item.code for item in errors] == ["bad-time"]
    assert errors[0].message.startswith(said)
    assert (seen.report.opens, seen.model, seen.exit_code) == (False, None, 1)
    with pytest.raises(InputError) as running:  # a run says the same, at the same place
        simulate(load_model(path))
    assert str(running.value) == errors[0].render()


def test_what_an_xmile_file_calls_a_flow_is_counted_as_one(tmp_path: Path) -> None:
    path = tmp_path / "bath.stmx"
    path.write_text(
        '<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"><sim_specs><start>0</start>'
        "<stop>5</stop></sim_specs><model><variables>"
        '<stock name="bath"><eqn>1</eqn><inflow>tap</inflow></stock><flow name="tap"><eqn>2</eqn></flow>'
        "</variables></model></xmile>",
        encoding="utf-8",
    )
    assert [(use.name, use.kind) for use in examine(path).report.all_names if use.kind != "control"] == [
        ("bath", "stock"),
        ("tap", "flow"),
    ]


def test_a_variable_called_like_a_function_is_told_as_an_error_and_is_no_function(tmp_path: Path) -> None:
    found = report(tmp_path, "x = 3 ~ ~ |\ny = x(2) + ABS(x) + NOTHING(x) ~ ~ |\n")
    assert found.n_errors == 2
    assert [(use.name, use.status) for use in found.functions] == [
        ("ABS", "supported"),
        ("NOTHING", "unknown"),
    ]


def test_what_xmile_spells_otherwise_is_reported_in_its_own_words(tmp_path: Path) -> None:
    path = tmp_path / "curve.xmile"
    path.write_text(
        '<xmile xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"><sim_specs><start>0</start>'
        '<stop>1</stop></sim_specs><model><variables><aux name="a"><eqn>IF TIME = 0 THEN 1//2 ELSE 2</eqn>'
        '<gf><xscale min="0" max="1"/><ypts>0,1</ypts></gf></aux></variables></model></xmile>',
        encoding="utf-8",
    )
    names = [use.name for use in examine(path).report.functions]
    assert names == ["IF THEN ELSE", "SAFEDIV", "graphical function"]
