"""What the pages of the cases and the README say in figures is what a table made by a command says.

The tables of docs/cases/tables are made by `python docs/tables.py`, and the slow tests make them anew
(`test_docs_tables.py`). Here prose is held against them: counts and percentages wherever they stand, and
what a run gives (`bench/outcome.py`) sentence by sentence, put together from the cells of its table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = ROOT / "docs" / "cases"
PAGES = sorted(path.stem for path in CASES.glob("*.md"))
#: Counts that no table holds, with what does: by page.
ELSEWHERE = {
    "ehrlich-simon": {"363 of 1980"},  # dollars of a year
    "ukraine-2022": {"31 of 51"},  # of bands that were replaced, told where that is
}


@cache
def page(name: str) -> str:
    """Return the page of a case on one line."""
    return " ".join((CASES / f"{name}.md").read_text(encoding="utf-8").split())


@cache
def tables(name: str) -> str:
    return "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((CASES / "tables").glob(f"{name}-*.md"))
    )


def cells(table: str, heading: str) -> Iterator[list[str]]:
    """Give the rows of the table below a heading, the head first."""
    text = (CASES / "tables" / f"{table}.md").read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1]
    for line in text.split("\n## ")[0].splitlines():
        if line.startswith("|") and not line.startswith("| ---"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def cell(table: str, heading: str, row: str, column: str) -> str:
    head, *rows = cells(table, heading)
    return next(one[head.index(column)] for one in rows if one[0] == row)


@pytest.mark.parametrize("name", PAGES)
def test_a_count_in_prose_is_one_of_a_table(name: str) -> None:
    known = tables(name)
    for found in re.finditer(r"\b(\d+) of (\d+)\b", page(name)):
        if found[0] in ELSEWHERE.get(name, ()):
            continue
        share = rf"\| {found[2]} \|.* {round(100 * int(found[1]) / int(found[2]))} %"
        assert found[0] in known or re.search(share, known), found[0]


@pytest.mark.parametrize("name", PAGES)
def test_a_percentage_in_prose_is_one_of_a_table(name: str) -> None:
    for found in re.finditer(r"(?<![\d.])(-?\d+) %|\((-\d+)\)", page(name)):
        number = found[1] or found[2]
        assert re.search(rf"(?<![\d.-]){number} %", tables(name)), found[0]


def test_the_weights_and_skills_beside_lines_are_those_of_the_forecasts() -> None:
    row = r"\| (\d{4}-\d\d-\d\d) \| ([^|]+) \| (\d+) % \| (\d+) \| (\d+) \|"
    rows = re.findall(row, page("ukraine-2022"))
    assert len(rows) == 4
    for day, weights, inside, last, trend in rows:
        text = tables("ukraine-2022").split(f"## As of {day}: all, by weight\n", 1)[1].split("\n## ")[0]
        told = re.search(r"Weights in 100: (.+)\.", text)
        assert told is not None
        shown = sorted(told[1].split(", "), key=lambda one: -float(one.split()[-1].replace("<", "0.")))
        assert sorted(weights.split(", ")) == sorted(shown[:3]), day
        whole = r"everything but bounds \| \**\d+ of \d+ \((\d+) %\).* (-?\d+) % \| (-?\d+) %"
        found = re.search(whole, text)
        assert found is not None and found.groups() == (inside, last, trend), day


def test_the_bands_in_the_readme_are_those_of_the_coverage() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = re.search(r"hold (\d+) % of (\d+); (\d+) % of (\d+), .*docs/tables.py ([\w-]+)`", readme)
    assert told is not None
    text = (CASES / "tables" / f"{told[5]}.md").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| everything but bounds |"))
    shares = re.findall(r"of (\d+) \((\d+) %\)", row)
    assert shares[1:3] == [(told[2], told[1]), (told[4], told[3])]


def test_how_many_figures_weigh_is_what_the_table_of_reports_says() -> None:
    sentence = r"lets (\d+) figures from some fifty reporters, (\d+) of which weigh"
    told = re.search(sentence, page("ukraine-2022"))
    assert told is not None
    last = [line for line in tables("ukraine-2022").splitlines() if line.startswith("| *all* |")]
    assert [line.split(" | ")[2:4] for line in last] == [[told[1], told[2]]]


RUN = "Chances in 100 when a claim was made"


def test_what_comes_out_of_the_wager_is_what_its_run_gives() -> None:
    names, table = ("scarcity", "ingenuity", "reference"), "ehrlich-simon-run"
    dearer = [cell(table, RUN, "wager-basket-dearer", name) for name in names]
    now = [cell(table, "Weights in 100", "2024-01-31", name).replace("<", "less than ") for name in names]
    brier = [cell(table, "Scores", "Brier score of chances when made", name) for name in names]
    crps = [cell(table, "Scores", "CRPS of the reports published next", name) for name in names]
    for sentence in (
        "the basket costing more in 1990 had {} chances in 100 under scarcity, {} under ingenuity, {} under "
        "the reference.".format(*dearer),
        "As of January 2024 they are {} in 100 for scarcity, {} for ingenuity and {} for the "
        "reference.".format(*now),
        f"Brier score of claims {brier[1]} against {brier[0]} for scarcity and {brier[2]} for the reference",
        f"CRPS of the reports published next {crps[1]} against {crps[0]} and {crps[2]}.",
    ):
        assert sentence in page("ehrlich-simon")


def test_what_is_told_of_the_pelts_is_what_their_run_gives() -> None:
    names, table = ("predation", "follow", "own-cycles", "steady"), "lynx-hare-run"
    evidence = [cell(table, "Log evidences", "1921-12-31", name) for name in names]
    chances = [cell(table, RUN, "seton-every-ten-years", name) for name in names]
    for sentence in (
        "{} for *predation*, {} for *lynx follow*, {} for *own cycles*, {} for *steady*".format(*evidence),
        "{} chances in 100 under *predation*, {} under *lynx follow*, {} under *own cycles*, {} under "
        "*steady*.".format(*chances),
    ):
        assert sentence in page("lynx-hare")


def above_reference(day: str, account: str) -> float:
    """Return by how much an account's log evidence exceeds the reference's in the flagship's run."""
    row = [cell("ukraine-2022-run", "Log evidences", day, name) for name in (account, "reference")]
    return float(row[0]) - float(row[1])


def test_what_is_told_of_the_flagships_evidences_is_what_its_run_gives() -> None:
    first, last = "2022-10-05", "2026-08-22"
    for sentence in (
        f"the author's account is {above_reference(first, 'author'):.1f} above the reference",
        f"the official account is {-above_reference(first, 'decree'):.1f} below.",
        f"the author's lies {-above_reference(last, 'author'):.1f} below the reference and the official one "
        f"{-above_reference(last, 'decree'):.1f}.",
    ):
        assert sentence in page("ukraine-2022")
    assert all(abs(above_reference(first, name)) < 2 for name in ("analyst", "commenter"))
