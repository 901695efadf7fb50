"""What the elements of an XMILE file mean: time, stocks, flows, graphical functions, marks."""

from __future__ import annotations

import math

import pytest
from xmile_text import aux, dims, first, over, problems, run, warnings, xmile

from realities.engine.reference import simulate
from realities.errors import Findings, InputError
from realities.ir.model import Model
from realities.model.load import ExtraEquation, build_model, read_file
from realities.model.syntax import ModelFile
from realities.source import SourceText


def build(text: str) -> Model:
    return build_model(SourceText("model.stmx", text))


def tree(text: str) -> ModelFile:
    return read_file(SourceText("model.stmx", text), Findings())


# -- time -----------------------------------------------------------------------------------------------

GROWTH = '<stock name="s"><eqn>1</eqn><inflow>f</inflow></stock><flow name="f"><eqn>s</eqn></flow>'


def specs(inner: str = "", **attributes: str) -> str:
    marks = "".join(f' {name.replace("__", ":")}="{value}"' for name, value in attributes.items())
    return f"<sim_specs{marks}><start>0</start><stop>2</stop>{inner}</sim_specs>"


@pytest.mark.parametrize(
    ("written", "times"),
    [
        (specs(), [0, 1, 2]),
        (specs("<dt>0.5</dt>"), [0, 0.5, 1, 1.5, 2]),
        (specs('<dt reciprocal="true">4</dt>'), [n / 4 for n in range(9)]),
        (specs('<dt reciprocal="false">1</dt>'), [0, 1, 2]),
        (specs("<dt>0.25</dt><savestep>1</savestep>"), [0, 1, 2]),
        (specs("<dt>0.25</dt>", isee__save_interval="0.5"), [0, 0.5, 1, 1.5, 2]),
        (specs("<dt>1</dt>", isee__save_interval="0"), [0, 1, 2]),
    ],
)
def test_a_run_starts_ends_steps_and_saves_as_the_file_says(written: str, times: list[float]) -> None:
    assert simulate(build(xmile(GROWTH, specs=written))).times.tolist() == times


@pytest.mark.parametrize(
    ("method", "after_one"),
    [
        ("Euler", 2.0),
        ("RK2", 2.5),  # 1 + h + h^2/2
        ("rk4", 1 + 1 + 1 / 2 + 1 / 6 + 1 / 24),
        ("gear, rk4", 1 + 1 + 1 / 2 + 1 / 6 + 1 / 24),
        ("", 2.0),
    ],
)
def test_a_model_is_integrated_as_the_file_says(method: str, after_one: float) -> None:
    columns = run(xmile(GROWTH, specs=specs(method=method)))
    assert columns["s"][1] == pytest.approx(after_one, rel=1e-12)


def test_rk45_follows_the_exponential() -> None:
    assert run(xmile(GROWTH, specs=specs(method="rk45")))["s"][2] == pytest.approx(math.exp(2), rel=1e-4)


def test_a_method_that_is_not_there_is_refused_by_its_name() -> None:
    ((line, code, message),) = problems(xmile(GROWTH, specs=specs(method="gear")))
    assert (line, code) == (4, "unsupported-integration")
    assert message == 'this model is to be integrated by "gear", which is not supported'


def test_the_time_settings_are_constants_and_no_columns() -> None:
    model = build(xmile(GROWTH + aux("a", "DT*STOPTIME")))
    assert {"STARTTIME", "STOPTIME", "DT"} <= {one.name for one in model.constants}
    run_in_halves = simulate(model, {"DT": 0.5})
    assert run_in_halves.times[:3].tolist() == [0, 0.5, 1]
    assert "DT" not in run_in_halves.values
    assert run_in_halves.values["a"][0, 0] == 2.0


def test_a_model_may_bring_its_own_time_settings() -> None:
    text = xmile(GROWTH, specs="").replace("<model>", f"<model>{specs('<dt>2</dt>')}")
    assert simulate(build(text)).times.tolist() == [0, 2]


# -- variables --------------------------------------------------------------------------------------------


def test_a_stock_gains_its_inflows_and_loses_its_outflows() -> None:
    text = xmile(
        '<stock name="s"><eqn>10</eqn><inflow>a</inflow><inflow>"b, c"</inflow><outflow>d</outflow></stock>'
        '<flow name="a"><eqn>1</eqn></flow><flow name="b, c"><eqn>2</eqn></flow>'
        '<flow name="d"><eqn>4</eqn></flow>'
    )
    assert run(text)["s"] == [10, 9, 8, 7, 6]


def test_a_stock_may_have_outflows_only_or_no_flow_at_all() -> None:
    text = xmile(
        '<stock name="s"><eqn>10</eqn><outflow>d</outflow></stock><flow name="d"><eqn>1</eqn></flow>'
        '<stock name="still"><eqn>3</eqn></stock>'
    )
    columns = run(text)
    assert (columns["s"][:3], columns["still"][:3]) == ([10, 9, 8], [3, 3, 3])


def test_a_flow_is_converted_on_its_way_into_the_next_stock() -> None:
    text = xmile(
        '<stock name="up"><eqn>100</eqn><outflow>f</outflow></stock>'
        '<stock name="down"><eqn>0</eqn><inflow>f</inflow></stock>'
        '<flow name="f"><eqn>4</eqn><multiplier>3</multiplier></flow>'
    )
    columns = run(text)
    assert (columns["up"][1], columns["down"][1], columns["f"][1]) == (96.0, 12.0, 4.0)


@pytest.mark.parametrize(
    ("marks", "behavior", "stock", "flow"),
    [
        ("", "", False, False),
        ("<non_negative/>", "", True, True),
        ("<non_negative>true</non_negative>", "", True, True),
        ("", "<behavior><non_negative/></behavior>", True, True),
        ("<non_negative>false</non_negative>", "<behavior><non_negative/></behavior>", False, False),
        ("", "<behavior><stock><non_negative/></stock></behavior>", True, False),
        ("", "<behavior><flow><non_negative/></flow></behavior>", False, True),
        (
            "",
            "<behavior><non_negative/><flow><non_negative>false</non_negative></flow></behavior>",
            True,
            False,
        ),
    ],
)
def test_marks_and_defaults_say_what_stays_above_zero(
    marks: str, behavior: str, stock: bool, flow: bool
) -> None:
    text = xmile(
        f'<stock name="s"><eqn>1</eqn><outflow>f</outflow>{marks}</stock>'
        f'<flow name="f"><eqn>1</eqn>{marks}</flow>',
        behavior,
    )
    equations = {one.left.name: one.is_non_negative for one in tree(text).equations}
    assert (equations["s"], equations["f"]) == (stock, flow)


def test_defaults_of_a_model_come_before_those_of_the_file() -> None:
    text = xmile(GROWTH, "<behavior><non_negative/></behavior>").replace(
        "<model>", "<model><behavior><non_negative>false</non_negative></behavior>"
    )
    assert not any(one.is_non_negative for one in tree(text).equations)


def test_units_comments_ranges_and_groups_are_kept() -> None:
    text = xmile(
        aux("a", "1", '<units>people/Month</units><doc>how many\\ncome</doc><range min="0" max="9"/>')
        + '<group name="Inflow"><entity name="A"/></group>'
    )
    (a, *_) = tree(text).equations
    assert (a.unit, a.unit_span.text, a.doc, a.limits, a.group) == (
        "people/Month",
        "people/Month",
        "how many\ncome",
        "0,9",
        "Inflow",
    )


def test_a_value_may_have_an_initial_one_of_its_own() -> None:
    text = xmile(
        aux("target", "capacity*2", "<init_eqn>7</init_eqn>")
        + '<stock name="capacity"><eqn>target</eqn><inflow>f</inflow></stock>'
        + '<flow name="f"><eqn>0</eqn></flow>'
    )
    columns = run(text)
    assert (columns["capacity"][0], columns["target"][0]) == (7.0, 14.0)


def test_vendors_own_elements_and_drawings_change_nothing() -> None:
    text = xmile(
        aux("a", "1", "<isee:summing/>") + "<isee:dependencies/>", "<isee:prefs layer='model'/><style/>"
    ).replace("</model>", "<views><view><aux name='nobody'/></view></views></model>")
    assert run(text) == {"a": [1.0] * 5}
    assert tree(text).display == "<views><view><aux name='nobody'/></view></views>"


def test_files_from_before_the_standard_are_read() -> None:
    text = (
        '<xmile version="1.0" level="3" xmlns="http://www.systemdynamics.org/XMILE">'
        '<header><smile version="1.0" namespace="std, isee"/></header>'
        '<sim_specs method="Euler" time_units="Time"><start>0</start><stop>2</stop><dt>1</dt></sim_specs>'
        '<model><stock name="s"><eqn>1</eqn><inflow>f</inflow><display x="1" y="2"/></stock>'
        '<flow name="f"><eqn>TIME</eqn><gf discrete="true"><xscale min="0" max="0"/><xpts>0,1,2</xpts>'
        "<ypts>5,6,6</ypts></gf></flow></model></xmile>"
    )
    assert run(text) == {"s": [1, 6, 12], "f": [5, 6, 6]}


# -- graphical functions ------------------------------------------------------------------------------------

SCALE = '<xscale min="0" max="2"/><ypts>0,10,40</ypts>'


@pytest.mark.parametrize(
    ("written", "values"),
    [
        (SCALE, [0.0, 5.0, 40.0]),
        ("<xpts>0,1,2</xpts><ypts>0,10,40</ypts>", [0.0, 5.0, 40.0]),
        ('<xpts sep=";">0;1;2</xpts><ypts sep=" ">0 10 40</ypts>', [0.0, 5.0, 40.0]),
        ("<xpts> 0,\n 1, 2</xpts><ypts>0, 10, 40,</ypts>", [0.0, 5.0, 40.0]),
    ],
)
def test_the_points_of_a_graphical_function_are_read_in_each_form(written: str, values: list[float]) -> None:
    text = xmile(aux("y", "TIME - 0.5", f"<gf>{written}</gf>"), specs=specs("<dt>1</dt>"))
    text = text.replace("<stop>2</stop>", "<stop>3</stop>")
    columns = run(text)["y"]
    # at -0.5, 0.5, 1.5 and 2.5: held at both ends
    assert [columns[0], columns[1], columns[3]] == values
    assert columns[2] == 25.0


@pytest.mark.parametrize(
    ("kind", "below", "between", "above"),
    [
        ("continuous", 0.0, 5.0, 40.0),
        ("extrapolate", -10.0, 5.0, 70.0),  # by the slopes of the first and the last segment
        ("discrete", 0.0, 0.0, 40.0),
    ],
)
def test_the_type_of_a_graphical_function_says_what_lies_between_and_beyond(
    kind: str, below: float, between: float, above: float
) -> None:
    text = xmile(
        f'<gf name="g" type="{kind}">{SCALE}</gf>' + aux("a", "g(-1)") + aux("b", "g(0.5)") + aux("c", "g(3)")
    )
    columns = first(text)
    assert (columns["a"], columns["b"], columns["c"]) == (below, between, above)


def test_a_graphical_function_without_equation_is_a_lookup() -> None:
    text = xmile(
        f'<aux name="table"><gf>{SCALE}</gf></aux>' + aux("a", "table(1)") + aux("b", "LOOKUP(table, 2)")
    )
    columns = first(text)
    assert (columns["a"], columns["b"]) == (10.0, 40.0)


def test_a_variable_with_a_graphical_function_is_a_value_and_a_lookup() -> None:
    text = xmile(aux("f", "TIME", f"<gf>{SCALE}</gf>") + aux("a", "f + 0") + aux("b", "f(2)"))
    columns = run(text)
    assert columns["a"][:3] == [0, 10, 40]
    assert columns["b"] == [40.0] * 5


def test_a_variable_may_name_the_graphical_function_it_is_read_by() -> None:
    text = xmile(f'<gf name="rising">{SCALE}</gf>' + aux("a", "1", '<gf name="rising"/>'))
    assert first(text)["a"] == 10.0


@pytest.mark.parametrize(
    ("written", "code", "message"),
    [
        ("<ypts>1,2</ypts>", "bad-lookup", "this graphical function has neither <xpts> nor <xscale>"),
        ("<xpts>1,2</xpts>", "bad-lookup", "this graphical function has no points (<ypts>)"),
        (
            "<xpts>1,2,3</xpts><ypts>1,2</ypts>",
            "bad-lookup",
            "this graphical function has 3 x values and 2 y values",
        ),
        ("<xpts>1,two</xpts><ypts>1,2</ypts>", "bad-number", '"two" is no number'),
        (
            '<xscale min="0"/><ypts>1,2</ypts>',
            "bad-number",
            'the scale of a graphical function needs a number as "max"',
        ),
    ],
)
def test_a_wrong_graphical_function_is_explained(written: str, code: str, message: str) -> None:
    found = problems(xmile(aux("a", "1", f"\n<gf>{written}</gf>")))
    assert found[0] == (8, code, message)


# -- what is missing or refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("eqn", ["<eqn></eqn>", "<eqn> {to be written} </eqn>", "<eqn/>", ""])
def test_an_equation_that_is_missing_is_named(eqn: str) -> None:
    assert problems(xmile(f'\n<aux name="a">{eqn}</aux>')) == [
        (8, "incomplete-equation", '"a" has no equation')
    ]


@pytest.mark.parametrize(
    ("variables", "line", "code", "message"),
    [
        ("<aux><eqn>1</eqn></aux>", 7, "syntax-error", "this aux has no name"),
        (
            aux("a", "1") + "\n" + aux("A", "2"),
            8,
            "duplicate-name",
            '"A" is defined twice',
        ),
        (
            '<stock name="s"><eqn>1</eqn>\n<inflow>nobody</inflow></stock>',
            8,
            "unknown-name",
            'no variable is named "nobody"',
        ),
        ('\n<module name="m"/>', 8, "unknown-name", 'no model of this file is named "m", as this module is'),
    ],
)
def test_a_wrong_element_is_explained_at_its_place(
    variables: str, line: int, code: str, message: str
) -> None:
    assert (line, code, message) in problems(xmile(variables))


def test_an_encrypted_model_is_refused() -> None:
    text = xmile(aux("a", "1")).replace("<model>", '<model encryption-scheme="AES-128,CBC,SHA256">')
    assert (6, "unsupported-function", "an encrypted model cannot be read") in problems(text)


def test_what_is_left_out_of_a_run_is_warned_of() -> None:
    text = xmile(
        aux(
            "a",
            "1",
            '<event_poster><threshold value="2"><event sim_action="stop"/></threshold></event_poster>',
        ),
        '<data><import resource="in.csv"/></data>',
    )
    assert [message for _, _, message in warnings(text)] == [
        'values are not imported from "in.csv": those in the model itself are used',
        "an event does not stop the run here",
    ]


def test_units_that_a_file_defines_are_handed_on() -> None:
    text = xmile(
        aux("a", "1"),
        '<model_units><unit name="per_capita"><eqn>1/person</eqn></unit>'
        '<unit name="Rabbits"><alias>Rabbit</alias><alias>bunny</alias></unit>'
        '<unit name="Joules" disabled="true"><alias>J</alias></unit></model_units>',
    )
    found = [(one.name, one.equation, one.aliases) for one in tree(text).unit_definitions]
    assert found == [("per_capita", "1/person", ()), ("Rabbits", "", ("Rabbit", "bunny"))]


def test_an_equation_of_an_array_may_be_a_list() -> None:
    text = xmile(
        aux("a", "1, TIME;\n 3, MAX(4, 5);", over("R", "C")) + aux("b", "7", over("C")),
        dims(R="x y", C="u v"),
    )
    columns = first(text)
    assert [columns[f"a[{one}]"] for one in ("x,u", "x,v", "y,u", "y,v")] == [1.0, 0.0, 3.0, 5.0]


def test_a_list_of_another_length_is_refused() -> None:
    text = xmile(aux("a", "\n1, 2, 3", over("C")), dims(C="u v"))
    assert problems(text) == [(8, "wrong-count", '"a" needs 2 entries, one for each element, not 3')]


# -- expressions of cases -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("SUM(pop[*]) + 1", 31.0),
        ("SUM(pop)", 30.0),
        ("pop[south]", 20.0),
        ("pop[2]", 20.0),
        ("m.x * 2", 14.0),
        ('"the rate" + 1', 4.0),
        (r"\"the rate\" + 1", 4.0),  # as a quoted text of TOML has it
        ("IF pop[north] = 10 THEN the_rate ELSE 0", 3.0),
    ],
)
def test_an_expression_of_a_case_is_in_the_language_of_its_model(written: str, expected: float) -> None:
    text = xmile(
        f'<aux name="pop">{over("D")}<element subscript="north"><eqn>10</eqn></element>'
        '<element subscript="south"><eqn>20</eqn></element></aux><module name="m"/>' + aux("the rate", "3"),
        dims(E="north", D="north south"),
        models=f'<model name="m"><variables>{aux("x", "7")}</variables></model>',
    )
    place = SourceText("case.toml", f"value = '{written}'")
    extra = ExtraEquation("measure", place.span(9, 9 + len(written)))
    model = build_model(SourceText("model.xmile", text), extra=[extra])
    assert simulate(model, outputs=["measure"]).values["measure"][0, 0] == expected


def test_a_problem_in_an_expression_of_a_case_is_shown_there() -> None:
    place = SourceText("case.toml", "value = 'a + nobody'")
    extra = ExtraEquation("measure", place.span(9, 19))
    with pytest.raises(InputError) as caught:
        build_model(SourceText("model.xmile", xmile(aux("a", "1"))), extra=[extra])
    (found,) = caught.value.diagnostics
    assert (found.span.source.name, found.span.column, found.code) == ("case.toml", 14, "unknown-name")


# -- what another program may write ---------------------------------------------------------------------


def test_a_graphical_function_named_inside_a_variable_can_be_called() -> None:
    curve = '<gf name="rising"><xscale min="0" max="4"/><ypts>0,8</ypts></gf>'
    text = xmile(aux("c", "TIME", curve) + aux("d", "rising(1)") + aux("e", "c(3)"))
    assert {name: values[2] for name, values in run(text).items()} == {"c": 4, "d": 2, "e": 6}


def test_a_graphical_function_is_a_list_of_its_y_values_too() -> None:
    curve = '<gf name="curve"><xscale min="0" max="4"/><ypts>3,8,1</ypts></gf>'
    asked = {
        "MIN(curve)": 1,
        "MAX(curve)": 8,
        "MAX(curve, 9, 2)": 9,
        "MEAN(curve)": 4,
        "SUM(curve)": 12,
        "SIZE(curve)": 3,
        "STDDEV(curve)^2": 26 / 3,  # 1 + 16 + 9, of three
        "curve[2]": 8,
        "curve(3)": 4.5,
    }
    made = first(xmile(curve + "".join(aux(f"v{n}", eqn) for n, eqn in enumerate(asked))))
    assert [made[f"v{n}"] for n in range(len(asked))] == pytest.approx(list(asked.values()))


@pytest.mark.parametrize("points", ["<ypts>0,1,nan</ypts>", "<xpts>0,1,inf</xpts><ypts>0,1,2</ypts>"])
def test_a_point_that_is_no_finite_number_is_refused(points: str) -> None:
    graph = f'<gf><xscale min="0" max="2"/>{points}</gf>'
    assert [code for _, code, _ in problems(xmile(aux("g", "TIME", graph)))] == ["bad-number"]
    endless = '<gf><xscale min="0" max="1e999"/><ypts>0,1</ypts></gf>'
    assert [code for _, code, _ in problems(xmile(aux("g", "TIME", endless)))] == ["bad-number"]


def test_quotation_marks_around_a_name_are_no_part_of_it() -> None:
    quoted = '<aux name="&quot;birth rate (1/yr)&quot;"><eqn>3</eqn></aux>'
    made = first(xmile(quoted + aux("x", '"Birth_Rate (1/YR)" * 2')))
    assert made == {"birth rate (1/yr)": 3, "x": 6}


@pytest.mark.parametrize("name", ["DT", "StartTime", "STOPTIME"])
def test_a_variable_named_like_a_time_setting_is_refused_where_it_stands(name: str) -> None:
    message = f'a variable cannot be named "{name}": that is a word of the language'
    assert problems(xmile(aux("a", "1") + "\n" + aux(name, "3"))) == [(8, "duplicate-name", message)]


def test_an_array_with_elements_left_out_is_warned_of() -> None:
    part = '<element subscript="p"><eqn>1</eqn></element>'
    text = xmile(f'<aux name="v">{over("D")}{part}</aux>\n' + aux("x", "v[p]"), dims(D="p q r"))
    message = '"v" has no equation for q and 1 more of its elements'
    assert warnings(text) == [(7, "incomplete-equation", message)]


def test_an_element_that_is_defined_twice_is_shown_where_it_is() -> None:
    twice = "".join(f'\n<element subscript="{one}"><eqn>1</eqn></element>' for one in ("p", "q", "P"))
    (found,) = problems(xmile(f'<aux name="v">{over("D")}{twice}</aux>', dims(D="p q")))
    assert found == (10, "duplicate-name", '"v[p]" is defined twice')


def test_a_stock_in_the_place_of_a_flow_is_refused() -> None:
    text = xmile('<stock name="s"><eqn>1</eqn>\n<inflow>s</inflow></stock>')
    message = '"s" is a stock, and only flows fill or drain one'
    assert problems(text) == [(8, "wrong-arguments", message)]


def test_an_element_that_its_dimension_lists_twice_is_told_once() -> None:
    each = '<element subscript="a"><eqn>1</eqn></element><element subscript="b"><eqn>2</eqn></element>'
    text = xmile(f'<aux name="x">{over("Row")}{each}</aux>', dims(Row="a b b"))
    (found,) = problems(text)
    assert found[1:] == ("duplicate-name", '"b" is listed twice in "Row"')
