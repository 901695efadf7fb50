"""All curves of a page as one run of bytes that packs well.

In come the curves of a payload, each bundle of five quantiles as text; out come bytes for `page.py` to pack,
and the same curves with a 1 in place of each text. Every bundle is taken apart into five planes: the median,
and the distances of each quantile from its neighbour towards it, all by differences from day to day. As
forecasts of one quantity resemble each other, each plane is told by what it differs from: nothing, the same
account a date earlier, or the account before on the same date, whichever leaves least. `decode.js` reads it
back.
"""

from __future__ import annotations

from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from realities.report.encode import integers_of
from realities.report.schema import CurvesData, QuantityData

IntArray = NDArray[np.int64]

#: Bytes below this are numbers; this and the next two say that 2, 4 or 6 bytes follow, the lowest first.
LITERALS: Final = 252
_N_PLANES: Final = 5


def take_curves(quantities: list[QuantityData]) -> tuple[list[QuantityData], bytes]:
    """Return quantities with marks instead of curves, and the bytes of the curves, quantity by quantity."""
    marked, parts, at = [], [], 0
    for quantity in quantities:
        curves = quantity["curves"]
        if curves is None:
            marked.append(quantity)
            continue
        data = curve_bytes(curves)
        marked.append(QuantityData({**quantity, "curves": _marked(curves, at, at + len(data))}))
        parts.append(data)
        at += len(data)
    return marked, b"".join(parts)


def curve_bytes(curves: CurvesData) -> bytes:
    """Return the bytes of one quantity: those of its bands, then those of its single runs."""
    n_days, n_run_days = integers_of(curves["days"]).size, integers_of(curves["run_days"]).size
    rows = [*curves.get("earlier", []), curves["prior"], *curves["bands"]]
    runs = [integers_of(text) for row in curves["runs"].values() for text in row if text]
    counts = np.array([one.size // n_run_days for one in runs], dtype=np.int64)
    own = number_bytes(np.concatenate([counts, *runs])) if runs else b""
    return _bands(rows, n_days) + own + quarter_bytes(curves)


def quarter_bytes(curves: CurvesData) -> bytes:
    """Return the bytes of one quantity's bands at quarters, which come last; none where it has none."""
    quarters = curves.get("quarters")
    return b"" if quarters is None else _bands(quarters["bands"], integers_of(quarters["days"]).size)


def _bands(rows: list[list[str]], n_days: int) -> bytes:
    """Return the bytes of bundles in rows of one date each, the first ones before any report."""
    n_dates, n_accounts = len(rows), len(rows[0]) if rows else 0
    planes = np.zeros((_N_PLANES, n_dates, n_accounts, n_days), dtype=np.int64)
    held = np.zeros((n_dates, n_accounts), dtype=bool)
    for d, row in enumerate(rows):
        for k, text in enumerate(row):
            if text:
                planes[:, d, k] = _taken_apart(integers_of(text).reshape(_N_PLANES, n_days))
                held[d, k] = True
    earlier, before = np.zeros_like(planes), np.zeros_like(planes)
    earlier[:, 1:] = planes[:, :-1]
    before[:, :, 1:] = planes[:, :, :-1]
    rests = np.stack([planes, planes - earlier, planes - before])  # (how, plane, date, account, day)
    how = np.log2(1.0 + np.abs(rests)).sum(axis=-1).argmin(axis=0)  # (plane, date, account)
    best = np.take_along_axis(rests, how[None, ..., None], axis=0)[0]
    return bytes(how[:, held].astype(np.uint8)) + number_bytes(best[:, held].ravel())


def _taken_apart(rows: IntArray) -> IntArray:
    """Return planes (5, day) of a bundle as its text has it: by distance from the median, day by day."""
    return np.stack([rows[2], rows[1], rows[3], rows[0] - rows[1], rows[4] - rows[3]])


def number_bytes(values: IntArray) -> bytes:
    """Return whole numbers (n,) as bytes, the sign in the lowest bit, one byte each where they are small."""
    folded = np.where(values < 0, -2 * values - 1, 2 * values)
    extra = np.select([folded < LITERALS, folded < 2**16, folded < 2**32], [0, 2, 4], 6)
    if int(folded.max(initial=0)) >= 2**48:
        raise ValueError("a curve has more steps than a page can hold")
    starts = np.cumsum(1 + extra) - (1 + extra)
    out = np.zeros(int((1 + extra).sum()), dtype=np.uint8)
    out[starts] = np.where(extra == 0, folded, LITERALS - 1 + extra // 2)
    for place in range(6):
        long = extra > place
        out[starts[long] + 1 + place] = (folded[long] >> (8 * place)) & 255
    return out.tobytes()


def _marked(curves: CurvesData, at: int, end: int) -> CurvesData:
    """Return curves with a 1 for each text and nothing for none, and where their bytes start."""

    def marks(row: list[str]) -> list[int]:
        return [int(bool(text)) for text in row]

    more: dict[str, Any] = {}
    if "earlier" in curves:
        more["earlier"] = [marks(row) for row in curves["earlier"]]
    if "quarters" in curves:
        own = curves["quarters"]
        rows, start = [marks(row) for row in own["bands"]], end - len(quarter_bytes(curves))
        more["quarters"] = {**own, "at": start, "bands": rows}
    return cast(
        "CurvesData",
        cast(
            "Any",
            {
                **curves,
                **more,
                "at": at,
                "bands": [marks(row) for row in curves["bands"]],
                "prior": marks(curves["prior"]),
                "runs": {key: marks(row) for key, row in curves["runs"].items()},
            },
        ),
    )
