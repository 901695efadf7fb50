"""One language's terms in the other: what both directions of a translation share.

In come the terms of one equation; out come terms of the target language. Functions of the same meaning
change their names, others follow a recipe: written out where they stand if that repeats nothing
but names and numbers, or else as a macro of the same meaning that goes into the file. What has no
counterpart is noted at its place. `to_xmile.py` and `to_vensim.py` build on this.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from realities.errors import Findings
from realities.ir.model import Dialect
from realities.model import syntax
from realities.model.arrays import Binding, name_key
from realities.model.symbols import Table
from realities.model.write.recipes import Recipe, Recipes, parsed, substituted

LANGUAGE_NAMES: Mapping[Dialect, str] = {"vensim": "Vensim", "xmile": "XMILE"}


@dataclass(slots=True)
class Place:
    """The equation that a term is part of.

    Attributes
    ----------
    equation
        The equation, in the language it comes from.
    left
        Its left side in the target language.
    binding
        Which element each dimension stands for, where the equation is written out element by element.
    inputs
        Keys of the names that mean something of their own inside the macro it is part of.
    more
        Equations that were made for parts of it.
    """

    equation: syntax.Equation
    left: syntax.Left
    binding: Binding = field(default_factory=dict)
    inputs: frozenset[str] = frozenset()
    more: list[syntax.Equation] = field(default_factory=list)


def is_steady(term: syntax.Term, table: Table) -> bool:
    """Return whether a term is a number, or a name whose equations are numbers."""
    match term:
        case syntax.Numeral():
            return True
        case syntax.Name(name):
            symbol = table.get(name)
            return symbol is not None and all(
                isinstance(one.right, syntax.Numeral | syntax.Rows) for one in symbol.equations
            )
        case _:
            return False


class Recaster(ABC):
    """Says terms of one language in the other.

    Attributes
    ----------
    macros
        The macros that were made, by the key of the function they stand for.
    """

    #: Functions that mean the same, and what they are called; recipes for others.
    same: Mapping[str, str]
    recipes: Recipes
    target: Dialect
    #: Keys of the functions of the target language.
    functions: Collection[str]
    #: Functions that must be all of a right side in the target language.
    whole: frozenset[str]

    def __init__(self, file: syntax.ModelFile, findings: Findings) -> None:
        self.file = file
        self.findings = findings
        self.macros: dict[str, syntax.MacroDef] = {}
        self.own_macros = {name_key(macro.name): macro for macro in file.macros}
        self.taken = {name_key(one.left.name) for one in file.equations} | set(self.own_macros)
        self.taken |= {name_key(one.name) for one in file.dimensions}
        self.told: dict[int, syntax.Term] = {}
        self.macro_names: dict[str, str] = {}
        self.names: dict[tuple[int, str], tuple[str, syntax.Term]] = {}
        self.special: Mapping[str, Callable[[syntax.Apply, Place], syntax.Term]] = {}

    # -- terms ----------------------------------------------------------------------------------------

    def term(self, term: syntax.Term, place: Place) -> syntax.Term:
        """Return a term in the target language; what cannot be said is noted."""
        match term:
            case syntax.Name():
                return self.name(term, place)
            case syntax.Apply():
                return self.call(term, place)
            case syntax.Prefix():
                return replace(term, operand=self.term(term.operand, place))
            case syntax.Infix():
                spine, first = [term], term.left
                while isinstance(first, syntax.Infix):
                    spine.append(first)
                    first = first.left
                found = self.term(first, place)
                for node in reversed(spine):
                    found = replace(node, left=found, right=self.term(node.right, place))
                return found
            case syntax.Numeral() | syntax.Points() | syntax.Rows():
                return term
            case syntax.Text():
                return self.refused(term, "a text has no meaning in an equation there")
            case _:
                assert_never(term)

    def terms(self, terms: Iterable[syntax.Term], place: Place) -> tuple[syntax.Term, ...]:
        """Return several terms in the target language."""
        return tuple(self.term(term, place) for term in terms)

    @abstractmethod
    def name(self, name: syntax.Name, place: Place) -> syntax.Term:
        """Return what a name becomes."""

    @abstractmethod
    def reference(self, name: syntax.Name, place: Place) -> syntax.Name:
        """Return a name of a variable or a lookup, with its subscripts, as it is called there."""

    @abstractmethod
    def is_called_by_name(self, key: str) -> bool:
        """Return whether a name before parentheses is that of a variable or a lookup of the file."""

    @abstractmethod
    def now(self) -> syntax.Term:
        """Return the middle of the current step, which holds still within it."""

    # -- calls ----------------------------------------------------------------------------------------

    def call(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return a call in the target language."""
        key = name_key(call.function.name)
        if key in place.inputs or (self.is_called_by_name(key) and not self._is_function(key, call)):
            arguments = self.terms(call.arguments, place)
            return replace(call, function=self.reference(call.function, place), arguments=arguments)
        if key in self.own_macros:
            return self.macro_call(call, place)
        if key in self.special:
            return self.special[key](call, place)
        if key in self.same:
            function = replace(call.function, name=self.same[key])
            found: syntax.Term = replace(call, function=function, arguments=self.terms(call.arguments, place))
            return self.alone(found, call, place)
        if key in self.recipes:
            return self.alone(self.follow(key, call, place), call, place)
        return self.refused(call, "")

    def _is_function(self, key: str, call: syntax.Apply) -> bool:
        """Return whether a name that a variable bears too means the function, by its number of arguments."""
        known = key in self.same or key in self.recipes or key in self.special
        return known and (len(call.arguments) != 1 or not self.is_table(key))

    @abstractmethod
    def is_table(self, key: str) -> bool:
        """Return whether a variable holds the points of a lookup."""

    def macro_call(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return a call of one of the file's own macros."""
        return replace(call, arguments=self.terms(call.arguments, place))

    def follow(self, key: str, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return what a recipe makes of a call."""
        fitting = (
            one
            for one in self.recipes[key]
            if len(one.names) == len(call.arguments) and one.fits(call.arguments)
        )
        recipe = next(fitting, None)
        if recipe is None:
            return self.refused(call, "with these arguments")
        arguments = self.terms(call.arguments, place)
        text = parsed(recipe.text, self.target)
        if not recipe.equations and _repeats_nothing(text, recipe, arguments):
            given = dict(zip(recipe.names, arguments, strict=True))
            return _placed(substituted(text, given, self.now()), call)
        function = syntax.Name(self.spelled(self._macro(key, call, recipe).name), (), call.function.span)
        return syntax.Apply(function, arguments, (), call.span)

    def _macro(self, key: str, call: syntax.Apply, recipe: Recipe) -> syntax.MacroDef:
        """Return the macro that stands for a function with so many arguments, made if need be."""
        label = f"{key} {len(call.arguments)}"
        if label not in self.macros:
            name = self.free_name(f"{LANGUAGE_NAMES[self.file.dialect]} {call.function.name.upper()}")
            inside: dict[str, syntax.Term] = {}
            equations = [(local, parsed(text, self.target)) for local, text in recipe.equations.items()] + [
                (name, parsed(recipe.text, self.target))
            ]
            self.macros[label] = syntax.MacroDef(
                name,
                recipe.names,
                (),
                tuple(
                    syntax.Equation(syntax.Left(local), substituted(term, inside, self.now()))
                    for local, term in equations
                ),
                span=call.span,
            )
        return self.macros[label]

    def macro_name(self, macro: syntax.MacroDef) -> str:
        """Return what one of the file's own macros is called there: not like a function of the language."""
        key = name_key(macro.name)
        if key not in self.functions:
            return macro.name
        if key not in self.macro_names:
            self.macro_names[key] = name = self.free_name(f"model {macro.name}")
            message = (
                f'"{macro.name}" is a function of {LANGUAGE_NAMES[self.target]}; the macro is called "{name}"'
            )
            self.findings.warning("renamed", message, macro.span)
        return self.macro_names[key]

    def macro_by_its_name(self, macro: syntax.MacroDef) -> syntax.MacroDef:
        """Return a macro under the name it has there."""
        name = self.macro_name(macro)
        if name == macro.name:
            return macro
        return replace(
            macro, name=name, equations=tuple(renamed_in(one, macro.name, name) for one in macro.equations)
        )

    # -- what has to stand alone ------------------------------------------------------------------------

    def alone(self, term: syntax.Term, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return what became of a call, in an equation of its own where it must be all of a right side."""
        match term:
            case syntax.Apply(function) if name_key(function.name) in self.whole:
                is_all = place.equation.right is call
                return term if is_all else self.moved(term, place, function.name.lower(), call)
            case _:
                return term

    def moved(self, term: syntax.Term, place: Place, what: str, source: syntax.Term) -> syntax.Term:
        """Return a reference to a new variable that stands for a term, with the same subscripts.

        What the same `source` becomes in several elements of an array is one variable.
        """
        key = (id(source), what)
        if key not in self.names:
            self.names[key] = (self.free_name(f"{place.left.name} {what}"), source)
        name = self.names[key][0]
        left = replace(place.left, name=name, exceptions=())
        made = syntax.Equation(left, term, group=place.equation.group, span=place.equation.span)
        place.more.append(made)
        subscripts = tuple(replace(one, name=self.spelled(one.name)) for one in left.subscripts)
        return syntax.Name(self.spelled(name), subscripts, place.equation.left.span)

    def spelled(self, name: str) -> str:
        """Return a name as it stands in a term."""
        return name

    def free_name(self, wanted: str) -> str:
        """Return a name like the wanted one that nothing bears, and take it."""
        name, count = wanted, 1
        while name_key(name) in self.taken:
            count += 1
            name = f"{wanted} {count}"
        self.taken.add(name_key(name))
        return name

    # -- what cannot be said ----------------------------------------------------------------------------

    def refused(self, term: syntax.Term, why: str) -> syntax.Term:
        """Note that a term has no counterpart, and return what stands in for it."""
        what = f'"{term.function.name.upper()}"' if isinstance(term, syntax.Apply) else "this"
        target = LANGUAGE_NAMES[self.target]
        message = f"{what} cannot be said in {target}"
        if isinstance(term, syntax.Apply):
            message = f"{what} has no counterpart in {target}"
        # An equation that is written out element by element would say so for each.
        if id(term) not in self.told:
            self.told[id(term)] = term
            self.findings.error("no-counterpart", f"{message} {why}".rstrip(), term.span)
        return syntax.Numeral(0.0, term.span)


def _is_plain(term: syntax.Term) -> bool:
    """Return whether a term may be repeated: a name or a number, maybe behind a sign."""
    match term:
        case syntax.Name() | syntax.Numeral():
            return True
        case syntax.Prefix("-" | "+", operand):
            return _is_plain(operand)
        case _:
            return False


def _repeats_nothing(text: syntax.Term, recipe: Recipe, arguments: Sequence[syntax.Term]) -> bool:
    """Return whether a recipe uses every argument once at most, but for names and numbers."""
    uses = Counter(part.name for part in syntax.terms(text) if isinstance(part, syntax.Name))
    return all(
        uses[name] == 1 or _is_plain(argument) for name, argument in zip(recipe.names, arguments, strict=True)
    )


def _placed(term: syntax.Term, call: syntax.Apply) -> syntax.Term:
    """Return a term with the place of the call it takes the place of."""
    return term if isinstance(term, syntax.Rows) else replace(term, span=call.span)


def renamed_in(equation: syntax.Equation, name: str, other: str) -> syntax.Equation:
    """Return an equation of a macro in which one name is another."""
    key = name_key(name)

    def change(term: syntax.Term) -> syntax.Term:
        match term:
            case syntax.Name(found, ()) if name_key(found) == key:
                return replace(term, name=other)
            case syntax.Apply():
                return replace(term, arguments=tuple(change(one) for one in term.arguments))
            case syntax.Prefix():
                return replace(term, operand=change(term.operand))
            case syntax.Infix():
                return replace(term, left=change(term.left), right=change(term.right))
            case _:
                return term

    left = replace(equation.left, name=other) if name_key(equation.left.name) == key else equation.left
    return replace(equation, left=left, right=None if equation.right is None else change(equation.right))
