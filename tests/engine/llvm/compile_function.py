"""One function of reals, compiled alone: for tests and benchmarks of what kernels are put together from.

In comes a function that writes LLVM operations, and what it is written for; out comes a callable over
arrays. `Compiled.assembly` is what LLVM made of it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from realities.engine.llvm.writer import Module, Target, Value, Writer

#: Processors of which code can be made here, as LLVM names them, and what the writer may use on them.
PROCESSORS: dict[str, Target] = {
    "avx512": Target(8, has_fma=True, has_avx512=True),
    "fma": Target(8, has_fma=True, has_avx512=False),
    "old": Target(8, has_fma=False, has_avx512=False),
}
_NAMES = {"avx512": "skylake-avx512", "fma": "haswell", "old": "x86-64"}


def processors() -> list[str]:
    """Return those that this machine can run."""
    import llvmlite.binding as llvm

    has = llvm.get_host_cpu_features()
    needs = {"avx512": ("avx512f", "avx512dq", "avx512vl"), "fma": ("fma", "avx2"), "old": ("sse2",)}
    return [name for name, features in needs.items() if all(has.get(feature) for feature in features)]


@dataclass(frozen=True)
class Compiled:
    """A function of arrays of doubles; what its code needs is kept alive here."""

    n_arguments: int
    lanes: int
    text: str
    processor: str
    opt: int
    entry: Any
    engine: Any
    addresses: Any

    def __call__(self, *arguments: Any) -> np.ndarray:
        """Return the values for arrays of equal shape or numbers."""
        broadcast = np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in arguments))
        shape, n = broadcast[0].shape, broadcast[0].size
        padded = -(-n // self.lanes) * self.lanes
        inputs = np.ones((self.n_arguments, padded))
        for row, values in zip(inputs, broadcast, strict=True):
            row[:n] = values.ravel()
        out = np.empty(padded)
        self.run(inputs, out, 1)
        return out[:n].reshape(shape)

    @property
    def assembly(self) -> str:
        """What LLVM makes of it: compiled once more, for it takes as long as the code itself."""
        import llvmlite.binding as llvm

        made: str = _machine(self.processor, self.opt).emit_assembly(llvm.parse_assembly(self.text))
        return made

    def run(self, inputs: np.ndarray, out: np.ndarray, repeats: int) -> None:
        """Compute `out` (draws) from `inputs` (arguments, draws), so many times over."""
        self.entry(out.size // self.lanes, repeats, inputs.ctypes.data, out.ctypes.data, self.addresses)


def _machine(processor: str, opt: int) -> Any:
    import llvmlite.binding as llvm

    triple = llvm.Target.from_default_triple()
    return triple.create_target_machine(cpu=_NAMES[processor], features="", opt=opt)


def compile_function(
    function: Callable[..., Value], n_arguments: int, processor: str = "", *, lanes: int = 8, opt: int = 2
) -> Compiled:
    """Compile `function(w, *arguments)`; the processor is the best there is, if none is named."""
    import llvmlite.binding as llvm

    from realities.engine.llvm.math.special import address

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    processor = processor or processors()[0]
    target = replace(PROCESSORS[processor], lanes=lanes)
    module = Module(target)
    text = _loop(module, function, n_arguments)
    text += module.text()
    parsed = llvm.parse_assembly(text)
    parsed.verify()
    machine = _machine(processor, opt)
    engine = llvm.create_mcjit_compiler(parsed, machine)
    engine.finalize_object()
    prototype = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 2, *[ctypes.c_void_p] * 3)
    addresses = (ctypes.c_void_p * max(len(module.called), 1))(*map(address, module.called))
    entry = prototype(engine.get_function_address("entry"))
    return Compiled(n_arguments, target.lanes, text, processor, opt, entry, engine, addresses)


def _loop(module: Module, function: Callable[..., Value], n_arguments: int) -> str:
    """Return the entry: over repeats and groups of lanes, with the function written inside."""
    w = Writer(module)
    w.do("call void @keep_functions(ptr %functions)")
    w.do("%length = mul i64 %n_groups, " + str(w.target.lanes))
    w.do("br label %again")
    w.label("again")
    w.do("%count = phi i64 [ 0, %0 ], [ %counted, %end ]")
    w.do("br label %group")
    w.label("group")
    w.do("%k = phi i64 [ 0, %again ], [ %next, %done ]")
    w.do(f"%at = mul i64 %k, {w.target.lanes}")
    arguments = []
    for number in range(n_arguments):
        row = w.op(f"mul i64 %length, {number}")
        place = w.op(f"add i64 {row}, %at")
        pointer = w.op(f"getelementptr double, ptr %inputs, i64 {place}")
        arguments.append(w.op(f"load {w.real}, ptr {pointer}, align 8"))
    result = function(w, *arguments)
    pointer = w.op("getelementptr double, ptr %out, i64 %at")
    w.do(f"store {w.real} {result}, ptr {pointer}, align 8")
    w.do("br label %done")
    w.label("done")
    w.do("%next = add i64 %k, 1")
    w.do("%more = icmp slt i64 %next, %n_groups")
    w.do("br i1 %more, label %group, label %end")
    w.label("end")
    w.do("%counted = add i64 %count, 1")
    w.do("%again_more = icmp slt i64 %counted, %repeats")
    w.do("br i1 %again_more, label %again, label %over")
    w.label("over")
    w.do("ret void")
    arguments_text = "i64 %n_groups, i64 %repeats, ptr %inputs, ptr %out, ptr %functions"
    return f"define void @entry({arguments_text}) {{\n{w.text()}\n}}\n"
