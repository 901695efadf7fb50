from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hand_built import aux, build, constant, ref, stock

from realities.engine.reference import simulate
from realities.errors import RealitiesError
from realities.trajectories import Trajectories
from realities.units import parse_unit


def example() -> Trajectories:
    return Trajectories(
        times=np.array([0.0, 1.0, 3.0]),
        values={"killed[a, b]": np.array([[1.0, 2.0, 4.0], [0.0, 0.1, np.nan]]), "x/y": np.zeros((2, 3))},
        units={"killed[a, b]": parse_unit("person"), "x/y": None},
        failed=np.array([False, True]),
        first_failure=(1, "killed[a, b]", 3.0),
        time_unit=parse_unit("day"),
    )


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_values_are_found_by_name_however_spelled() -> None:
    result = example()
    assert result["Killed[a,b]"] is result["killed[a, b]"]
    assert "KILLED_[a,b]" in result
    with pytest.raises(KeyError, match=r'did you mean "killed\[a, b\]"'):
        result["kiled[a, b]"]


def test_values_between_saved_times_lie_on_the_line_between() -> None:
    np.testing.assert_allclose(example().at("killed[a, b]", [3.0, 0.5, 2.0])[0], [4.0, 1.5, 3.0])


def test_a_saved_time_is_not_touched_by_a_neighbor_that_is_not_a_number() -> None:
    np.testing.assert_array_equal(example().at("killed[a, b]", [1.0])[1], [0.1])
    assert np.isnan(example().at("killed[a, b]", [2.0])[1, 0])


@pytest.mark.parametrize("time", [-0.1, 3.1, np.nan])
def test_no_value_is_made_up_outside_the_saved_times(time: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 3"):
        example().at("x/y", [time])


def test_a_summary_is_one_line() -> None:
    assert repr(example()) == "<Trajectories: 2 variables, 2 draws, 1 failed, 3 times, 0 to 3 day>"
    assert example().n_draws == 2


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="values must all be"):
        Trajectories(np.arange(3.0), {"x": np.zeros((2, 4))})
    with pytest.raises(ValueError, match="failed must be"):
        Trajectories(np.arange(3.0), {"x": np.zeros((2, 3))}, failed=np.zeros(3, dtype=bool))


def test_csv_has_time_then_every_variable_and_a_draw_where_there_are_several() -> None:
    file = io.StringIO()
    example().write_csv(file)
    table = rows(file.getvalue())
    assert table[0] == ["draw", "time", "killed[a, b]", "x/y"]
    assert [row[:2] for row in table[1:]] == [
        ["0", "0"],
        ["0", "1"],
        ["0", "3"],
        ["1", "0"],
        ["1", "1"],
        ["1", "3"],
    ]
    assert table[5] == ["1", "1", "0.1", "0"]
    assert table[6][2] == "nan"


def test_csv_of_one_draw_has_no_column_draw_unless_asked_for() -> None:
    result = simulate(build([stock("x", 0.5, 0.0)]), outputs=["x"])
    file, numbered = io.StringIO(), io.StringIO()
    result.write_csv(file)
    result.write_csv(numbered, with_draw=True)
    assert rows(file.getvalue())[:3] == [["time", "x"], ["0", "0"], ["1", "0.5"]]
    assert rows(numbered.getvalue())[:2] == [["draw", "time", "x"], ["0", "0", "0"]]


def test_csv_reads_back_to_the_last_bit(tmp_path: Path) -> None:
    model = build([constant("c", 0.1), stock("x", ref("x") * ref("c"), 1 / 3), aux("y", -ref("x") * 1e300)])
    result = simulate(model, {"c": np.random.default_rng(0).random(4)}, outputs=["x", "y"])
    result.write_csv(tmp_path / "out.csv")
    table = rows((tmp_path / "out.csv").read_text())
    for name in ("x", "y"):
        column = np.array([float(row[table[0].index(name)]) for row in table[1:]])
        np.testing.assert_array_equal(column.reshape(4, 11), result[name])


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("precious")
    broken = example()
    object.__setattr__(broken, "values", {"x": None})
    with pytest.raises(TypeError):
        broken.write_csv(path)
    assert path.read_text() == "precious"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]


def test_xarray_carries_names_units_and_failures() -> None:
    dataset = example().to_xarray()
    assert {name: dataset.sizes[name] for name in ("draw", "time")} == {"draw": 2, "time": 3}
    assert dataset["killed"].attrs["units"] == "person"
    assert dataset["time"].attrs["units"] == "day"
    assert dataset["failed"].values.tolist() == [False, True]


def test_netcdf_holds_the_same_numbers(tmp_path: Path) -> None:
    import xarray as xr

    example().write_netcdf(tmp_path / "out.nc")
    with xr.open_dataset(tmp_path / "out.nc", engine="h5netcdf", decode_times=False) as dataset:
        np.testing.assert_array_equal(dataset["killed[a, b]"].values, example()["killed[a, b]"])
        assert dataset["x_y"].attrs["long_name"] == "x/y"
        assert dataset["killed[a, b]"].attrs["units"] == "person"
        assert dataset["failed"].values.tolist() == [0, 1]


def test_variables_named_like_an_axis_keep_out_of_its_way(tmp_path: Path) -> None:
    import xarray as xr

    result = simulate(build([constant("draw", 7.0), stock("time", 1.0, 0.0)]), outputs=["draw", "time"])
    result.write_netcdf(tmp_path / "out.nc")
    with xr.open_dataset(tmp_path / "out.nc", engine="h5netcdf", decode_times=False) as dataset:
        assert dataset["draw_"].attrs["long_name"] == "draw"
        np.testing.assert_array_equal(dataset["time_"].values[0], np.arange(11.0))


def test_parquet_needs_its_extra_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(RealitiesError, match=r"realities\[parquet\]"):
        example().write_parquet(tmp_path / "out.parquet")
    assert not list(tmp_path.iterdir())


def test_parquet_holds_the_same_numbers(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    example().write_parquet(tmp_path / "out.parquet")
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column_names == ["draw", "time", "killed[a, b]", "x/y"]
    np.testing.assert_array_equal(
        table["killed[a, b]"].to_numpy(zero_copy_only=False), example()["killed[a, b]"].ravel()
    )
