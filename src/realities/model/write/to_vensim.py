"""A model read from XMILE, as Vensim can say it: `ModelFile` in, `ModelFile` out, or findings.

Time settings become control variables, marks of what may not fall below zero become equations, graphical
functions that hold or continue their values are read by the function that does so, and what Vensim wants
to stand alone gets an equation of its own. Elements that are numbers get names. `recast.py` says the
functions, `vensim.py` prints what comes out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from realities.errors import Findings
from realities.ir.model import LookupMode
from realities.model import syntax
from realities.model.arrays import Binding, name_key
from realities.model.nonnegative import keep_non_negative
from realities.model.symbols import Symbol
from realities.model.vensim.language import VENSIM
from realities.model.write.recast import Place, Recaster
from realities.model.write.recipes import filled
from realities.model.write.recipes_vensim import RECIPES, SAME
from realities.model.write.vensim import is_plain_name
from realities.model.write.xmile_terms import Opened
from realities.model.xmile.conveyors import EXIT, LEAK
from realities.model.xmile.language import XMILE
from realities.source import Span

#: The time settings by key, and what Vensim calls them.
CONTROLS: Mapping[str, str] = {
    "starttime": "INITIAL TIME",
    "stoptime": "FINAL TIME",
    "dt": "TIME STEP",
    "savestep": "SAVEPER",
}
_GROUP = "Control"
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


def to_vensim(opened: Opened, findings: Findings) -> syntax.ModelFile:
    """Return a model as Vensim can say it; what it cannot is noted in `findings`.

    The file must have its marks written out already; see `without_marks`.
    """
    return _ToVensim(opened, findings).translate()


def without_marks(file: syntax.ModelFile, findings: Findings) -> syntax.ModelFile:
    """Return a model with what keeps stocks and flows from going below zero written into equations."""
    kept = keep_non_negative(file, XMILE.controls.time_step)
    return replace(
        kept,
        equations=tuple(_floored(one, file, findings) for one in kept.equations),
        macros=tuple(
            replace(macro, equations=tuple(_floored(one, file, findings) for one in macro.equations))
            for macro in kept.macros
        ),
    )


def _floored(equation: syntax.Equation, file: syntax.ModelFile, findings: Findings) -> syntax.Equation:
    """Return an equation without mark; a stock loses no more than it holds, however little its flows know.

    What a step takes is settled by the net flow with Euler only.
    """
    match equation.right:
        case syntax.Apply(function, (net, initial)) as call if (
            equation.is_non_negative and name_key(function.name) == "integ"
        ):
            if file.integrator != "euler":
                message = f'"{equation.left.name}" is kept from falling below zero'
                hint = "with Euler it can be written as an equation"
                findings.error(
                    "no-counterpart",
                    f"{message}, which has no counterpart in Vensim",
                    equation.left.span,
                    hint,
                )
            stock = syntax.Name(equation.left.name, equation.left.subscripts, call.span)
            given = {"net": net, "stock": stock}
            limited = filled("MAX(net, -MAX(stock, 0) / DT)", "xmile", given)
            right = replace(call, arguments=(limited, initial))
            return replace(equation, right=right, is_non_negative=False)
        case _:
            return replace(equation, is_non_negative=False)


class _ToVensim(Recaster):
    """Goes through the symbols of one model."""

    same = SAME
    recipes = RECIPES
    target = "vensim"
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
            "size": self._size,
            "stddev": self._deviation,
            "with lookup": self._with_lookup,
        }

    # -- the whole file ---------------------------------------------------------------------------------

    def translate(self) -> syntax.ModelFile:
        """Return the whole model."""
        self._rename()
        macros = tuple(self._macro_def(macro) for macro in self.file.macros)
        equations = [one for symbol in self.table.symbols.values() for one in self._symbol(symbol)]
        equations.sort(key=lambda one: (one.group == _GROUP, bool(one.group)))
        return replace(
            self.file,
            dialect="vensim",
            equations=tuple(_together(equations)),
            dimensions=tuple(map(self._dimension, self.file.dimensions)),
            macros=(*self.macros.values(), *macros),
            display="",
        )

    def _rename(self) -> None:
        """Give other names to variables, dimensions and elements whose names Vensim cannot hold."""
        controls = {name_key(name): name for name in CONTROLS.values()}
        for key, symbol in self.table.symbols.items():
            if key in controls:
                self._renames(self.renamed, symbol.name, f"model {symbol.name}", symbol.span)
        for definition in self.file.dimensions:
            key = name_key(definition.name)
            if not is_plain_name(definition.name) or key in self.table.symbols:
                wanted = _made_plain(definition.name, "Dimension")
                self._renames(self.subscripts, definition.name, wanted, definition.span)
            for member in definition.members:
                key = name_key(member.name)
                if key not in self.subscripts and (
                    not is_plain_name(member.name) or key in self.table.symbols
                ):
                    wanted = _made_plain(member.name, "E")
                    self._renames(self.subscripts, member.name, wanted, member.span)

    def _renames(self, names: dict[str, str], old: str, wanted: str, span: Span) -> None:
        names[name_key(old)] = new = self.free_name(wanted)
        self.findings.warning(
            "renamed", f'"{old}" cannot have that name in Vensim; it is called "{new}"', span
        )

    def _dimension(self, dimension: syntax.DimensionDef) -> syntax.DimensionDef:
        members = tuple(replace(one, name=self._subscript_name(one.name)) for one in dimension.members)
        mappings = tuple(replace(one, target=self._subscript_name(one.target)) for one in dimension.mappings)
        alias = None if dimension.alias_of is None else self._subscript_name(dimension.alias_of)
        return replace(
            dimension,
            name=self._subscript_name(dimension.name),
            members=members,
            mappings=mappings,
            alias_of=alias,
        )

    def _subscript_name(self, name: str) -> str:
        return self.subscripts.get(name_key(name), name)

    # -- equations --------------------------------------------------------------------------------------

    def _symbol(self, symbol: Symbol) -> Iterator[syntax.Equation]:
        """Yield the equations of one name."""
        key = name_key(symbol.name)
        for equation in symbol.equations:
            if self._is_uniform(equation):
                yield from self._one(equation, equation.left.subscripts, {}, key)
                continue
            for elements, (own, instance) in symbol.instances.items():
                if own is equation:
                    subscripts = tuple(syntax.Subscript(self.space.spelling[one]) for one in elements)
                    yield from self._one(equation, subscripts, instance.binding, key)

    def _one(
        self, equation: syntax.Equation, subscripts: tuple[syntax.Subscript, ...], binding: Binding, key: str
    ) -> Iterator[syntax.Equation]:
        """Yield one equation in Vensim, and those that were made for parts of it."""
        name = CONTROLS.get(key) or escaped(self.renamed.get(key, self.table.symbols[key].name))
        spelled = tuple(replace(one, name=self._subscript_name(one.name)) for one in subscripts)
        left = replace(equation.left, name=name, subscripts=spelled)
        place = Place(equation, left, binding)
        group = _GROUP if key in CONTROLS else equation.group
        unit, doc = _sayable(equation.unit), _sayable(equation.doc)
        right = self._right(equation, place)
        yield replace(equation, left=left, right=right, group=group, unit=unit, doc=doc)
        yield from place.more

    def _right(self, equation: syntax.Equation, place: Place) -> syntax.Term | None:
        match equation.right:
            case None | syntax.Rows():
                return equation.right
            case syntax.Points() as points:
                return replace(points, mode="interpolate")
            case term:
                return self.term(term, place)

    def _is_uniform(self, equation: syntax.Equation) -> bool:
        """Return whether the names of dimensions stand for the same numbers in Vensim, if any is used."""
        if equation.right is None:
            return True
        for part in syntax.terms(equation.right):
            match part:
                case syntax.Apply(function, (syntax.Name(name),)) if function.name == ":position:":
                    elements = self.space.axes[name_key(name)].elements
                    if [self.space.numbers[one] for one in elements] != list(range(1, len(elements) + 1)):
                        return False
        return True

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
        return replace(subscript, name=self._subscript_name(name))

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
            case (_, time, *_) if not self._is_steady(time):
                return self.refused(call, "where the delay time varies")
        return self.follow("delayn", call, place)

    def _is_steady(self, term: syntax.Term) -> bool:
        match term:
            case syntax.Numeral():
                return True
            case syntax.Name(name):
                symbol = self.table.get(name)
                return symbol is not None and all(
                    isinstance(one.right, syntax.Numeral | syntax.Rows) for one in symbol.equations
                )
            case _:
                return False

    # -- lookups ----------------------------------------------------------------------------------------

    def _with_lookup(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return a graphical function that stands beside the equation it is read at."""
        match call.arguments:
            case (x, syntax.Points(mode="interpolate") as points):
                return replace(call, arguments=(self.term(x, place), points))
            case (x, syntax.Points(mode=mode) as points):
                name = self.free_name(f"{place.left.name} lookup")
                made = syntax.Equation(
                    syntax.Left(name), replace(points, mode="interpolate"), group=place.equation.group
                )
                place.more.append(made)
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
        if key in ("min", "max") and (len(arguments) > 1 or not any(_marked(call.arguments[0]))):
            if any(any(_marked(one)) for one in call.arguments):
                return self.refused(call, "of an array and a number")
            return replace(call, function=replace(call.function, name=key.upper()), arguments=arguments)
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
        """Return STDDEV: the root of the mean square distance from the mean, by one less than there are."""
        if len(call.arguments) != 1 or self._length(call.arguments[0]) < 2:
            return self.refused(call, "with these arguments")
        mean = self.moved(self._mean(call, place), place, "mean")
        (term,) = self.terms(call.arguments, place)
        square = syntax.Infix("^", syntax.Infix("-", term, mean), syntax.Numeral(2.0))
        total = syntax.Apply(syntax.Name("SUM"), (square,), (), call.span)
        rest = syntax.Numeral(self._length(call.arguments[0]) - 1.0)
        return syntax.Apply(syntax.Name("SQRT"), (syntax.Infix("/", total, rest),), (), call.span)

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
            at = self.moved(at, place, "index")
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
                    return syntax.Name(self._subscript_name(name), (), call.span)
                element = self.space.element(
                    syntax.Subscript(name, False, span), place.binding, self.findings
                )
                elements = self.space.axes[name_key(name)].elements
                if element in elements:
                    return syntax.Numeral(elements.index(element) + 1.0, call.span)
        return self.refused(call, "")

    # -- macros -----------------------------------------------------------------------------------------

    def macro_call(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return a call of a macro, with every argument that the file lets out."""
        macro = self.own_macros[name_key(call.function.name)]
        arguments = list(self.terms(call.arguments, place))
        while len(arguments) < len(macro.inputs) and macro.defaults:
            at = len(arguments) - (len(macro.inputs) - len(macro.defaults))
            if not 0 <= at < len(macro.defaults):
                break
            given = {name_key(name): one for name, one in zip(macro.inputs, arguments, strict=False)}
            inside = Place(place.equation, place.left, {}, frozenset(given))
            arguments.append(_given(self.term(macro.defaults[at], inside), given))
        function = replace(call.function, name=escaped(macro.name))
        return replace(call, function=function, arguments=tuple(arguments))

    def _macro_def(self, macro: syntax.MacroDef) -> syntax.MacroDef:
        inputs = frozenset(map(name_key, (*macro.inputs, *(one.left.name for one in macro.equations))))
        equations: list[syntax.Equation] = []
        for equation in macro.equations:
            place = Place(equation, replace(equation.left, name=escaped(equation.left.name)), {}, inputs)
            equations += [replace(equation, left=place.left, right=self._right(equation, place)), *place.more]
        names = tuple(map(escaped, macro.inputs))
        return replace(macro, name=escaped(macro.name), inputs=names, equations=tuple(equations), defaults=())


def escaped(name: str) -> str:
    """Return a name as Vensim writes it between quotation marks, if it needs them."""
    return name.replace("\\", "\\\\").replace('"', '\\"')


def _made_plain(name: str, head: str) -> str:
    """Return a name like another that Vensim can hold without quotation marks."""
    plain = re.sub(r"[^\w$'&%#@ ]+", " to ", name.replace("_", " "))
    plain = " ".join(plain.split())
    return plain if is_plain_name(plain) else f"{head} {plain}".strip()


def _sayable(text: str) -> str:
    """Return a text without the two marks that end it in a Vensim file."""
    return " ".join(text.replace("|", "/").replace("~", "-").split())


def _together(equations: Sequence[syntax.Equation]) -> list[syntax.Equation]:
    """Return equations with those of one group beside each other, in the order of their first."""
    groups = dict.fromkeys(one.group for one in equations)
    return [one for group in groups for one in equations if one.group == group]


def _marked(term: syntax.Term) -> Iterator[syntax.Subscript]:
    """Yield the subscripts in a term that run over a dimension."""
    for part in syntax.terms(term):
        if isinstance(part, syntax.Name):
            yield from (one for one in part.subscripts if one.is_reduced)


def _given(term: syntax.Term, given: Mapping[str, syntax.Term]) -> syntax.Term:
    """Return a term with arguments in place of the names of inputs."""
    match term:
        case syntax.Name(name, ()):
            return given.get(name_key(name), term)
        case syntax.Apply():
            return replace(term, arguments=tuple(_given(one, given) for one in term.arguments))
        case syntax.Prefix():
            return replace(term, operand=_given(term.operand, given))
        case syntax.Infix():
            return replace(term, left=_given(term.left, given), right=_given(term.right, given))
        case _:
            return term
