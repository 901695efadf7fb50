"""Builds start at a save, stop when overtaken, and tell what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from serve_fakes import FOUND, NOTHING, PAGE, FakeBuilder, built, until

from realities.serve.desk import Desk, News
from realities.serve.workshop import Settings, Workshop


class Scene:
    """A workshop with a fake builder, and everything it has told."""

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        self.told: list[tuple[str, News]] = []
        self.workshop = Workshop(
            folder,
            settings or Settings(),
            lambda desk, news: self.told.append((desk.name, news)),
            self._make,
        )
        self.workshop.start()

    def _make(self, *given: object) -> FakeBuilder:
        self.builder = FakeBuilder(*given)
        return self.builder

    def open(self, desk: Desk, n_jobs: int) -> None:
        self.workshop.open(desk)
        self.wait_jobs(n_jobs)

    def wait_jobs(self, n: int) -> None:
        until(lambda: len(self.builder.jobs) >= n)
        assert len(self.builder.jobs) == n

    def build(self, text: str = "First") -> None:
        for message in built(text):
            self.builder.say(message)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.workshop.close()


@pytest.fixture
def desk(folder: Path) -> Desk:
    return Desk("mine", folder, "/")


def mark(desk: Desk) -> str:
    return desk.look()[1].mark


def test_an_opened_case_is_built_and_its_page_stands(scene: Scene, desk: Desk) -> None:
    scene.open(desk, 1)
    scene.builder.say({"kind": "progress", "stage": "Weighing", "share": 0.43})
    until(lambda: desk.look()[1].line == "Building (quick look): Weighing, 43 %")
    assert desk.look()[1].spoken == "Building (quick look)."
    scene.build()
    until(lambda: mark(desk) == "ready")
    _, news, page = desk.look()
    assert page == PAGE.replace("{}", "First")
    assert news.page == 1
    assert news.line.startswith("Up to date: quick look of ")
    assert news.line.endswith(", as of 1 Oct 2023.")
    assert list(news.notes) == ["a weight moved"]


def test_a_save_builds_again_and_an_unchanged_file_does_not(scene: Scene, desk: Desk, folder: Path) -> None:
    scene.open(desk, 1)
    scene.build()
    until(lambda: mark(desk) == "ready")
    (folder / "case.toml").write_text((folder / "case.toml").read_text())
    (folder / "case.toml").write_text("changed")
    scene.wait_jobs(2)
    assert scene.builder.n_stopped == 0
    scene.build("Second")
    until(lambda: desk.look()[1].page == 2)


def test_a_save_during_a_build_ends_it_and_what_it_still_says_is_not_heard(
    scene: Scene, desk: Desk, folder: Path
) -> None:
    scene.open(desk, 1)
    (folder / "case.toml").write_text("changed")
    scene.wait_jobs(2)
    assert scene.builder.n_stopped == 1
    old, new = (job.number for job in scene.builder.jobs)
    for message in built("Outdated"):
        scene.builder.say(message, job=old)
    for message in built("New"):
        scene.builder.say(message, job=new)
    until(lambda: mark(desk) == "ready")
    assert "New" in desk.look()[2]
    assert desk.look()[1].page == 1


def test_a_broken_case_keeps_its_page_and_recovers(scene: Scene, desk: Desk, folder: Path) -> None:
    scene.open(desk, 1)
    scene.build("Good")
    until(lambda: mark(desk) == "ready")
    (folder / "case.toml").write_text("broken")
    scene.wait_jobs(2)
    scene.builder.say({"kind": "broken", "found": FOUND})
    until(lambda: mark(desk) == "bad")
    _, news, page = desk.look()
    assert "Good" in page
    assert news.found["items"][0]["place"] == "mine/case.toml:3:7"
    assert news.line.startswith("1 error in the case. Still shown: quick look of ")
    (folder / "case.toml").write_text("mended")
    scene.wait_jobs(3)
    scene.build("Mended")
    until(lambda: mark(desk) == "ready")
    assert "Mended" in desk.look()[2]
    assert desk.look()[1].found == NOTHING


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"kind": "failed", "message": "draw 3 left the real numbers"}, "Draw 3 left the real numbers."),
        ({"kind": "ended", "code": -9}, "The process that builds was killed by signal 9, perhaps"),
        ({"kind": "bug", "message": "Traceback"}, "The build failed by a mistake of ours, not yours."),
    ],
)
def test_a_build_that_fails_says_why_and_the_next_save_tries_again(
    scene: Scene, desk: Desk, folder: Path, message: dict[str, object], said: str
) -> None:
    scene.open(desk, 1)
    scene.builder.say(message)
    until(lambda: mark(desk) == "bad")
    news = desk.look()[1]
    assert news.line.startswith(said)
    assert news.line.endswith(" No page yet.")
    assert news.details == ("Traceback" if message["kind"] == "bug" else "")
    (folder / "case.toml").write_text("changed")
    scene.wait_jobs(2)
    scene.build()
    until(lambda: mark(desk) == "ready")
    assert desk.look()[1].message == desk.look()[1].details == ""


def test_the_case_opened_last_goes_first_and_the_other_comes_after(
    scene: Scene, desk: Desk, tmp_path: Path
) -> None:
    other = Desk("other", tmp_path / "other", "/other/")
    scene.open(desk, 1)
    scene.open(other, 2)
    assert scene.builder.n_stopped == 1
    assert mark(desk) == "idle"
    scene.build("Other")
    scene.wait_jobs(3)
    assert [Path(job.case).name for job in scene.builder.jobs] == ["mine", "other", "mine"]
    scene.workshop.open(other)  # opened again: it is built already, and nothing is interrupted
    scene.build("Mine")
    until(lambda: mark(desk) == "ready")
    assert scene.builder.n_stopped == 1
    assert len(scene.builder.jobs) == 3


def test_a_full_run_follows_the_quick_look_and_gives_way_to_a_save(
    tmp_path: Path, desk: Desk, folder: Path
) -> None:
    scene = Scene(tmp_path, Settings(as_of=date(2023, 4, 9), seed=5, threads=2, full=True))
    try:
        scene.open(desk, 1)
        scene.build()
        scene.wait_jobs(2)
        until(lambda: desk.look()[1].line == "Rebuilding (full run): Reading the case")
        (folder / "case.toml").write_text("changed")
        scene.wait_jobs(3)
        assert [job.effort for job in scene.builder.jobs] == ["quick", "default", "quick"]
        assert {(job.as_of, job.seed, job.threads) for job in scene.builder.jobs} == {("2023-04-09", 5, 2)}
        scene.build()
        scene.wait_jobs(4)
        scene.build("Full")
        until(lambda: desk.look()[1].line.startswith("Up to date: full run of "))
    finally:
        scene.workshop.close()


def test_a_mistake_of_ours_is_kept_for_whoever_waits(tmp_path: Path, desk: Desk) -> None:
    def broken(_desk: Desk, _news: News) -> None:
        raise ZeroDivisionError("on purpose")

    workshop = Workshop(tmp_path, Settings(), broken, FakeBuilder)
    workshop.start()
    workshop.open(desk)
    until(lambda: workshop.failure is not None)
    assert str(workshop.failure) == "on purpose"
    workshop.close()


def test_closing_ends_the_builder(scene: Scene, desk: Desk) -> None:
    scene.open(desk, 1)
    scene.workshop.close()
    assert scene.builder.is_closed
