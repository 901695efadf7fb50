"""Results as CSV: one row for each draw and save point, as section 8 of the contract has it.

The columns are time, then every variable by its name; a column draw, from 0, may come first.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from realities.output.heading import Heading, Slab, number_text


def write_csv(path: Path, heading: Heading, slabs: Iterable[Slab], *, with_draw: bool) -> None:
    """Write a file of rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        write_rows(file, heading, slabs, with_draw=with_draw)


def write_rows(file: IO[str], heading: Heading, slabs: Iterable[Slab], *, with_draw: bool) -> None:
    """Write the header, then the rows, into an open text file."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*(["draw"] if with_draw else []), "time", *heading.names])
    times = [number_text(time) for time in heading.times.tolist()]
    for slab in slabs:
        for k in range(slab.failed.size):
            prefix = [str(slab.first + k)] if with_draw else []
            columns = [[number_text(value) for value in array[k].tolist()] for array in slab.values]
            cells = zip(*columns, strict=True) if columns else ((),) * len(times)
            writer.writerows([*prefix, time, *row] for time, row in zip(times, cells, strict=True))
