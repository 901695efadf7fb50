"""What a model is: variables, lookups, dimensions and a time specification.

A `Model` is scalar: one `Variable` for each element of a subscripted name. Behavior is functions
elsewhere: `model/` builds one from a file, `verify` checks it, `engine/` runs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from realities.ir.expr import Expr
from realities.source import NOWHERE, SourceText, Span
from realities.units import Unit

Kind = Literal[
    "constant",
    "auxiliary",
    "stock",
    "initial",
    "fixed_delay",
    "material_delay",
    "information_delay",
    "sample",
    "data",
]
Integrator = Literal["euler", "rk2", "rk4", "rk45"]
Dialect = Literal["vensim", "xmile"]
LookupMode = Literal["interpolate", "extrapolate", "discrete", "backward"]


@dataclass(frozen=True, slots=True)
class Variable:
    """One scalar variable.

    | kind        | `expression`                | `initial`                         | `extra`       |
    |-------------|-----------------------------|-----------------------------------|---------------|
    | constant    | a value that never changes and that a draw may override |       |               |
    | auxiliary   | its value at every time     | its value at first, or None       |               |
    | stock       | net flow per unit of time   | value at the initial time         |               |
    | initial     | evaluated once, at first    |                                   |               |
    | fixed_delay | input                       | output until the delay is over    | (delay time,) |
    | sample      | input, kept while so        | value before it is first so       | (condition,)  |
    | data        | None                        |                                   |               |

    A `material_delay` and an `information_delay` are a `fixed_delay` in which each input takes the delay time
    of when it enters. Inputs that arrive together are added up, or the latest hides the others; where none
    arrives the second extra of a material delay comes out, or the last information is held.

    Flows are auxiliaries. An auxiliary has an `initial` where its author gave one (ACTIVE INITIAL): it
    stands for the auxiliary while initial values are computed. A stock marked non-negative stays at 0,
    or where it began if that is lower, rather than fall further. The values of a data variable are the
    table `series` of `Model.lookups`, read at the time.
    """

    name: str
    kind: Kind
    expression: Expr | None
    initial: Expr | None = None
    extra: tuple[Expr, ...] = ()
    series: str | None = None
    unit: Unit | None = None
    base: str = ""
    elements: tuple[str, ...] = ()
    is_flow: bool = False
    is_hidden: bool = False
    is_non_negative: bool = False
    doc: str = ""
    group: str = ""
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Lookup:
    """Points of a graphical function; `xs` does not decrease.

    `mode` says what lies between and beyond the points: `interpolate` holds the end values,
    `extrapolate` continues the end segments, `discrete` holds each value to the next point,
    `backward` takes the next point's value. `unit` is what the ordinates are in, where that is declared.
    """

    name: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    mode: LookupMode = "interpolate"
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Dimension:
    """A named axis and its elements, in order."""

    name: str
    elements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimeSpec:
    """When a run starts and ends, its step and how often it is saved, in the model's unit of time.

    The four are variables of the model too (`INITIAL TIME` and so on), so that they can be saved,
    set and computed from others; what stands here are their full names.
    """

    initial_time: str = "INITIAL TIME"
    final_time: str = "FINAL TIME"
    time_step: str = "TIME STEP"
    save_period: str = "SAVEPER"
    unit: Unit | None = None
    integrator: Integrator = "euler"


@dataclass(frozen=True)
class Model:
    """A verified model. `variables` are in an order in which auxiliaries can be evaluated."""

    name: str
    variables: tuple[Variable, ...]
    time: TimeSpec
    lookups: Mapping[str, Lookup] = field(default_factory=lambda: MappingProxyType({}))
    dimensions: tuple[Dimension, ...] = ()
    dialect: Dialect = "vensim"
    source: SourceText | None = field(default=None, compare=False, repr=False)
    #: Every variable by name, in an order in which initial values can be computed: a stock by its `initial`,
    #: an auxiliary by its `initial` or else its expression. Empty in a model built by hand.
    initial_order: tuple[str, ...] = ()
    #: Constants that the variables themselves were worked out from, such as the order of a delay, and their
    #: values: a run cannot give them others.
    settled: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def _by_name(self) -> dict[str, Variable]:
        return {variable.name: variable for variable in self.variables}

    @cached_property
    def _by_key(self) -> dict[str, Variable]:
        return {name_key(variable.name): variable for variable in self.variables}

    def __getitem__(self, name: str) -> Variable:
        """Return a variable by its full name; case, spaces and underscores do not matter."""
        return self._by_name[name] if name in self._by_name else self._by_key[name_key(name)]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name_key(name) in self._by_key

    @property
    def constants(self) -> tuple[Variable, ...]:
        """The variables that a draw may override."""
        return tuple(v for v in self.variables if v.kind == "constant")

    @property
    def stocks(self) -> tuple[Variable, ...]:
        """The stocks, those that delays and smooths became included."""
        return tuple(v for v in self.variables if v.kind == "stock")


def name_key(name: str) -> str:
    """Return what two spellings of one name share: case, spaces, underscores and quotes do not matter."""
    key = " ".join(name.replace("_", " ").replace('"', "").split()).casefold()
    return key.replace(" [", "[").replace("[ ", "[").replace(" ]", "]").replace(", ", ",").replace(" ,", ",")
