"""What names mean in one language: the table of functions and control variables a reader brings along.

`vensim/language.py` and `xmile/language.py` each hold one such table; `resolve.py`, `symbols.py` and
`value.py` ask it and know no dialect. Keys of functions are lower case with single spaces.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from realities.errors import Findings
from realities.ir.expr import Expr
from realities.ir.model import Dialect
from realities.model.symbols import Controls, Scope
from realities.source import Span

if TYPE_CHECKING:
    from realities.model import syntax
    from realities.model.resolve import About, Resolver

#: A function that is unfolded where it stands: (resolver, call, scope) -> expression.
Unfold = Callable[["Resolver", "syntax.Apply", Scope], Expr]
#: A function that may be the whole of an equation: (resolver, name, call, scope, about) defines the
#: variable and returns True, or returns False where the call does not have the right arguments.
Whole = Callable[["Resolver", str, "syntax.Apply", Scope, "About"], bool]


@dataclass(frozen=True, slots=True)
class Language:
    """What names mean in one language.

    Attributes
    ----------
    simple
        Functions that are built-ins of the core, by their key there.
    unfold
        Functions that become variables or expressions of their own.
    whole
        Functions that make a variable of its own kind when they are all of its right side.
    values
        Functions that can be worked out before a run, as the order of a delay has to be.
    refused
        Functions of the language that are known and not supported, and what to do instead; "" where there
        is nothing to say.
    read_term
        Reads an expression that stands in another file, such as a case's measure, as the language
        writes it: (place, file, findings) -> term, or None with a finding.
    constants
        Names that are numbers, as PI is; no variable can be named like one.
    reserved
        Other names that no variable can have.
    """

    dialect: Dialect
    controls: Controls
    simple: Mapping[str, str]
    unfold: Mapping[str, Unfold]
    whole: Mapping[str, Whole]
    values: Mapping[str, Callable[..., float]]
    refused: Mapping[str, str]
    read_term: Callable[[Span, syntax.ModelFile, Findings], syntax.Term | None]
    constants: Mapping[str, float] = field(default_factory=dict)
    reserved: frozenset[str] = frozenset()

    def words(self) -> frozenset[str]:
        """Return the keys that no variable can have."""
        return self.reserved | frozenset(self.constants)
