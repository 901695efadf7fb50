"""Draws of an account in few bytes, told by z, which is N(0, 1) before any report.

In come an account's priors and the draws of a fit; out come, for each sampled number, how it follows from z,
and a byte for each draw's z, or two where the reports tie it so closely to others that a byte would tear it
from them; `bits.py` makes less of it for a page. That z makes it easy to move draws along with a pinned
constant: the worker's `moving.js` says how.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from realities.case.priors import Prior
from realities.report.encode import choose_days
from realities.report.live.bits import LEVELS, MOST_ROUNDING, alone
from realities.report.live.schema import LiveDrawsData, LivePriorData
from realities.weigh.shown import spread

FloatArray = NDArray[np.float64]

#: Draws further out than this are put here; one in two hundred million is.
MOST_Z = 5.7
#: Points of a table, and how far a line between them may be off, as part of the whole.
_POINTS, _OFF = 60, 2e-4
_HUNDREDTHS = 600


def prior_data(prior: Prior) -> LivePriorData:
    """Return how a number follows from z: exactly where it is normal or lognormal, else by a fine table."""
    unbounded = prior.low == -np.inf and prior.high == np.inf
    if prior.family == "normal" and unbounded:
        mean, sd = prior.parameters
        return LivePriorData(kind="normal", a=mean, b=sd, z=[], values=[])
    if prior.family == "lognormal" and prior.low <= 0 and prior.high == np.inf:
        median, sigma = prior.parameters
        return LivePriorData(kind="lognormal", a=log(median), b=sigma, z=[], values=[])
    hundredths = np.arange(-_HUNDREDTHS, _HUNDREDTHS + 1)
    z = hundredths / 100.0
    values = prior.ppf(ndtr(z))
    # The middle is to be as fine as if nothing lay far out.
    middle = np.clip(values, values[_HUNDREDTHS - 200], values[_HUNDREDTHS + 200])
    shapes = [shape / (float(np.ptp(shape)) or 1.0) for shape in (values, middle)]
    kept = choose_days(hundredths.astype(np.int64), np.stack(shapes), _POINTS, _OFF)
    return LivePriorData(
        kind="table", a=0.0, b=0.0, z=z[kept].tolist(), values=[float(f"{v:.8g}") for v in values[kept]]
    )


def values_of(prior: LivePriorData, z: FloatArray) -> FloatArray:
    """Return the number for each z, in the shape of `z`: what the worker does."""
    match prior["kind"]:
        case "normal":
            return prior["a"] + prior["b"] * z
        case "lognormal":
            return np.asarray(np.exp(prior["a"] + prior["b"] * z))
        case _:
            return np.interp(z, prior["z"], prior["values"])


def z_of(prior: LivePriorData, values: FloatArray) -> FloatArray:
    """Return z for each value, the inverse of `values_of`, within what is told of it."""
    with np.errstate(all="ignore"):
        match prior["kind"]:
            case "normal":
                z = (values - prior["a"]) / prior["b"]
            case "lognormal":
                z = (np.log(values) - prior["a"]) / prior["b"]
            case _:
                z = np.interp(values, prior["values"], prior["z"])
    return np.clip(np.nan_to_num(z, nan=0.0), -MOST_Z, MOST_Z)


def draws_data(
    priors: Mapping[str, LivePriorData], draws: Mapping[str, FloatArray], n_draws: int, n: int
) -> LiveDrawsData:
    """Return at most `n` of `n_draws` equally weighted draws, evenly spread among them.

    `priors` are those of the account, in the order by which names are told; of these the ones in `draws`,
    each (draw,), are kept.
    """
    chosen = spread(n_draws, n)
    names = [k for k, name in enumerate(priors) if name in draws]
    z = [z_of(prior, draws[name][chosen]) for name, prior in priors.items() if name in draws]
    low = [_outward(float(column.min()), np.floor) for column in z]
    high = [_outward(float(column.max()), np.ceil) for column in z]
    width = _widths(np.array(z), np.array(high) - np.array(low))
    return LiveDrawsData(
        n=len(chosen),
        names=names,
        width=width,
        low=low,
        high=high,
        z=b64encode(b"".join(_bytes(*one) for one in zip(z, low, high, width, strict=True))).decode("ascii"),
    )


def prior_draws_data(priors: Mapping[str, LivePriorData], names: Sequence[str], n: int) -> LiveDrawsData:
    """Return draws from the priors of some names: evenly spread over the cube, the same for all accounts."""
    dimension = max(len(names), 1)
    step = _evenly(dimension)
    points = (0.5 + np.outer(np.arange(1, n + 1), step)) % 1.0
    draws = {name: values_of(priors[name], ndtri(points[:, k])) for k, name in enumerate(sorted(names))}
    return draws_data(priors, draws, n, n)


def _evenly(dimension: int) -> FloatArray:
    """Return the generator of a sequence that fills a cube evenly: powers of a root of x^(d+1) = x + 1."""
    root = 2.0
    for _ in range(60):
        root = (1.0 + root) ** (1.0 / (dimension + 1))
    return np.asarray((1.0 / root) ** np.arange(1, dimension + 1) % 1.0, dtype=np.float64)


def _outward(value: float, direction: np.ufunc) -> float:
    return float(direction(value * 1000.0) / 1000.0)


def _widths(z: FloatArray, ranges: FloatArray) -> list[int]:
    """Return how many bytes each number takes, for z (name, draw) that lie within `ranges` (name,)."""
    if z.shape[0] == 0 or z.shape[1] <= z.shape[0]:
        return [2] * z.shape[0]
    rounding = ranges / LEVELS[1] / np.sqrt(12.0)
    return [1 if small <= MOST_ROUNDING * own else 2 for small, own in zip(rounding, alone(z), strict=True)]


def _bytes(z: FloatArray, low: float, high: float, width: int) -> bytes:
    levels = np.clip(np.rint((z - low) / max(high - low, 1e-12) * LEVELS[width]), 0, LEVELS[width])
    return levels.astype(">u1" if width == 1 else ">u2").tobytes()
