"""Which machine code is written for: this machine's, or a lesser or other one by name.

In comes what LLVM finds out about the processor; out goes a `Machine`, whose `target` tells the writer what
it may use. `native.py` compiles for it. REALITIES_TARGET names another one than the best: `avx512`, `avx2`,
`x86-64`, `arm64`; code for one that is not of this processor's kind can be compiled but not run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Literal, cast

from realities.engine.llvm.library import llvm
from realities.engine.llvm.writer import Target

Name = Literal["avx512", "avx2", "x86-64", "arm64", "other"]


@dataclass(frozen=True, slots=True)
class Machine:
    """A processor: `name` is its kind, `target` what the writer of code needs to know of it.

    `triple`, `processor` and `features` are LLVM's words for it.
    """

    name: Name
    triple: str
    processor: str
    features: str
    target: Target

    def key(self) -> str:
        """Return text that differs where code for two machines may differ."""
        return f"{self.name} {self.triple} {self.processor} {self.features} {self.target}"


#: What the writer may use, for each kind of machine. Lanes do not change results, see bench/ for their cost.
TARGETS: Mapping[Name, Target] = MappingProxyType(
    {
        "avx512": Target(lanes=8, has_fma=True, has_avx512=True, divides_slowly=True),
        "avx2": Target(lanes=8, has_fma=True, divides_slowly=True),
        "x86-64": Target(lanes=8, has_fma=False),
        "arm64": Target(lanes=8, has_fma=True),
        "other": Target(lanes=8, has_fma=False),
    }
)
#: What a processor must have to be of a kind.
_NEEDED: Mapping[Name, frozenset[str]] = MappingProxyType(
    {
        "avx512": frozenset({"avx512f", "avx512dq", "avx512vl", "avx512bw", "avx512cd", "avx2", "fma"}),
        "avx2": frozenset({"avx2", "fma", "bmi2"}),
        "x86-64": frozenset({"sse2"}),
    }
)
#: LLVM's name for the least processor of a kind.
_LEAST: Mapping[Name, str] = MappingProxyType(
    {"avx512": "skylake-avx512", "avx2": "haswell", "x86-64": "x86-64", "arm64": "generic"}
)
_ARM = frozenset({"aarch64", "arm64"})
_X86 = frozenset({"x86_64", "amd64"})


def this_machine(wish: str | None = None) -> Machine:
    """Return the best this processor can do, or what `wish` or REALITIES_TARGET names.

    Raises
    ------
    ValueError
        If there is no such target, or this processor could not run its code.
    """
    host = _host()
    name = wish or os.environ.get("REALITIES_TARGET") or host.name
    if name == host.name:
        return host
    if name not in _LEAST:
        raise ValueError(f'no target is named "{name}"; there are {", ".join(_LEAST)}')
    if not _runs(host, name):
        raise ValueError(f'this processor ({host.processor}) cannot run code for "{name}", only {host.name}')
    return named(cast(Name, name), host.triple)


def named(name: Name, triple: str | None = None) -> Machine:
    """Return the least machine of a kind, as one to compile for; `triple` is LLVM's name of the system."""
    if triple is None:
        triple = "aarch64-unknown-linux-gnu" if name == "arm64" else "x86_64-unknown-linux-gnu"
    return Machine(name, triple, _LEAST[name], "", TARGETS[name])


def kind(triple: str, features: Mapping[str, bool]) -> Name:
    """Return the best kind of machine that a processor with these features is."""
    architecture = triple.split("-", 1)[0]
    if architecture in _ARM:
        return "arm64"
    if architecture in _X86:
        present = {feature for feature, has in features.items() if has}
        return next((name for name, needed in _NEEDED.items() if needed <= present), "x86-64")
    return "other"


def _runs(host: Machine, name: str) -> bool:
    """Return whether code for a kind of machine runs on this one."""
    ladder = list(_NEEDED)
    return host.name in ladder and name in ladder and ladder.index(name) >= ladder.index(host.name)


@cache
def _host() -> Machine:
    """Return the processor we are on; LLVM is asked once."""
    binding = llvm()
    features = binding.get_host_cpu_features()
    triple = binding.get_process_triple()
    if sys.platform == "win32":
        triple += "-elf"  # LLVM's loader of code in memory knows no other format of objects there
    name, processor = kind(triple, features), binding.get_host_cpu_name()
    target = TARGETS[name]
    if processor.startswith("znver"):  # AMD's divide in half the time of Intel's
        target = replace(target, divides_slowly=False)
    return Machine(name, triple, processor, features.flatten(), target)
