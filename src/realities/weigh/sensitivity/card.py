"""A `Sensitivity` as a notebook shows it: its tables, as HTML without scripts."""

from __future__ import annotations

from typing import Final

from realities.figures.card import Html, card, paragraph, table
from realities.figures.text import format_date
from realities.weigh.sensitivity.analysis import Sensitivity
from realities.weigh.sensitivity.tables import tables_of

#: Rows of a table that are shown; those above are counted.
N_ROWS: Final = 60


def sensitivity_card(found: Sensitivity) -> str:
    """Return which assumptions move claims, what moved the weights, and which report would tell most."""
    parts: list[Html | None] = []
    for one in tables_of(found):
        parts.append(table(one.title, one.columns, one.rows, numeric=sorted(one.numeric), most=N_ROWS))
        parts += [paragraph(note, is_note=True) for note in one.notes]
    parts += [paragraph(text, is_note=True) for text in found.warnings]
    title = f"As of {format_date(found.as_of)}, {found.effort} effort"
    return card(f"Sensitivity of {found.case.id}", title, *parts)
