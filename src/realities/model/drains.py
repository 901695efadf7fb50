"""Stocks that nothing stops at zero: an outflow that is not computed from the stock it empties.

In comes the syntax tree of a file; out comes a `Drain` for each such outflow. `compatibility.py` lists them
in its report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.kinds import is_number, kind_of, summands_of


@dataclass(frozen=True, slots=True)
class Drain:
    """A stock with an outflow that is not computed from it, so that nothing stops it at zero."""

    stock: str
    outflow: str
    line: int


def drains_of(file: syntax.ModelFile) -> Iterator[Drain]:
    """Yield each stock with an outflow that is not computed from it, directly or through auxiliaries.

    Another stock on the way breaks the tie: it answers only a step later.
    """
    needs = _needs(file)
    spelled = {name_key(equation.left.name): equation.left.name for equation in file.equations}
    empty = {name_key(one.left.name) for one in file.equations if one.right == syntax.Numeral(0.0)}
    seen: set[tuple[str, str]] = set()
    for equation, term, sign in summands_of(file):
        stock = name_key(equation.left.name)
        text = " ".join(term.span.text.split())
        if isinstance(term, syntax.Name):
            if name_key(term.name) not in spelled or name_key(term.name) in empty:
                continue  # an outflow that nothing defines, as an error says, or that is 0
            text = spelled[name_key(term.name)]
        if sign > 0 or is_number(term) or equation.is_non_negative or (stock, name_key(text)) in seen:
            continue
        seen.add((stock, name_key(text)))
        if not _reaches(_named(term), stock, needs):
            yield Drain(equation.left.name, text, equation.left.span.line)


def _needs(file: syntax.ModelFile) -> dict[str, set[str]]:
    """Return, for each name, the names its value needs at the same time: none for a stock."""
    needs: dict[str, set[str]] = {}
    for equation in file.equations:
        if equation.right is not None and kind_of(equation) != "stock":
            needs.setdefault(name_key(equation.left.name), set()).update(_named(equation.right))
    return needs


def _named(term: syntax.Term) -> set[str]:
    return {name_key(part.name) for part in syntax.terms(term) if isinstance(part, syntax.Name)}


def _reaches(starts: Iterable[str], goal: str, needs: Mapping[str, set[str]]) -> bool:
    waiting, seen = list(starts), set[str]()
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            waiting.extend(needs.get(name, ()))
    return False
