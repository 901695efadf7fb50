"""Results as Parquet: the columns draw, time, and every variable; one row group for each slab.

pyarrow comes in here and nowhere else. Columns of numbers are written plain: a dictionary of values that
hardly repeat costs time and gives nothing, and neither do the least and greatest value of each group.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from realities.errors import RealitiesError
from realities.output.heading import Heading, Slab


def check_installed() -> None:
    """Raise `RealitiesError`, which says what to install, where pyarrow is missing."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise RealitiesError(
            'writing Parquet needs pyarrow: pip install "realities[parquet]"; or write .csv or .nc'
        ) from None


def write_parquet(path: Path, heading: Heading, slabs: Iterable[Slab]) -> None:
    """Write the file, a slab at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ["draw", "time", *heading.names]
    schema = pa.schema([("draw", pa.int64()), *((name, pa.float64()) for name in names[1:])])
    n_times = heading.times.size
    with pq.ParquetWriter(
        path, schema, use_dictionary=["draw", "time"], write_statistics=["draw", "time"]
    ) as writer:
        for slab in slabs:
            n = slab.failed.size
            columns = [np.repeat(np.arange(slab.first, slab.end), n_times), np.tile(heading.times, n)]
            columns += [np.ascontiguousarray(array).reshape(-1) for array in slab.values]
            arrays = [pa.array(column) for column in columns]
            writer.write_table(
                pa.Table.from_arrays(arrays, schema=schema), row_group_size=max(n * n_times, 1)
            )
