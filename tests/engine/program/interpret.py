"""A program run instruction by instruction in NumPy: what its table of operations says, and nothing else.

In come a `Program` and what a run gives it; out come its outputs, (draw, time). The functions that a `call`,
a `read` and an `array` name are those of the reference engine, so that results compare bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realities.engine.program.program import STAGES, DelaySlot, Instruction, Program
from realities.engine.reference.allocation import stacked
from realities.engine.reference.functions import FUNCTIONS
from realities.engine.reference.kernels import READINGS, kernel
from realities.engine.reference.lookups import Table
from realities.engine.reference.random import uniform
from realities.engine.timeline import SLACK, SavePoints, Timeline

FloatArray = NDArray[np.float64]
Values = dict[int, Any]

OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "min": np.minimum,
    "max": np.maximum,
    "negative": np.negative,
    "abs": np.absolute,
    "sqrt": np.sqrt,
    "floor": np.floor,
    "trunc": np.trunc,
    "<": np.less,
    "<=": np.less_equal,
    "=": np.equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "real": lambda truth: np.asarray(truth, dtype=np.float64),
    "select": np.where,
    "power": kernel("^", None),
    "fmod": np.fmod,
}


@dataclass
class Run:
    """What a run gives to a program: constants by name, the steps, what is saved, the seed, the draws."""

    parameters: Mapping[str, FloatArray]
    timeline: Timeline
    saves: SavePoints
    seed: int
    draws: FloatArray


def interpret(program: Program, run: Run) -> dict[str, FloatArray]:
    """Return the outputs of a program by name, (draw, time)."""
    with np.errstate(all="ignore"):
        return _Interpreter(program, run).outputs()


class _Interpreter:
    def __init__(self, program: Program, run: Run) -> None:
        self.program, self.run = program, run
        self.n_draws, self.last_step = run.draws.size, run.saves.last_step
        self.tables = [Table.of(lookup) for lookup in program.tables]
        self.values: Values = {}
        for value, one in enumerate(program.instructions):
            match one.op, one.detail:
                case "number", str(text):
                    self.values[value] = np.float64(float.fromhex(text))
                case "parameter", int(place):
                    name = program.parameters[place].name
                    self.values[value] = np.asarray(run.parameters[name], dtype=np.float64)[()]
                case "seed", _:
                    self.values[value] = np.float64(run.seed)
                case "draw", _:
                    self.values[value] = run.draws
        self.compute("fixed", self.values)
        self.compute("setup", self.values)
        self.grids = [self.grid(part) for part in STAGES[program.method]]

    def compute(self, region: Any, values: Values) -> None:
        for value in self.program.region(region):
            one = self.program.instructions[value]
            values[value] = self.result(one, [values[used] for used in one.inputs])

    def result(self, one: Instruction, args: Sequence[Any]) -> Any:
        match one.op, one.detail:
            case "call", str(name):
                return (OPERATIONS[name] if name in OPERATIONS else FUNCTIONS[name])(*args)
            case "read", (str(reading), int(table)):
                return READINGS[reading](self.tables[table], *args)
            case "array", ("pick", 1):
                return np.asarray(FUNCTIONS["part"](stacked(*args[1:]), args[0]))[..., np.newaxis]
            case "array", (str(name), int(n_results)):
                result = np.asarray(FUNCTIONS[name](*args))
                is_single = n_results == 1 and result.shape == np.broadcast_shapes(*map(np.shape, args))
                return result[..., np.newaxis] if is_single else result
            case "part", int(which):
                return args[0][..., which]
            case "key", int(site):
                return (*args, site)
            case "uniform", _:
                seed, stream, step, site = args[0]
                return uniform(seed, stream, step, args[1], site=site)
            case op, _:
                return OPERATIONS[op](*args)

    def grid(self, part: float) -> Values:
        """Return what depends on time alone, at every step and one stage of it: arrays (step,)."""
        times = self.run.timeline.times[: self.last_step + 1]
        lengths = np.append(self.run.timeline.lengths, 0.0)[: self.last_step + 1]
        found: Values = {}
        for value, one in enumerate(self.program.instructions):
            match one.op:
                case "step":
                    found[value] = np.arange(times.size, dtype=np.float64)
                case "step_time":
                    found[value] = times
                case "time":
                    found[value] = times + part * lengths
        values = self.values | found
        self.compute("grid", values)
        return {value: values[value] for value in (*found, *self.program.grid)}

    def start_stage(self, step: int, stage: int) -> None:
        """Take what depends on time alone from its grid."""
        for value, several in self.grids[stage].items():
            if isinstance(several, tuple):  # the key of a random stream
                self.values[value] = tuple(one[step] if np.ndim(one) else one for one in several)
            else:
                self.values[value] = several[step] if np.ndim(several) else several

    def leaves(self, op: str) -> list[tuple[int, int]]:
        """Return the leaves of an operation, with their places."""
        ones = enumerate(self.program.instructions)
        return [(value, int(str(one.detail))) for value, one in ones if one.op == op]

    def wide(self, value: int) -> FloatArray:
        return np.broadcast_to(self.values[value], (self.n_draws,)).copy()

    def outputs(self) -> dict[str, FloatArray]:
        program, values, lengths = self.program, self.values, self.run.timeline.lengths
        gives = self.run.saves.by_step()
        kept = {name: np.zeros((self.run.saves.times.size, self.n_draws)) for name, _ in program.outputs}
        state = [self.wide(slot.start) for slot in program.stocks]
        held = [self.wide(slot.start) for slot in program.samples]
        lines = [(Moving if slot.moves else Fixed)(self, slot) for slot in program.delays]
        changed = {value: program.events[place].base for value, place in self.leaves("event")}
        for value, base in changed.items():
            values[value] = self.values[base]
        due = self.events_by_step()
        for step in range(self.last_step + 1):
            self.start_stage(step, 0)
            for value, number in due.get(step, []):
                values[value] = np.float64(number)
            self.compute("event", values)
            leaving = [line.leave(step) for line in lines]
            for op, numbers in (("stock", state), ("held", held), ("delayed", leaving)):
                values.update({value: numbers[place] for value, place in self.leaves(op)})
            self.compute("core", values)
            if step in gives:
                self.compute("tail", values)
                for column, share, is_first in gives[step]:
                    for name, value in program.outputs:
                        given = values[value] if share == 1.0 else values[value] * share
                        kept[name][column] = given if is_first else kept[name][column] + given
            if step < self.last_step:
                for line in lines:
                    line.enter(step)
                held = [self.wide(slot.value) for slot in program.samples]
                state = self.next_state(state, step, lengths[step])
        regions = program.regions_of()
        for name, value in program.outputs:
            if regions[value] in ("fixed", "setup"):  # what never changes lies between no two values
                kept[name][...] = values[value]
        return {name: numbers.T for name, numbers in kept.items()}

    def next_state(self, state: list[FloatArray], step: int, length: float) -> list[FloatArray]:
        """Return the stocks at the next step; the rates at the first stage are there."""
        first = self.rates()
        match self.program.method:
            case "euler":
                ends = [y + k * length for y, k in zip(state, first, strict=True)]
            case "rk2":
                middle = self.rates_at(state, first, step, 1, 0.5 * length)
                ends = [y + k * length for y, k in zip(state, middle, strict=True)]
            case "rk4":
                second = self.rates_at(state, first, step, 1, 0.5 * length)
                third = self.rates_at(state, second, step, 1, 0.5 * length)
                fourth = self.rates_at(state, third, step, 2, 1.0 * length)
                sums = zip(state, first, second, third, fourth, strict=True)
                ends = [y + (a + b * 2.0 + c * 2.0 + d) * (length / 6.0) for y, a, b, c, d in sums]
        return [
            np.maximum(end, np.minimum(begin, 0.0)) if slot.is_non_negative else end
            for slot, begin, end in zip(self.program.stocks, state, ends, strict=True)
        ]

    def rates(self) -> list[FloatArray]:
        return [self.wide(slot.rate) for slot in self.program.stocks]

    def rates_at(
        self, state: list[FloatArray], rates: list[FloatArray], step: int, stage: int, length: float
    ) -> list[FloatArray]:
        """Return the rates at a stage, the state taken there along other rates."""
        self.start_stage(step, stage)
        moved = [y + k * length for y, k in zip(state, rates, strict=True)]
        self.values.update({value: moved[place] for value, place in self.leaves("stock")})
        self.compute("core", self.values)
        return self.rates()

    def events_by_step(self) -> dict[int, list[tuple[int, float]]]:
        timeline = self.run.timeline
        slack = SLACK * (float(timeline.lengths[0]) if timeline.lengths.size else 1.0)
        due: dict[int, list[tuple[int, float]]] = {}
        for value, place in self.leaves("event"):
            for time, number in self.program.events[place].changes:
                step = int(np.searchsorted(timeline.times, time - slack))
                due.setdefault(step, []).append((value, number))
        return due


class Fixed:
    """A delay that does not move: the inputs so far, and for each draw how many steps back it looks."""

    def __init__(self, run: _Interpreter, slot: DelaySlot) -> None:
        self.run, self.slot = run, slot
        lengths = run.run.timeline.lengths
        duration = run.wide(slot.duration) / (lengths[0] if lengths.size else 1.0)
        self.lag = np.maximum(np.floor(duration + 0.5), 1.0)
        self.start = np.where(np.isnan(duration), np.nan, run.wide(slot.start))
        self.entered: list[FloatArray] = []

    def leave(self, step: int) -> FloatArray:
        out = self.start.copy()
        for draw, lag in enumerate(self.lag):
            if step >= lag or np.isnan(lag):
                out[draw] = np.nan if np.isnan(lag) and step == 0 else self.entered[step - _lag(lag)][draw]
        return out

    def enter(self, step: int) -> None:
        self.entered.append(self.run.wide(self.slot.input))


def _lag(lag: float) -> int:
    return 1 if np.isnan(lag) else int(lag)


class Moving:
    """A delay that moves: for each draw what is due at which step, and when that entered."""

    def __init__(self, run: _Interpreter, slot: DelaySlot) -> None:
        self.run, self.slot = run, slot
        self.start = run.wide(slot.start)
        self.due: list[dict[int, tuple[float, int]]] = [{} for _ in range(run.n_draws)]
        self.last = self.start.copy()
        self.latest = np.full(run.n_draws, -2)

    def leave(self, step: int) -> FloatArray:
        if step == 0:
            return self.start.copy()
        adds = self.slot.missing is not None
        otherwise = self.run.wide(self.slot.missing) if self.slot.missing is not None else self.last
        out = otherwise.copy()
        for draw, due in enumerate(self.due):
            if step in due and (adds or due[step][1] > self.latest[draw]):
                out[draw], self.latest[draw] = due[step]
        self.last = out
        return out.copy()

    def enter(self, step: int) -> None:
        length = self.run.run.timeline.lengths[step]
        lags = np.maximum(np.floor(self.run.wide(self.slot.duration) / length + 0.5), 1.0)
        entering = np.where(np.isnan(lags), np.nan, self.run.wide(self.slot.input))
        for draw, due in enumerate(self.due):
            lag = min(lags[draw], self.run.last_step + 2.0)
            if step == 0:
                due.update(dict.fromkeys(range(_lag(lag)), (self.start[draw], -1)))
            at = step + _lag(lag)
            before = due[at][0] if at in due and self.slot.missing is not None else 0.0
            value = entering[draw] + before if self.slot.missing is not None else entering[draw]
            due[at] = (value, step)
