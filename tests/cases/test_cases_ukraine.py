"""Structural laws of the flagship case: what must hold of it whatever the numbers are."""

from __future__ import annotations

import re
import shutil
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import realities
from realities.case.folder import Case, load_case
from realities.engine.engines import make_simulator
from realities.engine.reference import Event
from realities.trajectories import Trajectories
from realities.weigh.forward import ForwardTask, forward
from realities.weigh.posterior import fit_account

FOLDER = Path(realities.__file__).parent / "cases" / "ukraine-2022"
SECTORS = ("call up", "training", "local", "supply", "territory", "economy", "opinion")
ANNEXED = ("Donetsk", "Luhansk", "Kherson", "Zaporizhzhia")
FRONTS = (
    "north", "Kharkiv front", "Luhansk front", "Lyman pocket", "Donetsk front", "Zaporizhzhia front",
    "right bank", "left bank", "Crimea front",
)  # fmt: skip


@cache
def case() -> Case:
    return load_case(FOLDER)


def run(*outputs: str, hold: dict[str, float] | None = None, **options: Any) -> Trajectories:
    """Run the case's model with all its dated inputs; `hold` keeps variables where they are told."""
    the = case()
    events = [Event(e.parameter, the.calendar.time_of(e.date), e.value) for e in the.events]
    return make_simulator(the.model, outputs=outputs, events=events, hold=hold or {}).run(**options)


def on(day: str) -> int:
    """Return which save point (every four days) comes on or just before a day."""
    return int(case().calendar.time_of(date.fromisoformat(day)) // 4)


def prior_draws(account: str, n_draws: int = 64) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {name: prior.ppf(rng.random(n_draws)) for name, prior in case().priors(account).items()}


def test_the_case_loads_without_a_warning() -> None:
    assert case().warnings == ()
    assert case().late_findings == ()
    assert case().without_date < len(case().observations) / 10


def test_every_equation_says_what_it_is_and_where_it_comes_from() -> None:
    kinds = re.compile(r"\[[^\[\]]*(post|literature|assumed|source|definition)[^\[\]]*\]$")
    shown = [v for v in case().model.variables if not v.is_hidden and v.group != "Control"]
    shown = [v for v in shown if not v.name.startswith("_") and v.doc]
    assert len(shown) > 400
    for variable in shown:
        if variable.base in ("INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER"):
            continue
        assert variable.unit is not None, variable.name
        assert kinds.search(variable.doc.strip()), f"{variable.name}: {variable.doc}"


def test_every_source_that_an_equation_names_is_in_the_list() -> None:
    tags = {v.name: re.findall(r"\[([^\[\]]*)\]$", v.doc.strip()) for v in case().model.variables if v.doc}
    named = {
        name: [word for tag in found for word in re.findall(r"[a-z0-9]+(?:_[a-z0-9]+)+", tag)]
        for name, found in tags.items()
    }
    unknown = {name: word for name, words in named.items() for word in words if word not in case().sources}
    assert not unknown
    works = re.compile(r"(source|literature)[:,]")
    for name, found in tags.items():
        for tag in found:
            known = set(re.findall(r"\w+", tag)) & set(case().sources)
            assert known or not works.match(tag), f"{name}: {tag} names no entry of sources.bib"


def test_the_model_stays_within_its_budget() -> None:
    shown = [v for v in case().model.variables if not v.is_hidden]
    assert sum(v.kind != "constant" for v in shown) <= 260
    for account in case().accounts:
        uncertain = [name for name, prior in case().priors(account.id).items() if prior.fixed is None]
        assert len(uncertain) <= 13, (account.id, uncertain)


#: What lies between nothing and all, besides whatever has `share` in its name.
PARTS = {
    "adequacy", "mean adequacy", "mean skill", "entry skill", "held part", "Fortification", "Momentum",
    "mean momentum", "Crossing capacity", "Lyman used", "Lyman lost", "Readiness to recruit", "Turned",
    "Sanctions bite", "Adaptation", "Leader survival", "War survival", "No escalation", "Internal peace",
    "fear of call up", "shortage of troops", "annexed reach", "Columns on the move", "war goes on",
    "leader in office", "no nuclear use", "state at peace within",
}  # fmt: skip


@pytest.mark.parametrize("account", ["author", "analyst", "commenter", "decree", "reference"])
def test_no_prior_draw_leaves_less_than_nothing_in_a_stock_or_a_share_beyond_all(account: str) -> None:
    moving = [v for v in case().model.variables if v.kind in ("stock", "auxiliary")]
    stocks = {v.name for v in moving if v.kind == "stock"}
    shares = {v.name for v in moving if not v.is_hidden and (v.base in PARTS or "share" in v.base)}
    assert len(stocks) > 70 and len(shares) > 60
    result = run(*(stocks | shares), parameters=prior_draws(account), n_draws=64)
    assert not result.failed.any()
    least = {name: result[name].min() for name in stocks | shares}
    assert not {name: value for name, value in least.items() if value < 0}
    assert not {name: result[name].max() for name in shares if result[name].max() > 1 + 1e-12}


def summed(result: Trajectories, flow: str) -> np.ndarray:
    """Return what a flow has brought by each time: by Euler's method, exactly what a stock would hold."""
    steps = result[flow][:, :-1] * np.diff(result.times)
    return np.concatenate([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)], axis=1)


def every_step(*outputs: str) -> Trajectories:
    """Run prior draws of the widest account, and keep every step."""
    every = np.arange(0.0, 1773.0, 2.0)
    return run(*outputs, parameters=prior_draws("author", 8), n_draws=8, save_times=every)


def test_no_ukrainian_soldier_is_lost_or_made_up() -> None:
    men = ["Deployed", "In care", "Killed", "Captured", "Absent", "Casualties", "back from care"]
    names = [f"{name}[Ukraine]" for name in men]
    constants = ["initial force[Ukraine]", "Ukrainian surge", "Ukrainian base intake"]
    now = every_step(*names, "Surge left", "returned share", *constants)
    came = now["initial force[Ukraine]"] + now["Ukrainian surge"] - now["Surge left"]
    came = came + now["Ukrainian base intake"] * now.times
    not_back = summed(now, "back from care[Ukraine]") * (1 / now["returned share"] - 1)
    where = sum(now[f"{name}[Ukraine]"] for name in ("Deployed", "In care", "Killed", "Captured", "Absent"))
    np.testing.assert_allclose(where + not_back, came, rtol=1e-9)


def test_no_russian_soldier_is_lost_or_made_up() -> None:
    men = ["Deployed", "In care", "Killed", "Captured", "Absent", "back from care"]
    flows = ["paid recruits", "contract exits", "call up rate", "graduation"]
    stocks = ["Called up", "In training", "Local troops", "Conscripted[Donetsk]", "Conscripted[Luhansk]"]
    stocks += ["Conscripted[Kherson]", "Conscripted[Zaporizhzhia]"]
    constants = ["initial force[Russia]", "first local troops", "local absence", "returned share"]
    now = every_step(*[f"{name}[Russia]" for name in men], *flows, *stocks, *constants)
    came = now["initial force[Russia]"] + summed(now, "paid recruits") + now["Called up"]
    trained = summed(now, "paid recruits") + now["Called up"] - summed(now, "graduation")
    np.testing.assert_allclose(now["In training"], trained, rtol=1e-9, atol=1e-4)
    came = came + now["first local troops"] + sum(now[name] for name in stocks if "Conscripted" in name)
    not_back = summed(now, "back from care[Russia]") * (1 / now["returned share"] - 1)
    slipped_away = now["local absence"] * np.concatenate(
        [np.zeros((8, 1)), np.cumsum(now["Local troops"][:, :-1] * np.diff(now.times), axis=1)], axis=1
    )
    where = sum(now[f"{name}[Russia]"] for name in ("Deployed", "In care", "Killed", "Captured", "Absent"))
    where = where + now["In training"] + now["Local troops"] + summed(now, "contract exits")
    np.testing.assert_allclose(where + not_back + slipped_away, came, rtol=1e-9)


def test_whoever_leaves_the_pool_of_men_is_in_the_army_or_abroad() -> None:
    names = ["Men to call on", "Called up", "Abroad", "paid recruits", "contract exits"]
    constants = ["men to call on at first", "call up age among leavers"]
    now = every_step(*names, *constants)
    left = now["Called up"] + summed(now, "paid recruits") - summed(now, "contract exits")
    left = left + now["call up age among leavers"] * now["Abroad"]
    np.testing.assert_allclose(now["Men to call on"] + left, now["men to call on at first"], rtol=1e-12)
    assert (now["Men to call on"] < now["men to call on at first"])[:, -1].all()


def test_areas_add_up() -> None:
    fronts = [f"Held[{front}]" for front in FRONTS]
    before = ["held before[Donetsk]", "held before[Luhansk]"]
    result = run("area held total", *fronts, *before)
    total = sum(result[name][0] for name in (*fronts, *before))
    np.testing.assert_allclose(result["area held total"][0], total)


def test_what_is_declared_and_not_held_is_the_gap() -> None:
    result = run("area declared", "area held of declared", "area declared not held")
    declared, held, gap = (result[name][0] for name in result.values)
    after = on("2022-10-02")
    assert (gap[: on("2022-09-29")] == 0).all()
    np.testing.assert_allclose(gap[after:], declared[after:] - held[after:])
    assert gap[after] > 1000


ARMY = tuple(f"{name}[{side}]" for name in ("Deployed", "Killed", "Absent") for side in ("Russia", "Ukraine"))
LAND = tuple(f"Held[{front}]" for front in FRONTS)
TAKEN = tuple(f"Conscripted[{oblast}]" for oblast in ANNEXED)

#: By sector: what its switch brings to one value for good, and what it must leave exactly as it was.
SWITCHED_OFF: dict[str, tuple[dict[str, float], tuple[str, ...]]] = {
    "call up": (
        dict.fromkeys(("Called up", "Call ups in zone", "fear of call up", "Abroad"), 0),
        (*TAKEN, "Crossing capacity", "Surge left", "Readiness to recruit"),
    ),
    "training": ({"entry skill": 1, "mean skill": 1}, ("Called up", "Left since invasion", *TAKEN)),
    "local": (dict.fromkeys(TAKEN, 0), ("Called up", "Left since invasion", "Crossing capacity")),
    "supply": (
        {f"{name}[{front}]": value for name, value in (("adequacy", 1), ("Deficit", 0)) for front in FRONTS},
        ("Called up", "Left since invasion", *TAKEN),
    ),
    "territory": (
        {f"{name}[{front}]": 0 for name in ("push", "collapse") for front in FRONTS},
        ("Called up", "Left since invasion", *TAKEN),
    ),
    "economy": ({}, ("Called up", "Abroad", *TAKEN, *ARMY, *LAND)),
    "opinion": ({"approval": 72}, ("Called up", "Left since invasion", *TAKEN)),
}  # fmt: skip


@cache
def as_usual() -> Trajectories:
    return run("output index", *{name for gone, kept in SWITCHED_OFF.values() for name in (*gone, *kept)})


@pytest.mark.parametrize("sector", SECTORS)
def test_a_sector_switched_off_takes_its_own_effects_with_it_and_no_others(sector: str) -> None:
    gone, kept = SWITCHED_OFF[sector]
    with_it, without = as_usual(), run(*gone, *kept, "output index", hold={f"{sector} sector": 0.0})
    assert not without.failed.any()
    for name, value in gone.items():
        np.testing.assert_allclose(without[name], value, rtol=1e-12, atol=1e-12, err_msg=name)
    moved = {name.split("[")[0] for name, value in gone.items() if not np.allclose(with_it[name], value)}
    assert moved == {name.split("[")[0] for name in gone}  # not on every front, but on some
    assert not np.allclose(with_it["output index"], without["output index"])
    for name in kept:
        np.testing.assert_array_equal(without[name], with_it[name], err_msg=name)


def test_without_the_economy_output_is_on_its_path_without_war() -> None:
    constants = ["output at first", "potential growth", "year length"]
    now = run("output index", *constants, hold={"economy sector": 0.0})
    path = now["output at first"] * (1 + now["potential growth"] * now.times / now["year length"])
    np.testing.assert_allclose(now["output index"], path)


def test_no_hub_gets_anything_that_no_open_route_leads_to() -> None:
    routes = [v.name for v in case().model.variables if v.base == "route capacity"]
    ends = [re.split(r" to |\[|\]", name)[1:3] for name in routes]
    hubs = sorted({far for _, far in ends})
    sources = {near for near, _ in ends} - set(hubs)
    assert len(routes) == 12 and len(hubs) == 6 and sources == {"Belgorod", "Valuyki", "Luhansk"}
    is_open = np.array([[choice >> k & 1 for k in range(12)] for choice in range(2**12)], dtype=bool)
    reached = {place: np.full(len(is_open), place in sources) for pair in ends for place in pair}
    for _ in hubs:
        for k, (near, far) in enumerate(ends):
            reached[far] = reached[far] | (reached[near] & is_open[:, k])
    whole = run(*routes, save_times=np.array([0.0]))
    cut = {name: is_open[:, k] * whole[name][0, 0] for k, name in enumerate(routes)}
    flows = [f"route flow[{near} to {far}]" for near, far in ends]
    names = [f"Reaching[{hub}]" for hub in hubs]
    result = run(*names, *flows, parameters=cut, n_draws=len(is_open), save_times=np.array([60.0]))
    for hub, name in zip(hubs, names, strict=True):
        assert (result[name][~reached[hub]] == 0).all(), hub
        assert result[name][-1] > 0 or hub == "Lyman", hub  # with every route open; Lyman was taken later
    for k, flow in enumerate(flows):
        closed = ~is_open[:, k] | ~reached[ends[k][0]]
        assert (result[flow][closed] == 0).all() and (result[flow][-1] > 0).all(), flow


def test_nothing_passes_through_hubs_that_are_lost() -> None:
    lost = {"control share[Kupiansk]": 0.0, "control share[Starobilsk]": 0.0}
    result = run(*[f"Reaching[{hub}]" for hub in ("Izium", "Svatove", "Kreminna", "Lyman")], hold=lost)
    assert all((values == 0).all() for values in result.values.values())


def test_losing_one_hub_starves_what_lies_behind_it_and_nothing_else() -> None:
    behind = [f"Reaching[{hub}]" for hub in ("Izium", "Lyman", "Svatove")]
    elsewhere = "Reaching[Starobilsk]"
    when = on("2022-08-01")
    with_it, without = run(*behind, elsewhere), run(*behind, elsewhere, hold={"control share[Kupiansk]": 0.0})
    for name in behind:
        assert without[name][0, when] < 0.7 * with_it[name][0, when], name
    np.testing.assert_allclose(without[elsewhere][0, when], with_it[elsewhere][0, when], rtol=0.02)


@pytest.mark.parametrize("without_it", [{"decree in force": 0.0}, {"decree size": 1e-9}])
def test_without_a_call_up_nobody_is_called_up_trained_or_sent(without_it: dict[str, float]) -> None:
    stages = ["Called up", "Call ups in training", "Call ups in zone", "Departures since decree"]
    with_it, without = run(*stages), run(*stages, hold=without_it)
    assert all(with_it[name].max() > 1000 for name in stages)
    assert all(without[name].max() < 1e-6 for name in stages[:3])
    if "decree in force" in without_it:  # a decree that takes nobody may still frighten
        assert with_it[stages[3]][0, -1] > without[stages[3]][0, -1] + 1e5


def test_the_feedback_loops_bite() -> None:
    losses = "Casualties[Russia]"
    hasty = run(losses, "training in use", hold={"haste": 0.0})
    usual = run(losses, "training in use")
    assert usual["training in use"][0, on("2022-10-01")] < hasty["training in use"][0, on("2022-10-01")]  # R1
    kept = run("local balance[Luhansk front]", "line length", hold={"thin line effect": 0.0})
    thin = run("local balance[Luhansk front]", "line length")
    early, late = on("2022-03-20"), on("2022-12-31")
    assert thin["line length"][0, late] < thin["line length"][0, early]  # B3: a shorter line ...
    name = "local balance[Luhansk front]"
    assert thin[name][0, early] < kept[name][0, early] and thin[name][0, late] > kept[name][0, late]  # holds
    aloof, moved = run("Aid", hold={"aid response": 0.0}), run("Aid")
    assert moved["Aid"][0, on("2022-11-30")] > aloof["Aid"][0, on("2022-11-30")]  # R7
    shut, open_ = run("Known dead", hold={"disclosure at first": 0.1}), run("Known dead", "approval")
    assert open_["Known dead"][0, -1] > shut["Known dead"][0, -1]  # R6


def test_lock_in_makes_the_war_last_longer() -> None:
    bound, free = run("War survival"), run("War survival", hold={"annexation binds successors": 0.0})
    assert bound["War survival"][0, -1] > free["War survival"][0, -1]


def test_the_roll_of_the_dice_gives_chances_equal_to_the_survivals() -> None:
    pairs = {
        "leader in office": "Leader survival",
        "war goes on": "War survival",
        "no nuclear use": "No escalation",
        "state at peace within": "Internal peace",
    }
    result = run(*pairs, *pairs.values(), n_draws=16_000, seed=3)
    for event, survival in pairs.items():  # 0.02: five standard errors of a share of 16,000 draws
        np.testing.assert_allclose(result[event].mean(axis=0), result[survival][0], atol=0.02)


def test_a_shorter_time_step_moves_little() -> None:
    names = [m.variable for q, m in case().measures.items() if "town" not in q]
    usual, finer = run(*names), run(*names, hold={"TIME STEP": 1.0})
    for name in names:
        a, b = usual[name][0], finer[name][0]
        assert np.abs(a - b).max() <= 0.02 * np.abs(b).max(), name


@pytest.mark.slow
@pytest.mark.parametrize("account", ["author", "analyst", "commenter", "decree", "reference"])
def test_halving_the_time_step_moves_no_claims_chance_by_more_than_two_in_a_hundred(
    account: str, tmp_path: Path
) -> None:
    """The law as `bench/timestep.py` measures it: the same draws of a fit, at the case's step and at half."""
    shutil.copytree(FOLDER, tmp_path / "finer")
    model = tmp_path / "finer" / "model.mdl"
    text, found = re.subn(r"(?m)^TIME STEP = 2$", "TIME STEP = 1", model.read_text(encoding="utf-8"))
    assert found == 1
    model.write_text(text, encoding="utf-8")
    fit = fit_account(case(), account, as_of=date(2022, 10, 5), seed=1, effort="sketch")
    task = ForwardTask(fit, date(2022, 10, 5), 2000, seed=1, with_pairs=True)
    usual, finer = (forward(one, task).chances for one in (case(), load_case(tmp_path / "finer")))
    assert len(usual) > 40 and usual.keys() == finer.keys()
    moved = {claim: abs(usual[claim] - finer[claim]) for claim in usual}
    assert not {claim: move for claim, move in moved.items() if move > 0.02}


def test_a_dated_input_is_left_out_before_it_was_published() -> None:
    assert [e.parameter for e in case().events_as_of(date(2022, 9, 20))] == ["bridges damaged"]
    assert len(case().events_as_of(date(2022, 10, 1))) == 3
    result = make_simulator(case().model, outputs=["Called up", "area declared"]).run()
    assert result["Called up"].max() == 0 and result["area declared"].max() == 0


def test_reports_are_not_dated_before_what_they_speak_of() -> None:
    for row in case().observations:
        if row.published is not None:
            # a mean is placed in the middle of its four weeks, a year's output in mid-year
            assert row.published >= row.happened - timedelta(days=1), (row.quantity, row.happened)
    uncertain = [row for row in case().observations if row.published is None]
    assert all("not established" in row.note for row in uncertain)


def test_reporters_that_repeat_others_are_declared() -> None:
    measure = case().measures["ru_losses_rate"]
    assert measure.reporters["UK MoD monthly chart"].copies == "Ukrainian General Staff"
    used = {row.reporter for row in case().as_of(case().latest_published)}
    assert "UK MoD monthly chart" not in used and "Ukrainian General Staff" in used


def test_reporters_that_share_what_they_know_share_an_origin() -> None:
    for quantity in ("ru_casualties_cum", "ru_deaths_cum"):
        reporters = case().measures[quantity].reporters
        shared = {name for name, one in reporters.items() if one.origin is not None and one.copies is None}
        assert {"US officials", "UK Ministry of Defence", "Pentagon leak", "CSIS"} <= shared
        assert "Russian Ministry of Defence" not in shared


def test_a_town_is_held_contested_or_free_where_its_share_says_so() -> None:
    towns = {q: m for q, m in case().measures.items() if q.startswith("control_share_town")}
    lines = {q: measure.variable for q, measure in towns.items()}
    shares = {q: f"control share{q.removeprefix('control_share_town')}" for q in towns}
    assert len(towns) == 4
    result = run(*lines.values(), *shares.values())
    for quantity, measure in towns.items():
        assert measure.kind == "ordinal" and measure.levels is not None
        cut_off = np.clip(result[lines[quantity]], 0.0, 1.0)
        np.testing.assert_allclose(cut_off, result[shares[quantity]], atol=1e-9)
        rows = [row for row in case().observations if row.quantity == quantity]
        stated = {figure for row in rows for figure in (row.value, row.low, row.high)} - {None}
        assert stated <= set(measure.levels.levels)


def test_every_claim_of_the_exchange_is_there_and_most_can_be_decided() -> None:
    heads = {claim.id.split("-")[0] for claim in case().claims}
    wanted = {f"s{k:02d}" for k in range(1, 49)} - {"s28", "s37"}
    wanted |= {f"s28{c}" for c in "abcde"} | {f"s37{c}" for c in "abcd"}
    wanted |= {f"n{k:02d}" for k in range(1, 7)} | {f"r{k:02d}" for k in range(1, 19)}
    assert heads == wanted and len(wanted) == 79
    assert sum(claim.predicate is not None for claim in case().claims) >= 40
    assert {claim.account for claim in case().claims} <= {account.id for account in case().accounts}


def test_claims_are_made_when_their_speakers_spoke() -> None:
    for claim in case().claims:
        expected = date(2022, 10, 5) if claim.id[0] in "nr" else date(2022, 10, 1)
        assert claim.made == expected, claim.id


def test_every_assumption_says_why_and_where() -> None:
    for account in case().accounts:
        for assumption in account.assumptions.values():
            assert assumption.because and assumption.locator, (account.id, assumption.parameter)


def test_the_map_and_the_model_speak_of_one_network() -> None:
    network = case().network
    assert network is not None
    features: Any = network["features"]
    closing = [f["properties"] for f in features if "closes" in f["properties"]]
    named = {properties["closes"]["constant"]: properties for properties in closing}
    routes = {v.name: v for v in case().model.variables if v.base == "route capacity"}
    assert set(named) == set(routes)
    result = run(*routes)
    for name, properties in named.items():
        assert result[name][0, 0] == properties["capacity"], name


def test_the_notice_names_every_compiled_source() -> None:
    notice = (FOLDER / "NOTICE").read_text(encoding="utf-8")
    for key in (
        "econ_area",
        "petro_personnel",
        "liveuamap",
        "nzz",
        "deepstate",
        "oblast_polygons",
        "Castellum",
    ):
        assert key in notice
