"""What measures.toml says of drift, origins, rounding and levels, and what of it is refused."""

from __future__ import annotations

from datetime import date

import pytest

from realities.case.erring import Heaping, Levels
from realities.case.measures import Measure, parse_measures
from realities.case.toml_text import parse_toml
from realities.errors import Findings
from realities.source import SourceText


def read(body: str, unit: str = "person") -> tuple[dict[str, Measure], Findings]:
    text = f'["deaths"]\nexpression = "killed[Russia]"\nunit = "{unit}"\n{body}'
    findings = Findings()
    located = parse_toml(SourceText("measures.toml", text), findings)
    assert located is not None, findings.items
    return parse_measures(located, (), findings), findings


def one(body: str, unit: str = "person") -> Measure:
    measures, findings = read(body, unit)
    assert not findings.items
    return measures["deaths"]


def refused(body: str, unit: str = "person") -> list[str]:
    return [f"{item.span.line} {item.code}: {item.message}" for item in read(body, unit)[1].errors]


def test_a_drift_may_be_a_trend_a_walk_or_both() -> None:
    reporter = one("reporters.A = { drift = { trend = true, walk = 0.1, since = 2022-03-01 } }").reporters[
        "A"
    ]
    assert reporter.drift is not None and reporter.drift.parameters == (0.0, 0.25)
    assert reporter.walk is not None and reporter.walk.fixed == 0.1
    assert reporter.since == date(2022, 3, 1)
    alone = one('reporters.A = { drift = { walk = "halfnormal(0.2)" } }').reporters["A"]
    assert alone.drift is None and alone.since is None
    assert alone.walk is not None and alone.walk.family == "halfnormal"


@pytest.mark.parametrize("drift", ["{ walk = 0 }", "{ walk = -0.1 }", '{ walk = "uniform(-2, -1)" }'])
def test_a_walk_has_a_size(drift: str) -> None:
    assert refused(f"reporters.A = {{ drift = {drift} }}") == ['4 bad-prior: "walk" must be above zero']


@pytest.mark.parametrize("kind", ["floor", "ceiling"])
def test_bounds_neither_walk_nor_share_an_origin_nor_round(kind: str) -> None:
    said = refused(
        f"""kind = "{kind}"
reporters.A = {{ drift = {{ walk = 0.1 }}, origin = "o", rounding = 10 }}
reporters.B = {{ heaping = [10, 50] }}
origins.o = {{}}"""
    )
    assert said == [
        f"5 bad-value: the bias of a {kind} cannot walk",
        f'5 bad-value: the reporter of a measure of kind "{kind}" has no "origin"',
        f'5 bad-value: the reporter of a measure of kind "{kind}" has no "rounding"',
        f'6 bad-value: the reporter of a measure of kind "{kind}" has no "heaping"',
        f"7 bad-value: reporters of a {kind} cannot share an origin",
    ]


def test_an_origin_has_the_errors_that_its_reporters_share() -> None:
    measure = one(
        """reporters.A = { origin = "registry" }
origins.registry = { bias = "normal(1, 0.1)", noise = 0.1, period_days = 7, drift = { walk = 0.2 } }
origins.other = {}"""
    )
    registry, other = measure.origins["registry"], measure.origins["other"]
    assert measure.reporters["A"].origin == "registry"
    assert registry.noise is not None and (registry.noise.fixed, registry.period_days) == (0.1, 7.0)
    assert registry.drift.walk is not None and registry.drift.walk.fixed == 0.2
    assert (other.bias.fixed, other.noise, other.period_days) == (1.0, None, 1.0)
    assert (other.drift.trend, other.drift.walk) == (None, None)


def test_an_origin_has_to_be_there() -> None:
    body = 'reporters.A = { origin = "registri" }\norigins.registry = {}'
    assert refused(body) == ['4 unknown-origin: "deaths" has no origin named "registri"']


def test_a_usual_drift_of_an_origin_on_the_linear_scale_needs_a_noise_to_be_counted_in() -> None:
    body = 'scale = "linear"\nreporters.A = { noise = 3, origin = "o" }\norigins.o = { drift = true }'
    assert refused(body) == ["6 bad-value: on the linear scale there is no usual size of a drift"]


def test_rounding_is_to_one_step_and_heaping_to_several() -> None:
    measure = one(
        """reporters.A = { rounding = 100 }
reporters.B = { heaping = [10, 50] }
reporters.C = { heaping = { steps = [10, 50], shares = [0.25, 0.75] } }
reporters.D = { heaping = { steps = [10] } }"""
    )
    assert [measure.reporters[name].heaping for name in "ABCD"] == [
        Heaping((100.0,), (1.0,)),
        Heaping((10.0, 50.0), None),
        Heaping((10.0, 50.0), (0.25, 0.75)),
        Heaping((10.0,), (1.0,)),
    ]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("rounding = 10, heaping = [10, 50]", "either rounding or heaping: one step, or several"),
        ("heaping = [50, 10]", "the steps must ascend"),
        ("heaping = [10, 10]", "the steps must ascend"),
        ("heaping = []", "at least 1 must stand here"),
        (
            "heaping = { steps = [10, 50], shares = [1] }",
            "there must be a share for each step, and they must sum to 1",
        ),
        ("heaping = [0, 10]", "expected a number above 0, not 0"),
    ],
)
def test_steps_that_make_no_sense_are_refused(keys: str, said: str) -> None:
    assert refused(f"reporters.A = {{ {keys} }}") == [f"4 bad-value: {said}"]


@pytest.mark.parametrize(("value", "steps"), [(37_000, (0, 1, 2)), (500, (0, 1)), (37_100, (0,)), (0.5, ())])
def test_a_figure_may_have_been_rounded_to_what_divides_it(value: float, steps: tuple[int, ...]) -> None:
    assert Heaping((100.0, 500.0, 1000.0), None).dividing(value) == steps


def test_levels_are_nobody_contested_and_held_unless_the_file_says_otherwise() -> None:
    body = 'kind = "ordinal"\nreporters.A = { noise = 0.5 }'
    assert one(body, "fraction").levels == Levels((0.0, 0.5, 1.0), (0.25, 0.75))
    assert one(body, "percent").levels == Levels((0.0, 50.0, 100.0), (25.0, 75.0))
    assert one(body, "fraction").scale == "logit"
    own = one(f"levels = [0, 0.3, 0.6, 1]\ncuts = [0.1, 0.5, 0.9]\n{body}", "fraction").levels
    assert own == Levels((0.0, 0.3, 0.6, 1.0), (0.1, 0.5, 0.9))
    assert own is not None and [own.place(value) for value in (0.3, 1.0, 0.31)] == [1, 3, None]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("levels = [1, 0]", "4 bad-value: the levels must ascend"),
        (
            "cuts = [0.5]",
            "4 bad-value: there must be one cut between any two levels that follow one another",
        ),
        (
            "cuts = [0.5, 0.6]",
            "4 bad-value: there must be one cut between any two levels that follow one another",
        ),
    ],
)
def test_levels_that_make_no_sense_are_refused(keys: str, said: str) -> None:
    assert refused(f'{keys}\nkind = "ordinal"\nreporters.A = {{ noise = 0.5 }}', "fraction") == [said]


def test_only_an_ordinal_measure_has_levels() -> None:
    assert refused("levels = [0, 1]\ncuts = [0.5]") == [
        '4 bad-value: only an ordinal measure has "levels"',
        '5 bad-value: only an ordinal measure has "cuts"',
    ]


def test_reporters_of_levels_say_how_much_they_err_and_do_not_round() -> None:
    assert refused('kind = "ordinal"\nreporters.A = { rounding = 1 }', "fraction") == [
        '5 missing-key: "A" needs a noise: of a level there is no usual size of error',
        '5 bad-value: the reporter of a measure of kind "ordinal" has no "rounding"',
    ]
