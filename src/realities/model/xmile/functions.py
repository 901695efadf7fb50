"""XMILE's functions by name: which are built-ins of the core, and which are refused.

Names are keys: lower case, single spaces (`SAMPLE_IF_TRUE` is "sample if true"). Section numbers are
those of XMILE 1.0 (OASIS, 2015). The functions that hold state are listed where they are unfolded, in
`stateful.py`; those of whole arrays in `reductions.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Functions that are built-ins, by their key in the core.
SIMPLE: Mapping[str, str] = MappingProxyType(
    {
        "abs": "abs",
        "arccos": "arccos",
        "arcsin": "arcsin",
        "arctan": "arctan",
        "cos": "cos",
        "exp": "exp",
        "if then else": "if_then_else",
        "ln": "ln",
        "max": "max",
        "min": "min",
        "sin": "sin",
        "sqrt": "sqrt",
        "step": "step",
        "tan": "tan",
    }
)

#: Functions that are known and not supported, so that they can be refused by name: what to do instead.
REFUSED: Mapping[str, str] = MappingProxyType({})
