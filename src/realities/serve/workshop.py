"""Keeps every open case built: watches its files, starts and stops builds, and tells its desk.

In come openings of cases by readers, changes of files, and messages of the builder; out go news to the desks
and to whoever listens, such as the terminal. All of it happens on one thread, one event after the other; one
build at a time, the case opened last first. A save during a build ends it and starts another.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, Protocol

from realities.serve.builder import Builder, Message
from realities.serve.desk import EFFORTS, NONE_FOUND, Desk, News, clock
from realities.serve.watch import Watch
from realities.serve.work import Job

#: Files are looked at so often.
EVERY_S: Final = 0.4

Listener = Callable[[Desk, News], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """How pages are made: as `realities run` has it; `full` follows each quick look with a full run."""

    as_of: date | None = None
    seed: int | None = None
    threads: int | None = None
    full: bool = False


class Worker(Protocol):
    """What a workshop needs of a builder."""

    def start(self) -> None:
        """Begin to be ready."""

    def send(self, job: Job) -> None:
        """Begin a job."""

    def stop(self) -> None:
        """Give up the job under way."""

    def close(self) -> None:
        """End."""


@dataclass(slots=True)
class _Open:
    """A case that somebody has opened: its files, and what is to be done for it."""

    desk: Desk
    watch: Watch
    is_changed: bool = True
    is_rough: bool = False  # a full run is to follow its quick look


@dataclass(frozen=True, slots=True)
class _Running:
    """The build under way, and what it has said of itself."""

    job: Job
    case: _Open
    told: dict[str, Any] = field(default_factory=dict)


class Workshop:
    """See above. `open` may be called from any thread; the rest runs on a thread of its own.

    Parameters
    ----------
    folder
        For temporary files of builds.
    settings
        How pages are made.
    listen
        Called with a desk and its news whenever they change.
    make_builder
        For tests: what gives a builder.

    Attributes
    ----------
    failure
        The mistake of ours by which watching and building have ended, else None.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        listen: Listener,
        make_builder: Callable[[Path, Callable[[Message], None]], Worker] = Builder,
    ) -> None:
        self._settings, self._listen = settings, listen
        self._events: SimpleQueue[Desk | Message | None] = SimpleQueue()
        self._builder = make_builder(folder, self._events.put)
        self._cases: dict[str, _Open] = {}  # the one opened last at the end
        self._running: _Running | None = None
        self._n_jobs = 0
        self._thread = Thread(target=self._guarded, daemon=True)
        self.failure: Exception | None = None

    def start(self) -> None:
        """Begin; the builder's process starts at once."""
        self._builder.start()
        self._thread.start()

    def open(self, desk: Desk) -> None:
        """Say that somebody has opened a case: it is built before others, and at every save from now on."""
        self._events.put(desk)

    def close(self) -> None:
        """Stop watching and building, and wait until every process is gone."""
        self._events.put(None)
        if self._thread.is_alive():
            self._thread.join()
        self._builder.close()

    def _guarded(self) -> None:
        """Keep a mistake of ours for whoever waits: nothing is watched from then on."""
        try:
            self._run()
        except Exception as problem:
            self.failure = problem

    def _run(self) -> None:
        while True:
            try:
                event = self._events.get(timeout=EVERY_S)
            except Empty:
                event = {}
            if event is None:
                return
            if isinstance(event, Desk):
                self._opened(event)
            elif event:
                self._heard(event)
            self._look(time.monotonic())
            self._schedule()

    def _opened(self, desk: Desk) -> None:
        known = self._cases.pop(desk.name, None)
        self._cases[desk.name] = known or _Open(desk, Watch(desk.folder))

    def _look(self, now: float) -> None:
        for case in self._cases.values():
            if case.watch.changed(now):
                case.is_changed, case.is_rough = True, False

    def _schedule(self) -> None:
        """Begin what is to be done first, where nothing more urgent is under way."""
        wanted = self._next()
        if self._running is not None and wanted is not None and self._is_overtaken(self._running, wanted):
            self._give_up(self._running)
            wanted = self._next()
        if self._running is None and wanted is not None:
            self._begin(wanted)

    def _next(self) -> _Open | None:
        """Return what is to be built next: changed cases before rough ones, the last opened first."""
        latest_first = list(reversed(self._cases.values()))
        changed = [case for case in latest_first if case.is_changed]
        return next(iter(changed + [case for case in latest_first if case.is_rough]), None)

    def _is_overtaken(self, running: _Running, wanted: _Open) -> bool:
        if running.case.is_changed:
            return True
        if not wanted.is_changed:
            return False
        order = list(self._cases)
        is_newer = order.index(wanted.desk.name) > order.index(running.case.desk.name)
        return is_newer or running.job.effort == "default"

    def _give_up(self, running: _Running) -> None:
        self._builder.stop()
        self._running = None
        if not running.case.is_changed:  # it waits for another case, and comes again
            running.case.is_changed = running.job.effort == "quick"
            running.case.is_rough = not running.case.is_changed
            self._tell(running.case, mark="idle")

    def _begin(self, case: _Open) -> None:
        effort = "quick" if case.is_changed else "default"
        case.is_changed = case.is_rough = False
        self._n_jobs += 1
        chosen = self._settings
        as_of = None if chosen.as_of is None else chosen.as_of.isoformat()
        job = Job(self._n_jobs, str(case.desk.folder), effort, as_of, chosen.seed, chosen.threads)
        self._running = _Running(job, case)
        self._tell(
            case, mark="busy", effort=effort, stage="Reading the case", share=0.0, message="", details=""
        )
        self._builder.send(job)

    def _heard(self, message: Message) -> None:
        running = self._running
        if running is None or message.get("job", running.job.number) != running.job.number:
            return
        case = running.case
        match message["kind"]:
            case "progress":
                self._tell(case, stage=message["stage"], share=message["share"])
                return
            case "checked":
                running.told.update(message)
                self._tell(case, found=message["found"])
                return
            case "built":
                self._built(running, message)
            case "broken":
                self._tell(case, mark="bad", found=message["found"])
            case "failed":
                self._failed(running, sentence(message["message"]))
            case "bug":
                self._failed(running, OUR_MISTAKE, message["message"])
            case "ended":
                self._failed(running, ended_text(message["code"]))
        self._running = None

    def _built(self, running: _Running, message: Message) -> None:
        shown = f"{EFFORTS[running.job.effort]} of {clock()}, as of {running.told['as_of']}"
        running.case.is_rough = self._settings.full and running.job.effort == "quick"
        self._tell(running.case, page=message["page"], mark="ready", shown=shown, notes=message["warnings"])

    def _failed(self, running: _Running, text: str, details: str = "") -> None:
        found = running.told.get("found", NONE_FOUND)
        self._tell(running.case, mark="bad", found=found, message=text, details=details)

    def _tell(self, case: _Open, page: str | None = None, **changes: Any) -> None:
        self._listen(case.desk, case.desk.tell(page, **changes))


OUR_MISTAKE: Final = "The build failed by a mistake of ours, not yours."


def sentence(text: str) -> str:
    """Return a message as a sentence."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def ended_text(code: int) -> str:
    """Return what is said when the process that builds has ended by itself."""
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    return f"The process that builds {how}, perhaps for want of memory; the next save starts another."
