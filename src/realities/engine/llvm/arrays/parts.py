"""What functions of whole arrays are written with: functions of their own, and arrays kept in memory.

In come a `Writer` and the elements as values; out comes a call of a function that is written once for
each number of elements, or a `Row` of elements that can be read at a place known only as the code runs.
`functions.py` lists the functions.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from realities.engine.llvm.writer import Value, Writer

#: Most values that a function takes and gives as such; more go through memory.
_FEW = 48
_LITERAL = "splat (double 0x"


def literal(value: Value) -> float | None:
    """Return the number that a value is known to be in every lane, or None."""
    if not value.startswith(_LITERAL):
        return None
    return float(struct.unpack(">d", bytes.fromhex(value[len(_LITERAL) : len(_LITERAL) + 16]))[0])


def numbered(w: Writer, number: Value, writers: Sequence[Callable[[], Value]]) -> Value:
    """Return what the writer of a number writes, NaN for any other; of a known one no other is written."""
    known, found = literal(number), w.number(math.nan)
    for place, write in enumerate(writers):
        if known is None:
            found = w.select(w.compare("oeq", number, w.number(float(place))), write(), found)
        elif known == place:
            found = write()
    return found


def apart(
    w: Writer,
    name: str,
    n_results: int,
    inputs: Sequence[Value],
    write: Callable[[Writer, Sequence[Value]], Sequence[Value]],
) -> list[Value]:
    """Return the results of a function of its own; `write` writes its body, known numbers as they are."""
    arguments = [value for value in inputs if literal(value) is None]
    # Equal calls share a function: its name says all that its body depends on.
    known = " ".join(value if literal(value) is not None else "-" for value in inputs)
    digest = hashlib.sha256(known.encode()).hexdigest()[:16]
    call = _call_by_value if len(arguments) + n_results <= _FEW else _call_by_memory
    return call(w, f"array.{name}.{n_results}.{digest}", n_results, arguments, _Body(inputs, write))


@dataclass(frozen=True, slots=True)
class _Body:
    """What is written inside a function, of inputs as they are where it is called."""

    inputs: Sequence[Value]
    write: Callable[[Writer, Sequence[Value]], Sequence[Value]]

    def results(self, w: Writer, arguments: Sequence[Value]) -> list[Value]:
        """Write the body, given the arguments: the inputs that are not known numbers."""
        rest = iter(arguments)
        return list(self.write(w, [x if literal(x) is not None else next(rest) for x in self.inputs]))


def _call_by_value(
    w: Writer, name: str, n_results: int, arguments: Sequence[Value], body: _Body
) -> list[Value]:
    """Call a function that takes and gives values."""
    kind = w.real if n_results == 1 else f"[{n_results} x {w.real}]"

    def written(inner: Writer) -> None:
        found = body.results(inner, [f"%a{k}" for k in range(len(arguments))])
        whole = found[0] if n_results == 1 else "poison"
        for k, one in enumerate(found if n_results > 1 else ()):
            whole = inner.op(f"insertvalue {kind} {whole}, {inner.real} {one}, {k}")
        inner.do(f"ret {kind} {whole}")

    function = w.module.function(name, [w.real] * len(arguments), kind, written)
    called = w.op(f"call {kind} {function}({', '.join(f'{w.real} {value}' for value in arguments)})")
    if n_results == 1:
        return [called]
    return [w.op(f"extractvalue {kind} {called}, {k}") for k in range(n_results)]


def _call_by_memory(
    w: Writer, name: str, n_results: int, arguments: Sequence[Value], body: _Body
) -> list[Value]:
    """Call a function that finds its arguments in memory and puts its results there."""
    n_arguments = len(arguments)

    def written(inner: Writer) -> None:
        given, out = Row("%a0"), Row("%a1")
        for k, one in enumerate(body.results(inner, [given.get(inner, k) for k in range(n_arguments)])):
            out.put(inner, k, one)
        inner.do("ret void")

    function = w.module.function(name, ["ptr", "ptr"], "void", written)
    w.module.declare("llvm.stacksave.p0", "ptr", [])
    w.module.declare("llvm.stackrestore.p0", "void", ["ptr"])
    # The call may stand in a loop: its memory is given back at once.
    stack = w.op("call ptr @llvm.stacksave.p0()")
    given, out = Row.of(w, arguments), Row.room(w, n_results)
    w.do(f"call void {function}(ptr {given.pointer}, ptr {out.pointer})")
    results = [out.get(w, k) for k in range(n_results)]
    w.do(f"call void @llvm.stackrestore.p0(ptr {stack})")
    return results


def chosen(w: Writer, place: Value, values: Sequence[Value], otherwise: Value) -> Value:
    """Return the value at a place, a whole number from 0, or what holds outside."""
    found = otherwise
    for k, value in enumerate(values):
        found = w.select(w.compare("oeq", place, w.number(float(k))), value, found)
    return found


def place_within(w: Writer, position: Value, n: int) -> Value:
    """Return a position rounded to the nearest whole number, -1 unless that is from 0 to n - 1."""
    inside = w.both(w.compare("ogt", position, w.number(-0.5)), w.compare("olt", position, w.number(n - 0.5)))
    return w.select(inside, w.floor(w.add(position, w.number(0.5))), w.number(-1.0))


def kept_nan(w: Writer, x: Value, value: Value) -> Value:
    """Return a value, NaN where x is."""
    return w.select(w.compare("uno", x, x), x, value)


def clipped(w: Writer, x: Value, low: float, high: float) -> Value:
    """Return x, at least and at most these; NaN stays NaN."""
    return w.minimum(w.maximum(x, w.number(low)), w.number(high))


def total(w: Writer, values: Sequence[Value]) -> Value:
    """Return the sum, added from left to right."""
    found = values[0]
    for value in values[1:]:
        found = w.add(found, value)
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """Elements in memory, each a value; to be made at the start of a function."""

    pointer: Value

    @classmethod
    def room(cls, w: Writer, n: int) -> Row:
        """Return memory for n elements."""
        return cls(w.op(f"alloca [{n} x {w.real}], align 64"))

    @classmethod
    def of(cls, w: Writer, values: Sequence[Value]) -> Row:
        """Return memory that holds some values."""
        row = cls.room(w, len(values))
        for k, value in enumerate(values):
            row.put(w, k, value)
        return row

    def get(self, w: Writer, k: int | Value) -> Value:
        """Return the element at a place, the same in every lane."""
        return w.load(self._at(w, k), align=_align(w))

    def put(self, w: Writer, k: int | Value, value: Value) -> None:
        """Replace the element at a place, the same in every lane."""
        w.store(value, self._at(w, k), align=_align(w))

    def take(self, w: Writer, place: Value) -> Value:
        """Return the element at a place of each lane, a whole number; NaN where the place is NaN."""
        n = w.target.lanes
        is_nan = w.compare("uno", place, place)
        whole = w.op(f"fptosi {w.real} {w.select(is_nan, w.number(0.0), place)} to {w.word}")
        lanes = f"<{', '.join(f'i64 {k}' for k in range(n))}>"
        found = w.gather(self.pointer, w.on_words("add", w.on_words("mul", whole, w.integer(n)), lanes))
        return w.select(is_nan, place, found)

    def _at(self, w: Writer, k: int | Value) -> Value:
        return w.op(f"getelementptr {w.real}, ptr {self.pointer}, i64 {k}")


def _align(w: Writer) -> int:
    return min(8 * w.target.lanes, 64)
