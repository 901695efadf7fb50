"""What moves claims and weights of a case of a few lines, against what can be worked out by hand."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from scipy.stats import norm

from realities.case.folder import Case, load_case
from realities.cli import invoke
from realities.ensemble import Crew, silent
from realities.weigh.likelihood import used_observations
from realities.weigh.posterior import fit_account, unweighed_account
from realities.weigh.sampling.evidence import SamplerSettings
from realities.weigh.sensitivity.analysis import Sensitivity, _followed, sensitivity_of
from realities.weigh.sensitivity.assumptions import AccountTask, Effect, under_account
from realities.weigh.sensitivity.judged import judged_draws
from realities.weigh.sensitivity.moves import moves_of
from realities.weigh.sensitivity.separating import best_of_each, candidate_days
from realities.weigh.sensitivity.tables import tables_of
from realities.weigh.sensitivity.walk import After, WalkTask, doubtful, news_of, walked

CLAIMS = """
[[claim]]
id = "grows"
account = "open"
kind = "forecast"
says = "More than 120 are counted in the end."
source = "post"
locator = "line 1"
made = 2001-01-01
deadline = 2010-01-01
holds = 'at[2010-01-01](Level > 120)'
[[claim]]
id = "exists"
account = "open"
kind = "fact"
says = "Somebody is counted at once."
source = "post"
locator = "line 1"
made = 2001-01-01
deadline = 2002-01-01
holds = 'at[2001-01-01](Level > 0)'
"""
#: What all assume of the growth, and the sure account: normal with this mean and standard deviation.
COMMON, SURE = (0.0, 0.03), (0.02, 0.028)
QUICK = SamplerSettings(1, 400, 6, 1500, components=3, enough_draws=100, posterior_draws=1500)
#: Growth from which 120 are counted in the end, of 100 at first.
NEEDED = float(np.log(1.2) / 10)

MakeCase = Callable[..., Case]


@pytest.fixture(scope="module")
def case(make_lasting_case: MakeCase) -> Case:
    accounts = {
        "open": {},
        "sure": {"growth rate": f"normal({SURE[0]}, {SURE[1]})"},
        "many": {"start value": "150"},
    }
    values = (103.0, 109.0, 118.0, 121.0)
    rows = [(2000 + k, 2000 + k, v, "", "", "person", "Bureau") for k, v in enumerate(values, start=1)]
    made = make_lasting_case(accounts, rows, 'reporters."Bureau" = { noise = 0.15 }')
    prior = f"normal({COMMON[0]}, {COMMON[1]})"
    text = f'[assume."growth rate"]\nprior = "{prior}"\nbecause = "So."\nlocator = "1"\n'
    (made.folder / "accounts" / "common.toml").write_text(text)
    (made.folder / "claims.toml").write_text(CLAIMS)
    return load_case(made.folder)


@pytest.fixture(scope="module")
def found(case: Case) -> Sensitivity:
    return sensitivity_of(case, effort="sketch")


def effects(case: Case, account: str, n: int = 1500) -> dict[tuple[str, str], Effect]:
    """Return what moves the claim of growth before any report, by kind and name."""
    fit = unweighed_account(case, account, seed=1, n_draws=n)
    under = under_account(case, AccountTask(fit, date(2000, 1, 1), 1, n, n))
    return {(effect.kind, effect.name): effect for effect in under.claims["grows"].effects}


def test_an_input_goes_from_its_lowest_to_its_highest_fifth(case: Case) -> None:
    effect = effects(case, "open")["input", "growth rate"]
    assert effect.chances is not None and effect.moves_chance
    assert effect.chances[0] == pytest.approx(0.01)
    assert effect.chances[1] == pytest.approx(0.99)
    assert effect.shift == pytest.approx(0.7, abs=0.04)  # the margin rises with growth and nothing else
    low = COMMON[1] * float(norm.ppf(np.linspace(0.0005, 0.1995, 200)).mean())
    assert float(effect.values[0]) == pytest.approx(low, abs=0.003)


def test_a_constant_put_back_gives_the_chance_under_the_common_value(case: Case) -> None:
    effect = effects(case, "many")["constant", "start value"]
    before = norm.sf(np.log(120 / 150) / 10, *COMMON)
    after = norm.sf(NEEDED, *COMMON)
    assert effect.values == ("150", "100") and effect.chances is not None
    assert effect.chances[0] == pytest.approx(0.98 * before + 0.01, abs=0.03)
    assert effect.chances[1] == pytest.approx(0.98 * after + 0.01, abs=0.03)
    assert 0 < effect.error < 0.02


def test_a_prior_exchanged_gives_the_chance_under_the_common_one(case: Case) -> None:
    """Without reports that is the chance under the common prior itself."""
    open_one, own = effects(case, "open"), effects(case, "sure")
    assert ("prior", "growth rate") not in open_one  # it is the common one
    effect = own["prior", "growth rate"]
    assert effect.chances is not None
    assert effect.chances[0] == pytest.approx(0.98 * norm.sf(NEEDED, *SURE) + 0.01, abs=0.02)
    assert effect.chances[1] == pytest.approx(
        0.98 * norm.sf(NEEDED, *COMMON) + 0.01, abs=4 * effect.error + 0.02
    )


@pytest.mark.slow
def test_a_prior_exchanged_after_reports_is_as_good_as_a_fit_with_it(case: Case) -> None:
    """The open account has the common prior and nothing else, so its own fit says what must come out."""
    day = date(2004, 1, 1)
    chances = {}
    for name in ("open", "sure"):
        fit = fit_account(case, name, as_of=day, seed=1, effort=QUICK)
        under = under_account(case, AccountTask(fit, day, 1, 1500, 100)).claims["grows"]
        chances[name] = under.chance
        moved = [effect for effect in under.effects if effect.kind == "prior"]
        if name == "sure":
            assert moved and moved[0].chances is not None
            exchanged, error = moved[0].chances[1], moved[0].error
    assert exchanged == pytest.approx(chances["open"], abs=4 * error + 0.02)


def test_a_claim_that_all_draws_decide_has_no_sensitivity_of_its_chance(found: Sensitivity) -> None:
    for under in found.last.under:
        claim = under.claims["exists"]
        assert claim.decided == "holds" and not any(effect.moves_chance for effect in claim.effects)
        assert under.claims["grows"].decided == "" or under.account == "many"


def test_runs_with_nothing_changed_are_the_same_to_the_last_bit(case: Case) -> None:
    fit = unweighed_account(case, "many", seed=1, n_draws=200)
    same = {"start value": np.full(200, 150.0)}
    one, other = (judged_draws(case, fit, date(2000, 1, 1), 1, changed=how) for how in (None, same))
    for name, margin in one.margin.items():
        assert np.array_equal(margin, other.margin[name])


def test_moves_add_up_to_the_log_evidence(case: Case, found: Sensitivity) -> None:
    assert found.moves is not None
    assert found.moves.reached == found.moves.n_news == 4
    for name, fit in found.last.weighing.fits.items():
        gained = sum(move.gained[name] for move in found.moves.moves)
        assert gained == pytest.approx(fit.log_evidence, abs=0.15)
        by_reporter = sum(share.gained[name] for share in found.moves.by_reporter)
        by_quantity = sum(share.gained[name] for share in found.moves.by_quantity)
        assert by_reporter == pytest.approx(by_quantity)


def test_the_first_report_gains_its_own_log_density(case: Case) -> None:
    """By quadrature over the prior of the one number that is uncertain."""
    first = walked(case, WalkTask("open", date(2004, 1, 1), 1, 4000, 100))[1]
    growth = np.linspace(-0.3, 0.3, 20_001)
    density = norm.pdf(np.log(103.0), np.log(100.0) + growth, 0.15) / 103.0 * norm.pdf(growth, *COMMON)
    assert first.log_evidence == pytest.approx(np.log(np.trapezoid(density, growth)), abs=0.02)


@pytest.mark.slow
def test_a_walk_goes_on_after_a_fit_where_draws_do_not_reach(case: Case) -> None:
    """All but all of the draws have to stay effective, so that every report needs a fit."""
    day = date(2004, 1, 1)
    often = walked(case, WalkTask("sure", day, 1, 1000, 980))
    seldom = walked(case, WalkTask("sure", day, 1, 4000, 50))
    assert sum(one.is_fitted for one in often.values()) > sum(one.is_fitted for one in seldom.values())
    for n in set(often) & set(seldom):
        assert often[n].log_evidence == pytest.approx(seldom[n].log_evidence, abs=0.1)


def test_where_an_account_does_much_worse_unfitted_it_is_doubted() -> None:
    """Draws that have no part in what comes to hold fail alike, and no diagnostic of theirs tells."""
    good = {0: After(0.0, 0.0, True, 0), 1: After(-5.0, 0.1, False, 0), 2: After(-9.0, 0.1, False, 0)}
    bad = {0: After(0.0, 0.0, True, 0), 1: After(-25.0, 0.1, False, 0), 2: After(-9.0, 0.1, False, 0)}
    assert doubtful({"one": good, "other": bad}) == {"other": (1,), "one": (2,)}
    fitted = {**bad, 1: replace(bad[1], is_fitted=True)}
    assert doubtful({"one": good, "other": fitted}) == {"one": (2,)}
    assert doubtful({"one": good, "other": good}) == {}


def test_an_account_that_does_much_worse_goes_again_and_is_fitted_there() -> None:
    good = {0: After(0.0, 0.0, True, 0), 1: After(-5.0, 0.1, False, 0)}
    bad = {0: After(0.0, 0.0, True, 0), 1: After(-25.0, 0.1, False, 0)}
    fitted = {0: After(0.0, 0.0, True, 0), 1: After(-6.0, 0.1, True, 1)}
    asked: list[list[WalkTask]] = []

    class Walker:
        """Stands for the processes: every walk has its end ready."""

        def map(self, _: object, tasks: list[WalkTask], **__: object) -> list[dict[int, After]]:
            asked.append(list(tasks))
            return [fitted if task.fitted else bad if task.account == "other" else good for task in tasks]

    walks = [WalkTask(name, date(2004, 1, 1), 1, 100, 10) for name in ("one", "other")]
    told = _followed(cast(Crew, Walker()), walks, silent)
    assert told == {"one": good, "other": fitted}
    assert asked[1:] == [[replace(walks[1], fitted=(1,))]]


def test_moves_owe_nothing_to_a_fit_that_both_sides_rest_on(case: Case) -> None:
    """Where the fit changed at a place that others did not reach, both fits' errors count."""
    news = news_of(case, date(2004, 1, 1))
    same = {0: After(0.0, 0.0, True, 0), 1: After(-1.0, 0.3, False, 0), 3: After(-3.0, 0.5, False, 0)}
    between = {**same, 2: After(-2.0, 0.4, True, 2), 3: After(-3.0, 0.5, False, 2)}
    found = moves_of(news, {"one": same, "other": between}, {}, {"one": -3.0, "other": -3.0})
    assert [len(move.news) for move in found.moves] == [1, 2]
    assert found.moves[1].errors["one"] == pytest.approx(0.4)
    assert found.moves[1].errors["other"] == pytest.approx(np.hypot(0.3, 0.5))


EVENTS = """
[[event]]
parameter = "start value"
date = 2000-06-01
published = 2001-06-01
value = 100
source = "post"
[[event]]
parameter = "start value"
date = 2000-01-02
published = 2002-06-01
value = 300
source = "post"
"""


def test_a_second_value_of_a_dated_input_is_news_of_an_input_too(make_lasting_case: MakeCase) -> None:
    """Reports of days before it are not judged with it, though one run of the model serves many of them."""
    rows = [(2000 + k, 2000 + k, 103.0, "", "", "person", "Bureau") for k in (1, 2, 3)]
    made = make_lasting_case({"one": {"growth rate": "normal(0, 0.02)"}}, rows)
    path = made.folder / "case.toml"
    path.write_text(path.read_text().replace("[run]", f"{EVENTS}[run]"))
    revised = load_case(made.folder)
    news = news_of(revised, date(2004, 1, 1))
    assert [one.inputs for one in news] == [(), ("start value",), (), ("start value",), ()]
    late, early = (
        walked(revised, WalkTask("one", date(*day), 1, 2000, 20)) for day in ((2004, 1, 1), (2002, 3, 1))
    )
    assert set(early) == {0, 1, 2, 3} and {n: late[n] for n in early} == early


def test_where_it_is_to_be_fitted_it_is(case: Case) -> None:
    day = date(2004, 1, 1)
    plain = walked(case, WalkTask("sure", day, 1, 3000, 50))
    forced = walked(case, WalkTask("sure", day, 1, 3000, 50, fitted=(1, 3)))
    assert forced[1].is_fitted and forced[3].is_fitted and not plain[3].is_fitted
    for n, after in plain.items():
        assert forced[n].log_evidence == pytest.approx(after.log_evidence, abs=0.1)


def test_the_news_hold_every_row_once(case: Case) -> None:
    news = news_of(case, date(2004, 1, 1))
    assert [one.day.year for one in news] == [2001, 2002, 2003, 2004]
    assert set(news[-1].rows) == set(used_observations(case, date(2004, 1, 1)))
    assert all(one.n_new == 1 and one.reporter == "Bureau" for one in news)


@pytest.mark.slow
def test_later_reports_change_nothing(case: Case) -> None:
    day = date(2002, 6, 1)
    known = tuple(row for row in case.observations if row.published is not None and row.published <= day)
    cut = replace(case, observations=known)
    one, other = (sensitivity_of(each, as_of=day, effort="sketch") for each in (case, cut))
    assert one.last.under == other.last.under
    assert one.moves == other.moves and one.candidates == other.candidates


@pytest.mark.slow
def test_neither_the_order_of_accounts_nor_processes_touch_a_result(case: Case, found: Sensitivity) -> None:
    turned = sensitivity_of(
        replace(case, accounts=tuple(reversed(case.accounts))), effort="sketch", workers=2
    )
    by_name = {under.account: under for under in turned.last.under}
    assert all(by_name[under.account] == under for under in found.last.under)
    assert [one.bits for one in turned.candidates] == pytest.approx([one.bits for one in found.candidates])


def test_a_report_far_ahead_tells_growth_from_none(case: Case, found: Sensitivity) -> None:
    days = candidate_days(case, found.as_of)
    assert len(days) == 8 and days[-1] == case.calendar.finish and days[0] > found.as_of
    bits = {one.day: one.bits_even for one in found.candidates}
    assert set(bits) == set(days)
    assert all(0 <= value <= np.log2(3) for value in bits.values())
    for one in found.candidates:
        low, middle, high = one.expected["many"]
        assert low < middle < high
    assert len(best_of_each(found.candidates)) == 1


def test_at_the_end_of_a_case_no_report_is_to_come(case: Case) -> None:
    assert candidate_days(case, case.calendar.finish) == ()


def test_every_table_says_all_of_itself(found: Sensitivity) -> None:
    tables = tables_of(found)
    assert [table.name for table in tables] == [
        "claims",
        "moves",
        "by quantity",
        "by reporter",
        "reports to come",
    ]
    for table in tables:
        assert all(len(row) == len(table.columns) for row in table.rows) and table.rows
        lines = table.markdown().splitlines()
        assert lines[0].count("|") == lines[1].count("|") == lines[2].count("|")
        assert table.plain(80)[0] == table.title
    assert "growth rate" in found._repr_html_()


def test_the_command_prints_an_object_and_writes_a_table(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "moved.csv"
    line = ["-q", "sensitivity", str(case.folder), "--quick", "--threads", "1", "--as-of", "2002-01-01"]
    assert invoke([*line, "--account", "many", "--json", "--out", str(out)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["schema"] == 1 and printed["as_of"] == "2002-01-01"
    claim = printed["dates"][0]["claims"][0]
    assert claim["id"] == "grows" and set(claim["accounts"]) == {"many"}
    assert {effect["kind"] for effect in claim["accounts"]["many"]["effects"]} == {"input", "constant"}
    assert set(printed["moves"][0]["gained"]) == {"open", "sure", "many"}
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["part"] for row in rows} == {"claim", "move", "report to come"}


def test_what_the_diagnostics_do_not_support_is_not_told(found: Sensitivity) -> None:
    """The account stays in the object, and its place in the tables says why nothing stands there."""
    at = found.last
    fits = {**at.weighing.fits, "open": replace(at.weighing.fits["open"], reliable=False)}
    doubtful = replace(at, weighing=replace(at.weighing, fits=fits))
    tables = {table.name: table for table in tables_of(replace(found, dates=(doubtful,)))}
    row = dict(zip(tables["claims"].columns, tables["claims"].rows[0], strict=True))
    assert row["A"] == "not reliable" and row["B"] != "not reliable"
    assert not any(effect.account == "open" for effect in doubtful.leading("grows", 99))
    assert tables["reports to come"].rows[0][3:6] == ("not reliable",) * 3
    crooked = tuple(replace(one, gap=0.03) for one in found.candidates)
    (table,) = (one for one in tables_of(replace(found, candidates=crooked)) if one.name == "reports to come")
    assert table.rows[0][3:6] == ("not reliable",) * 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--account", "opne"], 'did you mean "open"?'),
        (["--out", "table.txt"], "ends in .csv"),
        (["--as-of", "yesterday"], "YYYY-MM-DD"),
    ],
)
def test_a_wrong_line_is_told(
    case: Case, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["sensitivity", str(case.folder), *options]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_lynx_and_hare_are_told_apart_by_their_rhythm() -> None:
    """As of 1912 two accounts are all but out; over time another date is looked at too."""
    hares = load_case("lynx-hare")
    found = sensitivity_of(hares, as_of=date(1912, 12, 31), effort="sketch", over_time=True)
    assert [at.as_of.year for at in found.dates] == [1911, 1912]
    assert found.moves is not None and found.moves.reached == found.moves.n_news
    for name, gap in found.moves.gaps.items():
        assert abs(gap) < 0.5, name
    assert found.quantities and all(0 <= one.floor < one.shift <= 1 for one in found.quantities)
    assert {table.name for table in tables_of(found)} >= {"claims over time", "quantities over time"}
    weights = np.array(list(found.last.weighing.weights.values()))
    entropy = -float((weights * np.log2(np.maximum(weights, 1e-300))).sum())
    for one in found.candidates:  # nothing tells more than there is to know
        assert one.bits <= entropy + 3 * one.error and one.bits_even <= 2.0
    assert max(one.bits_even for one in found.candidates) > entropy


def test_before_any_report_there_are_only_assumptions(case: Case) -> None:
    found = sensitivity_of(case, as_of=date(2000, 6, 1), effort="sketch", accounts=["open"])
    assert found.moves is None and not found.candidates and found.warnings
    assert [under.account for under in found.last.under] == ["open"]
    assert found.last.leading("grows")[0].name == "growth rate"
    assert [table.name for table in tables_of(found)] == ["claims", "reports to come"]


def test_where_nothing_is_uncertain_and_nothing_claimed_there_is_little_to_say(make_case: MakeCase) -> None:
    rows = [(2001, 2001, 103.0, "", "", "person", "Bureau")]
    bare = make_case({"one": {}, "other": {"start value": "90"}}, rows)
    found = sensitivity_of(bare, effort="sketch")
    assert not found.last.under[0].claims
    assert found.moves is not None and found.moves.reached == 1
    assert found.moves.moves[0].winner == "one"
    assert found.candidates == () or all(one.bits >= 0 for one in found.candidates)
