"""Syntax to the core: names become scalar variables, functions become calls or variables of their own.

In comes a term where it stands, with the dimensions (`arrays.py`) and symbols (`symbols.py`) of its model;
out come expressions, scalar `Variable`s and `Lookup`s. Functions that hold state are unfolded in
`stateful.py`, functions of whole arrays in `reductions.py`. `define.py` goes through a file's equations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypedDict, Unpack, assert_never

from realities.errors import Findings, did_you_mean
from realities.ir.builtins import BUILTINS
from realities.ir.expr import Binary, Call, Expr, Number, Ref, Time, Unary
from realities.ir.model import Dialect, Kind, Lookup, Variable
from realities.model import syntax
from realities.model.arrays import MOST_VARIABLES, Space, name_key
from realities.model.language import Language
from realities.model.symbols import Scope, Symbol, Table
from realities.model.tables.data import Series
from realities.source import Span
from realities.units import PLAIN_NAMES, Unit, UnitNames


class About(TypedDict, total=False):
    """What is said about a variable besides its equation."""

    unit: Unit | None
    base: str
    elements: tuple[str, ...]
    is_hidden: bool
    is_non_negative: bool
    doc: str
    group: str
    span: Span


@dataclass(frozen=True, slots=True)
class Pending:
    """A data equation that waits for the series it names; `at` is its place among the variables."""

    at: int
    name: str
    expression: Expr
    instead: float | None
    interpolation: syntax.Interpolation | None


@dataclass(slots=True)
class Resolver:
    """Gathers the variables and lookups of one model."""

    space: Space
    table: Table
    macros: dict[str, syntax.MacroDef]
    findings: Findings
    language: Language
    unit_names: UnitNames = PLAIN_NAMES
    variables: list[Variable] = field(default_factory=list)
    lookups: dict[str, Lookup] = field(default_factory=dict)
    #: The points of data variables by full name, for functions that look at all of them.
    series: dict[str, Series] = field(default_factory=dict)
    #: Data equations that wait for the series they name.
    pending: list[Pending] = field(default_factory=list)
    #: Constants that something was worked out from while loading, and their values.
    settled: dict[str, float] = field(default_factory=dict)
    n_sites: int = 0
    #: How many more elements functions of arrays may run over; below 0 when that is said to be too many.
    budget: int = 5 * MOST_VARIABLES
    _labels: dict[str, int] = field(default_factory=dict)
    _inline: dict[int, str] = field(default_factory=dict)
    #: Results of functions of whole arrays, by call and by what is bound where it stands.
    shared: dict[tuple[object, ...], Ref] = field(default_factory=dict)

    # -- variables --------------------------------------------------------------------------------

    def define(self, name: str, term: syntax.Term, scope: Scope, **about: Unpack[About]) -> None:
        """Define one scalar variable by a term; a function that holds state may be the whole of it."""
        if isinstance(term, syntax.Apply) and not term.function.subscripts and not self._is_macro(term):
            whole = self.language.whole.get(name_key(term.function.name))
            if whole is not None and whole(self, name, term, scope, about):
                return
        kind: Kind = "constant" if syntax.is_literal(term) else "auxiliary"
        self.add(name, kind, self.expr(term, scope), **about)

    def add(
        self,
        name: str,
        kind: Kind,
        expression: Expr,
        *,
        initial: Expr | None = None,
        extra: tuple[Expr, ...] = (),
        **about: Unpack[About],
    ) -> Ref:
        """Add a variable and return a reference to it."""
        self.variables.append(Variable(name, kind, expression, initial, extra, **about))
        return Ref(name, about.get("span", expression.span))

    def hide(
        self,
        name: str,
        kind: Kind,
        expression: Expr,
        span: Span,
        *,
        initial: Expr | None = None,
        extra: tuple[Expr, ...] = (),
    ) -> Ref:
        """Add a variable of our own making and return a reference to it."""
        return self.add(
            name, kind, expression, initial=initial, extra=extra, is_hidden=True, base=name, span=span
        )

    def time_step(self, span: Span) -> Ref:
        """Return a reference to the time step, by the name the file gives it."""
        return self.control(self.language.controls.time_step, span)

    def control(self, name: str, span: Span) -> Ref:
        """Return a reference to one of the variables that say when a run starts, ends, steps and saves."""
        symbol = self.table.get(name)
        return Ref(name if symbol is None else symbol.name, span)

    def is_steady(self, expression: Expr) -> bool:
        """Return whether an expression is a number, or a variable that the file sets to a number."""
        match expression:
            case Number():
                return True
            case Ref(name):
                symbol = self.table.get(name.partition("[")[0])
                rights = [] if symbol is None else [equation.right for equation in symbol.equations]
                return bool(rights) and all(
                    isinstance(right, syntax.Rows) or (right is not None and syntax.is_literal(right))
                    for right in rights
                )
            case _:
                return False

    def label(self, scope: Scope, function: str) -> str:
        """Return a name for what one call inside an equation becomes, as in `price: SMOOTH3`."""
        base = f"{scope.owner}: {function}"
        self._labels[base] = count = self._labels.get(base, 0) + 1
        return base if count == 1 else f"{base} #{count}"

    def add_lookup(self, name: str, points: syntax.Points, unit: Unit | None = None) -> str:
        """Add a lookup and return its name."""
        pairs = sorted(zip(points.xs, points.ys, strict=True), key=lambda pair: pair[0])
        if [x for x, _ in pairs] != list(points.xs):
            owner, made, _ = name.partition(": lookup")
            shown = f'the lookup in "{owner}"' if made else f'"{name}"'
            self.findings.warning(
                "unsorted-lookup", f"the x values of {shown} are not in order; they are sorted", points.span
            )
        xs, ys = tuple(x for x, _ in pairs), tuple(y for _, y in pairs)
        self.lookups[name] = Lookup(name, xs, ys, points.mode, points.span, unit)
        return name

    # -- terms ------------------------------------------------------------------------------------

    def exprs(self, terms: Iterable[syntax.Term], scope: Scope) -> list[Expr]:
        """Resolve several terms."""
        return [self.expr(term, scope) for term in terms]

    def expr(self, term: syntax.Term, scope: Scope) -> Expr:
        """Return the expression that a term stands for; what is wrong with it is noted."""
        match term:
            case syntax.Numeral(value, span):
                return Number(value, span)
            case syntax.Name():
                return self.reference(term, scope)
            case syntax.Prefix("-", syntax.Numeral(value), span):
                return Number(-value, span)
            case syntax.Prefix("+", operand):
                return self.expr(operand, scope)
            case syntax.Prefix(op, operand, span):
                return Unary("not" if op == "not" else "-", self.expr(operand, scope), span)
            case syntax.Infix():
                return self._infix(term, scope)
            case syntax.Apply():
                return self.apply(term, scope)
            case syntax.Text() | syntax.Points() | syntax.Rows():
                what = "a text" if isinstance(term, syntax.Text) else "a lookup"
                self.findings.error("wrong-arguments", f"{what} has no value here", term.span)
                return Number(0.0, term.span)
            case _:
                assert_never(term)

    def _infix(self, term: syntax.Infix, scope: Scope) -> Expr:
        """Resolve operators; a long sum is walked along, not down, and becomes one call."""
        spine, first = [term], term.left
        while term.op in ("+", "-") and isinstance(first, syntax.Infix) and first.op in ("+", "-"):
            spine.append(first)
            first = first.left
        found = self.expr(first, scope)
        if len(spine) > _LONG_SUM:
            parts = [found]
            for node in reversed(spine):
                part = self.expr(node.right, scope)
                parts.append(Unary("-", part, part.span) if node.op == "-" else part)
            return Call("sum", tuple(parts), span=term.span)
        for node in reversed(spine):
            found = Binary(node.op, found, self.expr(node.right, scope), node.op_span)
        return found

    def reference(self, name: syntax.Name, scope: Scope) -> Expr:
        """Return what a name stands for: a variable, time, or the number of an element."""
        key = name_key(name.name)
        if scope.local is not None:
            found = scope.local.get(key)
            if isinstance(found, str):
                return self._no_value(name)
            if found is not None:
                self._without_subscripts(name)
                return replace(found, span=name.span)
            if not key.endswith("$") and key not in self._everywhere():
                self.table.unknown(name.name, name.span, self.findings, self._reach_out(key))
                return Number(0.0, name.span)
            key = key.rstrip("$").rstrip()
        if key == "time":
            return Time(name.span)
        if key in self.language.constants:
            return Number(self.language.constants[key], name.span)
        symbol = self.table.symbols.get(key)
        if symbol is None:
            return self._element_number(name, key, scope)
        if symbol.kind == "lookup":
            return self._no_value(name)
        full = self.full_name(symbol, name, scope)
        return Number(0.0, name.span) if full is None else Ref(full, name.span)

    def _everywhere(self) -> set[str]:
        """Return the names that mean the same inside a macro as outside."""
        controls = map(name_key, self.language.controls.names())
        return {"time", *self.language.constants, *controls}

    def _without_subscripts(self, name: syntax.Name) -> None:
        """Note subscripts behind a name of a macro: it stands for one number in each call."""
        if name.subscripts:
            message = f'"{name.name}" belongs to the macro and has no subscripts'
            hint = "call the macro for each element: x[Region] = MACRO(a[Region])"
            self.findings.error("wrong-subscripts", message, name.span, hint)

    def _reach_out(self, key: str) -> str:
        """Return how a macro names a variable of the model, if there is one of that name."""
        symbol = self.table.symbols.get(key)
        return f'to name the variable of the model, write "{symbol.name}$"' if symbol is not None else ""

    def _no_value(self, name: syntax.Name) -> Expr:
        self.findings.error(
            "wrong-arguments",
            f'"{name.name}" is a lookup and needs an argument in parentheses',
            name.span,
        )
        return Number(0.0, name.span)

    def _element_number(self, name: syntax.Name, key: str, scope: Scope) -> Expr:
        """Return the number of the element that a dimension or an element's name stands for."""
        if key in self.space.axes or key in self.space.spelling:
            element = self.space.element(
                syntax.Subscript(name.name, False, name.span), scope.binding, self.findings
            )
            return Number(float(self.space.numbers[element]) if element else 0.0, name.span)
        self.table.unknown(name.name, name.span, self.findings)
        return Number(0.0, name.span)

    def full_name(self, symbol: Symbol, name: syntax.Name, scope: Scope) -> str | None:
        """Return the full name of the scalar that a subscripted name stands for, or None with a finding."""
        if len(name.subscripts) != symbol.arity:
            has = f"{symbol.arity or 'no'} subscript{'s' if symbol.arity != 1 else ''}"
            here = "" if not symbol.arity else f", not {len(name.subscripts)}"
            self.findings.error(
                "wrong-subscripts",
                f'"{symbol.name}" has {has}{here if name.subscripts else ", and none is written here"}',
                name.span,
                f"it is defined at {symbol.span}",
            )
            return None
        elements = []
        for subscript in name.subscripts:
            element = self.space.element(subscript, scope.binding, self.findings)
            if element is None:
                return None
            elements.append(element)
        full = self.space.full_name(symbol.name, tuple(elements))
        if tuple(elements) not in symbol.instances:
            self.findings.error(
                "unknown-subscript",
                f'no equation defines "{full}"',
                name.span,
                self._reordered(symbol, tuple(elements)),
                f'"{symbol.name}" is defined at {symbol.span}',
            )
            return None
        return full

    def _reordered(self, symbol: Symbol, elements: tuple[str, ...]) -> str:
        """Return the order of subscripts that would name something, where another order does."""
        for other in symbol.instances:
            if sorted(other) == sorted(elements):
                return f'did you mean "{self.space.full_name(symbol.name, other)}"?'
        return ""

    # -- functions ----------------------------------------------------------------------------------

    def apply(self, call: syntax.Apply, scope: Scope) -> Expr:
        """Return what a call stands for: a lookup read, a macro, a built-in or an unfolded function."""
        key = name_key(call.function.name)
        if scope.local is not None and isinstance(table := scope.local.get(key), str):
            return self.read_table(call, table, scope)
        if scope.local is not None and key.endswith("$"):
            key = key.rstrip("$").rstrip()
        elif scope.local is not None and not self._is_function(key):
            return self._no_function(call, key, self._reach_out(key))
        if (symbol := self.table.symbols.get(key)) is not None:
            if symbol.kind == "lookup":
                full = self.full_name(symbol, call.function, scope)
                return Number(0.0, call.span) if full is None else self.read_table(call, full, scope)
            if not self._is_function(key):
                self.findings.error(
                    "wrong-arguments",
                    f'"{symbol.name}" is a variable, not a function or a lookup',
                    call.function.span,
                    "is an operator missing before the parenthesis?",
                )
                return Number(0.0, call.span)
        if key in self.macros:
            return self.language.unfold[":macro:"](self, call, scope)
        if key in self.language.unfold:
            return self.language.unfold[key](self, call, scope)
        if key in self.language.simple:
            return self.builtin(self.language.simple[key], call, scope)
        return self._no_function(call, key)

    def _is_macro(self, call: syntax.Apply) -> bool:
        return name_key(call.function.name) in self.macros

    def _is_function(self, key: str) -> bool:
        return key in self.language.simple or key in self.language.unfold or key in self.macros

    def _no_function(self, call: syntax.Apply, key: str, hint: str = "") -> Expr:
        name = call.function.name
        if key == "a function of":
            message = "this equation is still to be written: A FUNCTION OF stands in its place"
            self.findings.error("incomplete-equation", message, call.span)
        elif key in self.language.refused:
            message, advice = f"{name.upper()} is not supported", self.language.refused[key]
            self.findings.error("unsupported-function", message, call.function.span, advice)
        else:
            known = [*self.language.simple, *self.language.unfold, *self.macros]
            self.findings.error(
                "unknown-function",
                f'no function, macro or lookup is named "{name}"',
                call.function.span,
                hint or suggest_function(name, known, self.language.dialect),
            )
        return Number(0.0, call.span)

    def read_table(self, call: syntax.Apply, table: str, scope: Scope) -> Expr:
        """Return the value of a lookup at the one argument of a call."""
        if not self.has_arguments(call, 1):
            return Number(0.0, call.span)
        return Call("lookup", (self.expr(call.arguments[0], scope),), table, span=call.span)

    def builtin(self, key: str, call: syntax.Apply, scope: Scope) -> Expr:
        """Return the call of a built-in function."""
        row = BUILTINS[key]
        if not self.has_arguments(call, row.least, row.most):
            return Number(0.0, call.span)
        site = self.new_site() if row.is_random else 0
        return Call(key, tuple(self.exprs(call.arguments, scope)), None, site, call.span)

    def new_site(self) -> int:
        """Return a number for one more call of a random function."""
        self.n_sites += 1
        return self.n_sites

    def has_arguments(self, call: syntax.Apply, least: int, most: int | None = -1) -> bool:
        """Return whether a call has as many arguments as it should; note it otherwise."""
        most = least if most == -1 else most
        count = len(call.arguments)
        if call.outputs and not self._is_macro(call):
            message = f'{call.function.name} is no macro: it has no outputs behind a ":"'
            self.findings.error("wrong-arguments", message, call.span)
            return False
        if count >= least and (most is None or count <= most):
            return True
        takes = f"{least}" if most == least else f"{least} or more" if most is None else f"{least} to {most}"
        plural = "" if takes == "1" else "s"
        self.findings.error(
            "wrong-arguments",
            f"{call.function.name} takes {takes} argument{plural}, not {count}",
            call.span,
        )
        return False

    def is_lookup(self, term: syntax.Term, scope: Scope) -> bool:
        """Return whether a term is the name of a lookup."""
        if not isinstance(term, syntax.Name):
            return False
        key = name_key(term.name)
        if scope.local is not None:
            if key in scope.local:
                return isinstance(scope.local[key], str)
            key = key.rstrip("$").rstrip()
        symbol = self.table.symbols.get(key)
        return symbol is not None and symbol.kind == "lookup"

    def table_of(self, term: syntax.Term, scope: Scope) -> str | None:
        """Return the full name of the lookup that an argument names, or None with a finding."""
        if isinstance(term, syntax.Points):
            if id(term) not in self._inline:
                self._inline[id(term)] = self.add_lookup(self.label(scope, "lookup"), term)
            return self._inline[id(term)]
        if isinstance(term, syntax.Name):
            if scope.local is not None and isinstance(found := scope.local.get(name_key(term.name)), str):
                return found
            symbol = self.table.get(term.name if scope.local is None else term.name.rstrip("$"))
            if symbol is not None and self.is_lookup(term, scope):
                return self.full_name(symbol, term, scope)
        self.findings.error("wrong-arguments", "a lookup is expected here", term.span)
        return None


#: A sum of more terms than this becomes a call, so that it nests no deeper than others.
_LONG_SUM = 60


def suggest_function(name: str, known_keys: Iterable[str], dialect: Dialect) -> str:
    """Return `did you mean ...?` for a function's name, or an empty string."""
    known = [key.upper() for key in known_keys if not key.startswith(":")]
    wanted = " ".join(name.replace("_", " ").upper().split())
    if wanted in {"AND", "OR", "NOT"}:
        of_vensim = f"the operator is written with colons, :{wanted}:"
        return of_vensim if dialect == "vensim" else f"{wanted} stands between what it joins"
    longer = [one for one in known if one.startswith(f"{wanted} ")]
    return did_you_mean(wanted, known) or (f'did you mean "{longer[0]}"?' if len(longer) == 1 else "")
