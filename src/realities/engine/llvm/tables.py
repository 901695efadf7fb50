"""Reading tables in compiled code: every reading of a graphical function or a data series, by its key.

In come a `Writer`, a `Lookup` of the model and arguments; out comes what the reference engine computes, bit
for bit. `tables_lines.py` has the modes of a lookup, `tables_curves.py` slopes, areas, inverses and random
numbers of a table, `tables_points.py` the points of a data series. `emit.py` writes `read` with these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import assert_never

from realities.engine.llvm import tables_curves, tables_points
from realities.engine.llvm.tables_lines import Steps, backward, discrete, extrapolated, interpolated
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
        "vensim.data_at_time": tables_points.at_time,
        "vensim.data_between_times": tables_points.between_times,
        "vensim.data_first_time": tables_points.first_time,
        "vensim.data_last_time": tables_points.last_time,
        "vensim.data_max": tables_points.largest,
        "vensim.data_mean": tables_points.mean,
        "vensim.data_median": tables_points.median,
        "vensim.data_min": tables_points.smallest,
        "vensim.data_total_points": tables_points.count,
        "vensim.lookup_area": tables_curves.area,
        "vensim.lookup_invert": tables_curves.inverse,
        "vensim.lookup_slope": tables_curves.slope,
        "vensim.random_lookup": tables_curves.drawn,
    }
)
