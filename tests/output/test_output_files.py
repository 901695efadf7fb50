"""Files of results: what they hold, what they cost, and that their bytes depend on nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from realities.output import Heading, unique_labels
from realities.trajectories import Trajectories
from realities.units import parse_unit


def example(n_variables: int, n_draws: int = 3, n_times: int = 4) -> Trajectories:
    rng = np.random.default_rng(7)
    names = [f"sector/ {k} größe" for k in range(n_variables)]
    failed = np.zeros(n_draws, dtype=bool)
    failed[-1] = True
    values = {name: rng.normal(size=(n_draws, n_times)) for name in names}
    values[names[0]][-1] = [1.0, np.inf, -np.inf, np.nan][:n_times]
    return Trajectories(
        times=np.arange(n_times) / 4,
        values=values,
        units={names[0]: parse_unit("person")},
        failed=failed,
        time_unit=parse_unit("Month"),
    )


@pytest.mark.parametrize("n_variables", [1, 40])
def test_netcdf_is_what_xarray_would_have_written(tmp_path: Path, n_variables: int) -> None:
    import xarray as xr

    result = example(n_variables)
    result.write_netcdf(tmp_path / "ours.nc")
    dataset = result.to_xarray()
    dataset["failed"] = dataset["failed"].astype("int8")
    labels = {str(label): str(label).replace("/", "_") for label in dataset.data_vars}
    dataset.rename(labels).to_netcdf(tmp_path / "theirs.nc", engine="h5netcdf")
    with (
        xr.open_dataset(tmp_path / "ours.nc", engine="h5netcdf", decode_times=False) as ours,
        xr.open_dataset(tmp_path / "theirs.nc", engine="h5netcdf", decode_times=False) as theirs,
    ):
        xr.testing.assert_identical(ours, theirs)


def test_the_scales_list_every_variable_as_hdf5s_own_library_lists_them(tmp_path: Path) -> None:
    import h5py

    example(5).write_netcdf(tmp_path / "ours.nc")
    with h5py.File(tmp_path / "ours.nc") as file:
        assert all(h5py.h5ds.is_scale(file[name].id) for name in ("draw", "time"))
        for name in set(file) - {"draw", "time", "failed"}:
            assert h5py.h5ds.is_attached(file[name].id, file["draw"].id, 0)
            assert h5py.h5ds.is_attached(file[name].id, file["time"].id, 1)
        assert h5py.h5ds.is_attached(file["failed"].id, file["draw"].id, 0)


@pytest.mark.parametrize("n_variables", [200, pytest.param(4200, marks=pytest.mark.slow)])
def test_the_netcdf_library_reads_what_we_write(tmp_path: Path, n_variables: int) -> None:
    # From 4,096 variables on, the list of a scale's users has to be stored otherwise.
    # In a process of its own: two copies of HDF5 in one do not always agree.
    if find_spec("netCDF4") is None and not os.environ.get("REALITIES_REQUIRE_ALL"):
        pytest.skip("needs netCDF4")
    example(n_variables, n_draws=2, n_times=2).write_netcdf(tmp_path / "out.nc")
    script = (
        "import netCDF4, sys\n"
        "with netCDF4.Dataset(sys.argv[1]) as data:\n"
        "    one = data['sector_ 199 größe']\n"
        "    print(len(data.variables), one.dimensions, one.long_name, data['time'].units, one[:].shape)\n"
    )
    line = [sys.executable, "-X", "utf8", "-c", script, str(tmp_path / "out.nc")]
    printed = subprocess.run(line, capture_output=True, encoding="utf-8", check=True).stdout
    assert printed.strip() == f"{n_variables + 3} ('draw', 'time') sector/ 199 größe Month (2, 2)"


def test_a_netcdf_file_takes_as_many_operations_for_each_variable_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import h5py

    written: list[int] = []
    create = h5py.AttributeManager.create

    def counted(self: object, name: str, data: object, *args: object, **kwargs: object) -> None:
        written.append(int(np.asarray(data).nbytes) if name == "REFERENCE_LIST" else 1)
        create(self, name, data, *args, **kwargs)

    monkeypatch.setattr(h5py.AttributeManager, "create", counted)
    costs = []
    for n_variables in (50, 100, 200):
        written.clear()
        example(n_variables).write_netcdf(tmp_path / "out.nc")
        costs.append((len(written), sum(written)))
    (few, few_bytes), (some, some_bytes), (many, many_bytes) = costs
    assert many - some == 2 * (some - few)
    assert many_bytes - some_bytes == 2 * (some_bytes - few_bytes)


@pytest.mark.parametrize("suffix", [".csv", ".nc", ".parquet"])
def test_slabs_never_show_in_what_a_file_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    result = example(3, n_draws=50)
    write = {".csv": result.write_csv, ".nc": result.write_netcdf, ".parquet": result.write_parquet}[suffix]
    write(tmp_path / f"one{suffix}")
    monkeypatch.setattr("realities.output.heading.SLAB_BYTES", 7 * 3 * 4 * 8)
    assert Heading(tuple(result), ("",) * 3, result.times, 50).slab == 7
    write(tmp_path / f"many{suffix}")
    one, many = (read(tmp_path / f"{name}{suffix}") for name in ("one", "many"))
    assert list(one) == list(many)
    for name in one:
        np.testing.assert_array_equal(one[name], many[name])
        if name in result.values:
            np.testing.assert_array_equal(one[name].reshape(50, 4), result[name])


@pytest.mark.parametrize("suffix", [".csv", ".nc", ".parquet"])
def test_the_same_results_are_the_same_bytes_at_any_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    import time

    for name, hour in (("one", 1.0e9), ("two", 1.7e9)):
        monkeypatch.setattr(time, "time", lambda hour=hour: hour)
        result = example(3)
        write = {".csv": result.write_csv, ".nc": result.write_netcdf, ".parquet": result.write_parquet}
        write[suffix](tmp_path / f"{name}{suffix}")
    # HDF5 and Arrow ask the system and not Python for the time: their files must hold none at all.
    one, two = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("one", "two"))
    assert one == two
    if suffix == ".nc":
        import h5py

        with h5py.File(tmp_path / f"one{suffix}") as file:
            assert all(h5py.h5g.get_objinfo(file[name].id).mtime == 0 for name in file)


def test_labels_of_variables_that_share_one_are_told_apart() -> None:
    assert unique_labels(["time", "a/b", "a_b", "a/b ", "draw"], slash="_") == {
        "time": "time_",
        "a/b": "a_b",
        "a_b": "a_b_",
        "a/b ": "a_b__",
        "draw": "draw_",
    }


def read(path: Path) -> dict[str, np.ndarray]:
    if path.suffix == ".csv":
        header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        table = np.genfromtxt(path, delimiter=",", skip_header=1)
        return dict(zip(header, table.T, strict=True))
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return {name: column.to_numpy() for name, column in zip(*columns(pq.read_table(path)), strict=True)}
    import xarray as xr

    with xr.open_dataset(path, engine="h5netcdf", decode_times=False) as data:
        return {str(data[name].attrs.get("long_name", name)): data[name].values for name in data.variables}


def columns(table: object) -> tuple[list[str], list[object]]:
    return table.column_names, table.columns  # type: ignore[attr-defined]


#: Writes three slabs; before one of them, or behind the last, the disk of the file is full.
FILLED = """
import os, sys
from pathlib import Path
import numpy as np
from realities.output.heading import write_beside
from realities.output.netcdf import write_netcdf
from realities.trajectories import Trajectories

values = np.random.default_rng(1).normal(size=(6000, 50))
whole = Trajectories(times=np.arange(50.0), values={"a": values})

def fill():
    for handle in os.listdir("/proc/self/fd"):
        path = f"/proc/self/fd/{handle}"
        if os.path.exists(path) and os.readlink(path).endswith(".nc"):
            os.dup2(os.open("/dev/full", os.O_RDWR), int(handle))

def slabs():
    for number, slab in enumerate(whole._slabs()):
        if number == int(sys.argv[2]):
            fill()
        yield slab
    if number + 1 == int(sys.argv[2]):
        fill()

try:
    write_beside(Path(sys.argv[1]), lambda beside: write_netcdf(beside, whole._heading(), slabs()))
except OSError as error:
    print(error.strerror, error.filename)
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full is needed")
@pytest.mark.parametrize("slabs_before", [0, 2, 3])
def test_a_netcdf_file_that_finds_no_room_is_an_error_and_no_crash(tmp_path: Path, slabs_before: int) -> None:
    out = tmp_path / "out.nc"
    command = [sys.executable, "-c", FILLED, str(out)]
    done = subprocess.run([*command, str(slabs_before)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"No space left on device {out}\n", "")
    assert list(tmp_path.iterdir()) == []
