"""A case's folder that nobody reads, and a server whose builder does as it is told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from serve_fakes import FakeBuilder, built

from realities.serve import Library, Server, Settings


@pytest.fixture(autouse=True)
def quick_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at files often, and let them come to rest soon."""
    monkeypatch.setattr("realities.serve.workshop.EVERY_S", 0.01)
    monkeypatch.setattr("realities.serve.watch.QUIET_S", 0.03)
    monkeypatch.setattr("realities.serve.server.HOLD_S", 0.2)
    monkeypatch.setattr("realities.serve.server.LOOK_S", 0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "mine"
    (home / "accounts").mkdir(parents=True)
    (home / "case.toml").write_text('[case]\ntitle = "Mine"\nquestion = "Why?"\n')
    (home / "accounts" / "a.toml").write_text('name = "A"\n')
    (home / "observations.csv").write_text('happened,note\n2020-01-01,"a\nb"\n\n2020-02-01,c\n')
    return home


Serve = Callable[..., tuple[Server, FakeBuilder]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers with fake builders: `serve(case=, folder=, port=, settings=)`."""
    with ExitStack() as stack:

        def started(
            *,
            case: Path | None = None,
            folder: Path | None = None,
            port: int = 0,
            settings: Settings | None = None,
            answers: Callable[..., object] | None = lambda _job: built(),
        ) -> tuple[Server, FakeBuilder]:
            made: list[FakeBuilder] = []

            def make(*given: object) -> FakeBuilder:
                made.append(FakeBuilder(*given))
                if answers is not None:
                    made[0].answers = answers
                return made[0]

            library = Library(case=case, folder=folder)
            server = Server(library, settings or Settings(), port=port, make_builder=make)
            stack.enter_context(server)
            return server, made[0]

        yield started
