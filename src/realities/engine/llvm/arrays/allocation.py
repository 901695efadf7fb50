"""Sharing a scarce supply, and the price of a market, in compiled code.

In come a `Writer`, what is available and the claims; out comes what `allocation.py` of the reference engine
computes, by the same operations in the same order: halvings of the range of prices until nothing changes. A
type of curve that is known beforehand is the only one written. One that there is not is an error where it is
known; where a run gives it, the result is not a number, and the draw is marked as failed. `functions.py`
lists these functions by key.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

from realities.engine.llvm.arrays.parts import apart, clipped, literal, total
from realities.engine.llvm.loops import until_still
from realities.engine.llvm.writer import Value, Writer
from realities.errors import SimulationError

#: Halvings of the range of prices; after that many no double lies between the bounds.
_HALVINGS = 120
#: Beyond this many widths from its priority every curve is at one of its ends, to the last bit.
_REACH = 800.0
_FIXED, _RECTANGULAR, _TRIANGULAR, _NORMAL, _EXPONENTIAL = (float(kind) for kind in range(5))
_KINDS = (_FIXED, _RECTANGULAR, _TRIANGULAR, _NORMAL, _EXPONENTIAL)


@dataclass(frozen=True, slots=True)
class _Claim:
    """How much a demander wants or a supplier has, and the curve that says at which price."""

    quantity: Value
    kind: Value
    priority: Value
    width: Value

    def demanded(self, w: Writer, price: Value) -> Value:
        """Return what a demander takes at a price."""
        return w.mul(self.quantity, _share(w, price, self))

    def supplied(self, w: Writer, price: Value) -> Value:
        """Return what a supplier gives: the curve of a demander, mirrored at the priority."""
        mirrored = w.sub(w.mul(w.number(2.0), self.priority), price)
        return w.mul(self.quantity, _share(w, mirrored, self))


def allocate_available(w: Writer, n_results: int, available: Value, *claims: Value) -> list[Value]:
    """Return what each claimant gets; `claims` are request, type, priority, width and extra of each."""

    def write(w: Writer, inputs: Sequence[Value]) -> list[Value]:
        return _cleared(w, inputs[0], _claims(inputs[1:]))

    _check(_claims(claims))
    return apart(w, "allocate_available", n_results, [available, *claims], write)


def allocate_by_priority(
    w: Writer, n_results: int, available: Value, width: Value, *claims: Value
) -> list[Value]:
    """Return what each claimant gets when all curves are rectangles of one width."""

    def write(w: Writer, inputs: Sequence[Value]) -> list[Value]:
        available, width, *claims = inputs
        pairs = zip(claims[::2], claims[1::2], strict=True)
        kind = w.number(_RECTANGULAR)
        return _cleared(w, available, [_Claim(request, kind, first, width) for request, first in pairs])

    return apart(w, "allocate_by_priority", n_results, [available, width, *claims], write)


def find_market_price(w: Writer, _: int, n_demanders: Value, *claims: Value) -> list[Value]:
    """Return the price at which what is demanded is what is supplied; of several the lowest.

    Raises
    ------
    SimulationError
        If how many of the claims are demanders is not known beforehand, or a type of curve does not exist.
    """
    split = literal(n_demanders)
    if split is None:
        raise SimulationError("how many demanders a market has must be a number, not a variable")

    def write(w: Writer, inputs: Sequence[Value]) -> list[Value]:
        sides = _claims(inputs[: 5 * int(split)]), _claims(inputs[5 * int(split) :])
        return _market_price(w, *sides)

    _check(_claims(claims))
    return apart(w, f"find_market_price.{int(split)}", 1, claims, write)


def demand_at_price(w: Writer, _: int, price: Value, *claim: Value) -> list[Value]:
    """Return what one demander takes at a price: all of `quantity` where it is low, nothing where high."""
    return _at_price(w, "demand_at_price", _Claim.demanded, price, claim)


def supply_at_price(w: Writer, _: int, price: Value, *claim: Value) -> list[Value]:
    """Return what one supplier gives at a price: nothing where it is low, all of `quantity` where high."""
    return _at_price(w, "supply_at_price", _Claim.supplied, price, claim)


def _at_price(
    w: Writer,
    name: str,
    curve: Callable[[_Claim, Writer, Value], Value],
    price: Value,
    claim: Sequence[Value],
) -> list[Value]:
    def write(w: Writer, inputs: Sequence[Value]) -> list[Value]:
        claims = _claims(inputs[1:])
        return _known(w, claims, [curve(claims[0], w, inputs[0])])

    _check(_claims(claim))
    return apart(w, name, 1, [price, *claim], write)


def _claims(parts: Sequence[Value]) -> list[_Claim]:
    """Return the claims of quantity, type, priority, width and a further number each."""
    return [_Claim(*parts[start : start + 4]) for start in range(0, len(parts), 5)]


# --- prices ------------------------------------------------------------------------------------------


def _bounds(w: Writer, claims: Sequence[_Claim]) -> list[Value]:
    """Return a price below all curves and one above."""
    one, reaches = w.number(1.0), [w.mul(w.number(_REACH), w.abs(claim.width)) for claim in claims]
    pairs = list(zip(claims, reaches, strict=True))
    low = reduce(w.minimum, (w.sub(w.sub(claim.priority, reach), one) for claim, reach in pairs))
    high = reduce(w.maximum, (w.add(w.add(claim.priority, reach), one) for claim, reach in pairs))
    return [low, high]


def _halved(w: Writer, bounds: Sequence[Value], is_low: Callable[[Value], Value]) -> list[Value]:
    """Return the bounds of a price, as near as doubles can be, below which `is_low` holds."""

    def one(_: Value, kept: list[Value]) -> list[Value]:
        low, high = kept
        price = w.mul(w.number(0.5), w.add(low, high))
        rises = is_low(price)
        return [w.select(rises, price, low), w.select(rises, high, price)]

    return until_still(w, _HALVINGS, bounds, one)


def _cleared(w: Writer, available: Value, claims: Sequence[_Claim]) -> list[Value]:
    """Return what each claimant gets at the price that clears the supply."""

    def demanded(price: Value) -> list[Value]:
        return [claim.demanded(w, price) for claim in claims]

    def is_low(price: Value) -> Value:
        return w.compare("ogt", total(w, demanded(price)), available)

    low, high = _halved(w, _bounds(w, claims), is_low)
    most, least = demanded(low), demanded(high)
    jumps = [w.sub(more, less) for more, less in zip(most, least, strict=True)]
    part = _part(w, available, least, jumps)
    given = [w.add(less, w.mul(jump, part)) for less, jump in zip(least, jumps, strict=True)]
    requests = [claim.quantity for claim in claims]
    enough = w.compare("oge", available, total(w, requests))
    pairs = zip(requests, _cut(w, available, given), strict=True)
    return _known(w, claims, [w.select(enough, request, one) for request, one in pairs])


def _part(w: Writer, available: Value, least: Sequence[Value], jumps: Sequence[Value]) -> Value:
    """Return which part of the jumps at the clearing price the supply is enough for."""
    zero, jump = w.number(0.0), total(w, jumps)
    rest = w.maximum(w.sub(available, total(w, least)), zero)
    part = w.minimum(w.div(rest, jump), w.number(1.0))
    return w.select(w.compare("ogt", jump, zero), part, zero)


def _cut(w: Writer, available: Value, given: Sequence[Value]) -> list[Value]:
    """Return what is given, less where a claimant that takes its request at any price would get too much."""
    sent = total(w, given)
    part = w.div(w.maximum(available, w.number(0.0)), sent)
    part = w.select(w.compare("ogt", sent, available), part, w.number(1.0))
    return [w.mul(one, part) for one in given]


def _market_price(w: Writer, demand: Sequence[_Claim], supply: Sequence[_Claim]) -> list[Value]:
    def is_low(price: Value) -> Value:
        wanted = total(w, [claim.demanded(w, price) for claim in demand])
        offered = total(w, [claim.supplied(w, price) for claim in supply])
        return w.compare("ogt", wanted, offered)

    claims = [*demand, *supply]
    return _known(w, claims, _halved(w, _bounds(w, claims), is_low)[1:])


# --- curves ------------------------------------------------------------------------------------------


def _check(claims: Sequence[_Claim]) -> None:
    for claim in claims:
        kind = literal(claim.kind)
        if kind is not None and kind not in _KINDS:
            raise SimulationError(
                f"a priority curve is of type {kind:g}: only 0 fixed, 1 rectangular, 2 triangular, 3 normal "
                "and 4 exponential are supported"
            )


def _known(w: Writer, claims: Sequence[_Claim], values: Sequence[Value]) -> list[Value]:
    """Return values, NaN where some curve is of a type that there is not."""
    open_kinds = [claim.kind for claim in claims if literal(claim.kind) is None]
    if not open_kinds:
        return list(values)
    each = [
        reduce(w.either, [w.compare("oeq", one, w.number(kind)) for kind in _KINDS]) for one in open_kinds
    ]
    are_known = reduce(w.both, each)
    return [w.select(are_known, value, w.number(math.nan)) for value in values]


def _share(w: Writer, price: Value, claim: _Claim) -> Value:
    """Return the share of its request that a claimant takes at a price, 1 to 0 as the price rises."""
    kind = literal(claim.kind)
    if kind in (_RECTANGULAR, _TRIANGULAR):
        return _share_of_kind(w, price, claim)
    if kind == _FIXED:
        return w.number(1.0)
    # The other curves are long: written once.
    name, parts = "any", ["%a0", "%a1", "%a2", "%a3"]
    if kind is not None:
        name, parts[1] = f"{kind:g}", claim.kind

    def body(w: Writer) -> None:
        price, kind, priority, width = parts
        w.do(f"ret {w.real} {_share_of_kind(w, price, _Claim(price, kind, priority, width))}")

    function = w.module.function(f"share.{name}", [w.real] * 4, w.real, body)
    return w.call(function, price, claim.kind, claim.priority, claim.width)


def _share_of_kind(w: Writer, price: Value, claim: _Claim) -> Value:
    one, zero = w.number(1.0), w.number(0.0)
    kind = literal(claim.kind)
    has_width = w.compare("ogt", claim.width, zero)
    distance = w.div(w.sub(price, claim.priority), w.select(has_width, claim.width, one))
    if kind is not None:
        share = _curve(w, kind, distance)
    else:
        share = one
        for number in _KINDS[1:]:
            is_this = w.compare("oeq", claim.kind, w.number(number))
            share = _if_any(w, is_this, number, distance, share)
        has_width = w.either(has_width, w.compare("oeq", claim.kind, w.number(_FIXED)))
    above = w.select(w.compare("olt", price, claim.priority), one, zero)
    return w.select(has_width, share, above)


def _if_any(w: Writer, is_this: Value, kind: float, distance: Value, otherwise: Value) -> Value:
    """Return the curve of a kind where it is the one; skipped where it is in no lane."""

    def far() -> list[Value]:
        return [w.select(is_this, _curve(w, kind, distance), otherwise)]

    return w.when_any(is_this, far, [otherwise])[0]


def _curve(w: Writer, kind: float, distance: Value) -> Value:
    """Return the tail of the distribution that a curve is named for, at a distance in widths."""
    half, one, two = w.number(0.5), w.number(1.0), w.number(2.0)
    match kind:
        case 1.0:
            return clipped(w, w.sub(half, distance), 0.0, 1.0)
        case 2.0:
            near = clipped(w, w.sub(half, w.abs(distance)), 0.0, 0.5)
            tail = w.mul(two, w.mul(near, near))
        case 3.0:
            from realities.engine.llvm.math.special import call_lanes

            return call_lanes(w, "ndtr", w.neg(distance))
        case _:
            from realities.engine.llvm.math.functions import MATH

            tail = w.mul(half, MATH["exp"](w, w.neg(w.abs(distance))))
    return w.select(w.compare("ogt", distance, w.number(0.0)), tail, w.sub(one, tail))
