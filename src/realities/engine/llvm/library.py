"""LLVM itself: brought in when first needed, in this one place.

`native.py` and `targets.py` ask for it here. llvmlite lets go of the interpreter while LLVM works, and lets
one thread in at a time.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

#: Held by whoever compiles, so that no process is forked in the middle of it: the child would wait for ever.
_busy = threading.RLock()
#: What is to be freed by whoever is busy next; each is a list to empty.
_to_free: deque[list[Any]] = deque()


def is_there() -> bool:
    """Return whether llvmlite is installed; it is not imported."""
    return importlib.util.find_spec("llvmlite") is not None


@cache
def llvm() -> Any:
    """Return `llvmlite.binding`, ready for this machine.

    Raises
    ------
    ImportError
        If llvmlite is not installed, or cannot be loaded here.
    """
    try:
        import llvmlite.binding as binding
    except (ImportError, OSError) as error:
        raise ImportError(
            f"the compiled engine needs llvmlite, which cannot be imported ({error}); "
            "pip install llvmlite, or ask for the reference engine"
        ) from error
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_busy.acquire, after_in_parent=_busy.release, after_in_child=_busy.release)
    return binding


@contextmanager
def working() -> Iterator[None]:
    """Keep others from compiling and from forking the process meanwhile."""
    with _busy:
        try:
            yield
        finally:
            _free_waiting()


def free(parts: list[Any]) -> None:
    """Empty a list of LLVM's objects, now or, where a thread compiles, later: destructors must not wait."""
    _to_free.append(parts)
    if _busy.acquire(blocking=False):
        try:
            _free_waiting()
        finally:
            _busy.release()


def _free_waiting() -> None:
    while _to_free:
        _to_free.popleft().clear()


def orcjit() -> ModuleType:
    """Return the part of llvmlite that loads object code."""
    llvm()
    from llvmlite.binding import orcjit as loader

    module: ModuleType = loader
    return module


def versions() -> str:
    """Return the versions of llvmlite and of LLVM, as text."""
    binding = llvm()
    from llvmlite import __version__

    return f"llvmlite {__version__}, LLVM {'.'.join(map(str, binding.llvm_version_info))}"
