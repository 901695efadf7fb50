"""An account's draws, likelihoods and reports under the names that ArviZ gives them, as plain arrays.

In come a case and a fit; out come groups: posterior, prior, posterior_predictive, log_likelihood,
log_prior, sample_stats, observed_data, constant_data. Nothing here needs ArviZ or xarray: `dataset.py`
hands the groups to them, and `report/results.py` writes them into `results.nc`.

A chain is one of the sampler's independent runs, its draws chosen by its own weights: chains agree where
the runs do, so that R-hat says something. The fit's own draws come from all runs pooled, which is more
exact; both agree within their Monte Carlo error. Where a fit has no runs, as before any report, its own
draws are the one chain.

What was integrated out (biases and drifts with normal priors, model error) is drawn again, given each draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from realities.case.folder import Case
from realities.case.priors import Prior
from realities.ensemble import STREAM_WEIGH, stream, uniforms
from realities.version import __version__
from realities.weigh.fits import AccountFit
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.reporting.quantity import QuantityReports
from realities.weigh.shown import spread

FloatArray = NDArray[np.float64]
Draws = dict[str, FloatArray]
About = Mapping[str, str | int | float]

#: What a random stream is for, after the seed and `STREAM_WEIGH`; `posterior.py` has the smaller ones.
_HAND_OVER: Final = 7
#: Stands for a slash in a name: NetCDF takes a slash for the end of a group's name.
SLASH: Final = "\N{DIVISION SLASH}"
_EACH: Final = ("chain", "draw")


@dataclass(frozen=True, slots=True)
class Column:
    """Values with named dimensions; text is of dtype object."""

    dims: tuple[str, ...]
    values: NDArray[Any]
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Variables and coordinates by name; `coordinates` may be shared by groups."""

    variables: Mapping[str, Column]
    coordinates: Mapping[str, Column]
    attributes: About


def account_groups(case: Case, fit: AccountFit, *, most: int | None = None) -> dict[str, Group]:
    """Return an account's groups by their names.

    Parameters
    ----------
    case
        The case.
    fit
        Of one of its accounts, as weighed under its own priors.
    most
        At most so many draws in all chains together, but one of each, evenly spread; default: all. The
        coordinate `draw` keeps their numbers.

    Returns
    -------
    The groups. Draws are (chain, draw); reports of a quantity lie along `report[quantity]`, ascending in
    the day they speak of. `log_likelihood` holds the joint density of all reports of a quantity: errors are
    correlated, so that no report has a density of its own.
    """
    draws, shape, numbers = _chains(fit, most)
    about = _about(fit)
    likelihood = AccountLikelihood(case, fit.account, fit.as_of)
    every = {**_coordinates(shape), "draw": Column(("draw",), numbers)}
    found = _Found({}, {}, {})
    if likelihood.reports and draws:
        found = _given_reports(likelihood, draws, shape[0] * shape[1], fit.seed)
    posterior = {**draws, **found.integrated}
    priors = _priors(case, likelihood)
    log_prior = {name: priors[name].logpdf(values) for name, values in posterior.items() if name in priors}
    rows = {(dim := report_dim(q)): _numbers(dim, len(r.rows)) for q, r in likelihood.reports.items()}

    def drawn(values: Mapping[str, FloatArray]) -> dict[str, Column]:
        return {name: Column(_EACH, value.reshape(shape)) for name, value in values.items()}

    groups = {
        "posterior": Group(drawn(posterior), every, about),
        "log_prior": Group(drawn(log_prior), every, about),
        "log_likelihood": Group(drawn(found.log_likelihood), every, about),
        "sample_stats": Group(_stats(fit, shape, log_prior, draws, found), every, about),
        "prior": _prior_group(priors, posterior, shape[0] * shape[1], fit.seed, about),
        "posterior_predictive": Group(
            {q: _predicted(q, values, shape, likelihood) for q, values in found.predicted.items()},
            {**every, **rows},
            about,
        ),
        "observed_data": Group({q: _said(q, r) for q, r in likelihood.reports.items()}, rows, about),
        "constant_data": Group(_constant(likelihood.reports), rows, about),
    }
    return {name: _named(group) for name, group in groups.items()}


def thinned(group: Group, n_draws: int) -> Group:
    """Return a group with at most so many draws in all chains together, evenly spread, but one of each chain.

    The coordinate `draw` keeps their numbers, so that groups thinned differently still match.
    """
    coordinates = group.coordinates
    if "draw" not in coordinates:
        return group
    chains, draws = coordinates["chain"].values.size, coordinates["draw"].values.size
    kept = spread(draws, max(n_draws // chains, 1))

    def taken(columns: Mapping[str, Column]) -> dict[str, Column]:
        return {
            name: replace(c, values=c.values.take(kept, c.dims.index("draw"))) if "draw" in c.dims else c
            for name, c in columns.items()
        }

    return replace(group, variables=taken(group.variables), coordinates=taken(coordinates))


@dataclass(frozen=True, slots=True)
class _Found:
    """What follows from draws and reports, each by name, flat over chains: (draw,) or (draw, row)."""

    integrated: Draws
    log_likelihood: Draws
    predicted: Draws


def _given_reports(likelihood: AccountLikelihood, draws: Draws, n_draws: int, seed: int) -> _Found:
    """Return what was integrated out, how likely the reports are, and how they could have been."""
    truths, _ = likelihood.truths(draws, n_draws)
    found = _Found({}, {}, {})
    for quantity, reports in likelihood.reports.items():
        truth, rng = truths[quantity], stream(quantity, seed, STREAM_WEIGH, _HAND_OVER)
        integrated, path = reports.sample_integrated(truth, draws, rng)
        found.integrated.update(integrated)
        found.log_likelihood[quantity] = reports.log_density(truth, draws)
        found.predicted[quantity] = reports.predict(truth, {**draws, **integrated}, path, rng)
    return found


def _chains(fit: AccountFit, most: int | None) -> tuple[Draws, tuple[int, int], NDArray[np.intp]]:
    """Return what was sampled, flat over chains, how many chains and draws there are, and their numbers."""
    chains = fit.chains
    if not chains:
        draws = {**fit.parameters, **fit.reporter_parameters}
        chains = {name: values[None, :] for name, values in draws.items()}
    n_chains, n_draws = next(iter(chains.values())).shape if chains else (1, fit.n_draws)
    kept = spread(n_draws, n_draws if most is None else max(most // n_chains, 1))
    flat = {name: values[:, kept].reshape(-1) for name, values in chains.items()}
    return flat, (n_chains, len(kept)), kept


def _about(fit: AccountFit) -> dict[str, str | int | float]:
    """Return what is to be known of a fit wherever its draws go; no clock has a part in it."""
    return {
        "account": fit.account,
        "as_of": fit.as_of.isoformat(),
        "seed": fit.seed,
        "log_evidence": fit.log_evidence,
        "log_evidence_se": fit.log_evidence_error,
        "khat": fit.k_hat,
        "ess": fit.effective_draws,
        "reliable": int(fit.reliable),
        "inference_library": "realities",
        "inference_library_version": __version__,
    }


def _coordinates(shape: Sequence[int]) -> dict[str, Column]:
    return {name: _numbers(name, n) for name, n in zip(_EACH, shape, strict=True)}


def _numbers(dim: str, n: int) -> Column:
    """Return a coordinate that counts from 0."""
    return Column((dim,), np.arange(n))


def _priors(case: Case, likelihood: AccountLikelihood) -> dict[str, Prior]:
    """Return the prior of everything uncertain, by name."""
    found = dict(case.priors(likelihood.account))
    for reports in likelihood.reports.values():
        found |= {term.name: term.prior for term in reports.all_terms}
        found |= reports.parameters
    return {name: prior for name, prior in found.items() if prior.fixed is None}


def _prior_group(
    priors: Mapping[str, Prior], names: Iterable[str], n_draws: int, seed: int, about: About
) -> Group:
    """Return as many draws from the priors, in one chain."""
    draws = {n: priors[n].ppf(uniforms(n, n_draws, seed=seed)) for n in names if n in priors}
    columns = {name: Column(_EACH, values[None, :]) for name, values in draws.items()}
    return Group(columns, _coordinates((1, n_draws)), about)


def _stats(
    fit: AccountFit, shape: tuple[int, int], log_prior: Draws, sampled: Draws, found: _Found
) -> dict[str, Column]:
    """Return the log posterior density of what was sampled, up to the evidence, and each run's evidence."""
    total = np.zeros(shape[0] * shape[1])
    for name in (name for name in sampled if name in log_prior):
        total = total + log_prior[name]
    for values in found.log_likelihood.values():
        total = total + values
    stats = {"lp": Column(_EACH, total.reshape(shape))}
    if len(fit.run_log_evidences) == shape[0]:
        stats["run_log_evidence"] = Column(("chain",), np.array(fit.run_log_evidences, dtype=np.float64))
    return stats


# -- reports --------------------------------------------------------------------------------------


def report_dim(quantity: str) -> str:
    """Return the name of the dimension along which the reports of a quantity lie."""
    return f"report[{quantity}]"


def _said(quantity: str, reports: QuantityReports) -> Column:
    """Return the reported values, NaN where a row gives only a range."""
    return _of_rows(quantity, reports, [row.value for row in reports.rows.observations])


def _constant(groups: Mapping[str, QuantityReports]) -> dict[str, Column]:
    """Return the ranges that rows give, who reported, when, and of which day, also in model time."""
    found: dict[str, Column] = {}
    for quantity, reports in groups.items():
        dims, rows = (report_dim(quantity),), reports.rows.observations
        texts = {
            "reporter": [row.reporter for row in rows],
            "happened": [row.happened.isoformat() for row in rows],
            "published": ["" if row.published is None else row.published.isoformat() for row in rows],
        }
        found[f"low[{quantity}]"] = _of_rows(quantity, reports, [row.low for row in rows])
        found[f"high[{quantity}]"] = _of_rows(quantity, reports, [row.high for row in rows])
        found[f"time[{quantity}]"] = Column(dims, reports.rows.times)
        for name, values in texts.items():
            found[f"{name}[{quantity}]"] = Column(dims, np.array(values, dtype=object))
    return found


def _of_rows(quantity: str, reports: QuantityReports, values: Sequence[float | None]) -> Column:
    numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return Column((report_dim(quantity),), numbers, {"units": str(reports.measure.unit)})


def _predicted(
    quantity: str, values: FloatArray, shape: tuple[int, int], likelihood: AccountLikelihood
) -> Column:
    unit = str(likelihood.reports[quantity].measure.unit)
    return Column((*_EACH, report_dim(quantity)), values.reshape(*shape, -1), {"units": unit})


def _named(group: Group) -> Group:
    """Return a group whose names NetCDF can hold; a name that had to change keeps its own as `long_name`."""

    def safe(columns: Mapping[str, Column]) -> dict[str, Column]:
        return {
            name.replace("/", SLASH): replace(
                column,
                dims=tuple(dim.replace("/", SLASH) for dim in column.dims),
                attributes={**column.attributes, **({"long_name": name} if "/" in name else {})},
            )
            for name, column in columns.items()
        }

    return replace(group, variables=safe(group.variables), coordinates=safe(group.coordinates))
