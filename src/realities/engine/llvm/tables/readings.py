"""Reading tables in compiled code: every reading of a graphical function or a data series, by its key.

In come a `Writer`, a `Lookup` of the model and arguments; out comes what the reference engine computes, bit
for bit. `lines.py` has the modes of a lookup, `curves.py` slopes, areas, inverses and random
numbers of a table, `points.py` the points of a data series. `kernel/emit.py` writes `read` with these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import assert_never

from realities.engine.llvm.tables import curves, points
from realities.engine.llvm.tables.lines import Steps, backward, discrete, extrapolated, interpolated
from realities.engine.llvm.writer import Value, Writer
from realities.ir.model import Lookup


def lookup(w: Writer, table: Lookup, x: Value) -> Value:
    """Return a table at x, as its mode says; NaN stays NaN."""
    steps = Steps.of(table.xs, table.ys)
    match table.mode:
        case "interpolate":
            return interpolated(w, steps, x)
        case "extrapolate":
            return extrapolated(w, steps, x)
        case "discrete":
            return discrete(w, steps, x)
        case "backward":
            return backward(w, steps, x)
        case _:
            assert_never(table.mode)


Reading = Callable[..., Value]
#: Readings of a table by the key of their built-in: a writer, the table and the arguments.
READINGS: Mapping[str, Reading] = MappingProxyType(
    {
        "lookup": lookup,
        "vensim.data_at_time": points.at_time,
        "vensim.data_between_times": points.between_times,
        "vensim.data_first_time": points.first_time,
        "vensim.data_last_time": points.last_time,
        "vensim.data_max": points.largest,
        "vensim.data_mean": points.mean,
        "vensim.data_median": points.median,
        "vensim.data_min": points.smallest,
        "vensim.data_total_points": points.count,
        "vensim.lookup_area": curves.area,
        "vensim.lookup_invert": curves.inverse,
        "vensim.lookup_slope": curves.slope,
        "vensim.random_lookup": curves.drawn,
    }
)
