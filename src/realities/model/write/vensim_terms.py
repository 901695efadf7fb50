"""Terms of XMILE's equations as Vensim can say them: names, functions, arrays and lookups.

In come terms, and the element that each dimension stands for where an equation is written out; out come
terms for `vensim.py` to print. Graphical functions that hold or continue their values are read by the
function that does so, elements that only a run can tell are looked for in their vector. `to_vensim.py`
goes through the equations of a file with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from realities.errors import Findings
from realities.ir.model import LookupMode
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.vensim.language import VENSIM
from realities.model.write.opened import Opened
from realities.model.write.recast import Place, Recaster, is_steady
from realities.model.write.recipes import filled
from realities.model.write.recipes_vensim import RECIPES, SAME
from realities.model.write.vensim import FUNCTIONS
from realities.model.xmile.conveyors import EXIT, LEAK
from realities.model.xmile.language import XMILE

#: The time settings by key, and what Vensim calls them.
CONTROLS: Mapping[str, str] = {
    "starttime": "INITIAL TIME",
    "stoptime": "FINAL TIME",
    "dt": "TIME STEP",
    "savestep": "SAVEPER",
}
#: Vensim's function for each way of reading a lookup but the usual one.
_READ_BY: Mapping[LookupMode, str] = {
    "discrete": "LOOKUP BACKWARD",
    "backward": "LOOKUP FORWARD",
    "extrapolate": "LOOKUP EXTRAPOLATE",
}
#: Functions over an array, and what Vensim calls them.
_OVER: Mapping[str, str] = {
    "sum": "SUM",
    "prod": "PROD",
    "product": "PROD",
    "min": "VMIN",
    "max": "VMAX",
    "vmin": "VMIN",
    "vmax": "VMAX",
}
#: Functions whose value is one number whatever array they are given.
_REDUCING = {*_OVER, "mean", "rank", "size", "stddev"}


class VensimTerms(Recaster):
    """Says the terms of one model."""

    same = SAME
    recipes = RECIPES
    target = "vensim"
    functions = FUNCTIONS
    whole = frozenset(("integ", "initial", "active initial", "delay fixed", "sample if true"))

    def __init__(self, opened: Opened, findings: Findings) -> None:
        super().__init__(opened.file, findings)
        self.opened, self.space, self.table = opened, opened.space, opened.table
        self.taken |= {name_key(symbol.name) for symbol in self.table} | set(self.space.spelling)
        self.taken |= {name_key(name) for name in CONTROLS.values()}
        self.renamed: dict[str, str] = {}
        self.subscripts: dict[str, str] = {}
        self.special = {
            **dict.fromkeys(_OVER, self._over),
            **dict.fromkeys(("integ", "active initial"), self._kept),
            **dict.fromkeys(("inf", "nan", "pi"), self._number),
            **dict.fromkeys(("time", "dt", "starttime", "stoptime"), self._bare),
            **dict.fromkeys((EXIT, LEAK), self._conveyor),
            ":element:": self._indexed,
            ":position:": self._position,
            "delayn": self._delay_n,
            "lookup": self._lookup,
            "mean": self._mean,
            "rank": self._rank,
            "size": self._size,
            "stddev": self._deviation,
            "with lookup": self._with_lookup,
        }

    def subscript_name(self, name: str) -> str:
        """Return what a dimension or an element is called in Vensim."""
        return self.subscripts.get(name_key(name), name)

    # -- names ------------------------------------------------------------------------------------------

    def name(self, name: syntax.Name, place: Place) -> syntax.Term:
        """Return what a name becomes: a variable, a control variable, or a number."""
        key = name_key(name.name)
        if key in place.inputs:
            return replace(name, name=escaped(name.name))
        if key == "time":
            return syntax.Name("Time", (), name.span)
        if key in CONTROLS:
            return syntax.Name(CONTROLS[key], (), name.span)
        if key in XMILE.constants and key not in self.table.symbols:
            return self._constant(key, name)
        return self.reference(name, place)

    def _constant(self, key: str, term: syntax.Name | syntax.Apply) -> syntax.Term:
        value = XMILE.constants[key]
        if not math.isfinite(value):
            self.findings.error(
                "no-counterpart",
                f"{key.upper()} has no counterpart in Vensim: its numbers are finite",
                term.span,
            )
            return syntax.Numeral(0.0, term.span)
        return syntax.Numeral(value, term.span)

    def reference(self, name: syntax.Name, place: Place) -> syntax.Name:
        """Return a name of a variable with its subscripts, spelled as where it is defined."""
        key = name_key(name.name)
        symbol = self.table.symbols.get(key)
        spelled = self.renamed.get(key, name.name if symbol is None else symbol.name)
        subscripts = tuple(self._subscript(one, place) for one in name.subscripts)
        return syntax.Name(escaped(spelled), subscripts, name.span)

    def _subscript(self, subscript: syntax.Subscript, place: Place) -> syntax.Subscript:
        key = name_key(subscript.name)
        name = subscript.name
        if not subscript.is_reduced and key in self.space.axes and place.binding:
            element = self.space.element(subscript, place.binding, self.findings)
            name = name if element is None else self.space.spelling[element]
        return replace(subscript, name=self.subscript_name(name))

    def is_called_by_name(self, key: str) -> bool:
        """Return whether a name before parentheses is that of a variable or a lookup of the file."""
        return key in self.table.symbols

    def is_table(self, key: str) -> bool:
        """Return whether a variable is a lookup."""
        return self.table.symbols[key].kind == "lookup"

    def now(self) -> syntax.Term:
        """Return the middle of the current step, which holds still within it."""
        start, step = syntax.Name("INITIAL TIME"), syntax.Name("TIME STEP")
        end = syntax.Infix("+", syntax.Name("FINAL TIME"), step)
        ramp = syntax.Apply(syntax.Name("RAMP"), (syntax.Numeral(1.0), start, end))
        half = syntax.Infix("/", step, syntax.Numeral(2.0))
        return syntax.Infix("+", syntax.Infix("+", start, ramp), half)

    # -- functions of their own -------------------------------------------------------------------------

    def call(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return a call in Vensim; functions of Vensim that the file uses keep their names."""
        key = name_key(call.function.name)
        is_other = self.is_called_by_name(key) or key in place.inputs or key in self.own_macros
        is_own = key in self.special or key in self.same or key in self.recipes
        if self.is_called_by_name(key) and self.is_table(key) and len(call.arguments) == 1:
            table = replace(call.function, span=call.function.span)
            return self._read(table, self.term(call.arguments[0], place), place, call)
        if not is_own and not is_other and key in {*VENSIM.simple, *VENSIM.unfold, *VENSIM.whole}:
            function = replace(call.function, name=key.upper())
            found = replace(call, function=function, arguments=self.terms(call.arguments, place))
            return self.alone(found, call, place)
        return super().call(call, place)

    def _kept(self, call: syntax.Apply, place: Place) -> syntax.Term:
        found = replace(call, arguments=self.terms(call.arguments, place))
        return self.alone(found, call, place)

    def _number(self, call: syntax.Apply, _: Place) -> syntax.Term:
        return self._constant(name_key(call.function.name), call)

    def _bare(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return what TIME() and the like are without their parentheses."""
        return self.name(syntax.Name(call.function.name, (), call.span), place)

    def _conveyor(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Refuse what leaves a conveyor."""
        name = place.equation.left.name
        message = f'"{name}" leaves a conveyor, which has no counterpart in Vensim'
        self.findings.error("no-counterpart", message, place.equation.left.span)
        return syntax.Numeral(0.0, call.span)

    def _delay_n(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return DELAYN; Vensim's last stage lags behind a delay time that varies."""
        match call.arguments:
            case (_, time, *_) if not is_steady(time, self.table):
                return self.refused(call, "where the delay time varies")
        return self.follow("delayn", call, place)

    # -- lookups ----------------------------------------------------------------------------------------

    def _with_lookup(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return a graphical function that stands beside the equation it is read at."""
        match call.arguments:
            case (x, syntax.Points(mode="interpolate") as points):
                return replace(call, arguments=(self.term(x, place), points))
            case (x, syntax.Points(mode=mode) as points):
                key = (id(points), "lookup")
                if key not in self.names:
                    self.names[key] = (self.free_name(f"{place.left.name} lookup"), points)
                    left = syntax.Left(self.names[key][0])
                    plain = replace(points, mode="interpolate")
                    place.more.append(syntax.Equation(left, plain, group=place.equation.group))
                name = self.names[key][0]
                function = syntax.Name(_READ_BY[mode], (), call.span)
                return syntax.Apply(function, (syntax.Name(name), self.term(x, place)), (), call.span)
            case (x, syntax.Name() as table):
                return self._read(table, self.term(x, place), place, call)
            case _:
                return self.refused(call, "with these arguments")

    def _lookup(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return LOOKUP(graphical function, x)."""
        match call.arguments:
            case (syntax.Name() as table, x):
                return self._read(table, self.term(x, place), place, call)
            case _:
                return self.refused(call, "with these arguments")

    def _read(self, table: syntax.Name, x: syntax.Term, place: Place, call: syntax.Apply) -> syntax.Term:
        """Return a lookup read at `x`, by the function that reads it as its type says."""
        found = self.reference(table, place)
        symbol = self.table.get(table.name)
        rights = [] if symbol is None else [one.right for one in symbol.equations]
        modes = {one.mode for one in rights if isinstance(one, syntax.Points)}
        if modes <= {"interpolate"}:
            return syntax.Apply(found, (x,), (), call.span)
        if len(modes) > 1:
            return self.refused(call, "where the elements of a graphical function are of several types")
        function = syntax.Name(_READ_BY[modes.pop()], (), call.span)
        return syntax.Apply(function, (found, x), (), call.span)

    # -- arrays -----------------------------------------------------------------------------------------

    def _over(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return a function over an array; MIN and MAX of single numbers are others."""
        key = name_key(call.function.name)
        arguments = self.terms(call.arguments, place)
        if key in ("min", "max") and (len(arguments) > 1 or not any(_free(call.arguments[0]))):
            if any(any(_free(one)) for one in call.arguments):
                return self.refused(call, "of an array and a number")
            function = replace(call.function, name=key.upper())  # of two numbers, in Vensim
            nested, *others = arguments
            for other in others:
                nested = syntax.Apply(function, (nested, other), (), call.span)
            return nested
        if len(arguments) != 1:
            return self.refused(call, "with these arguments")
        return replace(call, function=replace(call.function, name=_OVER[key]), arguments=arguments)

    def _length(self, term: syntax.Term) -> int:
        """Return how many elements the marks in a term run over."""
        keys = {name_key(one.name) for one in _marked(term)}
        return math.prod(len(self.space.axes[key].elements) for key in keys if key in self.space.axes)

    def _size(self, call: syntax.Apply, _: Place) -> syntax.Term:
        if len(call.arguments) != 1:
            return self.refused(call, "with these arguments")
        return syntax.Numeral(float(self._length(call.arguments[0])), call.span)

    def _mean(self, call: syntax.Apply, place: Place) -> syntax.Term:
        if len(call.arguments) != 1:
            return self.refused(call, "with these arguments")
        total = syntax.Apply(syntax.Name("SUM"), self.terms(call.arguments, place), (), call.span)
        return syntax.Infix("/", total, syntax.Numeral(float(self._length(call.arguments[0]))), call.span)

    def _deviation(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return STDDEV: the root of the mean square distance from the mean."""
        if len(call.arguments) != 1:
            return self.refused(call, "with these arguments")
        mean = self.moved(self._mean(call, place), place, "mean", call)
        (term,) = self.terms(call.arguments, place)
        square = syntax.Infix("^", syntax.Infix("-", term, mean), syntax.Numeral(2.0))
        total = syntax.Apply(syntax.Name("SUM"), (square,), (), call.span)
        count = syntax.Numeral(float(self._length(call.arguments[0])))
        return syntax.Apply(syntax.Name("SQRT"), (syntax.Infix("/", total, count),), (), call.span)

    def _indexed(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return an element that only a run can tell: 0 where there is none."""
        match call.arguments:
            case (index, syntax.Name() as array) if sum(1 for _ in _marked(array)) == 1:
                pass
            case _:
                return self.refused_index(call)
        run = next(_marked(array))
        elements = self.space.axes[name_key(run.name)].elements
        if not self._is_family(run, array):
            return self.refused_index(call)
        at = self.term(index, place)
        if not isinstance(at, syntax.Name | syntax.Numeral):
            at = self.moved(at, place, "index", call)
        first = syntax.Subscript(self.space.spelling[elements[0]], False, run.span)
        start = replace(array, subscripts=tuple(first if one.is_reduced else one for one in array.subscripts))
        parts = {
            "at": at,
            "start": self.reference(start, place),
            "size": syntax.Numeral(float(len(elements))),
        }
        return filled(
            "IF THEN ELSE(at > 0.5 :AND: at < size + 0.5, VECTOR ELM MAP(start, at - 1), 0)", "vensim", parts
        )

    def _rank(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return RANK(array, rank): the place of the element of a rank, from a variable with the order."""
        match call.arguments:
            case (syntax.Name() as array, rank):
                direction = 1.0
            case (syntax.Prefix("-", syntax.Name() as array), rank):
                direction = -1.0
            case _:
                return self.refused(call, "for an array like this")
        runs = list(_marked(array))
        if len(runs) != 1 or place.binding or not self._is_family(runs[0], array):
            return self.refused(call, "for an array like this")
        open_ones = tuple(replace(one, is_reduced=False) for one in array.subscripts)
        sorted_one = self.reference(replace(array, subscripts=open_ones), place)
        name = self.free_name(f"{place.left.name} order")
        sign = syntax.Numeral(1.0) if direction > 0 else syntax.Prefix("-", syntax.Numeral(1.0))
        order = syntax.Apply(syntax.Name("VECTOR SORT ORDER"), (sorted_one, sign), (), call.span)
        left = syntax.Left(name, sorted_one.subscripts)
        place.more.append(syntax.Equation(left, order, group=place.equation.group))
        elements = self.space.axes[name_key(runs[0].name)].elements
        first = self.subscript_name(self.space.spelling[elements[0]])
        at = self.term(rank, place)
        if not isinstance(at, syntax.Name | syntax.Numeral):
            at = self.moved(at, place, "rank", call)
        start = syntax.Name(name, (*sorted_one.subscripts[:-1], syntax.Subscript(first)))
        given = {"at": at, "start": start, "size": syntax.Numeral(float(len(elements)))}
        return filled(
            "IF THEN ELSE(at > 0.5 :AND: at < size + 0.5, VECTOR ELM MAP(start, at - 1) + 1, 0)",
            "vensim",
            given,
        )

    def _is_family(self, run: syntax.Subscript, array: syntax.Name) -> bool:
        """Return whether a vector can be walked along: its mark is the last, over all of a family."""
        elements = self.space.axes[name_key(run.name)].elements
        largest = max(
            (axis.elements for axis in self.space.axes.values() if elements[0] in axis.elements), key=len
        )
        return array.subscripts[-1] is run and largest == elements

    def refused_index(self, call: syntax.Apply) -> syntax.Term:
        """Note that a subscript that only a run can tell cannot be said here."""
        message = (
            "a subscript that is worked out during the run can be said in Vensim for the last dimension only"
        )
        self.findings.error("no-counterpart", message, call.span)
        return syntax.Numeral(0.0, call.span)

    def _position(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return the name of a dimension as a value: its own name, or the number of a known element."""
        match call.arguments:
            case (syntax.Name(name, (), span),) if name_key(name) in self.space.axes:
                if not place.binding:
                    return syntax.Name(self.subscript_name(name), (), call.span)
                element = self.space.element(
                    syntax.Subscript(name, False, span), place.binding, self.findings
                )
                elements = self.space.axes[name_key(name)].elements
                if element in elements:
                    return syntax.Numeral(elements.index(element) + 1.0, call.span)
        return self.refused(call, "")


def escaped(name: str) -> str:
    """Return a name as Vensim writes it between quotation marks, if it needs them."""
    return name.replace("\\", "\\\\").replace('"', '\\"')


def _free(term: syntax.Term) -> Iterator[syntax.Subscript]:
    """Yield the subscripts in a term that run over a dimension and that no function inside it runs over."""
    match term:
        case syntax.Name(subscripts=subscripts):
            yield from (one for one in subscripts if one.is_reduced)
        case syntax.Apply(arguments=arguments):
            key = name_key(term.function.name)
            if key not in _REDUCING or (key in ("min", "max") and len(arguments) > 1):
                for one in arguments:
                    yield from _free(one)
        case syntax.Prefix(operand=operand):
            yield from _free(operand)
        case syntax.Infix(left=left, right=right):
            yield from _free(left)
            yield from _free(right)
        case _:
            pass


def _marked(term: syntax.Term) -> Iterator[syntax.Subscript]:
    """Yield the subscripts in a term that run over a dimension."""
    for part in syntax.terms(term):
        if isinstance(part, syntax.Name):
            yield from (one for one in part.subscripts if one.is_reduced)
