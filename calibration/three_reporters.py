"""A case of three reporters who cannot agree on a weekly toll, written to a folder.

Two accounts: the toll per week is constant, or it changed once, halfway. A ministry and the press report
weekly figures, each with a bias of its own, the ministry's drifting, both sharing the model's error; an
archive confirms deaths one by one, late and only some. Shared by the job and the tests; the figures in the
folder are placeholders, which `imagined.py` replaces. The numbers are made up.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

START = date(2020, 1, 6)
N_WEEKS, EVERY = 30, 2

CASE = """[case]
title = "A toll in three versions"
question = "Did the toll change halfway?"
model = "model.mdl"
accounts = ["constant", "changed"]
start = 2020-01-06
finish = 2020-08-31
time_unit = "week"
[run]
draws = 400
seed = 1
"""
MODEL = """{UTF-8}
Deaths = INTEG(deaths per week, 0) ~ person ~ Everybody who died. |
deaths per week = base toll * IF THEN ELSE(Time >= change time, change factor, 1)
    ~ person/Week ~ Constant, but for one step. |
base toll = 500 ~ person/Week ~ |
change factor = 1 ~ 1 ~ |
change time = 14 ~ Week ~ |
INITIAL TIME = 0 ~ Week ~ |
FINAL TIME = 34 ~ Week ~ |
TIME STEP = 1 ~ Week ~ |
SAVEPER = 1 ~ Week ~ |
"""
MEASURES = """["toll"]
expression = "deaths per week"
unit = "person/Week"
discrepancy = { sd = 0.2, timescale_days = 30 }
[toll.reporters.Ministry]
bias = "lognormal(median=0.6, sigma=0.4)"
noise = "lognormal(median=0.1, sigma=0.3)"
drift = true
[toll.reporters.Press]
bias = "lognormal(median=1.4, sigma=0.4)"
noise = "lognormal(median=0.2, sigma=0.3)"
["confirmed"]
expression = "Deaths"
unit = "person"
kind = "count"
delay = "lognormal(median=40, sigma=0.4)"
reporters."Archive" = { bias = "beta(6, 9)", noise = "lognormal(median=0.1, sigma=0.3)" }
"""
COMMON = {"base toll": "lognormal(median=500, sigma=0.7)"}
ACCOUNTS = {"constant": {}, "changed": {"change factor": "lognormal(median=1, sigma=0.5)"}}
COLUMNS = "happened,published,quantity,value,low,high,unit,reporter,source,note"


def write_case(folder: Path) -> Path:
    """Write the case into a new folder and return it."""
    (folder / "accounts").mkdir(parents=True)
    (folder / "case.toml").write_text(CASE)
    (folder / "model.mdl").write_text(MODEL)
    (folder / "measures.toml").write_text(MEASURES)
    (folder / "claims.toml").write_text("")
    (folder / "sources.bib").write_text("@misc{made, title={Made up}, author={Nobody}, year={2020}}\n")
    (folder / "accounts" / "common.toml").write_text(_assumed(COMMON))
    for name, priors in ACCOUNTS.items():
        head = f'name = "{name}"\nsummary = "One view."\nsource = "made"\n'
        (folder / "accounts" / f"{name}.toml").write_text(head + _assumed(priors))
    (folder / "observations.csv").write_text("\n".join([COLUMNS, *_rows()]) + "\n")
    return folder


def _assumed(priors: dict[str, str]) -> str:
    lines = [
        f'[assume."{name}"]\nprior = "{text}"\nbecause = "Made up."\nlocator = "nowhere"\n'
        for name, text in priors.items()
    ]
    return "".join(lines)


def _rows() -> list[str]:
    rows = []
    for week in range(EVERY, N_WEEKS + 1, EVERY):
        day = START + timedelta(weeks=week)
        rows.append(f"{day},{day + timedelta(days=3)},toll,300,,,person/Week,Ministry,made,")
        rows.append(f"{day},{day + timedelta(days=5)},toll,700,,,person/Week,Press,made,")
        if week % (2 * EVERY) == 0:  # first known after a week, and once more after two months
            rows.append(f"{day},{day + timedelta(days=7)},confirmed,{50 * week},,,person,Archive,made,")
            rows.append(f"{day},{day + timedelta(days=63)},confirmed,{70 * week},,,person,Archive,made,")
    return rows
