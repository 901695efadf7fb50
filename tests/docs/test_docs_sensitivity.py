"""The page on what results hang on says what the code does: its commands, options and numbers are there."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from realities.case.folder import load_case
from realities.cli import invoke
from realities.weigh.sensitivity import analysis, assumptions, pawn, separating, walk
from realities.weigh.sensitivity.analysis import sensitivity_of
from realities.weigh.sensitivity.tables import MOST_EFFECTS, tables_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "explain" / "sensitivity.md").read_text(encoding="utf-8")
DECISION = " ".join(
    (ROOT / "docs" / "decisions" / "0114-what-results-hang-on.md").read_text(encoding="utf-8").split()
)


def test_every_command_takes_the_options_shown(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.split()[1:] for line in TEXT.split("\n") if line.startswith("    realities")]
    assert len(lines) == 2
    assert invoke(["sensitivity", "--help"]) == 0
    shown = capsys.readouterr().out
    named = {word for line in lines for word in line if word.startswith("--")}
    named |= set(re.findall(r"`(--[a-z-]+)", TEXT))
    assert {"--json", "--timeline", "--out", "--account"} <= named
    assert all(option in shown for option in named), named
    for link in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (ROOT / "docs" / "explain" / link).exists(), link


def test_its_numbers_are_those_of_the_code() -> None:
    assert "eight days up to the end" in TEXT and separating.N_DAYS == 8
    assert "correlation of 0.5 and more" in " ".join(TEXT.split()) and assumptions.CORRELATED == 0.5
    assert "Each claim has its five" in TEXT and MOST_EFFECTS == 5
    assert "lowest and in the highest fifth" in TEXT and assumptions.PART == 0.2


def test_the_decisions_numbers_are_those_of_the_code() -> None:
    assert "(ten slices, median)" in DECISION and pawn.SLICES == 10
    assert "ten copies that do nothing" in DECISION and pawn.COPIES == 10
    assert "their mean by five standard deviations" in DECISION and pawn.DEVIATIONS == 5.0
    assert "from four standard errors on, and from 2 in 100" in DECISION
    assert (assumptions.STANDARD_ERRORS, assumptions.LEAST_MOVE) == (4.0, 0.02)
    assert "misses this by more than 0.02" in DECISION and separating.LARGEST_GAP == 0.02
    assert "fewer than 40 draws stay effective (80 in a default run)" in DECISION
    assert (walk.QUICK_REACH[1], walk.REACH[1]) == (40, 80)
    assert "worse than another by 2 and was not fitted" in DECISION and walk.SURPRISE == 2.0
    assert "more than 0.3 and four standard errors" in DECISION
    assert (analysis.LARGEST_GAP, analysis.STANDARD_ERRORS) == (0.3, 4.0)


# -- the committed tables -------------------------------------------------------------------------

FOLDER = ROOT / "docs" / "cases" / "tables"
CASES = ("ukraine-2022", "ehrlich-simon", "lynx-hare")


def sections(text: str) -> dict[str, list[list[str]]]:
    """Return the rows of every table of a page, by the heading above it."""
    found: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for line in text.split("\n"):
        if line.startswith("## "):
            rows = found.setdefault(line[3:], [])
        elif line.startswith("| "):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return {title: table[2:] for title, table in found.items() if len(table) > 2}


def committed(name: str) -> dict[str, list[list[str]]]:
    return sections((FOLDER / f"{name}-sensitivity.md").read_text(encoding="utf-8"))


def starting(tables: dict[str, list[list[str]]], start: str, end: str = "") -> list[list[str]]:
    """Return the rows of the table whose heading begins, and ends, so."""
    return next(rows for title, rows in tables.items() if title.startswith(start) and end in title)


@pytest.mark.parametrize("name", CASES)
def test_the_committed_tables_have_every_claim_with_a_predicate(name: str) -> None:
    case = load_case(name)
    wanted = [claim.id for claim in case.claims if claim.predicate is not None]
    tables = [rows for title, rows in committed(name).items() if title.startswith("Which assumptions move")]
    assert len(tables) == 2
    for rows in tables:
        assert [row[0] for row in rows] == wanted
        assert all(row[-1].count(";") < MOST_EFFECTS for row in rows)


@pytest.mark.parametrize("name", CASES)
def test_the_committed_tables_speak_of_reports_that_are_there(name: str) -> None:
    case = load_case(name)
    published = {(str(row.published), row.quantity, row.reporter) for row in case.observations}
    happened = {(str(row.happened), row.quantity, row.reporter) for row in case.observations}
    moves = starting(committed(name), "Which reports moved the weights")
    single = [tuple(row[:3]) for row in moves if row[1] in case.measures]
    assert len(single) >= len(moves) / 2
    assert set(single) <= published | happened
    to_come = starting(committed(name), "Which report still to come")
    assert {row[0] for row in to_come} <= set(case.measures)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "day"),
    [("ukraine-2022", "2022-10-05"), ("ehrlich-simon", "1980-09-29"), ("lynx-hare", "1921-12-31")],
)
def test_the_tables_made_anew_say_what_is_committed(name: str, day: str) -> None:
    """Another processor may take another path, and near ties change places: so no digit is compared."""
    found = sensitivity_of(load_case(name), as_of=date.fromisoformat(day), effort="quick")
    new = {table.name: [list(row) for row in table.rows] for table in tables_of(found)}
    old = starting(committed(name), "Which assumptions move each claim", day)
    assert [row[:1] for row in old] == [row[:1] for row in new["claims"]]
    again = {row[0]: row[-1] for row in new["claims"]}
    known = [name_of(effects) in again[claim] for claim, *_, effects in old if effects]
    assert sum(known) >= 0.8 * len(known)
    assert starting(committed(name), "Which report still to come", day)[0][0] in {
        row[0] for row in new["reports to come"][:4]
    }


def name_of(effects: str) -> str:
    """Return the first assumption of a cell: what stands before its first value."""
    return re.split(r" (?=[-\d~])", effects)[0]
