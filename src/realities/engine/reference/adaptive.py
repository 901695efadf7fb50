"""An adaptive Runge-Kutta step in which every draw chooses its own step length.

In comes a `Workspace` whose core has just computed the flows at the start of a time step; out comes
the state at its end. Each draw advances by itself, so that its result does not depend on its
neighbors in the block; a draw that has arrived waits with a step of length 0. `integrate.py` calls
this for `rk45`.

Dormand, J. R. and Prince, P. J. (1980). A family of embedded Runge-Kutta formulae. Journal of
Computational and Applied Mathematics 6(1), 19-26.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from realities.engine.reference.tape import Workspace, run_tape

FloatArray = NDArray[np.float64]

RELATIVE_TOLERANCE = 1e-8
ABSOLUTE_TOLERANCE = 1e-11
#: No step is shorter than this part of the model's time step: a jump is then stepped across.
_SHORTEST = 1e-10

_NODES = (0.2, 0.3, 0.8, 8 / 9, 1.0, 1.0)
_STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
#: Fifth order less fourth order: what estimates the error.
_ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)


class AdaptiveStep:
    """The state of the adaptive method for one block: each draw's time and the step it would like."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.time: FloatArray = workspace.place[workspace.plan.leaves["time", None]]
        self.wish = np.full(workspace.width, np.inf)
        self.slopes = [np.empty_like(workspace.rates) for _ in range(7)]

    def set_time(self, time: float) -> None:
        """Set every draw's time."""
        self.time[...] = time

    def advance(self, end: float, length: float) -> None:
        """Take every draw from the start of a time step to its `end`, `length` away."""
        workspace = self.workspace
        if not workspace.plan.stocks:
            return
        np.copyto(self.slopes[0], workspace.rates)
        before = workspace.state.copy()
        remaining = np.full(workspace.width, length)
        shortest = _SHORTEST * length
        while True:
            step = np.minimum(self.wish, remaining)
            self._stages(before, end - remaining, step)
            ratio = self._error_ratio(before, step)
            active = remaining > 0.0
            accepted = (ratio <= 1.0) | (step <= shortest)
            growth = np.clip(0.9 * np.maximum(ratio, 1e-10) ** -0.2, 0.2, 5.0)
            wish = np.maximum(step * growth, shortest)
            # A step cut short by the end of the time step says nothing against the one wished for.
            wish = np.where(accepted & (step < self.wish), np.maximum(wish, self.wish), wish)
            self.wish = np.where(active, wish, self.wish)
            np.copyto(before, workspace.state, where=accepted)
            np.copyto(self.slopes[0], self.slopes[6], where=accepted)
            remaining = np.where(accepted, remaining - step, remaining)
            if not (remaining > 0.0).any():
                break
        np.copyto(workspace.state, before)

    def _stages(self, before: FloatArray, start: FloatArray, step: FloatArray) -> None:
        """Compute the six further slopes; the last is at the proposed new state, left in `state`."""
        workspace = self.workspace
        for number, (node, weights) in enumerate(zip(_NODES, _STAGES, strict=True), start=1):
            np.add(before, step * _weighted(weights, self.slopes), out=workspace.state)
            self.time[...] = start + node * step
            run_tape(workspace.core)
            np.copyto(self.slopes[number], workspace.rates)

    def _error_ratio(self, before: FloatArray, step: FloatArray) -> FloatArray:
        """Return each draw's error over what is tolerated; 0 for a draw that has left the real numbers."""
        error = step * _weighted(_ERROR, self.slopes)
        size = np.maximum(np.abs(before), np.abs(self.workspace.state))
        ratio = (np.abs(error) / (ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * size)).max(axis=0)
        return np.where(np.isfinite(ratio), ratio, 0.0)


def _weighted(weights: Sequence[float], slopes: Sequence[FloatArray]) -> FloatArray:
    """Return the weighted sum of the first slopes."""
    total = weights[0] * slopes[0]
    for weight, slope in zip(weights[1:], slopes[1:], strict=False):
        if weight:
            total = total + weight * slope
    return total
