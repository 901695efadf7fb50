"""Groups of draws, added to a NetCDF file that has its other variables already.

In come groups of columns (`weigh/handover/groups.py`) by their paths; the file then has them as NetCDF
groups, each with dimensions of its own. An axis is a dimension scale that lists the variables which use it;
NetCDF libraries write that list anew for each of some thousand variables, here it is written once (as
`output/netcdf.py` does, which also names the format's specification).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from realities.output.netcdf import add_scale, attach, list_users
from realities.weigh.handover.groups import Column, Group

if TYPE_CHECKING:
    import h5py

#: Bytes of a variable from which it is compressed, and how.
LARGE: Final = 2**15
COMPRESSION: Final[Mapping[str, Any]] = {"compression": "gzip", "compression_opts": 4, "shuffle": True}


def add_groups(path: Path, groups: Mapping[str, Group]) -> None:
    """Add groups by their paths, such as `author/posterior`; no part of a path may be a variable's name.

    What a group is about also stands on the group around it.
    """
    import h5py

    with h5py.File(path, "r+", libver=("v108", "v108")) as file:
        number = 1 + max((_number(dataset) for dataset in file.values()), default=-1)
        for name, group in groups.items():
            place = file
            for part in name.split("/"):
                place = place[part] if part in place else place.create_group(part, track_order=True)
            for about in (place, place.parent):
                about.attrs.update(group.attributes)
            _write(place, group, number)
            number += len(group.coordinates)


def _number(dataset: h5py.Dataset) -> int:
    """Return the number of a dimension; below that of any where it is none."""
    return int(dataset.attrs.get("_Netcdf4Dimid", -1))


def _write(place: h5py.Group, group: Group, number: int) -> None:
    """Write a group whose dimensions are numbered from `number`."""
    scales = {
        name: add_scale(place, name, column.values, number + k)
        for k, (name, column) in enumerate(group.coordinates.items())
    }
    users: dict[str, list[tuple[h5py.Dataset, int]]] = {name: [] for name in scales}
    for name, column in group.variables.items():
        dataset = _dataset(place, name, column)
        attach(dataset, [scales[dim] for dim in column.dims])
        for axis, dim in enumerate(column.dims):
            users[dim].append((dataset, axis))
    for name, scale in scales.items():
        list_users(scale, users[name])


def _dataset(place: h5py.Group, name: str, column: Column) -> h5py.Dataset:
    import h5py

    values: Any = column.values
    how: dict[str, Any] = {"track_times": False}
    if values.dtype == object:
        how["dtype"] = h5py.string_dtype()
    elif values.nbytes >= LARGE:
        how |= COMPRESSION
    dataset = place.create_dataset(name, data=values, **how)
    for key, text in column.attributes.items():
        dataset.attrs[key] = text
    return dataset
