"""Terms of Vensim's equations as XMILE can say them: names, functions, arrays and lookups.

In come terms, and the element that each dimension stands for where an equation is written out; out come
terms for `spelling.py` to print. Functions over part of an array are written out part by part, lookups
read another way get points of their own. `to_xmile.py` goes through the equations of a file with it.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import product

from realities.errors import Findings
from realities.model import syntax
from realities.model.arrays import Binding, name_key
from realities.model.symbols import Symbol
from realities.model.write.flows import is_stock
from realities.model.write.opened import Opened
from realities.model.write.recast import Place, Recaster, is_steady
from realities.model.write.recipes_xmile import RECIPES, SAME
from realities.model.write.spelling import FUNCTIONS, name_text
from realities.model.write.xmile_points import MODES, is_strict, readable, turned

#: The control variables by key, and what XMILE calls them.
CONTROLS: Mapping[str, str] = {
    "initial time": "STARTTIME",
    "final time": "STOPTIME",
    "time step": "DT",
    "saveper": "SAVESTEP",
}
#: Functions that run over the elements of an array, what they are called, and how two parts are joined.
_REDUCTIONS: Mapping[str, str] = {"sum": "SUM", "prod": "", "vmin": "MIN", "vmax": "MAX"}
#: The most parts that a function of an array is written out in.
_MOST_PARTS = 2_000


class XmileTerms(Recaster):
    """Says the terms of one model."""

    same = SAME
    recipes = RECIPES
    target = "xmile"
    functions = FUNCTIONS
    whole = frozenset(("integ", "active initial"))

    def __init__(self, opened: Opened, findings: Findings) -> None:
        super().__init__(opened.file, findings)
        self.opened, self.space, self.table = opened, opened.space, opened.table
        self.taken |= {name_key(symbol.name) for symbol in self.table}
        self.renamed: dict[str, str] = {}
        self.derived: dict[str, list[syntax.Equation]] = {}
        self.stocks: dict[str, str] = {}
        self.controls: dict[str, float] = {}
        self.shapes: dict[str, tuple[str, ...]] = {}
        self.special = {
            **dict.fromkeys(_REDUCTIONS, self._reduced),
            **dict.fromkeys(("integ", "active initial"), self._kept),
            **dict.fromkeys(MODES, self._other_lookup),
            "delay n": self._delay_n,
            "ramp": self._ramp,
            "elmcount": self._count,
            "lookup invert": self._inverted,
            "sample if true": self._sample,
            "with lookup": self._with_lookup,
        }

    @abstractmethod
    def equations_of(self, symbol: Symbol) -> Iterator[syntax.Equation]:
        """Yield the equations of one name, in XMILE."""

    # -- names ------------------------------------------------------------------------------------------

    def name(self, name: syntax.Name, place: Place) -> syntax.Term:
        """Return what a name becomes: a variable, a time setting, or the number of an element."""
        key = name_key(name.name)
        if key in place.inputs:
            return replace(name, name=self.spelled(name.name))
        if key.endswith("$"):
            return self._from_model(name, key.rstrip("$").rstrip())
        if key == "time":
            return syntax.Name("TIME", (), name.span)
        if key in CONTROLS:
            return self._control(key, name)
        if key not in self.table.symbols and (key in self.space.axes or key in self.space.spelling):
            element = self._element(syntax.Subscript(name.name, False, name.span), place)
            return syntax.Numeral(float(self.space.numbers.get(element or "", 0)), name.span)
        return self.reference(name, place)

    def _from_model(self, name: syntax.Name, key: str) -> syntax.Term:
        """Return a name that reaches out of a macro: time does, a variable of the model cannot."""
        if key == "time":
            return syntax.Name("TIME", (), name.span)
        if key in CONTROLS:
            return self._control(key, name)
        return self.refused(name, f'("{name.name}" reaches out of a macro)')

    def _control(self, key: str, name: syntax.Name) -> syntax.Term:
        if key != "saveper":
            return syntax.Name(CONTROLS[key], (), name.span)
        if self.controls.get(key) == self.controls.get("time step"):
            return syntax.Name("DT", (), name.span)
        return syntax.Numeral(self.controls.get(key, 0.0), name.span)

    def reference(self, name: syntax.Name, place: Place) -> syntax.Name:
        """Return a name of a variable with its subscripts."""
        key = name_key(name.name)
        spelled = self.spelled(self.renamed.get(key, name.name))
        subscripts = tuple(self.subscript(one, place) for one in name.subscripts)
        return syntax.Name(spelled, subscripts, name.span)

    def subscript(self, subscript: syntax.Subscript, place: Place) -> syntax.Subscript:
        """Return a subscript: as it is in an equation of whole dimensions, else an element."""
        key = name_key(subscript.name)
        bound = place.binding.get(f"{key}!") if subscript.is_reduced else None
        is_whole = not subscript.is_reduced and key in self.space.axes and not _binds(place.binding)
        if bound is None and (subscript.is_reduced or is_whole):
            return replace(subscript, name=self.spelled(subscript.name))
        element = bound or self._element(subscript, place)
        if element is None:
            return subscript
        return syntax.Subscript(self.spelled(self.space.spelling[element]), False, subscript.span)

    def _element(self, subscript: syntax.Subscript, place: Place) -> str | None:
        return self.space.element(subscript, place.binding, self.findings)

    def spelled(self, name: str) -> str:
        """Return a name as it stands in an equation: with underscores, where that spares quotation marks."""
        plain = unescaped(name).replace(" ", "_")
        return plain if name_text(plain) == plain else unescaped(name)

    def is_called_by_name(self, key: str) -> bool:
        """Return whether a name before parentheses is that of a variable or a lookup of the file."""
        return key in self.table.symbols

    def is_table(self, key: str) -> bool:
        """Return whether a variable is a lookup."""
        return self.table.symbols[key].kind == "lookup"

    def now(self) -> syntax.Term:
        """Return the middle of the current step; with Euler, time itself holds still within a step."""
        time: syntax.Term = syntax.Name("TIME")
        if self.file.integrator != "euler":
            start = syntax.Name("STARTTIME")
            elapsed = syntax.Apply(syntax.Name("RAMP"), (syntax.Numeral(1.0), start))
            time = syntax.Infix("+", start, elapsed)
        half = syntax.Infix("/", syntax.Name("DT"), syntax.Numeral(2.0))
        return syntax.Infix("+", time, half)

    # -- functions of their own -------------------------------------------------------------------------

    def _kept(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return INTEG or ACTIVE INITIAL, which the printer knows."""
        if len(call.arguments) != 2:
            return self.refused(call, "with these arguments")
        found = replace(call, arguments=self.terms(call.arguments, place))
        name = self._stock_name(place.equation)
        if name and place.equation.right is call:
            left = replace(place.left, name=name)
            place.more.append(replace(place.equation, left=left, right=found, doc="", limits=""))
            subscripts = tuple(replace(one, name=self.spelled(one.name)) for one in left.subscripts)
            return syntax.Name(self.spelled(name), subscripts, call.span)
        return self.alone(found, call, place)

    def _stock_name(self, equation: syntax.Equation) -> str:
        """Return what the stocks among the elements of a name are called, if others of them are none.

        A variable of XMILE is a stock with all its elements, or not at all.
        """
        symbol = self.table.get(equation.left.name)
        if not is_stock(equation) or symbol is None or all(is_stock(one) for one in symbol.equations):
            return ""
        key = name_key(symbol.name)
        if key not in self.stocks:
            self.stocks[key] = self.free_name(f"{unescaped(symbol.name)} stock")
        return self.stocks[key]

    def _sample(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return SAMPLE IF TRUE; the name of its own variable inside it means the value kept so far."""
        if len(call.arguments) != 3:
            return self.refused(call, "with these arguments")
        is_all = place.equation.right is call
        condition, value, initial = self.terms(call.arguments, place)
        function = syntax.Name("PREVIOUS", (), call.span)
        kept = syntax.Apply(function, (syntax.Name("SELF", (), call.span), initial), (), call.span)
        if is_all:
            own = name_key(place.left.name)
            condition, value = (_with_kept(one, own, kept) for one in (condition, value))
        choice = syntax.Name("IF THEN ELSE", (), call.span)
        found = syntax.Apply(choice, (condition, value, kept), (), call.span)
        return found if is_all else self.moved(found, place, "sample", call)

    def _delay_n(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return DELAY N, whose last stage lags behind a delay time that varies: XMILE has no such delay."""
        match call.arguments:
            case (_, time, _, _) if not is_steady(time, self.table):
                return self.refused(call, "where the delay time varies")
            case (value, time, initial, order):
                length, n_stages = self.number(time), self.number(order)
                step = self.controls.get("time step", 0.0)
                if length is not None and n_stages is not None and step > 0.0:
                    # Vensim keeps no more stages than the delay has time steps; 1e-9 is for rounding.
                    kept = float(min(n_stages, max(math.floor(length / step + 1e-9), 1)))
                    call = replace(call, arguments=(value, time, initial, syntax.Numeral(kept, order.span)))
        return self.follow("delay n", call, place)

    def _ramp(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return RAMP; Vensim's steps down where it ends before it starts, and XMILE's never ends."""
        match call.arguments:
            case (_, start, end):
                first, last = self.number(start), self.number(end)
                if first is not None and last is not None and last < first:
                    return self.refused(call, "where it ends before it starts")
        return self.follow("ramp", call, place)

    def number(self, term: syntax.Term) -> float | None:
        """Return a number, or that of a constant by its name; None where it takes a run to know."""
        match term:
            case syntax.Numeral(value):
                return value
            case syntax.Prefix("-", operand):
                value_or_none = self.number(operand)
                return None if value_or_none is None else -value_or_none
            case syntax.Name(name, ()):
                symbol = self.table.get(name)
                rights = [] if symbol is None else [one.right for one in symbol.equations]
                if len(rights) == 1 and isinstance(rights[0], syntax.Numeral):
                    return rights[0].value
        return None

    def _count(self, call: syntax.Apply, _: Place) -> syntax.Term:
        """Return the number of elements of a dimension."""
        match call.arguments:
            case (syntax.Name(name),) if name_key(name) in self.space.axes:
                count = len(self.space.axes[name_key(name)].elements)
                return syntax.Numeral(float(count), call.span)
            case _:
                return self.refused(call, "with these arguments")

    # -- arrays -----------------------------------------------------------------------------------------

    def _reduced(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return SUM, PROD, VMIN or VMAX: of a whole array as XMILE has it, else part by part."""
        key = name_key(call.function.name)
        if len(call.arguments) != 1:
            return self.refused(call, "with these arguments")
        (term,) = call.arguments
        # What a sum around this one runs over is another matter, even over the same dimension.
        own = {f"{name_key(one.name)}!" for one in marked(term)}
        place = replace(place, binding={k: one for k, one in place.binding.items() if k not in own})
        if _REDUCTIONS[key] and isinstance(term, syntax.Name) and self._is_slice(term):
            function = replace(call.function, name=_REDUCTIONS[key])
            return replace(call, function=function, arguments=(self.reference(term, place),))
        runs = {name_key(one.name): one for one in marked(term)}
        if any(run not in self.space.axes for run in runs) or not runs:
            return self.refused(call, "here")
        axes = [self.space.axes[run].elements for run in runs]
        if math.prod(len(axis) for axis in axes) > _MOST_PARTS:
            return self.refused(call, f"in more than {_MOST_PARTS:,} parts")
        parts = []
        for elements in product(*axes):
            bound = {f"{run}!": element for run, element in zip(runs, elements, strict=True)}
            parts.append(self.term(term, self.within(place, bound)))
        return _joined(key, parts, call)

    def within(self, place: Place, bound: Binding) -> Place:
        """Return a place in which some dimensions that are run over stand for elements."""
        return replace(place, binding={**place.binding, **bound})

    def _is_slice(self, name: syntax.Name) -> bool:
        """Return whether a name's marked subscripts run over the whole dimensions of its variable."""
        shape = self.shapes.get(name_key(name.name), ())
        if len(shape) != len(name.subscripts) or not any(one.is_reduced for one in name.subscripts):
            return False
        marked = [name_key(one.name) for one in name.subscripts if one.is_reduced]
        return len(set(marked)) == len(marked) and all(
            not one.is_reduced or name_key(one.name) == dimension
            for one, dimension in zip(name.subscripts, shape, strict=True)
        )

    # -- lookups ----------------------------------------------------------------------------------------

    def _with_lookup(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return WITH LOOKUP: the call of a lookup, which gets a name of its own where it has none."""
        match call.arguments:
            case (x, syntax.Name() as table) if name_key(table.name) in self.table.symbols:
                return syntax.Apply(self.reference(table, place), (self.term(x, place),), (), call.span)
            case (x, syntax.Points() as points):
                name = self.lookup_name(points, place)
                function = syntax.Name(self.spelled(name), (), call.span)
                return syntax.Apply(function, (self.term(x, place),), (), call.span)
            case _:
                return self.refused(call, "with these arguments")

    def lookup_name(self, points: syntax.Points, place: Place) -> str:
        """Return the name of the lookup that points among arguments become, one for all elements."""
        key = (id(points), "lookup")
        if key not in self.names:
            name = self.free_name(f"{place.left.name} lookup")
            self.names[key] = (name, points)
            left = syntax.Left(name, (), (), points.span)
            place.more.append(syntax.Equation(left, readable(points), group=place.equation.group))
        return self.names[key][0]

    def _other_lookup(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return LOOKUP EXTRAPOLATE, BACKWARD or FORWARD: points of its own, read in another way."""
        key = name_key(call.function.name)
        word, change = MODES[key]
        if len(call.arguments) != 2:
            return self.refused(call, "with these arguments")
        table, x = call.arguments
        function = self._derived(table, word, change, place)
        if function is None:
            return self.refused(call, "with these arguments")
        found = self.term(x, place)
        if key == "lookup forward":
            found = syntax.Prefix("-", found, found.span)
        return syntax.Apply(function, (found,), (), call.span)

    def _inverted(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return LOOKUP INVERT: the points turned over, where the ordinates rise or fall throughout."""
        match call.arguments:
            case (syntax.Name() as table, y):
                symbol = self.table.get(table.name)
                rights = [] if symbol is None else [one.right for one in symbol.equations]
                if all(isinstance(one, syntax.Points) and is_strict(one.ys) for one in rights):
                    function = self._derived(table, "inverse", turned, place)
                    if function is not None:
                        return syntax.Apply(function, (self.term(y, place),), (), call.span)
        return self.refused(call, "unless the ordinates rise or fall throughout")

    def _derived(
        self,
        table: syntax.Term,
        word: str,
        change: Callable[[syntax.Points], syntax.Points],
        place: Place,
    ) -> syntax.Name | None:
        """Return a lookup made from another, with the same subscripts; None where the other is none."""
        if not isinstance(table, syntax.Name):
            return None
        key = name_key(table.name)
        symbol = self.table.symbols.get(key)
        if symbol is None or symbol.kind != "lookup" or key in place.inputs:
            return None
        label = f"{key} {word}"
        if label not in self.derived:
            name = self.free_name(f"{unescaped(symbol.name)} {word}")
            self.derived[label] = [
                replace(one, left=replace(one.left, name=name), right=change(one.right))
                for one in self.equations_of(symbol)
                if isinstance(one.right, syntax.Points)
            ]
        name = self.derived[label][0].left.name
        return replace(self.reference(table, place), name=self.spelled(name))


def unescaped(name: str) -> str:
    """Return a name without the backslashes that Vensim writes before quotation marks."""
    return name.replace('\\"', '"').replace("\\\\", "\\")


def _with_kept(term: syntax.Term, own: str, kept: syntax.Term) -> syntax.Term:
    """Return a term in which a variable's own name is the value it had."""
    match term:
        case syntax.Name(name):
            return kept if name_key(name) == own else term
        case syntax.Apply():
            return replace(term, arguments=tuple(_with_kept(one, own, kept) for one in term.arguments))
        case syntax.Prefix():
            return replace(term, operand=_with_kept(term.operand, own, kept))
        case syntax.Infix():
            left, right = (_with_kept(one, own, kept) for one in (term.left, term.right))
            return replace(term, left=left, right=right)
        case _:
            return term


def _binds(binding: Binding) -> bool:
    """Return whether a binding says what the dimensions of a left side stand for."""
    return any(not key.endswith("!") for key in binding)


def marked(term: syntax.Term) -> Iterator[syntax.Subscript]:
    """Yield the subscripts marked `!` in a term that no function inside it runs over already."""
    match term:
        case syntax.Name(subscripts=subscripts):
            yield from (one for one in subscripts if one.is_reduced)
        case syntax.Apply(function, arguments):
            yield from (one for one in function.subscripts if one.is_reduced)
            if name_key(function.name) not in _REDUCTIONS:
                for argument in arguments:
                    yield from marked(argument)
        case syntax.Prefix(operand=operand):
            yield from marked(operand)
        case syntax.Infix(left=left, right=right):
            yield from marked(left)
            yield from marked(right)


def _joined(key: str, parts: Sequence[syntax.Term], call: syntax.Apply) -> syntax.Term:
    """Return parts joined as a function of an array joins them."""

    def join(left: syntax.Term, right: syntax.Term) -> syntax.Term:
        if key in ("sum", "prod"):
            return syntax.Infix("+" if key == "sum" else "*", left, right, call.span)
        function = syntax.Name(_REDUCTIONS[key], (), call.function.span)
        return syntax.Apply(function, (left, right), (), call.span)

    return reduce(join, parts)
