"""Thirty data sets of two cases: gross faults of the chain from priors to weights show. The job has 300."""

from __future__ import annotations

from pathlib import Path

import pytest
from calibration.job import read_job, run_job
from calibration.table import as_markdown, findings

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "accounts"), [("three-reporters", ()), ("lynx-hare", ("predation", "steady"))]
)
def test_ranks_and_chances_of_thirty_data_sets_are_inside_their_bands(
    case: str, accounts: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / f"{case}.jsonl"
    run_job(case, path, n_sets=30, seed=11, effort="sketch", accounts=accounts)
    found = findings(*read_job(path))
    assert found.n_sets == 30
    assert found.is_calibrated, as_markdown(path, "this test")


def test_tables_that_are_kept_have_enough_data_sets_and_nothing_outside() -> None:
    for path in sorted((ROOT / "calibration" / "results").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        assert "`PYTHONPATH=src python -m calibration" in text, path
        assert int(text.split(" data sets imagined")[0].split()[-1]) >= 300, path
        assert "**no**" not in text and "**outside**" not in text, path
