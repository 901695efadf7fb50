"""What reports cannot tell is said before the weighing; what is counted twice is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from realities.case.alike import check_names, looks_copied, said_twice, spelling
from realities.case.calendar import Calendar
from realities.case.counted import check_counts, is_whole
from realities.case.identified import bias_ratio, check_identified, check_spoken
from realities.case.measures import Measure, parse_measures
from realities.case.observations import Observation
from realities.case.toml_text import parse_toml
from realities.errors import Findings
from realities.source import SourceText
from realities.units import parse_unit

START = date(2020, 1, 1)
CALENDAR = Calendar(START, date(2025, 12, 31), "day")


def read(text: str) -> dict[str, Measure]:
    findings = Findings()
    located = parse_toml(SourceText("measures.toml", text), findings)
    assert located is not None, findings.items
    measures = parse_measures(located, ("author",), findings)
    assert not findings.errors, findings.items
    return measures


def table(name: str, body: str, expression: str = "killed[Russia]", unit: str = "person") -> str:
    return f'["{name}"]\nexpression = "{expression}"\nunit = "{unit}"\n{body}\n'


def warned(*tables: str) -> list[tuple[str, str]]:
    """Return the code and the quantity of every warning."""
    measures = read("".join(tables))
    findings = Findings()
    check_identified(measures, findings)
    assert not findings.errors
    return [(item.code, item.span.text) for item in findings.items]


LEVEL, GROWTH = "bias-not-identified", "drift-not-identified"
WIDE = 'bias = "lognormal(p5=0.1, p95=10)"'


@pytest.mark.parametrize(
    ("reporters", "codes"),
    [
        ("", []),
        ("reporters.A = {}", []),
        ('reporters.A = { bias = "lognormal(p5=0.6, p95=3)" }', []),
        (f"reporters.A = {{ {WIDE} }}", [LEVEL]),
        (f'reporters.A = {{ {WIDE} }}\nreporters.B = {{ bias = "normal(1, 0.2)" }}', []),
        (f'reporters.A = {{ {WIDE} }}\nreporters.B = {{ copies = "A" }}', [LEVEL]),
        (f"reporters.A = {{ {WIDE} }}\ndiscrepancy = {{ sd = 0.1, timescale_days = 9 }}", [LEVEL]),
        ('kind = "floor"\nreporters.A = {}', []),
        (f'kind = "floor"\nreporters.A = {{ {WIDE} }}', [LEVEL]),
        ('kind = "count"\nreporters.A = { bias = "beta(8, 4)" }', []),
        ('kind = "count"\nreporters.A = { bias = "uniform(0.01, 1)" }', [LEVEL]),
        ("reporters.A = { drift = true }", [GROWTH]),
        ("reporters.A = { drift = 0.1 }", []),
        ("reporters.A = { drift = { walk = 0.1 } }", [GROWTH]),
        ("reporters.A = { drift = true }\nreporters.B = {}", []),
        ('reporters.A = { drift = true }\nreporters.B = { copies = "A" }', [GROWTH]),
        (f"reporters.A = {{ {WIDE}, drift = true }}", [LEVEL, GROWTH]),
    ],
)
def test_somebody_must_tie_a_quantity_to_the_truth(reporters: str, codes: list[str]) -> None:
    assert warned(table("deaths", reporters)) == [(code, "deaths") for code in codes]


def test_another_measure_of_the_same_expression_ties_the_level_down() -> None:
    free = table("deaths", f"reporters.A = {{ {WIDE} }}")
    tied = table("dead", "reporters.A = {}", "Killed[  Russia ]".replace("[  Russia ]", "[Russia]"))
    assert warned(free) == [(LEVEL, "deaths")]
    assert warned(free, tied) == []
    assert warned(free, table("dead", "reporters.A = {}", "killed[Ukraine]")) == [(LEVEL, "deaths")]


def test_a_floor_does_not_tie_a_level_down() -> None:
    free = table("deaths", f"reporters.A = {{ {WIDE} }}")
    floor = table("named dead", 'kind = "floor"\nreporters.A = {}')
    assert warned(free, floor) == [(LEVEL, "deaths")]


def test_an_account_that_reads_a_label_its_own_way_is_another_quantity() -> None:
    free = table("deaths", f'reporters.A = {{ {WIDE} }}\naccounts.author.expression = "killed[Ukraine]"')
    tied = table("dead", "reporters.A = {}")
    assert warned(free, tied) == [(LEVEL, "deaths")]


def test_the_bias_of_an_origin_counts_with_that_of_its_reporters() -> None:
    shared = 'reporters.A = { origin = "army" }\nreporters.B = { origin = "army" }\n'
    assert warned(table("deaths", shared + "origins.army = { bias = 1 }")) == []
    assert warned(table("deaths", shared + f"origins.army = {{ {WIDE} }}")) == [(LEVEL, "deaths")]
    measures = read(
        table(
            "deaths",
            'origins.army = { bias = "lognormal(p5=0.5, p95=2)" }\n'
            'reporters.A = { origin = "army", bias = "lognormal(p5=0.5, p95=2)" }',
        )
    )
    deaths = measures["deaths"]
    assert bias_ratio(deaths, deaths.reporters["A"]) == pytest.approx(4 ** (2**0.5))


# -- rows ---------------------------------------------------------------------------------------------


def row(
    quantity: str,
    reporter: str,
    value: float | None,
    day: int,
    published: int | None = None,
    *,
    unit: str = "person",
) -> Observation:
    happened = START + timedelta(days=day)
    known = START + timedelta(days=day if published is None else published)
    return Observation(happened, known, quantity, value, None, None, parse_unit(unit), 1.0, reporter, "s", "")


def test_a_quantity_that_only_copies_report_weighs_nothing() -> None:
    measures = read(table("deaths", 'reporters.A = {}\nreporters.B = { copies = "A" }'))
    for who, codes in (("B", ["copies-only"]), ("A", [])):
        findings = Findings()
        check_spoken(measures, [row("deaths", who, 3, 5)], findings)
        assert [item.code for item in findings.items] == codes


@pytest.mark.parametrize("other", ["uk mod", "UK  MoD", "U.K. MoD", "\uff35\uff2b MoD", "UK_MoD"])
def test_reporters_that_differ_by_spelling_only_are_refused(other: str) -> None:
    measures = read(table("deaths", f'reporters."UK MoD" = {{}}\nreporters."{other}" = {{}}'))
    findings = Findings()
    check_names(measures, findings)
    assert [item.code for item in findings.items] == ["duplicate-id"]
    assert spelling("UK MoD") != spelling("US MoD")


def twice() -> Mapping[str, Measure]:
    return read(
        table("deaths", "reporters.A = {}\nreporters.B = {}")
        + table("thousands", "reporters.a = {}\nreporters.B = {}", "Killed[Russia]", "1000 person")
        + table("others", "reporters.A = {}", "killed[Ukraine]")
    )


@pytest.mark.parametrize(
    ("quantity", "reporter", "value", "day", "refused"),
    [
        ("thousands", "a", 4.06, 5, True),
        ("thousands", "B", 4.06, 5, False),
        ("thousands", "a", 4.07, 5, False),
        ("thousands", "a", 4.06, 6, False),
        ("others", "A", 4060, 5, False),
    ],
)
def test_a_figure_under_two_quantities_that_read_the_same_is_refused(
    quantity: str, reporter: str, value: float, day: int, refused: bool
) -> None:
    unit = "1000 person" if quantity == "thousands" else "person"
    rows = [row("deaths", "A", 4060, 5), row(quantity, reporter, value, day, unit=unit)]
    found = said_twice(twice(), rows)
    assert [(published, item.code) for published, item in found] == [
        (rows[1].published, "duplicate-row")
    ] * refused


def test_reporters_that_always_say_the_same_are_pointed_out_from_the_day_it_shows() -> None:
    measures = twice()
    days = range(10, 80, 10)
    said = [row("deaths", "A", 100 + day, day) for day in days]
    same = [row("deaths", "B", 100 + day, day, day + 3) for day in days]
    ((published, item),) = looks_copied(measures, [*said, *same])
    assert (item.code, item.severity, published) == ("looks-copied", "warning", same[4].published)
    assert not looks_copied(measures, [*said, *same[:4]])
    one_off = [row("deaths", "B", 1, 10, 13), *same[1:]]
    assert not looks_copied(measures, [*said, *one_off])
    constant = [row("deaths", who, 7, day) for who in "AB" for day in days]
    assert not looks_copied(measures, constant)


def counting(body: str = "") -> dict[str, Measure]:
    return read(table("dead", f'kind = "count"\nreporters.A = {{ bias = 0.5 }}\n{body}'))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (row("dead", "A", 12, 5), None),
        (row("dead", "A", 0, 5), None),
        (row("dead", "A", 12.5, 5), "impossible-value"),
        (row("dead", "A", None, 5), "impossible-value"),
        (row("dead", "A", 12, 5, 4), "published-early"),
    ],
)
def test_what_a_count_cannot_be_is_left_out_and_said(given: Observation, code: str | None) -> None:
    kept, late = check_counts(counting(), [given], CALENDAR)
    assert [(day, item.code) for day, item in late] == [(given.published, code)] * (code is not None)
    assert len(kept) == (code is None)
    assert is_whole(1e15) and not is_whole(0.5)


def test_a_period_must_lie_inside_the_case() -> None:
    weekly = counting("period_days = 7")
    kept, late = check_counts(weekly, [row("dead", "A", 3, 6), row("dead", "A", 3, 7)], CALENDAR)
    assert [one.happened.day for one in kept] == [8]
    assert [item.code for _, item in late] == ["date-outside"]


def test_a_total_that_falls_within_one_publication_is_pointed_out() -> None:
    rows = [row("dead", "A", 10, 5, 30), row("dead", "A", 8, 9, 30), row("dead", "A", 9, 5, 40)]
    kept, late = check_counts(counting(), rows, CALENDAR)
    assert len(kept) == 3
    assert [(day, item.code) for day, item in late] == [(rows[1].published, "falling-count")]
