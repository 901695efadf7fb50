"""Importance sampling from a mixture of Student-t densities, and how far to trust it.

In comes a cloud of points from the posterior (`tempering.py`); out comes a mixture fitted to it, with
heavier tails than the cloud's, and a defensive share of the prior so that no point of the posterior is
out of its reach. `evidence.py` draws from it. `k_hat` tells from the largest importance weights whether
their mean can be trusted: the evidence is that mean.

References
----------
Cappe, O. et al. (2008). Adaptive importance sampling in general mixture classes. Statistics and
Computing 18, 447-459.
Vehtari, A. et al. (2024). Pareto smoothed importance sampling. Journal of Machine Learning Research 25(72).
Zhang, J. and Stephens, M. A. (2009). A new and efficient estimation method for the generalized Pareto
distribution. Technometrics 51(3), 316-325.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import gammaln

from realities.weigh.sampling.moves import (
    StandardNormal,
    covariance_factor,
    normalized,
    stable_factor,
)

FloatArray = NDArray[np.float64]

#: Share of the mixture that is the prior itself.
DEFENSIVE_SHARE = 0.05
#: Degrees of freedom tried; the most likely is kept. Even the largest has tails so much heavier than normal
#: that what lies between and around components stays within reach: with 40 of them k-hat was up to 1.3 where
#: the log evidence was right to 0.01.
DEGREES_OF_FREEDOM = (4.0, 8.0, 16.0)
#: Weights of which none is larger than so many times their mean have no tail to speak of. (The largest of n
#: from a Pareto tail of shape k grows as n^k: 600 times for 10,000 of them at 0.7.)
LIGHT = 10.0
_EM_STEPS, _TAIL_STEPS = 30, 5
#: Fitting ends where a step makes the mean log density no higher than this: as much as a draw in a thousand.
LEAST_GAIN = 1e-3


@dataclass(frozen=True, slots=True)
class StudentMixture:
    """A mixture of K multivariate Student-t densities and, with `DEFENSIVE_SHARE`, of N(0, I).

    `shares` is (K,) and sums to one; `centres` is (K, d); `factors` (K, d, d) holds lower Cholesky
    factors of the scale matrices; `dof` is one number of degrees of freedom for all.
    """

    shares: FloatArray
    centres: FloatArray
    factors: FloatArray
    dof: float

    @property
    def dimension(self) -> int:
        """Length of a point."""
        return int(self.centres.shape[1])

    def marginal(self, kept: NDArray[np.intp]) -> StudentMixture:
        """Return the mixture of some coordinates alone; their order is that of `kept`."""
        scales = self.factors @ self.factors.transpose(0, 2, 1)
        factors = np.asarray(np.linalg.cholesky(scales[:, kept[:, None], kept]), dtype=np.float64)
        return StudentMixture(self.shares, self.centres[:, kept], factors, self.dof)

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Return n independent points, shape (n, d), the prior's share among them."""
        points = rng.standard_normal((n, self.dimension))
        component = rng.choice(
            len(self.shares) + 1, size=n, p=np.append((1 - DEFENSIVE_SHARE) * self.shares, DEFENSIVE_SHARE)
        )
        stretch = np.sqrt(self.dof / rng.chisquare(self.dof, size=n))
        for k, (centre, factor) in enumerate(zip(self.centres, self.factors, strict=True)):
            here = component == k
            points[here] = centre + stretch[here, None] * (points[here] @ factor.T)
        return points

    def log_density(self, points: FloatArray) -> FloatArray:
        """Return log densities, shape (n,)."""
        parts = self.log_parts(self.distances(points)) + np.log1p(-DEFENSIVE_SHARE)
        prior = StandardNormal(self.dimension).log_density(points) + np.log(DEFENSIVE_SHARE)
        return np.asarray(np.logaddexp(_log_sum(parts), prior))

    def distances(self, points: FloatArray) -> FloatArray:
        """Return squared distances from every centre in units of its component's scale, shape (K, n)."""
        whiten = np.linalg.inv(self.factors)  # (K, d, d)
        found = np.empty((len(whiten), len(points)))
        for k, (turn, centre) in enumerate(zip(whiten, self.centres, strict=True)):
            white = turn @ points.T
            white -= (turn @ centre)[:, None]
            np.square(white, out=white).sum(axis=0, out=found[k])
        return found

    def log_parts(self, distances: FloatArray) -> FloatArray:
        """Return log(share) + log density of each component, (K, n), from squared distances (K, n)."""
        d, dof = self.dimension, self.dof
        constant = gammaln((dof + d) / 2) - gammaln(dof / 2) - 0.5 * d * np.log(dof * np.pi)
        sizes = np.log(np.diagonal(self.factors, axis1=1, axis2=2)).sum(axis=1)  # (K,)
        heights = np.log(self.shares) + constant - sizes
        return np.asarray(heights[:, None] - 0.5 * (dof + d) * np.log1p(distances / dof))


def _log_sum(parts: FloatArray) -> FloatArray:
    """Return the logarithm of the sum over components of exp(parts), shape (K, n) -> (n,)."""
    top = parts.max(axis=0)
    return np.asarray(top + np.log(np.exp(parts - top).sum(axis=0)))


def fit_mixture(
    points: FloatArray, weights: FloatArray, *, most_components: int, rng: np.random.Generator
) -> StudentMixture:
    """Return the mixture that a weighted cloud makes most likely, as large as its size warrants.

    Components are added while the Bayesian information criterion falls, up to `most_components`.

    Parameters
    ----------
    points, weights
        The cloud, (n, d), and its weights, (n,), which sum to one.
    most_components
        An upper bound on K.
    rng
        Chooses starting centres.
    """
    effective = 1.0 / float((weights**2).sum())
    best, best_score, misses = None, np.inf, 0
    for k in range(1, most_components + 1):
        fitted = _fit(_start(points, weights, k, rng), points, weights, effective)
        if fitted is None:
            break
        score = _information_criterion(*fitted, effective)
        if score < best_score:
            best, best_score, misses = fitted[0], score, 0
        else:
            misses += 1
            if misses == 2:
                break
    if best is None:
        best = _start(points, weights, 1, rng)
    return _with_best_tails(best, points, weights, effective)


def _start(points: FloatArray, weights: FloatArray, k: int, rng: np.random.Generator) -> StudentMixture:
    """Return k components at far-apart points of the cloud, each with the nearest points' covariance."""
    factor = covariance_factor(points, weights)
    white = solve_triangular(factor, points.T, lower=True).T
    chosen = [int(rng.choice(len(points), p=weights))]
    nearest = ((white - white[chosen[0]]) ** 2).sum(axis=1)
    for _ in range(k - 1):
        chances = weights * nearest
        total = chances.sum()
        chosen.append(int(rng.choice(len(points), p=chances / total if total > 0 else weights)))
        nearest = np.minimum(nearest, ((white - white[chosen[-1]]) ** 2).sum(axis=1))
    distance = ((white[:, None, :] - white[chosen][None]) ** 2).sum(axis=2)  # (n, k)
    owner = distance.argmin(axis=1)
    shares, centres, factors = [], [], []
    for j in range(k):
        own = np.where(owner == j, weights, 0.0)
        share = own.sum()
        # A component of few points starts from the whole cloud's shape, drawn in.
        few = share <= 0 or np.count_nonzero(own) <= 2 * points.shape[1]
        shares.append(max(share, 1e-3))
        centres.append(points[chosen[j]] if few else own @ points / share)
        factors.append(0.5 * factor if few else covariance_factor(points, own / share))
    return StudentMixture(np.array(shares) / sum(shares), np.array(centres), np.array(factors), 8.0)


def _fit(
    mixture: StudentMixture,
    points: FloatArray,
    weights: FloatArray,
    effective: float,
    n_steps: int = _EM_STEPS,
) -> tuple[StudentMixture, float] | None:
    """Return the mixture after expectation maximization and its mean log density; None if one died out."""
    d, before = mixture.dimension, -np.inf
    for _ in range(n_steps):
        distances = mixture.distances(points)
        parts = mixture.log_parts(distances)
        total = _log_sum(parts)
        likely = float(weights @ total)
        if likely - before < LEAST_GAIN:
            break
        before = likely
        owned = np.exp(parts - total) * weights  # (K, n)
        shares = owned.sum(axis=1)
        if np.any(shares * effective < d + 2):
            return None
        mixture = _maximize(mixture, points, distances, owned, effective)
    return mixture, before


def _maximize(
    mixture: StudentMixture, points: FloatArray, distances: FloatArray, owned: FloatArray, effective: float
) -> StudentMixture:
    """Return the components that responsibilities `owned` (K, n) make most likely."""
    d, dof = mixture.dimension, mixture.dof
    shares = owned.sum(axis=1)
    pulls = owned * (dof + d) / (dof + distances)  # far points count less in a Student-t
    centres = (pulls @ points) / pulls.sum(axis=1)[:, None]
    factors, across = [], np.ascontiguousarray(points.T)  # (d, n): NumPy is quick along the last axis
    for centre, pull, share in zip(centres, pulls, shares, strict=True):
        centred = np.sqrt(pull) * (across - centre[:, None])
        scale = centred @ centred.T / share
        factors.append(stable_factor(scale, effective=2.0 * share * effective))
    return StudentMixture(shares / shares.sum(), centres, np.array(factors), dof)


def _with_best_tails(
    mixture: StudentMixture, points: FloatArray, weights: FloatArray, effective: float
) -> StudentMixture:
    """Return the mixture refitted with the degrees of freedom under which the cloud is most likely."""
    best, most = mixture, -np.inf
    for dof in DEGREES_OF_FREEDOM:
        start = StudentMixture(mixture.shares, mixture.centres, mixture.factors, dof)
        fitted = _fit(start, points, weights, effective, _TAIL_STEPS)
        if fitted is not None and fitted[1] > most:
            best, most = fitted
    return best


def _information_criterion(mixture: StudentMixture, mean_log_density: float, effective: float) -> float:
    k, d = mixture.centres.shape
    n_parameters = k * (1 + d + d * (d + 1) / 2) - 1
    return float(-2.0 * effective * mean_log_density + n_parameters * np.log(max(effective, 2.0)))


def k_hat(log_weights: FloatArray) -> float:
    """Return the shape of the Pareto tail of importance weights.

    Below 0.5 their variance is finite and the mean behaves; above 0.7 no practical number of draws
    helps. Zero where all weights are equal, infinite where too few are above zero to tell. Where none is
    above `LIGHT` times their mean there is no tail that could matter, and it is zero at most: a shape
    fitted to the few steps in such weights can be anything.
    """
    finite = np.sort(log_weights[np.isfinite(log_weights)])
    n_tail = int(min(0.2 * len(log_weights), 3.0 * np.sqrt(len(log_weights))))
    if len(finite) < 2:
        return float("inf")
    if finite[-1] - finite[0] < 1e-9:
        return 0.0
    n_tail = min(max(n_tail, 5), len(finite) - 1)
    weights = np.exp(finite - finite[-1])
    excess = weights[-n_tail:] - weights[-n_tail - 1]
    if excess[-1] < 1e-12:
        return 0.0  # the largest differ by rounding alone
    shape = _pareto_shape(excess[excess > 1e-12])
    return min(shape, 0.0) if weights.sum() * LIGHT > len(log_weights) else shape


def _pareto_shape(excess: FloatArray) -> float:
    """Return the generalized Pareto shape of sorted excesses: the mean under a weak prior on the scale."""
    return pareto_tail(excess)[0] if len(excess) >= 5 else float("inf")  # all the weight lies on a few points


def pareto_tail(excess: FloatArray) -> tuple[float, float]:
    """Return shape and scale of the generalized Pareto distribution of sorted excesses, at least five.

    No excess is negative, and that at the lower quartile is above zero.
    """
    n = len(excess)
    n_grid = 30 + int(np.sqrt(n))
    quartile = excess[int(n / 4 + 0.5) - 1]
    grid = 1.0 - np.sqrt(n_grid / (np.arange(1, n_grid + 1) - 0.5))
    grid = grid / (3.0 * quartile) + 1.0 / excess[-1]
    shapes = np.log1p(-grid[:, None] * excess).mean(axis=1)
    profile = n * (np.log(-grid / shapes) - shapes - 1.0)
    best = float(normalized(profile) @ grid)
    shape = float(np.log1p(-best * excess).mean())
    # Ten imagined points with shape one half steady few points.
    return (n * shape + 5.0) / (n + 10.0), -shape / best
