"""What each name of a model stands for: which equations define it, element by element.

In come the equations of a file and its dimensions; out comes a `Table` of symbols by key, every
scalar that is defined with the equation that defines it. `resolve.py` looks names up in it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from realities.errors import MOST_ERRORS, Findings, did_you_mean, see_names
from realities.ir.expr import Expr
from realities.model.arrays import MOST_VARIABLES, Binding, Instance, Space, expand, name_key
from realities.model.syntax import Apply, Equation, Left, Name, Numeral, Points
from realities.source import SourceText, Span

#: Functions whose value is a lookup table.
_READ_LOOKUPS = {f"get {what} lookups" for what in ("xls", "direct", "vdf", "odbc", "123")}
#: Among more names than this, looking for a similar one takes longer than it helps.
_MOST_CANDIDATES = 20_000
#: When a run starts, ends and steps where a file does not say; it is saved at every step then.
_ASSUMED = (0.0, 100.0, 1.0, None)


@dataclass(frozen=True, slots=True)
class Controls:
    """The full names of the four variables that say when a run starts, ends, steps and saves.

    `are_hidden` where they are no variables of the file's own, and so no columns of a result.
    """

    initial_time: str
    final_time: str
    time_step: str
    save_period: str
    are_hidden: bool = False

    def names(self) -> tuple[str, str, str, str]:
        """Return the four names, in that order."""
        return self.initial_time, self.final_time, self.time_step, self.save_period


@dataclass(slots=True)
class Symbol:
    """One name: its equations, and for each combination of elements the equation that defines it."""

    name: str
    kind: Literal["variable", "lookup", "data"]
    span: Span
    equations: list[Equation] = field(default_factory=list)
    instances: dict[tuple[str, ...], tuple[Equation, Instance]] = field(default_factory=dict)

    @property
    def arity(self) -> int:
        """How many subscripts the name takes."""
        return len(self.equations[0].left.subscripts)


@dataclass(slots=True)
class Table:
    """Every symbol of a model by key."""

    source: SourceText
    symbols: dict[str, Symbol] = field(default_factory=dict)
    n_scalars: int = 0

    def get(self, name: str) -> Symbol | None:
        """Return the symbol of that name, however it is spelled."""
        return self.symbols.get(name_key(name))

    def __iter__(self) -> Iterator[Symbol]:
        return iter(self.symbols.values())

    def unknown(self, name: str, span: Span, findings: Findings, *help: str) -> None:
        """Note that nothing bears a name, with what may have been meant."""
        findings.error(
            "unknown-name",
            f'no variable is named "{name}"',
            span,
            *(help if any(help) else (self._suggestion(name),)),
            see_names(self.source.name),
        )

    def _suggestion(self, name: str) -> str:
        key = name_key(name)
        words = key.split(" ")
        for cut in range(1, len(words)):
            parts = (" ".join(words[:cut]), " ".join(words[cut:]))
            if all(part in self.symbols for part in parts):
                first, second = (self.symbols[part].name for part in parts)
                return f'is an operator missing between "{first}" and "{second}"?'
        if len(self.symbols) > _MOST_CANDIDATES:
            return ""
        hint = did_you_mean(name, [symbol.name for symbol in self])
        if not hint:
            return ""
        meant = self.get(hint.removeprefix('did you mean "').removesuffix('"?'))
        return f"{hint} It is defined at {meant.span}." if meant is not None else hint


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a term stands: in the equation of `owner`, with subscripts bound, maybe inside a macro.

    `local` holds what names mean inside a macro: expressions, or the full names of lookups.
    """

    owner: str
    binding: Binding
    local: Mapping[str, Expr | str] | None = None
    macros: tuple[str, ...] = ()


def build_table(
    source: SourceText,
    equations: Iterable[Equation],
    space: Space,
    findings: Findings,
    controls: Controls,
    words: Container[str] = (),
) -> Table:
    """Return the symbols that a file defines; what contradicts itself is noted in `findings`.

    `words` are the keys of the names that mean something in the language, and no variable can have.
    """
    table = Table(source)
    for equation in equations:
        if table.n_scalars > MOST_VARIABLES or len(findings.errors) >= MOST_ERRORS:
            return table
        if name_key(equation.left.name) in words:
            message = f'a variable cannot be named "{equation.left.name}": that is a word of the language'
            findings.error("duplicate-name", message, equation.left.span, "rename it")
            continue
        _enter(table, equation, space, findings)
    values = dict(zip(controls.names(), _ASSUMED, strict=True))
    missing = [name for name in values if table.get(name) is None]
    for name in missing:
        _enter(table, _default(source, name, values[name], controls), space, findings)
    assumed = {name: value for name in missing if (value := values[name]) is not None}
    if assumed:
        listed = ", ".join(f"{name} = {value:g}" for name, value in assumed.items())
        findings.warning(
            "missing-control",
            f"this model does not say when it runs; assumed: {listed}",
            Span(source, 0, 0),
        )
    return table


def _default(source: SourceText, name: str, value: float | None, controls: Controls) -> Equation:
    place = Span(source, 0, 0)
    right = Name(controls.time_step, (), place) if value is None else Numeral(value, place)
    return Equation(Left(name, (), (), place), right, span=place)


def _enter(table: Table, equation: Equation, space: Space, findings: Findings) -> None:
    left = equation.left
    key = name_key(left.name)
    if key in space.axes or key == "time":
        what = "Time is there already" if key == "time" else f'"{left.name}" is a dimension'
        findings.error("duplicate-name", f'a variable cannot be named "{left.name}": {what}', left.span)
        return
    symbol = table.symbols.setdefault(key, Symbol(left.name, _kind(equation), left.span))
    symbol.equations.append(equation)
    is_other = (_kind(equation) == "lookup") != (symbol.kind == "lookup")
    if len(left.subscripts) != symbol.arity or is_other:
        problem = "with other subscripts" if len(left.subscripts) != symbol.arity else "as something else"
        findings.error(
            "duplicate-name",
            f'"{left.name}" is defined here {problem} than before',
            left.span,
            f"it is first defined at {symbol.span}",
        )
        return
    for instance in expand(equation, space, findings):
        table.n_scalars += 1
        if table.n_scalars > MOST_VARIABLES:
            findings.error("too-large", f"this model has more than {MOST_VARIABLES:,} variables", left.span)
            return
        if instance.elements in symbol.instances:
            first = symbol.instances[instance.elements][0]
            findings.error(
                "duplicate-name",
                f'"{space.full_name(symbol.name, instance.elements)}" is defined twice',
                left.span,
                f"it is first defined at {first.left.span}",
            )
            return
        symbol.instances[instance.elements] = (equation, instance)


def _kind(equation: Equation) -> Literal["variable", "lookup", "data"]:
    match equation.right:
        case Points():
            return "lookup"
        case Apply(function=function) if name_key(function.name) in _READ_LOOKUPS:
            return "lookup"
        case _:
            return "data" if equation.is_data else "variable"
