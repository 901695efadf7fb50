"""Vensim's functions by name: which are built-ins of the core, and which are refused.

Names are keys: lower case, single spaces. The functions that hold state or work on whole arrays are
listed where they are unfolded, in `stateful.py` and `reductions.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Functions that are built-ins, by their key in the core.
SIMPLE: Mapping[str, str] = MappingProxyType(
    {
        "abs": "abs",
        "arccos": "arccos",
        "arcsin": "arcsin",
        "arctan": "arctan",
        "cos": "cos",
        "cosh": "cosh",
        "exp": "exp",
        "gamma ln": "vensim.gamma_ln",
        "if then else": "if_then_else",
        "integer": "vensim.integer",
        "ln": "ln",
        "log": "vensim.log",
        "max": "max",
        "min": "min",
        "modulo": "vensim.modulo",
        "power": "power",
        "pulse": "vensim.pulse",
        "pulse train": "vensim.pulse_train",
        "quantum": "vensim.quantum",
        "ramp": "vensim.ramp",
        "random 0 1": "vensim.random_0_1",
        "random beta": "vensim.random_beta",
        "random binomial": "vensim.random_binomial",
        "random exponential": "vensim.random_exponential",
        "random gamma": "vensim.random_gamma",
        "random negative binomial": "vensim.random_negative_binomial",
        "random normal": "vensim.random_normal",
        "random poisson": "vensim.random_poisson",
        "random triangular": "vensim.random_triangular",
        "random uniform": "vensim.random_uniform",
        "random weibull": "vensim.random_weibull",
        "sin": "sin",
        "sinh": "sinh",
        "sqrt": "sqrt",
        "step": "step",
        "tan": "tan",
        "tanh": "tanh",
        "xidz": "vensim.xidz",
        "zidz": "vensim.zidz",
    }
)

_SHARED_OUT = "share a supply with ALLOCATE AVAILABLE, which has the same curves"
_QUEUE = "a stock with an outflow, or DELAY MATERIAL, keeps the amounts but not the single entries"
_LINE = "DELAY MATERIAL, or a DELAY N of high order, is the nearest that is run"
_ODBC = "databases are not read: export the values to a spreadsheet and use GET XLS or GET DIRECT"
_LOTUS = "Lotus 1-2-3 files are not read: save the sheet as .xlsx and use GET XLS or GET DIRECT"
_VDF = "runs saved by Vensim are not read: export the run as text, and give it with --data FILE"
_MACRO = "this is no function of Vensim but a macro that some models bring along: add its :MACRO:"
_SOLVE = "write the solution out, or approach it over time with a stock"

#: Functions that are known and not supported, so that they can be refused by name: what to do instead.
REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "alloc p": _SHARED_OUT,
        "conveyor": _LINE,
        "delay batch": _LINE,
        "delay conveyor": _LINE,
        "delay lookup": _LINE,
        "delay profile": _LINE,
        "delayp": "DELAY3 has the same outflow; what is in the pipeline is its input less its output, summed",
        "depreciate by schedule": "spread each investment with DELAY MATERIAL, one part for each period",
        "find zero": _SOLVE,
        "get 123 constants": _LOTUS,
        "get 123 data": _LOTUS,
        "get 123 lookups": _LOTUS,
        "get data stdv": "its manual does not say by what it divides: write the deviation as a constant",
        "get odbc constants": _ODBC,
        "get odbc data": _ODBC,
        "get odbc lookups": _ODBC,
        "get vdf constants": _VDF,
        "get vdf data": _VDF,
        "get vdf lookups": _VDF,
        "internal rate of return": "find the discount rate at which NPV is 0 by running with several",
        "market price": _SHARED_OUT,
        "marketp": _SHARED_OUT,
        "message": "take it out: it shows a text while the model runs and changes no value",
        "multi invert matrix": "INVERT MATRIX inverts each matrix of an array of them",
        "pink noise": _MACRO,
        "propagate": "write the equation of each element that it would fill in",
        "queue age average": _QUEUE,
        "queue age in range": _QUEUE,
        "queue age oldest": _QUEUE,
        "queue fifo": _QUEUE,
        "queue fifo attrib": _QUEUE,
        "sample until": _MACRO,
        "shift if true": "move cohorts by flows between stocks: PULSE TRAIN times the stock over TIME STEP",
        "simultaneous": _SOLVE,
        "sshape": _MACRO,
        "sumxmy": "write SUM((x[i!] - y[i!])^2)",
        "sumxmy2": "write SUM((x[i!] - y[i!])^2)",
        "tabbed array": "it can only be the whole of an equation",
        "tabxl": "write LOOKUP EXTRAPOLATE(lookup, x)",
    }
)
