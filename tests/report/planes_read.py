"""What `planes.py` writes read back, as the page's script does; and a page with its parts in place."""

from __future__ import annotations

import re
from typing import Any

from columns_read import bulk_of

from realities.report.encode import decode_integers, encode_integers


def unmarked(curves: Any, data: bytes) -> dict[str, Any]:
    """Return the curves of one quantity with their texts again."""
    n, n_run = len(decode_integers(curves["days"])), len(decode_integers(curves["run_days"]))
    at = curves["at"]
    rows = [*curves.get("earlier", []), curves["prior"], *curves["bands"]]
    n_earlier = len(curves.get("earlier", []))
    held = [(d, k) for d, row in enumerate(rows) for k, is_held in enumerate(row) if is_held]
    how = [[data[at + p * len(held) + i] for i in range(len(held))] for p in range(5)]
    numbers = _numbers(data, at + 5 * len(held))
    planes: list[dict[tuple[int, int], list[int]]] = []
    for p in range(5):
        plane: dict[tuple[int, int], list[int]] = {}
        for i, (d, k) in enumerate(held):
            other = {0: None, 1: (d - 1, k), 2: (d, k - 1)}[how[p][i]]
            like = plane.get(other, [0] * n) if other else [0] * n
            plane[d, k] = [v + next(numbers) for v in like]
        planes.append(plane)
    texts = {}
    for key in held:
        middle, q1, q3, q0, q4 = (plane[key] for plane in planes)
        outer = [[a + b for a, b in zip(*pair, strict=True)] for pair in ((q0, q1), (q4, q3))]
        texts[key] = encode_integers([*outer[0], *q1, *middle, *q3, *outer[1]])
    runs = [(key, k) for key, row in curves["runs"].items() for k, is_held in enumerate(row) if is_held]
    counts = [next(numbers) for _ in runs]
    told = {
        one: encode_integers([next(numbers) for _ in range(count * n_run)])
        for one, count in zip(runs, counts, strict=True)
    }
    lines = [[texts.get((d, k), "") for k in range(len(row))] for d, row in enumerate(rows)]
    quarters = curves.get("quarters")
    if quarters:
        alone = {**quarters, "prior": [], "runs": {}, "run_days": ""}
        quarters = {key: value for key, value in unmarked(alone, data).items() if key in quarters}
    return {
        **{key: value for key, value in curves.items() if key != "at"},
        **({"quarters": quarters} if quarters else {}),
        **({"earlier": lines[:n_earlier]} if n_earlier else {}),
        "prior": lines[n_earlier],
        "bands": lines[n_earlier + 1 :],
        "runs": {
            key: [told.get((key, k), "") for k in range(len(row))] for key, row in curves["runs"].items()
        },
    }


def _numbers(data: bytes, at: int) -> Any:
    while at < len(data):
        folded, at = data[at], at + 1
        if folded >= 252:
            width = 2 * (folded - 251)
            folded, at = int.from_bytes(data[at : at + width], "little"), at + width
        yield -(folded + 1) // 2 if folded % 2 else folded // 2


def whole_page(page: str) -> str:
    """Return a page with its packed parts in place, as its script puts them there."""
    parts = bulk_of(page)["parts"]
    return re.sub(r"<(div|span|tbody) data-part=(\d+)>.*?</\1>", lambda found: parts[int(found[2])], page)
