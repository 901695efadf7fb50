"""The macros of an XMILE file (4.8): their elements in, `MacroDef`s out, for `model/macros.py` to unfold.

A macro's `<eqn>` becomes the equation that bears the macro's name, its `<variables>` the other ones. What
a macro can ask for and is not honoured is refused by its name: simulation specs of its own, option filters,
arrays. `read.py` calls this.
"""

from __future__ import annotations

from collections.abc import Iterator

from realities.errors import Findings
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.xmile.markup import Element
from realities.model.xmile.terms import SLICED, TRANSPOSED, plain_name, read_term, written_name
from realities.model.xmile.variables import KINDS, Setting, read_variable

#: A macro knows nothing of the model it is called in.
_ALONE = Setting({}, {}, {}, {})


def read_macros(root: Element, findings: Findings) -> Iterator[syntax.MacroDef]:
    """Yield the macros of a file; what is wrong with them, or not honoured, is noted in `findings`."""
    for element in root.all("macro"):
        if not _is_refused(element, findings):
            yield _macro(element, findings)


def _is_refused(element: Element, findings: Findings) -> bool:
    """Return whether a macro asks for what is not supported; note it."""
    name = written_name(element.attributes.get("name", ""))
    specs = element.first("sim_specs")
    if "filter" in element.attributes:
        message = f'"{name}" is an option filter, which is not supported'
        findings.error("unsupported-function", message, element.attribute_span("filter"))
    elif specs is not None:
        message = f'the macro "{name}" has simulation specs of its own, which is not supported'
        findings.error("unsupported-function", message, specs.span)
    else:
        return False
    return True


def _macro(element: Element, findings: Findings) -> syntax.MacroDef:
    """Return one macro."""
    name = written_name(element.attributes.get("name", ""))
    place = element.attribute_span("name")
    inputs = tuple(plain_name(parm.words) for parm in element.all("parm"))
    equations = list(_variables(element, {name_key(one) for one in inputs}, findings))
    eqn = element.first("eqn")
    value = None if eqn is None else read_term(eqn.text, eqn.opened, eqn.source, findings)
    if value is not None and not _is_itself(value, name, equations):
        left = syntax.Left(name, (), (), place)
        equations.append(syntax.Equation(left, value, span=element.span))
    for equation in equations:
        _check_arrays(equation, name, findings)
    return syntax.MacroDef(name, inputs, (), tuple(equations), place, _defaults(element, findings))


def _variables(element: Element, inputs: set[str], findings: Findings) -> Iterator[syntax.Equation]:
    """Yield the equations of a macro's variables.

    A variable that is marked as an input has an equation for trying the macro out, which a call replaces.
    """
    for block in (element, *element.all("variables")):
        for variable in block.all(*KINDS):
            definition = read_variable(variable, _ALONE, findings)
            if definition is None:
                continue
            for kind in ("conveyor", "queue", "oven"):
                if (mark := variable.first(kind)) is not None:
                    message = f'"{definition.name}" is a {kind} inside a macro, which is not supported'
                    findings.error("unsupported-function", message, mark.span)
            if variable.attributes.get("access") == "input" and name_key(definition.name) in inputs:
                continue
            yield from definition.equations


def _is_itself(value: syntax.Term, name: str, equations: list[syntax.Equation]) -> bool:
    """Return whether the value of a macro is a variable of its own that bears the macro's name."""
    key = name_key(name)
    is_same = isinstance(value, syntax.Name) and name_key(value.name) == key
    return is_same and any(name_key(equation.left.name) == key for equation in equations)


def _check_arrays(equation: syntax.Equation, name: str, findings: Findings) -> None:
    """Refuse what stands in brackets inside a macro."""
    for term in syntax.terms(equation.right) if equation.right is not None else ():
        if isinstance(term, syntax.Apply) and term.function.name in (SLICED, TRANSPOSED):
            message = f'the macro "{name}" uses an array, which is not supported'
            findings.error("unsupported-function", message, term.span)


def _defaults(element: Element, findings: Findings) -> tuple[syntax.Term, ...]:
    """Return what the last inputs stand for where a call leaves them out."""
    found: list[syntax.Term] = []
    for parm in element.all("parm"):
        if "default" in parm.attributes:
            place = parm.attribute_span("default")
            term = read_term(parm.raw_attribute("default")[0], place.start, place.source, findings)
            found.append(syntax.Numeral(0.0, place) if term is None else term)
        elif found:
            message = f'"{parm.words}" needs a default, as the input before it has one'
            findings.error("wrong-arguments", message, parm.text_span)
    return tuple(found)
