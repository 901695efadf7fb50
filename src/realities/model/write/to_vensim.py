"""A model read from XMILE, as Vensim can say it: `ModelFile` in, `ModelFile` out, or findings.

Time settings become control variables, marks of what may not fall below zero become equations, graphical
functions that hold or continue their values are read by the function that does so, and what Vensim wants
to stand alone gets an equation of its own. Elements that are numbers get names. `recast.py` says the
functions, `vensim.py` prints what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from realities.errors import Findings
from realities.model import syntax
from realities.model.arrays import Binding, name_key
from realities.model.nonnegative import keep_non_negative
from realities.model.symbols import Symbol
from realities.model.write.opened import Opened
from realities.model.write.recast import Place
from realities.model.write.recipes import filled
from realities.model.write.vensim import is_plain_name
from realities.model.write.vensim_terms import CONTROLS, VensimTerms, escaped
from realities.model.xmile.language import XMILE
from realities.source import Span

#: The group that the control variables are in.
_GROUP = "Control"


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


class _ToVensim(VensimTerms):
    """Goes through the symbols of one model."""

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
        members = tuple(replace(one, name=self.subscript_name(one.name)) for one in dimension.members)
        mappings = tuple(replace(one, target=self.subscript_name(one.target)) for one in dimension.mappings)
        alias = None if dimension.alias_of is None else self.subscript_name(dimension.alias_of)
        return replace(
            dimension,
            name=self.subscript_name(dimension.name),
            members=members,
            mappings=mappings,
            alias_of=alias,
        )

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
        spelled = tuple(replace(one, name=self.subscript_name(one.name)) for one in subscripts)
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
        function = replace(call.function, name=escaped(self.macro_name(macro)))
        return replace(call, function=function, arguments=tuple(arguments))

    def _macro_def(self, macro: syntax.MacroDef) -> syntax.MacroDef:
        macro = self.macro_by_its_name(macro)
        inputs = frozenset(map(name_key, (*macro.inputs, *(one.left.name for one in macro.equations))))
        equations: list[syntax.Equation] = []
        for equation in macro.equations:
            place = Place(equation, replace(equation.left, name=escaped(equation.left.name)), {}, inputs)
            equations += [replace(equation, left=place.left, right=self._right(equation, place)), *place.more]
        names = tuple(map(escaped, macro.inputs))
        return replace(macro, name=escaped(macro.name), inputs=names, equations=tuple(equations), defaults=())


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
