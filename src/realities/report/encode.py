"""Curves as short text: round levels, few days, and differences in a variable-length base 64.

Arrays come in, text goes out, and comes back in `page.py` and in the page's own script. A curve is
kept at a step fine enough for a picture and round enough to be written (5,000 persons, 0.002), on the
days that matter for its shape, as differences of whole numbers, most of which take one character.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import floor, log10
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_LETTERS: Final = np.frombuffer(_ALPHABET.encode("ascii"), dtype=np.uint8)
_VALUE: Final = {character: value for value, character in enumerate(_ALPHABET)}
_MORE: Final = 32  # five bits of value, and one that says the number goes on


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
    values, rest, scale = [], 0, 1
    for character in text:
        if character not in _VALUE:
            raise ValueError(f"not encoded numbers: {character!r}")
        digit = _VALUE[character]
        rest += digit % _MORE * scale
        scale *= _MORE
        if digit < _MORE:
            values.append(-(rest // 2) if rest % 2 else rest // 2)
            rest, scale = 0, 1
    if scale != 1:
        raise ValueError("encoded numbers end in the middle of one")
    return values


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


def pack(text: str) -> str:
    """Return text deflated, in base 64: a page unpacks it with the browser's own `DecompressionStream`."""
    return b64encode(zlib.compress(text.encode(), 9)).decode("ascii")


def choose_days(days: IntArray, curves: FloatArray, n: int, tolerance: float) -> IntArray:
    """Return which days to keep, at most `n`, so that straight lines between them follow every curve.

    Days are added one by one where some curve lies farthest from its straight line, counted in its own
    group's range, until none is off by more than `tolerance`.

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
    n_days = len(days)
    span = float(np.ptp(curves)) if curves.size else 0.0
    kept = [0, n_days - 1] if n_days > 1 else [0]
    if span <= 0 or n_days <= 2:
        return np.array(kept, dtype=np.int64)
    x = days.astype(float)
    off = np.zeros(n_days)  # worst distance of any curve from its straight line, per day
    _measure(x, curves, 0, n_days - 1, off)
    while len(kept) < n:
        worst = int(off.argmax())
        if off[worst] <= tolerance * span:
            break
        at = int(np.searchsorted(kept, worst))
        before, after = kept[at - 1], kept[at]
        kept.insert(at, worst)
        off[worst] = 0.0
        _measure(x, curves, before, worst, off)
        _measure(x, curves, worst, after, off)
    return np.array(kept, dtype=np.int64)


def _measure(x: FloatArray, curves: FloatArray, start: int, end: int, off: FloatArray) -> None:
    """Write into `off` how far the curves are from a straight line between two days."""
    if end - start < 2:
        return
    inner = slice(start + 1, end)
    share = (x[inner] - x[start]) / (x[end] - x[start])
    straight = curves[:, [start]] + (curves[:, [end]] - curves[:, [start]]) * share
    off[inner] = np.abs(curves[:, inner] - straight).max(axis=0)
