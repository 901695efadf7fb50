"""Draws in ArviZ's names: the same numbers as the fit's, chains that are runs, and files that come back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
import xarray
from scipy.stats import norm

from realities.case.folder import Case
from realities.errors import RealitiesError
from realities.weigh.fits import Weighing
from realities.weigh.handover.dataset import to_arviz, to_xarray
from realities.weigh.handover.groups import SLASH, account_groups, thinned
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.results import summary
from realities.weigh.weighing import weigh_accounts

MakeCase = Callable[..., Case]
GROUPS = [
    "constant_data",
    "log_likelihood",
    "log_prior",
    "observed_data",
    "posterior",
    "posterior_predictive",
    "prior",
    "sample_stats",
]
ACCOUNTS = {"grows": {"growth rate": "normal(0.05, 0.02)"}, "shrinks": {"growth rate": "normal(-0.05, 0.02)"}}
ROWS = [
    (2001, 2001, 105, "", "", "person", "Bureau"),
    (2003, 2004, 118, "", "", "person", "Bureau"),
    (2005, 2005, "", 110, 140, "person", "Bureau"),
]
BIASED = 'reporters."Bureau" = { bias = "lognormal(median=1.0, sigma=0.2)", noise = "uniform(0.05, 0.2)" }'
quiet = pytest.mark.filterwarnings("ignore:\\s*ArviZ:FutureWarning")


@pytest.fixture(scope="module")
def made(make_lasting_case: MakeCase) -> tuple[Case, Weighing]:
    case = make_lasting_case(ACCOUNTS, ROWS, BIASED)
    return case, weigh_accounts(case, effort="quick")


@pytest.fixture(scope="module")
def tree(made: tuple[Case, Weighing]) -> xarray.DataTree:
    return to_xarray(*made)


def test_every_account_has_the_groups_that_arviz_names(tree: xarray.DataTree) -> None:
    assert list(tree.children) == ["grows", "shrinks"]
    for account in tree.children.values():
        assert sorted(account.children) == GROUPS


def test_attributes_are_the_evidence_and_weight_of_the_fit(
    made: tuple[Case, Weighing], tree: xarray.DataTree
) -> None:
    _, weighing = made
    for name, account in tree.children.items():
        fit = weighing.fits[name]
        assert account.attrs["weight"] == weighing.weights[name]
        for attrs in (account.attrs, account["posterior"].attrs):
            assert attrs["log_evidence"] == fit.log_evidence
            assert attrs["log_evidence_se"] == fit.log_evidence_error
            assert (attrs["khat"], attrs["ess"]) == (fit.k_hat, fit.effective_draws)
            assert (attrs["as_of"], attrs["seed"]) == (fit.as_of.isoformat(), fit.seed)


def test_chains_are_the_independent_runs_and_agree_with_the_fit(
    made: tuple[Case, Weighing], tree: xarray.DataTree
) -> None:
    _, weighing = made
    for name, account in tree.children.items():
        fit, posterior = weighing.fits[name], account["posterior"].to_dataset()
        assert posterior.sizes["chain"] == len(fit.run_log_evidences) > 1
        assert account["sample_stats"]["run_log_evidence"].values.tolist() == list(fit.run_log_evidences)
        pooled = {**fit.parameters, **fit.reporter_parameters}
        assert set(posterior.data_vars) == set(pooled)
        n = posterior.sizes["chain"] * posterior.sizes["draw"]
        for parameter, draws in pooled.items():
            own = posterior[parameter].values
            error = draws.std() * np.sqrt(1 / n + 1 / len(draws))
            assert abs(own.mean() - draws.mean()) < 5 * error
            assert own.std() == pytest.approx(draws.std(), rel=0.15)


def test_densities_are_those_of_priors_and_reports(
    made: tuple[Case, Weighing], tree: xarray.DataTree
) -> None:
    case, weighing = made
    account = tree["grows"]
    growth = account["posterior"]["growth rate"].values
    assert account["log_prior"]["growth rate"].values == pytest.approx(norm.logpdf(growth, 0.05, 0.02))
    likelihood = AccountLikelihood(case, "grows", weighing.as_of)
    sampled = {n: v.values.ravel() for n, v in account["posterior"].data_vars.items()}
    points = np.array(
        [norm.ppf(likelihood.space.priors[n].cdf(sampled[n])) for n in likelihood.space.names]
    ).T
    exact = likelihood(points).reshape(growth.shape)
    assert account["log_likelihood"]["count"].values == pytest.approx(exact, rel=1e-6)
    priors = sum(account["log_prior"][n].values for n in likelihood.space.names)
    assert account["sample_stats"]["lp"].values == pytest.approx(priors + exact, rel=1e-6)


def test_what_was_integrated_out_is_drawn_given_the_reports(tree: xarray.DataTree) -> None:
    """Level and bias together are what the reports speak of: given more of one there is less of the other."""
    posterior = tree["grows/posterior"]
    bias, growth = posterior["bias[count, Bureau]"].values.ravel(), posterior["growth rate"].values.ravel()
    assert np.corrcoef(np.log(bias), growth)[0, 1] < -0.3


def test_reports_stand_beside_how_they_could_have_been(tree: xarray.DataTree) -> None:
    observed, predicted = tree["grows/observed_data"], tree["grows/posterior_predictive"]
    assert observed["count"].dims == ("report[count]",)
    assert observed["count"].values.tolist()[:2] == [105, 118] and np.isnan(observed["count"].values[2])
    about = tree["grows/constant_data"]
    assert about["happened[count]"].values.tolist() == ["2001-01-01", "2003-01-01", "2005-01-01"]
    assert about["published[count]"].values.tolist()[1] == "2004-01-01"
    assert about["reporter[count]"].values.tolist() == ["Bureau"] * 3
    assert (about["low[count]"].values[2], about["high[count]"].values[2]) == (110, 140)
    assert predicted["count"].dims == ("chain", "draw", "report[count]")
    low, high = np.quantile(predicted["count"].values, [0.05, 0.95], axis=(0, 1))
    assert ((low < [105, 118, 125]) & (high > [105, 118, 125])).all()


def test_the_prior_has_what_the_posterior_has(tree: xarray.DataTree) -> None:
    prior = tree["grows/prior"].to_dataset()
    assert set(prior.data_vars) == set(tree["grows/posterior"].data_vars)
    n = prior.sizes["draw"]
    assert prior["growth rate"].values.mean() == pytest.approx(0.05, abs=5 * 0.02 / np.sqrt(n))


def test_the_same_fit_gives_the_same_groups(made: tuple[Case, Weighing], tree: xarray.DataTree) -> None:
    assert to_xarray(*made).identical(tree)


def test_permuted_accounts_only_permute(made: tuple[Case, Weighing], tree: xarray.DataTree) -> None:
    case, weighing = made
    turned = replace(weighing, fits=dict(reversed(weighing.fits.items())))
    again = to_xarray(case, turned)
    assert list(again.children) == ["shrinks", "grows"]
    for name in again.children:
        assert again[name].identical(tree[name])


def test_an_account_before_any_report_has_its_priors(make_case: MakeCase) -> None:
    case = make_case(ACCOUNTS, ROWS)
    weighing = weigh_accounts(case, as_of=case.calendar.start, effort="sketch")
    fit = weighing.fits["grows"]
    account = to_xarray(case, weighing)["grows"]
    assert account["posterior"]["growth rate"].values[0] == pytest.approx(fit.parameters["growth rate"])
    assert not account["log_likelihood"].data_vars and not account["observed_data"].data_vars


def test_thinned_draws_keep_their_numbers(made: tuple[Case, Weighing]) -> None:
    case, weighing = made
    whole = account_groups(case, weighing.fits["grows"])["posterior"]
    part = thinned(whole, 20)
    chains, kept = whole.coordinates["chain"].values.size, part.coordinates["draw"].values
    assert kept.size == 20 // chains
    for name, column in part.variables.items():
        assert np.array_equal(column.values, whole.variables[name].values[:, kept])


def test_a_slash_in_a_name_is_no_group(made: tuple[Case, Weighing]) -> None:
    case, weighing = made
    fit = weighing.fits["grows"]
    renamed = replace(
        fit, as_of=case.calendar.start, chains={"a/b": np.zeros((2, 3))}, reporter_parameters={}
    )
    column = account_groups(case, renamed)["posterior"].variables[f"a{SLASH}b"]
    assert column.attributes["long_name"] == "a/b"


@quiet
def test_arviz_summarizes_the_draws_as_the_json_object_does(
    made: tuple[Case, Weighing], tree: xarray.DataTree
) -> None:
    arviz = pytest.importorskip("arviz")
    found = to_arviz(*made)
    assert list(found) == ["grows", "shrinks"]
    table = arviz.summary(found["grows"], hdi_prob=0.9, round_to="none")
    for name, values in tree["grows/posterior"].data_vars.items():
        own = summary(values.values.ravel())
        assert table.loc[name, "mean"] == pytest.approx(own["mean"], rel=1e-12)
        assert table.loc[name, "sd"] == pytest.approx(own["sd"], rel=1e-3)
        assert table.loc[name, "r_hat"] < 1.05  # the runs agree


@quiet
def test_arviz_before_its_first_version_gets_its_own_class(made: tuple[Case, Weighing]) -> None:
    arviz = pytest.importorskip("arviz")
    if not hasattr(arviz, "InferenceData"):
        pytest.skip("this ArviZ takes a tree")
    found = to_arviz(*made)["grows"]
    assert isinstance(found, arviz.InferenceData)
    assert sorted(found.groups()) == GROUPS
    assert found.attrs["account"] == "grows"


def test_later_arviz_gets_a_tree(
    made: tuple[Case, Weighing], tree: xarray.DataTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "arviz", ModuleType("arviz"))
    found = to_arviz(*made)["grows"]
    assert isinstance(found, xarray.DataTree)
    assert found.identical(tree["grows"].copy()) or found["posterior"].identical(tree["grows/posterior"])


def test_without_arviz_it_is_said_what_to_do(
    made: tuple[Case, Weighing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "arviz", None)
    with pytest.raises(RealitiesError, match="pip install arviz"):
        to_arviz(*made)
