"""Units: infer what every expression is in, and say where two sides do not balance.

In comes a resolved `Model`; out come warnings (`unit-mismatch`) and the units of hidden variables that
declare none but whose equations settle one. What nobody declared is unknown and silent. A literal
number is without unit, except 0, a number set against a time, and one that is a whole equation.
`inferred.py` says what two units make together; `verify` is next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from realities.errors import Findings
from realities.ir.builtin import Builtin, UnitTerm
from realities.ir.builtins import BUILTINS
from realities.ir.expr import Binary, Call, Expr, Number, Ref, Time, Unary, walk
from realities.ir.model import Model, Variable
from realities.ir.text import expression_text
from realities.model.inferred import (
    Inferred,
    Literal,
    agree,
    computed,
    expected,
    quoted,
    raised,
    relation,
    stronger,
)
from realities.source import NOWHERE, Span
from realities.units import DIMENSIONLESS, Unit, UnitError

#: Functions whose literal arguments may stand for any unit: 1 in QUANTUM(x, 1) is one of x.
_LENIENT = frozenset({"vensim.quantum", "vensim.modulo", "vensim.xidz"})
_LONGEST_SHOWN = 48


def check_units(model: Model, findings: Findings) -> dict[str, Unit]:
    """Warn of every place where units do not balance; return units that follow from equations.

    Parameters
    ----------
    model
        A model whose names are resolved.
    findings
        Takes the warnings, code "unit-mismatch": a place is told once, however many elements share it.

    Returns
    -------
    Units of hidden variables that declare none, by full name.
    """
    checker = _Checker(model, findings)
    checker.is_quiet = not _declares_units(model)
    for variable in model.variables:
        checker.check(variable)
    undeclared = [variable for variable in model.variables if variable.is_hidden and variable.unit is None]
    units = {variable.name: checker.unit_of(variable) for variable in undeclared}
    return {name: unit for name, unit in units.items() if unit is not None}


def _declares_units(model: Model) -> bool:
    """Return whether any variable has a unit besides the time settings: else its author uses no units."""
    time = model.time
    settings = {time.initial_time, time.final_time, time.time_step, time.save_period}
    return any(
        variable.unit is not None and variable.name not in settings and not variable.is_hidden
        for variable in model.variables
    )


class _Checker:
    def __init__(self, model: Model, findings: Findings) -> None:
        self.model, self.findings = model, findings
        self.time_unit = model.time.unit
        self.is_quiet = False
        self._units: dict[str, Unit | None] = {}
        self._products: dict[tuple[int, int, int], tuple[Unit, Unit, Unit | None]] = {}
        self._told: set[tuple[int, int, int, str]] = set()

    # -- equations -----------------------------------------------------------------------------------

    def check(self, variable: Variable) -> None:
        """Check a variable's expressions within themselves and against its unit."""
        unit, name = self.unit_of(variable), variable.name
        if variable.kind == "stock":
            self._check_net_flow(variable, unit)
        elif variable.expression is not None:
            found = self._infer(variable.expression)
            self._declared(
                variable, unit, found, f'"{name}" is declared in "{unit}", but its equation comes out in'
            )
        if variable.initial is not None:
            found = self._infer(variable.initial)
            start = f'"{name}" is in "{unit}", but its initial value comes out in'
            self._declared(variable, unit, found, start)
        for number, extra in enumerate(variable.extra):
            found = self._infer(extra)
            if number == 1:
                start = f'"{name}" is in "{unit}", but what comes out when nothing does is in'
                self._declared(variable, unit, found, start)
            elif variable.kind != "sample":
                start = f'"{name}" needs a delay time in "{self.time_unit}", not in'
                self._declared(variable, self.time_unit, found, start)

    def _check_net_flow(self, variable: Variable, unit: Unit | None) -> None:
        assert variable.expression is not None
        found = self._infer(variable.expression)
        if unit is None or self.time_unit is None:
            return
        if variable.is_hidden and agree(found, unit, self.time_unit):
            return  # a smooth or delay over a literal time, SMOOTH(x, 5)
        wanted = unit / self.time_unit
        start = f'"{variable.name}" is a stock in "{unit}": its net flow must be in "{wanted}", not'
        if variable.is_hidden and (function := variable.span.text.partition("(")[0].strip()):
            start = f'with its time in "{self.time_unit}", what {function} holds changes in "{wanted}", not'
        self._declared(variable, wanted, found, start)

    def _declared(self, variable: Variable, wanted: Unit | None, found: Inferred, start: str) -> None:
        """Warn when what was found is not what is wanted; a mere number may stand for anything."""
        if wanted is None or not isinstance(found, Unit) or agree(found, wanted, self.time_unit):
            return
        topic = start.replace(variable.name, "")
        self._warn(variable.span, f'{start} "{found}"', relation(found, wanted, self.time_unit), topic=topic)

    def unit_of(self, variable: Variable) -> Unit | None:
        """Return the unit of a variable: declared or, if it is hidden, inferred."""
        if variable.unit is not None or not variable.is_hidden:
            return variable.unit
        if variable.name not in self._units:
            self._units[variable.name] = None  # what depends on itself stays unknown
            # A stock's initial value tells its unit without the unit of time.
            source = variable.initial if variable.kind == "stock" else variable.expression
            was_quiet, self.is_quiet = self.is_quiet, True
            found = None if source is None else self._infer(source)
            self.is_quiet = was_quiet
            self._units[variable.name] = found if isinstance(found, Unit) else None
        return self._units[variable.name]

    # -- expressions ---------------------------------------------------------------------------------

    def _infer(self, expression: Expr) -> Inferred:
        """Return the unit of an expression; operands first, without recursion."""
        found: dict[int, Inferred] = {}
        for part in reversed(list(walk(expression))):
            found[id(part)] = self._part(part, found)
        return found[id(expression)]

    def _part(self, part: Expr, found: Mapping[int, Inferred]) -> Inferred:
        match part:
            case Number(value=value):
                return Literal(value)
            case Ref(name=name):
                return self.unit_of(self.model[name])
            case Time():
                return self.time_unit
            case Unary(op="-", operand=operand):
                inner = found[id(operand)]
                if isinstance(inner, Literal) and inner.value is not None:
                    return Literal(-inner.value)
                return inner
            case Unary():
                return DIMENSIONLESS
            case Binary(left=left, right=right):
                return self._binary(part, found[id(left)], found[id(right)])
            case Call():
                return self._call(part, [found[id(arg)] for arg in part.args])
            case _:
                assert_never(part)

    def _binary(self, part: Binary, left: Inferred, right: Inferred) -> Inferred:
        if isinstance(left, Literal) and isinstance(right, Literal):
            return Literal(computed(part.op, left.value, right.value))
        match part.op:
            case "*":
                return self._product(left, right, 1)
            case "/":
                return self._product(left, right, -1)
            case "^":
                return self._power(part.span, left, right)
            case "and" | "or":
                return DIMENSIONLESS
            case "+" | "-":
                self._same(part, left, right)
                return stronger(left, right)
            case _:
                self._same(part, left, right)
                return DIMENSIONLESS

    def _same(self, part: Binary, left: Inferred, right: Inferred) -> None:
        """Warn when the sides of a sum or comparison are in different units."""
        is_made = _places(part.left) == _places(part.right) == [_place(part.span)]
        if is_made or agree(left, right, self.time_unit):
            return  # what stands at one place altogether was written by a pass
        one, other = quoted(left), quoted(right)
        match part.op:
            case "+":
                message = f"cannot add {one} and {other}"
            case "-":
                message = f"cannot subtract {other} from {one}"
            case _:
                message = f"cannot compare {one} with {other}"
        sides = f"{self._described(part.left, left)}; {self._described(part.right, right)}"
        self._warn(part.span, message, sides, relation(left, right, self.time_unit))

    def _product(self, left: Inferred, right: Inferred, sign: int) -> Inferred:
        """Return the unit of a product (sign 1) or quotient (-1); a mere number is without unit in it."""
        if any(
            isinstance(side, Literal) and side.value == 0.0
            for side in ((left, right) if sign > 0 else (left,))
        ):
            return Literal(0.0)  # nothing of anything is nothing, whatever the unit
        if left is None or right is None:
            return None
        one = left if isinstance(left, Unit) else DIMENSIONLESS
        other = right if isinstance(right, Unit) else DIMENSIONLESS
        # The same few units meet again and again; an entry keeps its units alive, so that an id is one unit.
        key = (id(one), id(other), sign)
        if key not in self._products:
            try:
                found = one * other if sign > 0 else one / other
            except UnitError:
                found = None
            self._products[key] = (one, other, found)
        return self._products[key][2]

    def _power(self, span: Span, base: Inferred, exponent: Inferred) -> Inferred:
        if isinstance(exponent, Unit) and not exponent.is_dimensionless:
            self._warn(span, f'an exponent must be a number without unit, not "{exponent}"')
            return None
        if isinstance(exponent, Literal):
            return raised(base, exponent.value)
        if isinstance(base, Unit) and isinstance(exponent, Unit) and not base.is_dimensionless:
            message = f'only a number without unit can be raised to a power that varies, not "{base}"'
            self._warn(span, message, "divide it by a reference value first")
            return None
        return DIMENSIONLESS if isinstance(base, Unit | Literal) else None

    # -- functions -----------------------------------------------------------------------------------

    def _call(self, call: Call, args: Sequence[Inferred]) -> Inferred:
        if call.function == "power":
            if all(isinstance(arg, Literal) for arg in args):
                return Literal()
            return self._power(call.span, *args)
        row = BUILTINS[call.function]
        terms = row.argument_terms(len(args))
        if args and all(isinstance(arg, Literal) for arg in args) and not row.takes_table:
            return None if row.result_term is None else Literal()
        letters = self._letters(terms, args)
        if not _is_ours(call):
            self._check_arguments(call, row, terms, args, letters)
        if row.result_term is None:
            table = None if call.table is None else self.model.lookups.get(call.table)
            return None if table is None or call.function != "lookup" else table.unit
        result = expected(row.result_term, letters)
        if result is None and self._is_settled_by_literals(row.result_term, terms, args):
            return Literal()
        return result

    def _letters(self, terms: Sequence[UnitTerm], args: Sequence[Inferred]) -> dict[str, Unit]:
        """Return the units that the letters of a rule stand for, each as the first argument settles it."""
        letters = {} if self.time_unit is None else {"t": self.time_unit}
        for term, arg in zip(terms, args, strict=True):
            if term is None or not isinstance(arg, Unit):
                continue
            open_letters = [letter for letter in term if letter not in letters]
            if len(open_letters) == 1 and open_letters != ["t"]:
                letter = open_letters[0]
                rest = expected({other: p for other, p in term.items() if other != letter}, letters)
                if rest is not None:
                    alone = arg if rest is DIMENSIONLESS else arg / rest
                    letters[letter] = alone ** (1 / term[letter])
        return letters

    def _check_arguments(
        self,
        call: Call,
        row: Builtin,
        terms: Sequence[UnitTerm],
        args: Sequence[Inferred],
        letters: Mapping[str, Unit],
    ) -> None:
        name = _function_name(row.key)
        for number, (term, arg) in enumerate(zip(terms, args, strict=True), start=1):
            wanted = None if term is None else expected(term, letters)
            if wanted is None or term is None or arg is None:
                continue
            if isinstance(arg, Literal) and (row.is_random or row.key in _LENIENT or list(term) != ["u"]):
                continue
            if agree(arg, wanted, self.time_unit):
                continue
            part = call.args[number - 1]
            described = self._described(part, arg)
            span = call.span if part.span is NOWHERE else part.span
            if not term:
                self._warn(span, f"{name} needs a number without unit, not {quoted(arg)}", described)
            elif "u" in term and "t" not in term:
                message = f'{name} cannot take {quoted(arg)} together with "{wanted}"'
                self._warn(span, message, described, relation(arg, wanted, self.time_unit))
            else:
                message = f'argument {number} of {name} must be in "{wanted}", not {quoted(arg)}'
                self._warn(span, message, described, relation(arg, wanted, self.time_unit))

    def _is_settled_by_literals(
        self, result: UnitTerm, terms: Sequence[UnitTerm], args: Sequence[Inferred]
    ) -> bool:
        """Return whether all arguments that could give the result its unit are mere numbers."""
        giving = [
            arg
            for term, arg in zip(terms, args, strict=True)
            if term is not None and result is not None and any(letter in result for letter in term)
        ]
        return bool(giving) and all(isinstance(arg, Literal) for arg in giving)

    # -- words ---------------------------------------------------------------------------------------

    def _described(self, part: Expr, found: Inferred) -> str:
        """Return what one side is, as its author named it."""
        match part:
            case Ref(name=name):
                variable = self.model[name]
                kind = "flow" if variable.is_flow else variable.kind.replace("_", " ")
                article = "an" if kind[0] in "aeiou" else "a"
                return f'"{variable.name}" is {article} {kind} in {found}'
            case Time():
                return f'"Time" is in {found}'
        text = expression_text(part)
        shown = f'"{text}"' if len(text) <= _LONGEST_SHOWN else "one side"
        return f"{shown} is a number without unit" if isinstance(found, Literal) else f"{shown} is in {found}"

    def _warn(self, span: Span, message: str, *hints: str, topic: str = "") -> None:
        """Warn, once for a topic at a place: elements of an array share their equation."""
        place = (id(span.source), span.start, span.end, message if span is NOWHERE else topic)
        if not self.is_quiet and place not in self._told:
            self._told.add(place)
            self.findings.warning("unit-mismatch", message, span, *hints)


def _is_ours(call: Call) -> bool:
    """Return whether a pass wrote a call: one of its arguments then stands at the very place of the call.

    The author of the model never saw it; what is wrong with the equation shows against its declared unit.
    """
    return any(_place(call.span) in _places(part) for part in call.args)


def _places(part: Expr) -> list[tuple[int, int]]:
    """Return the place of an expression, nothing where it has none."""
    return [] if part.span is NOWHERE else [_place(part.span)]


def _place(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _function_name(key: str) -> str:
    return key.removeprefix("vensim.").replace("_", " ").upper()
