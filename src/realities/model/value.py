"""The value a term has before a run: the order of a delay, which says how many variables it becomes.

In comes a term as written and where it stands; out comes its value at the initial time, worked out
from the numbers in the file, or None where that cannot be told. `stateful.py` asks for it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping

from realities.ir.expr import Number, Ref
from realities.model import syntax
from realities.model.arrays import Binding, Space, name_key
from realities.model.language import Language
from realities.model.symbols import Scope, Table

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
#: Functions of Vensim that can be worked out before a run.
VALUES: Mapping[str, Callable[..., float]] = {
    "abs": abs,
    "exp": math.exp,
    "integer": math.trunc,
    "ln": math.log,
    "max": max,
    "min": min,
    "modulo": math.fmod,
    "sqrt": math.sqrt,
    "if then else": lambda condition, yes, no: yes if condition else no,
    "active initial": lambda _, initial: initial,
    "initial": lambda value: value,
    "game": lambda value: value,
}


def value_before_run(
    term: syntax.Term, scope: Scope, table: Table, space: Space, language: Language
) -> float | None:
    """Return the value of a term at the initial time, or None where it takes a run to know it."""
    try:
        value = _Evaluator(table, space, language).value(term, scope, 0)
    except (_UnknownError, ArithmeticError, ValueError, TypeError):
        return None
    return value if math.isfinite(value) else None


class _UnknownError(Exception):
    """The value takes a run to know."""


class _Evaluator:
    def __init__(self, table: Table, space: Space, language: Language) -> None:
        self.table, self.space, self.language = table, space, language

    def value(self, term: syntax.Term, scope: Scope, depth: int) -> float:
        if depth > _DEEPEST:
            raise _UnknownError
        match term:
            case syntax.Numeral(value):
                return value
            case syntax.Prefix(op, operand):
                value = self.value(operand, scope, depth + 1)
                return float(not value) if op == "not" else -value if op == "-" else value
            case syntax.Infix(op, left, right):
                both = (self.value(side, scope, depth + 1) for side in (left, right))
                return float(_ARITHMETIC[op](*both))
            case syntax.Name():
                return self.name(term, scope, depth)
            case syntax.Apply(function, arguments):
                return self.call(name_key(function.name), arguments, scope, depth)
            case _:
                raise _UnknownError

    def call(self, function: str, arguments: tuple[syntax.Term, ...], scope: Scope, depth: int) -> float:
        values = [self.value(argument, scope, depth + 1) for argument in arguments]
        controls, functions = self.language.controls, self.language.values
        if function == "step":
            height, start = values
            now = self.control(controls.initial_time, depth) + self.control(controls.time_step, depth) / 2
            return height if start < now else 0.0
        if function not in functions:
            raise _UnknownError
        return float(functions[function](*values))

    def control(self, name: str, depth: int) -> float:
        return self.name(syntax.Name(name), Scope(name, {}), depth)

    def name(self, name: syntax.Name, scope: Scope, depth: int) -> float:
        key = name_key(name.name)
        if scope.local is not None and key in scope.local:
            return self.local(scope.local[key], depth)
        if key == "time":
            return self.control(self.language.controls.initial_time, depth)
        symbol = self.table.symbols.get(key)
        if symbol is None or symbol.kind != "variable":
            raise _UnknownError
        elements = tuple(self.element(one, scope.binding) for one in name.subscripts)
        if elements not in symbol.instances:
            raise _UnknownError
        equation, instance = symbol.instances[elements]
        if isinstance(equation.right, syntax.Rows):
            return equation.right.values[instance.position]
        if equation.right is None:
            raise _UnknownError
        return self.value(equation.right, Scope(symbol.name, instance.binding), depth + 1)

    def local(self, meaning: object, depth: int) -> float:
        """Return the value of a macro's input that is a plain number or variable."""
        if isinstance(meaning, Number):
            return meaning.value
        if isinstance(meaning, Ref) and self.table.get(meaning.name) is not None:
            return self.control(meaning.name, depth + 1)
        raise _UnknownError

    def element(self, subscript: syntax.Subscript, binding: Binding) -> str:
        key = name_key(subscript.name)
        found = binding.get(f"{key}!" if subscript.is_reduced else key, key)
        if found not in self.space.spelling:
            raise _UnknownError
        return found
