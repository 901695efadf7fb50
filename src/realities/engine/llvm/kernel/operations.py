"""One operation of a `Program` as LLVM text, and finding what it works on.

A `Scope` is one stretch of code: it knows which values the code has computed, and fetches others from where
`layout.py` keeps them. Functions of the language are written by the rooms `math`, `tables` and `arrays`,
either in place or as functions that are called. `begin.py`, `steps.py` and `grid.py` next write regions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from realities.engine.llvm.arrays.functions import ARRAYS
from realities.engine.llvm.kernel.division import Trial, settled, try_any, try_known
from realities.engine.llvm.kernel.random_words import key, uniform
from realities.engine.llvm.math.functions import MATH
from realities.engine.llvm.tables.readings import READINGS
from realities.engine.llvm.writer import Value, Writer
from realities.engine.program.program import Instruction, Kind, Program, kind_of
from realities.errors import InternalError

#: What a value is in a function: its name, or the names of the parts of a bundle.
Held = Value | list[Value]
Fetch = Callable[[int], Held]
Written = TypeVar("Written")

#: Operations that are one method of a `Writer`, by its name.
_METHODS: Mapping[str, str] = MappingProxyType(
    {
        "+": "add",
        "-": "sub",
        "*": "mul",
        "min": "minimum",
        "max": "maximum",
        "negative": "neg",
        "abs": "abs",
        "sqrt": "sqrt",
        "floor": "floor",
        "trunc": "trunc",
        "and": "both",
        "or": "either",
        "not": "opposite",
        "select": "select",
    }
)
_COMPARISONS: Mapping[str, str] = MappingProxyType({"<": "olt", "<=": "ole", "=": "oeq"})


def _no_reciprocal(_: int) -> Value | None:
    return None


@dataclass(slots=True)
class Scope:
    """A stretch of code of one function.

    Attributes
    ----------
    fetch, draw_word
        Write what gets a value that is kept in memory, and the word that random functions count draws by.
    in_place
        Whether functions of the language are written where they are used, not called.
    reciprocal
        Writes what gets what `division.py` needs to know of a divisor, None if it was not prepared.
    by_products
        Quotients that are computed by products and sums, though nothing is known of the divisor.
    known
        What the code has computed.
    near
        What it has fetched.
    """

    program: Program
    w: Writer
    fetch: Fetch
    draw_word: Callable[[], Value]
    in_place: bool = True
    reciprocal: Callable[[int], Value | None] = _no_reciprocal
    by_products: frozenset[int] = frozenset()
    known: dict[int, Held] = field(default_factory=dict)
    near: dict[int, Held] = field(default_factory=dict)

    def forget(self) -> None:
        """Begin another stretch of code."""
        self.known, self.near = {}, {}

    def value(self, number: int) -> Value:
        """Return a value of one part."""
        held = self.held(number)
        assert isinstance(held, str)
        return held

    def held(self, number: int) -> Held:
        """Return a value, fetched if it is not at hand."""
        found = self.known.get(number)
        if found is None:
            found = self.near.get(number)
        if found is None:
            instruction = self.program.instructions[number]
            if instruction.op == "number":
                return self.w.number(number_of(instruction))
            found = self.near[number] = self.fetch(number)
        return found

    def compute(self, number: int) -> None:
        """Write the operation that gives a value."""
        instruction = self.program.instructions[number]
        op = instruction.op
        if op == "part":
            several = self.held(instruction.inputs[0])
            assert isinstance(instruction.detail, int)
            self.known[number] = several[instruction.detail]
            return
        if op == "uniform":
            self.known[number] = uniform(self.w, self.value(instruction.inputs[0]), self.draw_word())
            return
        if op == "/":
            self.compute_quotients([number])
            return
        inputs = [self.value(i) for i in instruction.inputs]
        if op in _METHODS:
            self.known[number] = getattr(self.w, _METHODS[op])(*inputs)
        elif op in _COMPARISONS:
            self.known[number] = self.w.compare(_COMPARISONS[op], *inputs)
        elif op == "real":
            self.known[number] = self.w.select(inputs[0], self.w.number(1.0), self.w.number(0.0))
        else:
            self.known[number] = self._function(instruction, inputs)

    def compute_quotients(self, numbers: Iterable[int]) -> None:
        """Write divisions of which none needs another; they have the same bits in whichever way."""
        trials: dict[int, Trial] = {}
        for number in numbers:
            above, below = self.program.instructions[number].inputs
            inverse = self._inverse_power_of_two(below)
            known = None if inverse is not None else self.reciprocal(below)
            x, y = self.value(above), self.value(below)
            if inverse is not None:
                self.known[number] = self.w.mul(x, inverse)
            elif known is not None:
                trials[number] = try_known(self.w, x, y, known)
            elif number in self.by_products:
                trials[number] = try_any(self.w, x, y)
            else:
                self.known[number] = self.w.div(x, y)
        self.known |= zip(trials, settled(self.w, list(trials.values())), strict=True)

    def _inverse_power_of_two(self, number: int) -> Value | None:
        """Return 1 / x for a number that is a power of two: a product with it is the quotient."""
        instruction = self.program.instructions[number]
        if instruction.op != "number":
            return None
        mantissa, exponent = math.frexp(number_of(instruction))
        if abs(mantissa) != 0.5 or abs(exponent) >= 1000:
            return None
        return self.w.number(math.ldexp(2.0 * mantissa, 1 - exponent))

    def _function(self, instruction: Instruction, inputs: list[Value]) -> Held:
        match instruction.op, instruction.detail:
            case "call", str(name):
                write = _found(MATH, "function", name)
                return self._written(f"math.{name}", lambda w, *x: write(w, *x), inputs)
            case "read", (str(reading), int(place)):
                read, table = _found(READINGS, "reading", reading), self.program.tables[place]
                return self._written(f"read.{reading}.{place}", lambda w, *x: read(w, table, *x), inputs)
            case "array", (str(name), int(n_results)):
                return list(_found(ARRAYS, "array function", name)(self.w, n_results, *inputs))
            case "key", int(site):
                return key(self.w, *inputs, site=site)
            case _:
                raise InternalError(f"no code is known for the instruction {instruction}")

    def _written(self, name: str, write: Callable[..., Value], inputs: list[Value]) -> Value:
        """Return a function of reals, in place or called."""
        if self.in_place:
            return write(self.w, *inputs)
        arguments = [f"%a{k}" for k in range(len(inputs))]

        def body(w: Writer) -> None:
            w.do(f"ret {w.real} {write(w, *arguments)}")

        plain = "".join(letter if letter.isalnum() else "." for letter in name)
        function = self.w.module.function(plain, [self.w.real] * len(inputs), self.w.real, body)
        return self.w.call(function, *inputs)


def _found(table: Mapping[str, Written], what: str, name: str) -> Written:
    if name not in table:
        raise InternalError(f'no code is known for the {what} "{name}"')
    return table[name]


def number_of(instruction: Instruction) -> float:
    """Return the double of a number."""
    return float.fromhex(str(instruction.detail))


def as_real(w: Writer, value: Value, kind: Kind) -> Value:
    """Return what is stored for a value: a double with the bits of a word, 1 for true and 0 for false."""
    match kind:
        case "truth":
            return w.select(value, w.number(1.0), w.number(0.0))
        case "word":
            return w.from_bits(value)
        case _:
            return value


def from_real(w: Writer, stored: Value, kind: Kind) -> Value:
    """Return the value that was stored as a double."""
    match kind:
        case "truth":
            return w.compare("une", stored, w.number(0.0))
        case "word":
            return w.bits(stored)
        case _:
            return stored


def fetch_parts(program: Program, number: int, load: Callable[[int], Value], w: Writer) -> Held:
    """Return a kept value; `load` writes what loads its part of a number."""
    instruction = program.instructions[number]
    kind = kind_of(instruction)
    if kind != "bundle":
        return from_real(w, load(0), kind)
    assert isinstance(instruction.detail, tuple)
    return [load(part) for part in range(instruction.detail[1])]


def parts_to_store(program: Program, number: int, held: Held, w: Writer) -> list[Value]:
    """Return the doubles that are kept of a value."""
    if isinstance(held, list):
        return held
    return [as_real(w, held, kind_of(program.instructions[number]))]
