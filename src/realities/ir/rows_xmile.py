"""The built-ins that mean in XMILE what they mean nowhere else; see `builtin.py` for the unit rules."""

from __future__ import annotations

from realities.ir.builtin import Builtin

XMILE_ROWS: tuple[Builtin, ...] = ()
