"""One block of draws from the initial time to the last step: Euler, Runge-Kutta 2 and 4.

In come a `Workspace` with its constants filled in, a `Timeline` and places to save to; out come saved values
and the final state. Test inputs, data, fixed delays and random numbers hold still within a step. The
adaptive method is in `adaptive.py`; `simulator.py` next runs one block after another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from realities.engine.reference.adaptive import AdaptiveStep
from realities.engine.reference.tape import Workspace, run_tape
from realities.engine.reference.translate import DelaySlot, EventSlot
from realities.engine.timeline import SLACK, Timeline
from realities.ir.model import Integrator

FloatArray = NDArray[np.float64]

#: Where within a step each integrator computes flows, as parts of the step.
STAGES: dict[Integrator, tuple[float, ...]] = {
    "euler": (0.0,),
    "rk2": (0.0, 0.5),
    "rk4": (0.0, 0.5, 1.0),
    "rk45": (0.0,),
}


@dataclass(frozen=True, slots=True, eq=False)
class GridTable:
    """What depends on time alone, at every step and one stage: numbers and truth values, (K + 1, node)."""

    reals: FloatArray
    truths: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Sink:
    """Where an output that changes is found, where it goes, (T, draw), and what each step gives to it."""

    values: FloatArray
    saved: FloatArray
    gives: Mapping[int, Sequence[tuple[int, float, bool]]]


@dataclass(slots=True)
class Block:
    """What one block needs besides its workspace.

    Attributes
    ----------
    last_step
        The last step that a save point needs.
    sinks
        What is saved of outputs that change.
    watch
        Called at every step with its number; True stops the run there.
    """

    timeline: Timeline
    last_step: int
    tables: Sequence[GridTable]
    integrator: Integrator
    sinks: Sequence[Sink]
    watch: Callable[[int], bool] | None = None
    _saved: set[int] = field(init=False)

    def __post_init__(self) -> None:
        self._saved = {step for sink in self.sinks for step in sink.gives}

    def save(self, step: int) -> None:
        """Give the values of a step to the save points around it."""
        for sink in self.sinks:
            for column, share, is_first in sink.gives.get(step, ()):
                if share == 1.0:
                    sink.saved[column] = sink.values
                elif is_first:
                    sink.saved[column] = sink.values * share
                else:
                    sink.saved[column] += sink.values * share

    def has_save(self, step: int) -> bool:
        """Return whether a save point needs this step."""
        return step in self._saved


def run_block(workspace: Workspace, block: Block) -> None:
    """Run a block to the last step that a save point needs.

    The workspace's places of constants and initial values must have been filled in; afterwards its
    `state` holds the stocks at the last step.
    """
    plan, place = workspace.plan, workspace.place
    last_step = block.last_step
    for row, slot in enumerate(plan.stocks):
        workspace.state[row] = place[slot.start]
    delays = [
        (_MovingLine if slot.moves else _DelayLine)(workspace, slot, block, last_step) for slot in plan.delays
    ]
    held = [(place[plan.leaves["held", sample.name]], sample) for sample in plan.samples]
    for kept, sample in held:
        kept[...] = place[sample.start]
    floored = np.array([row for row, slot in enumerate(plan.stocks) if slot.is_non_negative], dtype=np.intp)
    pending = _event_steps(plan.events, block.timeline)
    for event in plan.events:
        place[event.leaf][...] = place[event.base]
    advance = _ADVANCE[block.integrator](workspace, block)
    first_stage = block.tables[0]
    for step in range(last_step + 1):
        workspace.reals_now[...] = first_stage.reals[step]
        workspace.truths_now[...] = first_stage.truths[step]
        advance.begin(step)
        if step in pending or step == 0:
            for leaf, value in pending.get(step, ()):
                place[leaf][...] = value
            run_tape(workspace.on_event)
        for delay in delays:
            delay.leave(step)
        run_tape(workspace.core)
        if block.has_save(step) or block.watch is not None:
            run_tape(workspace.tail)
            if block.has_save(step):
                block.save(step)
            if block.watch is not None and block.watch(step):
                return
        if step == last_step:
            return
        for delay in delays:
            delay.enter(step)
        for kept, sample in held:
            kept[...] = place[sample.value]
        lowest = np.minimum(workspace.state[floored], 0.0)
        advance.finish(step)
        if floored.size:
            workspace.state[floored] = np.maximum(workspace.state[floored], lowest)


def _event_steps(events: Sequence[EventSlot], timeline: Timeline) -> dict[int, list[tuple[int, float]]]:
    """Return, for each step, the leaves that get a new value at it."""
    slack = SLACK * (float(timeline.lengths[0]) if timeline.lengths.size else 1.0)
    pending: dict[int, list[tuple[int, float]]] = {}
    for event in events:
        for time, value in event.changes:
            step = int(np.searchsorted(timeline.times, time - slack, side="left"))
            pending.setdefault(step, []).append((event.leaf, value))
    return pending


class _DelayLine:
    """A fixed delay: what entered `lag` steps ago leaves now."""

    def __init__(self, workspace: Workspace, slot: DelaySlot, block: Block, last_step: int) -> None:
        place = workspace.place
        self.entering = place[slot.input]
        self.leaving = place[workspace.plan.leaves["delayed", slot.name]]
        self.start = place[slot.start]
        duration = place[slot.duration]
        length = block.timeline.lengths[0] if block.timeline.lengths.size else 1.0
        # Half a step rounds up, and even no delay takes one step: the input of now is not known yet.
        lag = np.clip(np.floor(duration / length + 0.5), 1.0, last_step + 1.0)
        self.start = np.where(np.isnan(duration), np.nan, self.start)
        self.lag = np.where(np.isnan(lag), 1.0, lag).astype(np.intp)
        self.size = int(self.lag.max()) + 1
        self.ring = np.zeros((self.size, workspace.width))
        self.lanes = np.arange(workspace.width)

    def leave(self, step: int) -> None:
        if self.lag.ndim == 0:
            lag = int(self.lag)
            self.leaving[...] = self.start if step < lag else self.ring[(step - lag) % self.size]
        else:
            values = self.ring[(step - self.lag) % self.size, self.lanes]
            self.leaving[...] = np.where(step >= self.lag, values, self.start)

    def enter(self, step: int) -> None:
        self.ring[step % self.size] = self.entering


class _MovingLine:
    """A delay whose time varies: each input is due when the delay time of its entry is over.

    Material that arrives together is added up; information hides what entered before it.
    """

    def __init__(self, workspace: Workspace, slot: DelaySlot, block: Block, last_step: int) -> None:
        place = workspace.place
        self.entering, self.start, self.duration = place[slot.input], place[slot.start], place[slot.duration]
        self.leaving = place[workspace.plan.leaves["delayed", slot.name]]
        self.missing = None if slot.missing is None else place[slot.missing]
        self.lengths = block.timeline.lengths
        self.last_step = last_step
        self.lanes = np.arange(workspace.width)
        shape = (last_step + 2, workspace.width)
        self.due = np.zeros(shape)
        #: When what is due entered: the step, -1 for what was under way at the start, -2 for nothing.
        self.born = np.full(shape, -2, dtype=np.intp)
        self.latest = np.full(workspace.width, -2, dtype=np.intp)

    def leave(self, step: int) -> None:
        if step == 0:
            self.leaving[...] = self.start
            return
        arrives = self.born[step] > (self.latest if self.missing is None else -2)
        otherwise = self.leaving if self.missing is None else self.missing
        self.leaving[...] = np.where(arrives, self.due[step], otherwise)
        self.latest = np.where(arrives, self.born[step], self.latest)

    def enter(self, step: int) -> None:
        duration = np.broadcast_to(self.duration, self.lanes.shape)
        lag = np.clip(np.floor(duration / self.lengths[step] + 0.5), 1.0, self.last_step + 1.0)
        lag = np.where(np.isnan(lag), 1.0, lag).astype(np.intp)
        if step == 0:
            under_way = np.arange(self.due.shape[0])[:, np.newaxis] < lag
            self.due = np.where(under_way, self.start, self.due)
            self.born = np.where(under_way, -1, self.born)
        at = np.minimum(step + lag, self.last_step + 1)
        entering = np.where(np.isnan(duration), np.nan, self.entering)
        if self.missing is not None:
            entering = entering + np.where(self.born[at, self.lanes] > -2, self.due[at, self.lanes], 0.0)
        self.due[at, self.lanes] = entering
        self.born[at, self.lanes] = step


class _Euler:
    """y(t + h) = y + h f(t, y)."""

    def __init__(self, workspace: Workspace, block: Block) -> None:
        self.workspace = workspace
        self.tables = block.tables
        self.lengths = block.timeline.lengths.tolist()
        self.change = np.empty_like(workspace.state)
        self.before = np.empty_like(workspace.state)

    def begin(self, step: int) -> None:
        """Nothing to prepare."""

    def finish(self, step: int) -> None:
        """Take the state from one step to the next; `rates` are those at the step."""
        np.multiply(self.workspace.rates, self.lengths[step], out=self.change)
        np.add(self.workspace.state, self.change, out=self.workspace.state)

    def stage(self, step: int, number: int, part: float) -> None:
        """Compute the flows at a stage: `part` of the step from `before` along the latest flows."""
        workspace = self.workspace
        np.multiply(workspace.rates, part * self.lengths[step], out=self.change)
        np.add(self.before, self.change, out=workspace.state)
        workspace.reals_now[...] = self.tables[number].reals[step]
        workspace.truths_now[...] = self.tables[number].truths[step]
        run_tape(workspace.core)


class _RungeKutta2(_Euler):
    """The midpoint method: flows at half a step carry the state over the whole one."""

    def finish(self, step: int) -> None:
        """Take the state from one step to the next."""
        np.copyto(self.before, self.workspace.state)
        self.stage(step, 1, 0.5)
        np.multiply(self.workspace.rates, self.lengths[step], out=self.change)
        np.add(self.before, self.change, out=self.workspace.state)


class _RungeKutta4(_Euler):
    """The classical fourth-order method."""

    def __init__(self, workspace: Workspace, block: Block) -> None:
        super().__init__(workspace, block)
        self.total = np.empty_like(workspace.state)

    def finish(self, step: int) -> None:
        """Take the state from one step to the next: k1 + 2 k2 + 2 k3 + k4, a sixth of it."""
        rates, total = self.workspace.rates, self.total
        np.copyto(self.before, self.workspace.state)
        np.copyto(total, rates)
        for _ in range(2):
            self.stage(step, 1, 0.5)
            np.multiply(rates, 2.0, out=self.change)
            np.add(total, self.change, out=total)
        self.stage(step, 2, 1.0)
        np.add(total, rates, out=total)
        np.multiply(total, self.lengths[step] / 6.0, out=self.change)
        np.add(self.before, self.change, out=self.workspace.state)


class _DormandPrince:
    """Adaptive steps within each time step, for every draw its own."""

    def __init__(self, workspace: Workspace, block: Block) -> None:
        self.timeline = block.timeline
        self.step = AdaptiveStep(workspace)

    def begin(self, step: int) -> None:
        """Set every draw's time to that of the step."""
        self.step.set_time(float(self.timeline.times[step]))

    def finish(self, step: int) -> None:
        """Take the state from one step to the next."""
        self.step.advance(float(self.timeline.times[step + 1]), float(self.timeline.lengths[step]))


_ADVANCE: dict[Integrator, Callable[[Workspace, Block], _Euler | _DormandPrince]] = {
    "euler": _Euler,
    "rk2": _RungeKutta2,
    "rk4": _RungeKutta4,
    "rk45": _DormandPrince,
}
