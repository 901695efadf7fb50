"""What each view of a model shows: `ModelFile` in, words, pipes and arrows out.

One view for each group of equations, several for a large one (`parts.py`). A word stands for a name with all
its elements. A stock that is a sum of named rates has pipes; what else acts on it has arrows. What belongs to
another view appears as a shadow, once. Where things stand is decided by `drawing.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.languages import LANGUAGES
from realities.model.write.flows import is_stock, summands

WordKind = Literal["stock", "flow", "word", "shadow"]

#: Where functions take what counts at the start alone: the place among their arguments.
_AT_START: Final[Mapping[str, int]] = {
    "integ": 1,
    "active initial": 1,
    "initial": 0,
    "reinitial": 0,
    "sample if true": 2,
    "delay fixed": 2,
    "delay material": 2,
    "delay n": 2,
    "delay1i": 2,
    "delay3i": 2,
    "smooth n": 2,
    "smoothi": 2,
    "smooth3i": 2,
    "trend": 2,
}
_TIME: Final = "time"


@dataclass(frozen=True, slots=True)
class Word:
    """A name on a view: a stock is a box, a flow has a valve, a shadow belongs to another view."""

    name: str
    kind: WordKind


@dataclass(frozen=True, slots=True)
class Pipe:
    """A flow, and the keys of the stocks that it leaves and fills; None for a cloud."""

    flow: str
    source: str | None
    target: str | None


@dataclass(frozen=True, slots=True)
class Arrow:
    """What acts on what, by key; `at_start` on the initial value alone."""

    cause: str
    effect: str
    at_start: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """What one view shows.

    Attributes
    ----------
    title
        Its name.
    heading, note
        What stands above it: its name where its author gave it one, and what they say of it.
    words
        By key, in the order of the file, shadows last.
    pipes, arrows
        Between words of this view.
    """

    title: str
    heading: str
    note: str
    words: Mapping[str, Word]
    pipes: tuple[Pipe, ...]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True)
class Causes:
    """All that a model's equations say of what acts on what.

    Attributes
    ----------
    names
        Spelling of every variable that is shown, by key, in the order of the file.
    groups
        Group of each.
    stocks
        Keys of the stocks.
    pipes
        By the key of the flow.
    arrows
        What is not said by a pipe.
    outside
        Spelling of time and its settings, which no view owns, by key.
    """

    names: Mapping[str, str]
    groups: Mapping[str, str]
    stocks: frozenset[str]
    pipes: Mapping[str, Pipe]
    arrows: tuple[Arrow, ...]
    outside: Mapping[str, str]


def causes(file: syntax.ModelFile, *, has_modules: bool = False) -> Causes:
    """Return what acts on what in a Vensim model, names without their subscripts.

    With `has_modules` what is in no group is in that of its module, the part of its name before the last dot.
    """
    controls = {name_key(name): name for name in LANGUAGES["vensim"].controls.names()}
    shown = [one for one in file.equations if not one.is_hidden and name_key(one.left.name) not in controls]
    by_key: dict[str, list[syntax.Equation]] = {}
    for equation in shown:
        by_key.setdefault(name_key(equation.left.name), []).append(equation)
    names = {key: equations[0].left.name for key, equations in by_key.items()}
    stocks = frozenset(key for key, equations in by_key.items() if all(map(is_stock, equations)))
    groups = {key: equations[0].group for key, equations in by_key.items()}
    if has_modules:
        groups = {key: group or names[key].rpartition(".")[0] for key, group in groups.items()}
    pipes = _pipes(by_key, stocks, groups)
    outside = {key: name for key, name in {_TIME: "Time", **controls}.items() if key not in names}
    known = names.keys() | outside.keys()
    arrows = [arrow for key, equations in by_key.items() for arrow in _arrows(key, equations, known)]
    piped = {(pipe.flow, end) for pipe in pipes.values() for end in (pipe.source, pipe.target)}
    return Causes(
        names,
        groups,
        stocks,
        pipes,
        tuple(one for one in arrows if one.at_start or (one.cause, one.effect) not in piped),
        outside,
    )


def _pipes(
    by_key: Mapping[str, Sequence[syntax.Equation]], stocks: frozenset[str], groups: Mapping[str, str]
) -> dict[str, Pipe]:
    """Return the pipes: each flow leaves one stock and fills one at most, both of its own group."""
    source: dict[str, str] = {}
    target: dict[str, str] = {}
    for stock in by_key:
        if stock not in stocks:
            continue
        for is_added, flow in _named_rates(by_key[stock]):
            is_here = flow in by_key and flow not in stocks and groups[flow] == groups[stock]
            if is_here and not _is_table(by_key[flow]):
                (target if is_added else source).setdefault(flow, stock)
    flows = [key for key in by_key if key in source or key in target]
    return {key: Pipe(key, source.get(key), target.get(key)) for key in flows}


def _named_rates(equations: Iterable[syntax.Equation]) -> Iterator[tuple[bool, str]]:
    """Yield the keys of the variables that a stock's net flow adds or takes away."""
    for equation in equations:
        if isinstance(equation.right, syntax.Apply):
            for one in summands(equation.right.arguments[0]):
                if isinstance(one.term, syntax.Name):
                    yield one.is_added, name_key(one.term.name)


def _is_table(equations: Iterable[syntax.Equation]) -> bool:
    return any(one.right is None or isinstance(one.right, syntax.Points) for one in equations)


def _arrows(key: str, equations: Iterable[syntax.Equation], known: Iterable[str]) -> Iterator[Arrow]:
    """Yield what acts on one name, each cause once; what acts always does not act at the start alone."""
    found: dict[str, bool] = {}
    for equation in equations:
        if equation.right is not None:
            for cause, at_start in _mentioned(equation.right):
                found[cause] = at_start and found.get(cause, True)
    for cause, at_start in found.items():
        if cause != key and cause in known:
            yield Arrow(cause, key, at_start)


def _mentioned(term: syntax.Term) -> Iterator[tuple[str, bool]]:
    """Yield the keys of all names in a term, and whether they count at the start alone."""
    stack: list[tuple[syntax.Term, bool]] = [(term, False)]
    while stack:
        node, at_start = stack.pop()
        match node:
            case syntax.Name(name):
                yield name_key(name), at_start
            case syntax.Apply(function, arguments):
                key = name_key(function.name)
                yield key, at_start
                initial = _AT_START.get(key)
                inside = [(one, at_start or place == initial) for place, one in enumerate(arguments)]
                stack.extend(reversed(inside))
            case syntax.Prefix(_, operand):
                stack.append((operand, at_start))
            case syntax.Infix(_, left, right):
                stack += [(right, at_start), (left, at_start)]
            case _:
                pass
