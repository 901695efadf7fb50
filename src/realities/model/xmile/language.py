"""What names mean in XMILE: one `Language` value, put together from the tables of functions."""

from __future__ import annotations

from importlib import import_module

from realities.errors import Findings
from realities.model import syntax
from realities.model.language import Controls, Language
from realities.model.macros import MACROS
from realities.model.stateful import STATEFUL, WHOLE
from realities.model.value import VALUES
from realities.model.xmile.functions import REFUSED, SIMPLE
from realities.source import Span


def _read_term(place: Span, file: syntax.ModelFile, findings: Findings) -> syntax.Term | None:
    """Read an expression that stands in another file."""
    reader = import_module("realities.model.xmile.terms")  # becomes a plain import with the reader
    term: syntax.Term | None = reader.read_expression(place, file, findings)
    return term


#: `STARTTIME` and the rest are what section 2.5 of XMILE 1.0 names the attributes of a simulation;
#: SAVESTEP is Stella's name for how often a run is saved.
XMILE = Language(
    dialect="xmile",
    controls=Controls("STARTTIME", "STOPTIME", "DT", "SAVESTEP"),
    simple=SIMPLE,
    unfold={**STATEFUL, **MACROS},
    whole=WHOLE,
    values=VALUES,
    refused=REFUSED,
    read_term=_read_term,
)
