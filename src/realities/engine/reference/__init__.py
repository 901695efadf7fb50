"""The reference engine: the meaning of the language in plain NumPy, straight from `ir`.

`simulator.py` is where a caller comes in. The compiled engine shares no more of this than when a run
steps and saves (`engine/timeline.py`), so that agreement of the two is evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realities.engine.reference.simulator import BLOCK, Simulator, simulate
    from realities.engine.request import Event

__all__ = ["BLOCK", "Event", "Simulator", "simulate"]


def __getattr__(name: str) -> object:
    """Load the engine when first used: the compiled one asks this package for its timeline alone."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from realities.engine.reference import simulator

    return getattr(simulator, name)
