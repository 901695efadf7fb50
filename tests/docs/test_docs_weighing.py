"""The page on weighing says what the code does: its commands are there, its numbers are the code's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from realities.case.schema import MeasureKind
from realities.cli import invoke
from realities.weigh.honesty.separation import FACTOR, STANDARD_ERRORS
from realities.weigh.sampling.evidence import LARGEST_GAP
from realities.weigh.sampling.runs import GOOD_K_HAT, WORST_K_HAT
from realities.weigh.scoring.forecasts import RARE, with_rare_turns

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "explain" / "weighing.md").read_text(encoding="utf-8")
FLAT = " ".join(TEXT.split())


def test_every_file_and_folder_it_names_is_there() -> None:
    named = re.findall(r"(?:bench|tests|calibration)/[\w/.]*", TEXT)
    assert len(named) >= 5
    for name in named:
        assert (ROOT / name.rstrip(".")).exists() or name.startswith("calibration/results"), name
    for link in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (ROOT / "docs" / "explain" / link).exists(), link


def commands() -> list[list[str]]:
    """Return the commands of the page, each as the words after `realities`."""
    return [line.split()[1:] for line in TEXT.split("\n") if line.startswith("    realities")]


def test_every_command_takes_the_options_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(commands()) == 2
    for command, case, *options in commands():
        assert (ROOT / "src" / "realities" / "cases" / case).is_dir()
        assert invoke([command, "--help"]) == 0
        shown = capsys.readouterr().out
        assert options and all(option in shown for option in options)


@pytest.mark.slow
def test_every_command_runs(capsys: pytest.CaptureFixture[str]) -> None:
    for words in commands():
        assert invoke([*words, "--threads", "1"]) == 0
        assert capsys.readouterr().out


def test_its_numbers_are_those_of_the_code() -> None:
    assert f"is below {GOOD_K_HAT}" in FLAT
    assert f"Above k-hat {WORST_K_HAT}, with runs more than {LARGEST_GAP} apart" in FLAT
    assert STANDARD_ERRORS == 2.0 and f"less two standard errors stays above log {FACTOR:g}" in FLAT
    assert f"keeps {100 * RARE:g} in 100 for rare turns" in FLAT and with_rare_turns(0.0) == RARE / 2


def test_every_kind_of_measure_is_in_its_table() -> None:
    kinds = get_args(MeasureKind)
    table = [line.split("|")[1] for line in TEXT.split("\n") if line.startswith("|")]
    assert all(any(kind in cell for cell in table) for kind in kinds)


def test_it_keeps_to_two_pages() -> None:
    assert len(FLAT.split()) < 1400
