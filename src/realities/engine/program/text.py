"""A program as text: every instruction on a line, region by region, numbers to the last bit.

In comes a `Program`; out goes its text, which is shown to people and by which compiled code is found again:
two programs with one text are one program. Nothing in it depends on anything but the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from realities.engine.program.program import LEAVES, REGIONS, Instruction, Program
from realities.ir.model import Lookup


def program_text(program: Program) -> str:
    """Return a program as text.

    Examples
    --------
    >>> print(program_text(lower(model, ["level"], ...)))  # doctest: +SKIP
    program by euler
    parameter 0 "rate" by draw
    ...
    core
      %5 = * %3 %4
    """
    lines = [f"program by {program.method}", *_slots(program)]
    leaves = [value for value, one in enumerate(program.instructions) if one.op in LEAVES]
    for name, values in (("leaves", leaves), *((name, program.region(name)) for name in REGIONS)):
        if values:
            lines.append(name)
            lines += [_line(value, program.instructions[value]) for value in values]
    return "\n".join(lines) + "\n"


def _line(value: int, one: Instruction) -> str:
    words = [f"  %{value} =", one.op, *(f"%{used}" for used in one.inputs)]
    match one.detail:
        case None:
            pass
        case tuple():
            words += [_word(part) for part in one.detail]
        case _:
            words.append(_word(one.detail))
    return " ".join(words)


def _word(part: object) -> str:
    return part if isinstance(part, str) else repr(part)


def _slots(program: Program) -> Iterator[str]:
    """Yield a line for whatever a run fills in, keeps or gives."""
    for place, parameter in enumerate(program.parameters):
        yield f"parameter {place} {_name(parameter.name)} {'by draw' if parameter.per_draw else 'for all'}"
    for place, table in enumerate(program.tables):
        yield f"table {place} {table.mode} {_points(table)}"
    for place, stock in enumerate(program.stocks):
        kept = " non-negative" if stock.is_non_negative else ""
        yield f"stock {place} {_name(stock.name)} starts %{stock.start} changes %{stock.rate}{kept}"
    for place, delay in enumerate(program.delays):
        missing = "" if delay.missing is None else f" or %{delay.missing}"
        kind = f" moves{missing}" if delay.moves else ""
        yield (
            f"delayed {place} {_name(delay.name)} starts %{delay.start} takes %{delay.input} "
            f"for %{delay.duration}{kind}"
        )
    for place, sample in enumerate(program.samples):
        yield f"held {place} {_name(sample.name)} starts %{sample.start} takes %{sample.value}"
    for place, event in enumerate(program.events):
        changes = _numbers(number for change in event.changes for number in change)
        yield f"event {place} {_name(event.name)} starts %{event.base} changes {changes}"
    for name, value in program.outputs:
        yield f"output {_name(name)} %{value}"


def _points(table: Lookup) -> str:
    return f"{_numbers(table.xs)} : {_numbers(table.ys)}"


def _numbers(numbers: Iterable[float]) -> str:
    return " ".join(float(number).hex() for number in numbers)


def _name(name: str) -> str:
    """Return a name as one word on one line, whatever characters it has."""
    return repr(name)
