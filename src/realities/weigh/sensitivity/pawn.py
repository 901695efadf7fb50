"""How far an input shifts an output: PAWN, on draws that are there already.

In come draws of inputs and of one output; out comes for each input the PAWN index (Pianosi and Wagener
2018): the draws are cut into slices of the input, and the largest distance between the distribution function
of the output in a slice and in all draws is taken, the median over slices. It is computed by SALib, which
comes in here and nowhere else. An input that does nothing has an index above zero, the larger the fewer
draws there are. So copies are made that do nothing for certain, posterior points in another order, and the
`floor` is what such copies reach. Neither depends on the order of the draws. Next is `assumptions.py`.

References
----------
Pianosi, F. and Wagener, T. (2018). Distribution-based sensitivity analysis from a generic input-output
sample. Environmental Modelling & Software 108, 197-207.
Iwanaga, T., Usher, W. and Herman, J. (2022). Toward SALib 2.0. Socio-Environmental Systems Modelling 4.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realities.errors import RealitiesError

FloatArray = NDArray[np.float64]

#: Slices of an input, and draws that a slice needs.
SLICES, LEAST_IN_SLICE = 10, 8
#: Copies that do nothing, and how many of their standard deviations the floor lies above their mean: a table
#: holds thousands of indices, and none of them should stand there by chance.
COPIES, DEVIATIONS = 10, 5.0


@dataclass(frozen=True, slots=True)
class Shifts:
    """PAWN indices by input, in [0, 1], and what an input that does nothing may reach."""

    index: Mapping[str, float]
    floor: float


def check_installed() -> None:
    """Raise `RealitiesError`, which says what to install, where SALib is missing."""
    try:
        import SALib.analyze.pawn  # noqa: F401
    except ImportError:
        raise RealitiesError(
            'sensitivities need SALib: pip install "realities[sensitivity]"; or pip install SALib'
        ) from None


def shifts(
    inputs: Mapping[str, FloatArray], output: FloatArray, points: NDArray[np.intp], *, seed: int = 0
) -> Shifts | None:
    """Return how far each input shifts an output; None where the output is one number, or draws are few.

    Parameters
    ----------
    inputs
        By name, each (draw,). Those that are one number are left out.
    output
        Shape (draw,); draws where it is no number are left aside.
    points
        Which posterior point each draw repeats, (draw,): copies that do nothing move points as a whole.
    seed
        Of the order of points in the copies.
    """
    kept = ~np.isnan(output)
    values = output[kept]
    varied = {name: column[kept] for name, column in sorted(inputs.items()) if np.ptp(column[kept]) > 0}
    if not varied or len(values) < SLICES * LEAST_IN_SLICE or (values == values[0]).all():
        return None
    numbers, place = np.unique(points[kept], return_inverse=True)
    rng = np.random.default_rng([seed, len(numbers)])
    copies = {
        f"copy {k}": rng.permutation(len(numbers)).astype(np.float64)[place.reshape(-1)]
        for k in range(COPIES)
    }
    found = _medians({**varied, **copies}, values)
    nothing = np.array([found.pop(name) for name in copies])
    return Shifts(found, float(nothing.mean() + DEVIATIONS * nothing.std(ddof=1)))


def _medians(columns: Mapping[str, FloatArray], output: FloatArray) -> dict[str, float]:
    """Return the PAWN index of each column."""
    from SALib.analyze import pawn

    names = list(columns)
    matrix = np.column_stack([columns[name] for name in names])
    problem = {
        "num_vars": len(names),
        "names": names,
        "bounds": [[float(column.min()), float(column.max())] for column in matrix.T],
    }
    with warnings.catch_warnings():  # slices of an input with few values may be empty: they do not count
        warnings.simplefilter("ignore", RuntimeWarning)
        found = pawn.analyze(problem, matrix, output, S=SLICES)
    return {name: float(value) for name, value in zip(names, found["median"], strict=True)}


def distance(first: FloatArray, second: FloatArray, weights: FloatArray | None = None) -> float:
    """Return the largest distance between two distribution functions: Kolmogorov's.

    Parameters
    ----------
    first, second
        Draws of one output, each (draw,); NaN is left aside.
    weights
        Of the second ones, (draw,), >= 0; default: equal.
    """
    weights = np.ones(len(second)) if weights is None else weights
    kept = ~np.isnan(second)
    second, weights = second[kept], weights[kept]
    first = np.sort(first[~np.isnan(first)])
    if not len(first) or weights.sum() == 0:
        return 0.0
    order = np.argsort(second, kind="stable")
    second, total = second[order], np.concatenate([[0.0], np.cumsum(weights[order])])
    at = np.concatenate([first, second])
    below = np.searchsorted(first, at, side="right") / len(first)
    above = total[np.searchsorted(second, at, side="right")] / total[-1]
    return float(np.abs(below - above).max())
