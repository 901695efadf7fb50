"""From `ir` to a graph of operations: which value each variable has, at the start and then at any time.

In come a model and what a run changes of it (outputs, held variables, events, drawn constants); out goes a
`Plan`, which holds no more than the outputs need. Every variable is translated for two occasions: at the
initial time, where stocks have their initial values, and at any time, where stocks are what they have become.
`tape.py` next binds a plan to memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from realities.engine.reference.expansions import EXPANSIONS, Clock, power
from realities.engine.reference.graph import Graph, Rate
from realities.engine.reference.kernels import READINGS
from realities.engine.reference.lookups import Table
from realities.errors import Diagnostic, InputError
from realities.ir.builtins import BUILTINS
from realities.ir.expr import Binary, Call, Expr, Number, Ref, Time, Unary, references, walk
from realities.ir.model import Model, Variable

_TRUTH = frozenset({"and", "or"})


@dataclass(frozen=True, slots=True)
class StockSlot:
    """A stock: nodes of its initial value and net flow, and whether it is kept from falling below 0."""

    name: str
    start: int
    rate: int
    is_non_negative: bool = False


@dataclass(frozen=True, slots=True)
class DelaySlot:
    """A delay: nodes of its input, its output until it is over, and how long it takes.

    Where the delay moves, `duration` is that of an input that enters now; `missing` is what comes out when
    nothing does, or None if the last output is held then.
    """

    name: str
    input: int
    start: int
    duration: int
    moves: bool = False
    missing: int | None = None


@dataclass(frozen=True, slots=True)
class SampleSlot:
    """A sample: nodes of its value, and of what it keeps before the first time its condition holds."""

    name: str
    value: int
    start: int


@dataclass(frozen=True, slots=True)
class EventSlot:
    """A constant that events replace: its leaf, its own value, and (time, value) in order of time."""

    name: str
    leaf: int
    base: int
    changes: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Controls:
    """Nodes of the four control variables."""

    initial_time: int
    final_time: int
    time_step: int
    save_period: int

    def all(self) -> tuple[int, ...]:
        """Return the four nodes."""
        return self.initial_time, self.final_time, self.time_step, self.save_period


@dataclass(slots=True)
class Plan:
    """What one kind of run computes: a graph, and which of its nodes are outputs and which carry state."""

    graph: Graph
    outputs: dict[str, int] = field(default_factory=dict)
    stocks: list[StockSlot] = field(default_factory=list)
    delays: list[DelaySlot] = field(default_factory=list)
    samples: list[SampleSlot] = field(default_factory=list)
    events: list[EventSlot] = field(default_factory=list)
    #: The control variables at the start, and at any time.
    controls_at_start: Controls = field(default_factory=lambda: Controls(0, 0, 0, 0))
    controls: Controls = field(default_factory=lambda: Controls(0, 0, 0, 0))
    #: Leaves by what they stand for: ("parameter", name), ("step_time", None), ...
    leaves: dict[tuple[str, object], int] = field(default_factory=dict)


def make_plan(
    model: Model,
    outputs: Iterable[str],
    *,
    hold: Mapping[str, float],
    events: Mapping[str, Sequence[tuple[float, float]]],
    given: Mapping[str, bool],
    time_per_draw: bool,
    time_is_step_time: bool,
) -> Plan:
    """Return the plan of a run.

    Parameters
    ----------
    model
        The model.
    outputs
        Full names of the variables to keep.
    hold
        Variables held at a value, by full name.
    events
        (time, value) pairs in order of time, for each constant that events replace.
    given
        The constants a run supplies, by full name: whether they differ between draws.
    time_per_draw
        Whether every draw has its own time within a step, as under an adaptive integrator.
    time_is_step_time
        Whether nothing is computed within a step, as under Euler's method.

    Raises
    ------
    InputError
        If initial values depend on one another in a loop.
    """
    translator = _Translator(model, hold, events, given, time_per_draw, time_is_step_time)
    plan = translator.plan
    plan.outputs = {name: plan.graph.real(translator.value(name, at_start=False)) for name in outputs}
    plan.controls = translator.controls(at_start=False)
    translator.complete_state()
    return plan


class _Translator:
    def __init__(
        self,
        model: Model,
        hold: Mapping[str, float],
        events: Mapping[str, Sequence[tuple[float, float]]],
        given: Mapping[str, bool],
        time_per_draw: bool,
        time_is_step_time: bool,
    ) -> None:
        self.model, self.hold, self.events, self.given = model, hold, events, given
        self.graph = Graph()
        self.plan = Plan(self.graph)
        self._now: dict[str, int] = {}
        self._start: dict[str, int] = {}
        self._with_state: list[Variable] = []
        self._tables: dict[str, Table] = {}
        self._clock_pending: set[bool] = set()
        self._step_time = self._leaf("step_time", None, Rate.GRID, per_draw=False)
        self._time = self._step_time
        if not time_is_step_time:
            rate = Rate.STEP if time_per_draw else Rate.GRID
            self._time = self._leaf("time", None, rate, per_draw=time_per_draw)
        # While the initial time itself is computed, the time is 0.
        self._start_time = self.graph.literal(0.0)
        self._start_time = self.graph.real(self.value(model.time.initial_time, at_start=True))
        self.plan.controls_at_start = self.controls(at_start=True)

    def controls(self, *, at_start: bool) -> Controls:
        """Return the nodes of the control variables."""
        spec = self.model.time
        names = (spec.initial_time, spec.final_time, spec.time_step, spec.save_period)
        return Controls(*(self.graph.real(self.value(name, at_start=at_start)) for name in names))

    def complete_state(self) -> None:
        """Translate what changes the state, which may bring in more state, until there is no more."""
        done = 0
        while done < len(self._with_state):
            self._add_slot(self._with_state[done])
            done += 1

    def value(self, name: str, *, at_start: bool) -> int:
        """Return the node of a variable, those it depends on first; without recursion."""
        known = self._start if at_start else self._now
        path: list[str] = []
        stack = [self.model[name].name]
        while stack:
            top = stack[-1]
            if top in known:
                stack.pop()
                continue
            missing = [n for n in self._dependencies(self.model[top], at_start) if n not in known]
            if not missing:
                known[top] = self._variable(self.model[top], at_start)
                stack.pop()
                if path and path[-1] == top:
                    path.pop()
                continue
            looped = next((n for n in missing if n in path or n == top), None)
            if looped is not None:
                raise InputError(self._loop([*path, top], looped))
            path.append(top)
            stack.extend(reversed(missing))
        return known[self.model[name].name]

    def _loop(self, path: Sequence[str], name: str) -> Diagnostic:
        loop = [*path[path.index(name) :], name]
        return Diagnostic(
            "error",
            "initial-loop",
            "initial values depend on one another: " + " <- ".join(f'"{member}"' for member in loop),
            self.model[name].span,
            ("give one of them an initial value that needs none of the others, such as a number",),
        )

    def _dependencies(self, variable: Variable, at_start: bool) -> list[str]:
        """Return the names a variable needs first."""
        return [
            self.model[ref.name].name
            for expression in self._expressions(variable, at_start)
            for ref in references(expression)
        ]

    def _expressions(self, variable: Variable, at_start: bool) -> list[Expr]:
        if variable.name in self.hold or (variable.kind == "constant" and variable.name in self.given):
            return []
        expression, initial = variable.expression, variable.initial
        match variable.kind:
            case "constant":
                found = [expression]
            case "auxiliary":
                found = [initial if at_start and initial is not None else expression]
            case "stock" | "fixed_delay" | "material_delay" | "information_delay":
                found = [initial] if at_start else []
            case "initial":
                found = [expression] if at_start else []
            case "sample":
                found = [expression, *variable.extra, *([initial] if at_start else [])]
            case "data":
                found = []
            case _:
                assert_never(variable.kind)
        return [part for part in found if part is not None]

    def _variable(self, variable: Variable, at_start: bool) -> int:
        """Return the node of a variable whose dependencies are known; always a number."""
        graph, name = self.graph, variable.name
        if name in self.hold:
            return graph.literal(self.hold[name])
        match variable.kind:
            case "constant":
                return self._constant(variable, at_start)
            case "initial" if not at_start:
                return self.value(name, at_start=True)
            case "stock" if not at_start:
                return self._state("stock", variable)
            case "fixed_delay" | "material_delay" | "information_delay" if not at_start:
                return self._state("delayed", variable)
            case "sample":
                initial = variable.initial
                kept = self._number(initial, at_start) if at_start else self._state("held", variable)
                condition = graph.truth(self._node(variable.extra[0], at_start))
                return graph.apply("select", condition, self._number(variable.expression, at_start), kept)
            case "data":
                time = self._start_time if at_start else self._step_time
                return graph.apply("lookup", time, detail=self._table(str(variable.series)))
            case _:
                return self._number(self._expressions(variable, at_start)[0], at_start)

    def _constant(self, variable: Variable, at_start: bool) -> int:
        graph, name = self.graph, variable.name
        if name in self.given:
            base = self._leaf("parameter", name, Rate.ONCE, per_draw=self.given[name])
        else:
            base = self._number(variable.expression, at_start)
        changes = tuple(self.events.get(name, ()))
        if not changes:
            return base
        if at_start:
            for time, value in changes:
                begun = graph.apply("<=", graph.literal(time), self._start_time)
                base = graph.apply("select", begun, graph.literal(value), base)
            return base
        leaf = self._leaf("event", name, Rate.EVENT, per_draw=graph.per_draw[base])
        self.plan.events.append(EventSlot(name, leaf, base, changes))
        return leaf

    def _state(self, op: str, variable: Variable) -> int:
        self._with_state.append(variable)
        return self._leaf(op, variable.name, Rate.STEP, per_draw=True)

    def _add_slot(self, variable: Variable) -> None:
        """Note how the state of a variable starts and changes."""
        name = variable.name
        match variable.kind:
            case "stock":
                start = self.value(name, at_start=True)
                rate = self._later(variable.expression, at_start=False)
                self.plan.stocks.append(StockSlot(name, start, rate, variable.is_non_negative))
            case "fixed_delay":
                start = self.value(name, at_start=True)
                duration = self._later(variable.extra[0], at_start=True)
                entering = self._later(variable.expression, at_start=False)
                self.plan.delays.append(DelaySlot(name, entering, start, duration))
            case "material_delay" | "information_delay":
                start = self.value(name, at_start=True)
                duration, *missing = (self._later(part, at_start=False) for part in variable.extra)
                entering = self._later(variable.expression, at_start=False)
                self.plan.delays.append(DelaySlot(name, entering, start, duration, True, *missing))
            case _:
                start = self._later(variable.initial, at_start=True)
                self.plan.samples.append(SampleSlot(name, self._now[name], start))

    def _later(self, expression: Expr | None, *, at_start: bool) -> int:
        """Return the node of an expression whose dependencies may not be known yet."""
        assert expression is not None
        for ref in references(expression):
            self.value(ref.name, at_start=at_start)
        return self._number(expression, at_start)

    def _number(self, expression: Expr | None, at_start: bool) -> int:
        assert expression is not None
        return self.graph.real(self._node(expression, at_start))

    def _node(self, expression: Expr, at_start: bool) -> int:
        """Return the node of an expression; operands first, without recursion."""
        nodes: dict[int, int] = {}
        parents_first = list(walk(expression))
        for part in reversed(parents_first):
            nodes[id(part)] = self._part(part, nodes, at_start)
        return nodes[id(expression)]

    def _part(self, part: Expr, nodes: Mapping[int, int], at_start: bool) -> int:
        graph = self.graph
        match part:
            case Number(value=value):
                return graph.literal(value)
            case Ref(name=name):
                return (self._start if at_start else self._now)[self.model[name].name]
            case Time():
                return self._start_time if at_start else self._time
            case Unary(op="-", operand=operand):
                return graph.apply("negative", graph.real(nodes[id(operand)]))
            case Unary(operand=operand):
                return graph.apply("not", graph.truth(nodes[id(operand)]))
            case Binary(op=op, left=left, right=right) if op in _TRUTH:
                return graph.apply(op, graph.truth(nodes[id(left)]), graph.truth(nodes[id(right)]))
            case Binary(op=op, left=left, right=right):
                operands = graph.real(nodes[id(left)]), graph.real(nodes[id(right)])
                return power(graph, *operands) if op == "^" else graph.apply(op, *operands)
            case Call():
                return self._call(part, [nodes[id(arg)] for arg in part.args], at_start)
            case _:
                assert_never(part)

    def _call(self, call: Call, args: Sequence[int], at_start: bool) -> int:
        graph, key = self.graph, call.function
        if key == "if_then_else":  # its condition may stay a truth value
            numbers = (args[0], *(graph.real(arg) for arg in args[1:]))
        else:
            numbers = tuple(graph.real(arg) for arg in args)
        if BUILTINS[key].is_random:
            return self._random(call, numbers, at_start)
        if key in READINGS:
            return graph.apply(key, *numbers, detail=self._table(str(call.table)))
        if key == "part":
            return graph.part(*numbers)
        if key in EXPANSIONS:
            return EXPANSIONS[key](graph, self._clock(at_start), numbers)
        return graph.apply(key, *numbers)

    def _random(self, call: Call, numbers: Sequence[int], at_start: bool) -> int:
        """Return a random function: its last argument, the author's seed, chooses a stream."""
        graph = self.graph
        stream = numbers[-1] if numbers else graph.literal(0.0)
        seed = self._leaf("seed", None, Rate.ONCE, per_draw=False)
        draw = self._leaf("draw", None, Rate.ONCE, per_draw=True)
        # At the start the number is that of step 0, so that INITIAL(noise) is the noise at the initial time.
        step = graph.literal(0.0) if at_start else self._leaf("step", None, Rate.GRID, per_draw=False)
        u = graph.apply("uniform", seed, stream, step, draw, detail=call.site)
        if not numbers:
            return u
        detail = None if call.table is None else self._table(call.table)
        return graph.apply(call.function, u, *numbers[:-1], detail=detail)

    def _clock(self, at_start: bool) -> Clock:
        time = self._start_time if at_start else self._step_time
        if at_start in self._clock_pending:  # a time step that is itself a function of time
            return Clock(time, self.graph.literal(0.0))
        self._clock_pending.add(at_start)
        time_step = self.graph.real(self.value(self.model.time.time_step, at_start=at_start))
        self._clock_pending.remove(at_start)
        return Clock(time, time_step)

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            self._tables[name] = Table.of(self.model.lookups[name])
        return self._tables[name]

    def _leaf(self, op: str, detail: str | None, rate: Rate, *, per_draw: bool) -> int:
        node = self.graph.leaf(op, detail, rate, per_draw=per_draw)
        self.plan.leaves[op, detail] = node
        return node
