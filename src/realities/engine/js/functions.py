"""One function of a page's code: some values of a region, computed and stored.

In come a `Program`, its `Places` and which values; out goes the function's text. A value that is used once
stands within the expression that uses it, so that a choice computes only what it chooses; others are
constants of the function. `emit.py` puts the functions together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from realities.engine.js.places import Aim, Places, When
from realities.engine.js.printing import (
    EQUAL,
    PLUS,
    Text,
    binary,
    called,
    choice,
    extreme,
    needs_atoms,
    number,
    prefixed,
    short_names,
)
from realities.engine.program.program import Instruction, Program, kind_of

#: Expressions deeper than this are cut, so that no reader of them runs out of stack.
_DEEPEST = 24
#: What functions are given: a row of `G`, a row of what is kept, a step's number, its time, that of a stage.
GIVEN: Mapping[When, str] = {
    "fixed": "",
    "setup": "",
    "grid": "G,g,k,u,t",
    "event": "",
    "core": "G,g",
    "tail": "G,g,O,o",
    "enter": "G,g",
    "missing": "G,g",
}
#: Names of one letter that mean something: those of what is given, of arrays, of the loop.
_TAKEN = frozenset("dgklmortuy")
_MATHS = {"abs": "Math.abs", "sqrt": "Math.sqrt", "floor": "Math.floor", "trunc": "Math.trunc"}
#: Functions of reals that JavaScript has itself.
_CALLS = {
    **{name: f"Math.{name}" for name in ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "ln": "Math.log",
    "arcsin": "Math.asin",
    "arccos": "Math.acos",
    "arctan": "Math.atan",
    "xmile.log10": "Math.log10",
    "abs": "Math.abs",
    "sqrt": "Math.sqrt",
    "vensim.integer": "Math.trunc",
    "xmile.int": "Math.floor",
}


class Used:
    """The functions of the library and the tables that a text uses, by the short names they have there."""

    def __init__(self) -> None:
        self._names = short_names(frozenset({"G", "O"}), capital=True)
        self.functions: dict[str, str] = {}
        self.tables: dict[int, str] = {}

    def function(self, name: str) -> str:
        """Return the short name of a function of the library."""
        if name not in self.functions:
            self.functions[name] = next(self._names)
        return self.functions[name]

    def table(self, place: int) -> str:
        """Return the short name of a table."""
        if place not in self.tables:
            self.function("table")
            self.tables[place] = next(self._names)
        return self.tables[place]


def library_name(key: str) -> str:
    """Return the name in JavaScript of a built-in of the language: `vensim.date` is `vensimDate`."""
    first, *others = re.split(r"[._]", key)
    return first + "".join(other.capitalize() for other in others)


def used_functions(program: Program) -> Iterator[str]:
    """Yield the names of the functions of the library that a program's text uses, with repetitions."""
    if program.delays:
        yield "makeDelays"
    for one in program.instructions:
        match one.op, one.detail:
            case "call", str(key) if key not in _CALLS and key not in ("fmod", "vensim.modulo"):
                yield library_name(key)
            case "read", (str(reading), int(place)):
                yield reading_name(program, reading, place)
                yield "table"
            case "array", (str(key), _):
                yield library_name(key)
            case (("key" | "uniform"), _):
                yield one.op
            case _:
                pass


def reading_name(program: Program, reading: str, place: int) -> str:
    """Return the function that reads a table; each mode of a lookup has its own."""
    return program.tables[place].mode if reading == "lookup" else library_name(reading)


class Function:
    """Prints one function."""

    def __init__(
        self,
        program: Program,
        places: Places,
        used: Used,
        when: When,
        values: Sequence[int],
        aims: Sequence[Aim],
    ) -> None:
        self.program, self.places, self.used, self.when = program, places, used, when
        self._values, self._aims = values, aims
        self._inside = set(values)
        self._names = short_names(_TAKEN, capital=False)
        self._texts: dict[int, Text] = {}
        self._lines: list[str] = []
        self._uses = self._counted()

    def text(self) -> str:
        """Return the function as an expression."""
        for value in self._values:
            self._compute(value)
        self._store_aims()
        return f"({GIVEN[self.when]})=>{{{''.join(self._lines)}}}"

    # -- statements --------------------------------------------------------------------------------

    def _counted(self) -> Counter[int]:
        """Return how often each value is written here; twice where it must have a name."""
        uses = Counter[int]()
        for value in self._values:
            one = self.program.instructions[value]
            needs_names = one.op in ("min", "max") and needs_atoms(one.op, self._known(one))
            for used in one.inputs:
                uses[used] += 2 if needs_names else 1
            if self._home(value):
                uses[value] += 1
        for kind, _, value in self._aims:
            uses[value] += 2 if kind == "held" and self.when == "enter" else 1
        return uses

    def _known(self, one: Instruction) -> tuple[float | None, float | None]:
        """Return the two numbers of an operation as far as they are known."""
        first, second = (self.program.instructions[used] for used in one.inputs)
        return _number_of(first), _number_of(second)

    def _compute(self, value: int) -> None:
        one = self.program.instructions[value]
        home = self._home(value)
        if kind_of(one) in ("word", "bundle"):
            self._lines.append(self._several(value, one))
            return
        text = self._operation(one)
        if self._uses[value] > 1 or text.depth > _DEEPEST:
            text = self._named(text)
        self._texts[value] = text
        if home:
            self._store(home, value, text)

    def _named(self, text: Text) -> Text:
        name = next(self._names)
        self._lines.append(f"const {name}={text.text};")
        return Text(name)

    def _store(self, home: str, value: int, text: Text) -> None:
        is_truth = kind_of(self.program.instructions[value]) == "truth"
        self._lines.append(f"{home}={prefixed('+', text).text if is_truth else text.text};")

    def _store_aims(self) -> None:
        texts = [self._value(value) for _, _, value in self._aims]
        for (kind, place, value), text in zip(self._aims, texts, strict=True):
            match kind:
                case "y" | "d":
                    home = f"{kind}[{place}]"
                case "G":
                    home = _at("G", place)
                case "O":
                    home = f"O[o+{place}]"
                case _:
                    home = f"m[{self.places.first[kind] + place}]"
            self._store(home, value, text)

    # -- values ------------------------------------------------------------------------------------

    def _home(self, value: int) -> str | None:
        """Return where a value of one number is kept, None if it is not."""
        if value in self.places.columns:
            return _at("G", self.places.columns[value])
        if value in self.places.memory:
            return f"m[{self.places.memory[value]}]"
        return None

    def _where(self, value: int) -> tuple[str, str]:
        """Return the array and the first place of a value of several numbers."""
        if value in self.places.columns:
            return "G", f"g+{self.places.columns[value]}"
        return "m", str(self.places.memory[value])

    def _value(self, value: int) -> Text:
        """Return what stands for a value here."""
        found = self._texts.get(value)
        if found is None:
            found = self._fetched(value)
            if self._uses[value] > 1 and not found.is_atom:
                found = self._named(found)
            self._texts[value] = found
        return found

    def _fetched(self, value: int) -> Text:
        one, first = self.program.instructions[value], self.places.first
        match one.op, one.detail:
            case "number", str(digits):
                return number(float.fromhex(digits))
            case "parameter", int(place):
                return _load(f"m[{place}]")
            case (("seed" | "draw"), _):
                return _load(f"m[{first[one.op]}]")
            case "stock", int(place):
                return _load(f"y[{place}]")
            case "event", int(place):
                return _load(f"m[{first['events'] + place}]")
            case (("delayed" | "held"), int(place)):
                return _load(f"m[{first[one.op] + place}]")
            case (("step" | "step_time" | "time"), _) if self.when == "grid":
                return Text({"step": "k", "step_time": "u", "time": "t"}[one.op])
        home = self._home(value)
        assert home is not None
        return Text(f"{home}!==0", EQUAL, 1) if kind_of(one) == "truth" else _load(home)

    # -- operations --------------------------------------------------------------------------------

    def _operation(self, one: Instruction) -> Text:
        if one.op == "part":
            array, at = self._where(one.inputs[0])
            assert isinstance(one.detail, int)
            return _load(f"{array}[{at}+{one.detail}]" if array == "G" else f"m[{int(at) + one.detail}]")
        if one.op == "uniform":
            word, draw = one.inputs
            array, at = self._where(word)
            place_of_word = Text(at, PLUS, 1)
            return called(self.used.function("uniform"), Text(array), place_of_word, self._value(draw))
        args = [self._value(used) for used in one.inputs]
        match one.op, one.detail:
            case "negative", _:
                return prefixed("-", args[0])
            case "not", _:
                return prefixed("!", args[0])
            case (("min" | "max"), _):
                return extreme(one.op, args[0], args[1], self._known(one))
            case "select", _:
                return choice(*args)
            case "real", _:
                return choice(args[0], number(1.0), number(0.0))
            case "read", (str(reading), int(place)):
                name = reading_name(self.program, reading, place)
                return called(self.used.function(name), Text(self.used.table(place)), *args)
            case "call", ("fmod" | "vensim.modulo"):
                return binary("%", *args)
            case "call", str(key):
                return called(_CALLS.get(key) or self.used.function(library_name(key)), *args)
            case op, _ if op in _MATHS:
                return called(_MATHS[op], *args)
            case _:
                return binary(one.op, *args)

    def _several(self, value: int, one: Instruction) -> str:
        """Return a statement that computes a value of several numbers."""
        array, at = self._where(value)
        args = [self._value(used) for used in one.inputs]
        match one.op, one.detail:
            case "key", int(site):
                function = self.used.function("key")
                given = [*args, Text(str(site))]
            case _, (str(key), _):
                function = self.used.function(library_name(key))
                given = [Text(f"[{','.join(arg.within(EQUAL) for arg in args)}]")]
            case _:
                raise AssertionError(one)
        return called(function, *given, Text(array), Text(at)).text + ";"


def _number_of(one: Instruction) -> float | None:
    return float.fromhex(str(one.detail)) if one.op == "number" else None


def _at(array: str, column: int) -> str:
    return f"{array}[g+{column}]" if column else f"{array}[g]"


def _load(text: str) -> Text:
    """Return what is read from memory: as short as a name, but better read once."""
    return Text(text, depth=1)
