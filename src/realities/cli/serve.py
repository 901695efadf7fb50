"""`realities serve`: a case's page on this computer, built again at every save; or an index of cases."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

import click

from realities.cli.run import as_of_option, parse_day, seed_option, workers_option
from realities.cli.terminal import Command, Progress, Terminal, wants_color

if TYPE_CHECKING:
    from realities.serve import Library, Server
    from realities.serve.desk import Desk, News


@click.command(cls=Command, short_help="Show a case as a local page, built again on save.")
@click.argument("case_name", metavar="[CASE]", required=False)
@click.option("--port", type=click.IntRange(0, 65535), help="Default: 8300; 0 takes any that is free.")
@click.option("--open", "open_it", is_flag=True, help="Open the page in a browser.")
@click.option(
    "--full", is_flag=True, help="After each quick look, a full run, when nothing is saved meanwhile."
)
@as_of_option
@seed_option
@workers_option
@click.pass_obj
def serve(
    terminal: Terminal,
    case_name: str | None,
    port: int | None,
    open_it: bool,
    full: bool,
    as_of: str | None,
    seed: int | None,
    workers: int | None,
) -> int:
    """Show CASE as a page of this computer that is built again whenever a file of it is saved.

    Without CASE, or of a folder of cases, an index of them and of the bundled ones. What is wrong with a case
    stands in the page too; the last good page stays. Ctrl-C stops.
    """
    from realities.serve import DEFAULT_PORT, PortTakenError, Server, Settings

    day = parse_day(as_of)
    library = _library(case_name)
    settings = Settings(as_of=day, seed=seed, threads=workers, full=full)
    chosen = DEFAULT_PORT if port is None else port
    told = Told(terminal)
    try:
        server = Server(library, settings, port=chosen, listen=told)
    except PortTakenError as problem:
        another = chosen + 1 if chosen < 65535 else DEFAULT_PORT
        raise click.UsageError(f"{problem}; choose another: --port {another}, or --port 0") from None
    with Stopping() as stopping:
        with server, told:
            click.echo(
                f"Serving {_shown(library)} at {server.address} (this computer only). Rebuilds on save. "
                "Ctrl-C stops."
            )
            if open_it:
                _open(terminal, server)
            stopping.wait(server.check)
        terminal.note("Stopped.")
        return stopping.exit_code


def _library(name: str | None) -> Library:
    """Return what is to be served: a case, by folder or bundled name, or a folder of cases."""
    from realities.case.files import BUNDLED
    from realities.serve import Library

    if name is None:
        return Library(folder=Path())
    path = Path(name)
    if path.name == "case.toml" and path.is_file():
        return Library(case=path.parent)
    if (path / "case.toml").is_file():
        return Library(case=path)
    if Path(name).name == name and (BUNDLED / name / "case.toml").is_file():
        return Library(case=BUNDLED / name)
    if path.is_dir():
        return Library(folder=path)
    from realities.case.folder import find_case

    return Library(case=find_case(name))  # which says that there is none, and what there is


def _shown(library: Library) -> str:
    if library.only is not None:
        return library.only.name
    return f"the cases of {library.folder}" if library.folder != Path() else "the cases of this folder"


def _open(terminal: Terminal, server: Server) -> None:
    import webbrowser

    if not webbrowser.open(server.address):
        terminal.note(f"No browser could be opened; the page is {server.address}")


class Stopping(AbstractContextManager["Stopping"]):
    """Waits for Ctrl-C, or for being asked to end, and then lets everything be tidied up."""

    def __init__(self) -> None:
        self.exit_code = 130
        self._asked = Event()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stopping:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def wait(self, check: Callable[[], None]) -> None:
        """Wait, and `check` now and then; a second Ctrl-C changes nothing: what is left takes seconds."""
        while not self._asked.wait(0.5):
            check()

    def _ask(self, number: int, _frame: object) -> None:
        self.exit_code = 128 + number
        self._asked.set()


class Told(AbstractContextManager["Told"]):
    """What the terminal says while cases are built: progress, findings as `check` prints them, results."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._lock = Lock()
        self._bars: AbstractContextManager[Progress] | None = None
        self._progress: Callable[[str, float, float], None] | None = None
        self._last: dict[str, tuple[object, ...]] = {}

    def __call__(self, desk: Desk, news: News) -> None:
        """Print what is new in the news of a case."""
        with self._lock:
            if news.mark == "busy":
                self._busy(desk, news)
                return
            self._end()
            if news.mark == "idle":
                return
            self._found(desk, news)
            if news.mark == "bad" or self._terminal.verbosity > 0:
                click.echo(f"{desk.name}: {news.line}", err=True)
            if news.details:
                click.echo(_saved(news.details), err=True)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._end()

    def _busy(self, desk: Desk, news: News) -> None:
        if not news.share:
            return
        if self._bars is None:
            self._bars = self._terminal.progress()
            self._progress = self._bars.__enter__()
        if self._progress is not None:
            self._progress(f"{desk.name}: {news.stage}", news.share * 100, 100.0)

    def _end(self) -> None:
        bars, self._bars, self._progress = self._bars, None, None
        if bars is not None:
            bars.__exit__(None, None, None)

    def _found(self, desk: Desk, news: News) -> None:
        """Print findings that were not printed after the save before; warnings are left out when quiet."""
        items = tuple((item["severity"], item["code"], item["text"]) for item in news.found["items"])
        if self._last.get(desk.name) == items:
            return
        self._last[desk.name] = items
        for severity, code, text in items:
            if severity == "error" or self._terminal.verbosity > 0:
                click.echo(_painted(severity, code, text) + "\n", err=True)


def _painted(severity: str, code: str, text: str) -> str:
    mark = f"{severity}[{code}]"
    color = "red" if severity == "error" else "yellow"
    return text.replace(mark, click.style(mark, fg=color), 1) if wants_color() else text


def _saved(details: str) -> str:
    """Keep what we need to know of a mistake of ours, and say where."""
    handle, name = tempfile.mkstemp(prefix="realities-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as log:
        log.write(details)
    return f"Details are in {name}; please send that file with your report."
