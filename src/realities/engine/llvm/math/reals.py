"""Formulas over operands of a `Writer`, written as one writes them for arrays.

In come a `Writer` and operands; out goes a `Real`, whose operators write the operations of IEEE 754 in the
order of the formula. `random.py` is written with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from realities.engine.llvm.math.special import call_lanes
from realities.engine.llvm.writer import Value, Writer

Number = float


@dataclass(frozen=True, slots=True)
class Truth:
    """A truth in every lane."""

    w: Writer
    value: Value

    def __and__(self, other: Truth) -> Truth:
        return Truth(self.w, self.w.both(self.value, other.value))

    def where(self, chosen: Real | Number, otherwise: Real | Number) -> Real:
        """Return the first where this is true, else the second."""
        w = self.w
        return Real(w, w.select(self.value, _operand(w, chosen), _operand(w, otherwise)))


@dataclass(frozen=True, slots=True)
class Real:
    """A double in every lane; comparisons are false for NaN."""

    w: Writer
    value: Value

    def __add__(self, other: Real | Number) -> Real:
        return Real(self.w, self.w.add(self.value, _operand(self.w, other)))

    def __sub__(self, other: Real | Number) -> Real:
        return Real(self.w, self.w.sub(self.value, _operand(self.w, other)))

    def __mul__(self, other: Real | Number) -> Real:
        return Real(self.w, self.w.mul(self.value, _operand(self.w, other)))

    def __truediv__(self, other: Real | Number) -> Real:
        return Real(self.w, self.w.div(self.value, _operand(self.w, other)))

    def __rsub__(self, other: Number) -> Real:
        return Real(self.w, self.w.sub(self.w.number(other), self.value))

    def __rtruediv__(self, other: Number) -> Real:
        return Real(self.w, self.w.div(self.w.number(other), self.value))

    def __neg__(self) -> Real:
        return Real(self.w, self.w.neg(self.value))

    def __lt__(self, other: Real | Number) -> Truth:
        return self._compared("olt", other)

    def __le__(self, other: Real | Number) -> Truth:
        return self._compared("ole", other)

    def __gt__(self, other: Real | Number) -> Truth:
        return self._compared("ogt", other)

    def __ge__(self, other: Real | Number) -> Truth:
        return self._compared("oge", other)

    def equals(self, other: Real | Number) -> Truth:
        """Return where two are equal."""
        return self._compared("oeq", other)

    def at_least(self, other: Real | Number) -> Real:
        """Return the greater of two, NaN where either is."""
        return Real(self.w, self.w.maximum(self.value, _operand(self.w, other)))

    def at_most(self, other: Real | Number) -> Real:
        """Return the lesser of two, NaN where either is."""
        return Real(self.w, self.w.minimum(self.value, _operand(self.w, other)))

    def floor(self) -> Real:
        """Return the whole number at or below."""
        return Real(self.w, self.w.floor(self.value))

    def ceil(self) -> Real:
        """Return the whole number at or above."""
        return Real(self.w, self.w.ceil(self.value))

    def sqrt(self) -> Real:
        """Return the square root."""
        return Real(self.w, self.w.sqrt(self.value))

    def _compared(self, how: str, other: Real | Number) -> Truth:
        return Truth(self.w, self.w.compare(how, self.value, _operand(self.w, other)))


def of_scipy(name: str, *arguments: Real | Number) -> Real:
    """Return the values of a function of SciPy, lane by lane; one of the arguments is a `Real`."""
    w = next(argument.w for argument in arguments if isinstance(argument, Real))
    return Real(w, call_lanes(w, name, *(_operand(w, argument) for argument in arguments)))


def _operand(w: Writer, x: Real | Number) -> Value:
    return x.value if isinstance(x, Real) else w.number(x)
