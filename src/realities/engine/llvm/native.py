"""From a program to functions one can call: its text by `kernel/emit.py`, machine code by LLVM.

Code comes in two tiers that give the same bits: `quick` is compiled in a quarter of the time, `optimized`
runs faster. A `Kernel` starts with the quick one, and where a run turns out to be long compiles the other
in the background; chunks of draws that begin later use it. `simulator.py` next calls the code.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache as memoized
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from realities.engine.llvm.cache import Cache, Entry, digest
from realities.engine.llvm.library import free, llvm, orcjit, versions, working
from realities.engine.llvm.targets import Machine

Tier = Literal["quick", "optimized"]

#: Effort of LLVM's code generator. No passes run before it: the text is vector code as it should be already.
LEVELS: Mapping[Tier, int] = {"quick": 0, "optimized": 2}
#: Optimizing begins when quick code will have run for this many times the seconds that it took to compile:
#: it takes three to four times as long, and then saves about a quarter; bench/bench_compile.py.
PATIENCE = 10.0

_EXPORTED = ("run", "grid")
_RUN = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
_GRID = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class Code:
    """Machine code in memory: the functions `run` and `grid` of `frame.py`, and the `tier` they are of.

    The functions keep the memory they stand in; calling them lets other Python threads run.
    """

    def __init__(self, code: bytes, machine: Machine, tier: Tier) -> None:
        self.tier = tier
        with working():
            memory = _linked(code, machine)
        self.run: Callable[[int, int, int, int], None] = _function(_RUN, memory, "run")
        self.grid: Callable[[int], None] = _function(_GRID, memory, "grid")


class _Memory:
    """LLVM's hold on code: the addresses of its functions and what is freed when it goes."""

    def __init__(self, tracker: Any, engine: Any) -> None:
        self.addresses = {name: tracker[name] for name in _EXPORTED}
        self._parts = [tracker, engine]

    def __del__(self, free: Callable[[list[Any]], None] = free) -> None:
        free(self._parts)


def _linked(code: bytes, machine: Machine) -> _Memory:
    engine = orcjit().create_lljit_compiler(_target_machine(machine, 2, jit=True), use_jit_link=True)
    builder = orcjit().JITLibraryBuilder().add_object_img(code)
    for name in _EXPORTED:
        builder.export_symbol(name)
    for name, address in _system_functions().items():
        builder.import_symbol(name, address)
    return _Memory(builder.link(engine, "realities"), engine)


def _function(kind: Any, memory: _Memory, name: str) -> Any:
    function = kind(memory.addresses[name])
    function.memory = memory
    return function


def compile_text(text: str, machine: Machine, tier: Tier) -> bytes:
    """Return object code for LLVM assembly.

    Raises
    ------
    RuntimeError
        If LLVM does not understand the text.
    """
    llvm()
    with working():
        return _compiled(text, machine, LEVELS[tier])


def _compiled(text: str, machine: Machine, level: int) -> bytes:
    """Return object code; a function of its own, so that what LLVM made on the way goes with it."""
    binding = llvm()
    target_machine = _target_machine(machine, level)
    module = binding.parse_assembly(text, binding.create_context())
    module.verify()  # LLVM itself does not: wrong code would end the process, or worse
    module.triple = machine.triple
    module.data_layout = str(target_machine.target_data)
    code: bytes = target_machine.emit_object(module)
    return code


class Kernel:
    """The code of one program: at first the quickest to have, later the quickest to run.

    Parameters
    ----------
    key
        What the code depends on, as `cache.digest` gives it.
    write
        Gives the LLVM text and what else a caller has to know of it, as JSON values; asked for only
        where the cache has no code.
    optimized
        Wait for the optimized tier at once: for runs known to be long.
    """

    def __init__(
        self,
        key: str,
        write: Callable[[], tuple[str, Mapping[str, Any]]],
        *,
        machine: Machine,
        cache: Cache,
        optimized: bool = False,
    ) -> None:
        self._key, self._write, self._machine, self._cache = key, write, machine, cache
        self._worker: threading.Thread | None = None
        self._lock = threading.Lock()
        self._seconds_run = 0.0
        self.compile_seconds = 0.0
        self.about: Mapping[str, Any] = {}
        found = self._from_cache("optimized") or (None if optimized else self._from_cache("quick"))
        #: The best code so far; ask for it again with each chunk of work.
        self.code: Code = found or self._compiled("optimized" if optimized else "quick")

    def note(self, seconds_run: float, seconds_to_come: float = 0.0) -> None:
        """Take note of how long code has run and will, and see to better code if that pays."""
        if self.code.tier == "optimized" or self._worker is not None:
            return
        with self._lock:
            self._seconds_run += seconds_run
            is_long = self._seconds_run + seconds_to_come > PATIENCE * self.compile_seconds
            if not is_long or self._worker is not None:
                return
            # Not a daemon: a process that ends in the middle of LLVM's work would crash.
            self._worker = threading.Thread(target=self.optimize, name="realities-optimize")
        self._worker.start()

    def optimize(self) -> None:
        """Compile the optimized code, if it is not there yet; return when it is."""
        if self.code.tier != "optimized":
            self.code = self._from_cache("optimized") or self._compiled("optimized")

    def _from_cache(self, tier: Tier) -> Code | None:
        entry = self._cache.get(f"{self._key}-{tier}")
        if entry is None:
            return None
        try:
            code = Code(entry.code, self._machine, tier)
        except RuntimeError:  # sound, but not code that this LLVM can load
            return None
        self.about, self.compile_seconds = entry.about, float(entry.about.get("seconds", 0.0))
        return code

    def _compiled(self, tier: Tier) -> Code:
        start = time.thread_time()
        text, about = self._write()
        object_code = compile_text(text, self._machine, tier)
        code = Code(object_code, self._machine, tier)
        self.compile_seconds = time.thread_time() - start
        self.about = {**about, "seconds": self.compile_seconds}
        if _writers() == _WRITERS:  # else the files are no longer those that wrote this
            self._cache.put(f"{self._key}-{tier}", Entry(object_code, self.about))
        return code


def kernel_key(program_text: str, machine: Machine) -> str:
    """Return the key of a program's code: all that it depends on, by its hash."""
    return digest(program_text, _WRITERS, versions(), machine.key())


def _writers() -> bytes:
    """Return a hash of the files that write code, so that a change to one of them forgets what it wrote."""
    total = blake2b()
    here = Path(__file__).parent
    # What a program means stands beside the code's writers; they take a few numbers from `ir`.
    files = [
        path
        for room in (here, here.parent / "program", here.parents[1] / "ir")
        for path in room.rglob("*.py")
    ]
    for path in sorted(files):
        total.update(path.read_bytes())
    return total.digest() if files else os.urandom(8)  # a package without sources forgets all


#: As they were when this process read them.
_WRITERS = _writers()


def _target_machine(machine: Machine, level: int, *, jit: bool = False) -> Any:
    binding = llvm()
    try:
        target = binding.Target.from_triple(machine.triple)
    except RuntimeError:  # so far LLVM is ready for this machine's kind alone
        binding.initialize_all_targets()
        binding.initialize_all_asmprinters()
        target = binding.Target.from_triple(machine.triple)
    return target.create_target_machine(
        cpu=machine.processor, features=machine.features, opt=level, reloc="pic", codemodel="small", jit=jit
    )


@memoized
def _system_functions() -> Mapping[str, int]:
    """Return the addresses of what code may call besides `Frame.functions`: on Windows, the stack's guard."""
    if sys.platform != "win32":
        return {}
    guard = ctypes.CDLL("ntdll").__chkstk  # touches the pages of a large stack frame in turn
    return {"__chkstk": ctypes.cast(guard, ctypes.c_void_p).value or 0}
