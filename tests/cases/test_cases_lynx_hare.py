"""The case on which the weighing is checked: its posterior and evidence are known from elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import lognorm, norm, truncnorm

import realities
from realities.case.folder import Case, load_case
from realities.case.scaffold import new_case
from realities.engine.engines import make_simulator
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.posterior import fit_account
from realities.weigh.sampling.evidence import EFFORTS
from realities.weigh.scoring.status import claim_status

FOLDER = Path(realities.__file__).parent / "cases" / "lynx-hare"
COMPANY = "Hudson's Bay Company"
ACCOUNTS = ("predation", "follow", "own-cycles", "steady")

#: Mean and standard deviation of posteriordb's 10,000 reference draws of hudson_lynx_hare-lotka_volterra
#: (stan-dev/posteriordb, commit 28f8d3d; BSD 3-clause), by the case's own names.
REFERENCE = {
    "hare growth rate": (0.546864, 0.0630548),
    "predation rate": (0.0277473, 0.00415472),
    "lynx death rate": (0.800095, 0.0893702),
    "lynx growth per hare": (0.0240859, 0.00352809),
    "initial hares": (34.0352, 2.9169),
    "initial lynx": (5.9359, 0.530552),
    f"noise[hare pelts, {COMPANY}]": (0.248057, 0.0432627),
    f"noise[lynx pelts, {COMPANY}]": (0.251017, 0.0435903),
}
#: Log evidence with truncated priors normalized: three times 150,000 importance draws around the reference
#: draws gave -146.6895, -146.6855 and -146.6882, each with a standard error of 0.003.
LOG_EVIDENCE = -146.69


@cache
def case() -> Case:
    return load_case(FOLDER)


def test_the_case_loads_without_a_warning() -> None:
    assert case().warnings == ()
    assert case().late_findings == ()
    assert case().without_date == 0
    assert tuple(account.id for account in case().accounts) == ACCOUNTS


def test_pelts_stand_at_whole_years_and_are_known_a_year_later() -> None:
    for species in ("hare", "lynx"):
        rows = [row for row in case().observations if row.quantity == f"{species} pelts"]
        assert [case().calendar.time_of(row.happened) for row in rows] == list(range(21))
        for row in rows:
            assert row.published is not None
            assert row.published == row.happened.replace(year=row.happened.year + 1)


def test_priors_are_those_of_posteriordb() -> None:
    priors = case().priors("predation")
    at = np.linspace(0.001, 3, 40)
    for name, mean, sd in (
        ("hare growth rate", 1, 0.5),
        ("lynx death rate", 1, 0.5),
        ("predation rate", 0.05, 0.05),
        ("lynx growth per hare", 0.05, 0.05),
    ):
        wanted = truncnorm(-mean / sd, np.inf, mean, sd).logpdf(at)
        np.testing.assert_allclose(priors[name].logpdf(at), wanted, rtol=1e-9)
    for name in ("initial hares", "initial lynx"):
        np.testing.assert_allclose(priors[name].logpdf(at), lognorm(1, scale=10).logpdf(at), rtol=1e-9)
    for measure in case().measures.values():
        noise = measure.reporters[COMPANY].noise
        np.testing.assert_allclose(noise.logpdf(at), lognorm(1, scale=np.exp(-1)).logpdf(at), rtol=1e-9)


def independent_log_likelihood(values: dict[str, float]) -> float:
    """The likelihood once more, from the equations and the pelts, by an integrator of SciPy."""
    alpha, beta, gamma, delta, *start, sigma_hare, sigma_lynx = (values[name] for name in REFERENCE)
    path = solve_ivp(
        lambda _, z: ((alpha - beta * z[1]) * z[0], (-gamma + delta * z[0]) * z[1]),
        (0, 20),
        start,
        t_eval=np.arange(21),
        rtol=1e-11,
        atol=1e-11,
    ).y
    total = 0.0
    for k, (species, sigma) in enumerate((("hare", sigma_hare), ("lynx", sigma_lynx))):
        pelts = np.array([r.value for r in case().observations if r.quantity == f"{species} pelts"], float)
        total += lognorm(sigma, scale=path[k]).logpdf(pelts).sum()
    return total


@pytest.mark.parametrize("factor", [1.0, 0.9, 1.2])
def test_the_likelihood_is_that_of_posteriordb(factor: float) -> None:
    likelihood = AccountLikelihood(case(), "predation", case().latest_published)
    values = {name: factor * mean for name, (mean, _) in REFERENCE.items()}
    priors = {**case().priors("predation")}
    priors |= {f"noise[{q}, {COMPANY}]": m.reporters[COMPANY].noise for q, m in case().measures.items()}
    assert set(likelihood.space.names) == set(REFERENCE)
    point = [norm.ppf(float(priors[name].cdf(np.array(values[name])))) for name in likelihood.space.names]
    found = likelihood(np.array([point]))[0]
    assert found == pytest.approx(independent_log_likelihood(values), abs=1e-4)


def test_evidence_and_posterior_are_the_known_ones_within_the_error_stated() -> None:
    fit = fit_account(case(), "predation", as_of=case().latest_published, seed=1, effort=EFFORTS["sketch"])
    assert fit.log_evidence == pytest.approx(LOG_EVIDENCE, abs=max(0.01, 4 * fit.log_evidence_error))
    assert fit.log_evidence_error < 0.1
    found = {**fit.parameters, **fit.reporter_parameters}
    for name, (mean, sd) in REFERENCE.items():
        # five standard errors of a mean of as many draws as count
        assert abs(found[name].mean() - mean) < 5 * sd / np.sqrt(fit.effective_draws), name


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 5))
def test_evidence_and_posterior_of_a_quick_run_are_the_known_ones_to_two_digits(seed: int) -> None:
    fit = fit_account(case(), "predation", as_of=case().latest_published, seed=seed, effort="quick")
    assert fit.reliable
    assert fit.n_evaluations <= 2_000_000
    assert abs(fit.log_evidence - LOG_EVIDENCE) <= 0.05
    found = {**fit.parameters, **fit.reporter_parameters}
    for name, (mean, sd) in REFERENCE.items():
        assert abs(found[name].mean() - mean) <= 0.05 * sd, name
        assert abs(found[name].std() / sd - 1) <= 0.03, name


def test_the_time_step_is_fine_enough() -> None:
    usual = AccountLikelihood(case(), "predation", case().latest_published)
    simulated = []
    for step in (0.0625, 0.015625):
        run = make_simulator(case().model, outputs=["Hares", "Lynx"], hold={"TIME STEP": step}).run()
        simulated.append(np.log([run["Hares"][0], run["Lynx"][0]]))
    assert usual.dimension == 8
    np.testing.assert_allclose(simulated[0], simulated[1], atol=2e-6)


@pytest.mark.parametrize("account", ACCOUNTS)
def test_every_account_runs(account: str) -> None:
    likelihood = AccountLikelihood(case(), account, case().latest_published)
    points = np.random.default_rng(2).standard_normal((200, likelihood.dimension))
    assert np.isfinite(likelihood(points)).mean() > 0.9


def test_without_predation_the_other_species_plays_no_part() -> None:
    outputs = ["hares about", "lynx about"]
    switches = {"hare cycle of its own": 1.0}
    alone, eaten = (
        make_simulator(case().model, outputs=outputs, hold=switches | {"predation rate": rate}).run()
        for rate in (0.0, 0.1)
    )
    np.testing.assert_array_equal(alone["hares about"], eaten["hares about"])
    switches["lynx cycle of its own"] = 1.0
    few, many = (
        make_simulator(case().model, outputs=outputs, hold=switches | {"hare mean": mean}).run()
        for mean in (5.0, 50.0)
    )
    np.testing.assert_array_equal(few["lynx about"], many["lynx about"])


def test_rivals_know_no_more_of_the_level_than_the_account_of_predation() -> None:
    start = case().priors("predation")["initial hares"]
    for account in ("own-cycles", "steady", "follow"):
        assert case().priors(account)["hare mean"].parameters == start.parameters


def test_the_laws_of_volterra_hold_in_the_model() -> None:
    years = {}
    for trapping in (0.0, 0.1):
        hold = {"extra trapping": trapping}
        run = make_simulator(case().model, outputs=["Hare years", "Lynx years"], hold=hold).run()
        years[trapping] = run["Hare years"][0, -1], run["Lynx years"][0, -1]
    assert years[0.1][0] > years[0.0][0] and years[0.1][1] < years[0.0][1]


def test_claims_are_decided_as_the_pelts_say() -> None:
    status = {claim.id: claim_status(case(), claim, date(1943, 1, 1)) for claim in case().claims}
    assert status["seton-every-ten-years"] == "happened"
    assert status["predator-rises-as-prey-falls"] == "happened"
    assert status["ten-years-go-on"] == "happened"
    assert status["nothing-but-scatter"] == "did not happen"
    assert status["to-be-conserved"] == "value"
    assert sum(word == "undecidable" for word in status.values()) == 4
    forecast = next(claim for claim in case().claims if claim.id == "seton-every-ten-years")
    assert claim_status(case(), forecast, date(1912, 12, 31)) == "open"


def test_every_equation_says_where_it_comes_from() -> None:
    kinds = re.compile(r"\[[^\[\]]*(literature|assumed|definition|switch)[^\[\]]*\]$")
    for variable in case().model.variables:
        if not variable.is_hidden and variable.group != "Control":
            assert variable.unit is not None and kinds.search(variable.doc.strip()), variable.name


def test_a_new_case_can_start_from_it(tmp_path: Path) -> None:
    files = new_case("my-hares", tmp_path / "my-hares", "lynx-hare")
    assert len(files) == 11
    copy = load_case(tmp_path / "my-hares")
    assert replace(copy.calendar) == case().calendar
    assert copy.warnings == ()
    points = np.zeros((1, 8))
    found = [AccountLikelihood(c, "predation", date(1921, 12, 31))(points) for c in (copy, case())]
    assert found[0] == found[1]
