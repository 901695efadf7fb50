"""How far each arrow of a drawing bends, and which way: boxes and ends in, a point on each arrow out.

An arrow is an arc through one point beside its middle. Each takes the bend with which it runs through no word
and crosses few others, a slight one for choice; all of them take turns until nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.integer[Any]]
#: Middle and half size of something drawn: x, y, half width, half height.
Box = tuple[int, int, int, int]

#: Bends, in hundredths of an arrow's length, the best liked first.
_BENDS: Final = (12, -12, 20, -20, 5, -5, 30, -30, 42, -42)
#: What a word in the way, a crossing, a way along a pipe or another arrow, and each less liked bend cost.
_HIT: Final = 60
_CROSSING: Final = 12
_ALONG: Final = 15
_TWICE: Final = 30
_PARTS: Final = 10
_ROUNDS: Final = 3
#: Room that an arrow leaves beside a word.
_ROOM: Final = 3
#: Pixels, sideways and up together, nearer than which the middles of two arrows look one.
_NEAR: Final = 10


@dataclass(frozen=True, slots=True)
class Curve:
    """An arrow: the boxes it begins and ends at."""

    start: Box
    end: Box


def curves(
    arrows: Sequence[Curve], boxes: Sequence[Box], pipes: Sequence[Box]
) -> tuple[int, list[tuple[int, int]]]:
    """Return the point through which each arrow bends, behind what all of them cost.

    Parameters
    ----------
    arrows
        The arrows.
    boxes, pipes
        What stands on the drawing: an arrow keeps off boxes, and crosses pipes rather than follow them.
    """
    if not arrows:
        return 0, []
    walls, thin = np.array(boxes, dtype=np.int64), np.array(pipes, dtype=np.int64).reshape(-1, 4)
    middles = np.array([[_middle(one, bend) for bend in _BENDS] for one in arrows])  # (arrow, bend, 2)
    trials = [[_points(one, bend) for bend in _BENDS] for one in arrows]
    seen = [[_outside(points, one) for points in bent] for one, bent in zip(arrows, trials, strict=True)]
    plain = [
        [
            _HIT * _hits(points, one, walls) + _ALONG * _along(out, thin) + 2 * (i // 2)
            for i, (points, out) in enumerate(zip(bent, outside, strict=True))
        ]
        for one, bent, outside in zip(arrows, trials, seen, strict=True)
    ]
    chosen = [min(range(len(_BENDS)), key=costs.__getitem__) for costs in plain]
    paid = [0] * len(arrows)
    for _ in range(_ROUNDS):
        before = list(chosen)
        for i in range(len(arrows)):
            others = [j for j in range(len(arrows)) if j != i]
            drawn = [seen[j][chosen[j]] for j in others]
            costs = _among(drawn, middles[others, [chosen[j] for j in others]], seen[i], middles[i])
            totals = [own + cost for own, cost in zip(plain[i], costs, strict=True)]
            chosen[i] = min(range(len(_BENDS)), key=totals.__getitem__)
            paid[i] = totals[chosen[i]]
        if chosen == before:
            break
    return sum(paid), [_middle(one, _BENDS[bend]) for one, bend in zip(arrows, chosen, strict=True)]


def _among(
    others: Sequence[IntArray], other_middles: IntArray, seen: Sequence[IntArray], middles: IntArray
) -> list[int]:
    """Return what each bend of an arrow costs among the others: crossings, and two arrows that look one."""
    if not others:
        return [0] * len(seen)
    starts, ends = np.concatenate([one[:-1] for one in others]), np.concatenate([one[1:] for one in others])
    away = np.abs(middles[:, np.newaxis] - other_middles[np.newaxis]).sum(axis=2)  # (bend, other)
    same = np.count_nonzero(away < _NEAR, axis=1)
    return [
        _CROSSING * _crossings(points, starts, ends) + _TWICE * int(twice)
        for points, twice in zip(seen, same, strict=True)
    ]


def _middle(curve: Curve, bend: int) -> tuple[int, int]:
    """Return the point beside the middle of an arrow."""
    (ax, ay, *_), (bx, by, *_) = curve.start, curve.end
    return (ax + bx) // 2 - (by - ay) * bend // 100, (ay + by) // 2 + (bx - ax) * bend // 100


def _points(curve: Curve, bend: int) -> IntArray:
    """Return points along an arrow, (point, 2), in hundredths of a pixel: a parabola, much like the arc."""
    (ax, ay, *_), (bx, by, *_) = curve.start, curve.end
    mx, my = _middle(curve, bend)
    n = _PARTS
    t = np.arange(n + 1, dtype=np.int64)
    before, middle, after = (n - t) * (n - 2 * t), 4 * t * (n - t), t * (2 * t - n)
    xs = 100 * (before * ax + middle * mx + after * bx) // (n * n)
    ys = 100 * (before * ay + middle * my + after * by) // (n * n)
    return np.stack([xs, ys], axis=1)


def _is_in(points: IntArray, boxes: IntArray, room: int) -> NDArray[np.bool_]:
    """Return whether each point is in each box, (point, box)."""
    away = np.abs(points[:, np.newaxis] - 100 * boxes[np.newaxis, :, :2])
    return np.asarray((away <= 100 * (boxes[np.newaxis, :, 2:] + room)).all(axis=2))


def _outside(points: IntArray, curve: Curve) -> IntArray:
    """Return the part of an arrow that is seen: what lies between its two boxes."""
    ends = np.array([curve.start, curve.end], dtype=np.int64)
    seen = np.flatnonzero(~_is_in(points, ends, 0).any(axis=1))
    if not len(seen):
        return points[len(points) // 2 : len(points) // 2 + 1]
    return points[seen[0] : seen[-1] + 1]


def _hits(points: IntArray, curve: Curve, walls: IntArray) -> int:
    """Return how many boxes but those at its ends an arrow runs through."""
    own = (walls == np.array(curve.start)).all(axis=1) | (walls == np.array(curve.end)).all(axis=1)
    between = np.concatenate([points[:-1], (points[:-1] + points[1:]) // 2])
    return int(np.count_nonzero(_is_in(between, walls[~own], _ROOM).any(axis=0)))


def _along(points: IntArray, thin: IntArray) -> int:
    """Return how many pipes a row of points runs along."""
    return int(np.count_nonzero(_is_in(points, thin, _ROOM).sum(axis=0) > 1))


def _crossings(points: IntArray, p: IntArray, q: IntArray) -> int:
    """Return how many lines p-q, (line, 2), a row of points crosses."""
    a, b = points[:-1, np.newaxis], points[1:, np.newaxis]  # (part, 1, 2)
    d, e = b - a, (q - p)[np.newaxis]
    pa, qa, ap, bp = p - a, q - a, a - p, b - p
    parts = (d[..., 0] * pa[..., 1] - d[..., 1] * pa[..., 0] > 0) != (
        d[..., 0] * qa[..., 1] - d[..., 1] * qa[..., 0] > 0
    )
    parted = (e[..., 0] * ap[..., 1] - e[..., 1] * ap[..., 0] > 0) != (
        e[..., 0] * bp[..., 1] - e[..., 1] * bp[..., 0] > 0
    )
    return int(np.count_nonzero(parts & parted))
