"""A weighing for publication, end to end, small: a second algorithm, another seed, single reports."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from realities.case.folder import Case
from realities.weigh.results import study_to_json
from realities.weigh.sampling.settings import EFFORTS, SamplerSettings
from realities.weigh.study import run_case

MakeCase = Callable[..., Case]
#: Of all that publication asks for, less.
LITTLE = {
    "publish": SamplerSettings(
        2, 300, 8, 1500, components=2, enough_draws=200, posterior_draws=400, second=200, second_moves=20
    ),
    "default": SamplerSettings(2, 300, 8, 1500, components=2, enough_draws=200, posterior_draws=400),
    "quick": SamplerSettings(2, 200, 8, 1000, components=2, enough_draws=200, posterior_draws=400),
}
START = {"start value": "lognormal(median=100, sigma=0.3)"}
ACCOUNTS = {
    "grows": {**START, "growth rate": "normal(0.05, 0.05)"},
    "shrinks": {**START, "growth rate": "normal(-0.05, 0.05)"},
}
#: The last says much alone, so that draws do not reach what would be without it.
ROWS = [
    (2001, 2001, 105, "", "", "person", "Bureau"),
    (2003, 2003, 114, "", "", "person", "Bureau"),
    (2004, 2004, 140, "", "", "person", "Bureau"),
]


@pytest.mark.slow
def test_publication_runs_end_to_end(make_case: MakeCase, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, settings in LITTLE.items():
        monkeypatch.setitem(EFFORTS, name, settings)
    case = make_case(ACCOUNTS, ROWS, 'reporters."Bureau" = { noise = 0.005 }')
    study = run_case(case, effort="publish", draws=100)
    found = study_to_json(study)
    assert found["effort"] == "publish"
    assert study.honesty is not None
    again = [one for one in study.honesty.sensitivity if one.how == "another seed"]
    assert {one.account for one in again} == set(ACCOUNTS) and all(
        one.seed == study.seed + 1 for one in again
    )
    stated = {one.account: one for one in study.honesty.sensitivity if one.how == "as stated"}
    for one in again:
        before = stated[one.account]
        assert one.log_evidence is not None and before.log_evidence is not None
        assert len(before.run_log_evidences) == 4  # two runs, and two of the second algorithm
        assert abs(one.log_evidence - before.log_evidence) < 0.3
    afresh = [one for one in study.honesty.sensitivity if one.width != 1.0]
    assert {one.how for one in afresh} == {"fitted"}
    single = [one for one in study.honesty.influence if one.left.kind == "report"]
    assert len(single) == len(ROWS)
    hows = {change.how for one in single for change in one.changes.values()}
    assert "fitted" in hows and "not computed" not in hows
