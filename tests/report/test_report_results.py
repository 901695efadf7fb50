"""results.nc as xarray and ArviZ read it: the numbers of the study, in groups beside its own arrays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray

from realities.case.folder import Case
from realities.report import write_results
from realities.report.results import GROUP_DRAWS, PREDICTED_DRAWS, ROOT_DRAWS
from realities.weigh.handover.dataset import to_xarray
from realities.weigh.handover.groups import account_groups
from realities.weigh.results import study_to_json
from realities.weigh.study import Study, run_case

MakeCase = Callable[..., Case]
#: "time" is a variable of the root as well; a group of that name must not meet it.
ACCOUNTS = {"grows": {"growth rate": "normal(0.05, 0.02)"}, "time": {"growth rate": "normal(-0.05, 0.02)"}}
ROWS = [
    (2001, 2001, 105, "", "", "person", "Bureau"),
    (2003, 2004, 118, "", "", "person", "Bureau"),
    (2005, 2005, "", 110, 140, "person", "Bureau"),
]
BIASED = 'reporters."Bureau" = { bias = "lognormal(median=1.0, sigma=0.2)", noise = 0.1 }'
quiet = pytest.mark.filterwarnings("ignore:\\s*ArviZ:FutureWarning")


@pytest.fixture(scope="module")
def written(make_lasting_case: MakeCase, tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Path]:
    study = run_case(make_lasting_case(ACCOUNTS, ROWS, BIASED), effort="sketch", workers=1)
    folder = tmp_path_factory.mktemp("out")
    write_results(study, folder)
    return study, folder / "results.nc"


@pytest.mark.parametrize("engine", ["h5netcdf", "netcdf4"])
def test_the_groups_are_those_of_the_study_with_fewer_draws(written: tuple[Study, Path], engine: str) -> None:
    study, path = written
    fits = study.weighings[study.as_of].fits
    with xarray.open_datatree(path, engine=engine) as saved:
        assert list(saved.children) == ["grows", "time_"]
        for account in ACCOUNTS:
            own = saved["time_" if account == "time" else account]
            groups = account_groups(study.case, fits[account], most=GROUP_DRAWS)
            assert set(own.children) == set(groups)
            for name, group in groups.items():
                part = own[name].to_dataset(inherit=False)
                assert {n: c.dims for n, c in group.variables.items()} == {n: part[n].dims for n in part}
                for variable, column in group.variables.items():
                    values = column.values
                    if "draw" in column.dims:
                        kept = np.searchsorted(group.coordinates["draw"].values, part["draw"].values)
                        values = values.take(kept, column.dims.index("draw"))
                    same = np.array_equal if values.dtype == object else _equal_to_seven_digits
                    assert same(part[variable].values, values)
                    assert part[variable].attrs == column.attributes
                most = PREDICTED_DRAWS if name == "posterior_predictive" else GROUP_DRAWS
                assert part.sizes.get("chain", 1) * part.sizes.get("draw", 1) <= most
                assert part.attrs == group.attributes


def _equal_to_seven_digits(one: np.ndarray, other: np.ndarray) -> bool:
    return np.allclose(one, other, rtol=2e-7, atol=0.0, equal_nan=True)


def test_what_was_sampled_is_the_tree_of_the_study_at_the_same_draws(written: tuple[Study, Path]) -> None:
    study, path = written
    whole = to_xarray(study.case, study.weighings[study.as_of])
    with xarray.open_datatree(path, engine="h5netcdf") as saved:
        for name in ("posterior", "log_likelihood", "prior"):
            part = saved[f"grows/{name}"].to_dataset(inherit=False)
            full = whole[f"grows/{name}"].to_dataset().sel(draw=part["draw"])
            for variable in (v for v in part if not str(v).startswith("bias")):
                xarray.testing.assert_allclose(part[variable], full[variable], rtol=2e-7)


def test_the_attributes_are_the_numbers_of_the_json_object(written: tuple[Study, Path]) -> None:
    study, path = written
    accounts = study_to_json(study)["accounts"]
    assert isinstance(accounts, list)
    with xarray.open_datatree(path, engine="h5netcdf") as saved:
        for account in accounts:
            attrs = saved["time_" if account["id"] == "time" else account["id"]].attrs
            assert attrs["log_evidence"] == account["log_evidence"]
            assert attrs["log_evidence_se"] == account["log_evidence_error"]
            assert (attrs["ess"], attrs["khat"]) == (account["effective_draws"], account["k_hat"])


def test_the_root_keeps_what_it_had(written: tuple[Study, Path]) -> None:
    study, path = written
    with xarray.open_dataset(path, engine="h5netcdf") as root:
        assert {"band", "weight", "log_evidence", "chance", "page_payload", "posterior:grows"} <= set(root)
        weights = study.weighings[study.as_of].weights
        assert root["weight"].sel(as_of=study.as_of.isoformat()).values.tolist() == list(weights.values())
        draws = root["posterior:grows"].sel({"parameter:grows": "growth rate"}).values
        whole = study.weighings[study.as_of].fits["grows"].parameters["growth rate"]
        assert len(draws) == min(ROOT_DRAWS, len(whole))
        assert np.isin(draws, whole.astype(np.float32)).all()


@quiet
def test_arviz_reads_an_account_from_the_file(written: tuple[Study, Path]) -> None:
    arviz = pytest.importorskip("arviz")
    if not hasattr(arviz, "InferenceData"):
        pytest.skip("this ArviZ reads a tree")
    _, path = written
    found = arviz.InferenceData.from_netcdf(str(path), base_group="/grows", engine="h5netcdf")
    assert "posterior" in found.groups()
    assert list(arviz.summary(found, kind="stats").index) == ["growth rate", "bias[count, Bureau]"]


def test_the_same_study_gives_the_same_bytes(written: tuple[Study, Path], tmp_path: Path) -> None:
    study, path = written
    write_results(study, tmp_path, page=path.parent / "report.html")
    for name in ("results.nc", "results.json", "forecasts.csv", "claims.jsonld"):
        assert (tmp_path / name).read_bytes() == (path.parent / name).read_bytes()
