"""The tables in docs/cases/tables are those that their commands make, and none is forgotten."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_tables", ROOT / "docs" / "tables.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found  # dataclasses look their module up
    spec.loader.exec_module(found)
    return found


TABLES = script()
Moves = TABLES.Moves


def test_every_table_is_there_with_its_command_and_no_other() -> None:
    names = {table.name for table in TABLES.TABLES}
    assert names == {path.stem for path in TABLES.FOLDER.glob("*.md")}
    for table in TABLES.TABLES:
        text = table.path.read_text(encoding="utf-8")
        assert text.startswith(f"# {table.title}\n\nMade by `python docs/tables.py {table.name}`")
        assert f"\n    python {table.command}\n" in text
        assert (ROOT / table.command.split()[0]).is_file()


def test_every_table_is_linked_from_the_page_of_its_case() -> None:
    linked = {
        name
        for page in (ROOT / "docs" / "cases").glob("*.md")
        for name in re.findall(r"\(tables/([\w-]+)\.md\)", page.read_text(encoding="utf-8"))
    }
    assert linked == {table.name for table in TABLES.TABLES}


def test_numbers_may_move_as_far_as_is_said_and_words_not_at_all() -> None:
    moves = Moves(points=5, counts=2, share=0.1)
    same = TABLES.differences
    assert same("| a | **31 of 40 (78 %)** low? |", "| a | 33 of 40 (82 %) |", moves) == []
    assert same("| a | 31 of 40 (78 %) |", "| a | 26 of 40 (65 %) |", moves) != []
    assert same("| a | 31 of 40 (78 %) |", "| a | 31 of 41 (76 %) |", moves) != []
    assert same("| a | 1,200 | -541 % |", "| a | 1,310 | -520 % |", moves) == []
    assert same("| a | 0.0167 |", "| a | 0.0267 |", moves) != []
    assert same("| a | 12 |", "| b | 12 |", moves) != []
    assert same("| a | - |", "| a | 12 |", moves) != []
    assert same("one\ntwo", "one", moves) == ["2 lines are now 1"]
    assert same("| a | 12 |", "| a | 13 |", Moves()) != []
    evidences = Moves(share=0.5, logs=1.0)
    assert same("| a | -914.20 |", "| a | -914.90 |", evidences) == []
    assert same("| a | -914.20 |", "| a | -917.20 |", evidences) != []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("| area | **57 of 57 (100 %)** high? |", "| area | 35 of 57 (61 %) |"),
        ("| all | 392 of 441 (89 %) |", "| all | **240 of 441 (54 %)** low |"),
        ("| all | 250 of 338 (74 %) |  | 47 % |", "| all | 250 of 338 (74 %) |  | 18 % |"),
        ("| 2022-10-05 | all | 338 | 70 %; 45 % |", "| 2022-10-05 | all | 338 | 70 %; 30 % |"),
        ("| area | 48 of 48 (100 %) | 0.2 | 58 % |", "| area | 48 of 48 (100 %) | 0.2 | 20 % |"),
        ("| area | 48 of 48 (100 %) | 0.2 | -135 % |", "| area | 48 of 48 (100 %) | 0.2 | -20 % |"),
        ("| area | 48 of 48 (100 %) | 4,209 |", "| area | 48 of 48 (100 %) | 10,000 |"),
        ("Weights in 100: author 91, reference 4.", "Weights in 100: author 55, reference 40."),
    ],
)
def test_a_stale_table_is_seen(before: str, after: str) -> None:
    """What no other path of the sampler does to the tables of bands and forecasts."""
    assert TABLES.differences(before, before, TABLES.SEEDS) == []
    assert TABLES.differences(before, after, TABLES.SEEDS) != []


@pytest.mark.slow
@pytest.mark.parametrize("table", [one for one in TABLES.TABLES if one.check], ids=lambda one: one.name)
def test_a_table_is_what_its_command_makes(table: Any) -> None:
    committed = table.path.read_text(encoding="utf-8")
    made = TABLES.printed(table.check)
    assert TABLES.differences(TABLES.body(committed), made, table.moves) == []
