"""Reality Checks of the flagship hold whatever an account assumes, and fail where the model is broken."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import realities
from realities.case.folder import load_case
from realities.errors import Findings
from realities.ir.model import Model
from realities.model.load import read_file
from realities.reality import judging, runs
from realities.reality.judging import judge, judge_case
from realities.reality.runs import Ground, ground_of
from realities.source import SourceText

MODEL = Path(realities.__file__).parent / "cases" / "ukraine-2022" / "model.mdl"

#: An equation of the model, what takes its place, and the checks that have to see it.
BREAKS = {
    "supply plays no part in a withdrawal": (
        "withdrawal[Front] = supply sector*MAX(0, Held[Front] - rump[Front])",
        "withdrawal[Front] = 0*supply sector*MAX(0, Held[Front] - rump[Front])",
        {"no line carries nothing arrives", "reserves gone fronts given up", "no crossing no right bank"},
    ),
    "a push that needs no supply": (
        "forward drive*push share[Front]*adequacy[Front]*",
        "forward drive*push share[Front]*",
        {"nothing arrives no front moves forward"},
    ),
    "the quota takes more than itself": (
        "outstanding call up = MAX(0, decree size - Called up)",
        "outstanding call up = MAX(0, decree size - 0.9*Called up)",
        {"a huge quota takes no more than itself"},
    ),
    "a call-up without a decree": (
        "call up rate = call up sector*decree in force*",
        "call up rate = call up sector*",
        {
            "no decree nobody called up",
            "no new men no growing army",
            "nobody sent nobody lost and nothing held",
        },
    ),
    "the annexation binds whoever says so": (
        "(1 - annexation binds successors*lock in*annexation in force)",
        "(1 - lock in*annexation in force)",
        {"nobody bound by the annexation"},
    ),
    "something is divided by the size of a decree": (
        ", decree size)\n",
        ", 1)/decree size\n",
        {"no quota nobody called up"},
    ),
}


@cache
def text() -> str:
    return MODEL.read_text(encoding="utf-8")


def broken(name: str) -> str:
    old, new, _ = BREAKS[name]
    assert text().count(old) == 1
    return text().replace(old, new)


def own_constants(model: Model) -> Ground:
    """Return the model's own constants, with the dated inputs in force."""
    ground = ground_of(load_case("ukraine-2022"), model)
    return replace(ground, parameters={}, runs=ground.runs[:1])


def test_every_sector_has_a_reality_check_that_says_what_is_expected() -> None:
    checks = read_file(SourceText("model.mdl", text()), Findings()).reality_checks
    assert len(checks) >= 12
    told = " ".join(check.doc for check in checks).lower()
    sectors = [line.strip("\t.") for line in text().splitlines() if line.startswith("\t.")]
    left_out = {"Control", "Reality Checks"}
    for sector in set(sectors) - left_out:
        assert sector.lower() in told, sector
    assert all(len(check.doc) > 60 for check in checks)


def test_a_model_broken_on_purpose_fails_the_checks_that_concern_it() -> None:
    names = {"supply plays no part in a withdrawal", "a call-up without a decree"}
    model = text()
    for name in names:
        model = model.replace(*BREAKS[name][:2])
    expected = {check for name in names for check in BREAKS[name][2]}
    file = read_file(SourceText("model.mdl", model), Findings())
    kept = [check for check in file.reality_checks if check.name in {*expected, "no hazard nothing ends"}]
    verdicts = judge(replace(file, reality_checks=tuple(kept)), own_constants)
    assert {one.name for one in verdicts if one.status == "fails"} == expected
    assert {one.name for one in verdicts if one.status == "holds"} == {"no hazard nothing ends"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_draws", "seed"), [(runs.N_DRAWS, runs.SEED), (100, 8), (100, 9), (100, 10), (100, 11)]
)
def test_every_reality_check_holds_for_every_account(
    n_draws: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "N_DRAWS", n_draws)
    monkeypatch.setattr(runs, "SEED", seed)
    monkeypatch.setattr(judging, "MOST_STEPS", 100_000_000)  # more draws than `check` takes
    case = load_case("ukraine-2022")
    verdicts = judge_case(case)
    assert [one.name for one in verdicts if one.status != "holds"] == []
    assert {one.n_runs for one in verdicts} == {1 + n_draws * len(case.accounts)}


@pytest.mark.slow
@pytest.mark.parametrize("name", BREAKS)
def test_each_break_is_seen_by_its_checks_and_by_no_other(name: str) -> None:
    file = read_file(SourceText("model.mdl", broken(name)), Findings())
    verdicts = judge(file, own_constants)
    assert {one.name for one in verdicts if one.status != "holds"} == BREAKS[name][2]
