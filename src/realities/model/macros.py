"""Macros, unfolded: each call becomes variables of its own, one for each equation of the macro.

In comes one call and the scope it stands in; out comes a reference to the variable that holds its
value. Inside a macro a name means an input, an equation of the macro, or a control variable; a `$`
behind a name reaches out into the model. What a call names behind a colon, `M(a, b : y)`, becomes a
variable of the model: `with_outputs` enters it beside the file's equations, the call defines it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from realities.errors import Findings
from realities.ir.expr import Expr, Number, Ref
from realities.model import syntax
from realities.model.arrays import MOST_VARIABLES, name_key
from realities.model.language import Unfold, Whole
from realities.model.resolve import About, Resolver
from realities.model.symbols import Scope

#: Stands on the right side of a variable that a call of a macro defines.
_BY_MACRO = ":output:"


def macro_table(macros: Iterable[syntax.MacroDef], findings: Findings) -> dict[str, syntax.MacroDef]:
    """Return the macros of a file by key; what is wrong with their definitions is noted."""
    table: dict[str, syntax.MacroDef] = {}
    for macro in macros:
        first = table.setdefault(name_key(macro.name), macro)
        if first is not macro:
            message = f'the macro "{macro.name}" is defined twice'
            findings.error("duplicate-name", message, macro.span, f"it is first defined at {first.span}")
        _check(macro, findings)
    return table


def _check(macro: syntax.MacroDef, findings: Findings) -> None:
    """Note what is wrong with one macro, whether it is called or not."""
    defined: dict[str, syntax.Equation] = {}
    names = (macro.name, *macro.inputs, *macro.outputs)
    keys = [name_key(name) for name in names]
    for at, name in enumerate(names):
        if keys[at] in keys[:at]:
            message = f'"{name}" stands twice in the head of the macro "{macro.name}"'
            findings.error("duplicate-name", message, macro.span)
    inputs = {name_key(name) for name in macro.inputs}
    for equation in macro.equations:
        left, key = equation.left, name_key(equation.left.name)
        if left.subscripts:
            hint = "call it for each element: x[Region] = MACRO(a[Region])"
            findings.error("wrong-subscripts", "a macro can hold no subscripts", left.span, hint)
        if key in inputs:
            message = f'"{left.name}" is an input of the macro "{macro.name}" and cannot have an equation'
            findings.error("duplicate-name", message, left.span)
        first = defined.setdefault(key, equation)
        if first is not equation:
            message = f'"{left.name}" is defined twice in the macro "{macro.name}"'
            findings.error("duplicate-name", message, left.span, f"it is first defined at {first.left.span}")
    by_calls = {name_key(name.name) for name in _outputs(macro.equations)}
    for name in (macro.name, *macro.outputs):
        if name_key(name) not in defined and name_key(name) not in by_calls:
            what = "its value" if name == macro.name else f'its output "{name}"'
            message = f'the macro "{macro.name}" does not define {what}'
            findings.error("incomplete-equation", message, macro.span)


def with_outputs(file: syntax.ModelFile) -> tuple[syntax.Equation, ...]:
    """Return the equations of a file and, for each variable that a macro's call defines, one more.

    An empty equation of such a name only describes it: its unit and comment go to the new one.
    """
    if not any(macro.outputs for macro in file.macros):
        return file.equations
    outputs = list(_outputs(file.equations))
    described = {name_key(name.name) for name in outputs}
    kept, about = [], {}
    for equation in file.equations:
        key = name_key(equation.left.name)
        if key in described and equation.right is None:
            about[key] = equation
        else:
            kept.append(equation)
    return (*kept, *(_output_equation(name, about) for name in outputs))


def _outputs(equations: Iterable[syntax.Equation]) -> Iterator[syntax.Name]:
    """Yield the names that calls in these equations define."""
    for equation in equations:
        for term in syntax.terms(equation.right) if equation.right is not None else ():
            if isinstance(term, syntax.Apply):
                yield from (name for name in term.outputs if isinstance(name, syntax.Name))


def _output_equation(name: syntax.Name, about: Mapping[str, syntax.Equation]) -> syntax.Equation:
    left = syntax.Left(name.name, name.subscripts, (), name.span)
    right = syntax.Apply(syntax.Name(_BY_MACRO, (), name.span), (), (), name.span)
    described = about.get(name_key(name.name))
    if described is None:
        return syntax.Equation(left, right, span=name.span)
    unit, doc, group = described.unit, described.doc, described.group
    return syntax.Equation(left, right, unit, described.unit_span, doc, group, span=name.span)


def _by_macro(resolver: Resolver, name: str, call: syntax.Apply, _scope: Scope, about: About) -> bool:
    """Define a variable that a macro's call gives its value."""
    resolver.add(name, "auxiliary", Ref(_output_name(name), call.span), **about)
    return True


def _output_name(name: str) -> str:
    return f"{name}: output"


def _macro(resolver: Resolver, call: syntax.Apply, scope: Scope) -> Expr:
    """Unfold one call of a macro: its equations, with the arguments in place of its inputs."""
    key = name_key(call.function.name)
    macro = resolver.macros[key]
    if key in scope.macros:
        resolver.findings.error("cycle", f'the macro "{macro.name}" calls itself', call.span)
        return Number(0.0, call.span)
    if not _fits(resolver, macro, call) or not _has_room(resolver, macro, call):
        return Number(0.0, call.span)
    base = resolver.label(scope, macro.name)
    local: dict[str, Expr | str] = {}
    for name, argument in zip(macro.inputs, call.arguments, strict=False):
        local[name_key(name)] = _argument(resolver, f"{base}.{name}", argument, scope)
    for name, default in list(zip(macro.inputs[::-1], macro.defaults[::-1], strict=False))[::-1]:
        if name_key(name) not in local:
            earlier = Scope(base, {}, dict(local), (*scope.macros, key))
            local[name_key(name)] = _argument(resolver, f"{base}.{name}", default, earlier)
    inside = Scope(base, {}, local, (*scope.macros, key))
    for equation in macro.equations:
        defined = name_key(equation.left.name)
        full = base if defined == key else f"{base}.{equation.left.name}"
        local[defined] = full if isinstance(equation.right, syntax.Points) else Ref(full, equation.left.span)
    for inner in _outputs(macro.equations):
        full = base if name_key(inner.name) == key else f"{base}.{inner.name}"
        local.setdefault(name_key(inner.name), Ref(full, inner.span))
    for equation in macro.equations:
        _define_local(resolver, equation, base, key, inside)
    for name, output in zip(macro.outputs, call.outputs, strict=False):
        found = local.get(name_key(name))  # None where the macro does not define it, which is noted
        if isinstance(output, syntax.Name) and isinstance(found, Ref):
            _define_output(resolver, output, found, scope)
    return Ref(base, call.span)


def _fits(resolver: Resolver, macro: syntax.MacroDef, call: syntax.Apply) -> bool:
    """Return whether a call has the inputs and outputs that its macro has; note it otherwise."""
    if not resolver.has_arguments(call, len(macro.inputs) - len(macro.defaults), len(macro.inputs)):
        return False
    if call.outputs and len(call.outputs) != len(macro.outputs):
        has = f"{len(macro.outputs)} output{'' if len(macro.outputs) == 1 else 's'}"
        message = f'the macro "{macro.name}" has {has}, not {len(call.outputs)}'
        resolver.findings.error("wrong-arguments", message, call.span, f"it is defined at {macro.span}")
        return False
    for output in call.outputs:
        if not isinstance(output, syntax.Name):
            message = "behind the colon stand names of variables that the macro defines"
            resolver.findings.error("wrong-arguments", message, output.span)
            return False
    return True


def _has_room(resolver: Resolver, macro: syntax.MacroDef, call: syntax.Apply) -> bool:
    """Return whether a model can hold one more call; macros that call others twice grow without end."""
    if len(resolver.variables) > MOST_VARIABLES and resolver.budget >= 0:
        resolver.budget = -1  # said once
        message = f'calls of macros such as "{macro.name}" make more than {MOST_VARIABLES:,} variables'
        resolver.findings.error("too-large", message, call.span)
    return resolver.budget >= 0


def _argument(resolver: Resolver, name: str, argument: syntax.Term, scope: Scope) -> Expr | str:
    """Return what an input of a macro means inside it: an expression evaluated once, or a lookup."""
    if isinstance(argument, syntax.Points) or resolver.is_lookup(argument, scope):
        return resolver.table_of(argument, scope) or Number(0.0, argument.span)
    value = resolver.expr(argument, scope)
    if isinstance(value, Ref | Number):
        return value
    return resolver.hide(name, "auxiliary", value, argument.span)


def _define_local(resolver: Resolver, equation: syntax.Equation, base: str, key: str, inside: Scope) -> None:
    """Define one variable of a macro, for one call of it."""
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


def _define_output(resolver: Resolver, output: syntax.Name, value: Ref, scope: Scope) -> None:
    """Give its value to the variable that a call names for one of its outputs."""
    if scope.local is not None:
        inner = scope.local.get(name_key(output.name))
        if isinstance(inner, Ref):
            resolver.hide(inner.name, "auxiliary", value, output.span)
        return
    symbol = resolver.table.get(output.name)
    full = None if symbol is None else resolver.full_name(symbol, output, scope)
    if symbol is None or full is None:
        message = f'only an equation of the model can give a macro\'s output the name "{output.name}"'
        resolver.findings.error("wrong-arguments", message, output.span)
        return
    resolver.hide(_output_name(full), "auxiliary", value, output.span)


#: The entry under which the resolver finds the unfolding of macros.
MACROS: dict[str, Unfold] = {":macro:": _macro}
#: The entry of variables that a macro's call defines.
OUTPUTS: dict[str, Whole] = {_BY_MACRO: _by_macro}
