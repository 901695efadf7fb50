"""The reference engine: the meaning of the language in plain NumPy, straight from `ir`.

`simulator.py` is where a caller comes in. The compiled engine shares no more of this than when a run
steps and saves (`timeline.py`), so that agreement of the two is evidence.
"""

from realities.engine.reference.simulator import BLOCK, Simulator, simulate
from realities.engine.request import Event

__all__ = ["BLOCK", "Event", "Simulator", "simulate"]
