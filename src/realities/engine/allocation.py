"""Sharing a scarce supply among claimants by priority.

In come what is available, and each claimant's request and priority curve; out goes what one of them
gets. All are supplied at one common price: the price at which what they take adds up to the supply.
A claimant takes its whole request where the price is far below its priority, nothing far above it.
`functions.py` lists both functions by key.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from realities.errors import SimulationError

FloatArray = NDArray[np.float64]

#: Halvings of the range of prices; after that many no double lies between the bounds.
_HALVINGS = 120
#: Beyond this many widths from its priority every curve is at one of its ends, to the last bit.
_REACH = 800.0
_FIXED, _RECTANGULAR, _TRIANGULAR, _NORMAL, _EXPONENTIAL = range(5)


def allocate_available(position: FloatArray, available: FloatArray, *claims: FloatArray) -> FloatArray:
    """Return what the claimant at `position` (from 0) gets.

    Parameters
    ----------
    position, available
        Which claimant, and the supply, shapes that broadcast with the draws.
    claims
        Request, type, priority, width and a further number of each claimant in turn.

    Raises
    ------
    SimulationError
        For a type of curve other than 0 to 4.
    """
    request, kind, priority, width = (_stacked(claims[part::5]) for part in range(4))
    if not np.isin(kind, (_FIXED, _RECTANGULAR, _TRIANGULAR, _NORMAL, _EXPONENTIAL)).all():
        raise SimulationError("ALLOCATE AVAILABLE: only priority types 0 to 4 are supported")
    return _cleared(position, available, request, kind, priority, width)


def allocate_by_priority(
    position: FloatArray, available: FloatArray, width: FloatArray, *claims: FloatArray
) -> FloatArray:
    """Return what the claimant at `position` gets when all curves are rectangles of one width.

    `claims` are request and priority of each claimant in turn.
    """
    request, priority = _stacked(claims[0::2]), _stacked(claims[1::2])
    kind = np.full_like(request, _RECTANGULAR)
    return _cleared(position, available, request, kind, priority, np.asarray(width)[..., np.newaxis])


def _cleared(
    position: FloatArray,
    available: FloatArray,
    request: FloatArray,
    kind: FloatArray,
    priority: FloatArray,
    width: FloatArray,
) -> FloatArray:
    """Return what one claimant gets at the price that clears the supply; claimants on the last axis."""
    available = np.asarray(available)[..., np.newaxis]
    request, kind, priority, width, available = np.broadcast_arrays(request, kind, priority, width, available)
    available = available[..., :1]
    low = (priority - _REACH * np.abs(width) - 1.0).min(axis=-1, keepdims=True)
    high = (priority + _REACH * np.abs(width) + 1.0).max(axis=-1, keepdims=True)
    for _ in range(_HALVINGS):
        price = 0.5 * (low + high)
        taken = (request * _share(price, kind, priority, width)).sum(axis=-1, keepdims=True)
        low, high = np.where(taken > available, price, low), np.where(taken > available, high, price)
    most = request * _share(low, kind, priority, width)
    least = request * _share(high, kind, priority, width)
    # What the jump at the clearing price leaves is shared in proportion to the jumps.
    jump = (most - least).sum(axis=-1, keepdims=True)
    rest = np.clip(available - least.sum(axis=-1, keepdims=True), 0.0, None)
    given = least + (most - least) * np.where(jump > 0.0, np.minimum(rest / jump, 1.0), 0.0)
    # A claimant that takes its request at any price can still not get more than there is.
    total = given.sum(axis=-1, keepdims=True)
    given = given * np.where(total > available, np.maximum(available, 0.0) / total, 1.0)
    enough = available >= request.sum(axis=-1, keepdims=True)
    given = np.where(enough, request, given)
    index = np.broadcast_to(np.asarray(position), given.shape[:-1]).astype(np.intp)
    return np.asarray(np.take_along_axis(given, index[..., np.newaxis], axis=-1)[..., 0])


def _share(price: FloatArray, kind: FloatArray, priority: FloatArray, width: FloatArray) -> FloatArray:
    """Return the share of its request that each claimant takes at a price, 1 to 0 as the price rises.

    The curves are the tails of the distributions they are named for, centered at the priority.
    """
    from scipy.special import ndtr

    above = np.where(price < priority, 1.0, 0.0)
    distance = (price - priority) / np.where(width > 0.0, width, 1.0)
    tail = np.exp(-np.abs(distance))
    near = np.clip(0.5 - np.abs(distance), 0.0, 0.5)
    curves = {
        _FIXED: np.ones_like(distance),
        _RECTANGULAR: np.clip(0.5 - distance, 0.0, 1.0),
        _TRIANGULAR: np.where(distance > 0.0, 2.0 * near**2, 1.0 - 2.0 * near**2),
        _NORMAL: ndtr(-distance),
        _EXPONENTIAL: np.where(distance > 0.0, 0.5 * tail, 1.0 - 0.5 * tail),
    }
    share = np.zeros_like(distance)
    for number, curve in curves.items():
        share = np.where(kind == number, curve, share)
    return np.where((width > 0.0) | (kind == _FIXED), share, above)


def _stacked(elements: tuple[FloatArray, ...]) -> FloatArray:
    return np.stack(np.broadcast_arrays(*elements), axis=-1)
