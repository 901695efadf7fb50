"""A save is noticed once, when it has come to rest, and only where it changed something."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from realities.serve.watch import Watch, stamps

LONG_AGO = 1_000_000_000


@pytest.fixture
def watch(folder: Path) -> Watch:
    for path in folder.rglob("*.*"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    return Watch(folder)


def save(path: Path, text: str, when: int = LONG_AGO + 60) -> None:
    path.write_text(text)
    os.utime(path, (when, when))


def test_files_that_rest_change_nothing(watch: Watch) -> None:
    assert [watch.changed(now) for now in range(5)] == [False] * 5


def test_a_save_counts_once_and_after_a_moment_of_rest(watch: Watch, folder: Path) -> None:
    save(folder / "case.toml", "changed")
    assert not watch.changed(10.0)
    assert not watch.changed(10.02)
    assert watch.changed(10.1)
    assert not watch.changed(10.2)


def test_several_steps_of_one_save_are_one_change(watch: Watch, folder: Path) -> None:
    found = []
    for step in range(10):
        save(folder / "accounts" / "a.toml", "x" * step, LONG_AGO + step)
        found.append(watch.changed(step * 0.01))
    assert not any(found)
    assert watch.changed(1.0)
    assert not watch.changed(2.0)


def test_a_file_saved_as_it_was_is_no_change(watch: Watch, folder: Path) -> None:
    path = folder / "case.toml"
    save(path, path.read_text(), LONG_AGO + 5)
    assert [watch.changed(now) for now in (1.0, 2.0, 3.0)] == [False] * 3


def test_a_change_that_no_time_tells_of_is_found_while_the_file_is_young(watch: Watch, folder: Path) -> None:
    path, now = folder / "case.toml", time.time_ns()
    path.write_text("one")
    os.utime(path, ns=(now, now))
    assert [watch.changed(1.0), watch.changed(2.0)] == [False, True]
    with path.open("r+") as file:  # the same size, the same time, the same file
        file.write("two")
    os.utime(path, ns=(now, now))
    assert watch.changed(3.0)


def test_files_that_come_and_go_count_and_so_does_the_folder(watch: Watch, folder: Path) -> None:
    save(folder / "accounts" / "b.toml", "name = 'B'")
    assert [watch.changed(1.0), watch.changed(2.0)] == [False, True]
    (folder / "accounts" / "b.toml").unlink()
    assert [watch.changed(3.0), watch.changed(4.0)] == [False, True]
    away = folder.rename(folder.with_name("away"))
    assert [watch.changed(5.0), watch.changed(6.0)] == [False, True]
    away.rename(folder)
    assert [watch.changed(7.0), watch.changed(8.0)] == [False, True]


def test_what_editors_and_runs_leave_is_not_watched(watch: Watch, folder: Path) -> None:
    (folder / "runs").mkdir()
    for name in ("case.toml~", ".case.toml.swp", "4913", "#case.toml#", "runs/results.csv", ".git.toml"):
        save(folder / name, "left behind")
    assert [watch.changed(now) for now in (1.0, 2.0)] == [False, False]


def test_links_lead_nowhere(watch: Watch, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    save(tmp_path / "elsewhere" / "secret.toml", "x")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "other.toml").symlink_to(tmp_path / "elsewhere" / "secret.toml")
    assert not watch.changed(1.0)
    assert not watch.changed(2.0)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes are files on POSIX only")
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(watch: Watch, folder: Path) -> None:
    os.mkfifo(folder / "observations.tab.csv")
    assert [watch.changed(now) for now in (1.0, 2.0)] == [False, False]


def test_of_a_huge_folder_only_so_many_files_are_looked_at(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realities.serve.watch.MOST_FILES", 20)
    for number in range(50):
        (folder / f"{number}.csv").touch()
    assert len(stamps(folder)) == 20
