"""Curves as short text: round levels, few days, and differences in a variable-length base 64.

Arrays come in, text goes out, and comes back in `page.py` and in the page's own script. A curve is
kept at a step fine enough for a picture and round enough to be written (5,000 persons, 0.002), on the
days that matter for its shape, as differences of whole numbers, most of which take one character.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor, log10
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_LETTERS: Final = np.frombuffer(_ALPHABET.encode("ascii"), dtype=np.uint8)
#: Value of each byte of a text, -1 for one that no encoded number has.
_DIGITS: Final = np.array([_ALPHABET.find(chr(code)) for code in range(256)], dtype=np.int64)
_MORE: Final = 32  # five bits of value, and one that says the number goes on
#: How a page is packed: LZMA, by its number; `unpack.js` takes lc, lp and pb for granted.
_LZMA: Final = {"id": 0x4000000000000001, "lc": 3, "lp": 0, "pb": 0}
_PACKED: Final = {**_LZMA, "preset": 6, "nice_len": 273, "dict_size": 1 << 22}
_MOST_DIGITS: Final = 11  # of a number, less one: 64-bit integers hold them


def encode_integers(values: Iterable[int] | IntArray) -> str:
    """Return whole numbers as text: signs folded in, five bits a character, small numbers short.

    Examples
    --------
    >>> encode_integers([0, 1, -1, 15, 16])
    'ACDegB'
    """
    whole = np.fromiter(values, dtype=np.int64) if not isinstance(values, np.ndarray) else values
    return _encoded(whole)[0]


def encode_each(parts: Sequence[IntArray]) -> list[str]:
    """Return what `encode_integers` gives for each of several arrays (n,): far quicker for many."""
    if not parts:
        return []
    text, n_digits = _encoded(np.concatenate(parts))
    ends = np.concatenate([[0], np.cumsum(n_digits)])[np.cumsum([0, *(part.size for part in parts)])]
    return [text[start:end] for start, end in pairwise(ends.tolist())]


def _encoded(whole: IntArray) -> tuple[str, IntArray]:
    """Return whole numbers (n,) as text, and how many characters each of them takes, (n,)."""
    rest = np.where(whole < 0, -2 * whole + 1, 2 * whole)
    n_digits = np.ones(rest.shape, dtype=np.int64)
    for power in range(1, 13):
        n_digits += rest >= _MORE**power
    # Every number's digits stand one after the other, the lowest first.
    number = np.repeat(np.arange(rest.size), n_digits)
    place = np.arange(number.size) - np.repeat(np.cumsum(n_digits) - n_digits, n_digits)
    digits = (rest[number] >> (5 * place)) % _MORE
    digits += np.where(place < n_digits[number] - 1, _MORE, 0)
    return str(_LETTERS[digits].tobytes(), "ascii"), n_digits


def decode_integers(text: str) -> list[int]:
    """Return the whole numbers that `encode_integers` wrote; `ValueError` for any other text."""
    return cast("list[int]", integers_of(text).tolist())


def integers_of(text: str) -> IntArray:
    """Return the whole numbers that `encode_integers` wrote, shape (n,).

    Raises
    ------
    ValueError
        For any other text.
    """
    codes = np.frombuffer(text.encode("utf-8"), dtype=np.uint8)
    digits = _DIGITS[codes]
    if (digits < 0).any():
        raise ValueError(f"not encoded numbers: {text[:60]!r}")
    ends = np.flatnonzero(digits < _MORE)
    if digits.size and (not ends.size or ends[-1] != digits.size - 1):
        raise ValueError("encoded numbers end in the middle of one")
    starts = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64)[: ends.size]
    place = np.arange(digits.size) - np.repeat(starts, np.diff(np.append(starts, digits.size)))
    if place.max(initial=0) > _MOST_DIGITS:
        raise ValueError("an encoded number is too large")
    rest = np.add.reduceat((digits % _MORE) << (5 * place), starts) if ends.size else digits
    return np.where(rest % 2 == 1, -(rest // 2), rest // 2)


def encode_rising(values: Sequence[int]) -> str:
    """Return whole numbers as text by their differences, short for days in order."""
    return encode_integers(b - a for a, b in zip([0, *values], values, strict=False))


def decode_rising(text: str) -> list[int]:
    """Return what `encode_rising` wrote."""
    total, values = 0, []
    for difference in decode_integers(text):
        total += difference
        values.append(total)
    return values


def encode_curves(levels: IntArray, middle: int | None = None) -> str:
    """Return curves, shape (curve, day), as text.

    With `middle`, the other curves are written by their distance from that one, as quantiles of one
    forecast rise and fall together.
    """
    return encode_integers(_differences(levels, middle))


def encode_bundles(bundles: Sequence[IntArray], middle: int | None = None) -> list[str]:
    """Return what `encode_curves` gives for each of several bundles of curves (curve, day)."""
    return encode_each([_differences(levels, middle) for levels in bundles])


def _differences(levels: IntArray, middle: int | None) -> IntArray:
    """Return the numbers that stand for curves (curve, day), one curve after the other."""
    rows = levels.astype(np.int64)
    if middle is not None:
        rows = rows - rows[middle]
        rows[middle] = levels[middle]
    found = rows.copy()
    found[:, 1:] -= rows[:, :-1]
    return found.ravel()


def decode_curves(text: str, n_days: int, middle: int | None = None) -> IntArray:
    """Return the curves that `encode_curves` wrote, shape (curve, day)."""
    rows = np.array(decode_integers(text), dtype=np.int64).reshape(-1, n_days).cumsum(axis=1)
    if middle is not None:
        centre = rows[middle].copy()
        rows += centre
        rows[middle] = centre
    return rows


def round_step(values: FloatArray, levels: int = 1500) -> float:
    """Return the round step (1, 2 or 5 times a power of ten) that cuts the range into about `levels`.

    The range is taken from zero or from the lowest value, whichever is farther from the highest; a
    narrow band far from zero still gets a step that shows its shape.
    """
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 1.0
    low, high = float(finite.min()), float(finite.max())
    span = max(high - low, max(abs(low), abs(high)) / 20)
    if span <= 0:
        return 1.0
    raw = span / levels
    exponent = floor(log10(raw))
    multiple = next(m for m in (1, 2, 5, 10) if m * 10.0**exponent >= raw * 0.999999)
    return float(f"{multiple}e{exponent}")


def pack(content: str | bytes) -> str:
    """Return text or bytes packed, in base 64: a page unpacks it with its own `unpack.js`.

    It is LZMA, a quarter smaller than what browsers unpack by themselves; four bytes of length come first.
    """
    import lzma

    data = content.encode() if isinstance(content, str) else content
    packed = lzma.compress(data, format=lzma.FORMAT_RAW, filters=[_PACKED])
    return b64encode(len(data).to_bytes(4, "little") + packed).decode("ascii")


def unpack(text: str) -> bytes:
    """Return what `pack` packed, as bytes."""
    import lzma

    return lzma.decompress(b64decode(text)[4:], format=lzma.FORMAT_RAW, filters=[_PACKED])


def choose_days(days: IntArray, curves: FloatArray, n: int, tolerance: float) -> IntArray:
    """Return which days to keep, at most `n`, so that straight lines between them follow every curve.

    Parameters
    ----------
    days
        Rising whole numbers, shape (day,).
    curves
        Shape (curve, day), all of one quantity.

    Returns
    -------
    Indices into `days`, rising, the ends always among them.
    """
    return days_in_order(days, curves, n, tolerance).first(n, tolerance)


@dataclass(frozen=True, slots=True)
class DayOrder:
    """Indices of days, the most telling first after both ends, and how far off curves were before each.

    `off` is counted in the range of the curves, shape (n,) for n days between the ends.
    """

    order: IntArray
    off: FloatArray

    def first(self, n: int, tolerance: float) -> IntArray:
        """Return the first days, at most `n`, until no curve is off by more than `tolerance`; rising."""
        enough = np.flatnonzero(self.off <= tolerance)
        n_inner = int(enough[0]) if enough.size else self.off.size
        n_ends = min(2, self.order.size)
        return np.sort(self.order[: n_ends + min(n_inner, max(n - n_ends, 0))])


def days_in_order(days: IntArray, curves: FloatArray, n: int, tolerance: float) -> DayOrder:
    """Return days one by one where some curve lies farthest from its straight line between days before.

    `n` and `tolerance` are the finest that will be asked for; curves as in `choose_days`.
    """
    n_days = len(days)
    span = float(np.ptp(curves)) if curves.size else 0.0
    kept = [0, n_days - 1] if n_days > 1 else [0]
    order, found = kept.copy(), []
    if span > 0 and n_days > 2:
        x = days.astype(float)
        off = np.zeros(n_days)  # worst distance of any curve from its straight line, per day
        _measure(x, curves, 0, n_days - 1, off)
        while len(kept) < min(n, n_days):
            worst = int(off.argmax())
            found.append(float(off[worst]) / span)
            if found[-1] <= tolerance:
                found.pop()
                break
            at = int(np.searchsorted(kept, worst))
            before, after = kept[at - 1], kept[at]
            kept.insert(at, worst)
            order.append(worst)
            off[worst] = 0.0
            _measure(x, curves, before, worst, off)
            _measure(x, curves, worst, after, off)
    return DayOrder(np.array(order, dtype=np.int64), np.array(found))


def _measure(x: FloatArray, curves: FloatArray, start: int, end: int, off: FloatArray) -> None:
    """Write into `off` how far the curves are from a straight line between two days."""
    if end - start < 2:
        return
    inner = slice(start + 1, end)
    share = (x[inner] - x[start]) / (x[end] - x[start])
    straight = curves[:, [start]] + (curves[:, [end]] - curves[:, [start]]) * share
    off[inner] = np.abs(curves[:, inner] - straight).max(axis=0)
