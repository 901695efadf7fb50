"""Put variables in an order in which they can be evaluated, or name the loop that forbids it.

In come the variables of a model in any order; out come the same in evaluation order, and the names in
the order of their initial values. Where a loop has no stock in it, a `cycle` diagnostic spells it out.
`verify` comes next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush

from realities.errors import Findings
from realities.ir.expr import Expr, references
from realities.ir.model import Variable

Needs = Callable[[Variable], Iterable[Expr]]


def needs_now(variable: Variable) -> tuple[Expr, ...]:
    """Return what must be known at the same moment to know a variable: nothing for stocks and their like."""
    match variable.kind, variable.expression:
        case "auxiliary", expression if expression is not None:
            return (expression,)
        case "sample", expression if expression is not None:
            return (expression, *variable.extra)
        case _:
            return ()


def needs_first(variable: Variable) -> tuple[Expr, ...]:
    """Return what must be known at the initial time to know a variable then."""
    expression = () if variable.expression is None else (variable.expression,)
    initial = () if variable.initial is None else (variable.initial,)
    match variable.kind:
        case "stock":
            return initial
        case "fixed_delay" | "material_delay" | "information_delay":
            return (*initial, *variable.extra)
        case "auxiliary":
            return initial or expression
        case "sample":
            return (*expression, *initial, *variable.extra)
        case "constant" | "initial":
            return expression
        case "data":
            return ()


def in_order(
    variables: Sequence[Variable], findings: Findings
) -> tuple[tuple[Variable, ...], tuple[str, ...]]:
    """Return the variables in evaluation order, and their names in the order of initial values.

    Where nothing forces an order, the variables keep the one they came in.
    """
    now = _sorted(variables, needs_now)
    if now is None:
        _report(variables, needs_now, findings, "")
        return tuple(variables), ()
    first = _sorted(variables, needs_first)
    if first is None:
        _report(variables, needs_first, findings, "the initial value of ")
        return tuple(now), ()
    return tuple(now), tuple(variable.name for variable in first)


def _edges(variables: Sequence[Variable], needs: Needs) -> dict[str, dict[str, Expr]]:
    """Return, for each variable, the variables it needs, each with a place where it does."""
    names = {variable.name for variable in variables}
    return {
        variable.name: {
            ref.name: ref for expr in needs(variable) for ref in references(expr) if ref.name in names
        }
        for variable in variables
    }


def _sorted(variables: Sequence[Variable], needs: Needs) -> list[Variable] | None:
    """Return the variables sorted by what they need, or None where a loop forbids it."""
    rank = {variable.name: index for index, variable in enumerate(variables)}
    edges = _edges(variables, needs)
    waiting = {name: len(needed) for name, needed in edges.items()}
    users: dict[str, list[str]] = {}
    for name, needed in edges.items():
        for other in needed:
            users.setdefault(other, []).append(name)
    ready = [rank[name] for name, count in waiting.items() if count == 0]
    heapify(ready)
    found: list[Variable] = []
    while ready:
        variable = variables[heappop(ready)]
        found.append(variable)
        for user in users.get(variable.name, ()):
            waiting[user] -= 1
            if waiting[user] == 0:
                heappush(ready, rank[user])
    return found if len(found) == len(variables) else None


def _report(variables: Sequence[Variable], needs: Needs, findings: Findings, what: str) -> None:
    """Note loops that share no variable, elements of an array once."""
    by_name = {variable.name: variable for variable in variables}
    edges: Mapping[str, Mapping[str, Expr]] = _edges(variables, needs)
    told: set[frozenset[int]] = set()
    for _ in range(_MOST_LOOPS):
        loop = shortest_loop(edges, list(edges))
        places = frozenset(by_name[name].span.start for name in loop)
        if places not in told:
            told.add(places)
            _report_loop(loop, by_name, edges, findings, what)
        edges = _without(edges, set(loop))
        if not _core(edges):
            return


def _without(edges: Mapping[str, Mapping[str, Expr]], gone: set[str]) -> dict[str, dict[str, Expr]]:
    return {
        name: {other: ref for other, ref in needed.items() if other not in gone}
        for name, needed in edges.items()
        if name not in gone
    }


def _report_loop(
    loop: list[str],
    by_name: Mapping[str, Variable],
    edges: Mapping[str, Mapping[str, Expr]],
    findings: Findings,
    what: str,
) -> None:
    """Note one loop, from the member that comes first in the file."""
    shown = [name for name in loop if not by_name[name].is_hidden] or loop
    start = min(shown, key=lambda name: (by_name[name].span.start, name))
    at = loop.index(start)
    loop = loop[at:] + loop[:at]
    through = [f'"{name}"' for name in loop[1:] if not by_name[name].is_hidden or len(shown) == len(loop)]
    path = f" through {', '.join(through)}" if through else ""
    steps = [
        f'"{name}" needs "{other}" at {edges[name][other].span}'
        for name, other in zip(loop, [*loop[1:], loop[0]], strict=True)
    ]
    advice = (
        "give one of them an initial value that needs none of the others, such as a number"
        if what
        else "a feedback loop needs a stock or a delay in it"
    )
    if len(steps) > _MOST_STEPS:
        steps = [*steps[:_MOST_STEPS], f"... and {len(steps) - _MOST_STEPS} more"]
    message = f'{what}"{start}" depends on itself{path}'
    if len(through) > _MOST_STEPS:
        message = f'{what}"{start}" depends on itself through {len(through)} others'
    findings.error("cycle", message, by_name[start].span, *steps, advice)


_MOST_STEPS = 12
#: So many loops are looked for; who mends these sees the next.
_MOST_LOOPS = 20


def shortest_loop(edges: Mapping[str, Mapping[str, object]], names: Sequence[str]) -> list[str]:
    """Return the names around one loop of a graph that has one: a short one, each needing the next."""
    inside = _core(edges)
    start = next(name for name in names if name in inside)
    path, seen = [start], {start: 0}
    while True:
        following = next(other for other in edges[path[-1]] if other in inside)
        if following in seen:
            break
        seen[following] = len(path)
        path.append(following)
    loop = path[seen[following] :]
    return _shortcut(edges, loop)


def _core(edges: Mapping[str, Mapping[str, object]]) -> set[str]:
    """Return the names left when those that need nothing left are taken away, again and again."""
    users: dict[str, list[str]] = {}
    waiting = {name: len(needed) for name, needed in edges.items()}
    for name, needed in edges.items():
        for other in needed:
            users.setdefault(other, []).append(name)
    free = [name for name, count in waiting.items() if count == 0]
    left = set(edges)
    while free:
        name = free.pop()
        left.discard(name)
        for user in users.get(name, ()):
            waiting[user] -= 1
            if waiting[user] == 0:
                free.append(user)
    return left


def _shortcut(edges: Mapping[str, Mapping[str, object]], loop: list[str]) -> list[str]:
    """Return the shortest loop through the first name of `loop`, found breadth first."""
    start = loop[0]
    came: dict[str, str] = {}
    frontier = [start]
    while frontier:
        following: list[str] = []
        for name in frontier:
            for other in edges[name]:
                if other == start:
                    path = [name]
                    while path[-1] != start:
                        path.append(came[path[-1]])
                    return path[::-1]
                if other not in came:
                    came[other] = name
                    following.append(other)
        frontier = following
    return loop
