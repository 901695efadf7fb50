"""Models built by hand, so that the engine is tested without a front end.

`E` wraps an expression so that arithmetic on it builds the tree: `ref("a") * 2 + ref("b")`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from realities.ir.expr import Binary, BinaryOp, Call, Expr, Number, Ref, Time, Unary
from realities.ir.model import Integrator, Lookup, Model, TimeSpec, Variable
from realities.units import parse_unit


@dataclass(frozen=True)
class E:
    expr: Expr

    def __add__(self, other: Value) -> E:
        return E(Binary("+", self.expr, expr(other)))

    def __radd__(self, other: Value) -> E:
        return E(Binary("+", expr(other), self.expr))

    def __sub__(self, other: Value) -> E:
        return E(Binary("-", self.expr, expr(other)))

    def __rsub__(self, other: Value) -> E:
        return E(Binary("-", expr(other), self.expr))

    def __mul__(self, other: Value) -> E:
        return E(Binary("*", self.expr, expr(other)))

    def __rmul__(self, other: Value) -> E:
        return E(Binary("*", expr(other), self.expr))

    def __truediv__(self, other: Value) -> E:
        return E(Binary("/", self.expr, expr(other)))

    def __rtruediv__(self, other: Value) -> E:
        return E(Binary("/", expr(other), self.expr))

    def __pow__(self, other: Value) -> E:
        return E(Binary("^", self.expr, expr(other)))

    def __neg__(self) -> E:
        return E(Unary("-", self.expr))


Value = E | float | int

time = E(Time())


def expr(value: Value) -> Expr:
    return value.expr if isinstance(value, E) else Number(float(value))


def ref(name: str) -> E:
    return E(Ref(name))


def op(operator: BinaryOp, left: Value, right: Value) -> E:
    return E(Binary(operator, expr(left), expr(right)))


def negated(operand: Value) -> E:
    return E(Unary("not", expr(operand)))


def call(function: str, *args: Value, table: str | None = None, site: int = 0) -> E:
    return E(Call(function, tuple(expr(arg) for arg in args), table=table, site=site))


def constant(name: str, value: Value, unit: str = "") -> Variable:
    return Variable(name, "constant", expr(value), unit=parse_unit(unit) if unit else None)


def aux(name: str, value: Value, *, initial: Value | None = None, unit: str = "") -> Variable:
    active = None if initial is None else expr(initial)
    return Variable(name, "auxiliary", expr(value), initial=active, unit=parse_unit(unit) if unit else None)


def stock(name: str, flow: Value, initial: Value, unit: str = "") -> Variable:
    return Variable(name, "stock", expr(flow), initial=expr(initial), unit=parse_unit(unit) if unit else None)


def initial(name: str, value: Value) -> Variable:
    return Variable(name, "initial", expr(value))


def fixed_delay(name: str, entering: Value, duration: Value, start: Value) -> Variable:
    return Variable(name, "fixed_delay", expr(entering), initial=expr(start), extra=(expr(duration),))


def sample(name: str, condition: Value, entering: Value, start: Value) -> Variable:
    return Variable(name, "sample", expr(entering), initial=expr(start), extra=(expr(condition),))


def lookup(name: str, *points: tuple[float, float], mode: str = "interpolate") -> Lookup:
    return Lookup(name, tuple(x for x, _ in points), tuple(y for _, y in points), mode)  # type: ignore[arg-type]


def build(
    variables: Sequence[Variable],
    *,
    start: Value = 0.0,
    end: Value = 10.0,
    step: Value = 1.0,
    save: Value | None = None,
    integrator: Integrator = "euler",
    lookups: Sequence[Lookup] = (),
) -> Model:
    """Return a model of these variables and the four control variables; saved at every step by default."""
    controls: Mapping[str, Value] = {
        "INITIAL TIME": start,
        "FINAL TIME": end,
        "TIME STEP": step,
        "SAVEPER": ref("TIME STEP") if save is None else save,
    }
    clock = [
        constant(name, value) if not isinstance(value, E) else aux(name, value)
        for name, value in controls.items()
    ]
    return Model(
        "hand built",
        (*clock, *variables),
        TimeSpec(unit=parse_unit("day"), integrator=integrator),
        lookups={table.name: table for table in lookups},
    )
