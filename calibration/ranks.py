"""One imagined data set weighed: how the truth ranks among posterior draws, and what the accounts got.

In comes a `DataSet`; out comes a `Ranking`, plain numbers that can be written down. Ranked are every
uncertain number of the account that made the data, the model error in the middle of the rows, the sum of
each quantity over its rows, and the log likelihood, which is sensitive to posteriors that ignore the data;
also the sums under all accounts together, by their weights. Next is `bands.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.imagined import DataSet
from realities.weigh.fits import AccountFit, part_of
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.sampling.evidence import Effort, SamplerSettings
from realities.weigh.weighing import weigh_accounts

FloatArray = NDArray[np.float64]

#: Posterior draws among which the truth is ranked.
N_DRAWS = 199


@dataclass(frozen=True, slots=True)
class Ranking:
    """What one data set says: ranks in 0..N_DRAWS by quantity, and every account's evidence and weight.

    `pooled` are ranks under all accounts together. `cpu` is in seconds.
    """

    number: int
    account: str
    ranks: Mapping[str, int]
    pooled: Mapping[str, int]
    log_evidence: Mapping[str, float]
    error: Mapping[str, float]
    weights: Mapping[str, float]
    k_hat: Mapping[str, float]
    reliable: bool
    evaluations: int
    cpu: float

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self)


def rank(data: DataSet, *, effort: Effort | SamplerSettings, seed: int) -> Ranking:
    """Weigh all accounts by a data set and return where its truth ranks."""
    began = process_time()
    case = data.case
    found = weigh_accounts(case, effort=effort, seed=seed)
    rng = np.random.default_rng([seed, data.number, 3])
    true = _quantities(data, data.account, data.truth)
    own = _quantities(data, data.account, _some(found.fits[data.account], N_DRAWS, rng))
    sums = [name for name in true if name.startswith("sum[")]
    pooled = _pooled(data, found.fits, found.weights, sums, rng)
    return Ranking(
        number=data.number,
        account=data.account,
        ranks={name: int((own[name] < value[0]).sum()) for name, value in true.items()},
        pooled={name: int((pooled[name] < true[name][0]).sum()) for name in sums},
        log_evidence={name: fit.log_evidence for name, fit in found.fits.items()},
        error={name: fit.log_evidence_error for name, fit in found.fits.items()},
        weights=dict(found.weights),
        k_hat={name: fit.k_hat for name, fit in found.fits.items()},
        reliable=found.reliable,
        evaluations=sum(fit.n_evaluations for fit in found.fits.values()),
        cpu=process_time() - began,
    )


def _some(fit: AccountFit, n: int, rng: np.random.Generator) -> AccountFit:
    return part_of(fit, rng.choice(fit.n_draws, size=n, replace=fit.n_draws < n))


def _quantities(data: DataSet, account: str, fit: AccountFit) -> dict[str, FloatArray]:
    """Return every ranked quantity for the draws of a fit, each (draw,)."""
    likelihood = AccountLikelihood(data.case, account, data.case.latest_published)
    draws = {**fit.parameters, **fit.reporter_parameters}
    truths, _ = likelihood.truths(draws, fit.n_draws)
    found = dict(draws)
    for quantity, path in fit.discrepancies.items():
        found[f"model error[{quantity}]"] = path.values[:, path.days.size // 2]
    for quantity, reports in likelihood.reports.items():
        at_rows = np.searchsorted(reports.times, np.unique(reports.rows.times))
        found[f"sum[{quantity}]"] = truths[quantity][:, at_rows].sum(axis=1)
    found["log likelihood"] = np.sum(
        [reports.log_density(truths[q], draws) for q, reports in likelihood.reports.items()], axis=0
    )
    return found


def _pooled(
    data: DataSet,
    fits: Mapping[str, AccountFit],
    weights: Mapping[str, float],
    names: list[str],
    rng: np.random.Generator,
) -> dict[str, FloatArray]:
    """Return sums under all accounts together: each draw comes from an account chosen by its weight."""
    accounts = sorted(fits)
    sizes = rng.multinomial(N_DRAWS, [weights[name] for name in accounts])
    parts = [
        _quantities(data, name, _some(fits[name], size, rng))
        for name, size in zip(accounts, sizes.tolist(), strict=True)
        if size
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in names}
