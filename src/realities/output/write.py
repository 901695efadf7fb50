"""One file of results in the format that its name asks for.

In come a heading and slabs; out comes the file, in one move. The formats are in `comma.py`, `netcdf.py` and
`parquet.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from realities.output.comma import write_csv
from realities.output.heading import Heading, Slab, write_beside
from realities.output.netcdf import write_netcdf
from realities.output.parquet import check_installed, write_parquet

#: What a file of results may be called.
SUFFIXES = (".csv", ".nc", ".parquet")


def write_file(
    path: Path, heading: Heading, slabs: Iterable[Slab], *, with_draw: bool = True, suffix: str | None = None
) -> None:
    """Write a file of results beside its place, then rename it.

    Parameters
    ----------
    path
        Where.
    heading, slabs
        What; the slabs are those of `heading.slabs()`, in this order.
    with_draw
        Whether a CSV file has a column draw.
    suffix
        In which format; default: as the path's suffix says.

    Raises
    ------
    RealitiesError
        If Parquet is asked for and pyarrow is not installed.
    ValueError
        If the suffix is none of `SUFFIXES`.
    """
    if (suffix or path.suffix).lower() == ".parquet":
        check_installed()
    write_beside(path, lambda beside: write_slabs(beside, heading, slabs, with_draw=with_draw, suffix=suffix))


def write_slabs(
    path: Path, heading: Heading, slabs: Iterable[Slab], *, with_draw: bool = True, suffix: str | None = None
) -> None:
    """Write a file of results in its place; see `write_file`."""
    match (suffix or path.suffix).lower():
        case ".csv":
            write_csv(path, heading, slabs, with_draw=with_draw)
        case ".nc":
            write_netcdf(path, heading, slabs)
        case ".parquet":
            write_parquet(path, heading, slabs)
        case _:
            raise ValueError(f"{path}: the suffix must be one of {', '.join(SUFFIXES)}")
