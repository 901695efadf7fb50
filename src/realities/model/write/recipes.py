"""How a function of one language is said in the other: rows of text in the target's own notation.

A `Recipe` names its parameters and spells an expression of them; further equations, if it needs any, make
it a macro. `recipes_xmile.py` and `recipes_vensim.py` hold the rows, `translate.py` applies them. In
a recipe `now` is the middle of the current step, which holds still within it whatever the integrator
does, as the test inputs of both languages do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from realities.errors import Findings, InternalError
from realities.ir.model import Dialect
from realities.model import syntax
from realities.source import SourceText


@dataclass(frozen=True)
class Recipe:
    """What one function with so many arguments becomes.

    Attributes
    ----------
    parameters
        Names of the arguments, separated by commas.
    text
        The expression that takes the place of the call.
    equations
        Variables that the expression needs, by name; a stock is written INTEG(net flow, initial value).
    fits
        Whether the row holds for these arguments: where it is given and says no, the next row is tried.
    """

    parameters: str
    text: str
    equations: Mapping[str, str] = field(default_factory=dict)
    fits: Callable[[tuple[syntax.Term, ...]], bool] = lambda _: True

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of its parameters, in order."""
        return tuple(name.strip() for name in self.parameters.split(",") if name.strip())


#: Rows by the key of the function; of several rows the first that fits holds.
Recipes = Mapping[str, tuple[Recipe, ...]]


def row(parameters: str, text: str, **equations: str) -> tuple[Recipe, ...]:
    """Return a lone recipe."""
    return (Recipe(parameters, text, equations),)


@lru_cache(maxsize=1024)
def parsed(text: str, dialect: Dialect) -> syntax.Term:
    """Return the term that a recipe's text spells in the language it is written for."""
    source = SourceText("<recipe>", text)
    findings = Findings()
    if dialect == "vensim":
        from realities.model.vensim.terms import read_expression

        term = read_expression(source.span(0, len(text)), findings)
    else:
        from realities.model.xmile.terms import read_term

        term = read_term(text, 0, source, findings)
    if term is None:
        raise InternalError(f"a recipe cannot be read: {text}")
    return term


def filled(text: str, dialect: Dialect, given: Mapping[str, syntax.Term]) -> syntax.Term:
    """Return the term that a text spells, with terms in place of the names given."""
    return substituted(parsed(text, dialect), given, syntax.Name("now"))


def substituted(term: syntax.Term, given: Mapping[str, syntax.Term], now: syntax.Term) -> syntax.Term:
    """Return a recipe's term with arguments in place of parameters."""
    match term:
        case syntax.Name("now", ()):
            return now
        case syntax.Name(name, ()) if name in given:
            return given[name]
        case syntax.Apply():
            arguments = tuple(substituted(one, given, now) for one in term.arguments)
            return replace(term, arguments=arguments)
        case syntax.Prefix():
            return replace(term, operand=substituted(term.operand, given, now))
        case syntax.Infix():
            left, right = (substituted(one, given, now) for one in (term.left, term.right))
            return replace(term, left=left, right=right)
        case _:
            return term
