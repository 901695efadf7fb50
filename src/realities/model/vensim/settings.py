"""What stands behind the equations of a Vensim file: the sketch, and the settings behind it.

In comes the text of a file and where its sketch begins; out come the integration method and the units
with several names. The sketch means nothing to a run and is handed on as it is. `read.py` asks for both.
"""

from __future__ import annotations

import re

from realities.errors import Findings
from realities.ir.model import Integrator
from realities.model.syntax import UnitDefinition
from realities.source import SourceText, Span

_INTEGRATION = re.compile(r"^15:(?:\s*-?\d+\s*,){3}\s*(\d+)", re.MULTILINE)
_SAME_UNITS = re.compile(r"^22:([^\n]*)$", re.MULTILINE)
_SETTINGS = re.compile(r"^[ \t]*///---\\", re.MULTILINE)


def unit_definitions(source: SourceText, sketch: int) -> tuple[UnitDefinition, ...]:
    """Return the units that the settings give several names, one for each line such as `22:Day,Days`."""
    settings = _SETTINGS.search(source.text, sketch)
    if settings is None:
        return ()
    found = []
    for line in _SAME_UNITS.finditer(source.text, settings.end()):
        names = [name.strip() for name in line[1].split(",") if name.strip()]
        if names:
            place = Span(source, line.start(1), line.end(1))
            found.append(UnitDefinition(names[0], "", tuple(names[1:]), place))
    return tuple(found)


def integrator(source: SourceText, sketch: int, findings: Findings) -> Integrator:
    """Return the integration method that the settings ask for; Euler without settings."""
    found = _INTEGRATION.search(source.text, sketch)
    if found is None:
        return "euler"
    place = Span(source, found.start(), found.end())
    match int(found[1]):
        case 0:
            return "euler"
        case 1:
            findings.warning(
                "fixed-time-step",
                "this model asks for RK4 with automatic step size; it is run with RK4 at its TIME STEP",
                place,
                "to let the step size adjust itself: realities simulate --integrator rk45",
            )
            return "rk4"
        case 3:
            return "rk2"
        case 4:
            findings.warning(
                "fixed-time-step",
                "this model asks for RK2 with automatic step size; it is run with RK2 at its TIME STEP",
                place,
                "to let the step size adjust itself: realities simulate --integrator rk45",
            )
            return "rk2"
        case 5:
            return "rk4"
        case code:
            what = "difference equations (Diff)" if code == 2 else f"integration type {code}"
            findings.error(
                "unsupported-integration",
                f"the settings of this model ask for {what}, which is not supported",
                place,
                "choose Euler, RK2 or RK4 in the model's settings",
            )
            return "euler"
