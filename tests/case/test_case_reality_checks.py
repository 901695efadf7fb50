"""Reality Checks of a Vensim model, written as claims, loaded by a case, and judged by its runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from realities.case.folder import load_case
from realities.ensemble import Ensemble, save_times
from realities.errors import Findings, InputError
from realities.model.load import build_model, read_file
from realities.model.write.claims import claims_of
from realities.source import SourceText
from realities.weigh.scoring.forecasts import judge_draws, needed_outputs

CONTROL = "\nINITIAL TIME = 0 ~~|\nFINAL TIME = 10 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = TIME STEP ~~|\n"

TOWN = """
no riders no new ones:THE CONDITION: daily riders = 0 :IMPLIES: new riders = 0 ~~ Riders bring riders. |
TI no start :TEST INPUT: initial daily riders = 0 ~~|
an empty town stays empty:THE CONDITION: TI no start :IMPLIES: daily riders <= 0 :AND: new riders <= 0 ~~|
many riders:THE CONDITION: daily riders > 1e9 :IMPLIES: new riders < 0 ~~|
lanes are one day there:THE CONDITION: lane programme = 1 :IMPLIES: lanes built > :AT LEAST ONCE: 0.9 ~~|
lanes are always there:THE CONDITION: lane programme = 1 :IMPLIES: lanes built > 0.9 ~~|
a step down :THE CONDITION: recruitment rate = RC STEP(recruitment rate, 0.5)
    :IMPLIES: daily riders < RC STEP CHECK(1, daily riders, 1) ~~|
nobody gives up :THE CONDITION: riding time = 1e+30 :OR: TI no start
    :IMPLIES: riders giving up <= RC STEP CHECK(0.5, riders giving up, 0) ~~|
wrong :THE CONDITION: riding time = 5 :IMPLIES: daily riders > :CROSSING: 5000 ~~|
"""


def written(text: str) -> str:
    """Return the claims of a model's text."""
    findings = Findings()
    claims = claims_of(read_file(SourceText("model.mdl", text + CONTROL), findings))
    findings.check()
    return claims


def verdicts(text: str) -> list[str]:
    """Return what decides each claim, as written: a predicate, or why there is none."""
    lines = [line.partition(" = ") for line in written(text).splitlines()]
    return [value[1:-1] for key, _, value in lines if key in ("holds", "undecidable")]


@pytest.fixture
def town(folder: Path) -> Path:
    """The example case with Reality Checks in its model, and what they become in its claims."""
    model = folder / "model.mdl"
    model.write_text(model.read_text(encoding="utf-8") + TOWN, encoding="utf-8")
    findings = Findings()
    file = read_file(SourceText(str(model), model.read_text(encoding="utf-8")), findings)
    (folder / "claims.toml").write_text(
        claims_of(file, account="lanes", source="riders2017"), encoding="utf-8"
    )
    return folder


def test_a_case_loads_and_judges_the_claims(town: Path) -> None:
    case = load_case(town)
    times = save_times(case)
    runs = {}
    for do, outputs in needed_outputs(case.claims).items():
        ensemble = Ensemble(case, as_of=case.calendar.finish, outputs=outputs, hold=dict(do))
        run = ensemble.run({}, save_times=times)
        runs[do] = {name: run[name] for name in outputs}
    judged = judge_draws(case.claims, runs, times, case.calendar)
    assert {name: bool(truth[0]) for name, (truth, _) in judged.items()} == {
        "no-riders-no-new-ones": True,
        "an-empty-town-stays-empty": True,
        "many-riders": True,  # the condition never comes about by itself
        "lanes-are-one-day-there": True,  # 1 - exp(-10/2) > 0.9
        "lanes-are-always-there": False,  # they are built from nothing
        "nobody-gives-up": False,  # 4000 / 1e30 is more than nothing
    }
    reasons = {claim.id: claim.undecidable for claim in case.claims if claim.undecidable}
    assert set(reasons) == {"a-step-down", "wrong"}
    assert "RC STEP changes" in reasons["a-step-down"]
    assert "cross" in reasons["wrong"]


def test_the_claims_name_who_and_where(town: Path) -> None:
    claim = next(claim for claim in load_case(town).claims if claim.id == "no-riders-no-new-ones")
    assert (claim.account, claim.source, claim.kind) == ("lanes", "riders2017", "counterfactual")
    assert claim.says == "Riders bring riders."
    assert claim.locator.startswith("model.mdl, line ")


SECTORS = "D: a, b ~~|\nw[D] = 1, 2 ~~|\np[D] = w[D] * 3 ~~|\nk = 3 ~~|\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("c :THE CONDITION: w[a] = 0 :IMPLIES: p[a] = 0 ~~|", ["always(p[a] = 0 | do(w[a] = 0))"]),
        (
            "c[D] :THE CONDITION: w[D] = 0 :IMPLIES: p[D] <= k * w[D] ~~|",
            ["always(p[a] <= k * w[a] | do(w[a] = 0))", "always(p[b] <= k * w[b] | do(w[b] = 0))"],
        ),
        (
            "t[D] :TEST INPUT: w[D] = -1 ~~|\nc :THE CONDITION: t[b] :AND: k > 2 :IMPLIES: p[b] < 0 ~~|",
            ["always(k > 2 implies p[b] < 0 | do(w[b] = -1))"],
        ),
        (
            "c :THE CONDITION: w[a]=0 :OR: w[b]=0 :IMPLIES: p[a]*p[b] = 0 ~~|",
            ["always(p[a] * p[b] = 0 | do(w[a] = 0)) and always(p[a] * p[b] = 0 | do(w[b] = 0))"],
        ),
        (
            "c :THE CONDITION: k=1 :IMPLIES: p[a] > 1 :AND: (p[b] < 2 :OR: :NOT: p[a] = 3) ~~|",
            ["always(p[a] > 1 | do(k = 1)) and always((p[b] < 2 or not (p[a] = 3)) | do(k = 1))"],
        ),
        (
            "c :THE CONDITION: :IMPLIES: (k - 1) * (k + 2) > k / (k - 4) ~~|",
            ["always((k - 1) * (k + 2) > k / (k - 4))"],
        ),
        (
            "RC START TIME = 2 ~~|\nc :THE CONDITION: k=0 :IMPLIES: RC STEP CHECK(1, p[a], 0) >= p[a] ~~|",
            ["always(Time >= RC START TIME + 1 implies p[a] <= 0 | do(k = 0))"],
        ),
        (
            "c :THE CONDITION: k=0 :IMPLIES: p[a] < RC STEP CHECK(0, p[b], 1, 2, 6) ~~|",
            [
                "always(Time >= 2 and Time < 2 + 6 implies p[a] < SAMPLE IF TRUE(Time <= 2, p[b], p[b]) "
                "| do(k = 0))"
            ],
        ),
        (
            "c :THE CONDITION: k=0 :IMPLIES: p[a] < RC RAMP CHECK(1, p[b], k / 2, 3) ~~|",
            [
                "always(Time >= INITIAL TIME + TIME STEP + 1 implies p[a] < "
                "SAMPLE IF TRUE(Time <= INITIAL TIME + TIME STEP, p[b], p[b]) * "
                "(1 + ((k / 2) - 1) * MIN(1, MAX(0, Time - (INITIAL TIME + TIME STEP)) / 3)) | do(k = 0))"
            ],
        ),
        (
            '"at once or not" = 1 ~~|\nc :THE CONDITION: :IMPLIES: "at once or not" = 1 ~~|',
            ['always("at once or not" = 1)'],
        ),
    ],
)
def test_a_check_becomes_this_predicate(text: str, expected: list[str]) -> None:
    assert verdicts(SECTORS + text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("c :THE CONDITION: w[D] = 0 :IMPLIES: k = 0 ~~|", "stands for no one element"),
        ("c :THE CONDITION: w = 0 :IMPLIES: k = 0 ~~|", "other subscripts"),
        ("c :THE CONDITION: k = p[a] :IMPLIES: k = 0 ~~|", "to an expression"),
        ("c :THE CONDITION: k = 1 :AND: k = 2 :IMPLIES: k = 0 ~~|", "two values"),
        ("t :TEST INPUT: k > 1 ~~|\nc :THE CONDITION: t :IMPLIES: k = 0 ~~|", "not of the form"),
        ("t :TEST INPUT: k = 1 ~~|\nc :THE CONDITION: :NOT: t :IMPLIES: k = 0 ~~|", "only a condition"),
        ("c :THE CONDITION: k=1 :IMPLIES: p[a] < RC GROW CHECK(0, p[a], 2, 3) ~~|", "RC GROW CHECK"),
        ("c :THE CONDITION: k=1 :IMPLIES: p[a] < RC STEP CHECK(0, p[a]) ~~|", "takes 3 to 5 arguments"),
        ("c :THE CONDITION: k=1 :IMPLIES: p[a] < 1 + RC STEP CHECK(0, p[a], 2) ~~|", "stand alone"),
        (
            "c :THE CONDITION: k=1 :IMPLIES: p[a] > :AT LEAST ONCE: 2 :OR: k = 2 ~~|",
            "a part of the consequence",
        ),
        ("c :THE CONDITION: k=1 :IMPLIES: ) ~~|", "cannot be read"),
    ],
)
def test_what_no_predicate_says_keeps_its_reason(text: str, reason: str) -> None:
    (verdict,) = verdicts(SECTORS + text)
    assert reason in verdict


def test_names_that_nothing_bears_are_warned_of() -> None:
    findings = Findings()
    text = f"{SECTORS}c :THE CONDITION: kk = 0 :IMPLIES: p[x] = q[a] ~~|{CONTROL}"
    build_model(SourceText("model.mdl", text), findings=findings)
    assert [item.code for item in findings.warnings if item.code != "missing-unit"] == [
        "unknown-name",
        "unknown-subscript",
        "unknown-name",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "c :THE CONDITION: k = 0 ~~|",
        "1 + c :TEST INPUT: k = 0 ~~|",
        "( :THE CONDITION: k=0 :IMPLIES: k=0 ~~|",
    ],
)
def test_a_check_that_is_none_is_a_syntax_error(text: str) -> None:
    with pytest.raises(InputError) as caught:
        written(SECTORS + text)
    assert caught.value.diagnostics[0].code == "syntax-error"
