"""From `ir` to a `Program`: every value a run computes, at the start and then at any time.

In come a model and what a run changes of it (outputs, held variables, events, given constants); out goes a
`Program`, which holds no more than the outputs need. An equation is lowered on two occasions: at the start,
where stocks have their initial values, and at any time. `expand.py` writes out built-ins, `builder.py`
simplifies, `place.py` lines up the regions. Equations may be as deep as they like: nothing recurses here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

import numpy as np

from realities.engine.program.builder import CORE, EVENT, FIXED, GRID, SETUP, Builder
from realities.engine.program.expand import EXPANSIONS, Clock, power
from realities.engine.program.place import Draft, place
from realities.engine.program.program import (
    DelaySlot,
    EventSlot,
    Method,
    Parameter,
    Program,
    SampleSlot,
    StockSlot,
)
from realities.engine.program.verify import verify
from realities.errors import Diagnostic, InputError
from realities.ir.builtins import BUILTINS, NOT_AVAILABLE
from realities.ir.expr import Binary, Call, Expr, Number, Ref, Time, Unary, children
from realities.ir.model import Lookup, Model, Variable

#: Operators that are instructions. Of the others, > and >= exchange operands, <> is the opposite of =.
_PLAIN = frozenset({"+", "-", "*", "/", "<", "<="})
#: Functions of as many numbers as there are elements, and those of a market: each is an `array`.
_OF_ARRAYS = frozenset(
    {
        "vensim.vector_lookup",
        "vensim.vector_select",
        "vensim.find_market_price",
        "vensim.demand_at_price",
        "vensim.supply_at_price",
        "xmile.element",
        "xmile.rank",
        "xmile.stddev",
    }
)


def lower(
    model: Model,
    outputs: Iterable[str],
    *,
    hold: Mapping[str, float],
    events: Mapping[str, Sequence[tuple[float, float]]],
    given: Mapping[str, bool],
    method: Method,
) -> Program:
    """Return the program of a run.

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
    method
        How steps are taken.

    Raises
    ------
    InputError
        If initial values depend on one another in a loop.
    """
    with np.errstate(all="ignore"):  # known numbers fold as they would be computed, NaN and infinity included
        lowering = _Lowering(model, hold, events, given, method)
        for name in outputs:
            lowering.add_output(name)
        lowering.complete_state()
        program = place(lowering.draft)
    verify(program)
    return program


@dataclass(slots=True)
class _Occasion:
    """The start, or any time: the values known by variable, the time of a stage and that of its step."""

    is_start: bool
    time: int
    step_time: int
    values: dict[str, int] = field(default_factory=dict)
    #: Expressions in order of evaluation, by variable, while their values are not known.
    orders: dict[str, list[list[Expr]]] = field(default_factory=dict)
    clock_is_pending: bool = False


class _Lowering:
    def __init__(
        self,
        model: Model,
        hold: Mapping[str, float],
        events: Mapping[str, Sequence[tuple[float, float]]],
        given: Mapping[str, bool],
        method: Method,
    ) -> None:
        self.model, self.hold, self.events, self.given = model, hold, events, given
        self.builder = Builder()
        self.draft = Draft(self.builder, method)
        self._with_state: list[tuple[Variable, int]] = []
        self._n_state: dict[str, int] = {}
        self._tables: dict[str, int] = {}
        self._parameters: dict[str, int] = {}
        step_time = self.builder.leaf("step_time", None, GRID)
        time = step_time if method == "euler" else self.builder.leaf("time", None, GRID)
        self.now = _Occasion(False, time, step_time)
        # While the initial time itself is computed, the time is 0.
        zero = self.builder.number(0.0)
        self.start = _Occasion(True, zero, zero)
        begin = self.builder.real(self.value(model.time.initial_time, self.start))
        self.start.time = self.start.step_time = begin

    def add_output(self, name: str) -> None:
        """Keep a variable."""
        self.draft.outputs.append((name, self.builder.real(self.value(name, self.now))))

    # -- variables -----------------------------------------------------------------------------------

    def value(self, name: str, when: _Occasion) -> int:
        """Return the value of a variable, those it depends on first."""
        values = when.values
        name = self.model[name].name
        path: dict[str, None] = {}
        stack = [name]
        while stack:
            top = stack[-1]
            if top in values:
                stack.pop()
                continue
            variable = self.model[top]
            missing = [one for one in self._needs(variable, when) if one not in values]
            if not missing:
                values[top] = self._variable(variable, when)
                when.orders.pop(top, None)  # a time step that is a function of time has been here before
                path.pop(top, None)
                stack.pop()
                continue
            looped = next((one for one in missing if one in path or one == top), None)
            if looped is not None:
                raise InputError(self._loop([*path, top], looped))
            path[top] = None
            stack.extend(reversed(missing))
        return values[name]

    def _loop(self, path: Sequence[str], name: str) -> Diagnostic:
        loop = [*path[path.index(name) :], name]
        return Diagnostic(
            "error",
            "initial-loop",
            "initial values depend on one another: " + " <- ".join(f'"{member}"' for member in loop),
            self.model[name].span,
            ("give one of them an initial value that needs none of the others, such as a number",),
        )

    def _needs(self, variable: Variable, when: _Occasion) -> list[str]:
        """Return the names that a variable's value needs."""
        orders = when.orders.get(variable.name)
        if orders is None:
            orders = [_in_order(expression) for expression in self._expressions(variable, when)]
            when.orders[variable.name] = orders
        return [self.model[node.name].name for order in orders for node in order if isinstance(node, Ref)]

    def _expressions(self, variable: Variable, when: _Occasion) -> list[Expr]:
        if variable.name in self.hold or (variable.kind == "constant" and variable.name in self.given):
            return []
        expression, initial = variable.expression, variable.initial
        found: list[Expr | None]
        match variable.kind:
            case "constant":
                found = [expression]
            case "auxiliary":
                found = [initial if when.is_start and initial is not None else expression]
            case "stock" | "fixed_delay" | "material_delay" | "information_delay":
                found = [initial] if when.is_start else []
            case "initial":
                found = [expression] if when.is_start else []
            case "sample":
                found = [expression, *variable.extra, *([initial] if when.is_start else [])]
            case "data":
                found = []
            case _:
                assert_never(variable.kind)
        return [part for part in found if part is not None]

    def _variable(self, variable: Variable, when: _Occasion) -> int:
        """Return the value of a variable whose needs are known: a number, or several."""
        name, orders = variable.name, when.orders[variable.name]
        if name in self.hold:
            return self.builder.number(self.hold[name])
        match variable.kind:
            case "constant":
                return self._constant(name, orders, when)
            case "sample":
                return self._sample(variable, orders, when)
            case "data":
                return self._read("lookup", str(variable.series), (when.step_time,))
            case "initial" if not when.is_start:
                return self.value(name, self.start)
            case "stock" if not when.is_start:
                return self._state("stock", variable)
            case "fixed_delay" | "material_delay" | "information_delay" if not when.is_start:
                return self._state("delayed", variable)
            case _:
                return self._number(orders[0], when)

    def _constant(self, name: str, orders: Sequence[Sequence[Expr]], when: _Occasion) -> int:
        b = self.builder
        base = self._parameter(name) if name in self.given else self._number(orders[0], when)
        changes = tuple(self.events.get(name, ()))
        if not changes:
            return base
        if not when.is_start:
            self.draft.events.append(EventSlot(name, base, changes))
            return b.leaf("event", len(self.draft.events) - 1, EVENT)
        for time, value in changes:
            base = b.select(b.at_most(b.number(time), when.time), b.number(value), base)
        return base

    def _parameter(self, name: str) -> int:
        per_draw = self.given[name]
        if name not in self._parameters:
            self._parameters[name] = len(self.draft.parameters)
            self.draft.parameters.append(Parameter(name, per_draw))
        return self.builder.leaf("parameter", self._parameters[name], SETUP if per_draw else FIXED)

    def _sample(self, variable: Variable, orders: Sequence[Sequence[Expr]], when: _Occasion) -> int:
        entering, condition, *initial = orders
        value = self._number(entering, when)
        is_taken = self.builder.truth(self._evaluate(condition, when))
        kept = self._number(initial[0], when) if when.is_start else self._state("held", variable)
        return self.builder.select(is_taken, value, kept)

    # -- state ---------------------------------------------------------------------------------------

    def _state(self, op: str, variable: Variable) -> int:
        """Return what a variable's state is now; how it starts and changes is lowered later."""
        slot = self._n_state.get(op, 0)
        self._n_state[op] = slot + 1
        self._with_state.append((variable, slot))
        return self.builder.leaf(op, slot, CORE)

    def complete_state(self) -> None:
        """Lower what starts and changes the state, which may bring in more state, until there is no more."""
        done = 0
        while done < len(self._with_state):
            self._fill_slot(*self._with_state[done])
            done += 1

    def _fill_slot(self, variable: Variable, slot: int) -> None:
        name, now, draft = variable.name, self.now, self.draft
        match variable.kind:
            case "stock":
                start = self.value(name, self.start)
                rate = self._later(variable.expression, now)
                draft.stocks[slot] = StockSlot(name, start, rate, variable.is_non_negative)
            case "fixed_delay":
                start = self.value(name, self.start)
                duration = self._later(variable.extra[0], self.start)
                draft.delays[slot] = DelaySlot(name, self._later(variable.expression, now), start, duration)
            case "material_delay" | "information_delay":
                start = self.value(name, self.start)
                duration, *missing = (self._later(part, now) for part in variable.extra)
                entering = self._later(variable.expression, now)
                draft.delays[slot] = DelaySlot(name, entering, start, duration, True, *missing)
            case _:
                start = self._later(variable.initial, self.start)
                draft.samples[slot] = SampleSlot(name, now.values[name], start)

    def _later(self, expression: Expr | None, when: _Occasion) -> int:
        """Return the number of an expression whose needs may not be known yet."""
        assert expression is not None
        order = _in_order(expression)
        for node in order:
            if isinstance(node, Ref):
                self.value(node.name, when)
        return self._number(order, when)

    # -- expressions ---------------------------------------------------------------------------------

    def _number(self, order: Sequence[Expr], when: _Occasion) -> int:
        return self.builder.real(self._evaluate(order, when))

    def _evaluate(self, order: Sequence[Expr], when: _Occasion) -> int:
        """Return the value of an expression, given in order of evaluation."""
        b, values, stack = self.builder, when.values, list[int]()
        for node in order:
            match node:
                case Number():
                    stack.append(b.number(node.value))
                case Ref():
                    known = values.get(node.name)
                    stack.append(values[self.model[node.name].name] if known is None else known)
                case Binary():
                    right, left = stack.pop(), stack.pop()
                    stack.append(self._binary(node.op, left, right))
                case Call():
                    n = len(node.args)
                    args = tuple(stack[len(stack) - n :])
                    del stack[len(stack) - n :]
                    stack.append(self._call(node, args, when))
                case Unary():
                    operand = stack.pop()
                    is_not = node.op == "not"
                    stack.append(
                        b.opposite(b.truth(operand)) if is_not else b.apply("negative", b.real(operand))
                    )
                case Time():
                    stack.append(when.time)
                case _:
                    assert_never(node)
        return stack[0]

    def _binary(self, op: str, left: int, right: int) -> int:
        b = self.builder
        if op in ("and", "or"):
            return b.apply(op, b.truth(left), b.truth(right))
        left, right = b.real(left), b.real(right)
        if op in _PLAIN:
            return b.apply(op, left, right)
        match op:
            case ">":
                return b.less(right, left)
            case ">=":
                return b.at_most(right, left)
            case "=":
                return b.equal(left, right)
            case "<>":
                return b.opposite(b.equal(left, right))
            case _:
                return power(b, left, right)

    def _call(self, call: Call, args: tuple[int, ...], when: _Occasion) -> int:
        b, key = self.builder, call.function
        row = BUILTINS[key]
        if key == "part":
            return self._part(*args)
        if key == "if_then_else":  # its condition may stay true or false
            args = (args[0], b.real(args[1]), b.real(args[2]))
        else:
            args = tuple(map(b.real, args))
        if row.is_random:
            u = self._uniform(call, args, when)
            if not args:
                return u
            args = (u, *args[:-1])
        if call.table is not None:
            return self._read(key, call.table, args)
        if key in EXPANSIONS:
            found = EXPANSIONS[key](b, self._clock(when), args)
            if found is not None:
                return found
        if row.is_vector:
            return b.apply("array", *args, detail=(key, row.n_parts(len(args))))
        if key in _OF_ARRAYS:
            return b.part(b.apply("array", *args, detail=(key, 1)), 0)
        return b.apply("call", *args, detail=key)

    def _part(self, bundle: int, position: int) -> int:
        """Return one of several numbers: of a known place, or of whatever place it turns out to be."""
        b = self.builder
        position = b.real(position)
        detail = b.details[bundle]
        assert isinstance(detail, tuple)
        n_parts = int(detail[1])
        if position not in b.known:
            parts = (b.part(bundle, which) for which in range(n_parts))
            return b.part(b.apply("array", position, *parts, detail=("pick", 1)), 0)
        place = b.known[position]
        if np.isnan(place):
            return b.number(np.nan, is_written=False)
        if not (place > -0.5 and np.floor(place + 0.5) < n_parts):
            return b.number(NOT_AVAILABLE, is_written=False)
        return b.part(bundle, int(np.floor(place + 0.5)))

    def _uniform(self, call: Call, args: Sequence[int], when: _Occasion) -> int:
        """Return a number in (0, 1); the last argument, the author's seed, chooses a stream."""
        b = self.builder
        stream = args[-1] if args else b.number(0.0)
        # At the start it is the number of step 0, so that INITIAL(noise) is the noise at the initial time.
        step = b.number(0.0) if when.is_start else b.leaf("step", None, GRID)
        key = b.apply("key", b.leaf("seed", None, FIXED), stream, step, detail=call.site)
        return b.apply("uniform", key, b.leaf("draw", None, SETUP))

    def _clock(self, when: _Occasion) -> Clock:
        b = self.builder
        if when.clock_is_pending:  # a time step that is itself a function of time
            return Clock(when.step_time, b.number(0.0))
        when.clock_is_pending = True
        time_step = b.real(self.value(self.model.time.time_step, when))
        when.clock_is_pending = False
        return Clock(when.step_time, time_step)

    def _read(self, reading: str, name: str, args: tuple[int, ...]) -> int:
        b, lookup = self.builder, self.model.lookups[name]
        if reading in _COUNTED:
            return b.number(_counted(reading, lookup), is_written=False)
        if name not in self._tables:
            self._tables[name] = len(self.draft.tables)
            self.draft.tables.append(lookup)
        return b.apply("read", *args, detail=(reading, self._tables[name]))


#: Readings of data that depend on nothing.
_COUNTED = frozenset({"vensim.data_first_time", "vensim.data_last_time", "vensim.data_total_points"})


def _counted(reading: str, data: Lookup) -> float:
    """Return how many points data has, or the time of the first or last; :NA: where it has none."""
    count = sum(y != NOT_AVAILABLE for y in data.ys)
    if reading == "vensim.data_total_points":
        return float(count)
    return data.xs[0 if reading == "vensim.data_first_time" else -1] if count else NOT_AVAILABLE


def _in_order(expression: Expr) -> list[Expr]:
    """Return the nodes of an expression in order of evaluation: operands, left first, then the node."""
    order, stack = list[Expr](), [expression]
    while stack:
        node = stack.pop()
        order.append(node)
        if not isinstance(node, Ref | Number | Time):
            stack.extend(children(node))
    order.reverse()
    return order
