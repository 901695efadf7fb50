"""The page on Reality Checks shows what the tool says of the model on it, and names every key."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest

from realities.cli import invoke
from realities.reality.runs import MOST_STEPS, PROGRAM

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explain" / "reality-checks.md").read_text(encoding="utf-8")


def part(name: str) -> str:
    """Return what stands between a marker and the next end, without its indent."""
    return textwrap.dedent(PAGE.partition(f"<!-- {name} -->\n")[2].partition("<!-- end -->")[0])


@pytest.fixture
def tank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("tank.mdl").write_text(part("model"), encoding="utf-8")
    return "tank.mdl"


def test_the_page_shows_what_is_told_of_its_model(tank: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["check", tank]) == 0
    told = capsys.readouterr()
    line = next(line for line in told.out.splitlines() if " Reality Checks hold" in line)
    assert f"{told.err}{line}\n" == part("told")


def test_the_page_names_every_key(tank: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["check", "--json", tank]) == 0
    for check in json.loads(capsys.readouterr().out)["reality_checks"]:
        assert all(f"`{key}`" in PAGE for key in (*check, *(check["at"] or {})))


def test_the_page_says_how_many_steps_checks_may_take() -> None:
    assert f"{MOST_STEPS:,} steps" in PAGE and f"counts as {PROGRAM:,}" in PAGE


def test_what_the_page_links_to_is_there() -> None:
    for link in ("cases/ukraine-2022.md", "decisions/0112-reality-checks-that-run.md"):
        assert (ROOT / "docs" / link).exists() and link in PAGE
    assert "docs/explain/reality-checks.md" in (ROOT / "README.md").read_text(encoding="utf-8")
