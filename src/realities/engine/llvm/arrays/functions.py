"""Functions of whole arrays in compiled code, by the key of their built-in.

In come a `Writer`, how many numbers come out, and the arguments: every element is one. Out come the results,
as the reference engine computes them. `order.py` sorts, `lookup.py` reads vectors as lookups,
`matrix.py` inverts, `allocation.py` shares a supply; what is short is here. `kernel/operations.py` writes the
instruction `array` with these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType

from realities.engine.llvm.arrays.allocation import (
    allocate_available,
    allocate_by_priority,
    demand_at_price,
    find_market_price,
    supply_at_price,
)
from realities.engine.llvm.arrays.lookup import vector_lookup
from realities.engine.llvm.arrays.matrix import inverse
from realities.engine.llvm.arrays.order import position_of_rank, rank, sort_order
from realities.engine.llvm.arrays.parts import apart, chosen, kept_nan, numbered, place_within, total
from realities.engine.llvm.writer import Value, Writer
from realities.ir.builtins import NOT_AVAILABLE


def _several(_: Writer, __: int, *elements: Value) -> list[Value]:
    """Return the elements."""
    return list(elements)


def _pick(w: Writer, _: int, position: Value, *elements: Value) -> list[Value]:
    """Return the element at a position, rounded to the nearest; :NA: outside, NaN where that is."""
    place = place_within(w, position, len(elements))
    return [kept_nan(w, position, chosen(w, place, elements, w.number(NOT_AVAILABLE)))]


def _element(w: Writer, _: int, position: Value, *elements: Value) -> list[Value]:
    """Return the element at a position, rounded to the nearest; 0 outside, NaN where that is."""
    place = place_within(w, position, len(elements))
    return [kept_nan(w, position, chosen(w, place, elements, w.number(0.0)))]


def _deviation(w: Writer, _: int, *elements: Value) -> list[Value]:
    """Return the standard deviation of the elements, all there are."""
    n = w.number(float(len(elements)))
    mean = w.div(total(w, elements), n)
    away = [w.sub(element, mean) for element in elements]
    return [w.sqrt(w.div(total(w, [w.mul(x, x) for x in away]), n))]


def _select(w: Writer, _: int, missing: Value, action: Value, error: Value, *pairs: Value) -> list[Value]:
    """Return what an action makes of those elements whose selection is not 0."""
    return apart(w, "vector_select", 1, [missing, action, error, *pairs], _write_select)


def _write_select(w: Writer, inputs: Sequence[Value]) -> list[Value]:
    missing, action, error, *pairs = inputs
    selection, elements = pairs[::2], pairs[1::2]
    zero, one = w.number(0.0), w.number(1.0)
    is_chosen = [w.compare("une", s, zero) for s in selection]
    count = total(w, [w.select(truth, one, zero) for truth in is_chosen])
    weighted = [w.mul(s, x) for s, x in zip(selection, elements, strict=True)]
    actions = [
        *_over_chosen(w, is_chosen, weighted, count),
        lambda: _product_of_powers(w, is_chosen, selection, elements),
        *_over_chosen(w, is_chosen, elements, count),
    ]
    found = numbered(w, action, actions)
    found = w.select(w.compare("ogt", count, zero), found, missing)
    none_is_wrong = w.both(_is_one_of(w, error, 1.0, 3.0), w.compare("oeq", count, zero))
    several_are_wrong = w.both(_is_one_of(w, error, 2.0, 3.0), w.compare("ogt", count, one))
    return [w.select(w.either(none_is_wrong, several_are_wrong), w.number(math.nan), found)]


def _is_one_of(w: Writer, x: Value, one: float, other: float) -> Value:
    return w.either(w.compare("oeq", x, w.number(one)), w.compare("oeq", x, w.number(other)))


def _over_chosen(
    w: Writer, is_chosen: Sequence[Value], values: Sequence[Value], count: Value
) -> list[Callable[[], Value]]:
    """Return what writes the sum, product, minimum, maximum and average of the values that are chosen."""

    def over(neutral: float, join: Callable[[Value, Value], Value]) -> Value:
        pairs = zip(is_chosen, values, strict=True)
        return reduce(join, [w.select(truth, value, w.number(neutral)) for truth, value in pairs])

    return [
        lambda: over(0.0, w.add),
        lambda: over(1.0, w.mul),
        lambda: over(math.inf, w.minimum),
        lambda: over(-math.inf, w.maximum),
        lambda: w.div(over(0.0, w.add), w.maximum(count, w.number(1.0))),
    ]


def _product_of_powers(
    w: Writer, is_chosen: Sequence[Value], selection: Sequence[Value], elements: Sequence[Value]
) -> Value:
    from realities.engine.llvm.math.functions import MATH

    powers = [
        MATH["power"](w, w.select(truth, s, w.number(1.0)), w.select(truth, x, w.number(0.0)))
        for truth, s, x in zip(is_chosen, selection, elements, strict=True)
    ]
    return reduce(w.mul, powers)


ArrayFunction = Callable[..., list[Value]]
#: Functions of arrays by the key of their built-in: a writer, how many numbers come out, the arguments.
ARRAYS: Mapping[str, ArrayFunction] = MappingProxyType(
    {
        "several": _several,
        "pick": _pick,
        "vensim.allocate_available": allocate_available,
        "vensim.allocate_by_priority": allocate_by_priority,
        "vensim.demand_at_price": demand_at_price,
        "vensim.find_market_price": find_market_price,
        "vensim.invert_matrix": inverse,
        "vensim.supply_at_price": supply_at_price,
        "vensim.vector_lookup": vector_lookup,
        "vensim.vector_rank": rank,
        "vensim.vector_select": _select,
        "vensim.vector_sort_order": sort_order,
        "xmile.element": _element,
        "xmile.rank": position_of_rank,
        "xmile.stddev": _deviation,
    }
)
