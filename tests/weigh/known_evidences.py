"""Problems over N(0, I) whose log evidence is known without sampling: closed forms, quadrature, published.

Each likelihood takes points (n, dimension) and gives (n,). Tests use small ones, `bench/bench_evidence.py`
all of them. The one whose evidence is not exact is `lynx_hare`: -146.69 comes from long importance sampling
around the published posterior draws.

References
----------
Feroz, F., Hobson, M. P. and Bridges, M. (2009). MultiNest. Monthly Notices of the Royal Astronomical Society
398, 1601-1614 (Gaussian shells).
Magnusson, M. et al. posteriordb, hudson_lynx_hare-lotka_volterra (the predators and their prey).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import gammaln, log_ndtr, ndtr, ndtri
from scipy.stats import multivariate_normal

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Known:
    """A log-likelihood over N(0, I) in `dimension` coordinates and the logarithm of its mean."""

    dimension: int
    log_likelihood: Callable[[FloatArray], FloatArray]
    log_evidence: float


class Gaussian:
    """A Gaussian likelihood with correlations: evidence, posterior mean and spread are known exactly."""

    def __init__(self, dimension: int, *, spread: float = 0.3) -> None:
        rng = np.random.default_rng(dimension)
        mixing = rng.standard_normal((dimension, dimension))
        self.covariance = spread**2 * (mixing @ mixing.T / dimension + 0.1 * np.eye(dimension))
        self.centre = 0.7 * rng.standard_normal(dimension)
        self.root = np.linalg.inv(np.linalg.cholesky(self.covariance))
        self.evidence = float(
            multivariate_normal(np.zeros(dimension), np.eye(dimension) + self.covariance).logpdf(self.centre)
        )
        posterior = np.linalg.inv(np.eye(dimension) + np.linalg.inv(self.covariance))
        self.mean = posterior @ np.linalg.solve(self.covariance, self.centre)
        self.sd = np.sqrt(np.diag(posterior))

    def __call__(self, points: FloatArray) -> FloatArray:
        square = (((points - self.centre) @ self.root.T) ** 2).sum(axis=1)
        constant = np.log(np.diag(self.root)).sum() - 0.5 * len(self.centre) * np.log(2 * np.pi)
        return np.asarray(constant - 0.5 * square)


def gaussian(dimension: int) -> Known:
    problem = Gaussian(dimension)
    return Known(dimension, problem, problem.evidence)


def two_bumps(points: FloatArray) -> FloatArray:
    """Masses 0.3 and 0.7, equally narrow, far apart, in any dimension."""
    d, width = points.shape[1], 0.15
    constant = -d * np.log(width) - 0.5 * d * np.log(2 * np.pi)
    parts = [-0.5 * ((points - at) ** 2).sum(axis=1) / width**2 + constant for at in (1.2, -1.2)]
    return np.asarray(np.logaddexp(np.log(0.3) + parts[0], np.log(0.7) + parts[1]))


def two_bumps_evidence(d: int) -> float:
    variance = 1 + 0.15**2
    return float(-0.5 * d * 1.2**2 / variance - 0.5 * d * np.log(2 * np.pi * variance))


def narrow_and_wide(dimension: int, narrowness: float) -> Known:
    """In the cube (-10, 10): mass 0.3 with spread one at 5, mass 0.7 so many times narrower at -5.

    While the likelihood is tempered, the narrow one has next to no mass, and so is easily lost.
    """

    def log_likelihood(points: FloatArray) -> FloatArray:
        x = 20 * ndtr(points) - 10
        parts = [
            np.log(mass)
            - 0.5 * ((x - at) ** 2).sum(axis=1) / width**2
            - dimension * (np.log(width) + 0.5 * np.log(2 * np.pi))
            for mass, at, width in ((0.3, 5.0, 1.0), (0.7, -5.0, 1.0 / narrowness))
        ]
        return np.asarray(np.logaddexp(*parts))

    # What lies outside the cube is five spreads away: 2e-6 of the evidence in six dimensions.
    inside = 0.3 * (1 - ndtr(-5.0)) ** dimension + 0.7
    return Known(dimension, log_likelihood, float(np.log(inside) - dimension * np.log(20.0)))


def shells(points: FloatArray) -> FloatArray:
    """Two thin spherical shells in the cube (-6, 6), as in the literature on nested sampling."""
    cube = 12 * ndtr(points) - 6
    parts = []
    for centre in (-3.5, 3.5):
        moved = cube.copy()
        moved[:, 0] -= centre
        radius = np.sqrt((moved**2).sum(axis=1))
        parts.append(-0.5 * ((radius - 2) / 0.1) ** 2 - 0.5 * np.log(2 * np.pi * 0.01))
    return np.asarray(np.logaddexp(*parts))


def shells_evidence(d: int) -> float:
    """Return the mean over the cube: two integrals over the radius; the shells hardly overlap or leave it."""

    def mass(r: float) -> float:
        return float(np.exp(-0.5 * ((r - 2) / 0.1) ** 2) / np.sqrt(2 * np.pi * 0.01) * r ** (d - 1))

    surface = np.log(2) + 0.5 * d * np.log(np.pi) - gammaln(0.5 * d)
    return float(np.log(2) + surface + np.log(quad(mass, 1, 3, points=[2])[0]) - d * np.log(12.0))


def banana(pairs: int) -> Known:
    """Curved ridges, y near x^2, in independent pairs of coordinates."""
    width = 0.2

    def log_likelihood(points: FloatArray) -> FloatArray:
        bent = points[:, 1::2] - points[:, ::2] ** 2
        return np.asarray((-0.5 * (bent / width) ** 2 - np.log(width) - 0.5 * np.log(2 * np.pi)).sum(axis=1))

    def given_first(x: float) -> float:  # the second coordinate is integrated out exactly
        variance = 1 + width**2
        log_density = -0.5 * x**4 / variance - 0.5 * np.log(2 * np.pi * variance) - 0.5 * x**2
        return float(np.exp(log_density) / np.sqrt(2 * np.pi))

    return Known(2 * pairs, log_likelihood, float(pairs * np.log(quad(given_first, -8, 8)[0])))


def far_student(dimension: int) -> Known:
    """Independent Cauchy likelihoods, four prior spreads away: heavy tails against the prior's own pull."""

    def log_likelihood(points: FloatArray) -> FloatArray:
        return np.asarray(-(np.log(np.pi * 0.2) + np.log1p(((points - 4.0) / 0.2) ** 2)).sum(axis=1))

    def one(x: float) -> float:
        return float(np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi) / (np.pi * 0.2 * (1 + ((x - 4) / 0.2) ** 2)))

    alone = quad(one, -12, 12, points=[0, 4], limit=400)[0]
    return Known(dimension, log_likelihood, float(dimension * np.log(alone)))


#: Pelts of hares and lynxes in thousands, 1900 to 1920 (Hewitt 1921, Howard 2009).
HARES = (30, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22, 25.4, 27.1,
         40.3, 57, 76.6, 52.3, 19.5, 11.2, 7.6, 14.6, 16.2, 24.7)  # fmt: skip
LYNXES = (4, 6.1, 9.8, 35.2, 59.4, 41.7, 19, 13, 8.3, 9.1, 7.4,
          8, 12.3, 19.5, 45.7, 51.1, 29.7, 15.8, 9.7, 10.1, 8.6)  # fmt: skip


def lynx_hare() -> Known:
    """Predators and prey, as posteriordb has them, its truncated priors normalized."""
    observed = np.log(np.array([HARES, LYNXES]))  # (2, 21)

    def log_likelihood(points: FloatArray) -> FloatArray:
        parts = [_lynx_hare(points[k : k + 1000], observed) for k in range(0, len(points), 1000)]
        return np.concatenate(parts) if parts else np.zeros(0)

    return Known(8, log_likelihood, -146.688)


def lynx_hare_parameters(points: FloatArray) -> FloatArray:
    """Return alpha, beta, gamma, delta, hares and lynxes in 1900, and both errors, (8, n)."""
    values = np.empty((8, len(points)))
    for k, (mean, sd) in enumerate([(1, 0.5), (0.05, 0.05), (1, 0.5), (0.05, 0.05)]):
        # Normal, above zero: the upper tail is computed from the other side, where digits are kept.
        values[k] = mean - sd * ndtri(np.exp(log_ndtr(-points[:, k]) + log_ndtr(mean / sd)))
    values[4:6] = np.exp(np.log(10) + points[:, 4:6].T)
    values[6:] = np.exp(-1 + points[:, 6:].T)
    return values


def _lynx_hare(points: FloatArray, observed: FloatArray, steps: int = 10) -> FloatArray:
    alpha, beta, gamma, delta, hares, lynxes, *errors = lynx_hare_parameters(points)
    state, step = np.log([hares, lynxes]), 1.0 / steps
    grows, eaten = np.array([alpha, -gamma]), np.array([-beta, delta])

    def slope(z: FloatArray) -> FloatArray:
        return np.asarray(grows + eaten * np.exp(z[::-1]))

    log_likelihood = np.zeros(len(points))
    with np.errstate(over="ignore", invalid="ignore"):
        for year in range(observed.shape[1]):
            scaled = (observed[:, year, None] - state) / errors
            log_likelihood -= 0.5 * (scaled**2).sum(axis=0) + observed[:, year].sum() + np.log(2 * np.pi)
            log_likelihood -= np.log(errors).sum(axis=0)
            for _ in range(steps if year < observed.shape[1] - 1 else 0):
                first = slope(state)
                second = slope(state + 0.5 * step * first)
                third = slope(state + 0.5 * step * second)
                fourth = slope(state + step * third)
                state = state + step / 6 * (first + 2 * (second + third) + fourth)
    return log_likelihood


#: All of them by name.
PROBLEMS: dict[str, Callable[[], Known]] = {
    "gauss3": lambda: gaussian(3),
    "gauss10": lambda: gaussian(10),
    "gauss20": lambda: gaussian(20),
    "shells10": lambda: Known(10, shells, shells_evidence(10)),
    "twobumps6": lambda: Known(6, two_bumps, two_bumps_evidence(6)),
    "bimodal6": lambda: narrow_and_wide(6, 2.0),
    "bimodal6-hard": lambda: narrow_and_wide(6, 4.0),
    "banana4": lambda: banana(2),
    "student3": lambda: far_student(3),
    "lynx-hare": lynx_hare,
}
