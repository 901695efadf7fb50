"""What holds of every valid program.

In comes a `Program`; nothing comes out, or an `InternalError` that lists what does not hold. Printers of a
program rely on it. It is quick enough to run after every lowering.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from realities.engine.program.program import (
    LEAVES,
    REGIONS,
    Instruction,
    Kind,
    Program,
    Region,
    kind_of,
)
from realities.errors import InternalError

#: What each operation takes; those not here take any number of reals.
_TAKES: Mapping[str, tuple[Kind, ...]] = {
    **dict.fromkeys(LEAVES, ()),
    **dict.fromkeys(("+", "-", "*", "/", "min", "max", "<", "<=", "="), ("real", "real")),
    **dict.fromkeys(("negative", "abs", "sqrt", "floor", "trunc"), ("real",)),
    **dict.fromkeys(("and", "or"), ("truth", "truth")),
    **dict.fromkeys(("not", "real"), ("truth",)),
    "select": ("truth", "real", "real"),
    "key": ("real", "real", "real"),
    "uniform": ("word", "real"),
    "part": ("bundle",),
}
_OF_REALS = frozenset({"call", "read", "array"})
#: What each region may use besides itself.
_USES: Mapping[Region, frozenset[Region]] = {
    "fixed": frozenset({"fixed"}),
    "setup": frozenset({"fixed", "setup"}),
    "grid": frozenset({"fixed", "grid"}),
    "event": frozenset({"fixed", "setup", "event"}),
    "core": frozenset({"fixed", "setup", "grid", "event", "core"}),
    "tail": frozenset(REGIONS),
}
_BEFORE: frozenset[Region] = frozenset({"fixed", "setup"})


def verify(program: Program) -> None:
    """Check that a program is whole: values before their uses, of the right kind, in a region that allows it.

    Raises
    ------
    InternalError
        If anything does not hold, with what does not.
    """
    problems = list(_problems(program))
    if problems:
        raise InternalError("a program is not valid: " + "; ".join(problems[:20]))


def _problems(program: Program) -> Iterator[str]:
    n = len(program.instructions)
    listed = [value for name in REGIONS for value in program.region(name)]
    operations = [v for v, one in enumerate(program.instructions) if one.op not in LEAVES]
    if sorted(listed) != operations:
        yield "regions do not hold every operation once"
        return
    for name in REGIONS:
        if list(program.region(name)) != sorted(program.region(name)):
            yield f"{name} is not in order"
    kinds = [kind_of(one) for one in program.instructions]
    for value, one in enumerate(program.instructions):
        yield from _instruction(value, one, kinds, program)
    regions = program.regions_of()
    for name in REGIONS:
        uses = _USES[name]
        for value in program.region(name):
            for used in program.instructions[value].inputs:
                if regions[used] not in uses:
                    yield f"%{value} of {name} uses %{used} of {regions[used]}"
    for place, what, is_at_start in _roots(program):
        if not 0 <= place < n or kinds[place] != "real":
            yield f"{what} is no number"
        elif is_at_start and regions[place] not in _BEFORE:
            yield f"{what} is of {regions[place]}"


def _instruction(value: int, one: Instruction, kinds: list[Kind], program: Program) -> Iterator[str]:
    takes = _TAKES.get(one.op)
    if takes is None and one.op not in _OF_REALS:
        yield f"%{value} is of no known operation: {one.op}"
        return
    if takes is not None and len(takes) != len(one.inputs):
        yield f"%{value}, {one.op}, has {len(one.inputs)} inputs"
        return
    for position, used in enumerate(one.inputs):
        wanted = "real" if takes is None else takes[position]
        if not 0 <= used < value:
            yield f"%{value} uses %{used}, which is not before it"
        elif kinds[used] != wanted:
            yield f"%{value}, {one.op}, takes %{used}, which is no {wanted}"
    if not _has_its_detail(one, program):
        yield f"%{value}, {one.op}, is about {one.detail!r}"


def _has_its_detail(one: Instruction, program: Program) -> bool:
    """Return whether the detail of an instruction is what its operation needs."""
    detail = one.detail
    match one.op:
        case "number":
            return isinstance(detail, str) and float.fromhex(detail).hex() == detail
        case "parameter" | "stock" | "delayed" | "held" | "event":
            slots = {
                "parameter": program.parameters,
                "stock": program.stocks,
                "delayed": program.delays,
                "held": program.samples,
                "event": program.events,
            }[one.op]
            return isinstance(detail, int) and 0 <= detail < len(slots)
        case "call":
            return isinstance(detail, str)
        case "read":
            match detail:
                case (str(), int(place)):
                    return 0 <= place < len(program.tables)
            return False
        case "array":
            match detail:
                case (str(), int(n_results)):
                    return n_results > 0
            return False
        case "part":
            source = program.instructions[one.inputs[0]].detail
            return isinstance(detail, int) and isinstance(source, tuple) and 0 <= detail < source[1]
        case "key":
            return isinstance(detail, int)
        case _:
            return detail is None


def _roots(program: Program) -> Iterator[tuple[int, str, bool]]:
    """Yield the values that a run needs for themselves, what each is, and whether at the start already."""
    for name, value in program.outputs:
        yield value, f'the output "{name}"', False
    for stock in program.stocks:
        yield stock.start, f'the start of "{stock.name}"', True
        yield stock.rate, f'the rate of "{stock.name}"', False
    for delay in program.delays:
        yield delay.start, f'the start of "{delay.name}"', True
        yield delay.input, f'the input of "{delay.name}"', False
        yield delay.duration, f'the duration of "{delay.name}"', not delay.moves
        if delay.missing is not None:
            yield delay.missing, f'what "{delay.name}" gives without an input', False
    for sample in program.samples:
        yield sample.start, f'the start of "{sample.name}"', True
        yield sample.value, f'the value of "{sample.name}"', False
    for event in program.events:
        yield event.base, f'the base of "{event.name}"', True
