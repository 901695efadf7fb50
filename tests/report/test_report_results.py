"""results.nc as xarray and ArviZ read it: the numbers of the study, in groups beside its own arrays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray

from realities.case.folder import Case
from realities.report import write_results
from realities.report.results import GROUP_DRAWS, PREDICTED_DRAWS
from realities.weigh.handover.dataset import to_xarray
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
def test_the_groups_are_the_tree_of_the_study_thinned(written: tuple[Study, Path], engine: str) -> None:
    study, path = written
    whole = to_xarray(study.case, study.weighings[study.as_of])
    with xarray.open_datatree(path, engine=engine) as saved:
        assert list(saved.children) == ["grows", "time_"]
        for account in ACCOUNTS:
            own = saved["time_" if account == "time" else account]
            assert set(own.children) == set(whole[account].children)
            for name, group in whole[account].children.items():
                part = own[name].to_dataset(inherit=False)
                full = group.to_dataset()
                if "draw" in full.dims:
                    full = full.sel(draw=part["draw"])
                    most = PREDICTED_DRAWS if name == "posterior_predictive" else GROUP_DRAWS
                    assert part.sizes["chain"] * part.sizes["draw"] <= most
                xarray.testing.assert_equal(part, full)
                assert part.attrs == full.attrs


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
        assert np.array_equal(draws, study.weighings[study.as_of].fits["grows"].parameters["growth rate"])


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
