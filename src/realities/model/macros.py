"""Macros, unfolded: each call becomes variables of its own, one for each equation of the macro.

In comes one call and the scope it stands in; out comes a reference to the variable that holds its
value. Inside a macro a name means an input, an equation of the macro, or a control variable; a `$`
behind a name reaches out into the model.
"""

from __future__ import annotations

from realities.ir.expr import Expr, Number, Ref
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.language import Unfold
from realities.model.resolve import Resolver
from realities.model.symbols import Scope


def _nothing(call: syntax.Apply) -> Expr:
    """Return what stands in for a call that was refused."""
    return Number(0.0, call.span)


def _macro(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold one call of a macro: its equations, with the arguments in place of its inputs."""
    key = name_key(call.function.name)
    macro = resolver.macros[key]
    findings = resolver.findings
    if macro.outputs:
        findings.error("unsupported-function", "a macro with outputs is not supported", call.span)
        return _nothing(call)
    if key in scope.macros:
        findings.error("cycle", f'the macro "{macro.name}" calls itself', call.span)
        return _nothing(call)
    if not resolver.has_arguments(call, len(macro.inputs)):
        return _nothing(call)
    base = resolver.label(scope, macro.name)
    local: dict[str, Expr | str] = {}
    for name, argument in zip(macro.inputs, call.arguments, strict=True):
        local[name_key(name)] = _argument(resolver, f"{base}.{name}", argument, scope)
    for equation in macro.equations:
        if equation.left.subscripts:
            findings.error(
                "unsupported-function", "subscripts inside a macro are not supported", equation.left.span
            )
            return _nothing(call)
        defined = name_key(equation.left.name)
        full = base if defined == key else f"{base}.{equation.left.name}"
        local[defined] = full if isinstance(equation.right, syntax.Points) else Ref(full, equation.left.span)
    if key not in local:
        findings.error(
            "incomplete-equation", f'the macro "{macro.name}" does not define its value', macro.span
        )
        return _nothing(call)
    inside = Scope(base, {}, local, (*scope.macros, key))
    for equation in macro.equations:
        _define_local(resolver, equation, base, key, inside)
    return Ref(base, call.span)


def _argument(resolver: Resolver, name: str, argument: syntax.Term, scope: Scope) -> Expr | str:
    """Return what an input of a macro means inside it: an expression evaluated once, or a lookup."""
    if isinstance(argument, syntax.Name):
        symbol = resolver.table.get(argument.name)
        if symbol is not None and symbol.kind == "lookup":
            return resolver.table_of(argument, scope) or Number(0.0, argument.span)
    value = resolver.expr(argument, scope)
    if isinstance(value, Ref | Number):
        return value
    return resolver.hide(name, "auxiliary", value, argument.span)


def _define_local(resolver: Resolver, equation: syntax.Equation, base: str, key: str, inside: Scope) -> None:
    full = base if name_key(equation.left.name) == key else f"{base}.{equation.left.name}"
    match equation.right:
        case syntax.Points() as points:
            resolver.add_lookup(full, points)
        case None | syntax.Rows():
            resolver.findings.error(
                "unsupported-function", "a macro can hold neither data nor lists", equation.left.span
            )
        case term:
            scope = Scope(full, inside.binding, inside.local, inside.macros)
            resolver.define(full, term, scope, is_hidden=True, base=full, span=equation.left.span)


#: The entry under which the resolver finds the unfolding of macros.
MACROS: dict[str, Unfold] = {":macro:": _macro}
