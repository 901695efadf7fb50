"""An account fitted again under other reports of the same quantities: some left out, or erring otherwise.

In come an account's runs of the sampler and what its reports become; out come posterior and evidence under
those. `influence.py` leaves reports out, `model_error.py` changes the size of the model error; both ask only
where the draws that are there do not reach. Next is `widths.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from realities.weigh.honesty.drawn import log_density_of
from realities.weigh.likelihood import BLOCK, AccountLikelihood
from realities.weigh.reporting.reports import QuantityReports
from realities.weigh.sampling.evidence import PosteriorSample, Run, SamplerSettings, sample_posterior
from realities.weigh.sequence import AccountRun

FloatArray = NDArray[np.float64]


def fitted_with(
    likelihood: AccountLikelihood,
    others: Mapping[str, QuantityReports | None],
    runs: Sequence[AccountRun],
    settings: SamplerSettings,
    seed: Sequence[int],
) -> PosteriorSample:
    """Return an account's posterior and evidence with other reports, from where its runs ended.

    `others` has every quantity of the likelihood: the reports in the place of its own, None for none at all.
    Their parameters and times must be among those of its own.
    """
    found = [run.found for run in runs if isinstance(run.found, Run)]
    return sample_posterior(
        _With(likelihood, others),
        likelihood.dimension,
        settings=settings,
        seed=seed,
        start=found[0].proposal if found else None,
    )


class _With:
    """An account's log-likelihood with other reports, over the same points."""

    def __init__(self, likelihood: AccountLikelihood, others: Mapping[str, QuantityReports | None]) -> None:
        self._likelihood, self._others = likelihood, others

    def __call__(self, points: FloatArray) -> FloatArray:
        """Return log-likelihoods (draw,) of points (draw, dimension)."""
        blocks = [points[start : start + BLOCK] for start in range(0, len(points), BLOCK)]
        return np.concatenate([np.zeros(0), *(self._block(block) for block in blocks)])

    def _block(self, points: FloatArray) -> FloatArray:
        parameters = self._likelihood.space.values(points)
        truths, failed = self._likelihood.truths(parameters, len(points))
        total = np.zeros(len(points))
        for q, other in self._others.items():
            total += log_density_of(other, self._likelihood.reports[q], truths[q], parameters)
        return np.where(failed, -np.inf, total)
