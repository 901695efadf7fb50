"""Where a draw left the real numbers: it is run again with all kept at every step, some steps at a time.

In come the names to watch, the steps of the run and what runs the draw once more; out comes the first value
that is not finite. The engines that keep only what they were asked for (`llvm/`, `js/`) ask here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from realities.engine.timeline import SavePoints, Saves, Timeline, save_together
from realities.ir.model import Model

FloatArray = NDArray[np.float64]

#: Numbers that are kept at once to find out where a draw left the real numbers.
MOST_WATCHED = 2**22


def watched_names(model: Model, stocks: Collection[str], outputs: Iterable[str]) -> tuple[str, ...]:
    """Return the stocks in the order of the file, then the outputs, none twice."""
    names = [variable.name for variable in model.variables if variable.name in stocks]
    return tuple(dict.fromkeys([*names, *outputs]))


def first_not_finite(
    names: Sequence[str],
    timeline: Timeline,
    last_step: int,
    again: Callable[[Saves], Mapping[str, FloatArray]],
    *,
    lanes: int = 1,
) -> tuple[str, float] | None:
    """Return the name and time of the first value that is not finite; None where all are.

    Parameters
    ----------
    names
        What is watched; of several at one time the first here.
    timeline, last_step
        The steps of the run, and the last that plays a part.
    again
        Runs the draw and gives its values, (1, step), by name.
    lanes
        How many draws are computed where one is asked for.
    """
    at_once = max(1, MOST_WATCHED // (len(names) * lanes))
    for first in range(0, last_step + 1, at_once):
        steps = np.arange(first, min(first + at_once, last_step + 1))
        points = SavePoints(timeline.times[steps], steps, np.zeros(steps.size))
        values = again(save_together(names, points))
        odd = np.array([~np.isfinite(values[name][0]) for name in names])  # (name, step)
        if odd.any():
            column = int(np.argmax(odd.any(axis=0)))
            return names[int(np.argmax(odd[:, column]))], float(points.times[column])
    return None
