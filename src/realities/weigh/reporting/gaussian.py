"""Errors of one quantity's reports that are jointly Gaussian, integrated out exactly.

In come residuals (report minus truth, on the measure's scale) of all draws; out come their log density
and draws of what was integrated out. A residual is

    coefficients (a bias, a trend) + lasting errors (`processes.py`) + noise.

Coefficients have independent normal priors, noise is independent. The lasting error is often the
discrepancy alone, a stationary Ornstein-Uhlenbeck process that all reports share: its precision between
distinct days is tridiagonal, so a density costs a time proportional to the number of rows, for all draws
at once. Where reporters walk or share an origin, `filtering.py` does the same for all of it together.
Rows that are intervals are in `intervals.py`; `values.py` prepares the rows.

References
----------
Rue, H. and Held, L. (2005). Gaussian Markov Random Fields. Chapman & Hall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realities.weigh.reporting.filtering import Filter
from realities.weigh.reporting.processes import Borne, Wander
from realities.weigh.reporting.small import inverted, times

FloatArray = NDArray[np.float64]


class Days:
    """The days of some rows, and the precision of the discrepancy between them: worked out once, used often.

    Attributes
    ----------
    of_rows
        Day of each row, ascending, shape (row,).
    nodes, first, node_of_row
        The distinct days, (node,); the first row of each, (node,); and which of them each row has, (row,).
    precision
        What `_precision` makes of them; None without a discrepancy or a row.
    """

    def __init__(self, of_rows: FloatArray, wander: Wander | None) -> None:
        self.of_rows = of_rows
        self.nodes, self.first = np.unique(of_rows, return_index=True)
        self.node_of_row = np.searchsorted(self.nodes, of_rows)
        self.precision = None if wander is None or not len(of_rows) else _precision(wander, self.nodes)


class GaussianErrors:
    """The error structure of some rows: which coefficients each has, and when it was.

    Parameters
    ----------
    design
        What each coefficient adds to each row, shape (draw, row, coefficient), or (1, row, coefficient)
        if it is the same for all draws.
    prior_sd
        Standard deviation of each coefficient, > 0; means are zero.
    days
        Day of each row, ascending, shape (row,), or what `Days` made of them and of the same `wander`.
    wander
        The discrepancy, which all rows share, or None.
    borne
        Lasting errors of some of the rows.
    """

    def __init__(
        self,
        design: FloatArray,
        prior_sd: FloatArray,
        days: FloatArray | Days,
        wander: Wander | None,
        borne: tuple[Borne, ...] = (),
    ) -> None:
        known = days if isinstance(days, Days) else Days(days, wander)
        self.design, self.prior_sd, self.days, self.wander = design, prior_sd, known.of_rows, wander
        self.borne = borne
        self.nodes, self.node_of_row, self._first = known.nodes, known.node_of_row, known.first
        if known.precision is not None:
            self._diagonal, self._beside, self._log_det = known.precision

    @property
    def n_rows(self) -> int:
        """How many rows."""
        return len(self.days)

    @property
    def is_independent(self) -> bool:
        """Whether rows share nothing."""
        return self.is_free_of_lasting and not self.design.shape[2]

    @property
    def is_free_of_lasting(self) -> bool:
        """Whether no error lasts."""
        return self.wander is None and not self.borne

    def covariance_with(self, other: GaussianErrors) -> FloatArray:
        """Return the covariance, noise apart, with rows of the same coefficients: (draw | 1, row, other)."""
        shared = (self.design * self.prior_sd**2) @ other.design.transpose(0, 2, 1)
        return shared + self.lasting_covariance_with(other)

    def lasting_covariance_with(self, other: GaussianErrors) -> FloatArray:
        """Return the covariance of lasting errors alone with other rows, shape (draw | 1, row, other)."""
        shared = np.zeros((1, self.n_rows, other.n_rows))
        if self.wander is not None:
            shared = shared + self.wander.covariance(self.days, other.days)
        for mine, theirs in zip(self.borne, other.borne, strict=True):
            both = mine.rows[:, None] * theirs.rows
            shared = shared + both * mine.process.covariance(self.days, other.days)
        return shared

    def with_noise(self, variance: FloatArray | Noise) -> FactoredErrors:
        """Return the structure with noise variances, shape (draw, row) or (1, row), ready to use.

        What `Noise` makes of the variances can be given in their place where it serves often.
        """
        noise = variance if isinstance(variance, Noise) else Noise(self, variance)
        return FactoredErrors(self, noise)

    def gather(self, values: FloatArray) -> FloatArray:
        """Sum over the rows of each distinct day: (draw, row, ...) to (node, draw, ...)."""
        return np.moveaxis(np.add.reduceat(values, self._first, axis=1), 1, 0)

    def tridiagonal(self, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the factors of the discrepancy's precision, to which each row adds its `weight`.

        Pivots and multipliers are (node, draw); then comes the log determinant over the prior's, (draw,).
        """
        diagonal = self._diagonal[:, None] + self.gather(weight)
        pivots, multipliers = np.empty_like(diagonal), np.empty_like(diagonal[1:])
        pivots[0] = diagonal[0]
        for i, beside in enumerate(self._beside):
            multipliers[i] = beside / pivots[i]
            pivots[i + 1] = diagonal[i + 1] - beside * multipliers[i]
        return pivots, multipliers, np.log(pivots).sum(axis=0) - self._log_det


class Noise:
    """Noise and lasting errors of some rows together: V = noise + lasting errors, ready to be divided by.

    The discrepancy's precision is tridiagonal, which makes one pass over the days; with other lasting
    errors beside it there is a filter. Where all is the same for all draws, V^-1 is worked out once, and a
    product with it is faster than passes over draws.
    """

    def __init__(self, errors: GaussianErrors, variance: FloatArray) -> None:
        self.variance = variance
        self._errors, self._weight = errors, 1.0 / variance  # (draw | 1, row)
        self.log_det = np.log(variance).sum(axis=1)
        self._is_plain = errors.is_free_of_lasting or not errors.n_rows
        self._inverse: FloatArray | None = None
        self._filter: Filter | None = None
        self._white: FloatArray | None = None
        if errors.borne and not self._is_plain:
            self._prepare_filter()
        elif not self._is_plain:
            self._pivots, self._multipliers, extra = errors.tridiagonal(self._weight)
            self.log_det = self.log_det + extra
            if len(variance) == 1:
                self._inverse = self._pass(np.eye(errors.n_rows)[None])[0]

    def _prepare_filter(self) -> None:
        errors = self._errors
        borne = [(one.process, one.rows) for one in errors.borne]
        shared = [] if errors.wander is None else [(errors.wander, np.ones(errors.n_rows))]
        self._filter = Filter(errors.days, self.variance, [*shared, *borne])
        self.log_det = self._filter.log_det
        if len(self.log_det) == 1:
            self._white = self._filter.whiten(np.eye(errors.n_rows)[None])[0]
            self._inverse = self._white.T @ self._white

    def square(self, values: FloatArray) -> FloatArray:
        """Return values' V^-1 values for values (draw, row), shape (draw,)."""
        if self._filter is None:
            return np.asarray(np.einsum("dr,dr->d", values, self.solve(values)))
        white = self._filter.whiten(values) if self._white is None else values @ self._white.T
        return np.asarray(np.einsum("dr,dr->d", white, white))

    def solve(self, values: FloatArray) -> FloatArray:
        """Return V^-1 values for values (draw | 1, row) or (draw | 1, row, other)."""
        if self._is_plain:
            return np.asarray(self._weight.reshape(self._weight.shape + (1,) * (values.ndim - 2)) * values)
        if self._inverse is None:
            return self._pass(values) if self._filter is None else self._filter.solve(values)
        if values.ndim == 2:
            return np.asarray(values @ self._inverse)  # symmetric
        solved = np.empty(values.shape)
        for k in range(values.shape[2]):
            np.matmul(values[:, :, k], self._inverse, out=solved[:, :, k])
        return solved

    def _pass(self, values: FloatArray) -> FloatArray:
        weight = self._weight.reshape(self._weight.shape + (1,) * (values.ndim - 2))
        held = _solve_tridiagonal(self._pivots, self._multipliers, self._errors.gather(weight * values))
        return np.asarray(weight * (values - np.moveaxis(held, 0, 1)[:, self._errors.node_of_row]))


class FactoredErrors:
    """Error structure with given noise: densities, solves and conditional draws.

    The covariance of the rows is C = V + X S X', V = noise + discrepancy. Both inverses are applied by
    Woodbury's identity: V through the tridiagonal precision, C through a small matrix of coefficients.
    """

    def __init__(self, errors: GaussianErrors, noise: Noise) -> None:
        self.errors, self.noise = errors, noise
        self._log_det = noise.log_det
        if errors.design.shape[2]:
            self._add_coefficients()

    def _add_coefficients(self) -> None:
        design, sd = self.errors.design, self.errors.prior_sd
        self._solved_design = self.noise.solve(design)  # (draw | 1, row, coefficient)
        inner = design.transpose(0, 2, 1) @ self._solved_design + np.diag(sd**-2.0)
        self._inner, log_det = inverted(inner)
        self._log_det = self._log_det + log_det + 2.0 * np.log(sd).sum()

    def solve(self, values: FloatArray) -> FloatArray:
        """Return C^-1 values for values (draw | 1, row) or (draw | 1, row, other).

        It is V^-1 of what the best coefficients leave over: nothing large is taken from anything large.
        """
        columns = values if values.ndim == 3 else values[:, :, None]
        solved = self.noise.solve(self.leftover(columns)[1])
        return solved if values.ndim == 3 else np.asarray(solved[:, :, 0])

    def leftover(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the best coefficients for values (draw | 1, row, other), and what they leave over.

        Coefficients are (draw, coefficient, other). They are improved once by what they leave over,
        which makes up for the digits that the first, perhaps huge, ones are short of.
        """
        if not self.errors.design.shape[2]:
            return np.zeros((len(values), 0, values.shape[2])), values
        loads = self._inner @ (self._solved_design.transpose(0, 2, 1) @ values)
        rest = values - self.errors.design @ loads
        pull = loads / self.errors.prior_sd[:, None] ** 2
        more = self._inner @ (self._solved_design.transpose(0, 2, 1) @ rest - pull)
        return loads + more, rest - self.errors.design @ more

    @property
    def coefficient_covariance(self) -> FloatArray:
        """The covariance of the coefficients, given the rows, shape (draw | 1, coefficient, coefficient)."""
        if not self.errors.design.shape[2]:
            return np.zeros((1, 0, 0))
        return np.asarray(self._inner)

    def log_density(self, residual: FloatArray) -> FloatArray:
        """Return the log density of residuals (draw, row), shape (draw,).

        The square is that of what the best coefficients leave over, and their own: two sums of squares,
        neither of which can be spoiled by the other however large the residuals are.
        """
        square = np.zeros(len(residual))
        if self.errors.design.shape[2]:
            loads = times(self._inner, times(self._solved_design.transpose(0, 2, 1), residual))
            residual = residual - times(self.errors.design, loads)
            square = ((loads / self.errors.prior_sd) ** 2).sum(axis=1)
        square = square + self.noise.square(residual)
        return np.asarray(-0.5 * (square + self._log_det + self.errors.n_rows * np.log(2.0 * np.pi)))

    def sample_given(self, residual: FloatArray, rng: np.random.Generator) -> IntegratedErrors:
        """Return what was integrated out, drawn given residuals (draw, row).

        A draw from the prior is corrected by what it misses of the residual, which makes it a draw given
        the residual.
        """
        errors, n_draws = self.errors, len(residual)
        coefficients = errors.prior_sd * rng.standard_normal((n_draws, len(errors.prior_sd)))
        imagined = (errors.design @ coefficients[:, :, None])[:, :, 0]
        imagined += np.sqrt(self.noise.variance) * rng.standard_normal(residual.shape)
        path = None
        if errors.wander is not None:
            path = errors.wander.sample(errors.nodes, n_draws, rng)
            imagined += path[:, errors.node_of_row]
        borne = [one.process.sample(errors.nodes, n_draws, rng) for one in errors.borne]
        for one, sampled in zip(errors.borne, borne, strict=True):
            imagined += one.rows * sampled[:, errors.node_of_row]
        loads, rest = self.leftover((residual - imagined)[:, :, None])
        missed = self.noise.solve(rest[:, :, 0])
        if errors.wander is not None and path is not None:
            path = path + missed @ errors.wander.covariance(errors.days, errors.nodes)
        for k, one in enumerate(errors.borne):
            across = one.process.covariance(errors.days, errors.nodes)  # (draw | 1, row, node)
            borne[k] = borne[k] + ((one.rows * missed)[:, None, :] @ across)[:, 0]
        return IntegratedErrors(coefficients + loads[:, :, 0], path, tuple(borne))


@dataclass(frozen=True, slots=True)
class IntegratedErrors:
    """What was integrated out, drawn.

    Coefficients are (draw, coefficient); the discrepancy (draw, node), None without one; other lasting
    errors, in the order of `GaussianErrors.borne`, each (draw, node).
    """

    coefficients: FloatArray
    discrepancy: FloatArray | None
    borne: tuple[FloatArray, ...]


def _precision(wander: Wander, nodes: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Return diagonal, off-diagonal and log determinant of the process's precision between days."""
    rho = np.exp(-np.diff(nodes) / wander.timescale_days)
    fresh = -np.expm1(-2.0 * np.diff(nodes) / wander.timescale_days)  # 1 - rho^2, without cancelling
    diagonal = np.ones(len(nodes))
    diagonal[1:] += rho**2 / fresh
    diagonal[:-1] += rho**2 / fresh
    log_det = -2.0 * len(nodes) * np.log(wander.sd) - np.log(fresh).sum()
    return diagonal / wander.sd**2, -rho / fresh / wander.sd**2, float(log_det)


def _solve_tridiagonal(pivots: FloatArray, multipliers: FloatArray, right: FloatArray) -> FloatArray:
    """Return the solution (node, draw, ...) of a factored tridiagonal system."""
    shape = (-1, *pivots.shape[1:], *(1,) * (right.ndim - 2))
    pivots, multipliers = pivots.reshape(shape), multipliers.reshape(shape)
    solution = np.array(right)
    for i in range(len(multipliers)):
        solution[i + 1] -= multipliers[i] * solution[i]
    solution /= pivots
    for i in range(len(multipliers) - 1, -1, -1):
        solution[i] -= multipliers[i] * solution[i + 1]
    return solution
