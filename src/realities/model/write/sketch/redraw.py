"""A Vensim model with views in place of its drawing: `ModelFile` in, `ModelFile` out.

    causes     what acts on what, and which flows are pipes         views.py
    views      a group of equations each, a large one in parts      parts.py
    drawings   stocks and pipes, places, sizes, bends               chains.py, cells.py, drawing.py, arcs.py
    text       as Vensim writes it                                  text.py

The settings behind the drawing stay as they are. `convert.py` calls this.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from realities.model import syntax
from realities.model.write.sketch.drawing import Drawing, draw
from realities.model.write.sketch.parts import views_of
from realities.model.write.sketch.text import sketch_text
from realities.model.write.sketch.views import View, causes
from realities.model.write.vensim import settings_text

#: Name of the view of what is in no group.
TITLE: Final = "View 1"
#: More views are drawn in haste, so that a model of a thousand equations takes half a minute.
MANY: Final = 24
#: What ends a drawing, and how the settings behind it begin.
_END = re.compile(r"^[ \t]*///---\\[^\n]*\n|^(?=:L\x7f?<%)", re.MULTILINE)


def model_views(file: syntax.ModelFile, *, has_modules: bool = False) -> tuple[View, ...]:
    """Return what each view of a Vensim model shows.

    Parameters
    ----------
    file
        The model.
    has_modules
        Whether names such as `module.variable` came from modules, each of which is a view too.
    """
    return views_of(causes(file, has_modules=has_modules), dict(file.group_notes), TITLE)


def with_views(file: syntax.ModelFile, *, has_modules: bool = False) -> tuple[syntax.ModelFile, int]:
    """Return a Vensim model with views drawn anew, and how many there are; see `model_views`."""
    views = model_views(file, has_modules=has_modules)
    end = _END.search(file.display)
    settings = settings_text(file) if end is None else file.display[end.end() :]
    in_haste = len(views) > MANY
    drawings = [draw(view, in_haste=in_haste) for view in views] or [Drawing(TITLE, (), ())]
    return replace(file, display=sketch_text(drawings) + settings), len(drawings)


def redrawn_text(file: syntax.ModelFile, before: syntax.ModelFile) -> str:
    """Return the text that a model was read from, with the drawing of another in place of its own.

    `before` is the model as read and `file` the same with views: not a letter of its equations changes.
    """
    text = before.source.text
    equations = text[: len(text) - len(before.display)]
    head = "" if equations.startswith("{UTF-8}") else "{UTF-8}\n"
    end = "" if equations.endswith("\n") else "\n"
    return head + equations + end + file.display
