"""XMILE's functions by name: which are built-ins of the core, and which are refused.

Names are keys: lower case, single spaces (`SAMPLE_IF_TRUE` is "sample if true"). Sections are those of
XMILE 1.0 (OASIS, 2015); what the standard leaves to Stella means what isee systems' help says. A name of
Vensim's that XMILE does not have, carried over by a translator, keeps its meaning there. Functions
that hold state are in `stateful.py`, those with arguments that may be left out in `plain.py`, those of
whole arrays in `reductions.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from realities.model.vensim.functions import REFUSED as VENSIM_REFUSED
from realities.model.vensim.functions import SIMPLE as VENSIM_SIMPLE

#: Names that are numbers (3.5.1).
CONSTANTS: Mapping[str, float] = MappingProxyType({"pi": math.pi, "inf": math.inf, "nan": math.nan})

_OWN = {
    # 3.5.1
    "abs": "abs",
    "arccos": "arccos",
    "arcsin": "arcsin",
    "arctan": "arctan",
    "cos": "cos",
    "exp": "exp",
    "int": "xmile.int",
    "ln": "ln",
    "log10": "xmile.log10",
    "sin": "sin",
    "sqrt": "sqrt",
    "tan": "tan",
    # 3.3
    "if then else": "if_then_else",
    "mod": "xmile.mod",
    # 3.5.4
    "step": "step",
    # Stella
    "factorial": "xmile.factorial",
    "gammaln": "vensim.gamma_ln",
    "round": "xmile.round",
}
#: Functions of Vensim whose names mean something else in XMILE; `plain.py` and `stateful.py` have them.
_OTHERWISE = {"pulse", "ramp"}
#: Functions that are built-ins, by their key in the core.
SIMPLE: Mapping[str, str] = MappingProxyType(
    {**{name: key for name, key in VENSIM_SIMPLE.items() if name not in _OTHERWISE}, **_OWN}
)

#: Functions that can be worked out before a run.
VALUES: Mapping[str, Callable[..., float]] = MappingProxyType(
    {
        "abs": abs,
        "exp": math.exp,
        "if then else": lambda condition, yes, no: yes if condition else no,
        "init": lambda value: value,
        "int": math.floor,
        "ln": math.log,
        "log10": math.log10,
        "max": max,
        "min": min,
        "mod": lambda left, right: left % right,
        "round": lambda value: math.copysign(math.floor(abs(value) + 0.5), value),
        "sqrt": math.sqrt,
    }
)

_LAST_RUN = "its value comes from another run"
_IN_BATCHES = "it follows single batches through a conveyor, queue or oven"
_UNSURE = "what it computes is not documented well enough to rely on"

#: Functions that are known and not supported, with what to do instead; "" where there is nothing to say.
UNSUPPORTED: Mapping[str, str] = MappingProxyType(
    {
        **VENSIM_REFUSED,
        "allocate": "",
        "capacity": _IN_BATCHES,
        "cap": _IN_BATCHES,
        "celement": _IN_BATCHES,
        "cgrowth": "write the growth out",
        "counter": "write it with MOD, for example start + (TIME - STARTTIME) MOD (end - start)",
        "cpcnt": _IN_BATCHES,
        "ctflow": _IN_BATCHES,
        "ctmax": _IN_BATCHES,
        "ctmean": _IN_BATCHES,
        "ctmin": _IN_BATCHES,
        "ctstddev": _IN_BATCHES,
        "cyclemax": _IN_BATCHES,
        "cyclemin": _IN_BATCHES,
        "cyclestddev": _IN_BATCHES,
        "cycletime": _IN_BATCHES,
        "derivn": "",
        "endval": _LAST_RUN,
        "findnth": "",
        "fv": "",
        "geometric": _UNSURE,
        "history": "keep what is needed of the past with DELAY or PREVIOUS",
        "interpolate": "",
        "invnorm": "",
        "irr": "",
        "lookupmean": "it reads a graphical function as a container",
        "lookupxy": "",
        "negbinomial": _UNSURE,
        "normalcdf": "",
        "ostate": _IN_BATCHES,
        "pct": "",
        "pmt": "",
        "propagate": "",
        "pv": "",
        "qelem": _IN_BATCHES,
        "qlen": _IN_BATCHES,
        "rework": "",
        "rootn": "write the root as a power, x^(1/n)",
        "rounddown": "write it with INT",
        "roundup": "write it with INT, for example -INT(-x)",
        "runcount": _LAST_RUN,
        "runscount": _LAST_RUN,
        "sensirunnumber": _LAST_RUN,
        "throughput": _IN_BATCHES,
    }
)
