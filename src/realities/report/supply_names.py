"""Where the names of a drawn network stand: clear of one another, each nearest to its own place.

In come the places of `supply_map.py` in pixels, out comes a spot for each name: twelve are tried around a
place. One name after the other takes the spot that costs least, then each two together, until none moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
#: x, y and anchor of a name, as SVG has them.
Spot = tuple[float, float, str]

#: Pixels that a letter takes, half the side of a place, room around a name, and rounds at most.
_LETTER: Final = 7.4
_PLACE: Final = 8.0
_ROOM: Final = 4.0
_ROUNDS: Final = 8


def spots(points: Sequence[tuple[float, float]], names: Sequence[str], width: float) -> list[Spot]:
    """Return where each name stands in a picture of that width, in pixels; the same in every run."""
    tried = [_around(x, y) for x, y in points]
    boxes = np.array(
        [[_box(*spot, _LETTER * len(name)) for spot in own] for own, name in zip(tried, names, strict=True)]
    )  # (name, spot, side)
    alone, together = _alone(boxes, np.array(points, dtype=np.float64), width), _together(boxes)
    chosen = alone.argmin(axis=1)
    for _ in range(_ROUNDS):
        before = chosen.copy()
        for i, k in combinations(range(len(points)), 2):
            _choose(chosen, i, k, alone, together)
        if (chosen == before).all():
            break
    return [own[at] for own, at in zip(tried, chosen, strict=True)]


def _choose(chosen: NDArray[np.intp], i: int, k: int, alone: FloatArray, together: FloatArray) -> None:
    """Give two names the pair of spots that costs least, all others as they are."""
    others = np.array([m for m in range(len(chosen)) if m not in {i, k}], dtype=np.intp)
    of_i = alone[i] + together[i][:, others, chosen[others]].sum(axis=1)
    of_k = alone[k] + together[k][:, others, chosen[others]].sum(axis=1)
    cost = of_i[:, None] + of_k[None, :] + together[i][:, k, :]
    if cost.min() < cost[chosen[i], chosen[k]] - 1e-9:
        chosen[i], chosen[k] = np.unravel_index(cost.argmin(), cost.shape)


def _alone(boxes: FloatArray, points: FloatArray, width: float) -> FloatArray:
    """Return the cost of each name's spots without other names, shape (name, spot).

    Out of the picture costs most; then on a place, and nearer to another place than to its own.
    """
    beyond = np.maximum(0, 4 - boxes[..., 0]) + np.maximum(0, boxes[..., 2] - width + 4)
    places = np.concatenate([points - _PLACE, points + _PLACE], axis=1)
    on = _overlap(boxes[:, :, None, :], places).sum(axis=2)
    gaps = _gaps(boxes, points)
    own = np.arange(len(points))
    to_own = gaps[own, :, own]
    gaps[own, :, own] = np.inf
    nearest = gaps.min(axis=2)
    unclear = 200 * np.maximum(0, to_own + 2 - nearest) + 10 * np.maximum(0, 16 - nearest)
    result: FloatArray = 100 * beyond + 3 * on + unclear
    return result


def _together(boxes: FloatArray) -> FloatArray:
    """Return the cost of two names at their spots, shape (name, spot, name, spot)."""
    grown = boxes + np.array([-_ROOM, -_ROOM, _ROOM, _ROOM])
    a, b = (slice(None), slice(None), None, None), (None, None)
    return 3 * _overlap(boxes[a], boxes[b]) + _overlap(grown[a], grown[b])


def _gaps(boxes: FloatArray, points: FloatArray) -> FloatArray:
    """Return how far the middle of each place lies from each box, shape (name, spot, place)."""
    low, high = boxes[:, :, None, :2] - points, points - boxes[:, :, None, 2:]
    result: FloatArray = np.sqrt((np.maximum(0, np.maximum(low, high)) ** 2).sum(axis=-1))
    return result


def _overlap(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the area that boxes share: left, top, right and bottom on the last axis."""
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    result: FloatArray = np.maximum(0, sides).prod(axis=-1)
    return result


def _around(x: float, y: float) -> list[Spot]:
    right, left = x + 12, x - 12
    return [
        (right, y + 4, "start"), (left, y + 4, "end"), (x, y - 11, "middle"), (x, y + 20, "middle"),
        (right - 3, y - 9, "start"), (right - 3, y + 18, "start"), (left + 3, y - 9, "end"),
        (left + 3, y + 18, "end"), (left, y - 12, "start"), (left, y + 21, "start"),
        (right, y - 12, "end"), (right, y + 21, "end"),
    ]  # fmt: skip


def _box(x: float, y: float, anchor: str, width: float) -> tuple[float, float, float, float]:
    left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * width
    return left, y - 11, left + width, y + 3
