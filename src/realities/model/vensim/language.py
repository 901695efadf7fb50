"""What names mean in Vensim: one `Language` value, put together from the tables of functions."""

from __future__ import annotations

from realities.model.calendar import CALENDAR
from realities.model.dataequations import MISSING
from realities.model.language import Language
from realities.model.limited import LIMITED, MISPLACED_LIMITED
from realities.model.macros import MACROS, OUTPUTS
from realities.model.points import POINTS, SERIES
from realities.model.reductions import REDUCTIONS
from realities.model.stateful import STATEFUL, WHOLE
from realities.model.symbols import Controls
from realities.model.tables.external import MISPLACED
from realities.model.value import VALUES
from realities.model.vectors import VECTORS
from realities.model.vensim.functions import REFUSED, SIMPLE
from realities.model.vensim.terms import read_expression

VENSIM = Language(
    dialect="vensim",
    controls=Controls("INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER"),
    simple=SIMPLE,
    unfold={
        **STATEFUL,
        **REDUCTIONS,
        **VECTORS,
        **POINTS,
        **CALENDAR,
        **MACROS,
        **MISPLACED,
        **MISPLACED_LIMITED,
        **MISSING,
    },
    whole={**WHOLE, **OUTPUTS, **SERIES, **LIMITED},
    values=VALUES,
    refused=REFUSED,
    read_term=lambda place, _, findings: read_expression(place, findings),
)
