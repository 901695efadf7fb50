"""The model of a case: its file, with measures and the atoms of claims as hidden variables.

In come the model's file and the expressions that `measures.toml` and `claims.toml` put to it; out
comes one `Model` that the engine runs as a whole. A measure's hidden variable is in the measure's
unit: where its expression has another unit of the same dimension, it is converted here. A mismatch
of units, a warning in a lone model, is an error in a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from realities.case.measures import Measure
from realities.errors import Diagnostic, Findings, InputError, did_you_mean
from realities.ir.expr import Binary, Expr, Number, Unary
from realities.ir.expr import Ref as Reference
from realities.ir.model import Model, Variable, name_key
from realities.source import Span

if TYPE_CHECKING:
    from realities.case.claims import Claim
    from realities.model.load import ExtraEquation
    from realities.model.syntax import ModelFile

#: A conversion this near to one is rounding.
_NO_CONVERSION = 1e-12


@dataclass(frozen=True, slots=True)
class ParsedModel:
    """A model's file as its reader gives it: what it says, and what the reader found in it."""

    file: ModelFile
    found: tuple[Diagnostic, ...]


def parse_model(path: Path) -> ParsedModel:
    """Return a model's file, read and parsed: once for the model alone and as the case has it.

    Raises
    ------
    UnreadableError
        If the file is missing or cannot be read.
    InputError
        If nothing in the file can be made out.
    """
    from realities.model.load import read_file, read_source

    found = Findings()
    file = read_file(read_source(path), found)
    return ParsedModel(file, tuple(found.items))


def build_model(
    parsed: ParsedModel,
    findings: Findings,
    extra: Sequence[ExtraEquation] = (),
    *,
    known: Iterable[Diagnostic] = (),
) -> Model | None:
    """Return the model of a file, or None with findings; those in `known` are not told again."""
    from realities.model.load import build_file

    found = Findings()
    model: Model | None = None
    try:
        model = build_file(parsed.file, Findings(list(parsed.found)), extra=extra, findings=found)
    except InputError as problem:
        found = Findings(list(problem.diagnostics))
    told = {_identity(item) for item in known}
    for item in found.items:
        if item.code == "unit-mismatch":
            item = replace(item, severity="error")
        if _identity(item) not in told:
            findings.extend([item])
    return model


def extra_equations(
    measures: Mapping[str, Measure], claims: Sequence[Claim], findings: Findings
) -> list[ExtraEquation]:
    """Return the equations that a case adds to its model, each with the place it was written."""
    from realities.model.load import ExtraEquation

    equations: dict[str, ExtraEquation] = {}
    for name, span in _expressions(measures, claims):
        key = name_key(name)
        if key in equations and equations[key].name != name:
            message = f'"{name}" and "{equations[key].name}" are the same but for their spelling'
            findings.error("duplicate-id", message, span)
        equations.setdefault(key, ExtraEquation(name, span))
    return list(equations.values())


def _expressions(measures: Mapping[str, Measure], claims: Sequence[Claim]) -> Iterator[tuple[str, Span]]:
    for measure in measures.values():
        yield measure.variable, measure.expression
        for account, variable in measure.account_variables.items():
            yield variable, measure.account_expressions[account]
    for claim in claims:
        for atom in claim.predicate.atoms if claim.predicate is not None else ():
            yield atom.name, atom.span


def in_measure_units(model: Model, measures: Mapping[str, Measure], findings: Findings) -> Model:
    """Return the model with the hidden variables of measures converted to the measures' units."""
    wanted: dict[str, tuple[Measure, Span]] = {}
    for measure in measures.values():
        wanted[measure.variable] = (measure, measure.expression)
        for account, variable in measure.account_variables.items():
            wanted[variable] = (measure, measure.account_expressions[account])
    variables = [
        _converted(variable, *wanted[variable.name], findings) if variable.name in wanted else variable
        for variable in model.variables
    ]
    return replace(model, variables=tuple(variables))


def _converted(variable: Variable, measure: Measure, span: Span, findings: Findings) -> Variable:
    """Return a hidden variable in the unit of its measure."""
    has, wants = variable.unit, measure.unit
    if has is None or variable.expression is None:
        return replace(variable, unit=wants)
    if not has.same_dimension(wants):
        message = f'the measure is in "{wants}", its expression in "{has}"'
        hint = did_you_mean(str(wants), [str(has)])
        findings.error("unit-mismatch", message, span, hint, f'"{measure.quantity}" is at {measure.span}')
        return variable
    factor = has.factor_to(wants)
    if abs(factor - 1) < _NO_CONVERSION:
        return replace(variable, unit=wants)
    if has.is_dimensionless:
        findings.warning(
            "unit-converted",
            f'the expression is in "{has}" and the measure in "{wants}": it is multiplied by {factor:g}',
            span,
            "write no factor of your own here",
        )
    return replace(
        variable,
        expression=_scaled(variable.expression, factor, span),
        initial=None if variable.initial is None else _scaled(variable.initial, factor, span),
        unit=wants,
    )


def _scaled(expression: Expr, factor: float, span: Span) -> Expr:
    return Binary("*", Number(factor, span), expression, span)


def constant_value(model: Model, name: str, depth: int = 20) -> float | None:
    """Return the value of a variable that is a number, or arithmetic over such; None otherwise."""
    if depth == 0 or name not in model or model[name].kind not in ("constant", "auxiliary"):
        return None
    return _value(model, model[name].expression, depth)


def _value(model: Model, expression: Expr | None, depth: int) -> float | None:
    match expression:
        case Number(value=value):
            return value
        case Reference(name=name):
            return constant_value(model, name, depth - 1)
        case Unary(op="-", operand=operand):
            inner = _value(model, operand, depth)
            return None if inner is None else -inner
        case Binary(op="+" | "-" | "*" | "/" as op, left=left, right=right):
            a, b = _value(model, left, depth), _value(model, right, depth)
            if a is None or b is None or (op == "/" and b == 0):
                return None
            return {"+": a + b, "-": a - b, "*": a * b}[op] if op != "/" else a / b
        case _:
            return None


def _identity(item: Diagnostic) -> tuple[str, int, str, str]:
    return item.span.source.name, item.span.start, item.code, item.message
