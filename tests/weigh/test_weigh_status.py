"""What became of a claim: by the reports, in doubt by none, and without hindsight."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from realities.case.calendar import Calendar
from realities.case.claims import Claim, parse_claims
from realities.case.erring import Drift, Heaping, Levels, Origin
from realities.case.folder import Case
from realities.case.measures import Delay, Measure, Reporter
from realities.case.observations import Observation
from realities.case.priors import Prior, parse_prior
from realities.case.toml_text import parse_toml
from realities.errors import Findings
from realities.ir.expr import Binary, Number, Ref
from realities.ir.model import Model, TimeSpec, Variable
from realities.source import NOWHERE, SourceText
from realities.units import parse_unit
from realities.weigh.scoring.judging import judge
from realities.weigh.scoring.status import claim_status, decided_on, standing

CALENDAR = Calendar(date(2022, 1, 1), date(2023, 12, 31), "day")
LATE = date(2024, 6, 1)
MADE = date(2022, 3, 1)


def prior(text: str | float) -> Prior:
    found = parse_prior(text, NOWHERE, Findings())
    assert found is not None
    return found


def reporter(name: str, bias: str | float = 1, noise: str | float = 0.02, **more: object) -> Reporter:
    return Reporter(name, prior(bias), prior(noise), **more)  # type: ignore[arg-type]


def measured(quantity: str, *reporters: Reporter, unit: str = "person", **more: object) -> Measure:
    full = {
        "kind": "value",
        "account_variables": {},
        "delay": None,
        "scale": "log",
        "discrepancy": None,
        "label": quantity,
        **more,
    }
    return Measure(
        quantity=quantity,
        expression=NOWHERE,
        unit=parse_unit(unit),
        variable=f"measure: {quantity}",
        reporters={r.name: r for r in reporters},
        **full,  # type: ignore[arg-type]
    )


def row(
    day: date,
    value: float | None,
    who: str = "A",
    quantity: str = "x",
    published: date | None = None,
    low: float | None = None,
    high: float | None = None,
) -> Observation:
    unit = parse_unit("person")
    known = published or day + timedelta(days=1)
    return Observation(day, known, quantity, value, low, high, unit, 1.0, who, "s", "")


def weekly(
    values: list[float], start: date = date(2022, 3, 1), who: str = "A", quantity: str = "x"
) -> list[Observation]:
    return [row(start + timedelta(days=7 * k), value, who, quantity) for k, value in enumerate(values)]


def claim_of(holds: str, **lines: str) -> Claim:
    full = {"kind": '"forecast"', "made": str(MADE), "holds": f"'{holds}'" if holds else "", **lines}
    text = '[[claim]]\nid = "c"\naccount = "a"\nsays = "s"\nsource = "s"\n'
    text += "".join(f"{key} = {value}\n" for key, value in full.items() if value)
    findings = Findings()
    document = parse_toml(SourceText("claims.toml", text), findings)
    assert document is not None
    claims = parse_claims(document, CALENDAR, findings)
    assert not findings.errors, findings.errors[0].render()
    return claims[0]


def case_of(claim: Claim, measures: list[Measure], rows: list[Observation], factor: float = 1.0) -> Case:
    """Return a case whose measures read x off x, y off y, times a conversion of units."""
    variables = [Variable(name, "constant", Number(1.0)) for name in "xy"]
    for measure in measures:
        name = "y" if measure.quantity.startswith("y") else "x"
        read = Ref(name) if factor == 1.0 else Binary("*", Number(factor), Ref(name))
        variables.append(Variable(measure.variable, "auxiliary", read, is_hidden=True))
    for atom in claim.predicate.equations if claim.predicate is not None else ():
        text = atom.span.text
        read = Ref(text) if text in ("x", "y") else Binary("+", Ref("x"), Ref("y"))
        variables.append(Variable(atom.name, "auxiliary", read, is_hidden=True))
    return Case(
        id="case",
        folder=Path("case"),
        title="",
        question="",
        calendar=CALENDAR,
        draws=100,
        seed=1,
        model=Model("m", tuple(variables), TimeSpec()),
        model_path=Path("model.mdl"),
        accounts=(),
        common={},
        events=(),
        measures={measure.quantity: measure for measure in measures},
        observations=tuple(rows),
        claims=(claim,),
        sources={},
        latest_published=LATE,
    )


def status(
    holds: str,
    rows: list[Observation],
    *measures: Measure,
    as_of: date = LATE,
    factor: float = 1.0,
    **lines: str,
) -> str:
    claim = claim_of(holds, **lines)
    return claim_status(
        case_of(claim, list(measures) or [measured("x", reporter("A"))], rows, factor), claim, as_of
    )


AT = "at[2022-03-15](x) > 100"


def test_a_value_judgement_is_never_anything_else() -> None:
    claim = claim_of("", kind='"value"', outcome='{ value = true, source = "s", date = 2022-04-01 }')
    assert claim_status(case_of(claim, [], []), claim, LATE) == "value"


def test_an_undecidable_claim_says_so() -> None:
    claim = claim_of("", undecidable='"no series"')
    assert claim_status(case_of(claim, [], []), claim, LATE) == "undecidable"


def test_a_claim_made_after_the_date_of_a_study_is_not_made_yet() -> None:
    claim = claim_of(AT, made="2022-05-01")
    case = case_of(claim, [measured("x", reporter("A"))], [row(date(2022, 3, 15), 120.0)])
    told = [
        judge(case, claim, standing(case, claim, day), (day,), {day: {}})
        for day in (date(2022, 4, 30), date(2022, 5, 1))
    ]
    assert [one.status for one in told] == ["not made yet", "happened"]
    assert [one.decided for one in told] == [None, date(2022, 3, 16)]


def test_a_clear_report_decides() -> None:
    assert status(AT, [row(date(2022, 3, 15), 120.0)]) == "happened"
    assert status(AT, [row(date(2022, 3, 15), 80.0)]) == "did not happen"


def test_a_report_within_its_own_error_decides_nothing() -> None:
    noisy = measured("x", reporter("A", noise=0.1))
    assert status(AT, [row(date(2022, 3, 15), 103.0)], noisy) == "open"
    assert status(AT, [row(date(2022, 3, 15), 100.0)]) == "open"


def test_a_reporter_whose_bias_is_wide_abstains() -> None:
    wide = measured("x", reporter("A", bias="lognormal(p5=0.6, p95=3)"))
    assert status(AT, [row(date(2022, 3, 15), 150.0)], wide) == "open"
    assert status(AT, [row(date(2022, 3, 15), 900.0)], wide) == "happened"


def test_a_known_bias_is_taken_off() -> None:
    double = measured("x", reporter("A", bias=2))
    assert status(AT, [row(date(2022, 3, 15), 150.0)], double) == "did not happen"


def test_a_shared_bias_drops_out_of_a_comparison_over_time() -> None:
    wide = measured("x", reporter("A", bias="lognormal(p5=0.3, p95=3)"))
    rows = [row(date(2022, 3, 15), 100.0), row(date(2022, 6, 1), 200.0)]
    assert status("at[2022-06-01](x) > 1.5 * at[2022-03-15](x)", rows, wide) == "happened"
    assert status("at[2022-06-01](x) > 195", rows, wide) == "open"


def test_noise_does_not_drop_out_of_a_comparison_over_time() -> None:
    noisy = measured("x", reporter("A", noise=0.2))
    rows = [row(date(2022, 3, 15), 100.0), row(date(2022, 6, 1), 110.0)]
    assert status("at[2022-06-01](x) > at[2022-03-15](x)", rows, noisy) == "open"


def test_many_noisy_reports_do_not_add_up_to_an_event() -> None:
    noisy = measured("x", reporter("A", noise=0.1))
    rows = weekly([85.0] * 60)
    assert status("eventually[2022-03-01, 2023-04-18](x > 100)", rows, noisy) == "open"
    assert status("eventually[2022-03-01, 2023-04-18](x > 130)", rows, noisy) == "did not happen"


def test_reporters_that_differ_make_it_disputed() -> None:
    both = measured("x", reporter("A"), reporter("B"))
    rows = [row(date(2022, 3, 15), 150.0, "A"), row(date(2022, 3, 15), 50.0, "B")]
    assert status(AT, rows, both) == "disputed"
    assert status(AT, [rows[0], replace(rows[1], value=150.0)], both) == "happened"


def test_a_reporter_who_abstains_does_not_stand_against_one_who_is_clear() -> None:
    both = measured("x", reporter("A"), reporter("B", bias="lognormal(p5=0.1, p95=10)"))
    rows = [row(date(2022, 3, 15), 150.0, "A"), row(date(2022, 3, 15), 50.0, "B")]
    assert status(AT, rows, both) == "happened"


def test_a_reporter_that_copies_another_is_not_heard() -> None:
    both = measured("x", reporter("A"), reporter("B", copies="A"))
    rows = [row(date(2022, 3, 15), 150.0, "A"), row(date(2022, 3, 15), 50.0, "B")]
    assert status(AT, rows, both) == "happened"


def test_names_and_order_of_reporters_change_nothing() -> None:
    def readings(first: str, second: str, turn: int) -> list[bool | None]:
        pair = measured("x", reporter(first, noise=0.2), reporter(second, noise=0.05))
        rows = [row(date(2022, 3, 15), 130.0, first), row(date(2022, 3, 15), 111.0, second)]
        claim = claim_of(AT)
        found = standing(case_of(claim, [pair], rows[::turn]), claim, LATE).readings
        by_name = {reading.reporters: reading.holds for reading in found}
        return [by_name[(first,)], by_name[(second,)]]

    assert readings("A", "B", 1) == readings("Z", "C", 1) == readings("A", "B", -1)


def test_what_is_published_later_changes_nothing() -> None:
    rows = [row(date(2022, 3, 15), 150.0, published=date(2022, 4, 1))]
    rows.append(row(date(2022, 3, 15), 50.0, published=date(2022, 9, 1)))
    assert status(AT, rows, as_of=date(2022, 3, 31)) == "open"
    assert status(AT, rows, as_of=date(2022, 4, 1)) == "happened"
    assert status(AT, rows, as_of=date(2022, 9, 1)) == "did not happen"  # the newest vintage


def test_a_report_of_a_day_to_come_is_none() -> None:
    assert status(AT, [row(date(2022, 3, 15), 150.0, published=date(2022, 1, 15))]) == "open"


def test_an_event_that_has_come_decides_before_the_deadline() -> None:
    rows = weekly([50.0, 60.0, 140.0])
    eventually = "eventually[2022-03-01, 2023-03-01](x > 100)"
    assert status(eventually, rows, as_of=date(2022, 3, 20)) == "happened"
    assert status(eventually, rows[:2], as_of=date(2022, 3, 20)) == "open"
    always = "always[2022-03-01, 2023-03-01](x < 100)"
    assert status(always, rows, as_of=date(2022, 3, 20)) == "did not happen"
    assert status(always, rows[:2], as_of=date(2022, 3, 20)) == "open"


def test_an_event_that_never_came_decides_only_when_the_interval_is_covered() -> None:
    eventually = "eventually[2022-03-01, 2022-05-31](x > 100)"
    assert status(eventually, weekly([50.0] * 14)) == "did not happen"
    assert status(eventually, weekly([50.0] * 11)) == "open"
    assert status(eventually, weekly([50.0] * 4) + weekly([50.0] * 6, date(2022, 5, 24))) == "open"  # a gap


@pytest.mark.parametrize(("day", "expected"), [(15, "happened"), (14, "open"), (16, "open"), (8, "open")])
def test_a_single_report_speaks_for_its_own_day(day: int, expected: str) -> None:
    assert status(AT, [row(date(2022, 3, day), 150.0)]) == expected


def test_between_two_reports_the_truth_is_on_the_line() -> None:
    rows = [row(date(2022, 3, 1), 80.0), row(date(2022, 3, 31), 160.0)]
    assert status("at[2022-03-16](x) > 110", rows) == "happened"
    assert status("at[2022-03-16](x) > 130", rows) == "did not happen"


def test_reports_too_far_apart_speak_only_for_their_own_days() -> None:
    rows = [row(date(2022, 3, 15), 150.0), row(date(2022, 9, 1), 50.0)]
    assert status(AT, rows) == "happened"
    assert status("at[2022-06-01](x) > 40", rows) == "open"


def test_a_floor_decides_only_upwards() -> None:
    floor = measured("x", reporter("A"), kind="floor")
    assert status(AT, [row(date(2022, 3, 15), 150.0)], floor) == "happened"
    assert status(AT, [row(date(2022, 3, 15), 50.0)], floor) == "open"
    assert status(AT, [row(date(2022, 3, 15), 95.0)], floor) == "open"


def test_a_ceiling_decides_only_downwards() -> None:
    ceiling = measured("x", reporter("A"), kind="ceiling")
    assert status(AT, [row(date(2022, 3, 15), 50.0)], ceiling) == "did not happen"
    assert status(AT, [row(date(2022, 3, 15), 150.0)], ceiling) == "open"
    assert status(AT, [row(date(2022, 3, 15), 105.0)], ceiling) == "open"


def test_a_count_that_is_still_filling_up_is_a_floor() -> None:
    delayed = measured("x", reporter("A"), delay=Delay({2022: 75.0}))
    assert status(AT, [row(date(2022, 3, 15), 50.0)], delayed) == "open"
    assert status(AT, [row(date(2022, 3, 15), 150.0)], delayed) == "happened"


def test_a_range_decides_if_all_of_it_agrees() -> None:
    day = date(2022, 3, 15)
    assert status(AT, [row(day, None, low=120.0, high=300.0)]) == "happened"
    assert status(AT, [row(day, None, low=60.0, high=300.0)]) == "open"
    assert status(AT, [row(day, None, low=120.0)]) == "happened"
    assert status(AT, [row(day, None, high=120.0)]) == "open"
    assert status(AT, [row(day, 120.0, low=60.0, high=300.0)]) == "open"


def test_shares_may_be_nothing_and_the_whole() -> None:
    share = measured("x", reporter("A", noise=0.3), unit="fraction", scale="logit")
    half = "at[2022-03-15](x) < 0.5"
    assert status(half, [row(date(2022, 3, 15), 0.0)], share) == "happened"
    assert status(half, [row(date(2022, 3, 15), 1.0)], share) == "did not happen"
    assert status(half, [row(date(2022, 3, 15), 0.2)], share) == "happened"
    assert status(half, [row(date(2022, 3, 15), 0.45)], share) == "open"


def test_a_linear_quantity_may_be_negative() -> None:
    linear = measured(
        "x", Reporter("A", prior(1), prior(0.5), scale="linear"), unit="percent", scale="linear"
    )
    assert status("at[2022-03-15](x) < 0", [row(date(2022, 3, 15), -2.1)], linear) == "happened"
    assert status("at[2022-03-15](x) < 0", [row(date(2022, 3, 15), -0.7)], linear) == "open"


def test_units_are_converted_as_the_measure_converts_them() -> None:
    percent = measured("x", reporter("A"))  # the measure is 100 times what the claim speaks of
    assert (
        status("at[2022-03-15](x) > 0.7", [row(date(2022, 3, 15), 80.0)], percent, factor=100.0) == "happened"
    )


def test_a_quantity_that_an_account_reads_its_own_way_decides_nothing() -> None:
    quarrel = measured("x", reporter("A"), account_variables={"a": "measure: x (a)"})
    assert status(AT, [row(date(2022, 3, 15), 150.0)], quarrel) == "open"


def test_an_expression_that_nothing_measures_is_not_guessed() -> None:
    assert status("at[2022-03-15](x + y) > 100", [row(date(2022, 3, 15), 150.0)]) == "open"


def test_one_reporter_of_two_quantities_is_read_as_one() -> None:
    pair = [measured("x", reporter("A"), reporter("B")), measured("y", reporter("A"), reporter("B"))]
    day = date(2022, 3, 15)
    rows = [row(day, 10.0, "A"), row(day, 5.0, "A", "y"), row(day, 1000.0, "B"), row(day, 500.0, "B", "y")]
    assert status("at[2022-03-15](x) > at[2022-03-15](y)", rows, *pair) == "happened"


def test_quantities_of_different_reporters_are_joined_where_no_one_has_both() -> None:
    pair = [measured("x", reporter("A")), measured("y", reporter("B"))]
    rows = [row(date(2022, 3, 15), 10.0, "A"), row(date(2022, 3, 15), 5.0, "B", "y")]
    claim = claim_of("at[2022-03-15](x) > at[2022-03-15](y)")
    found = standing(case_of(claim, pair, rows), claim, LATE)
    assert (found.status, found.basis) == ("happened", "reports")
    assert [reading.reporters for reading in found.readings if reading.holds] == [("A", "B")]


def test_half_of_a_conjunction_can_settle_it() -> None:
    rows = [row(date(2022, 3, 15), 10.0)]
    assert status("at[2022-03-15](x > 100 and y > 1)", rows) == "did not happen"
    assert status("at[2022-03-15](x < 100 and y > 1)", rows) == "open"
    assert status("at[2022-03-15](x < 100 or y > 1)", rows) == "happened"


OUTCOME = '{ value = false, source = "s", date = 2022-07-01 }'


def test_an_outcome_counts_from_its_date_where_no_report_decides() -> None:
    assert status(AT, [], as_of=date(2022, 6, 30), outcome=OUTCOME) == "open"
    assert status(AT, [], as_of=date(2022, 7, 1), outcome=OUTCOME) == "did not happen"


def test_an_outcome_may_be_that_sources_disagree() -> None:
    outcome = '{ value = "disputed", source = "s", date = 2022-07-01 }'
    claim = claim_of(AT, outcome=outcome)
    case = case_of(claim, [measured("x", reporter("A"))], [])
    found = standing(case, claim, date(2022, 7, 1))
    assert (found.status, found.basis) == ("disputed", "outcome")
    assert status(AT, [], as_of=date(2022, 6, 30), outcome=outcome) == "open"
    assert decided_on(case, claim, LATE) == date(2022, 7, 1)
    assert status(AT, [row(date(2022, 3, 15), 150.0)], outcome=outcome) == "happened"


def test_reports_come_before_an_outcome() -> None:
    assert status(AT, [row(date(2022, 3, 15), 150.0)], outcome=OUTCOME) == "happened"


def test_no_report_decides_what_never_took_place() -> None:
    paired = "at[2022-03-15](x) > at[2022-03-15](x | do(y = 0))"
    rows = [row(date(2022, 3, 15), 150.0)]
    assert status(paired, rows, kind='"cause"') == "model only"
    assert status(paired, rows, kind='"cause"', outcome=OUTCOME) == "did not happen"


def test_what_nothing_decides_is_open_until_its_deadline_and_not_decided_from_then_on() -> None:
    told = [status(AT, [], deadline="2022-05-01", as_of=date(2022, month, 1)) for month in (4, 5, 6)]
    assert told == ["open", "not decided", "not decided"]
    assert status(AT, [row(date(2022, 3, 15), 120.0)], deadline="2022-05-01") == "happened"
    paired = "at[2022-03-15](x) > at[2022-03-15](x | do(y = 0))"
    assert status(paired, [], kind='"cause"', deadline="2022-05-01") == "model only"


def test_the_day_of_decision_is_that_of_the_report_that_decided() -> None:
    rows = weekly([50.0, 60.0, 140.0, 150.0, 160.0])
    claim = claim_of("eventually[2022-03-01, 2023-03-01](x > 100)", outcome=OUTCOME)
    assert decided_on(case_of(claim, [measured("x", reporter("A"))], rows), claim, LATE) == date(2022, 3, 16)
    assert decided_on(case_of(claim, [measured("x", reporter("A"))], []), claim, LATE) == date(2022, 7, 1)
    assert decided_on(case_of(claim, [measured("x", reporter("A"))], []), claim, date(2022, 6, 1)) is None


def test_a_reader_doubts_a_figure_as_far_as_its_reporter_rounds() -> None:
    claim = claim_of("at[2022-03-15](x) > 400")
    rows = [row(date(2022, 3, 15), 500)]
    exact = measured("x", reporter("A", noise=0.001))
    coarse = measured("x", reporter("A", noise=0.001, heaping=Heaping((100.0, 500.0), None)))
    assert claim_status(case_of(claim, [exact], rows), claim, LATE) == "happened"
    assert claim_status(case_of(claim, [coarse], rows), claim, LATE) == "open"


def test_a_reader_doubts_a_bias_that_walks_and_an_origin_that_errs() -> None:
    claim = claim_of("at[2022-03-15](x) > 400")
    rows = [row(date(2022, 3, 15), 500)]
    walker = measured("x", reporter("A", noise=0.001, walk=prior(2.0)))
    common = Origin("o", prior("lognormal(median=1, sigma=0.5)"), Drift(), None, 1.0)
    noisy = Origin("o", prior(1), Drift(None, prior(0.01)), prior(0.5), 7.0)
    for one in (
        walker,
        measured("x", reporter("A", noise=0.001, origin="o"), origins={"o": common}),
        measured("x", reporter("A", noise=0.001, origin="o"), origins={"o": noisy}),
    ):
        assert claim_status(case_of(claim, [one], rows), claim, LATE) == "open"
    late = measured("x", reporter("A", noise=0.001, walk=prior(2.0), since=date(2022, 3, 15)))
    assert claim_status(case_of(claim, [late], rows), claim, LATE) == "happened"


@pytest.mark.parametrize(
    ("bound", "expected"), [("> 0.7", "happened"), ("< 0.7", "did not happen"), ("> 0.8", "open")]
)
def test_a_level_puts_the_truth_between_its_cuts(bound: str, expected: str) -> None:
    claim = claim_of(f"at[2022-03-15](x) {bound}")
    levels = Levels((0.0, 0.5, 1.0), (0.25, 0.75))
    place = measured(
        "x",
        reporter("A", noise=0.01, scale="logit"),
        unit="fraction",
        scale="logit",
        kind="ordinal",
        levels=levels,
    )
    assert claim_status(case_of(claim, [place], [row(date(2022, 3, 15), 1.0)]), claim, LATE) == expected
