"""Worker processes that begin before there is work for them.

In comes how many, and which modules they will need; out come processes that call functions. Starting one and
importing NumPy, SciPy and the rest takes as long as reading a case, so a run starts them first. `ensemble.py`
hands them its tasks. This module imports little itself: it is there before the rest.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from importlib import import_module
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from threading import Thread
from typing import ParamSpec, Self, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Processes:
    """Processes that have begun to import. Use them in a `with`; they end with it.

    Parameters
    ----------
    n
        How many.
    imports
        Names of modules that their work will need.

    Attributes
    ----------
    folder
        For files that they take; it goes with them, even where this process is killed.
    """

    def __init__(self, n: int, imports: Sequence[str] = ()) -> None:
        self.n = n
        self._folder = TemporaryDirectory(prefix="realities-")
        self.folder = Path(self._folder.name)
        others = set(multiprocessing.active_children())
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(
            n, context, initializer=_begin, initargs=(self._folder.name, tuple(imports))
        )
        for _ in range(n):
            self._pool.submit(_nothing)
        self._own = set(multiprocessing.active_children()) - others

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # Without a failure they have nothing to do and end at once; to leave them ending by themselves would
        # let the interpreter's exit talk to a pool that is closing just then.
        self._pool.shutdown(wait=kind is None, cancel_futures=True)
        if kind is not None:  # what they are doing is of no use any more
            for process in self._own:
                process.terminate()
        self._folder.cleanup()

    def submit(
        self, function: Callable[Arguments, Result], *args: Arguments.args, **named: Arguments.kwargs
    ) -> Future[Result]:
        """Return what will be the result of a call in one of the processes."""
        return self._pool.submit(function, *args, **named)


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _begin(folder: str, imports: Sequence[str]) -> None:
    Thread(target=_leave_with_parent, args=(folder,), daemon=True).start()
    for name in imports:
        import_module(name)


def _nothing() -> None:
    """Do nothing, so that a process is there."""


def _leave_with_parent(folder: str) -> None:
    """End this process when the one that started it is gone: a parent that is killed tidies up nothing."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        rmtree(folder, ignore_errors=True)
        os._exit(1)
