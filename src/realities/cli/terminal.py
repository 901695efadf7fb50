"""What a user sees in a terminal: messages and progress on stderr, results on stdout.

Colour only on a terminal and never alone; `NO_COLOR` wins over `FORCE_COLOR`. Away from a terminal
progress is one plain line every tenth of the work or every ten seconds, without carriage returns.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import click

from realities.errors import Diagnostic, in_order

#: Called with what is going on, how much of it is done, and how much there is.
Progress = Callable[[str, float, float], None]

BAR_WIDTH = 40
EIGHTHS = " ▏▎▍▌▋▊▉"


@dataclass(slots=True)
class Terminal:
    """Where messages go and how much of them is wanted: 0 errors only, 1 normal, 2 more."""

    verbosity: int = 1
    _last: dict[str, tuple[float, float]] = field(default_factory=dict)

    def note(self, text: str) -> None:
        """Write one line of progress or advice to stderr, unless quiet."""
        if self.verbosity > 0:
            click.echo(text, err=True)

    def note_slow_engine(self) -> None:
        """Say that the compiled engine is missed."""
        self.note(
            "warning: the reference engine runs this, many times slower: llvmlite, which the compiled "
            "engine needs, cannot be imported; pip install llvmlite"
        )

    def detail(self, text: str) -> None:
        """Write one line that only a verbose run shows."""
        if self.verbosity > 1:
            click.echo(text, err=True)

    def diagnostics(self, items: Sequence[Diagnostic]) -> None:
        """Write findings to stderr in the order of their places; warnings are left out when quiet."""
        shown = [item for item in items if item.severity == "error" or self.verbosity > 0]
        for item in sorted(shown, key=in_order):
            click.echo(paint(item) + "\n", err=True, color=wants_color())

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Give a progress callback: bars on a terminal, plain lines elsewhere, nothing when quiet."""
        if self.verbosity == 0:
            yield lambda _stage, _done, _total: None
        elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            yield from self._bars()
        else:
            yield self._line

    def _bars(self) -> Iterator[Progress]:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description:<28}"),
            BarColumn(bar_width=BAR_WIDTH),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            TimeRemainingColumn(),
        )
        tasks: dict[str, TaskID] = {}
        with Progress(*columns, console=Console(stderr=True, no_color=not wants_color())) as bars:

            def update(stage: str, done: float, total: float) -> None:
                if stage not in tasks:
                    tasks[stage] = bars.add_task(stage, total=total)
                bars.update(tasks[stage], completed=done, total=total)

            yield update

    def _line(self, stage: str, done: float, total: float) -> None:
        share, now = (done / total if total else 1.0), time.monotonic()
        last_share, last_time = self._last.get(stage, (-1.0, now))
        if share >= 1 > last_share or share - last_share >= 0.1 or now - last_time >= 10:
            click.echo(f"{stage:<28} {100 * share:3.0f} %", err=True)
            self._last[stage] = (share, now)


class Command(click.Command):
    """A command that takes `-q`, `-v` and `--traceback` behind its name too, as people write them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += [
            _loudness("-q", "--quiet", 0, "Print errors only."),
            _loudness("-v", "--verbose", 2, "Print more detail."),
            click.Option(
                ["--traceback"], is_flag=True, expose_value=False, help="Show where an internal error arose."
            ),
        ]


def _loudness(short: str, long: str, verbosity: int, text: str) -> click.Option:
    def set_it(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
        if wanted:
            context.ensure_object(Terminal).verbosity = verbosity

    return click.Option([short, long], is_flag=True, expose_value=False, callback=set_it, help=text)


def wants_color(stream: TextIO | None = None) -> bool:
    """Whether to colour a stream (stderr): a terminal, or forced; never under NO_COLOR or TERM=dumb."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream or sys.stderr).isatty()


def paint(item: Diagnostic) -> str:
    """Return a diagnostic's text, its severity coloured where colour is wanted."""
    text = item.render(_room(item)) if sys.stderr.isatty() else item.render()
    if not wants_color():
        return text
    mark = f"{item.severity}[{item.code}]"
    return text.replace(mark, click.style(mark, fg="red" if item.severity == "error" else "yellow"), 1)


def _room(item: Diagnostic) -> int:
    """Return how much of a line of text fits behind its number on this terminal."""
    gutter = max(4, len(str(item.span.line)) + 1) + len("| ")
    return max(40, shutil.get_terminal_size().columns - gutter)


def check_place(option: str, path: str | None, *, parents: bool = False) -> None:
    """Refuse a file that cannot be written, before the work whose result it should hold; None is no file.

    `parents` says that folders above it will be made.
    """
    if path is None:
        return
    place = Path(path)
    if place.is_dir():
        raise click.UsageError(f"{option} {path} is a folder; name a file")
    above = place.absolute().parent
    while parents and not above.exists():
        above = above.parent
    if not above.is_dir():
        what = "is a file, not a folder" if above.exists() else "is not there"
        raise click.UsageError(f"{option} {path}: {above} {what}")
    if not os.access(place if place.exists() else above, os.W_OK):
        raise click.UsageError(f"{option} {path}: nothing may be written there")


def bar(share: float, width: int = BAR_WIDTH) -> str:
    """Return a bar of block characters, `share` of `width` columns long."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def summary_line(checked: str, n_errors: int, n_warnings: int) -> str:
    """Return the last line of a check: what was checked, and how many problems there are."""

    def count(n: int, word: str) -> str:
        return f"{n} {word}" + ("" if n == 1 else "s")

    return f"Checked {checked}: {count(n_errors, 'error')}, {count(n_warnings, 'warning')}."
