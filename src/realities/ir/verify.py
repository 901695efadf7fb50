"""What holds of every valid model.

In comes a `Model`; nothing comes out, or an `InternalError` that lists what does not hold. The front
ends run this last, so that every engine may rely on it: a violation is our mistake, never the user's.
"""

from __future__ import annotations

from collections.abc import Iterator

from realities.errors import InternalError
from realities.ir.builtins import BUILTINS, n_parts
from realities.ir.expr import Call, Expr, Ref, walk
from realities.ir.model import Model, Variable

#: For each kind: whether it has an expression, whether it may or must have an initial value, how many extras.
_SHAPES = {
    "constant": (True, "no", 0),
    "auxiliary": (True, "may", 0),
    "stock": (True, "must", 0),
    "initial": (True, "no", 0),
    "fixed_delay": (True, "must", 1),
    "material_delay": (True, "must", 2),
    "information_delay": (True, "must", 1),
    "sample": (True, "must", 1),
    "data": (False, "no", 0),
}


def verify(model: Model) -> None:
    """Check that a model is whole: names unique and known, calls well formed, orders true.

    Raises
    ------
    InternalError
        If anything does not hold, with all that does not.
    """
    problems = list(_problems(model))
    if problems:
        raise InternalError(f'the model "{model.name}" is not valid: ' + "; ".join(problems[:20]))


def _problems(model: Model) -> Iterator[str]:
    names = [variable.name for variable in model.variables]
    known = set(names)
    if len(known) < len(names):
        yield f"names stand twice: {sorted({name for name in names if names.count(name) > 1})}"
    time = model.time
    for name in (time.initial_time, time.final_time, time.time_step, time.save_period):
        if name not in known:
            yield f'"{name}" is not a variable'
    several = {variable.name for variable in model.variables if n_parts(variable.expression)}
    for variable in model.variables:
        yield from _shape(variable, model)
        for expr in _expressions(variable):
            yield from _expression(expr, variable, model, known, several)
    for lookup in model.lookups.values():
        if not lookup.xs or len(lookup.xs) != len(lookup.ys):
            yield f'the lookup "{lookup.name}" has {len(lookup.xs)} abscissae and {len(lookup.ys)} ordinates'
        if any(right < left for left, right in zip(lookup.xs, lookup.xs[1:], strict=False)):
            yield f'the abscissae of "{lookup.name}" decrease'
    yield from _order(model)


def _expressions(variable: Variable) -> tuple[Expr, ...]:
    return tuple(e for e in (variable.expression, variable.initial, *variable.extra) if e is not None)


def _shape(variable: Variable, model: Model) -> Iterator[str]:
    has_expression, initial, n_extra = _SHAPES[variable.kind]
    if (variable.expression is not None) != has_expression:
        yield f'"{variable.name}" has {"no" if has_expression else "an"} expression'
    if initial == "must" and variable.initial is None:
        yield f'"{variable.name}" has no initial value'
    if initial == "no" and variable.initial is not None:
        yield f'"{variable.name}" has an initial value'
    if len(variable.extra) != n_extra:
        yield f'"{variable.name}" has {len(variable.extra)} extras'
    if variable.kind == "data" and variable.series not in model.lookups:
        yield f'"{variable.name}" has no series'
    value = variable.expression if variable.kind == "constant" else None
    if value is not None and any(_may_vary(node) for node in walk(value)):
        yield f'the constant "{variable.name}" is not a number'


def _may_vary(node: Expr) -> bool:
    """Return whether a node is more than arithmetic over numbers; a long sum is one call."""
    return isinstance(node, Ref) or (isinstance(node, Call) and node.function != "sum")


def _expression(
    expr: Expr, variable: Variable, model: Model, known: set[str], several: set[str]
) -> Iterator[str]:
    # What gives several numbers is the whole of a hidden auxiliary, or has a part taken out.
    allowed = {id(expr)} if variable.is_hidden and variable.kind == "auxiliary" else set()
    for node in walk(expr):
        match node:
            case Ref(name) if name not in known:
                yield f'"{variable.name}" refers to "{name}"'
            case Ref(name) if name in several and id(node) not in allowed:
                yield f'"{variable.name}" takes several numbers for one'
            case Call(function, args, table):
                row = BUILTINS.get(function)
                if row is None:
                    yield f'"{variable.name}" calls "{function}"'
                    continue
                if not row.accepts(len(args)):
                    yield f'"{variable.name}" calls "{function}" with {len(args)} arguments'
                if row.takes_table != (table is not None) or (table and table not in model.lookups):
                    yield f'"{variable.name}" calls "{function}" with the table "{table}"'
                if row.is_vector and id(node) not in allowed:
                    yield f'"{variable.name}" takes several numbers for one'
                if function == "part" and args:
                    allowed.add(id(args[0]))
                    if not (n_parts(args[0]) or (isinstance(args[0], Ref) and args[0].name in several)):
                        yield f'"{variable.name}" takes a part of a single number'
            case _:
                pass


def _order(model: Model) -> Iterator[str]:
    """Check that auxiliaries stand behind what they need."""
    place = {variable.name: index for index, variable in enumerate(model.variables)}
    for variable in model.variables:
        if variable.kind not in ("auxiliary", "sample") or variable.expression is None:
            continue
        for expr in (variable.expression, *variable.extra):
            for node in walk(expr):
                if (
                    isinstance(node, Ref)
                    and node.name in place
                    and _is_late(node.name, variable, place, model)
                ):
                    yield f'"{variable.name}" stands before "{node.name}", which it needs'
    if model.initial_order and sorted(model.initial_order) != sorted(place):
        yield "the order of initial values does not name every variable once"


def _is_late(needed: str, variable: Variable, place: dict[str, int], model: Model) -> bool:
    needed_at = place[needed]
    kind = model.variables[needed_at].kind
    return kind in ("auxiliary", "sample") and needed_at >= place[variable.name]
