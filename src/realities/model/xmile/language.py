"""What names mean in XMILE: one `Language` value, put together from the tables of functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from realities.model.language import Language
from realities.model.symbols import Controls
from realities.model.vensim.language import VENSIM
from realities.model.xmile.belts import BELTS
from realities.model.xmile.functions import CONSTANTS, SIMPLE, UNSUPPORTED, VALUES
from realities.model.xmile.plain import PLAIN
from realities.model.xmile.read import read_expression
from realities.model.xmile.reductions import REDUCTIONS
from realities.model.xmile.stateful import STATEFUL, WHOLE

_Table = TypeVar("_Table")


def _carried_over(table: Mapping[str, _Table]) -> dict[str, _Table]:
    """Return what a table of Vensim's says of functions that are not refused here."""
    return {key: value for key, value in table.items() if key not in UNSUPPORTED}


#: `STARTTIME` and the rest are what section 3.5.5 of XMILE 1.0 calls them; SAVESTEP is Stella's name for
#: how often a run is saved. Functions of Vensim that XMILE does not have keep their meaning where a
#: translator carried them over.
XMILE = Language(
    dialect="xmile",
    controls=Controls("STARTTIME", "STOPTIME", "DT", "SAVESTEP", are_hidden=True),
    simple=SIMPLE,
    unfold={**_carried_over(VENSIM.unfold), **PLAIN, **STATEFUL, **REDUCTIONS, **BELTS},
    whole={**_carried_over(VENSIM.whole), **WHOLE},
    values=VALUES,
    refused=UNSUPPORTED,
    read_term=read_expression,
    constants=CONSTANTS,
    reserved=frozenset({"self"}),
)
