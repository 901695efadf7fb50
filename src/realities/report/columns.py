"""Rows of a payload by columns, and numbers by whole ones: how a page carries its tables.

In comes anything that JSON can hold; out comes the same, smaller when packed. `decode.js` opens it again as
JSON is read. A list in which `MARK` comes first is folded, and so is a text that starts with it and something
else; a text of the case that starts with it has it twice.

- `["~", keys, column, ...]` are objects with those keys.
- `["~", 0, list, width]` are lists of that length: first come the first values of all, then the second.
- `["~", 0, numbers, width, size]` are rows of `width` cells, each null or `size` numbers; first the first
  numbers of all cells, then the second.
- `"~"` with two digits and encoded numbers are numbers: whole ones by a power of ten, the first digit. By the
  second one, 0, they stand as they are; 1, by the difference from the one before; 2, after a blank, by the
  place among those before it, both by differences. What is not negative is one more, and 0 is null.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from realities.report.encode import encode_integers

#: What says that something is folded.
MARK: Final = "~"
#: From so many rows and numbers on they are folded.
_FEWEST_ROWS, _FEWEST_NUMBERS = 3, 6
_MOST_PLACES: Final = 9
#: A key that scripts take for something else.
_NO_KEY: Final = "__proto__"
_LARGEST: Final = 2.0**45


def folded(value: Any) -> Any:
    """Return a value as JSON that the page's script opens; the value itself is not changed."""
    match value:
        case str():
            return MARK + value if value.startswith(MARK) else value
        case dict():
            return {key: folded(one) for key, one in value.items()}
        case list():
            return _folded_list(value)
        case _:
            return value


def _folded_list(values: list[Any]) -> Any:
    found = _numbers(values) or _cells(values)
    if found is not None:
        return found
    first = values[0] if len(values) >= _FEWEST_ROWS else None
    if isinstance(first, dict) and first and all(_has_keys(one, first) for one in values):
        return [
            MARK,
            [folded(key) for key in first],
            *(folded([one[key] for one in values]) for key in first),
        ]
    if isinstance(first, list) and first and all(_is_as_long(one, first) for one in values):
        return [MARK, 0, folded([one[k] for k in range(len(first)) for one in values]), len(first)]
    return [folded(one) for one in values]


def _has_keys(one: object, other: dict[str, Any]) -> bool:
    return isinstance(one, dict) and list(one) == list(other) and _NO_KEY not in one


def _is_as_long(one: object, other: Sequence[Any]) -> bool:
    return isinstance(one, list) and len(one) == len(other)


def _cells(rows: list[Any]) -> list[Any] | None:
    """Return rows of cells folded; None if they are none, or have no numbers, or not as many each."""
    if not rows or not all(isinstance(row, list) and row and len(row) == len(rows[0]) for row in rows):
        return None
    cells = [cell for row in rows for cell in row]
    sizes = {len(cell) for cell in cells if isinstance(cell, list)}
    size = max(sizes, default=0)
    if sizes != {size} or not size or not all(cell is None or isinstance(cell, list) for cell in cells):
        return None
    if any(cell is not None and None in cell for cell in cells):
        return None
    numbers = _numbers([None if cell is None else cell[k] for k in range(size) for cell in cells])
    return None if numbers is None else [MARK, 0, numbers, len(rows[0]), size]


def _numbers(values: list[Any]) -> str | None:
    """Return numbers and nulls folded; None if there are others, few, or too fine ones."""
    if len(values) < _FEWEST_NUMBERS or not all(one is None or type(one) in (int, float) for one in values):
        return None
    known = [one for one in values if one is not None]
    places = max(map(_places, known), default=_MOST_PLACES + 1)
    if places > _MOST_PLACES or max(map(abs, known)) * 10.0**places > _LARGEST:
        return None
    whole = [None if one is None else round(one * 10**places) for one in values]
    if any(n is not None and n / 10**places != one for n, one in zip(whole, values, strict=True)):
        return None
    texts = [_told(whole), _told(_steps(whole)), _by_table(whole)]
    return min((f"{MARK}{places}{k}{text}" for k, text in enumerate(texts)), key=len)


def _by_table(numbers: Sequence[int | None]) -> str:
    """Return numbers by their places among those there are, both by their differences."""
    table = sorted({number for number in numbers if number is not None})
    places = {number: k for k, number in enumerate(table)}
    found = [None if number is None else places[number] for number in numbers]
    return f"{_told(_steps(table))} {_told(_steps(found))}"


def _told(numbers: Sequence[int | None]) -> str:
    return encode_integers(0 if number is None else number + (number >= 0) for number in numbers)


def _places(number: float) -> int:
    """Return how many decimals a number is written with."""
    if isinstance(number, int) or number.is_integer():
        return 0
    mantissa, _, exponent = repr(number).partition("e")
    decimals = len(mantissa.partition(".")[2])
    return decimals - int(exponent) if exponent else decimals


def _steps(numbers: Sequence[int | None]) -> list[int | None]:
    """Return numbers by their differences from the ones before."""
    found: list[int | None] = []
    last = 0
    for number in numbers:
        found.append(None if number is None else number - last)
        last = last if number is None else number
    return found
