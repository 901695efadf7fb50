"""Sharing a scarce supply among claimants by priority.

In come what is available, and each claimant's request and priority curve; out goes what one of them
gets. All are supplied at one common price: the price at which what they take adds up to the supply.
A claimant takes its whole request where the price is far below its priority, nothing far above it.
`functions.py` lists both functions by key.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from realities.errors import SimulationError

FloatArray = NDArray[np.float64]

#: Halvings of the range of prices; after that many no double lies between the bounds.
_HALVINGS = 120
#: Beyond this many widths from its priority every curve is at one of its ends, to the last bit.
_REACH = 800.0
_FIXED, _RECTANGULAR, _TRIANGULAR, _NORMAL, _EXPONENTIAL = range(5)


def allocate_available(available: FloatArray, *claims: FloatArray) -> FloatArray:
    """Return what each claimant gets, along a new last axis.

    Parameters
    ----------
    available
        The supply, a shape that broadcasts with the draws.
    claims
        Request, type, priority, width and a further number of each claimant in turn.

    Raises
    ------
    SimulationError
        For a type of curve other than 0 to 4.
    """
    return _cleared(available, *_curves(claims))


def allocate_by_priority(available: FloatArray, width: FloatArray, *claims: FloatArray) -> FloatArray:
    """Return what each claimant gets when all curves are rectangles of one width, along a new last axis.

    `claims` are request and priority of each claimant in turn.
    """
    request, priority = stacked(*claims[0::2]), stacked(*claims[1::2])
    kind = np.full_like(request, _RECTANGULAR)
    return _cleared(available, request, kind, priority, np.asarray(width)[..., np.newaxis])


def find_market_price(demanders: FloatArray, *claims: FloatArray) -> FloatArray:
    """Return the price at which what is demanded is what is supplied.

    `claims` are quantity, type, priority, width and a further number of each demander in turn, as many
    as `demanders` says, then of each supplier. Where a range of prices does it, the lowest.

    Raises
    ------
    SimulationError
        For a type of curve other than 0 to 4.
    """
    split = 5 * int(np.max(demanders))
    demand, supply = _curves(claims[:split]), _curves(claims[split:])
    _, _, priority, width = (np.concatenate(sides, axis=-1) for sides in _paired(demand, supply))
    low = (priority - _REACH * np.abs(width) - 1.0).min(axis=-1)
    high = (priority + _REACH * np.abs(width) + 1.0).max(axis=-1)
    for _ in range(_HALVINGS):
        price = 0.5 * (low + high)
        wanted = total(_demanded(price[..., np.newaxis], *demand))
        offered = total(_supplied(price[..., np.newaxis], *supply))
        low, high = np.where(wanted > offered, price, low), np.where(wanted > offered, high, price)
    return np.asarray(high)


def demand_at_price(
    price: FloatArray, quantity: FloatArray, kind: FloatArray, priority: FloatArray, width: FloatArray, _: Any
) -> FloatArray:
    """Return what one demander takes at a price: all of `quantity` where it is low, nothing where high."""
    _check(kind)
    return _demanded(price, quantity, kind, priority, width)


def supply_at_price(
    price: FloatArray, quantity: FloatArray, kind: FloatArray, priority: FloatArray, width: FloatArray, _: Any
) -> FloatArray:
    """Return what one supplier gives at a price: nothing where it is low, all of `quantity` where high."""
    _check(kind)
    return _supplied(price, quantity, kind, priority, width)


def _demanded(
    price: FloatArray, quantity: FloatArray, kind: FloatArray, priority: FloatArray, width: FloatArray
) -> FloatArray:
    return quantity * _share(*np.broadcast_arrays(price, kind, priority, width))


def _supplied(
    price: FloatArray, quantity: FloatArray, kind: FloatArray, priority: FloatArray, width: FloatArray
) -> FloatArray:
    # The curve of a supplier is that of a demander, mirrored at its priority.
    return quantity * _share(*np.broadcast_arrays(2.0 * np.asarray(priority) - price, kind, priority, width))


def _curves(claims: tuple[FloatArray, ...]) -> list[FloatArray]:
    """Return quantity, type, priority and width of some claimants, each along a last axis."""
    quantity, kind, priority, width = (stacked(*claims[part::5]) for part in range(4))
    _check(kind)
    return [quantity, kind, priority, width]


def _paired(demand: list[FloatArray], supply: list[FloatArray]) -> list[tuple[FloatArray, FloatArray]]:
    """Return each part of two sides with the same draws."""
    draws = np.broadcast_shapes(*(part.shape[:-1] for part in (*demand, *supply)))
    wide = ([np.broadcast_to(part, (*draws, part.shape[-1])) for part in side] for side in (demand, supply))
    return list(zip(*wide, strict=True))


def _check(kind: FloatArray) -> None:
    if not np.isin(kind, (_FIXED, _RECTANGULAR, _TRIANGULAR, _NORMAL, _EXPONENTIAL)).all():
        wrong = np.asarray(kind)[~np.isin(kind, range(5))].flat[0]
        raise SimulationError(
            f"a priority curve is of type {wrong:g}: only 0 fixed, 1 rectangular, 2 triangular, 3 normal and "
            "4 exponential are supported"
        )


def _cleared(
    available: FloatArray,
    request: FloatArray,
    kind: FloatArray,
    priority: FloatArray,
    width: FloatArray,
) -> FloatArray:
    """Return what each claimant gets at the price that clears the supply; claimants on the last axis."""
    available = np.asarray(available)[..., np.newaxis]
    request, kind, priority, width, available = np.broadcast_arrays(request, kind, priority, width, available)
    available = available[..., :1]
    low = (priority - _REACH * np.abs(width) - 1.0).min(axis=-1, keepdims=True)
    high = (priority + _REACH * np.abs(width) + 1.0).max(axis=-1, keepdims=True)
    for _ in range(_HALVINGS):
        price = 0.5 * (low + high)
        taken = _total(request * _share(price, kind, priority, width))
        low, high = np.where(taken > available, price, low), np.where(taken > available, high, price)
    most = request * _share(low, kind, priority, width)
    least = request * _share(high, kind, priority, width)
    # What the jump at the clearing price leaves is shared in proportion to the jumps.
    jump = _total(most - least)
    rest = np.clip(available - _total(least), 0.0, None)
    given = least + (most - least) * np.where(jump > 0.0, np.minimum(rest / jump, 1.0), 0.0)
    # A claimant that takes its request at any price can still not get more than there is.
    sent = _total(given)
    given = given * np.where(sent > available, np.maximum(available, 0.0) / sent, 1.0)
    enough = available >= _total(request)
    return np.where(enough, request, given)


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


def total(values: FloatArray) -> FloatArray:
    """Return the sum along the last axis, added from left to right."""
    return np.asarray(np.add.accumulate(values, axis=-1)[..., -1])


def _total(values: FloatArray) -> FloatArray:
    """Return the sum along the last axis as an axis of length one."""
    return total(values)[..., np.newaxis]


def stacked(*elements: FloatArray) -> FloatArray:
    """Return arrays that broadcast side by side, along a new last axis."""
    shape = np.broadcast_shapes(*{np.shape(element) for element in elements})
    together = np.empty((*shape, len(elements)))
    for number, element in enumerate(elements):
        together[..., number] = element
    return together
