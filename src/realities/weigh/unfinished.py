"""What `realities run` has worked out so far, kept in the folder of results until the run is finished.

In comes a case and a folder; out comes a memory for a `Crew`, in which finished tasks survive the process.
It is about one case and one version of the program: where either changed, it starts empty. Next is
`study.py`, whose tasks these are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from types import ModuleType

from realities.case import calendar
from realities.case.folder import Case
from realities.store.fingerprint import fingerprint, program_identity
from realities.store.kept import Kept, TaskMemory
from realities.store.place import Place
from realities.store.values import Plain
from realities.weigh import between, fits, forward, sequence, timeline
from realities.weigh.honesty import checks, drawn, honest, influence, model_error, widths
from realities.weigh.reporting import discrepancy, processes
from realities.weigh.sampling import evidence, importance, runs
from realities.weigh.scoring import forecasts

#: What is unfinished lies here, in the folder of results.
NAME = "results.part"
_ABOUT = "about.txt"
#: Results are made of the dataclasses of these modules, and of nothing else.
_HOMES = (
    *(between, calendar, discrepancy, evidence, fits, forecasts, forward, importance, processes, runs),
    *(checks, drawn, honest, influence, model_error, sequence, timeline, widths),
)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A place for a run: memory of its tasks, and a folder for files that are not whole yet."""

    memory: TaskMemory
    folder: Path


@contextmanager
def unfinished(case: Case, folder: Path) -> Iterator[Unfinished]:
    """Give a place in the folder of results; it stays if a run that has finished some tasks ends early.

    Raises
    ------
    RealitiesError
        If another run writes into the folder.
    """
    about = fingerprint(program_identity(), case)
    with Place(folder / NAME) as place:
        note = place.folder / _ABOUT
        if not note.is_file() or note.read_bytes() != about.encode():
            place.empty()
            note.write_text(about, encoding="ascii")
        try:
            yield Unfinished(TaskMemory(Kept(place.folder, Plain(_classes())), about), place.folder)
        except BaseException:
            if not any(place.folder.glob("*.task")):  # there is nothing to resume
                place.remove()
                with suppress(OSError):
                    folder.rmdir()
            raise
        place.remove()


def _classes() -> list[type]:
    return [kind for home in _HOMES for kind in vars(home).values() if _is_of(kind, home)]


def _is_of(kind: object, home: ModuleType) -> bool:
    return isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == home.__name__
