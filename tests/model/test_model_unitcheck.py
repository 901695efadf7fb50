from __future__ import annotations

import pytest

from realities.errors import Findings
from realities.model.load import build_model
from realities.model.unitcheck import check_units
from realities.source import SourceText

CONTROL = """
INITIAL TIME = 0 ~ Month ~|
FINAL TIME = 10 ~ Month ~|
TIME STEP = 1 ~ Month ~|
SAVEPER = TIME STEP ~ Month ~|
"""
WELL_MADE = """
Population = INTEG(births - deaths, initial population) ~ person ~|
initial population = 1000 ~ person ~|
births = birth rate * Population * effect of crowding ~ person/Month ~|
birth rate = 0.03 ~ 1/Month ~|
deaths = Population / lifetime ~ person/Month ~|
lifetime = 70 * months per year ~ Month ~|
months per year = 12 ~ Month ~|
crowding = Population / capacity ~ Dmnl ~|
capacity = 5000 ~ person ~|
effect of crowding = crowding table(crowding) ~ Dmnl ~|
crowding table((0,1),(1,0.5),(2,0)) ~ Dmnl ~|
perceived = SMOOTH3(Population, lifetime) ~ person ~|
late births = DELAY1(births, 5) ~ person/Month ~|
posted = DELAY FIXED(births, 3, 0) ~ person/Month ~|
growth = TREND(Population, lifetime, 0) ~ 1/Month ~|
campaign = IF THEN ELSE(Time > 5 :AND: Population > 0, STEP(2, 3), 0) * births ~ person/Month ~|
share of deaths = ZIDZ(deaths, births + deaths) ~ share ~|
percentage = 100 * share of deaths ~ percent ~|
peak = MAX(Population, capacity) ~ person ~|
floored = MAX(Population - capacity, 0) ~ person ~|
scaled = capacity * (Population / capacity) ^ elasticity ~ person ~|
elasticity = 0.5 ~ Dmnl ~|
side = SQRT(area) ~ km ~|
area = 25 ~ km2 ~|
square = side ^ 2 ~ km*km ~|
sent = DELAY MATERIAL(births, lifetime, births, 0) ~ person/Month ~|
heard = DELAY INFORMATION(births, lifetime, births) ~ person/Month ~|
pink = RANDOM PINK NOISE(5, spread, lifetime, 0) ~ person ~|
written off = DEPRECIATE STRAIGHTLINE(births, 12, 3, births) ~ person/Month ~|
worth = NPVE(births, birth rate, 0, 1) ~ person ~|
noise = RANDOM NORMAL(-100, 100, 0, spread, 1) ~ person ~|
spread = 5 ~ person ~|
season = MODULO(Time, 12) ~ Month ~|
whole = INTEGER(Population / QUANTUM(capacity, 1)) ~ Dmnl ~|
unsaid = Population * 3 + births ~~|
guess = unsaid + capacity ~ person ~|
"""


def findings_of(equations: str) -> Findings:
    findings = Findings()
    check_units(build_model(SourceText("model.mdl", CONTROL + equations)), findings)
    return findings


def only_message(equations: str) -> str:
    (item,) = findings_of(equations).items
    assert (item.severity, item.code) == ("warning", "unit-mismatch")
    return item.message


def test_a_well_made_model_raises_no_alarm() -> None:
    problems = [
        item for item in findings_of(WELL_MADE).items if "unsaid" not in item.span.source.line(item.span.line)
    ]
    assert [item.render() for item in problems] == []


def test_a_sum_of_a_stock_and_a_flow_shows_both_as_their_author_named_them() -> None:
    equations = """
Trained Reserve = INTEG(Replacement Rate, 10) ~ person ~|
Replacement Rate = 5 ~ person/Month ~|
Deployment Rate = Trained Reserve + Replacement Rate ~ person ~|
"""
    (item,) = findings_of(equations).items
    assert item.render() == (
        'model.mdl:9:35: warning[unit-mismatch]: cannot add "person" and "person/Month"\n'
        "    |\n"
        "  9 | Deployment Rate = Trained Reserve + Replacement Rate ~ person ~|\n"
        "    |                                   ^\n"
        '    = "Trained Reserve" is a stock in person; "Replacement Rate" is a constant in person/Month\n'
        '    = they differ by a time, "Month": one is a rate of the other'
    )


DECLARED = """
a = 1 ~ person ~|
b = 2 ~ tonne ~|
rate = 3 ~ person/Month ~|
weekly = 3 ~ person/week ~|
ratio = 0.5 ~ Dmnl ~|
"""


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("x = a + b ~ person ~|", 'cannot add "person" and "tonne"'),
        ("x = a - b ~ person ~|", 'cannot subtract "tonne" from "person"'),
        ("x = IF THEN ELSE(a > b, 1, 0) ~ Dmnl ~|", 'cannot compare "person" with "tonne"'),
        ("x = a + 5 ~ person ~|", 'cannot add "person" and a number without unit'),
        ("x = rate + weekly ~ person/Month ~|", 'cannot add "person/Month" and "person/week"'),
        (
            "x = a * b ~ person ~|",
            '"x" is declared in "person", but its equation comes out in "person*tonne"',
        ),
        ("x = a / rate ~ Dmnl ~|", '"x" is declared in "Dmnl", but its equation comes out in "Month"'),
        (
            "x = weekly * 4 ~ person/Month ~|",
            '"x" is declared in "person/Month", but its equation comes out in "person/week"',
        ),
        ("x = MAX(a, b) ~ person ~|", 'MAX cannot take "tonne" together with "person"'),
        ("x = MAX(a, 1) ~ person ~|", 'MAX cannot take a number without unit together with "person"'),
        (
            "x = IF THEN ELSE(ratio > 0, a, b) ~ person ~|",
            'IF THEN ELSE cannot take "tonne" together with "person"',
        ),
        ("x = EXP(a) ~ Dmnl ~|", 'EXP needs a number without unit, not "person"'),
        ("x = STEP(a, b) ~ person ~|", 'argument 2 of STEP must be in "Month", not "tonne"'),
        (
            "x = RAMP(a, 1, 5) ~ person ~|",
            '"x" is declared in "person", but its equation comes out in "person*Month"',
        ),
        ("x = ratio ^ a ~ Dmnl ~|", 'an exponent must be a number without unit, not "person"'),
        (
            "x = a ^ ratio ~ person ~|",
            'only a number without unit can be raised to a power that varies, not "person"',
        ),
        (
            "x = SQRT(a) ~ person ~|",
            '"x" is declared in "person", but its equation comes out in "person^(1/2)"',
        ),
        (
            "x = INTEG(a, a) ~ person ~|",
            '"x" is a stock in "person": its net flow must be in "person/Month", not "person"',
        ),
        ("x = INTEG(rate, b) ~ person ~|", '"x" is in "person", but its initial value comes out in "tonne"'),
        ("x = DELAY FIXED(a, b, a) ~ person ~|", '"x" needs a delay time in "Month", not in "tonne"'),
        (
            "x = SMOOTH(a, b) ~ person ~|",
            'with its time in "Month", what SMOOTH holds changes in "person/Month", not "person/tonne"',
        ),
        ("x = Time + a ~ Month ~|", 'cannot add "Month" and "person"'),
    ],
)  # fmt: skip
def test_what_does_not_balance_is_said_in_words(equation: str, message: str) -> None:
    assert only_message(DECLARED + equation) == message


def test_units_of_one_kind_but_not_one_size_come_with_the_factor() -> None:
    (item,) = findings_of(DECLARED + "x = rate + weekly ~ person/Month ~|").items
    assert item.help[-1] == "1 person/Month is 0.229979 person/week"


@pytest.mark.parametrize(
    "equation",
    [
        "x = a + nobody said ~ person ~|\nnobody said = 2 ~~|",
        "x = a + 0 ~ person ~|",
        "x = 0 - a ~ person ~|",
        "x = 2 + 3 ~ person ~|",
        "x = 1 - ratio ~ Dmnl ~|",
        "x = Time + 5 ~ Month ~|",
        "x = IF THEN ELSE(Time >= 5, a, 0) ~ person ~|",
        "x = IF THEN ELSE(Time >= 5, 1, 2) ~ person ~|",
        "x = a * 0.01 ~ person ~|",
        "x = a * PULSE(2, 1) / TIME STEP ~ person/Month ~|",
        "x = SMOOTH(a, 3) + SMOOTHI(a, 3, 7) ~ person ~|",
        "x = DELAY3(rate, 3) ~ person/Month ~|",
        "x = XIDZ(a, a, 1) ~ Dmnl ~|",
        "x = RANDOM UNIFORM(0, 1, 3) ~ person ~|",
        "x = t(a) ~ tonne ~| \n t((0,0),(1,1)) ~~|",
        "x = a ^ 2 / a ~ person ~|",
    ],
)
def test_what_balances_or_cannot_be_known_is_silent(equation: str) -> None:
    assert [item.message for item in findings_of(DECLARED + equation).items] == []


def test_a_place_is_told_once_however_many_elements_share_it() -> None:
    equations = "Side: north, south, east ~~|\nx[Side] = a + b ~ person ~|\ny[Side] = a ~ tonne ~|\n"
    messages = [item.message for item in findings_of(DECLARED + equations).items]
    assert len(messages) == 2


def test_the_unit_of_what_nobody_declared_follows_from_its_equation() -> None:
    model = build_model(SourceText("m.mdl", CONTROL + DECLARED + "x = SMOOTH(a * ratio, 3) ~ person ~|"))
    assert {str(v.unit) for v in model.variables if v.is_hidden} == {"person"}


@pytest.mark.parametrize(
    "equation",
    [
        "x = IF THEN ELSE(a > 2 * a, a, :NA:) ~ person ~|",
        "x = IF THEN ELSE(a = :NA:, 0, 1) ~ Dmnl ~|",
        "x = MAX(a, 1e-006) ~ person ~|",
        "x = births / MAX(a, 0.001) ~ 1/Month ~|",
    ],
)
def test_not_available_and_guards_against_zero_suit_any_unit(equation: str) -> None:
    assert findings_of("a = 1 ~ person ~|\nbirths = 2 ~ person/Month ~|\n" + equation).items == []


def test_a_lookup_gives_what_its_own_unit_says() -> None:
    text = "price table((0,1),(1,2)) ~ euro ~|\nx = price table(0.5) * 3 ~ {} ~|\n"
    assert findings_of(text.format("euro")).items == []
    message = '"x" is declared in "person", but its equation comes out in "euro"'
    assert only_message(text.format("person")) == message
    assert findings_of(text.format("person").replace("~ euro ~", "~~")).items == []


SETTINGS = "\\\\\\---/// Sketch information\n///---\\\\\\\n:GRAPH\n22:Dollar,$,Bucks\n22:Week,Wk\n"


def test_units_that_a_file_calls_one_are_one() -> None:
    text = "a = 1 ~ $/Wk ~|\nb = 2 ~ Dollar/Week ~|\nc = a + b ~ bucks/wk ~|\nd = a + 2 * b ~ euro/Wk ~|\n"
    (item,) = findings_of(text + SETTINGS).items
    assert item.message == '"d" is declared in "euro/Wk", but its equation comes out in "$/Wk"'
    assert len(findings_of(text).items) > 1


def test_what_a_pass_wrote_is_never_shown_to_the_author() -> None:
    """The outflow is cut to what the stock holds; only its own equation is spoken of."""
    text = """<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
    <header><vendor>v</vendor><product version="1" lang="en">p</product></header>
    <sim_specs time_units="Months"><start>0</start><stop>4</stop><dt>1</dt></sim_specs>
    <model><variables>
      <stock name="tank"><eqn>5</eqn><outflow>leak</outflow><non_negative/><units>litre</units></stock>
      <flow name="leak"><eqn>tank / pace</eqn><units>litre/time</units></flow>
      <aux name="pace"><eqn>3</eqn><units>metre</units></aux>
    </variables></model></xmile>"""
    findings = Findings()
    check_units(build_model(SourceText("model.xmile", text)), findings)
    messages = [item.message for item in findings.items]
    assert messages == ['"leak" is declared in "litre/time", but its equation comes out in "litre/metre"']


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("DELAY INFORMATION(births, births, births)", 'needs a delay time in "Month"'),
        ("DELAY MATERIAL(births, lifetime, births, lifetime)", "what comes out when nothing does"),
    ],
)
def test_a_delay_that_varies_checks_its_time_and_what_comes_out_instead(equation: str, message: str) -> None:
    findings = Findings()
    text = f"{WELL_MADE} odd = {equation} ~ person/Month ~| {CONTROL}"
    build_model(SourceText("model.mdl", text), findings=findings)
    assert any(message in item.message for item in findings.warnings)
