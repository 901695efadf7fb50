"""Draws of an account in as few bits as they are worth: how a page carries what a payload holds in bytes.

In come the draws of `draws.py`; out come the same, no finer than is asked for. Draws have no
order, so they are put in that of their first number, which is told by its steps upwards; each other number is
told by its distance from its mean in steps of its own. Small numbers take few bits: a number has its low bits
as they are, and what stands before them as so many ones and a zero (Golomb 1966, Rice 1979). `moving.js`
reads it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Final, TypedDict

import numpy as np
from numpy.typing import NDArray

from realities.report.encode import encode_integers
from realities.report.live.schema import LiveDrawsData

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Rounding may be this part of the spread that a number has where all others are known.
MOST_ROUNDING: Final = 0.04
#: The same of draws that are spread evenly: fewer of them say as much, and all accounts share them.
EVEN_ROUNDING: Final = 0.01
#: The largest number in one byte, and in two.
LEVELS: Final = {1: 255, 2: 65_535}


class ShortDrawsData(TypedDict):
    """`n` draws of the names of a `LiveDrawsData`; `names`, `step`, `low` and `middle` are encoded.

    A number has `low` bits that stand as they are. Its z is a whole number of steps, each 2 to the power of
    minus a quarter of `step`, counted from `middle` times 2 to the power of `low`. `z` is, in base 64, one
    number after the other for all draws, in each byte the highest bit first. Those of the first number rise
    from draw to draw: it is told by how far.
    """

    n: int
    names: str
    step: str
    low: str
    middle: str
    z: str


def short_draws(data: LiveDrawsData, rounding: float = MOST_ROUNDING) -> ShortDrawsData:
    """Return draws as a page carries them; `rounding` is a part of the spread given all other numbers."""
    z = z_of_draws(data)
    quarters = np.ceil(-4.0 * np.log2(_steps(z, rounding))).astype(np.int64)
    whole = np.rint(z * np.exp2(quarters / 4.0)[:, None]).astype(np.int64)
    whole = whole[:, np.argsort(z[0], kind="stable")] if len(whole) else whole
    told = [_told(row, is_first=k == 0) for k, row in enumerate(whole)]
    low = [one[0] for one in told]
    return ShortDrawsData(
        n=data["n"],
        names=encode_integers(data["names"]),
        step=encode_integers(quarters),
        low=encode_integers(low),
        middle=encode_integers(one[1] for one in told),
        z=b64encode(_bits(np.array([one[2] for one in told]), np.array(low))).decode("ascii"),
    )


def _told(row: IntArray, *, is_first: bool) -> tuple[int, int, IntArray]:
    """Return the low bits, the middle and the numbers that are written for a number's steps, (draw,)."""
    steps = np.diff(row, prepend=row[:1]) if is_first else row - round(float(row.mean()))
    low = _low_bits(_folded(steps, is_first=is_first))
    if is_first:
        middle = int(row[0]) >> low if row.size else 0
        return low, middle, np.diff(row, prepend=middle << low)
    middle = round(float(row.mean()) / 2**low) if row.size else 0
    return low, middle, _folded(row - (middle << low), is_first=False)


def _folded(steps: IntArray, *, is_first: bool) -> IntArray:
    """Return numbers that are not negative: the sign goes into the lowest bit."""
    return steps if is_first else np.where(steps < 0, -2 * steps - 1, 2 * steps)


def z_of_draws(data: LiveDrawsData) -> FloatArray:
    """Return the z that draws of a payload hold, shape (name, draw)."""
    n, rows, at = data["n"], [], 0
    held = b64decode(data["z"])
    for width, low, high in zip(data["width"], data["low"], data["high"], strict=True):
        levels = np.frombuffer(held, dtype=f">u{width}", count=n, offset=at)
        rows.append(low + (high - low) * levels / LEVELS[width])
        at += n * width
    return np.array(rows).reshape(len(rows), n)


def _steps(z: FloatArray, rounding: float) -> FloatArray:
    """Return the step of every number, (name,), for z (name, draw): hardly to be seen where draws are few."""
    n_names, n = z.shape
    if n <= n_names:
        ranges = np.ptp(z, axis=1) if z.size else np.zeros(n_names)
        return np.maximum(ranges / LEVELS[2], 1e-9)
    found: FloatArray = np.maximum(alone(z) * rounding * np.sqrt(12.0), 1e-9)
    return found


def alone(z: FloatArray) -> FloatArray:
    """Return the spread of every number given all others, (name,), over z (name, draw) of many draws."""
    covariance = np.atleast_2d(np.cov(z)) + 1e-12 * np.eye(len(z))
    return np.asarray(1.0 / np.sqrt(np.diag(np.linalg.inv(covariance))))


def _low_bits(folded: IntArray) -> int:
    """Return how many bits are best left as they are, for numbers (n,) that are not negative."""
    about = int(np.log2(float(folded.mean()) + 1.0)) if folded.size else 0
    sizes = {
        low: int((folded >> low).sum()) + low * folded.size for low in (about + 1, about, max(about - 1, 0))
    }
    return min(sizes, key=lambda low: (sizes[low], low))


def _bits(folded: IntArray, low: IntArray) -> bytes:
    """Return the bits of numbers (name, n) in their order: ones, a zero, and `low` bits (name,)."""
    if not folded.size:
        return b""
    values, n_low = folded.ravel(), np.repeat(low, folded.shape[1])
    ones = values >> n_low
    ends = np.cumsum(ones + 1 + n_low)
    bits = np.ones(int(ends[-1]), dtype=np.uint8)
    bits[ends - n_low - 1] = 0
    for place in range(int(low.max())):
        has = n_low > place
        bits[ends[has] - 1 - place] = (values[has] >> place) & 1
    return np.packbits(bits).tobytes()
