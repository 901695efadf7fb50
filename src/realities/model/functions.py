"""Vensim's functions by name: which are built-ins of the core, and which are refused.

Names are keys: lower case, single spaces. The functions that hold state or work on whole arrays are
listed where they are unfolded, in `stateful.py` and `reductions.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from realities.errors import did_you_mean

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

#: Functions of the language that are known and not supported, so that they can be refused by name.
UNSUPPORTED = frozenset(
    (
        "alloc p",
        "conveyor",
        "cumulate",
        "cumulatef",
        "delay batch",
        "delay conveyor",
        "delay information",
        "delay lookup",
        "delay material",
        "delay profile",
        "demand at price",
        "depreciate by schedule",
        "depreciate straightline",
        "find market price",
        "find zero",
        "get 123 constants",
        "get 123 data",
        "get 123 lookups",
        "get data at time",
        "get data between times",
        "get data first time",
        "get data last time",
        "get data max",
        "get data mean",
        "get data median",
        "get data min",
        "get data stdv",
        "get data total points",
        "get direct constants",
        "get direct data",
        "get direct lookups",
        "get direct subscript",
        "get odbc constants",
        "get odbc data",
        "get odbc lookups",
        "get vdf constants",
        "get vdf data",
        "get vdf lookups",
        "get xls constants",
        "get xls data",
        "get xls lookups",
        "get xls subscript",
        "internal rate of return",
        "lookup slope",
        "market price",
        "marketp",
        "message",
        "multi invert matrix",
        "propagate",
        "queue age average",
        "queue age in range",
        "queue age oldest",
        "queue fifo",
        "queue fifo attrib",
        "random lookup",
        "random negative binomial",
        "random pink noise",
        "reinitial",
        "sample until",
        "shift if true",
        "simultaneous",
        "sshape",
        "sumxmy",
        "sumxmy2",
        "supply at price",
        "tabbed array",
        "tabxl",
        "time base",
        "time shift",
        "vector lookup",
    )
)


def suggest_function(name: str, known_keys: Iterable[str]) -> str:
    """Return `did you mean ...?` for a function's name, or an empty string."""
    known = [key.upper() for key in known_keys if not key.startswith(":")]
    return did_you_mean(name.replace("_", " "), known)
