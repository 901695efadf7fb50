"""Other equations in place of some variables' own: a changed model for a test run.

In come a model and, for some of its variables, hidden variables that hold the equations to put in their
place; out comes a model in which everything reads the new equations, and they alone can still read a
variable as it was. `reality/runs.py` runs such models for Reality Checks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from realities.errors import Findings
from realities.ir.builtins import n_parts
from realities.ir.expr import Expr, Ref, map_expr
from realities.ir.model import Model, Variable
from realities.ir.verify import verify
from realities.model.order import in_order
from realities.source import SourceText


def as_it_was(name: str) -> str:
    """Return the name that a variable has as it was, in a model where another equation takes its place."""
    return f"{name}, as it was"


def with_equations(model: Model, instead: Mapping[str, str], places: Collection[SourceText]) -> Model:
    """Return a model in which some variables have other equations.

    A stock or a constant becomes an auxiliary; as it was it goes on being what it is, under `as_it_was`.

    Parameters
    ----------
    model
        With the new equations among its hidden variables.
    instead
        For each variable, by full name, the hidden variable with its new equation.
    places
        The texts of the new equations: in what was written there, a name means the variable as it was.

    Raises
    ------
    InputError
        If the new equations make a loop.
    ValueError
        If a variable cannot have another equation.
    """
    own = {name: as_it_was(name) for name in instead}
    _check(model, instead)

    def renamed(part: Expr) -> Expr:
        return replace(part, name=own[part.name]) if isinstance(part, Ref) and part.name in own else part

    variables: list[Variable] = []
    for variable in model.variables:
        if variable.name in own:
            variables.append(replace(variable, name=own[variable.name], is_hidden=True))
            variables.append(_auxiliary(variable, Ref(instead[variable.name], span=variable.span)))
        elif any(variable.span.source is place for place in places):
            variables.append(_mapped(variable, renamed))
        else:
            variables.append(variable)
    findings = Findings()
    ordered, initial_order = in_order(variables, findings)
    findings.check()
    changed = replace(model, variables=ordered, initial_order=initial_order)
    verify(changed)
    return changed


def _check(model: Model, instead: Mapping[str, str]) -> None:
    spec = model.time
    clock = (spec.initial_time, spec.final_time, spec.time_step, spec.save_period)
    for name in instead:
        if name in clock:
            raise ValueError(f'"{name}" says when the model runs, and has no other equation')
        if name in model.settled:
            raise ValueError(
                f'"{name}" has no other equation: a delay\'s order or data were worked out from it'
            )
        if n_parts(model[name].expression):
            raise ValueError(f'"{name}" holds several numbers at once, and has no other equation')


def _auxiliary(variable: Variable, expression: Expr) -> Variable:
    """Return the auxiliary that stands where a variable stood."""
    return replace(
        variable,
        kind="auxiliary",
        expression=expression,
        initial=None,
        extra=(),
        series=None,
        is_non_negative=False,
    )


def _mapped(variable: Variable, change: Callable[[Expr], Expr]) -> Variable:
    """Return a variable with all its expressions changed."""
    expression, initial = variable.expression, variable.initial
    return replace(
        variable,
        expression=None if expression is None else map_expr(change, expression),
        initial=None if initial is None else map_expr(change, initial),
        extra=tuple(map_expr(change, part) for part in variable.extra),
    )
