"""The runs of an ensemble, by variable, draw and time.

In come arrays from an engine; out go values by name, at any time by interpolation, as an xarray data set, a
pandas frame, or a file. Axes are always (draw, time). Written by `engine/`, read by `weigh/`, the claims and
the report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from realities.errors import did_you_mean
from realities.output import Heading, Slab, unique_labels, write_file
from realities.output import write_beside as write_beside
from realities.output.comma import write_rows
from realities.trajectories.gathered import Gathered, gather
from realities.units import Unit

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Trajectories:
    """The runs of an ensemble.

    Attributes
    ----------
    times
        The times saved, ascending, shape (T,), in the model's unit of time.
    values
        For each variable its values, shape (draw, T).
    units
        The unit of each variable, None where its author gave none.
    failed
        Which draws left the real numbers, shape (draw,). Their values are as computed, NaN included.
    first_failure
        (draw, variable, time) of the first failure of the first failed draw, or None.
    time_unit
        The unit of `times`, if known.
    dimensions
        The model's dimensions and their elements, from which subscripts get the names of their axes.
    """

    times: FloatArray
    values: Mapping[str, FloatArray]
    units: Mapping[str, Unit | None] = field(default_factory=lambda: MappingProxyType({}))
    failed: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    first_failure: tuple[int, str, float] | None = None
    time_unit: Unit | None = None
    dimensions: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        shapes = {array.shape for array in self.values.values()}
        if len(shapes) > 1 or any(len(shape) != 2 or shape[1] != self.times.size for shape in shapes):
            raise ValueError(f"values must all be (draw, {self.times.size}), not {sorted(shapes)}")
        n_draws = next(iter(shapes))[0] if shapes else self.failed.size
        if self.failed.size == 0 < n_draws:
            object.__setattr__(self, "failed", np.zeros(n_draws, dtype=bool))
        if self.failed.shape != (n_draws,):
            raise ValueError(f"failed must be ({n_draws},), not {self.failed.shape}")

    @cached_property
    def _by_key(self) -> dict[str, str]:
        return {_key(name): name for name in self.values}

    @property
    def n_draws(self) -> int:
        """How many draws there are, failed ones included."""
        return int(self.failed.size)

    def __getitem__(self, name: str) -> FloatArray:
        """Return the values of a variable, (draw, time); case, spaces and underscores do not matter."""
        return self.values[self._full_name(name)]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and _key(name) in self._by_key

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __repr__(self) -> str:
        span = f"{self.times[0]:g} to {self.times[-1]:g}" if self.times.size else "none"
        unit = f" {self.time_unit}" if self.time_unit is not None else ""
        failed = f", {int(self.failed.sum())} failed" if self.failed.any() else ""
        return (
            f"<Trajectories: {len(self.values)} variables, {self.n_draws} draws{failed}, "
            f"{self.times.size} times, {span}{unit}>"
        )

    def at(self, name: str, times: FloatArray | Sequence[float]) -> FloatArray:
        """Return a variable at other times, by linear interpolation between the saved ones.

        Parameters
        ----------
        name
            The variable.
        times
            Times within the saved span, shape (K,), in any order.

        Returns
        -------
        Values, shape (draw, K).

        Raises
        ------
        ValueError
            If a time lies before the first or after the last saved one.
        """
        wanted = np.atleast_1d(np.asarray(times, dtype=np.float64))
        values = self[name]
        if wanted.size == 0:
            return np.empty((self.n_draws, 0))
        low, high = self.times[0], self.times[-1]
        slack = 1e-9 * max(abs(low), abs(high), 1.0)
        if not bool(np.all((wanted >= low - slack) & (wanted <= high + slack))):
            raise ValueError(f"times must lie between {low:g} and {high:g}")
        if self.times.size == 1:
            return np.repeat(values, wanted.size, axis=1)
        wanted = np.clip(wanted, low, high)
        left = np.clip(np.searchsorted(self.times, wanted, side="right") - 1, 0, self.times.size - 2)
        weight = (wanted - self.times[left]) / (self.times[left + 1] - self.times[left])
        with np.errstate(all="ignore"):  # a failed draw may hold infinities
            between = values[:, left] * (1.0 - weight) + values[:, left + 1] * weight
        # At a saved time the neighbor must not speak, not even by 0 * inf.
        return np.where(weight == 0.0, values[:, left], np.where(weight == 1.0, values[:, left + 1], between))

    def _repr_html_(self) -> str:
        """Return a table and small charts of the first variables, for a notebook."""
        from realities.trajectories.card import runs_card

        return runs_card(self)

    def to_xarray(self) -> xr.Dataset:
        """Return an `xarray.Dataset` with dimensions draw and time, then subscripts, and units as attributes.

        A subscript's axis bears the name of its dimension, with the elements as coordinate. A variable that
        bears the name of a coordinate gets an underscore behind it; `long_name` has its own name.
        """
        import xarray as xr

        found = gather(self.values, self.dimensions)
        axes = {axis for one in found for axis, _ in one.axes}
        labels = unique_labels((one.name for one in found), also=axes)
        time_attributes = {"units": _unit_text(self.time_unit)} if self.time_unit is not None else {}
        coordinates = {
            "draw": np.arange(self.n_draws),
            "time": ("time", self.times, time_attributes),
            "failed": ("draw", self.failed),
        }
        data = {labels[one.name]: self._array(one) for one in found}
        return xr.Dataset(data).assign_coords(coordinates)

    def to_pandas(self) -> pd.DataFrame:
        """Return a `pandas.DataFrame`: one row for each draw and time, one column for each variable.

        Columns are draw and time, then every variable by its full name; `attrs["units"]` has the units.
        """
        import pandas

        labels = unique_labels(self.values)
        columns = {
            "draw": np.repeat(np.arange(self.n_draws), self.times.size),
            "time": np.tile(self.times, self.n_draws),
            **{labels[name]: values.reshape(-1) for name, values in self.values.items()},
        }
        frame = pandas.DataFrame(columns)
        frame.attrs["units"] = {labels[name]: _unit_text(self.units.get(name)) for name in self.values}
        return frame

    def _array(self, one: Gathered) -> xr.DataArray:
        """Return one variable, (draw, time, subscript, ...)."""
        import xarray as xr

        shape = (self.n_draws, self.times.size, *(len(elements) for _, elements in one.axes))
        values = np.stack([self.values[name] for name in one.members], axis=-1).reshape(shape)
        return xr.DataArray(
            values,
            dims=("draw", "time", *(axis for axis, _ in one.axes)),
            coords={axis: list(elements) for axis, elements in one.axes},
            attrs={"units": _unit_text(self.units.get(one.members[0])), "long_name": one.name},
        )

    def write_csv(self, target: str | Path | IO[str], *, with_draw: bool | None = None) -> None:
        """Write one row for each draw and save point.

        The columns are time, then every variable by its name; a column draw, from 0, comes first where
        there are several draws.

        Parameters
        ----------
        target
            A path, written beside and renamed, or an open text file.
        with_draw
            Whether the column draw is there; by default only with several draws.
        """
        has_draw = self.n_draws > 1 if with_draw is None else with_draw
        if isinstance(target, str | Path):
            self._write(Path(target), ".csv", with_draw=has_draw)
        else:
            write_rows(target, self._heading(), self._slabs(), with_draw=has_draw)

    def write_netcdf(self, path: str | Path) -> None:
        """Write a netCDF file (by h5netcdf), dimensions draw and time.

        A slash, which netCDF keeps for groups, becomes an underscore in a variable's name; the
        attribute `long_name` has the name as its author wrote it.
        """
        self._write(Path(path), ".nc")

    def write_parquet(self, path: str | Path) -> None:
        """Write a Parquet file with the columns draw, time, and every variable.

        Raises
        ------
        RealitiesError
            If pyarrow is not installed.
        """
        self._write(Path(path), ".parquet")

    def _write(self, path: Path, suffix: str, *, with_draw: bool = True) -> None:
        write_file(path, self._heading(), self._slabs(), with_draw=with_draw, suffix=suffix)

    def _heading(self) -> Heading:
        return Heading(
            names=tuple(self.values),
            units=tuple(_unit_text(self.units.get(name)) for name in self.values),
            times=self.times,
            n_draws=self.n_draws,
            time_unit=None if self.time_unit is None else _unit_text(self.time_unit),
        )

    def _slabs(self) -> Iterator[Slab]:
        for first, end in self._heading().slabs():
            values = tuple(array[first:end] for array in self.values.values())
            yield Slab(first, values, self.failed[first:end])

    def _full_name(self, name: str) -> str:
        if name in self.values:
            return name
        if _key(name) in self._by_key:
            return self._by_key[_key(name)]
        hint = did_you_mean(name, self.values)
        raise KeyError(f'no variable named "{name}" was saved' + (f"; {hint}" if hint else ""))


@dataclass(frozen=True, eq=False)
class Excerpt:
    """What was kept of the runs of an ensemble, each variable at times of its own.

    Attributes
    ----------
    times, values
        By full name of a variable the times kept, ascending, shape (T,), and its values, (draw, T).
    failed
        Which draws left the real numbers in what was kept, shape (draw,); see `Simulator.run_at`.
    first_failure
        (draw, variable, time) of the first failure of the first failed draw, or None.
    """

    times: Mapping[str, FloatArray]
    values: Mapping[str, FloatArray]
    failed: NDArray[np.bool_]
    first_failure: tuple[int, str, float] | None = None


def _unit_text(unit: Unit | None) -> str:
    return "" if unit is None else str(unit)


def _key(name: str) -> str:
    return "".join(name.replace("_", " ").replace('"', "").split()).casefold()
