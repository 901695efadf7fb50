"""Conveyors, found again in the calls that their flows became when they were read.

In come the equations of a model; out come the transit time of every conveyor, which flows leak, and the
equations as a file has them: none for what leaves at the end, the fraction for what leaks.
`xmile/conveyors.py` is the way there; `xmile.py` prints what comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.xmile.conveyors import EXIT, LEAK


@dataclass(slots=True)
class Conveyors:
    """The transit time of each conveyor by its key, those that leak exponentially, and where each leak is."""

    lengths: dict[str, syntax.Term] = field(default_factory=dict)
    exponential: set[str] = field(default_factory=set)
    leaks: dict[str, tuple[float, float]] = field(default_factory=dict)


def split_conveyors(equations: Sequence[syntax.Equation]) -> tuple[Conveyors, list[syntax.Equation]]:
    """Return the conveyors of a model, and its equations without what stands for them."""
    found = Conveyors()
    fractions: dict[str, list[syntax.Equation]] = {}
    for equation in equations:
        if equation.is_hidden:
            fractions.setdefault(name_key(equation.left.name), []).append(equation)
    kept: list[syntax.Equation] = []
    for equation in equations:
        match equation.right:
            case syntax.Apply(function, arguments) if function.name == EXIT:
                _note(found, arguments)
                kept.append(replace(equation, right=None))
            case syntax.Apply(function, (syntax.Numeral(which), *arguments)) if function.name == LEAK:
                start, end = (one.value for one in arguments[4:6] if isinstance(one, syntax.Numeral))
                found.leaks[name_key(equation.left.name)] = (start, end)
                fraction = arguments[6 + int(which)]
                key = name_key(fraction.name) if isinstance(fraction, syntax.Name) else ""
                own = [
                    replace(one, left=replace(one.left, name=equation.left.name), unit=equation.unit)
                    for one in fractions.get(key, ())
                ]
                kept += own or [replace(equation, right=None)]
            case _ if not equation.is_hidden:
                kept.append(equation)
            case _:
                pass
    return found, kept


def _note(found: Conveyors, arguments: Sequence[syntax.Term]) -> None:
    """Note the transit time of a conveyor and how it leaks."""
    match arguments:
        case (syntax.Name(name), _, length, syntax.Numeral(how), *_):
            found.lengths[name_key(name)] = length
            if how == 2.0:
                found.exponential.add(name_key(name))
        case _:
            pass
