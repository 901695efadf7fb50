"""C functions of SciPy that compiled code calls, lane by lane, so that both engines share their bits.

In comes the name of a function of `scipy.special`; out goes its address, or a call of it written through a
`Writer`. The routines are those behind the functions of the same name for arrays: inverse distribution
functions and what they stand on. `random.py` builds distributions on them; `Frame.functions` brings
the addresses to the code.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Mapping
from types import MappingProxyType

from realities.engine.llvm.writer import Module, Value, Writer
from realities.errors import SimulationError

#: How many numbers each function takes.
N_ARGUMENTS: Mapping[str, int] = MappingProxyType(
    {
        "bdtrik": 3,
        "betainc": 3,
        "betaincinv": 3,
        "gamma": 1,
        "gammainc": 2,
        "gammaincinv": 2,
        "gammaln": 1,
        "nbdtrik": 3,
        "ndtr": 1,
        "ndtri": 1,
        "pdtr": 2,
        "pdtrik": 2,
    }
)


def address(name: str) -> int:
    """Return where the C function behind `scipy.special.<name>` stands in memory.

    Raises
    ------
    SimulationError
        If this SciPy has no such function for doubles: the reference engine does without.
    """
    import scipy
    from scipy.special import cython_special

    signature = f"double ({'double, ' * N_ARGUMENTS[name]}int __pyx_skip_dispatch)"
    # A function for several types is there once for each, as __pyx_fuse_0name, __pyx_fuse_1name, ...
    written = re.compile(rf"(__pyx_fuse_\d+)?{name}")
    for key, capsule in cython_special.__pyx_capi__.items():
        if written.fullmatch(key) and _name(capsule) == signature:
            return _pointer(capsule, signature)
    raise SimulationError(
        f"SciPy {scipy.__version__} has no C function {name} that compiled code could call; "
        "run this model with the reference engine"
    )


def call_lanes(w: Writer, name: str, *arguments: Value) -> Value:
    """Return the values of a C function, called once for each lane."""
    function = w.module.function(
        f"lanes_{name}", [w.real] * N_ARGUMENTS[name], w.real, lambda inner: _write_lanes(inner, name)
    )
    return w.call(function, *arguments)


def _write_lanes(w: Writer, name: str) -> None:
    """Write a loop over the lanes of %a0, %a1, ... that returns the results."""
    n, arguments = w.target.lanes, range(N_ARGUMENTS[name])
    address_ = w.op(f"load ptr, ptr {w.module.called_through(name)}")
    w.do("br label %lane")
    w.label("lane")
    w.do("%k = phi i32 [ 0, %0 ], [ %next, %lane ]")
    w.do(f"%done = phi {w.real} [ zeroinitializer, %0 ], [ %filled, %lane ]")
    numbers = [w.op(f"extractelement {w.real} %a{i}, i32 %k") for i in arguments]
    given = ", ".join(f"double {number}" for number in numbers)
    result = w.op(f"call double {address_}({given}, i32 0)")
    w.do(f"%filled = insertelement {w.real} %done, double {result}, i32 %k")
    w.do("%next = add i32 %k, 1")
    w.do(f"%more = icmp slt i32 %next, {n}")
    w.do("br i1 %more, label %lane, label %end")
    w.label("end")
    w.do(f"ret {w.real} %filled")


def _name(capsule: object) -> str:
    get = ctypes.pythonapi.PyCapsule_GetName
    get.restype, get.argtypes = ctypes.c_char_p, [ctypes.py_object]
    found = get(capsule)
    return found.decode() if found else ""


def _pointer(capsule: object, name: str) -> int:
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return int(get(capsule, name.encode()))


def needed(module: Module) -> list[int]:
    """Return the addresses for `Frame.functions`, in the order of a module's calls."""
    return [address(name) for name in module.called]
