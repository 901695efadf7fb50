"""The languages that are read: what reads each kind of file, and what names mean in each.

`load.py` goes through the passes; `write/` asks what the other language can say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from realities.errors import Findings
from realities.ir.model import Dialect
from realities.model.language import Language
from realities.model.syntax import ModelFile
from realities.model.vensim.language import VENSIM
from realities.model.vensim.read import read_vensim
from realities.model.xmile.language import XMILE
from realities.model.xmile.read import read_xmile
from realities.source import SourceText

#: What reads each kind of file, by the ending of its name.
READERS: Mapping[str, Callable[[SourceText, Findings], ModelFile]] = {
    ".mdl": read_vensim,
    **dict.fromkeys((".xmile", ".stmx", ".itmx", ".xml"), read_xmile),
}
#: What names mean in each language.
LANGUAGES: Mapping[Dialect, Language] = {"vensim": VENSIM, "xmile": XMILE}

_AS_TEXT = (
    "Vensim keeps such a file in a form of its own: save the model from Vensim as text, with the ending .mdl"
)
_AS_XML = "Stella wrote such files before its version 10: save the model from a later one, as .stmx"
#: What to do about a model that is there in a form that is not read, by the ending of its name.
ADVICE: Mapping[str, str] = {
    **dict.fromkeys((".vmf", ".vmfx", ".vpm", ".vpmx"), _AS_TEXT),
    **dict.fromkeys((".stm", ".itm"), _AS_XML),
}
