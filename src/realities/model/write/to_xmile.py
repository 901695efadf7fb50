"""A model read from Vensim, as XMILE can say it: `ModelFile` in, `ModelFile` out, or findings.

Equations of whole dimensions stay so where XMILE can read them; subranges, mappings, exceptions and lists
of numbers are written out element by element. Control variables become time settings, data become
graphical functions of time, lookups read another way get points of their own. `recast.py` says the
functions, `xmile.py` prints what comes out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from realities.errors import Findings
from realities.ir.model import Lookup
from realities.model import syntax
from realities.model.arrays import Binding, name_key
from realities.model.symbols import Scope, Symbol
from realities.model.tables.data import Series, table_of
from realities.model.value import value_before_run
from realities.model.write.flows import with_flows
from realities.model.write.opened import Opened
from realities.model.write.recast import Place, renamed_in
from realities.model.write.spelling import dimensions_of, variable_dimensions
from realities.model.write.xmile_points import mirrored, readable
from realities.model.write.xmile_terms import CONTROLS, unescaped
from realities.model.write.xmile_vectors import VectorTerms

#: Names that mean something of their own in every XMILE model.
RESERVED = frozenset(("dt", "starttime", "stoptime", "savestep", "time", "self", "pi", "inf", "nan"))
#: Functions whose value changes with their arguments only.
_FIXED = frozenset(
    ("abs", "exp", "if then else", "integer", "ln", "log", "max", "min", "modulo", "power", "quantum")
)


def to_xmile(opened: Opened, findings: Findings) -> syntax.ModelFile:
    """Return a model as XMILE can say it; what it cannot is noted in `findings`."""
    return _ToXmile(opened, findings).translate()


class _ToXmile(VectorTerms):
    """Goes through the symbols of one model."""

    def __init__(self, opened: Opened, findings: Findings) -> None:
        super().__init__(opened, findings)
        self.controls = self._control_values()
        self.shapes = {key: self._shape(symbol) for key, symbol in self.table.symbols.items()}
        self.uniform = self._uniform()

    # -- the whole file ---------------------------------------------------------------------------------

    def translate(self) -> syntax.ModelFile:
        """Return the whole model."""
        self._reserve_names()
        equations: list[syntax.Equation] = []
        for key, symbol in self.table.symbols.items():
            if key not in CONTROLS and not _is_by_macro(symbol):
                equations += self.equations_of(symbol)
        macros = tuple(one for macro in self.file.macros for one in self._macro_def(macro))
        for made in self.derived.values():
            equations += made
        controls = list(self._control_equations())
        time_unit = next((one.unit for one in controls if one.unit), "")
        return replace(
            self.file,
            dialect="xmile",
            equations=(*with_flows(equations, time_unit), *controls),
            dimensions=tuple(self._dimension(one) for one in self.file.dimensions),
            macros=(*self.macros.values(), *macros),
            reality_checks=(),
            display="",
        )

    def _reserve_names(self) -> None:
        """Give another name to variables whose name means something else in XMILE."""
        for key, symbol in self.table.symbols.items():
            if key in RESERVED:
                self.renamed[key] = name = self.free_name(f"model {symbol.name}")
                message = f'"{symbol.name}" means something else in XMILE; it is called "{name}" there'
                self.findings.warning("renamed", message, symbol.span)

    def _dimension(self, dimension: syntax.DimensionDef) -> syntax.DimensionDef:
        """Return a dimension with all its elements, without mappings."""
        axis = self.space.axes[name_key(dimension.name)]
        members = tuple(syntax.Member(unescaped(self.space.spelling[one])) for one in axis.elements)
        return syntax.DimensionDef(unescaped(dimension.name), members, (), None, dimension.span)

    # -- time settings ----------------------------------------------------------------------------------

    def _control_values(self) -> dict[str, float]:
        """Return what the control variables are worth, by their key."""
        found: dict[str, float] = {}
        for key in CONTROLS:
            symbol = self.table.symbols[key]
            equation = symbol.equations[0]
            if equation.right is None or symbol.arity:
                continue
            value = value_before_run(self.opened.resolver, equation.right, Scope(symbol.name, {}))
            if value is None or not self._is_fixed(equation.right, (key,)):
                message = f'"{symbol.name}" is worked out during a run; XMILE takes a number there'
                self.findings.error("no-counterpart", message, equation.left.span)
                continue
            found[key] = value
            if not _is_number(equation.right) and not _is_name(equation.right, "time step"):
                message = f'"{symbol.name}" becomes the number {value:g}, which it is worth in this file'
                self.findings.warning("settled-control", message, equation.left.span)
        return found

    def _is_fixed(self, term: syntax.Term, within: tuple[str, ...]) -> bool:
        """Return whether a term keeps its value throughout a run."""
        for part in syntax.terms(term):
            match part:
                case syntax.Apply(function) if name_key(function.name) not in _FIXED:
                    return False
                case syntax.Name(name):
                    key = name_key(name)
                    symbol = self.table.symbols.get(key)
                    if symbol is None or key in within:
                        return False
                    rights = [one.right for one in symbol.equations]
                    if not all(one is not None and self._is_fixed(one, (*within, key)) for one in rights):
                        return False
        return True

    def _control_equations(self) -> Iterator[syntax.Equation]:
        """Yield the time settings, all of them numbers."""
        for key, value in self.controls.items():
            symbol = self.table.symbols[key]
            equation = symbol.equations[0]
            is_every_step = key == "saveper" and value == self.controls.get("time step")
            right = syntax.Name("DT") if is_every_step else syntax.Numeral(value)
            yield replace(equation, left=syntax.Left(CONTROLS[key]), right=right, group="", limits="", doc="")

    # -- equations --------------------------------------------------------------------------------------

    def equations_of(self, symbol: Symbol) -> Iterator[syntax.Equation]:
        """Yield the equations of one name."""
        first = symbol.equations[0]
        if name_key(symbol.name) in self.uniform:
            yield from self._one(first, first.left.subscripts, {}, 0, symbol)
            return
        for elements, (equation, instance) in symbol.instances.items():
            subscripts = tuple(syntax.Subscript(self.space.spelling[one]) for one in elements)
            yield from self._one(equation, subscripts, instance.binding, instance.position, symbol)

    def _one(
        self,
        equation: syntax.Equation,
        subscripts: tuple[syntax.Subscript, ...],
        binding: Binding,
        position: int,
        symbol: Symbol,
    ) -> Iterator[syntax.Equation]:
        """Yield one equation in XMILE, and those that were made for parts of it."""
        spelled = tuple(replace(one, name=unescaped(one.name)) for one in subscripts)
        name = self.renamed.get(name_key(symbol.name), symbol.name)
        left = syntax.Left(unescaped(name), spelled, (), equation.left.span)
        place = Place(equation, left, binding)
        right = self._right(equation, place, position, symbol)
        if right is not None:
            yield replace(
                equation,
                left=left,
                right=right,
                interpolation=None,
                is_data=False,
                is_unchangeable=False,
                is_supplementary=False,
                tables=(),
            )
        yield from place.more

    def _right(
        self, equation: syntax.Equation, place: Place, position: int, symbol: Symbol
    ) -> syntax.Term | None:
        """Return the right side of one equation, or None with a finding."""
        match equation.right:
            case _ if equation.tables:
                points = equation.tables[position]
                if symbol.kind == "lookup":
                    return readable(points)
                return self._data(equation, place, Series(points.xs, points.ys))
            case None:
                return self._data(equation, place, None)
            case _ if equation.is_data and self._is_series(place):
                return self._data(equation, place, None)
            case syntax.Rows(values):
                value = values[position] if position < len(values) else 0.0
                return syntax.Numeral(value, equation.right.span)
            case syntax.Points() as points:
                return readable(points)
            case syntax.Apply(function, (x, syntax.Points() as points)) if (
                name_key(function.name) == "with lookup"
            ):
                return replace(equation.right, arguments=(self.term(x, place), readable(points)))
            case term:
                return self.term(term, place)

    def _is_series(self, place: Place) -> bool:
        """Return whether a data equation was worked out at the times of its data."""
        elements = [name_key(one.name) for one in place.left.subscripts]
        return name_key(self.space.full_name(place.equation.left.name, elements)) in self.opened.series

    def _data(self, equation: syntax.Equation, place: Place, read: Series | None) -> syntax.Term | None:
        """Return a data variable as a graphical function of time, where its values are at hand."""
        elements = [name_key(one.name) for one in place.left.subscripts]
        full = self.space.full_name(equation.left.name, elements)
        series = self.opened.series.get(name_key(full), read)
        if series is None:
            message = f'"{full}" takes its values from a file, which has no counterpart in XMILE'
            hint = "give them with --data FILE, to have them written as a graphical function of time"
            self.findings.error("missing-data", message, equation.left.span, hint)
            return None
        return _over_time(table_of(full, series, equation.interpolation, equation.left.span))

    def _is_uniform(self, symbol: Symbol) -> bool:
        """Return whether one equation of whole dimensions says it all, so that XMILE reads the same in it."""
        equation, left = symbol.equations[0], symbol.equations[0].left
        keys = [name_key(one.name) for one in left.subscripts]
        if len(symbol.equations) > 1 or left.exceptions or any(key not in self.space.axes for key in keys):
            return False
        if not keys:
            return True
        right = equation.right
        if right is None or equation.is_data or equation.tables or isinstance(right, syntax.Rows):
            return False
        return all(self._reads_alike(name, keys) for name in _names(right))

    def _reads_alike(self, name: syntax.Name, keys: Sequence[str]) -> bool:
        """Return whether a name's subscripts mean in XMILE what they mean here."""
        shape = self.shapes.get(name_key(name.name))
        if shape is None:
            key = name_key(name.name)
            return not name.subscripts and key not in self.space.axes and key not in self.space.spelling
        for subscript, dimension in zip(name.subscripts, shape, strict=False):
            key = name_key(subscript.name)
            if not subscript.is_reduced and key in self.space.axes and (key not in keys or key != dimension):
                return False
        return True

    def _shape(self, symbol: Symbol) -> tuple[str, ...]:
        """Return the keys of a variable's dimensions."""
        return tuple(name_key(one) for one in variable_dimensions(symbol.equations, self.space))

    def _uniform(self) -> set[str]:
        """Return the keys of what is said in one equation, and settle the shapes of all the others.

        What is written out element by element has the dimensions that its elements are found in, which
        may be others than those it was written with: what refers to it may have to be written out too.
        """
        found = set(self.table.symbols)
        while True:
            still = {key for key in found if self._is_uniform(self.table.symbols[key])}
            if still == found:
                return found
            for key in found - still:
                names = [list(elements) for elements in self.table.symbols[key].instances]
                self.shapes[key] = tuple(map(name_key, dimensions_of(names, self.space)))
            found = still

    # -- macros -----------------------------------------------------------------------------------------

    def macro_call(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return a call of a macro; each of its outputs becomes an equation with a macro of its own."""
        macro = self.own_macros[name_key(call.function.name)]
        arguments = self.terms(call.arguments, place)
        for wanted, output in zip(macro.outputs, call.outputs, strict=False):
            if isinstance(output, syntax.Name):
                function = syntax.Name(
                    self.spelled(_output_name(self.macro_by_its_name(macro), wanted)), (), output.span
                )
                right = syntax.Apply(function, arguments, (), call.span)
                left = syntax.Left(unescaped(output.name), self._left_of(output, place), (), output.span)
                symbol = self.table.get(output.name)
                about = place.equation if symbol is None else symbol.equations[0]
                made = syntax.Equation(left, right, about.unit, doc=about.doc, group=about.group)
                place.more.append(made)
        function = replace(call.function, name=self.spelled(self.macro_name(macro)))
        return syntax.Apply(function, arguments, (), call.span)

    def _left_of(self, output: syntax.Name, place: Place) -> tuple[syntax.Subscript, ...]:
        return tuple(self.subscript(one, place) for one in output.subscripts)

    def _macro_def(self, macro: syntax.MacroDef) -> Iterator[syntax.MacroDef]:
        """Yield a macro, and one more for each of its outputs, which XMILE has none of."""
        macro = self.macro_by_its_name(macro)
        yield self._one_macro(macro, macro.name)
        for output in macro.outputs:
            value = syntax.Equation(syntax.Left(_output_name(macro, output)), syntax.Name(output))
            renamed = tuple(renamed_in(one, macro.name, f"{macro.name} value") for one in macro.equations)
            yield self._one_macro(
                replace(macro, name=value.left.name, equations=(*renamed, value)), value.left.name
            )

    def _one_macro(self, macro: syntax.MacroDef, name: str) -> syntax.MacroDef:
        inputs = frozenset(
            name_key(one) for one in (*macro.inputs, *(one.left.name for one in macro.equations))
        )
        equations: list[syntax.Equation] = []
        for equation in macro.equations:
            place = Place(equation, replace(equation.left, name=unescaped(equation.left.name)), {}, inputs)
            right = equation.right
            if right is not None and not isinstance(right, syntax.Points | syntax.Rows):
                right = self.term(right, place)
            equations += [replace(equation, left=place.left, right=right), *place.more]
        return syntax.MacroDef(
            unescaped(name), tuple(map(unescaped, macro.inputs)), (), tuple(equations), span=macro.span
        )


def _is_by_macro(symbol: Symbol) -> bool:
    """Return whether the call of a macro defines a name, behind its colon."""
    right = symbol.equations[0].right
    return isinstance(right, syntax.Apply) and right.function.name.startswith(":")


def _is_number(term: syntax.Term) -> bool:
    """Return whether a term is a number as it is written, with or without a sign."""
    return isinstance(term.operand if isinstance(term, syntax.Prefix) else term, syntax.Numeral)


def _is_name(term: syntax.Term, key: str) -> bool:
    return isinstance(term, syntax.Name) and name_key(term.name) == key


def _names(term: syntax.Term) -> Iterator[syntax.Name]:
    """Yield every name in a term, those of lookups that are called among them."""
    for part in syntax.terms(term):
        if isinstance(part, syntax.Name):
            yield part
        elif isinstance(part, syntax.Apply) and part.function.subscripts:
            yield part.function


def _over_time(lookup: Lookup) -> syntax.Term:
    """Return what a table of data is at each time."""
    points = syntax.Points(lookup.xs, lookup.ys, lookup.mode, lookup.span)
    time: syntax.Term = syntax.Name("TIME")
    if lookup.mode == "backward":
        points, time = mirrored(points), syntax.Prefix("-", time)
    return syntax.Apply(syntax.Name("WITH LOOKUP"), (time, points))


def _output_name(macro: syntax.MacroDef, output: str) -> str:
    return f"{macro.name} {output}"
