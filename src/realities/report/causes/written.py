"""Equations as their author wrote them, for readers of the page.

In come a model and the elements of one variable; out comes the text of its equations in the model's file, one
below the other where elements have their own. What a file does not hold as text is printed from the model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from typing import Final

from realities.ir.model import Model, Variable
from realities.ir.text import variable_text

_EQUATION: Final = re.compile(r"<eqn>(.*?)</eqn>", re.DOTALL | re.IGNORECASE)
_BLANKS: Final = re.compile(r"[ \t]*(?:\\\s*)?\n\s*|[ \t]+")
#: What ends an equation in a Vensim file; braces hold comments, and quotes hold names.
_VENSIM_END: Final = re.compile(r'(?:"[^"\n]*"|\{[^}]*\}|[^~|"{])*')
#: Longer texts are cut: a table of points says little in words.
_LONGEST: Final = 1500


def comment(model: Model, variable: Variable) -> str:
    """Return what its author wrote of one element, where elements have comments of their own."""
    source, start = variable.span.source, variable.span.start
    if model.source is None or source is not model.source or model.dialect != "vensim":
        return variable.doc.strip()
    end = source.text.find("|", start)
    parts = source.text[start:end].split("~")
    return _tidy(parts[2]) if end >= 0 and len(parts) > 2 else variable.doc.strip()


def equations(model: Model, elements: Sequence[Variable]) -> str:
    """Return the equations of a variable's elements, each once."""
    texts = dict.fromkeys(_one(model, variable) for variable in elements)
    whole = "\n".join(texts)
    return whole if len(whole) <= _LONGEST else whole[:_LONGEST].rstrip() + " …"


def _one(model: Model, variable: Variable) -> str:
    source, start = variable.span.source, variable.span.start
    if model.source is None or source is not model.source:
        return _printed(variable)
    if model.dialect == "vensim":
        found = _VENSIM_END.match(source.text, start)
        text = found[0] if found else ""
        return _tidy(text) or _printed(variable)
    next_equation = _EQUATION.search(source.text, start)
    if next_equation is None or "<" in _between(source.text, start, next_equation.start()):
        return _printed(variable)
    return f"{variable.name} = {_tidy(unescape(next_equation[1]))}"


def _between(text: str, start: int, end: int) -> str:
    """Return the tags of other variables between a name and an equation, nothing if there are none."""
    return "".join(re.findall(r"<(?:stock|flow|aux)\b", text[start:end]))


def _tidy(text: str) -> str:
    return _BLANKS.sub(" ", text).strip()


def _printed(variable: Variable) -> str:
    return variable_text(variable).partition("\n\t~")[0]
