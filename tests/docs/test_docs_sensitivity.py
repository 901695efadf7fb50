"""The page on what results hang on says what the code does: its commands, options and numbers are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from realities.cli import invoke
from realities.weigh.sensitivity import analysis, assumptions, pawn, separating, walk
from realities.weigh.sensitivity.tables import MOST_EFFECTS

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
    assert "their mean by three standard deviations" in DECISION and pawn.DEVIATIONS == 3.0
    assert "by three standard errors besides, and by 2 in 100" in DECISION
    assert (assumptions.STANDARD_ERRORS, assumptions.LEAST_MOVE) == (3.0, 0.02)
    assert "fewer than 40 draws stay effective (80 in a default run)" in DECISION
    assert (walk.QUICK_REACH[1], walk.REACH[1]) == (40, 80)
    assert "more than 0.3 and four standard errors" in DECISION
    assert (analysis.LARGEST_GAP, analysis.STANDARD_ERRORS) == (0.3, 4.0)
