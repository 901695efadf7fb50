"""The value a term has before a run: the order of a delay, which says how many variables it becomes.

In comes a term as written and where it stands; out comes its value at the initial time, worked out
from the numbers in the file, or None where that cannot be told, with the constants it was worked out
from. `stateful.py` asks for it.
"""

from __future__ import annotations

import math
import operator
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from realities.ir.expr import Binary, Call, Expr, Number, Ref, Time, Unary
from realities.ir.model import Lookup
from realities.model import syntax
from realities.model.arrays import Binding, name_key
from realities.model.symbols import Scope

if TYPE_CHECKING:
    from realities.model.resolve import Resolver

_DEEPEST = 60

_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
    "and": lambda left, right: bool(left) and bool(right),
    "or": lambda left, right: bool(left) or bool(right),
}
#: Built-ins that can be worked out before a run, by their key in the core.
_BUILTINS: Mapping[str, Callable[..., float]] = {
    "abs": abs,
    "cos": math.cos,
    "exp": math.exp,
    "if_then_else": lambda condition, yes, no: yes if condition else no,
    "ln": math.log,
    "max": max,
    "min": min,
    "power": operator.pow,
    "product": lambda *factors: math.prod(factors),
    "sin": math.sin,
    "sqrt": math.sqrt,
    "sum": lambda *parts: math.fsum(parts),
    "vensim.integer": math.trunc,
    "vensim.log": math.log,
    "vensim.modulo": math.fmod,
    "vensim.quantum": lambda x, size: x if size <= 0.0 else size * math.trunc(x / size),
    "vensim.xidz": lambda above, below, instead: instead if abs(below) < 1e-6 else above / below,
    "vensim.zidz": lambda above, below: 0.0 if abs(below) < 1e-6 else above / below,
}
#: Functions that become variables of their own, and what they are worth at the start.
VALUES: Mapping[str, Callable[..., float]] = {
    "active initial": lambda _, initial: initial,
    "game": lambda value: value,
    "initial": lambda value: value,
    "reinitial": lambda value: value,
}


def value_before_run(resolver: Resolver, term: syntax.Term, scope: Scope) -> float | None:
    """Return the value of a term at the initial time, or None where it takes a run to know it.

    What it is worked out from is noted in `resolver.settled`: a run must not change these constants.
    """
    evaluator = _Evaluator(resolver)
    try:
        value = evaluator.value(term, scope, 0)
    except (_UnknownError, ArithmeticError, ValueError, TypeError):
        return None
    if not math.isfinite(value):
        return None
    resolver.settled |= evaluator.used
    return value


def value_at_start(resolver: Resolver, expr: Expr) -> float | None:
    """Return the value of an expression at the initial time, or None; nothing is noted as settled."""
    try:
        return _Evaluator(resolver).expr(expr, 0)
    except (_UnknownError, ArithmeticError, ValueError, TypeError):
        return None


def expression_before_run(resolver: Resolver, expression: Expr) -> float | None:
    """Return the value of a resolved expression at the initial time, as `value_before_run` does of a term."""
    evaluator = _Evaluator(resolver)
    try:
        value = evaluator.expr(expression, 0)
    except ArithmeticError:
        value = math.nan
    except (_UnknownError, ValueError, TypeError):
        return None
    resolver.settled |= evaluator.used
    return value


class _UnknownError(Exception):
    """The value takes a run to know."""


class _Evaluator:
    def __init__(self, resolver: Resolver) -> None:
        self.resolver, self.language = resolver, resolver.language
        self.used: dict[str, float] = {}

    # -- terms as written -----------------------------------------------------------------------------

    def value(self, term: syntax.Term, scope: Scope, depth: int) -> float:
        if depth > _DEEPEST:
            raise _UnknownError
        match term:
            case syntax.Numeral(value):
                return value
            case syntax.Prefix(op, operand):
                return _prefixed(op, self.value(operand, scope, depth + 1))
            case syntax.Infix(op, left, right):
                both = (self.value(side, scope, depth + 1) for side in (left, right))
                return float(_ARITHMETIC[op](*both))
            case syntax.Name():
                return self.name(term, scope, depth)
            case syntax.Apply():
                return self.call(term, scope, depth)
            case _:
                raise _UnknownError

    def call(self, call: syntax.Apply, scope: Scope, depth: int) -> float:
        function, language = name_key(call.function.name), self.language
        if function == "elmcount":
            return self.size(call)
        table = self.resolver.table.get(function)
        values = [self.value(argument, scope, depth + 1) for argument in call.arguments]
        if table is not None and table.kind == "lookup":
            return self.read(
                self.resolver.space.full_name(table.name, self.elements(call.function, scope)), values
            )
        if function in language.values:
            return float(language.values[function](*values))
        if function in language.simple:
            return self.builtin(language.simple[function], values, depth)
        raise _UnknownError

    def size(self, call: syntax.Apply) -> float:
        """Return how many elements the dimension has that a call of ELMCOUNT names."""
        match call.arguments:
            case (syntax.Name(name=name),) if name_key(name) in self.resolver.space.axes:
                return float(len(self.resolver.space.axes[name_key(name)].elements))
            case _:
                raise _UnknownError

    def builtin(self, key: str, values: list[float], depth: int) -> float:
        if key == "step":
            height, start = values
            controls = self.language.controls
            half = self.control(controls.time_step, depth) / 2
            return height if start < self.control(controls.initial_time, depth) + half else 0.0
        if key not in _BUILTINS:
            raise _UnknownError
        return float(_BUILTINS[key](*values))

    def read(self, table: str, values: list[float]) -> float:
        if table not in self.resolver.lookups or len(values) != 1:
            raise _UnknownError
        return read_lookup(self.resolver.lookups[table], values[0])

    def control(self, name: str, depth: int) -> float:
        return self.name(syntax.Name(name), Scope(name, {}), depth)

    def name(self, name: syntax.Name, scope: Scope, depth: int) -> float:
        key = name_key(name.name)
        if scope.local is not None:
            if key in scope.local:
                meaning = scope.local[key]
                if isinstance(meaning, str):
                    raise _UnknownError
                return self.expr(meaning, depth + 1)
            key = key.rstrip("$").rstrip()
        if key == "time":
            return self.control(self.language.controls.initial_time, depth)
        symbol = self.resolver.table.symbols.get(key)
        if symbol is None:
            return self.number_of(key, scope)
        return self.scalar(symbol.name, self.elements(name, scope), depth)

    def number_of(self, key: str, scope: Scope) -> float:
        """Return the number of the element that a dimension or an element's name stands for."""
        element = scope.binding.get(key, key)
        if element not in self.resolver.space.numbers:
            raise _UnknownError
        return float(self.resolver.space.numbers[element])

    def scalar(self, name: str, elements: tuple[str, ...], depth: int) -> float:
        """Return the value of one scalar variable by the equation that defines it."""
        symbol = self.resolver.table.get(name)
        if symbol is None or symbol.kind != "variable" or elements not in symbol.instances:
            raise _UnknownError
        equation, instance = symbol.instances[elements]
        if equation.right is None:
            raise _UnknownError
        if isinstance(equation.right, syntax.Rows):
            if instance.position >= len(equation.right.values):
                raise _UnknownError  # a list that is too short; `define.py` says so
            value = equation.right.values[instance.position]
        else:
            value = self.value(equation.right, Scope(symbol.name, instance.binding), depth + 1)
        if isinstance(equation.right, syntax.Rows) or syntax.is_literal(equation.right):
            self.used[self.resolver.space.full_name(symbol.name, elements)] = value
        return value

    def elements(self, name: syntax.Name, scope: Scope) -> tuple[str, ...]:
        return tuple(self.element(one, scope.binding) for one in name.subscripts)

    def element(self, subscript: syntax.Subscript, binding: Binding) -> str:
        key = name_key(subscript.name)
        found = binding.get(f"{key}!" if subscript.is_reduced else key, key)
        if found not in self.resolver.space.spelling:
            raise _UnknownError
        return found

    # -- expressions, as the arguments of a macro become --------------------------------------------------

    def expr(self, expr: Expr, depth: int) -> float:
        if depth > _DEEPEST:
            raise _UnknownError
        match expr:
            case Number(value):
                return value
            case Time():
                return self.control(self.language.controls.initial_time, depth + 1)
            case Unary(op, operand):
                return _prefixed(op, self.expr(operand, depth + 1))
            case Binary(op, left, right):
                return float(_ARITHMETIC[op](self.expr(left, depth + 1), self.expr(right, depth + 1)))
            case Call("lookup", (at,), table) if table is not None:
                return self.read(table, [self.expr(at, depth + 1)])
            case Call(function, args):
                return self.builtin(function, [self.expr(arg, depth + 1) for arg in args], depth + 1)
            case Ref(name):
                return self.ref(name, depth + 1)

    def ref(self, name: str, depth: int) -> float:
        base, _, inside = name.partition("[")
        if self.resolver.table.get(base) is not None:
            elements = tuple(name_key(one) for one in inside.removesuffix("]").split(",") if one)
            return self.scalar(base, elements, depth)
        for variable in reversed(self.resolver.variables):  # one that a macro's call became
            if variable.name == name:
                if variable.kind not in ("constant", "auxiliary") or variable.expression is None:
                    raise _UnknownError
                return self.expr(variable.initial or variable.expression, depth)
        raise _UnknownError


def fixed_value(expr: Expr) -> float | None:
    """Return the value of an expression of numbers and arithmetic alone, or None."""
    match expr:
        case Number(value):
            return value
        case Unary("-", operand):
            inner = fixed_value(operand)
            return None if inner is None else -inner
        case Binary("+" | "-" | "*" as op, left, right):
            first, second = fixed_value(left), fixed_value(right)
            return None if first is None or second is None else float(_ARITHMETIC[op](first, second))
        case _:
            return None


def read_lookup(lookup: Lookup, x: float) -> float:
    """Return a lookup at one point, as its mode says."""
    xs, ys = lookup.xs, lookup.ys
    last = len(xs) - 1
    match lookup.mode:
        case "discrete":
            return ys[max(bisect_right(xs, x) - 1, 0)]
        case "backward":
            return ys[min(bisect_left(xs, x), last)]
        case mode:
            inside = min(max(bisect_right(xs, x) - 1, 0), max(last - 1, 0))
            after = min(inside + 1, last)
            if mode == "interpolate":
                x = min(max(x, xs[0]), xs[-1])
            width = xs[after] - xs[inside]
            if width == 0.0:
                return ys[after]
            return ys[inside] + (ys[after] - ys[inside]) * (x - xs[inside]) / width


def _prefixed(op: str, value: float) -> float:
    return float(not value) if op == "not" else -value if op == "-" else value
