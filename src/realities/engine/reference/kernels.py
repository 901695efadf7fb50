"""Which NumPy function each operation of a `Graph` is.

In come the name of an operation and its detail; out goes a function from arrays to an array, each
argument a whole block of draws or a single number. `functions.py`, `lookups.py` and `random.py` supply
those of the language's built-ins; `graph.py` and `tape.py` call them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realities.engine.reference.functions import FUNCTIONS
from realities.engine.reference.lookups import Table
from realities.engine.reference.points import Points
from realities.engine.reference.random import uniform

Kernel = Callable[..., Any]


def _real(truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.asarray(truth, dtype=np.float64)


def _is_true(value: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.not_equal(value, 0.0)


def _power(base: NDArray[np.float64], exponent: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return base ^ exponent, the same bits whether one exponent comes in or an array of it."""
    if np.ndim(exponent) == 0 and exponent in _SHORT_CUTS:
        exponent = np.full(np.shape(base) or 1, exponent)
        return np.asarray(np.power(base, exponent)).reshape(np.shape(base))
    return np.asarray(np.power(base, exponent))


#: Single exponents for which NumPy takes another way than for arrays of them.
_SHORT_CUTS = (-1.0, 0.0, 0.5, 1.0, 2.0)
#: Operations of the engine itself. Those that are ufuncs can write into memory they are given.
_OPERATIONS: Mapping[str, Kernel] = MappingProxyType(
    {
        "+": np.add,
        "-": np.subtract,
        "*": np.multiply,
        "/": np.divide,
        "^": _power,
        "negative": np.negative,
        "min": np.minimum,
        "max": np.maximum,
        "fmod": np.fmod,
        "<": np.less,
        "<=": np.less_equal,
        ">": np.greater,
        ">=": np.greater_equal,
        "=": np.equal,
        "<>": np.not_equal,
        "and": np.logical_and,
        "or": np.logical_or,
        "not": np.logical_not,
        "is_true": _is_true,
        "real": _real,
        "select": np.where,
    }
)
#: Readings of a table, by the key of their built-in.
READINGS: Mapping[str, Kernel] = MappingProxyType(
    {
        "lookup": Table.at,
        "vensim.data_at_time": Points.at_time,
        "vensim.data_between_times": Points.between_times,
        "vensim.data_first_time": Points.first_time,
        "vensim.data_last_time": Points.last_time,
        "vensim.data_max": Points.largest,
        "vensim.data_mean": Points.mean,
        "vensim.data_median": Points.median,
        "vensim.data_min": Points.smallest,
        "vensim.data_total_points": Points.count,
        "vensim.lookup_area": Table.area,
        "vensim.lookup_invert": Table.inverse,
        "vensim.lookup_slope": Table.slope,
        "vensim.random_lookup": Table.drawn,
    }
)


def kernel(op: str, detail: Hashable) -> Kernel:
    """Return the function of an operation.

    Parameters
    ----------
    op
        An operation of the engine or the key of a built-in.
    detail
        The `Table` to read for a reading, the site of the call for "uniform", else None.
    """
    if op in _OPERATIONS:
        return _OPERATIONS[op]
    if op in READINGS:
        return partial(READINGS[op], detail)
    if isinstance(detail, int):
        return partial(uniform, site=detail)
    return FUNCTIONS[op]
