"""Results as NetCDF-4, in a time that grows with what is in the file and not with its square.

A NetCDF-4 file is an HDF5 file in which the axes are dimension scales: each variable lists its scales, and
each scale lists the variables that use it. Libraries write that second list anew whenever a variable joins,
which for thousands of variables takes minutes. Here it is written once, when all are known. The rest is as
in the NetCDF-4 format specification: what xarray and the netCDF tools read.

References
----------
Unidata. NetCDF-4 format specification, "Appendix C: File format specifications", section NetCDF-4.
The HDF Group. HDF5 dimension scale specification and design notes (H5DS).
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from realities.output.heading import Heading, Slab, unique_labels

if TYPE_CHECKING:
    import h5py


def write_netcdf(path: Path, heading: Heading, slabs: Iterable[Slab]) -> None:
    """Write a file with the dimensions draw and time, and every variable over both.

    A slash, which netCDF keeps for groups, becomes an underscore in a variable's name; the attribute
    `long_name` has the name as its author wrote it. Neither clocks nor chance touch the bytes.

    Raises
    ------
    OSError
        If the disk takes no more.
    """
    with _open(path) as file:
        draw = add_scale(file, "draw", np.arange(heading.n_draws, dtype=np.int64), 0)
        time = add_scale(file, "time", np.asarray(heading.times, dtype=np.float64), 1)
        if heading.time_unit is not None:
            time.attrs["units"] = heading.time_unit
        failed = file.create_dataset("failed", (heading.n_draws,), "i1", track_times=False)
        attach(failed, [draw])
        variables = [
            _variable(file, label, name, unit, heading, [draw, time])
            for (name, label), unit in zip(
                unique_labels(heading.names, slash="_").items(), heading.units, strict=True
            )
        ]
        list_users(draw, [(user, 0) for user in (failed, *variables)])
        list_users(time, [(user, 1) for user in variables])
        for slab in slabs:
            failed[slab.first : slab.end] = slab.failed  # netCDF has no truth values: 0 or 1
            for variable, values in zip(variables, slab.values, strict=True):
                variable[slab.first : slab.end] = np.ascontiguousarray(values)


@contextmanager
def _open(path: Path) -> Iterator[h5py.File]:
    """Give a new file. A failed write is an `OSError`, behind which HDF5 has nothing left to write."""
    import h5py

    # Version 1.8 of HDF5's format: the oldest that holds a list of some thousands of variables. No cache of
    # chunks: each is written once and whole.
    try:
        with h5py.File(path, "w", libver=("v108", "v108"), track_order=True, rdcc_nbytes=0) as file:
            try:
                yield file
                file.flush()
            except (OSError, RuntimeError):
                _divert(file)
                raise
    except (OSError, RuntimeError) as problem:
        # HDF5's words hold the number of the first thing that went wrong; it may stumble again while closing.
        found = re.search(r"errno = (\d+)", f"{problem.__context__} {problem}")
        if found is None:
            raise
        raise OSError(int(found[1]), os.strerror(int(found[1]))) from problem


def _divert(file: h5py.File) -> None:
    """Let what HDF5 still holds go to a file without a name: it would try again at the end, and crash."""
    target = file.id.get_vfd_handle()
    if hasattr(os, "memfd_create"):  # in memory: the disk of temporary files may be the one that is full
        nowhere = os.memfd_create("realities")
        os.dup2(nowhere, target)
        os.close(nowhere)
        return
    with tempfile.TemporaryFile() as temporary:
        os.dup2(temporary.fileno(), target)


def add_scale(file: h5py.Group, name: str, values: np.ndarray[Any, Any], number: int) -> h5py.Dataset:
    """Return a new axis with its coordinate."""
    dataset = file.create_dataset(name, data=values, track_times=False)
    dataset.make_scale(name)
    dataset.attrs["_Netcdf4Dimid"] = np.int32(number)
    return dataset


def _variable(
    file: h5py.File, label: str, name: str, unit: str, heading: Heading, scales: Sequence[h5py.Dataset]
) -> h5py.Dataset:
    dataset = file.create_dataset(
        label,
        (heading.n_draws, heading.times.size),
        "f8",
        chunks=(heading.slab, max(heading.times.size, 1)),
        shuffle=True,
        compression="gzip",
        compression_opts=1,
        fillvalue=np.nan,
        track_times=False,
    )
    attach(dataset, scales)
    dataset.attrs["units"] = unit
    dataset.attrs["long_name"] = name
    dataset.attrs["coordinates"] = "failed"
    dataset.attrs["_FillValue"] = np.array([np.nan])
    return dataset


def attach(dataset: h5py.Dataset, scales: Sequence[h5py.Dataset]) -> None:
    """Write which scales a dataset has, one for each of its axes."""
    import h5py

    lists = np.empty(len(scales), dtype=object)
    for axis, scale in enumerate(scales):
        lists[axis] = np.array([scale.ref], dtype=h5py.ref_dtype)
    dataset.attrs.create("DIMENSION_LIST", lists, dtype=h5py.vlen_dtype(h5py.ref_dtype))


def list_users(scale: h5py.Dataset, users: Sequence[tuple[h5py.Dataset, int]]) -> None:
    """Write which datasets use a scale, each with the axis for which it does."""
    import h5py

    kind = np.dtype([("dataset", h5py.ref_dtype), ("dimension", np.int32)])
    rows = np.empty(len(users), dtype=kind)
    rows["dataset"] = [user.ref for user, _ in users]
    rows["dimension"] = [axis for _, axis in users]
    if users:
        scale.attrs.create("REFERENCE_LIST", rows, dtype=kind)
