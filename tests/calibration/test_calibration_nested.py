"""A nested sampler, which shares nothing with the own one, finds the same evidences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from calibration.imagined import imagine
from calibration.job import case_named
from calibration.nested import Together, nested_evidence
from numpy.typing import NDArray

from realities.case.folder import Case, load_case
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.posterior import fit_account

FloatArray = NDArray[np.float64]


def gaussian(dimension: int, centre: float, sd: float) -> tuple[Callable[[FloatArray], FloatArray], float]:
    """Return a Gaussian log-likelihood and its exact log evidence under N(0, I)."""

    def log_likelihood(points: FloatArray) -> FloatArray:
        square = ((points - centre) ** 2).sum(axis=1) / sd**2
        return np.asarray(-0.5 * square - dimension * (np.log(sd) + 0.5 * np.log(2 * np.pi)))

    variance = 1 + sd**2
    return log_likelihood, -0.5 * dimension * (np.log(2 * np.pi * variance) + centre**2 / variance)


def test_calls_from_many_threads_are_answered_together_and_each_with_its_own() -> None:
    sizes: list[int] = []

    def log_likelihood(points: FloatArray) -> FloatArray:
        sizes.append(len(points))
        return points[:, 0]

    together = Together(log_likelihood, size=8)

    def walk(start: float) -> float:
        return sum(together(np.array([start + k])) for k in range(int(start) % 3 + 1))

    starts = [float(k) for k in range(20)]
    found = together.map(walk, starts)
    assert found == [sum(start + k for k in range(int(start) % 3 + 1)) for start in starts]
    assert max(sizes) == 8 and together.n_evaluations == sum(sizes)
    assert together(np.array([3.0])) == 3.0
    together.close()


@pytest.mark.slow
def test_the_nested_sampler_finds_an_evidence_that_is_known() -> None:
    log_likelihood, exact = gaussian(5, 0.7, 0.2)
    found, error, _ = nested_evidence(log_likelihood, 5, n_live=300)
    assert abs(found - exact) < 3 * error and error < 0.2


def three_reporters(folder: Path) -> Case:
    data = imagine(case_named("three-reporters", folder), 2, 1).data_set(0, "changed")
    assert data is not None
    return data.case


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "account"),
    [("lynx-hare", "predation"), ("three-reporters", "changed"), ("three-reporters", "constant")],
)
def test_both_samplers_agree_on_an_evidence_within_their_errors(
    name: str, account: str, tmp_path: Path
) -> None:
    case = load_case(name) if name == "lynx-hare" else three_reporters(tmp_path)
    day = case.latest_published
    own = fit_account(case, account, as_of=day, seed=1, effort="quick")
    likelihood = AccountLikelihood(case, account, day)
    found, errors, _ = zip(
        *(nested_evidence(likelihood, likelihood.dimension, seed=seed) for seed in (1, 2)), strict=True
    )
    error = float(np.hypot(*errors)) / 2
    assert own.reliable and error < 0.2
    assert abs(own.log_evidence - np.mean(found)) < 3 * np.hypot(error, own.log_evidence_error)
