"""What acts on what in a model, and which way.

In come a model and what the accounts assume of its constants; out come links between variables, elements of
an array folded into one and hidden variables (those of delays and smooths) passed through. Signs are read off
the equations where that is plain (`slopes.py`), else along one run for each account (`measured.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from realities.ir.expr import Expr, references
from realities.ir.model import Model, Variable
from realities.report.causes.measured import Question, Runs, measured_signs
from realities.report.causes.ranges import Range, variable_ranges
from realities.report.causes.slopes import EITHER, NONE, chained, slope

_DELAYS: Final = frozenset({"stock", "fixed_delay", "material_delay", "information_delay", "sample"})


@dataclass(frozen=True, slots=True)
class Link:
    """`cause` acts on `effect`, both names without subscripts.

    `sign` is that of `slopes.py`; `measured` says that it comes from runs. `delayed`: through the state of a
    delay or smooth; `at_start`: on its initial value alone.
    """

    cause: str
    effect: str
    sign: int
    measured: bool = False
    delayed: bool = False
    at_start: bool = False

    def joined(self, other: Link) -> Link:
        """Return one link for two with the same ends."""
        return Link(
            self.cause,
            self.effect,
            self.sign | other.sign,
            self.measured or other.measured,
            self.delayed or other.delayed,
            self.at_start and other.at_start,
        )


def folded(variable: Variable) -> str:
    """Return the name that all elements of an array share."""
    return variable.base or variable.name


def model_links(model: Model, constants: Mapping[str, Range], runs: Runs) -> list[Link]:
    """Return the links of a model, in the order of the variables they act on.

    Parameters
    ----------
    model
        The model.
    constants
        Range of each constant over all accounts, by full name.
    runs
        One run for each account.

    Raises
    ------
    InputError
        If the model cannot be run.
    """
    ranges = variable_ranges(model, constants)
    seen = [v for v in model.variables if not v.is_hidden]
    needed = list(_with_hidden(model, seen))
    direct = [
        (
            variable,
            question,
            slope(question.expression, question.input, ranges, model.lookups) if is_value else EITHER,
            is_value,
        )
        for variable in needed
        for question, is_value in _questions(variable)
    ]
    unclear = [i for i, (_, _, sign, is_value) in enumerate(direct) if sign == EITHER and is_value]
    signs = measured_signs(model, runs, [direct[i][1] for i in unclear])
    told = dict(zip(unclear, signs, strict=True))
    by_effect: dict[str, list[Link]] = {}
    for i, (variable, question, sign, _) in enumerate(direct):
        link = Link(question.input, variable.name, told.get(i, sign), i in told, False, question.at_start)
        by_effect.setdefault(variable.name, []).append(link)
    merged: dict[tuple[str, str], Link] = {}
    for variable in seen:
        for link in _through(model, variable.name, by_effect, ()):
            cause, effect = folded(model[link.cause]), folded(variable)
            whole = Link(cause, effect, link.sign, link.measured, link.delayed, link.at_start)
            key = cause, effect
            merged[key] = merged[key].joined(whole) if key in merged else whole
    return list(merged.values())


def _with_hidden(model: Model, seen: Iterable[Variable]) -> Iterable[Variable]:
    """Yield variables and the hidden ones they are made of, each once."""
    met: set[str] = set()
    stack = list(reversed(list(seen)))
    while stack:
        variable = stack.pop()
        if variable.name in met:
            continue
        met.add(variable.name)
        yield variable
        inputs = (model[ref.name] for part in _parts(variable) for ref in references(part[0]))
        stack.extend(one for one in inputs if one.is_hidden)


def _parts(variable: Variable) -> list[tuple[Expr, bool, bool]]:
    """Return the expressions of a variable: whether each counts at the start alone, and is of its value.

    What is not of its value says how long a delay takes, or when a sample is taken.
    """
    parts = [(variable.expression, variable.kind == "initial", True), (variable.initial, True, True)]
    parts += [(extra, False, False) for extra in variable.extra]
    return [(part, at_start, is_value) for part, at_start, is_value in parts if part is not None]


def _questions(variable: Variable) -> Iterable[tuple[Question, bool]]:
    """Yield one question for each input of each expression of a variable, and whether it is of the value."""
    if variable.kind == "constant":
        return
    for part, at_start, is_value in _parts(variable):
        for name in dict.fromkeys(ref.name for ref in references(part)):
            yield Question(part, name, at_start), is_value


def _through(
    model: Model, name: str, by_effect: Mapping[str, Sequence[Link]], path: tuple[str, ...]
) -> Iterable[Link]:
    """Yield the links that act on a variable, hidden ones in between passed through."""
    for link in by_effect.get(name, ()):
        cause = model[link.cause]
        if not cause.is_hidden:
            yield link
        elif cause.name not in path:
            waits = link.delayed or cause.kind in _DELAYS
            for before in _through(model, cause.name, by_effect, (*path, cause.name)):
                # A smooth starts from its input: that is not another link.
                start = link.at_start or (before.at_start and before.sign != NONE)
                yield Link(
                    before.cause,
                    name,
                    chained(before.sign, link.sign),
                    link.measured or before.measured,
                    waits or before.delayed,
                    start,
                )
