"""Laws of whole weighings: what must change nothing, and what must never make anybody surer."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realities.case.folder import Case, load_case
from realities.case.observations import Observation
from realities.units import parse_unit
from realities.weigh.fits import Weighing
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.sampling.evidence import SamplerSettings
from realities.weigh.weighing import weigh_accounts

MakeCase = Callable[..., Case]
Row = tuple[object, ...]
PERSON = parse_unit("person")
AS_OF = date(2006, 6, 1)
TINY = SamplerSettings(2, 60, 4, 200, components=2, rounds=2, enough_draws=50, posterior_draws=50)
#: Enough for a log evidence of one or two parameters to a few thousandths.
SMALL = SamplerSettings(2, 200, 10, 2000, components=2, enough_draws=500, posterior_draws=200)
LAW = settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ACCOUNTS = {
    "one": {"start value": "lognormal(median=80, sigma=0.3)"},
    "other": {"start value": "lognormal(median=150, sigma=0.3)", "growth rate": "normal(0, 0.05)"},
}
BUREAU = 'reporters."Bureau" = { noise = 0.1 }'
ROWS: list[Row] = [
    (2001, 2001, 101.3, "", "", "person", "Bureau"),
    (2003, 2004, 93.7, "", "", "person", "Bureau"),
    (2005, 2006, 118.9, "", "", "person", "Bureau"),
]

years = st.lists(st.integers(2001, 2009), min_size=1, max_size=4, unique=True)
figures = st.floats(60, 200).map(lambda value: round(value, 1))
#: Of so many digits that what was rounded away is nothing beside any noise.
exact_figures = st.floats(60, 200).map(lambda value: round(value, 1) + 0.00731)


def weighed(case: Case, effort: SamplerSettings = TINY, as_of: date = AS_OF) -> Weighing:
    return weigh_accounts(case, as_of=as_of, effort=effort)


def assert_same_bits(first: Weighing, second: Weighing) -> None:
    assert first.weights == second.weights and first.weight_errors == second.weight_errors
    for name, fit in first.fits.items():
        other = second.fits[name]
        assert (fit.log_evidence, fit.log_evidence_error) == (other.log_evidence, other.log_evidence_error)
        for parameter, draws in {**fit.parameters, **fit.reporter_parameters}.items():
            both = {**other.parameters, **other.reporter_parameters}
            assert np.array_equal(draws, both[parameter])


def log_likelihoods(case: Case, account: str, points: np.ndarray | None = None) -> np.ndarray:
    likelihood = AccountLikelihood(case, account, date(2010, 1, 1))
    if points is None:
        points = np.random.default_rng(0).standard_normal((6, likelihood.dimension))
    return likelihood(points[:, : likelihood.dimension])


def rows_of(found: Sequence[int], values: Sequence[float], reporter: str = "Bureau") -> list[Row]:
    return [
        (year, year, value, "", "", "person", reporter) for year, value in zip(found, values, strict=False)
    ]


@LAW
@given(
    late=st.lists(st.tuples(st.integers(0, 3600), st.integers(1, 900), figures), min_size=1, max_size=5),
    reporter=st.sampled_from(["Bureau", "Office"]),
)
def test_rows_of_any_reporter_published_later_change_no_bit_of_the_weights(
    make_case: MakeCase, late: list[tuple[int, int, float]], reporter: str
) -> None:
    text = BUREAU + '\nreporters."Office" = { bias = "lognormal(median=1, sigma=0.5)", noise = 0.05 }'
    case = make_case(ACCOUNTS, ROWS, text)
    poison = tuple(
        Observation(
            date(2000, 1, 1) + timedelta(days=happened),
            AS_OF + timedelta(days=after),
            "count",
            value * 1e6,
            None,
            None,
            PERSON,
            1.0,
            reporter,
            "post",
            "",
        )
        for happened, after, value in late
    )
    assert_same_bits(weighed(case), weighed(replace(case, observations=(*poison, *case.observations))))


@pytest.mark.parametrize(
    "garbage",
    [
        {"value": "1e300"},
        {"value": "-7", "low": "3", "high": "1"},
        {"unit": "furlong", "reporter": "nobody"},
        {"quantity": "nothing at all", "happened": "2099-13-45"},
    ],
)
def test_garbage_published_later_changes_no_bit_of_the_weights(
    make_case: MakeCase, garbage: dict[str, str]
) -> None:
    case = make_case(ACCOUNTS, [*ROWS, (2005, 2008, 99.0, "", "", "person", "Bureau")])
    before = weighed(case)
    path = case.folder / "observations.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[-1].update(garbage)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    after = weighed(load_case(case.folder))
    assert_same_bits(before, after)
    assert (before.used, before.later) == (after.used, after.later)


@LAW
@given(days=st.integers(1, 500))
def test_a_later_date_without_new_rows_changes_no_bit(make_case: MakeCase, days: int) -> None:
    case = make_case(ACCOUNTS, ROWS)
    assert_same_bits(weighed(case), weighed(case, as_of=AS_OF + timedelta(days=days)))


@LAW
@given(found=years, values=st.lists(figures, min_size=4, max_size=4), chain=st.booleans())
def test_a_reporter_that_copies_another_changes_no_bit_of_the_weights(
    make_case: MakeCase, found: list[int], values: list[float], chain: bool
) -> None:
    via = "Echo" if chain else "Bureau"
    text = f'{BUREAU}\nreporters."Echo" = {{ copies = "Bureau" }}\nreporters."Again" = {{ copies = "{via}" }}'
    copied = [*rows_of(found, values, "Again"), *rows_of(found, values, "Echo")]
    alone = weighed(make_case(ACCOUNTS, ROWS, text))
    assert_same_bits(alone, weighed(make_case(ACCOUNTS, [*copied, *ROWS], text)))


@LAW
@given(
    found=years,
    values=st.lists(figures, min_size=4, max_size=4),
    vague=st.sampled_from(
        ['bias = "lognormal(median=1, sigma=1e5)", noise = 0.3', "noise = 1e5", 'bias = 2, noise = "1e5"']
    ),
)
def test_reports_of_a_reporter_who_knows_nothing_shift_all_log_densities_alike(
    make_case: MakeCase, found: list[int], values: list[float], vague: str
) -> None:
    # One number for all accounts and all their parameters: it moves no weight and no posterior.
    if "sigma" in vague:
        found = found[:1]  # several would still tell of change: their bias is one
    text = f'{BUREAU}\nreporters."Office" = {{ {vague} }}'
    bare = make_case(ACCOUNTS, ROWS, text)
    more = make_case(ACCOUNTS, [*ROWS, *rows_of(found, values, "Office")], text)
    shifts = np.concatenate([log_likelihoods(more, name) - log_likelihoods(bare, name) for name in ACCOUNTS])
    assert np.ptp(shifts) < 1e-6


def test_a_reporter_whose_level_is_unknown_still_tells_of_change(make_case: MakeCase) -> None:
    text = f'{BUREAU}\nreporters."Office" = {{ bias = "lognormal(median=1, sigma=1e5)", noise = 0.05 }}'
    rows = rows_of([2002, 2008], [10.0, 20.0], "Office")
    bare, more = make_case(ACCOUNTS, ROWS, text), make_case(ACCOUNTS, [*ROWS, *rows], text)
    shifts = log_likelihoods(more, "other") - log_likelihoods(bare, "other")
    assert np.ptp(shifts) > 1.0


def test_a_reporter_who_knows_nothing_leaves_the_weights_within_their_errors(make_case: MakeCase) -> None:
    text = f'{BUREAU}\nreporters."Office" = {{ noise = 50 }}'
    bare = weighed(make_case(ACCOUNTS, ROWS, text), SMALL)
    more = weighed(make_case(ACCOUNTS, [*ROWS, *rows_of([2002, 2004], [9.0, 900.0], "Office")], text), SMALL)
    for name, weight in bare.weights.items():
        error = bare.weight_errors[name] + more.weight_errors[name]
        assert abs(more.weights[name] - weight) < 4 * error + 0.005


def test_a_row_that_stands_twice_is_refused_where_it_stands(make_case: MakeCase) -> None:
    case = make_case(ACCOUNTS, [*ROWS, ROWS[1]])
    codes = [item.code for _, item in case.late_findings]
    assert codes == ["duplicate-row"]
    from realities.errors import InputError

    with pytest.raises(InputError, match="two rows have this reporter, quantity and day"):
        weighed(case)


@pytest.mark.parametrize("rows_in", ["person", "thousand persons"])
@pytest.mark.parametrize("measured_in", ["person", "thousand persons"])
@pytest.mark.parametrize("modelled_in", ["person", "thousand persons"])
def test_other_units_of_rows_measure_or_model_shift_log_densities_by_a_constant_that_can_be_named(
    make_case: MakeCase, rows_in: str, measured_in: str, modelled_in: str
) -> None:
    # Densities are of the numbers as written: a thousand times smaller, they are as many times denser.
    size, whole = (1000 if unit != "person" else 1 for unit in (rows_in, modelled_in))
    rows = [(*row[:2], f"{float(str(row[2])) / size:.4f}", "", "", rows_in, row[6]) for row in ROWS]
    accounts = {
        "one": {"start value": f"lognormal(median={80 / whole}, sigma=0.3)"},
        "other": {**ACCOUNTS["other"], "start value": f"lognormal(median={150 / whole}, sigma=0.3)"},
    }
    case = make_case(accounts, rows, unit=measured_in)
    model = case.folder / "model.mdl"
    model.write_text(model.read_text().replace("~ person ~", f"~ {modelled_in} ~"))
    case = load_case(case.folder)
    plain = make_case(ACCOUNTS, ROWS)
    for name in ACCOUNTS:
        shift = log_likelihoods(case, name) - log_likelihoods(plain, name)
        assert shift == pytest.approx(len(ROWS) * np.log(size), abs=1e-6)


@LAW
@given(
    values=st.lists(exact_figures, min_size=3, max_size=3),
    noise=st.floats(0.03, 0.5),
    factor=st.floats(1.0, 5.0),
)
def test_more_noise_never_makes_a_posterior_narrower(
    make_case: MakeCase, values: list[float], noise: float, factor: float
) -> None:
    # One lognormal level and Gaussian errors: the posterior's width is in closed form, and is found again
    # from the likelihood by quadrature.
    grid = np.linspace(-8, 8, 4001)[:, None]

    def variance(sd: float) -> float:
        case = make_case(
            {"one": ACCOUNTS["one"]},
            rows_of([2002, 2004, 2006], values),
            f'reporters."Bureau" = {{ noise = {sd} }}',
        )
        log_density = log_likelihoods(case, "one", grid) - 0.5 * grid[:, 0] ** 2
        weight = np.exp(log_density - log_density.max())
        weight /= weight.sum()
        mean = weight @ grid[:, 0]
        return float(weight @ (grid[:, 0] - mean) ** 2)

    narrow, wide = variance(noise), variance(noise * factor)
    assert wide >= narrow * (1 - 1e-9)
    assert narrow == pytest.approx(1 / (1 + 3 * 0.09 / noise**2), rel=1e-3)


def test_more_noise_never_sharpens_the_weights_on_average(make_case: MakeCase) -> None:
    # What a report is expected to say of two rival levels: the mean log Bayes factor of the account that
    # made it. Evidences are in closed form for one lognormal level, and are those of the case.
    rng = np.random.default_rng(0)
    means, sd_level, n = {"low": np.log(80), "high": np.log(150)}, 0.3, 20000

    def log_evidence(y: np.ndarray, mean: float, noise: float) -> np.ndarray:
        variance = sd_level**2 + noise**2
        return np.asarray(-0.5 * (y - mean) ** 2 / variance - 0.5 * np.log(2 * np.pi * variance) - y)

    expected = []
    for noise in (0.05, 0.1, 0.2, 0.4, 0.8):
        y = means["low"] + np.hypot(sd_level, noise) * rng.standard_normal(n)
        gain = log_evidence(y, means["low"], noise) - log_evidence(y, means["high"], noise)
        expected.append(gain.mean())
        case = make_case(
            {
                name: {"start value": f"lognormal(median={np.exp(mean)}, sigma=0.3)"}
                for name, mean in means.items()
            },
            rows_of([2003], [float(np.exp(y[0]))]),
            f'reporters."Bureau" = {{ noise = {noise} }}',
        )
        found = weighed(case, SMALL)
        for name, mean in means.items():
            exact = log_evidence(np.log(np.array([float(np.exp(y[0]))])), mean, noise)[0]
            assert found.fits[name].log_evidence == pytest.approx(exact, abs=0.03)
    assert expected == sorted(expected, reverse=True)


@LAW
@given(
    found=years,
    values=st.lists(figures, min_size=4, max_size=4),
    prior=st.lists(st.floats(0.01, 10), min_size=2, max_size=2),
)
def test_weights_are_positive_and_sum_to_one_whatever_was_reported(
    make_case: MakeCase, found: list[int], values: list[float], prior: list[float]
) -> None:
    case = make_case(ACCOUNTS, rows_of(found, values))
    given_first = dict(zip(ACCOUNTS, prior, strict=True))
    weights = weigh_accounts(case, as_of=AS_OF, effort=TINY, prior_weights=given_first).weights
    assert sum(weights.values()) == pytest.approx(1.0) and all(weight >= 0 for weight in weights.values())


def test_the_json_of_a_weighing_is_the_same_for_permuted_rows(make_case: MakeCase) -> None:
    turned = make_case(ACCOUNTS, list(reversed(ROWS)))
    first, second = (
        json.dumps({"w": found.weights, "e": {n: f.log_evidence for n, f in found.fits.items()}})
        for found in (weighed(make_case(ACCOUNTS, ROWS)), weighed(turned))
    )
    assert first == second
