"""Random models as syntax trees: a Hypothesis strategy of Vensim models that can be run.

Without loops by construction: an equation uses constants, stocks and auxiliaries before it. Values stay
finite: nothing divides by what may be 0, nothing grows faster than a few products. What a stock gains is
bounded. `test_generated_models.py` states laws of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from realities.model import syntax
from realities.model.syntax import (
    Apply,
    Equation,
    Infix,
    Left,
    Name,
    Numeral,
    Points,
    Prefix,
    Rows,
    Subscript,
)
from realities.source import SourceText

DIMENSIONS = {"Region": ("north", "south"), "Age": ("young", "middle", "old")}
NUMBERS = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 10.0)
#: How a name may look; the number of the variable is added.
STEMS = ("Level", "net rate", "people's share", "x", "Größe", "a_b", "total cost")
Term = syntax.Term
Dims = tuple[str, ...]


def call(function: str, *arguments: Term) -> Term:
    """Return a call by its name."""
    return Apply(Name(function), arguments)


def number(value: float) -> Term:
    """Return a number as it is written."""
    return Prefix("-", Numeral(-value)) if value < 0 else Numeral(value)


def bounded(term: Term) -> Term:
    """Return x / (1 + |x|), which is between -1 and 1."""
    return Infix("/", term, Infix("+", Numeral(1.0), call("ABS", term)))


@dataclass
class Draft:
    """A model in the making: what there is to refer to, and the equations so far."""

    draw: st.DrawFn
    has_not: bool = True
    known: dict[str, Dims] = field(default_factory=dict)
    lookups: list[str] = field(default_factory=list)
    equations: list[Equation] = field(default_factory=list)

    def number(self) -> float:
        return self.draw(st.sampled_from(NUMBERS))

    def name(self) -> str:
        """Return a new name."""
        return f"{self.draw(st.sampled_from(STEMS))} {len(self.known) + len(self.lookups)}"

    def dims(self) -> Dims:
        return self.draw(st.sampled_from(((), (), (), ("Region",), ("Age",), ("Region", "Age"))))

    def define(self, name: str, dims: Dims, right: Term) -> None:
        """Add an equation for all elements."""
        self.equations.append(Equation(Left(name, tuple(map(Subscript, dims))), right))

    def reference(self, inside: Dims) -> Term:
        """Return a variable as an equation over some dimensions uses it: by element, whole or summed."""
        name = self.draw(st.sampled_from(sorted(self.known)))
        dims = self.known[name]
        subscripts = []
        is_summed = False
        for dim in dims:
            if dim in inside and self.draw(st.integers(0, 3)):
                subscripts.append(Subscript(dim))
            elif dim not in inside and self.draw(st.booleans()):
                subscripts.append(Subscript(dim, is_reduced=True))
                is_summed = True
            else:
                subscripts.append(Subscript(self.draw(st.sampled_from(DIMENSIONS[dim]))))
        reference = Name(name, tuple(subscripts))
        return (
            call(self.draw(st.sampled_from(("SUM", "VMAX", "VMIN"))), reference) if is_summed else reference
        )

    def leaf(self, inside: Dims) -> Term:
        """Return a number, the time or a variable."""
        match self.draw(st.integers(0, 5)):
            case 0:
                return Numeral(self.number())
            case 1:
                return Name("Time")
            case _:
                return self.reference(inside) if self.known else Numeral(self.number())

    def condition(self, inside: Dims, depth: int) -> Term:
        """Return something true or false."""
        op = self.draw(st.sampled_from(("<", "<=", ">", ">=")))
        plain = Infix(op, self.expression(inside, depth - 1), Numeral(self.number()))
        match self.draw(st.integers(0, 4)):
            case 0 if depth > 1:
                both = self.draw(st.sampled_from(("and", "or")))
                return Infix(both, plain, self.condition(inside, depth - 1))
            case 1 if self.has_not:
                return Prefix("not", plain)
            case _:
                return plain

    def expression(self, inside: Dims, depth: int) -> Term:
        """Return a finite expression."""
        if depth <= 0:
            return self.leaf(inside)
        less = depth - 1
        match self.draw(st.integers(0, 13)):
            case 0 | 1:
                op = self.draw(st.sampled_from(("+", "-")))
                return Infix(op, self.expression(inside, less), self.expression(inside, less))
            case 2:
                return Infix("*", self.expression(inside, less), bounded(self.expression(inside, less)))
            case 3:
                return Infix("/", self.expression(inside, less), Numeral(self.number()))
            case 4:
                return Infix("^", call("ABS", bounded(self.leaf(inside))), Numeral(self.number()))
            case 5:
                return Prefix("-", self.expression(inside, less))
            case 6:
                function = self.draw(st.sampled_from(("SIN", "COS", "ABS", "ARCTAN")))
                return call(function, self.expression(inside, less))
            case 7:
                function = self.draw(st.sampled_from(("EXP", "SQRT", "LN")))
                inner = call("ABS", bounded(self.expression(inside, less)))
                return call(function, Infix("+", inner, Numeral(1.0)))
            case 8:
                function = self.draw(st.sampled_from(("MIN", "MAX")))
                return call(function, self.expression(inside, less), self.expression(inside, less))
            case 9:
                return call(
                    "IF THEN ELSE",
                    self.condition(inside, less),
                    self.expression(inside, less),
                    self.expression(inside, less),
                )
            case 10 if self.lookups:
                return call(self.draw(st.sampled_from(self.lookups)), self.expression(inside, less))
            case 11:
                return self.test_input()
            case 12:
                quotient = self.expression(inside, less), Numeral(self.number())
                return call("ZIDZ", *quotient)
            case _:
                return self.leaf(inside)

    def test_input(self) -> Term:
        """Return a function of time."""
        start, width = (Numeral(self.draw(st.sampled_from((1.0, 2.0, 3.0)))) for _ in range(2))
        match self.draw(st.integers(0, 2)):
            case 0:
                return call("STEP", Numeral(self.number()), start)
            case 1:
                return call("PULSE", start, width)
            case _:
                return call("RAMP", Numeral(self.number()), start, Infix("+", start, width))

    def smoothed(self, dims: Dims) -> Term:
        """Return a smooth or a delay of an expression."""
        function = self.draw(
            st.sampled_from(
                ("SMOOTH", "SMOOTHI", "SMOOTH3", "SMOOTH3I", "DELAY1", "DELAY1I", "DELAY3", "DELAY3I")
            )
        )
        duration = Numeral(self.draw(st.sampled_from((2.0, 3.0, 5.0))))
        first = (Numeral(self.number()),) if function.endswith("I") else ()
        return call(function, self.expression(dims, 1), duration, *first)

    # -- equations ----------------------------------------------------------------------------------

    def constant(self) -> None:
        name, dims = self.name(), self.dims()
        size = 1
        for dim in dims:
            size *= len(DIMENSIONS[dim])
        if not dims:
            self.define(name, dims, number(self.number()))
        elif self.draw(st.booleans()):
            self.define(name, dims, Rows(tuple(self.number() for _ in range(size))))
        else:
            self.define(name, dims, Numeral(self.number()))
        self.known[name] = dims

    def lookup(self) -> None:
        name = self.name()
        xs = sorted(self.draw(st.sets(st.integers(-5, 10), min_size=2, max_size=5)))
        ys = [self.draw(st.integers(-5, 5)) for _ in xs]
        self.define(name, (), Points(tuple(map(float, xs)), tuple(map(float, ys))))
        self.lookups.append(name)

    def stock(self) -> tuple[str, Dims, Term]:
        """Name a stock with its initial value; its flow follows when all is known."""
        name, dims = self.name(), self.dims()
        initial = self.expression(dims, 1) if self.known and self.draw(st.booleans()) else None
        return name, dims, initial or Numeral(self.number())

    def auxiliary(self) -> None:
        name, dims = self.name(), self.dims()
        if dims and self.draw(st.integers(0, 4)) == 0:
            for element in DIMENSIONS[dims[0]]:
                left = Left(name, (Subscript(element), *map(Subscript, dims[1:])))
                self.equations.append(Equation(left, self.expression(dims[1:], 2)))
        elif self.draw(st.integers(0, 3)) == 0:
            self.define(name, dims, self.smoothed(dims))
        else:
            self.define(name, dims, self.expression(dims, 3))
        self.known[name] = dims


@st.composite
def models(
    draw: st.DrawFn, integrators: tuple[str, ...] = ("euler",), *, has_not: bool = True
) -> syntax.ModelFile:
    """Draw a Vensim model of about ten equations that can be run; with :NOT: or without."""
    draft = Draft(draw, has_not)
    for _ in range(draw(st.integers(1, 3))):
        draft.constant()
    for _ in range(draw(st.integers(0, 2))):
        draft.lookup()
    stocks = [draft.stock() for _ in range(1)]
    for name, dims, _ in stocks:
        draft.known[name] = dims
    for _ in range(draw(st.integers(1, 5))):
        draft.auxiliary()
    for name, dims, initial in stocks:
        net = Infix("*", Numeral(draft.number()), bounded(draft.expression(dims, 2)))
        draft.define(name, dims, call("INTEG", net, initial))
    step = draw(st.sampled_from((1.0, 0.5, 0.25)))
    times = {"INITIAL TIME": 0.0, "FINAL TIME": 4.0, "TIME STEP": step, "SAVEPER": step}
    for name, value in times.items():
        draft.define(name, (), Numeral(value))
    dimensions = tuple(
        syntax.DimensionDef(name, tuple(map(syntax.Member, elements)))
        for name, elements in DIMENSIONS.items()
    )
    return syntax.ModelFile(
        "generated",
        SourceText("generated.mdl", ""),
        "vensim",
        tuple(draft.equations),
        dimensions,
        integrator=draw(st.sampled_from(integrators)),  # type: ignore[arg-type]
    )
