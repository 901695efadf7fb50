"""measures.toml: expressions, units, reporters with their defaults, and what is refused."""

from __future__ import annotations

import pytest

from realities.case.measures import (
    DEFAULT_BOUND_NOISE,
    DEFAULT_NOISE,
    Measure,
    parse_measures,
)
from realities.case.toml_text import parse_toml
from realities.errors import Findings
from realities.source import SourceText
from realities.units import parse_unit


def read(text: str, accounts: tuple[str, ...] = ("author", "decree")) -> tuple[dict[str, Measure], Findings]:
    findings = Findings()
    located = parse_toml(SourceText("measures.toml", text), findings)
    assert located is not None, findings.items
    return parse_measures(located, accounts, findings), findings


def one(body: str) -> tuple[Measure, Findings]:
    measures, findings = read(f'["deaths"]\nexpression = "killed[Russia]"\nunit = "person"\n{body}')
    return measures["deaths"], findings


def refused(body: str) -> list[str]:
    _, findings = read(f'["deaths"]\nexpression = "killed[Russia]"\nunit = "person"\n{body}')
    return [f"{item.span.line} {item.code}: {item.message}" for item in findings.errors]


def test_a_measure_says_all_that_its_table_says() -> None:
    measure, findings = one(
        """kind = "floor"
label = "Named dead"
accounts.decree.expression = "killed[Russia] / 2"
delay = { half_life_days = { 2023 = 110, 2022 = 75 } }
discrepancy = { sd = 0.1, timescale_days = 120 }
reporters.BBC = { bias = 1, noise = 0.02 }"""
    )
    assert not findings.items
    assert (measure.kind, measure.scale, measure.label, str(measure.unit)) == (
        "floor",
        "log",
        "Named dead",
        "person",
    )
    assert (measure.expression.text, measure.expression.column) == ("killed[Russia]", 15)
    assert measure.variable == measure.variable_for("author") == "measure: deaths"
    assert measure.variable_for("decree") == "measure: deaths @ decree"
    assert measure.account_expressions["decree"].text == "killed[Russia] / 2"
    assert measure.delay is not None and list(measure.delay.by_year.items()) == [(2022, 75.0), (2023, 110.0)]
    assert measure.discrepancy is not None and measure.discrepancy.timescale_days == 120
    assert measure.reporters["BBC"].noise.fixed == 0.02


def test_what_a_reporter_leaves_out_is_filled_in() -> None:
    measure, _ = one("reporters.A = {}")
    reporter = measure.reporters["A"]
    assert (reporter.bias.fixed, reporter.drift, reporter.copies, reporter.scale) == (1.0, None, None, "log")
    assert reporter.noise == DEFAULT_NOISE


@pytest.mark.parametrize("kind", ["floor", "ceiling"])
def test_bounds_are_near_exact_counts(kind: str) -> None:
    measure, _ = one(f'kind = "{kind}"\nreporters.A = {{}}')
    assert measure.reporters["A"].noise == DEFAULT_BOUND_NOISE


@pytest.mark.parametrize(
    ("drift", "parameters"),
    [("true", (0.0, 0.25)), ('"normal(0, 0.5)"', (0.0, 0.5)), ("0.1", (0.1,))],
)
def test_drift_is_usual_or_stated(drift: str, parameters: tuple[float, ...]) -> None:
    measure, _ = one(f"reporters.A = {{ drift = {drift} }}")
    assert measure.reporters["A"].drift is not None
    assert measure.reporters["A"].drift.parameters == parameters


def test_no_drift_is_none() -> None:
    assert one("reporters.A = { drift = false }")[0].reporters["A"].drift is None


def test_on_the_linear_scale_drift_is_counted_in_noises() -> None:
    measure, _ = one('scale = "linear"\nreporters.A = { noise = 8, drift = true }')
    drift = measure.reporters["A"].drift
    assert drift is not None and drift.parameters == (0.0, 2.0)


def test_on_the_linear_scale_noise_must_be_said() -> None:
    assert refused('scale = "linear"\nreporters.A = {}') == [
        '5 missing-key: "A" needs a noise: on the linear scale there is no usual size of error'
    ]


def test_a_reporter_may_have_a_scale_of_its_own() -> None:
    measure, findings = one('reporters.A = { scale = "linear", noise = 3 }\nreporters.B = {}')
    assert not findings.errors
    assert [measure.reporters[name].scale for name in "AB"] == ["linear", "log"]


def test_a_bias_that_reaches_below_zero_is_truncated_there() -> None:
    bias = one('reporters.A = { bias = "normal(1, 0.4)" }')[0].reporters["A"].bias
    assert bias.support[0] == 0.0


@pytest.mark.parametrize("value", ["0", "-1", '"normal(-90, 1)"', '"uniform(-2, -1)"', '"uniform(-2, 0)"'])
@pytest.mark.parametrize("name", ["bias", "noise"])
def test_bias_and_noise_are_above_zero(name: str, value: str) -> None:
    assert refused(f"reporters.A = {{ {name} = {value} }}") == [f'4 bad-prior: "{name}" must be above zero']


@pytest.mark.parametrize(
    ("delay", "by_year", "median"),
    [
        ("{ half_life_days = 90 }", {}, 90.0),
        ('{ half_life_days = "lognormal(60, 0.3)" }', {}, 60.0),
        ("90", {}, 90.0),
        ("{ half_life_days = { 2022 = 75 } }", {2022: 75.0}, None),
    ],
)
def test_a_delay_is_by_year_or_one_number_or_a_prior(
    delay: str, by_year: dict[int, float], median: float | None
) -> None:
    found = one(f"delay = {delay}")[0].delay
    assert found is not None and found.by_year == by_year
    assert (None if found.prior is None else float(found.prior.ppf(0.5))) == pytest.approx(median)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("reporters.A = { copies = 'B' }", '4 unknown-reporter: "B" is no reporter of "deaths"'),
        ("reporters.A = { copies = 'A' }", '4 copies-in-circle: "A" copies "A": somebody must have counted'),
        ("accounts.autor.expression = 'x'", '4 unknown-account: the case has no account "autor"'),
        ("accounts.author.expression = ' '", "4 bad-value: an expression is missing"),
        (
            "reporters.A = { bias = 'lognormal(1)' }",
            "4 bad-prior: lognormal takes (median, sigma), or p5=, p95=; sigma is missing",
        ),
    ],
)
def test_a_wrong_measure_is_refused(body: str, message: str) -> None:
    assert refused(body) == [message]


def test_copies_may_not_go_round() -> None:
    body = "reporters.A = { copies = 'B' }\nreporters.B = { copies = 'C' }\nreporters.C = { copies = 'A' }"
    found = refused(body)
    assert len(found) == 3
    assert found[0] == '4 copies-in-circle: "A" copies "B" copies "C" copies "A": somebody must have counted'


def test_copies_of_copies_are_fine() -> None:
    measure, findings = one(
        "reporters.A = { copies = 'B' }\nreporters.B = { copies = 'C' }\nreporters.C = {}"
    )
    assert not findings.errors
    assert [measure.reporters[name].copies for name in "ABC"] == ["B", "C", None]


def test_a_wrong_unit_is_pointed_at() -> None:
    _, findings = read('["deaths"]\nexpression = "x"\nunit = "person/)"')
    (item,) = findings.items
    assert (item.code, item.span.line) == ("bad-unit", 3)
    assert item.span.column > 9


def test_one_broken_measure_hides_no_other() -> None:
    measures, findings = read('[a]\nunit = "person"\n[b]\nexpression = "x"\nunit = "person"')
    assert (list(measures), [item.code for item in findings.items]) == (["b"], ["missing-key"])


def test_quantities_that_differ_by_spelling_only_are_refused() -> None:
    table = 'expression = "x"\nunit = "person"\n'
    _, findings = read(f'["ru deaths"]\n{table}["RU_deaths"]\n{table}')
    assert [(item.code, item.span.line) for item in findings.items] == [("duplicate-id", 4)]


@pytest.mark.parametrize(
    ("scale", "unit", "possible"),
    [
        ("log", "person", (0, float("inf"))),
        ("linear", "percent", (-float("inf"), float("inf"))),
        ("logit", "percent", (0, 100)),
        ("logit", "fraction", (0, 1)),
        ("linear", "share", (0, 1)),
        ("log", "Fraction", (0, 1)),
    ],
)
def test_a_quantity_has_a_possible_range(scale: str, unit: str, possible: tuple[float, float]) -> None:
    measures, _ = read(f'[q]\nexpression = "x"\nunit = "{unit}"\nscale = "{scale}"')
    assert measures["q"].possible == pytest.approx(possible)
    assert measures["q"].unit == parse_unit(unit)


COUNT = 'kind = "count"\nreporters.A = { bias = "beta(8, 4)" }\n'


def test_a_count_says_how_it_comes_about() -> None:
    measure, findings = one(
        COUNT + "reporters.B = { bias = 0.4, noise = 0 }\n"
        'reporters.C = { copies = "A" }\nperiod_days = 7\n'
        'delay = { half_life_days = { 2022 = 20, 2023 = "uniform(10, 40)" }, slow_share = "uniform(0, 2)", '
        "slow_half_life_days = 300 }"
    )
    assert not findings.items
    assert (measure.kind, measure.period_days, measure.uses_vintages) == ("count", 7, True)
    assert measure.reporters["A"].noise == DEFAULT_NOISE
    assert measure.reporters["B"].noise.fixed == 0
    assert measure.delay is not None and measure.delay.slow is not None
    assert measure.delay.by_year[2022] == 20
    assert measure.delay.priors[2023].text == "uniform(10, 40)"
    assert measure.delay.slow.share.support == (0, 1)
    assert measure.delay.slow.prior is not None and measure.delay.slow.prior.fixed == 300


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (COUNT + "period_days = 0", "bad-value"),
        (COUNT + "period_days = 1.5", "wrong-type"),
        ("period_days = 7\nreporters.A = {}", "bad-value"),
        (COUNT + 'scale = "linear"', "bad-value"),
        ('kind = "count"\nreporters.A = { bias = 0.5, drift = true }', "bad-value"),
        ('kind = "count"\nreporters.A = { bias = 0.5, scale = "log" }', "bad-value"),
        ('kind = "count"\nreporters.A = { bias = 0 }', "bad-prior"),
        ('kind = "count"\nreporters.A = { bias = "uniform(2, 3)" }', "bad-prior"),
        ('kind = "count"\nreporters.A = { bias = 0.5, noise = -1 }', "bad-prior"),
        (COUNT + "delay = { half_life_days = 9, slow_share = 0, slow_half_life_days = 90 }", "bad-prior"),
        (COUNT + "delay = { half_life_days = 9, slow_share = 2, slow_half_life_days = 90 }", "bad-prior"),
        (COUNT + "delay = { half_life_days = 9, slow_half_life_days = 90 }", "missing-key"),
        (COUNT + 'delay = { half_life_days = { 2022 = "often" } }', "bad-prior"),
    ],
)
def test_what_a_count_cannot_have_is_refused(body: str, code: str) -> None:
    assert [text.split()[1].rstrip(":") for text in refused(body)] == [code]
