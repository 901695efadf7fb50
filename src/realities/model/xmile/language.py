"""What names mean in XMILE: one `Language` value, put together from the tables of functions."""

from __future__ import annotations

from realities.model import reductions as vensim_reductions
from realities.model import stateful as vensim_stateful
from realities.model.language import Controls, Language
from realities.model.macros import MACROS
from realities.model.vectors import VECTORS
from realities.model.xmile.belts import BELTS
from realities.model.xmile.functions import CONSTANTS, SIMPLE, UNSUPPORTED, VALUES
from realities.model.xmile.plain import PLAIN
from realities.model.xmile.read import read_expression
from realities.model.xmile.reductions import REDUCTIONS
from realities.model.xmile.stateful import STATEFUL, WHOLE

#: `STARTTIME` and the rest are what section 3.5.5 of XMILE 1.0 calls them; SAVESTEP is Stella's name for
#: how often a run is saved. Functions of Vensim that XMILE does not have keep their meaning where a
#: translator carried them over.
XMILE = Language(
    dialect="xmile",
    controls=Controls("STARTTIME", "STOPTIME", "DT", "SAVESTEP", are_hidden=True),
    simple=SIMPLE,
    unfold={
        **vensim_stateful.STATEFUL,
        **vensim_reductions.REDUCTIONS,
        **VECTORS,
        **PLAIN,
        **STATEFUL,
        **REDUCTIONS,
        **BELTS,
        **MACROS,
    },
    whole={**vensim_stateful.WHOLE, **WHOLE},
    values=VALUES,
    refused=UNSUPPORTED,
    read_term=read_expression,
    constants=CONSTANTS,
)
