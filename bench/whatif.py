"""How well draws answer a what-if: one number changed alone, against draws that move along (decision 101).

    python bench/whatif.py lynx-hare predation "predation rate" [--draws 150] [--refit]

A constant is pinned at its posterior mean and up to two standard deviations to both sides, in z. Printed are
effective draws and the move of the log evidence either way; with --refit that of a fit of the account with
the constant fixed, which takes minutes.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from realities.case.folder import Case, load_case
from realities.case.priors import fixed_prior
from realities.weigh.fits import AccountFit
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.posterior import fit_account

FloatArray = NDArray[np.float64]
#: As in the worker's `moving.js`.
PARTS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case"), parser.add_argument("account"), parser.add_argument("constant")
    parser.add_argument("--draws", type=int, default=150)
    parser.add_argument("--refit", action="store_true")
    chosen = parser.parse_args()
    case = load_case(chosen.case)
    day = case.latest_published
    likelihood = AccountLikelihood(case, chosen.account, day)
    fit = fit_account(case, chosen.account, as_of=day, seed=1, effort="quick")
    z = points_of(likelihood, fit)[np.linspace(0, fit.n_draws - 1, chosen.draws).astype(int)]
    k = likelihood.space.names.index(chosen.constant)
    print(
        f"{chosen.constant} under {chosen.account}: effective of {chosen.draws} draws, move of log evidence"
    )
    for sds in (-2, -1, 0, 1, 2):
        at = float(z[:, k].mean() + sds * z[:, k].std())
        value = float(likelihood.space.priors[chosen.constant].ppf(ndtr(np.array([at])))[0])
        line = f"{value:10.4g} ({sds:+d} sd)"
        for name, logs in (("alone", alone(likelihood, z, k, at)), ("moved", moved(likelihood, z, k, at))):
            line += f"   {name} {effective(logs):4.0f} {log_mean(logs):7.2f}"
        if chosen.refit:
            line += (
                f"   refit {refitted(case, chosen.account, chosen.constant, value) - fit.log_evidence:7.2f}"
            )
        print(line, flush=True)


def points_of(likelihood: AccountLikelihood, fit: AccountFit) -> FloatArray:
    """Return a fit's draws as z, (draw, name)."""
    known = {**fit.reporter_parameters, **fit.parameters}
    each = [prior.cdf(known[name]) for name, prior in likelihood.space.priors.items()]
    return np.asarray(ndtri(np.clip(np.stack(each, axis=1), 1e-15, 1 - 1e-15)))


def alone(likelihood: AccountLikelihood, z: FloatArray, k: int, at: float) -> FloatArray:
    """Return log weights where one number is changed and all others stay."""
    changed = z.copy()
    changed[:, k] = at
    return likelihood(changed) - likelihood(z)


def moved(likelihood: AccountLikelihood, z: FloatArray, k: int, at: float) -> FloatArray:
    """Return log weights where the others move along, told by other draws, as in the page."""
    others, parts = np.arange(z.shape[1]) != k, np.arange(len(z)) % PARTS
    new, log_q = z.copy(), np.empty(len(z))
    for part in range(PARTS):
        own, known = parts == part, z[parts != part]
        covariance = np.cov(known.T)
        off = z[own, k] - known[:, k].mean()
        new[own] += np.outer(at - z[own, k], covariance[:, k] / covariance[k, k])
        log_q[own] = -0.5 * off**2 / covariance[k, k] - 0.5 * np.log(covariance[k, k])
    new[:, k] = at
    moves = 0.5 * ((z[:, others] ** 2).sum(axis=1) - (new[:, others] ** 2).sum(axis=1))
    return log_q + 0.5 * z[:, k] ** 2 + likelihood(new) - likelihood(z) + moves


def effective(logs: FloatArray) -> float:
    weights = np.exp(logs - logs.max())
    return float(weights.sum() ** 2 / (weights**2).sum())


def log_mean(logs: FloatArray) -> float:
    return float(logs.max() + np.log(np.exp(logs - logs.max()).mean()))


def refitted(case: Case, account: str, constant: str, value: float) -> float:
    """Return the log evidence of an account that fixes a constant."""
    return fit_account(
        fixing(case, account, constant, value), account, as_of=case.latest_published, seed=1, effort="quick"
    ).log_evidence


def fixing(case: Case, account: str, constant: str, value: float) -> Case:
    """Return a case in which an account fixes a constant of its own assumptions or of the common ones."""
    one = next(known for known in case.accounts if known.id == account)
    stated = one.assumptions.get(constant) or case.common[constant]
    own = {**one.assumptions, constant: replace(stated, prior=fixed_prior(value))}
    fixed = replace(one, assumptions=own)
    return replace(case, accounts=tuple(fixed if known is one else known for known in case.accounts))


if __name__ == "__main__":
    main()
