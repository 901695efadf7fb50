"""What each built-in of the language computes, in NumPy, for many draws at once.

In come arrays of one block of draws (or single numbers); out goes an array. Every row of
`ir/builtins.py` is either here, by its key, or written out in simpler operations in `expansions.py`.
Random functions get a number from (0, 1) in the place of their seed: see `distributions.py`.
`kernels.py` makes operations of these functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realities.engine.reference.allocation import (
    allocate_available,
    allocate_by_priority,
    demand_at_price,
    find_market_price,
    stacked,
    supply_at_price,
    total,
)
from realities.engine.reference.calendar import date_part, date_part_of_360
from realities.engine.reference.distributions import DISTRIBUTIONS
from realities.engine.reference.functions_xmile import XMILE_FUNCTIONS
from realities.engine.reference.lookups import vector_lookup
from realities.ir.builtins import NOT_AVAILABLE

FloatArray = NDArray[np.float64]


def _log(x: FloatArray, base: FloatArray) -> FloatArray:
    """Return the logarithm to a base; exact for powers of ten, which a quotient would miss by a digit."""
    return np.where(np.equal(base, 10.0), np.log10(x), np.log(x) / np.log(base))


def _quantum(x: FloatArray, size: FloatArray) -> FloatArray:
    return np.where(np.less_equal(size, 0.0), x, size * np.trunc(x / size))


def _gamma_ln(x: FloatArray) -> FloatArray:
    from scipy.special import gammaln

    return np.asarray(gammaln(x))


# --- whole arrays: every element is an argument ------------------------------------------------------


def _sort_order(direction: FloatArray, *elements: FloatArray) -> FloatArray:
    return _order(direction, stacked(*elements)).astype(np.float64)


def _rank(direction: FloatArray, *elements: FloatArray) -> FloatArray:
    order = _order(direction, stacked(*elements))
    places = np.broadcast_to(np.arange(1.0, len(elements) + 1.0), order.shape)
    ranks = np.empty(order.shape)
    np.put_along_axis(ranks, order, places, axis=-1)
    return ranks


def _order(direction: FloatArray, stacked: FloatArray) -> NDArray[np.intp]:
    """Return the positions of the elements when sorted, equal ones in their order; NaN last."""
    upward = np.argsort(stacked, axis=-1, kind="stable")
    downward = np.argsort(-stacked, axis=-1, kind="stable")
    return np.asarray(np.where(np.greater(direction, 0.0)[..., np.newaxis], upward, downward))


def _part(several: FloatArray, position: FloatArray) -> FloatArray:
    """Return one of the numbers on the last axis."""
    n = several.shape[-1]
    if np.ndim(position) == 0 and position > -0.5 and np.floor(position + 0.5) < n:
        return np.asarray(several[..., int(np.floor(position + 0.5))])
    outside = np.logical_not((position > -0.5) & (np.floor(position + 0.5) < n)) & np.equal(
        position, position
    )
    return np.where(outside, NOT_AVAILABLE, _pick(position, several))


def _pick(position: FloatArray, stacked: FloatArray) -> FloatArray:
    """Return the element at a position, rounded to the nearest; NaN outside."""
    n = stacked.shape[-1]
    valid = (position > -0.5) & (np.floor(position + 0.5) < n)  # for 1/2 less an ulp, 1
    index = np.where(valid, np.floor(position + 0.5), 0.0).astype(np.intp)
    index, valid = np.broadcast_arrays(index, valid)
    shape = np.broadcast_shapes(index.shape, stacked.shape[:-1])
    index = np.broadcast_to(index, shape)[..., np.newaxis]
    picked = np.take_along_axis(np.broadcast_to(stacked, (*shape, n)), index, axis=-1)[..., 0]
    return np.where(valid, picked, np.nan)


def _select(missing: FloatArray, action: FloatArray, error: FloatArray, *pairs: FloatArray) -> FloatArray:
    selection, elements = np.broadcast_arrays(stacked(*pairs[::2]), stacked(*pairs[1::2]))
    chosen = selection != 0.0
    weighted = selection * elements
    powers = np.where(chosen, selection, 1.0) ** np.where(chosen, elements, 0.0)
    results = (
        *_over_chosen(chosen, weighted),
        _product(powers),
        *_over_chosen(chosen, elements),
    )
    result = np.full(chosen.shape[:-1], np.nan)
    for number, values in enumerate(results):
        result = np.where(np.equal(action, number), values, result)
    count = chosen.sum(axis=-1)
    is_wrong = (np.isin(error, (1.0, 3.0)) & (count == 0)) | (np.isin(error, (2.0, 3.0)) & (count > 1))
    return np.where(is_wrong, np.nan, np.where(count > 0, result, missing))


def _over_chosen(chosen: NDArray[np.bool_], values: FloatArray) -> tuple[FloatArray, ...]:
    """Return sum, product, minimum, maximum and average of the values that are chosen."""
    added = total(np.where(chosen, values, 0.0))
    return (
        added,
        _product(np.where(chosen, values, 1.0)),
        np.where(chosen, values, np.inf).min(axis=-1),
        np.where(chosen, values, -np.inf).max(axis=-1),
        added / np.maximum(chosen.sum(axis=-1), 1),
    )


def _product(values: FloatArray) -> FloatArray:
    """Return the product along the last axis, from left to right."""
    return np.asarray(np.multiply.accumulate(values, axis=-1)[..., -1])


def _inverse(*entries: FloatArray) -> FloatArray:
    """Return the entries of the inverse by Gauss and Jordan, NaN where a matrix has none.

    Row k is exchanged with each later row that has more in column k, one after another; then it is divided by
    its pivot and subtracted from all others.
    """
    n, flat = math.isqrt(len(entries)), stacked(*entries)
    a = flat.reshape(*flat.shape[:-1], n, n).copy()
    b = np.broadcast_to(np.eye(n), a.shape).copy()
    is_singular = np.zeros(a.shape[:-2], dtype=np.bool_)
    for k in range(n):
        for i in range(k + 1, n):
            is_larger = (np.abs(a[..., i, k]) > np.abs(a[..., k, k]))[..., np.newaxis]
            for side in (a, b):
                above, below = side[..., k, :].copy(), side[..., i, :].copy()
                side[..., k, :] = np.where(is_larger, below, above)
                side[..., i, :] = np.where(is_larger, above, below)
        pivot = a[..., k, k].copy()
        is_singular |= pivot == 0.0
        for side in (b, a):
            side[..., k, :] /= pivot[..., np.newaxis]
        for i in range(n):
            if i != k:
                times = a[..., i, k, np.newaxis].copy()
                for side in (b, a):
                    side[..., i, :] -= times * side[..., k, :]
    b[is_singular] = np.nan
    return b.reshape(flat.shape)


#: Functions by the key of their built-in. Those that are ufuncs can write into memory they are given.
FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "abs": np.absolute,
        "exp": np.exp,
        "ln": np.log,
        "sqrt": np.sqrt,
        "vensim.log": _log,
        "vensim.integer": np.trunc,
        "vensim.modulo": np.fmod,
        "vensim.quantum": _quantum,
        "vensim.gamma_ln": _gamma_ln,
        "several": stacked,
        "part": _part,
        "sin": np.sin,
        "cos": np.cos,
        "tan": np.tan,
        "arcsin": np.arcsin,
        "arccos": np.arccos,
        "arctan": np.arctan,
        "sinh": np.sinh,
        "cosh": np.cosh,
        "tanh": np.tanh,
        "vensim.vector_sort_order": _sort_order,
        "vensim.vector_rank": _rank,
        "vensim.vector_lookup": vector_lookup,
        "vensim.vector_select": _select,
        "vensim.invert_matrix": _inverse,
        "vensim.allocate_available": allocate_available,
        "vensim.allocate_by_priority": allocate_by_priority,
        "vensim.date": date_part,
        "vensim.date_of_360": date_part_of_360,
        "vensim.demand_at_price": demand_at_price,
        "vensim.find_market_price": find_market_price,
        "vensim.supply_at_price": supply_at_price,
        **DISTRIBUTIONS,
        **XMILE_FUNCTIONS,
    }
)
