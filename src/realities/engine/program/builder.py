"""Instructions one after another, each equal one once, simplified where that changes no bit of a result.

In come operations from `lower.py` and `expand.py`; out go numbers of values. Every value knows the least
region it can be computed in. What is known folds as NumPy computes it. `place.py` next drops what nothing
needs and lines up the regions.

Two simplifications are the language's own, since 0 + x is not x where x is -0.0: adding or taking away a
*written* 0 does nothing, and a *written* small exponent is a product. Written is what an author wrote, or
+ - * / min max of it; other known numbers are merely computed.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from realities.engine.program.fold import FOLDED, FOLDED_CALLS, KEEPS_WRITTEN, Known, inverse_power_of_two
from realities.engine.program.program import TRUTHS

#: How values differ, as bits; what mixes them has them all.
FIXED, SETUP, GRID, EVENT, CORE = 0, 1, 2, 4, 8
#: The least region that may use a mixture: time and draws, or time and events, only meet in the core.
_LEAST = tuple(
    mixture if mixture in (FIXED, SETUP, GRID, EVENT) else EVENT if mixture == EVENT | SETUP else CORE
    for mixture in range(16)
)
#: Operations whose operands may change places: these are one operation then.
_SYMMETRIC = frozenset({"+", "*", "=", "and", "or"})


class Builder:
    """Values in an order of evaluation: the inputs of each stand before it.

    Attributes
    ----------
    ops, inputs, details, regions
        Of each value: its operation, what it is computed from, and where.
    known
        The values that are known already: numbers and truths.
    """

    def __init__(self) -> None:
        self.ops: list[str] = []
        self.inputs: list[tuple[int, ...]] = []
        self.details: list[Hashable] = []
        self.regions: list[int] = []
        self.known: dict[int, Known] = {}
        self._written: set[int] = set()
        self._places: dict[tuple[str, tuple[int, ...], Hashable], int] = {}

    # -- leaves ------------------------------------------------------------------------------------

    def number(self, value: float, *, is_written: bool = True) -> int:
        """Return the value of a number; by its text, since -0.0 equals 0.0 and NaN equals nothing."""
        place = self._add("number", (), (float(value).hex(), is_written), FIXED)
        self.known[place] = float(value)
        if is_written:
            self._written.add(place)
        return place

    def leaf(self, op: str, detail: Hashable, region: int) -> int:
        """Return a value that a run fills in."""
        return self._add(op, (), detail, region)

    def written(self, value: int) -> float | None:
        """Return a number that an author wrote, None for anything else."""
        found = self.known.get(value) if value in self._written else None
        return None if found is None else float(found)

    def computed(self, value: int) -> int:
        """Return the same value; a number as one that is merely computed."""
        found = self.written(value)
        return value if found is None else self.number(found, is_written=False)

    # -- operations --------------------------------------------------------------------------------

    def apply(self, op: str, *inputs: int, detail: Hashable = None) -> int:
        """Return the value of an operation."""
        simpler = self._folded(op, inputs, detail)
        if simpler is None:
            simpler = self._simplified(op, inputs)
        if simpler is not None:
            return simpler
        mixture = FIXED
        for place in inputs:
            mixture |= self.regions[place]
        return self._add(op, inputs, detail, _LEAST[mixture])

    def add(self, x: int, y: int) -> int:
        """Return x + y."""
        return self.apply("+", x, y)

    def sub(self, x: int, y: int) -> int:
        """Return x - y."""
        return self.apply("-", x, y)

    def mul(self, x: int, y: int) -> int:
        """Return x * y."""
        return self.apply("*", x, y)

    def div(self, x: int, y: int) -> int:
        """Return x / y."""
        return self.apply("/", x, y)

    def less(self, x: int, y: int) -> int:
        """Return the truth of x < y."""
        return self.apply("<", x, y)

    def at_most(self, x: int, y: int) -> int:
        """Return the truth of x <= y."""
        return self.apply("<=", x, y)

    def equal(self, x: int, y: int) -> int:
        """Return the truth of x = y."""
        return self.apply("=", x, y)

    def both(self, x: int, y: int) -> int:
        """Return the truth of x and y."""
        return self.apply("and", x, y)

    def opposite(self, x: int) -> int:
        """Return the truth of not x."""
        return self.apply("not", x)

    def select(self, condition: int, chosen: int, otherwise: int) -> int:
        """Return one of two numbers."""
        return self.apply("select", condition, chosen, otherwise)

    def is_truth(self, value: int) -> bool:
        """Return whether a value is true or false."""
        return self.ops[value] in TRUTHS or self.ops[value] == "truth"

    def truth(self, value: int) -> int:
        """Return a value as true or false: anything but 0 is true, NaN as well."""
        if self.is_truth(value):
            return value
        if self.ops[value] == "real":
            return self.inputs[value][0]
        return self.opposite(self.equal(value, self.number(0.0)))

    def real(self, value: int) -> int:
        """Return a value as a number: true is 1, false 0."""
        return self.apply("real", value) if self.is_truth(value) else value

    def part(self, bundle: int, which: int) -> int:
        """Return one of the numbers of a bundle."""
        if self.details[bundle] == ("several", len(self.inputs[bundle])):
            return self.computed(self.inputs[bundle][which])
        return self.apply("part", bundle, detail=which)

    # -- inside ------------------------------------------------------------------------------------

    def _add(self, op: str, inputs: tuple[int, ...], detail: Hashable, region: int) -> int:
        key = (op, inputs, detail)
        if op in _SYMMETRIC and inputs[0] > inputs[1]:
            key = (op, (inputs[1], inputs[0]), detail)
        place = self._places.setdefault(key, len(self.ops))
        if place == len(self.ops):
            self.ops.append(op)
            self.inputs.append(inputs)
            self.details.append(detail)
            self.regions.append(region)
        return place

    def _folded(self, op: str, inputs: Sequence[int], detail: Hashable) -> int | None:
        """Return the number or truth that an operation on known ones gives, None where that is not known."""
        known = self.known
        for place in inputs:
            if place not in known:
                return None
        function = FOLDED_CALLS.get(str(detail)) if op == "call" else FOLDED.get(op)
        if function is None or not inputs:
            return None
        result = function(*(known[place] for place in inputs))
        if op in TRUTHS:
            place = self._add("truth", (), bool(result), FIXED)
            self.known[place] = bool(result)
            return place
        is_written = op in KEEPS_WRITTEN and all(place in self._written for place in inputs)
        return self.number(float(result), is_written=is_written)

    def _simplified(self, op: str, inputs: Sequence[int]) -> int | None:
        """Return an earlier value that an operation equals to the last bit, or None."""
        match op:
            case "+" | "-":
                return self._sum(op, *inputs)
            case "*" | "/":
                return self._product(op, *inputs)
            case "select":
                return self._choice(*inputs)
            case "and" | "or":
                return self._junction(op, *inputs)
            case "<" | "<=" | "=":
                return self._comparison(op, *inputs)
            case "min" | "max" if inputs[0] == inputs[1]:
                return self.computed(inputs[0])
            case "not" | "negative" if self.ops[inputs[0]] == op:
                return self.inputs[inputs[0]][0]
            case "abs" if self.ops[inputs[0]] == "abs":
                return inputs[0]
            case "abs" if self.ops[inputs[0]] == "negative":
                return self.apply("abs", self.inputs[inputs[0]][0])
            case _:
                return None

    def _sum(self, op: str, x: int, y: int) -> int | None:
        if self.written(y) == 0.0:
            return x
        if op == "+" and self.written(x) == 0.0:
            return y
        return None

    def _product(self, op: str, x: int, y: int) -> int | None:
        if self.known.get(y) == 1.0:
            return x
        if op == "*":
            return y if self.known.get(x) == 1.0 else None
        inverse = inverse_power_of_two(self.known.get(y))
        return None if inverse is None else self.mul(x, self.number(inverse, is_written=False))

    def _choice(self, condition: int, chosen: int, otherwise: int) -> int | None:
        if condition in self.known:
            return self.computed(chosen if self.known[condition] else otherwise)
        if self.ops[condition] == "not":
            return self.select(self.inputs[condition][0], otherwise, chosen)
        return self.computed(chosen) if chosen == otherwise else None

    def _comparison(self, op: str, x: int, y: int) -> int | None:
        """Return the condition of a choice between two numbers, where a comparison asks for no more."""
        for place, other in ((x, y), (y, x)):
            if other not in self.known or self.ops[place] not in ("select", "real"):
                continue
            condition, *numbers = self.inputs[place]
            if not numbers:
                numbers = [self.number(1.0, is_written=False), self.number(0.0, is_written=False)]
            if all(number in self.known for number in numbers):
                one, two = (
                    self.apply(op, number, y) if place == x else self.apply(op, x, number)
                    for number in numbers
                )
                if one == two:
                    return one
                return condition if self.known[one] else self.opposite(condition)
        return None

    def _junction(self, op: str, x: int, y: int) -> int | None:
        if x == y:
            return x
        for one, other in ((x, y), (y, x)):
            if one in self.known:
                return other if self.known[one] == (op == "and") else one
        return None
