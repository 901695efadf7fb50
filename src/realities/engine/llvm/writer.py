"""Text of LLVM functions, written operation by operation; every value is a vector, one lane a draw.

A `Module` collects functions, tables and declarations, each name once; a `Writer` adds operations to one
function. Methods take and give the text of operands (`%12`, a constant), so that the functions built on
them read like the formulas they compute. No fast-math flag is ever set: a sum here is the sum of IEEE 754.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Value = str

#: A number as `Writer.number` writes it.
_CONSTANT = re.compile(r"splat \(double 0x([0-9A-F]{16})\)")


@dataclass(frozen=True, slots=True)
class Target:
    """What code is written for: lanes of a vector, and what the processor can do.

    `has_fma`: it has fused multiply-add; without, `llvm.fma` would become a slow library call.
    `has_avx512`: it has permutations of eight doubles. `divides_slowly`: while it divides once it could do
    ten products and sums, so that where there is fused multiply-add it pays to divide by those.
    """

    lanes: int = 8
    has_fma: bool = True
    has_avx512: bool = False
    divides_slowly: bool = False


@dataclass(slots=True)
class Module:
    """The parts of a module, by name; text() puts them together."""

    target: Target
    declarations: dict[str, str] = field(default_factory=dict)
    globals: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    #: C functions that the code calls through `Frame.functions`, by name, in order.
    called: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Return the whole module as LLVM assembly."""
        parts = (
            *self.globals.values(),
            *self.functions.values(),
            *self.declarations.values(),
            self._keep_functions(),
        )
        return "\n".join(parts) + "\n"

    def called_through(self, name: str) -> str:
        """Return the variable that holds the address of a C function, which the code then needs."""
        if name not in self.called:
            self.called.append(name)
            self.globals[f"address {name}"] = f"@c.{name} = internal global ptr null"
        return f"@c.{name}"

    def _keep_functions(self) -> str:
        """Return a function that keeps the addresses of `Frame.functions`: an entry calls it first."""
        lines = [
            f"  %p{k} = getelementptr ptr, ptr %functions, i64 {k}\n"
            f"  %f{k} = load ptr, ptr %p{k}\n  store ptr %f{k}, ptr @c.{name}\n"
            for k, name in enumerate(self.called)
        ]
        return "define internal void @keep_functions(ptr %functions) {\n" + "".join(lines) + "  ret void\n}"

    def declare(self, name: str, result: str, arguments: Sequence[str]) -> str:
        """Declare an outside function or intrinsic, once; return its name with the at sign."""
        self.declarations.setdefault(name, f"declare {result} @{name}({', '.join(arguments)})")
        return f"@{name}"

    def table(self, values: Sequence[float]) -> str:
        """Return the name of a constant array of doubles, aligned to a vector; equal ones are one."""
        cells = ", ".join(f"double {double(value)}" for value in values)
        key = f"doubles {cells}"
        if key not in self.globals:
            name = f"@t{len(self.globals)}"
            self.globals[key] = (
                f"{name} = private unnamed_addr constant [{len(values)} x double] [{cells}], align 64"
            )
        return self.globals[key].split(" ", 1)[0]

    def function(
        self, name: str, arguments: Sequence[str], result: str, body: Callable[[Writer], None]
    ) -> str:
        """Define an internal function once: `arguments` are types, named %a0, %a1, ... in the body.

        `body` writes its operations, the `ret` included. Return the name with the at sign.
        """
        if name not in self.functions:
            self.functions[name] = ""  # so that a function may call itself, and order is that of first use
            writer = Writer(self)
            body(writer)
            head = ", ".join(f"{kind} %a{k}" for k, kind in enumerate(arguments))
            self.functions[name] = (
                f"define internal {result} @{name}({head}) nounwind {{\n{writer.text()}\n}}"
            )
        return f"@{name}"


class Writer:
    """The operations of one function, in order."""

    def __init__(self, module: Module) -> None:
        self.module, self.target = module, module.target
        self.lines: list[str] = []
        # Numbers, which a function must use in order, are read faster than names; 0 is its first block.
        self._last = self._named = 0
        #: The block that is being written; a function starts with one that has no label.
        self.block = "0"
        n = module.target.lanes
        self.real, self.truth, self.word = f"<{n} x double>", f"<{n} x i1>", f"<{n} x i64>"
        self._suffix = f"v{n}f64"

    def text(self) -> str:
        """Return the lines written so far."""
        return "\n".join(self.lines)

    def name(self) -> Value:
        """Return a name that no other value has, for one that is written later."""
        self._named += 1
        return f"%v{self._named}"

    def op(self, operation: str) -> Value:
        """Write an operation that gives a value; return its name."""
        self._last += 1
        name = f"%{self._last}"
        self.lines.append(f"  {name} = {operation}")
        return name

    def do(self, operation: str) -> None:
        """Write an operation that gives nothing: a store, a branch."""
        self.lines.append(f"  {operation}")

    def label(self, name: str) -> None:
        """Start a block; the one before must have ended with a branch."""
        self.lines.append(f"{name}:")
        self.block = name

    def when_any(
        self, condition: Value, far: Callable[[], Sequence[Value]], near: Sequence[Value]
    ) -> list[Value]:
        """Return the values of `far` where a condition holds in any lane, else those of `near`.

        `far` writes its operations in a block that is jumped over when no lane needs them. It must give the
        lanes without the condition what `near` has for them, or a lane would depend on its neighbours.
        """
        n = self.target.lanes
        packed = self.op(f"bitcast {self.truth} {condition} to i{n}")
        is_any = self.op(f"icmp ne i{n} {packed}, 0")
        number, before = self.name()[2:], self.block
        self.do(f"br i1 {is_any}, label %far{number}, label %on{number}")
        self.label(f"far{number}")
        values, after = far(), self.block
        self.do(f"br label %on{number}")
        self.label(f"on{number}")
        return [
            self.op(f"phi {self.real} [ {one}, %{before} ], [ {other}, %{after} ]")
            for one, other in zip(near, values, strict=True)
        ]

    # -- constants ---------------------------------------------------------------------------------

    def number(self, value: float) -> Value:
        """Return a double in every lane."""
        return f"splat (double {double(value)})"

    def integer(self, value: int) -> Value:
        """Return a 64-bit whole number in every lane."""
        return f"splat (i64 {value})"

    # -- reals -------------------------------------------------------------------------------------

    def add(self, x: Value, y: Value) -> Value:
        """Return x + y."""
        return self.op(f"fadd {self.real} {x}, {y}")

    def sub(self, x: Value, y: Value) -> Value:
        """Return x - y."""
        return self.op(f"fsub {self.real} {x}, {y}")

    def mul(self, x: Value, y: Value) -> Value:
        """Return x * y."""
        return self.op(f"fmul {self.real} {x}, {y}")

    def div(self, x: Value, y: Value) -> Value:
        """Return x / y."""
        return self.op(f"fdiv {self.real} {x}, {y}")

    def neg(self, x: Value) -> Value:
        """Return -x."""
        return self.op(f"fneg {self.real} {x}")

    def fma(self, x: Value, y: Value, z: Value) -> Value:
        """Return x * y + z, rounded once where the processor can; for use in polynomials alone."""
        if not self.target.has_fma:
            return self.add(self.mul(x, y), z)
        return self._intrinsic("fma", x, y, z)

    def product(self, x: Value, y: Value) -> tuple[Value, Value]:
        """Return x * y rounded, and what the rounding left out, exactly.

        Without fused multiply-add by Dekker's splitting (1971), which needs both below 2^990.
        """
        high = self.mul(x, y)
        if self.target.has_fma:
            return high, self.fma(x, y, self.neg(high))
        (a, b), (c, d) = self._halves(x), self._halves(y)
        rest = self.sub(self.mul(a, c), high)
        rest = self.add(self.add(rest, self.mul(a, d)), self.mul(b, c))
        return high, self.add(rest, self.mul(b, d))

    def _halves(self, x: Value) -> tuple[Value, Value]:
        """Return x as a sum of two numbers of 26 bits each (one in the sign of the second)."""
        grown = self.mul(x, self.number(134217729.0))
        high = self.sub(grown, self.sub(grown, x))
        return high, self.sub(x, high)

    def sqrt(self, x: Value) -> Value:
        """Return the square root, correctly rounded."""
        return self._intrinsic("sqrt", x)

    def abs(self, x: Value) -> Value:
        """Return |x|."""
        return self._intrinsic("fabs", x)

    def floor(self, x: Value) -> Value:
        """Return the whole number at or below x."""
        if self._rounds:
            return self._intrinsic("floor", x)
        n = self.nearest(x)
        return self.select(self.compare("ogt", n, x), self.sub(n, self.number(1.0)), n)

    def trunc(self, x: Value) -> Value:
        """Return x without its decimals."""
        if self._rounds:
            return self._intrinsic("trunc", x)
        return self.copysign(self.floor(self.abs(x)), x)

    def ceil(self, x: Value) -> Value:
        """Return the whole number at or above x."""
        if self._rounds:
            return self._intrinsic("ceil", x)
        return self.neg(self.floor(self.neg(x)))

    def nearest(self, x: Value) -> Value:
        """Return the nearest whole number, the even one of two."""
        if self._rounds:
            return self._intrinsic("rint", x)
        size, large = self.abs(x), self.number(2.0**52)
        n = self.copysign(self.sub(self.add(size, large), large), x)
        return self.select(self.compare("olt", size, large), n, x)

    @property
    def _rounds(self) -> bool:
        """Whether the processor has an instruction that rounds; without, LLVM would call the C library."""
        return self.target.has_fma  # the first processors with the one had the other for long

    def copysign(self, x: Value, sign: Value) -> Value:
        """Return |x| with the sign of another number."""
        return self._intrinsic("copysign", x, sign)

    def _intrinsic(self, name: str, *arguments: Value) -> Value:
        full = f"llvm.{name}.{self._suffix}"
        self.module.declare(full, self.real, [self.real] * len(arguments))
        return self.op(f"call {self.real} @{full}({', '.join(f'{self.real} {a}' for a in arguments)})")

    def minimum(self, x: Value, y: Value) -> Value:
        """Return the lesser, NaN where either is NaN; of two zeros the second, whatever their signs."""
        return self._extreme("olt", x, y)

    def maximum(self, x: Value, y: Value) -> Value:
        """Return the greater, NaN where either is NaN; of two zeros the second, whatever their signs."""
        return self._extreme("ogt", x, y)

    def _extreme(self, how: str, x: Value, y: Value) -> Value:
        """Return the first of two where it compares so, else the second; NaN of either."""
        if _number(x) is not None:  # where it does not compare so, y is equal, beyond it, or NaN
            return self._chosen(how, x, y)
        number = _number(y)
        if number is None:
            return self.select(self.compare("uno", x, x), x, self._chosen(how, x, y))
        chosen = self._chosen(how, y, x)
        if number != 0.0:
            return chosen
        if math.copysign(1.0, number) > 0.0:  # a sum makes 0 of -0
            return self.add(chosen, self.number(0.0))
        return self.select(self.compare("oeq", x, y), y, chosen)

    def _chosen(self, how: str, x: Value, y: Value) -> Value:
        """Return x where it compares so with y, else y: one instruction of the processor."""
        return self.select(self.compare(how, x, y), x, y)

    # -- truth values ------------------------------------------------------------------------------

    def compare(self, how: str, x: Value, y: Value) -> Value:
        """Return a truth: `how` is olt, ole, oeq, ogt, oge, one (false for NaN), une, uno, ord (of LLVM)."""
        return self.op(f"fcmp {how} {self.real} {x}, {y}")

    def both(self, x: Value, y: Value) -> Value:
        """Return x and y."""
        return self.op(f"and {self.truth} {x}, {y}")

    def either(self, x: Value, y: Value) -> Value:
        """Return x or y."""
        return self.op(f"or {self.truth} {x}, {y}")

    def opposite(self, x: Value) -> Value:
        """Return not x."""
        return self.op(f"xor {self.truth} {x}, splat (i1 true)")

    def select(self, condition: Value, chosen: Value, otherwise: Value) -> Value:
        """Return one of two reals, lane by lane."""
        return self.op(f"select {self.truth} {condition}, {self.real} {chosen}, {self.real} {otherwise}")

    # -- bits --------------------------------------------------------------------------------------

    def bits(self, x: Value) -> Value:
        """Return the bits of a real as a word."""
        return self.op(f"bitcast {self.real} {x} to {self.word}")

    def from_bits(self, x: Value) -> Value:
        """Return the real that has these bits."""
        return self.op(f"bitcast {self.word} {x} to {self.real}")

    def on_words(self, operation: str, x: Value, y: Value) -> Value:
        """Return an operation on words: add, sub, mul, and, or, xor, shl, lshr, ashr."""
        return self.op(f"{operation} {self.word} {x}, {y}")

    # -- memory ------------------------------------------------------------------------------------

    def at(self, pointer: Value, offset: int | Value) -> Value:
        """Return a pointer some bytes further on."""
        return self.op(f"getelementptr i8, ptr {pointer}, i64 {offset}")

    def load(self, pointer: Value, align: int = 8) -> Value:
        """Return the real that stands at a pointer, a double for each lane."""
        return self.op(f"load {self.real}, ptr {pointer}, align {align}")

    def store(self, value: Value, pointer: Value, align: int = 8) -> None:
        """Put a real at a pointer."""
        self.do(f"store {self.real} {value}, ptr {pointer}, align {align}")

    def expect_store(self, pointer: Value) -> None:
        """Tell the processor that something will be stored at a pointer soon; it may point anywhere."""
        whole = "i32 immarg"
        name = self.module.declare("llvm.prefetch.p0", "void", ["ptr", whole, whole, whole])
        self.do(f"call void {name}(ptr {pointer}, i32 1, i32 3, i32 1)")

    def spread(self, scalar: Value) -> Value:
        """Return a single double in every lane."""
        return self._spread(self.real, "double", scalar)

    def spread_from(self, pointer: Value) -> Value:
        """Return the single double at a pointer in every lane."""
        return self.spread(self.op(f"load double, ptr {pointer}, align 8"))

    def spread_word(self, scalar: Value) -> Value:
        """Return a single whole number in every lane."""
        return self._spread(self.word, "i64", scalar)

    def spread_truth(self, scalar: Value) -> Value:
        """Return a single truth in every lane."""
        return self._spread(self.truth, "i1", scalar)

    def _spread(self, vector: str, kind: str, scalar: Value) -> Value:
        one = self.op(f"insertelement {vector} poison, {kind} {scalar}, i64 0")
        zeros = f"<{self.target.lanes} x i32> zeroinitializer"
        return self.op(f"shufflevector {vector} {one}, {vector} poison, {zeros}")

    def lane(self, x: Value, k: int) -> Value:
        """Return the double in one lane."""
        return self.op(f"extractelement {self.real} {x}, i64 {k}")

    def gather(self, pointer: Value, places: Value) -> Value:
        """Return the doubles at `places`, a word for each lane, counted from a pointer."""
        n = self.target.lanes
        full = f"llvm.masked.gather.{self._suffix}.v{n}p0"
        pointers = f"<{n} x ptr>"
        self.module.declare(full, self.real, [pointers, "i32 immarg", self.truth, self.real])
        at = self.op(f"getelementptr double, ptr {pointer}, {self.word} {places}")
        every = f"{self.truth} splat (i1 true)"
        return self.op(f"call {self.real} @{full}({pointers} {at}, i32 8, {every}, {self.real} poison)")

    def scatter(self, x: Value, pointer: Value, places: Value) -> None:
        """Put each lane at its place, a word counted from a pointer."""
        for k in range(self.target.lanes):
            place = self.op(f"extractelement {self.word} {places}, i64 {k}")
            at = self.op(f"getelementptr double, ptr {pointer}, i64 {place}")
            self.do(f"store double {self.lane(x, k)}, ptr {at}, align 8")

    def lane_places(self, rows: Value, length: int) -> Value:
        """Return where each lane stands in its row, counted in doubles: rows are words, of some length."""
        lanes = ", ".join(f"i64 {k}" for k in range(self.target.lanes))
        return self.on_words("add", self.on_words("mul", rows, self.integer(length)), f"<{lanes}>")

    # -- calls -------------------------------------------------------------------------------------

    def call(self, function: str, *arguments: Value) -> Value:
        """Call a function of reals that gives a real, by its name with the at sign."""
        return self.op(f"call {self.real} {function}({', '.join(f'{self.real} {a}' for a in arguments)})")


def _number(x: Value) -> float | None:
    """Return the number that an operand is, None if it is no constant, or NaN."""
    found = _CONSTANT.fullmatch(x)
    number = struct.unpack(">d", bytes.fromhex(found[1]))[0] if found else math.nan
    return None if math.isnan(number) else float(number)


def double(value: float) -> str:
    """Return a double as LLVM writes it to the last bit."""
    return "0x" + struct.pack(">d", value).hex().upper()
