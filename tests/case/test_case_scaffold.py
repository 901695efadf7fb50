"""`realities new`: a folder that works as it is written, and never half of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from realities.case.folder import load_case
from realities.case.scaffold import STARTER, new_case
from realities.errors import InputError, UnreadableError


def test_a_new_case_works_as_it_is_written(tmp_path: Path) -> None:
    files = new_case("my-town", tmp_path / "my-town")
    assert files[0] == tmp_path / "my-town" / "case.toml"
    assert {path.name for path in files} >= {"model.mdl", "claims.toml", "sources.bib", "observations.csv"}
    assert all(path.is_file() for path in files)
    case = load_case(tmp_path / "my-town")
    assert (case.title, len(case.accounts), case.warnings, case.late_findings) == ("My town", 2, (), ())
    assert {claim.kind for claim in case.claims} == {"forecast", "cause", "value"}


def test_every_text_of_the_example_explains_itself() -> None:
    for path in STARTER.rglob("*.toml"):
        assert path.read_text(encoding="utf-8").startswith("# "), path


def test_a_case_is_copied_without_its_runs(tmp_path: Path) -> None:
    new_case("first", tmp_path / "first")
    (tmp_path / "first" / "runs").mkdir()
    (tmp_path / "first" / "runs" / "old.csv").write_text("x", encoding="utf-8")
    (tmp_path / "first" / "NOTICE").write_text("terms", encoding="utf-8")
    (tmp_path / "first" / "link.csv").symlink_to("/etc/hostname")
    files = new_case("second", tmp_path / "second", tmp_path / "first")
    names = {path.relative_to(tmp_path / "second").as_posix() for path in files}
    assert "NOTICE" in names
    assert not names & {"runs/old.csv", "link.csv"}
    assert load_case(tmp_path / "second").title == load_case(tmp_path / "first").title


@pytest.mark.parametrize("name", ["", "a b", "../x", "a/b", ".hidden", "x" * 200, "né"])
def test_a_name_that_can_be_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot name a case"):
        new_case(name, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="already exists and is not empty"):
        new_case("x", tmp_path / "x")
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["mine"]


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    assert new_case("x", tmp_path / "x")


def test_an_unknown_template_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError):
        new_case("x", tmp_path / "x", "no-such-case")
    assert not (tmp_path / "x").exists()


def test_nothing_is_left_behind_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", fail)
    with pytest.raises(UnreadableError, match="no space left"):
        new_case("x", tmp_path / "x")
    assert list(tmp_path.iterdir()) == []
