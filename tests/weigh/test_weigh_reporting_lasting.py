"""Errors that last: walks of biases and origins that reporters share, against dense linear algebra."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reporters import DAILY, START, FloatArray, log_density, measure, prior, reporter, row
from scipy.stats import multivariate_normal

from realities.case.erring import Drift, Origin
from realities.case.measures import Discrepancy, Measure, Reporter
from realities.case.observations import Observation
from realities.weigh.reporting.discrepancy import DiscrepancyPath, SpellPath, WalkPath
from realities.weigh.reporting.filtering import Filter
from realities.weigh.reporting.gaussian import GaussianErrors
from realities.weigh.reporting.processes import Borne, Process, Spell, Walk, Wander
from realities.weigh.reporting.reports import quantity_reports

YEAR = 365.25
PROCESSES = (Walk(np.array([0.3]), 5.0), Spell(np.array([0.4]), 7.0), Wander(0.3, 50.0))


def origin(name: str = "registry", **more: object) -> Origin:
    return replace(Origin(name, prior(1), Drift(), None, 1.0), **more)  # type: ignore[arg-type]


def drawn(
    measured: Measure, rows: list[Observation], n: int
) -> tuple[dict[str, FloatArray], DiscrepancyPath | None]:
    reports = quantity_reports(measured, rows, DAILY)
    truth = np.full((n, len(reports.times)), 100.0)
    return reports.sample_integrated(truth, {}, np.random.default_rng(0))


ROWS = [
    row(131.7, day=10),
    row(92.53, day=400),
    row(103.4, day=400, who="B"),
    row(160.1, day=900),
    row(88.81, day=1000, who="B"),
    row(120.7, day=1400),
]
DAYS = np.array([10.0, 400, 400, 900, 1000, 1400])
OF_A = np.array([1.0, 1, 0, 1, 0, 1])


def dense(
    means: FloatArray | float, covariance: FloatArray, rows: list[Observation], noise: float = 0.1
) -> float:
    values = np.log([one.value for one in rows])
    law = multivariate_normal(np.zeros(len(rows)), covariance + noise**2 * np.eye(len(rows)))
    return float(law.logpdf(values - np.log(100.0) - means) - values.sum())


def walking(sd: float, since: float = 0.0) -> FloatArray:
    years = np.maximum(DAYS - since, 0.0) / YEAR
    return np.asarray(sd**2 * np.minimum(years[:, None], years))


# -- walks --------------------------------------------------------------------------------------------


def test_a_walking_bias_is_integrated_out_exactly() -> None:
    walker = reporter("A", bias="lognormal(median=1.2, sigma=0.3)", walk=prior(0.25))
    measured = measure(walker, reporter("B"), discrepancy=Discrepancy(0.2, 60.0))
    own = np.outer(OF_A, OF_A)
    covariance = own * (walking(0.25) + 0.09) + 0.04 * np.exp(-np.abs(DAYS[:, None] - DAYS) / 60)
    expected = dense(OF_A * np.log(1.2), covariance, ROWS)
    assert log_density(measured, ROWS, 100.0) == pytest.approx(expected, abs=1e-9)


def test_a_walk_may_go_with_a_trend_and_begin_late() -> None:
    since = START + timedelta(days=300)
    walker = reporter("A", walk=prior(0.25), drift=prior("normal(0.1, 0.2)"), since=since)
    years = OF_A * np.maximum(DAYS - 300, 0) / YEAR
    covariance = np.outer(OF_A, OF_A) * walking(0.25, 300.0) + 0.04 * np.outer(years, years)
    expected = dense(0.1 * years, covariance, ROWS)
    assert log_density(measure(walker, reporter("B")), ROWS, 100.0) == pytest.approx(expected, abs=1e-9)


def test_the_size_of_a_walk_can_be_sampled() -> None:
    known = measure(reporter("A", walk=prior(0.25)), reporter("B"))
    uncertain = measure(reporter("A", walk=prior("halfnormal(0.3)")), reporter("B"))
    reports = quantity_reports(uncertain, ROWS, DAILY)
    assert list(reports.parameters) == ["walk_sd[q, A]"]
    truth = np.full((3, len(reports.times)), 100.0)
    found = reports.log_density(truth, {"walk_sd[q, A]": np.array([0.1, 0.25, 0.6])})
    assert found[1] == pytest.approx(log_density(known, ROWS, 100.0), abs=1e-9)
    assert len(set(found)) == 3


def test_rows_that_come_later_make_no_other_model_of_those_before() -> None:
    """A density is a product of those of each report given the earlier ones, in whatever order they come."""
    measured = measure(reporter("A", walk=prior(0.25)), reporter("B"))
    late = [*ROWS[1:], row(100.3, day=10)]
    assert log_density(measured, late, 100.0) == log_density(measured, [late[-1], *ROWS[1:]], 100.0)
    grid = np.linspace(np.log(1.0), np.log(1e4), 4001)
    each = [np.exp(log_density(measured, [row(np.exp(y), day=10), *ROWS[1:]], 100.0) + y) for y in grid[::10]]
    rest = np.trapezoid(each, grid[::10])
    assert np.log(rest) == pytest.approx(log_density(measured, ROWS[1:], 100.0), abs=1e-6)


def test_what_lasted_is_drawn_from_its_joint_posterior() -> None:
    walker = reporter("A", bias="lognormal(median=1.2, sigma=0.3)", walk=prior(0.25))
    measured = measure(walker, reporter("B"), discrepancy=Discrepancy(0.2, 60.0))
    draws, path = drawn(measured, ROWS, 20_000)
    assert path is not None and [walk.name for walk in path.walks] == ["A"]
    nodes = path.days
    found = np.column_stack([np.log(draws["bias[q, A]"]), path.values, path.walks[0].values])
    n = len(nodes)
    latent = np.zeros((1 + 2 * n, 1 + 2 * n))
    latent[0, 0] = 0.09
    latent[1 : n + 1, 1 : n + 1] = 0.04 * np.exp(-np.abs(nodes[:, None] - nodes) / 60)
    latent[n + 1 :, n + 1 :] = 0.0625 * np.minimum(nodes[:, None], nodes) / YEAR
    of_node = (DAYS[:, None] == nodes).astype(float)
    loads = np.column_stack([OF_A, of_node, of_node * OF_A[:, None]])
    prior_mean = np.concatenate([[np.log(1.2)], np.zeros(2 * n)])
    residual = np.log([one.value for one in ROWS]) - np.log(100.0) - loads @ prior_mean
    gain = latent @ loads.T @ np.linalg.inv(loads @ latent @ loads.T + 0.01 * np.eye(6))
    covariance = latent - gain @ loads @ latent
    assert np.abs(found.mean(axis=0) - prior_mean - gain @ residual).max() < 0.015
    assert np.abs(np.cov(found.T) - covariance).max() < 0.006
    assert np.array_equal(draws["walk[q, A]"], path.walks[0].values[:, -1])


def test_a_walk_goes_on_from_where_it_stood() -> None:
    known = np.array([100.0, 500.0])
    path = WalkPath("A", np.array([0.4]), 50.0, known, np.tile([0.3, -0.1], (40_000, 1)))
    days = np.array([900.0, 300.0, 20.0, 500.0, 75.0, 300.0])
    found = path.sample(days, 40_000, np.random.default_rng(0))
    walk = Walk(np.array([0.4]), 50.0)
    gain = walk.covariance(days, known)[0] @ np.linalg.inv(walk.covariance(known, known)[0])
    covariance = walk.covariance(days, days)[0] - gain @ walk.covariance(known, days)[0]
    assert np.abs(found.mean(axis=0) - gain @ [0.3, -0.1]).max() < 0.01
    assert np.abs(np.cov(found.T) - covariance).max() < 0.006


def test_a_prediction_knows_where_the_walk_stood_and_widens_from_there() -> None:
    measured = measure(reporter("A", noise=0.01, walk=prior(0.3)))
    coming = quantity_reports(measured, [row(1.0, day=days) for days in (1400, 1401, 2100)], DAILY)
    _, path = drawn(measured, [row(150.37, day=1400)], 8000)
    rng = np.random.default_rng(1)
    found = np.log(coming.predict(np.full((8000, len(coming.times)), 100.0), {}, path, rng))
    assert found.mean(axis=0) == pytest.approx(np.full(3, np.log(150.37)), abs=0.02)
    sds = [np.hypot(0.01, 0.01), np.hypot(0.0141, 0.3 * (1 / YEAR) ** 0.5), 0.3 * (700 / YEAR) ** 0.5]
    assert found.std(axis=0) == pytest.approx(sds, rel=0.05)


# -- origins ------------------------------------------------------------------------------------------


def sharing(noise: float | str | None = None, **more: object) -> Measure:
    common = origin(
        bias=prior("lognormal(median=1.1, sigma=0.4)"), noise=None if noise is None else prior(noise), **more
    )
    members = [reporter(name, bias="lognormal(median=1, sigma=0.1)", origin="registry") for name in "AB"]
    return measure(*members, origins={"registry": common})


def test_what_reporters_share_is_integrated_out_exactly() -> None:
    drift = Drift(prior("normal(0, 0.2)"), prior(0.25))
    measured = sharing(0.15, drift=drift)
    years, of_b = DAYS / YEAR, 1 - OF_A
    covariance = (
        0.16
        + 0.01 * (np.outer(OF_A, OF_A) + np.outer(of_b, of_b))
        + 0.04 * np.outer(years, years)
        + walking(0.25)
        + 0.0225 * (DAYS[:, None] == DAYS)
    )
    expected = dense(np.log(1.1), covariance, ROWS)
    assert log_density(measured, ROWS, 100.0) == pytest.approx(expected, abs=1e-9)


def test_an_error_of_a_period_is_common_to_all_of_its_days() -> None:
    measured = sharing(0.15, period_days=7.0)
    near = [row(131.7, day=7), row(92.53, day=12, who="B"), row(103.4, day=14)]
    same = np.array([[1.0, 1, 0], [1, 1, 0], [0, 0, 1]])
    of_a = np.array([1.0, 0, 1])
    covariance = 0.16 + 0.01 * (np.outer(of_a, of_a) + np.outer(1 - of_a, 1 - of_a)) + 0.0225 * same
    expected = dense(np.log(1.1), covariance, near)
    assert log_density(measured, near, 100.0) == pytest.approx(expected, abs=1e-9)


def test_two_exact_readers_of_one_origin_weigh_as_one() -> None:
    """What the second adds is the density of its own tiny error, whatever the truth may be."""
    tiny = 1e-5
    common = origin(bias=prior("lognormal(median=1.1, sigma=0.4)"), noise=prior(0.2))
    two = measure(
        *(reporter(name, noise=tiny, origin="registry") for name in "AB"), origins={"registry": common}
    )
    one = measure(reporter("A", noise=tiny, origin="registry"), origins={"registry": common})
    said = [row(131.71, day=10), row(92.53, day=400), row(103.41, day=700)]
    again = [replace(one_row, reporter="B") for one_row in said]
    truths = np.exp(np.random.default_rng(0).normal(np.log(100), 0.5, (20, 3)))
    for_one = quantity_reports(one, said, DAILY).log_density(truths, {})
    for_two = quantity_reports(two, [*said, *again], DAILY).log_density(truths, {})
    assert np.ptp(for_two - for_one) < 1e-4
    apart = measure(*(reporter(name, noise=0.2) for name in "AB"))
    for_strangers = quantity_reports(apart, [*said, *again], DAILY).log_density(truths, {})
    assert np.ptp(for_strangers - for_one) > 10.0


def test_an_origin_of_one_reporter_is_its_own_bias() -> None:
    common = origin(bias=prior("lognormal(median=1.1, sigma=0.4)"))
    shared = measure(reporter("A", origin="registry"), origins={"registry": common})
    plain = measure(reporter("A", bias="lognormal(median=1.1, sigma=0.4)"))
    said = [one for one in ROWS if one.reporter == "A"]
    assert log_density(shared, said, 100.0) == pytest.approx(log_density(plain, said, 100.0), abs=1e-12)
    draws, _ = drawn(shared, said, 4)
    assert list(draws) == ["bias[q, origin registry]"]


def test_an_origin_that_nobody_draws_on_changes_nothing() -> None:
    unused = measure(*(reporter(name) for name in "AB"), origins={"registry": origin(noise=prior("0.2"))})
    plain = measure(*(reporter(name) for name in "AB"))
    assert log_density(unused, ROWS, 100.0) == log_density(plain, ROWS, 100.0)
    assert not quantity_reports(unused, ROWS, DAILY).parameters


def test_on_the_linear_scale_biases_of_origin_and_reporter_multiply() -> None:
    common = origin(bias=prior("normal(1.1, 0.1)"))
    members = [
        reporter(name, bias="normal(1, 0.05)", noise=3.0, scale="linear", origin="registry") for name in "AB"
    ]
    measured = measure(*members, scale="linear", origins={"registry": common})
    assert list(quantity_reports(measured, ROWS, DAILY).parameters) == ["bias[q, origin registry]"]
    found = log_density(measured, ROWS, 100.0, **{"bias[q, origin registry]": 1.2})
    of_b = 1 - OF_A
    covariance = 36 * (np.outer(OF_A, OF_A) + np.outer(of_b, of_b)) + 9 * np.eye(6)
    expected = multivariate_normal(np.full(6, 120.0), covariance).logpdf([one.value for one in ROWS])
    assert found == pytest.approx(expected, abs=1e-9)


def test_predictions_share_the_error_of_their_origin() -> None:
    measured = sharing(0.2)
    rows = [row(1.0, day=day, who=who) for day in (5, 9) for who in "AB"]
    coming = quantity_reports(measured, rows, DAILY)
    n = 20_000
    known = {name: np.ones(n) for name in ("bias[q, A]", "bias[q, B]", "bias[q, origin registry]")}
    said = np.log(coming.predict(np.full((n, 2), 100.0), known, None, np.random.default_rng(0)))
    expected = 0.01 * np.eye(4) + 0.04 * np.kron(np.eye(2), np.ones((2, 2)))
    assert np.abs(np.cov(said.T) - expected).max() < 0.002
    _, path = drawn(measured, [row(200.0, day=5)], 100)
    assert path is not None and path.spells[0].name == "origin registry"


def test_errors_of_known_periods_stay_as_they_are() -> None:
    path = SpellPath("origin x", np.array([0.3]), 7.0, np.array([3.0, 20.0]), np.array([[0.2, -0.1]]))
    found = path.sample(np.array([20.0, 6.0, 8.0, 9.0]), 1, np.random.default_rng(0))
    assert list(found[0, :2]) == [-0.1, 0.2]
    assert found[0, 2] == found[0, 3] != 0.0


def test_paths_of_some_draws_are_those_draws() -> None:
    walk = WalkPath("A", np.array([0.1, 0.2]), 0.0, np.array([5.0]), np.array([[1.0], [2.0]]))
    spell = SpellPath("origin x", np.array([0.3]), 7.0, np.array([3.0]), np.array([[4.0], [5.0]]))
    path = DiscrepancyPath(Wander(0.0, 1.0), np.zeros(0), np.zeros((2, 0)), (walk,), (spell,))
    kept = path.taken(np.array([1]))
    assert (kept.walks[0].sd, kept.walks[0].values, kept.spells[0].values) == (0.2, 2.0, 5.0)


# -- the filter alone ---------------------------------------------------------------------------------


@pytest.mark.parametrize("n_draws", [1, 4])
@pytest.mark.parametrize("n_coefficients", [0, 2])
def test_the_filter_agrees_with_dense_matrices(n_draws: int, n_coefficients: int) -> None:
    rng = np.random.default_rng(1)
    days = np.array([0.0, 3.0, 3.0, 17.0, 80.0, 81.0, 300.0])
    walks = Walk(rng.uniform(0.2, 0.5, n_draws), 2.0)
    spells = Spell(rng.uniform(0.2, 0.5, n_draws), 7.0)
    wander = Wander(0.1, 60.0)
    borne = (Borne(walks, (rng.random(7) > 0.4) * 1.0), Borne(spells, (rng.random(7) > 0.3) * 1.0))
    design = rng.standard_normal((1, 7, n_coefficients))
    errors = GaussianErrors(design, np.array([0.4, 0.7])[:n_coefficients], days, wander, borne)
    variance = rng.uniform(0.01, 0.05, (n_draws, 7))
    residual = rng.standard_normal((4, 7))
    factored = errors.with_noise(variance)
    covariance = 0.01 * np.exp(-np.abs(days[:, None] - days) / 60) + variance[:, :, None] * np.eye(7)
    for one in borne:
        covariance = covariance + np.outer(one.rows, one.rows) * one.process.covariance(days, days)
    sds = errors.prior_sd
    covariance = np.broadcast_to(covariance + (design[0] * sds**2) @ design[0].T, (4, 7, 7))
    expected = [
        multivariate_normal(np.zeros(7), c).logpdf(r) for c, r in zip(covariance, residual, strict=True)
    ]
    assert np.allclose(factored.log_density(residual), expected, rtol=1e-10)
    solved = np.linalg.solve(covariance, residual[:, :, None])[:, :, 0]
    assert np.allclose(factored.solve(residual), solved, rtol=1e-8)
    across = rng.standard_normal((1, 7, 3))
    found = factored.solve(across)
    assert np.allclose(found, np.linalg.solve(covariance, across)[: len(found)])


@pytest.mark.parametrize("process", PROCESSES)
def test_processes_sampled_have_their_covariance(process: Walk | Spell | Wander) -> None:
    days = np.array([0.0, 6.0, 6.0, 8.0, 100.0])
    found = process.sample(days, 40_000, np.random.default_rng(0))
    expected = process.covariance(days, days)
    assert np.abs(np.cov(found.T) - (expected[0] if expected.ndim == 3 else expected)).max() < 0.01


@pytest.mark.parametrize("process", PROCESSES)
def test_steps_of_a_process_make_its_covariance(process: Process) -> None:
    days = np.array([0.0, 6.0, 6.0, 8.0, 100.0])
    left, fresh = process.steps(days)
    made = np.zeros((5, 5))
    for i in range(5):
        made[i, :i] = left[i] * made[i - 1, :i]
        made[:i, i] = made[i, :i]
        made[i, i] = (left[i] ** 2 * made[i - 1, i - 1] if i else 0.0) + fresh[0, i]
    expected = process.covariance(days, days)
    assert np.allclose(made, expected[0] if expected.ndim == 3 else expected, atol=1e-14)


# -- laws ---------------------------------------------------------------------------------------------


def a_measure(members: list[Reporter], wander: bool) -> Measure:
    common = origin(bias=prior("lognormal(median=1.1, sigma=0.4)"), noise=prior(0.2))
    return measure(
        *members,
        origins={"registry": common},
        discrepancy=Discrepancy(0.1, 90.0) if wander else None,
    )


def members(noise: float, walks: bool, shared: bool) -> list[Reporter]:
    more: dict[str, object] = {"walk": prior(0.2)} if walks else {}
    more |= {"origin": "registry"} if shared else {}
    return [reporter(name, noise=noise, bias="lognormal(median=1, sigma=0.3)", **more) for name in "AB"]


@given(st.booleans(), st.booleans(), st.booleans(), st.floats(0.02, 0.5))
@settings(max_examples=15, deadline=None)
def test_a_reporter_with_enormous_noise_changes_no_ratio(
    walks: bool, shared: bool, wander: bool, noise: float
) -> None:
    two = members(noise, walks, shared)
    truths = np.exp(np.random.default_rng(0).normal(np.log(100), 0.3, (6, 5)))
    without = quantity_reports(a_measure(two, wander), ROWS, DAILY).log_density(truths, {})
    loud = a_measure([*two, reporter("C", noise=1e6)], wander)
    rows = [*ROWS, *(row(value, day=day, who="C") for value, day in ((3.3, 10), (999.9, 900)))]
    with_it = quantity_reports(loud, rows, DAILY).log_density(truths, {})
    assert np.ptp(with_it - without) < 1e-8


@given(st.booleans(), st.booleans(), st.booleans(), st.floats(0.02, 0.5))
@settings(max_examples=15, deadline=None)
def test_doubling_the_noise_never_sharpens(walks: bool, shared: bool, wander: bool, noise: float) -> None:
    """The precision of a truth that is the same at all times: minus the curvature of the log density."""
    truths = 100.0 * np.exp(np.array([-0.1, 0.0, 0.1]))[:, None] * np.ones(5)

    def precision(size: float) -> float:
        reports = quantity_reports(a_measure(members(size, walks, shared), wander), ROWS, DAILY)
        low, middle, high = reports.log_density(truths, {})
        return float(-(low - 2 * middle + high) / 0.01)

    assert 0 < precision(2 * noise) <= precision(noise) * (1 + 1e-9)


@given(st.floats(1e-3, 1e6), st.booleans(), st.booleans())
@settings(max_examples=15, deadline=None)
def test_another_unit_changes_the_density_of_the_numbers_and_nothing_else(
    factor: float, walks: bool, shared: bool
) -> None:
    measured = a_measure(members(0.1, walks, shared), wander=True)
    truths = np.exp(np.random.default_rng(0).normal(np.log(100), 0.3, (6, 5)))
    rows = [replace(one, value=(one.value or 0.0) * factor, factor=factor) for one in ROWS]
    plain = quantity_reports(measured, ROWS, DAILY).log_density(truths, {})
    other = quantity_reports(measured, rows, DAILY).log_density(truths * factor, {})
    assert np.allclose(plain, other, rtol=1e-9, atol=1e-9)


@given(st.booleans(), st.booleans())
@settings(max_examples=4, deadline=None)
def test_copies_of_members_of_an_origin_add_nothing(walks: bool, wander: bool) -> None:
    two = members(0.1, walks, shared=True)
    copy = reporter("C", copies="A", origin="registry")
    with_copy = a_measure([*two, copy], wander)
    again = [replace(one, reporter="C") for one in ROWS if one.reporter == "A"]
    assert log_density(with_copy, [*ROWS, *again], 100.0) == log_density(a_measure(two, wander), ROWS, 100.0)


def test_a_filter_of_nothing_but_noise_is_noise() -> None:
    days, variance = np.array([0.0, 1.0]), np.array([[4.0, 9.0]])
    found = Filter(days, variance, [(Walk(np.zeros(1), 0.0), np.ones(2))])
    assert np.allclose(found.whiten(np.array([[2.0, 3.0]])), 1.0)
    assert found.log_det == pytest.approx(np.log(36.0))
