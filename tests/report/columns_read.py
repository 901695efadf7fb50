"""What `columns.py` folds, opened again as `decode.js` does it."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Any

from realities.report.encode import decode_integers, unpack


def bulk_of(page: str) -> dict[str, Any]:
    """Return the packed part of a page's payload, opened."""
    packed = re.search(r'id="bulk">(.*?)</script>', page, re.DOTALL)
    assert packed is not None
    found: dict[str, Any] = opened(json.loads(without_signs(unpack(packed[1]).decode())))
    return found


def without_signs(text: str) -> str:
    """Return a text with its phrases back in place."""
    *lines, last = text.split("\n")
    signs = {chr(0x80 + k): line for k, line in enumerate(lines)}
    return "".join(signs.get(sign, sign) for sign in last)


def opened(value: Any) -> Any:
    """Return a value as it was before it was folded."""
    match value:
        case str():
            if value.startswith("~~"):
                return value[1:]
            return numbers(value) if value.startswith("~") else value
        case dict():
            return {key: opened(one) for key, one in value.items()}
        case ["~", 0, str() as text, int() as width, int() as size]:
            flat = numbers(text)
            n = len(flat) // size
            cells = [None if flat[i] is None else flat[i::n] for i in range(n)]
            return [cells[at : at + width] for at in range(0, n, width)]
        case ["~", 0, values, int() as width]:
            every = opened(values)
            n = len(every) // width
            return [every[i::n] for i in range(n)]
        case ["~", keys, *columns]:
            rows = zip(*map(opened, columns), strict=True)
            return [dict(zip(opened(keys), row, strict=True)) for row in rows]
        case list():
            return [opened(one) for one in value]
        case _:
            return value


def numbers(text: str) -> list[float | None]:
    """Return folded numbers."""
    found = re.fullmatch(r"~(\d)([012])(\S+)(?: (\S+))?", text)
    assert found is not None
    told, places = (_summed(one or "", isinstance(one, str) and found[2] != "0") for one in found.group(3, 4))
    whole = told if found[4] is None else [None if k is None else told[k] for k in places]
    scale = 10 ** int(found[1])
    return [n if n is None or scale == 1 else n / scale for n in whole]


def _summed(text: str, by_steps: bool) -> list[int | None]:
    whole = [None if n == 0 else n - (n > 0) for n in decode_integers(text)]
    sums = iter(list(accumulate(n for n in whole if n is not None)))
    return [n if n is None or not by_steps else next(sums) for n in whole]
