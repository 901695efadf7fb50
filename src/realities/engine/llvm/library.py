"""LLVM itself: brought in when first needed, in this one place.

`native.py` and `targets.py` ask for it here. llvmlite lets go of the interpreter while LLVM works, and lets
one thread in at a time.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from functools import cache
from types import ModuleType
from typing import Any

#: Held by whoever compiles, so that no process is forked in the middle of it: the child would wait for ever.
busy = threading.RLock()


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
            'pip install llvmlite, or ask for the reference engine with engine="reference"'
        ) from error
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=busy.acquire, after_in_parent=busy.release, after_in_child=busy.release)
    return binding


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
