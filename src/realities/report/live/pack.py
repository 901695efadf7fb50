"""Live data as a page carries them: what the page builds its controls of, and the rest packed for the worker.

The worker's script is that of this version, so that a page written again from saved results has it too; the
model's code is as it was saved.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from math import log
from typing import Final

from realities.report.bundle import worker_script
from realities.report.encode import pack
from realities.report.live.bits import EVEN_ROUNDING, short_draws
from realities.report.live.logs import short_rows
from realities.report.live.schema import LIVE_FORM, LiveConstantData, LiveData, LiveInputData

#: Of a number by date and account: p5, p50 and p95, none where it is not drawn.
Ranges = Sequence[Sequence[list[float] | None]]

#: How many times as far as p5 and p95 from the median a constant can be moved before few draws agree.
_FAR: Final = 2.0
#: What the page itself needs, and gives to the worker: the rest waits there.
SHOWN: Final = ("form", "constants", "inputs", "variables")


def shown_live(
    live: LiveData | None, switches: Collection[str] = (), ranges: Mapping[str, Ranges] | None = None
) -> dict[str, object] | None:
    """Return what the page builds its controls of; None where it cannot run the model.

    `ranges` are by constant, as the payload has them.

    Constants and inputs say whether they are only ever on or off: a constant if it is among `switches`, which
    accounts set, and every account holds it at 0 or 1. `sliders` are the places of the other constants, those
    first on which the accounts lie far apart and which can be moved far.
    """
    if live is None or live["form"] != LIVE_FORM:
        return None
    shown: dict[str, object] = {key: value for key, value in live.items() if key in SHOWN}
    constants = [{**one, "switch": one["name"] in switches and _is_switch(one)} for one in live["constants"]]
    drawn = {name: dates[-1] for name, dates in (ranges or {}).items() if dates}
    order = sorted(enumerate(live["constants"]), key=lambda one: _last(one[1], drawn.get(one[1]["name"], ())))
    shown["sliders"] = [place for place, _ in order if not constants[place]["switch"]]
    shown["constants"] = constants
    shown["inputs"] = [{**one, "switch": _is_on_off(one)} for one in live["inputs"]]
    return shown


def _is_switch(one: LiveConstantData) -> bool:
    return all(stated in ([0], [1]) for stated in one["ranges"])


def _is_on_off(one: LiveInputData) -> bool:
    return {one["default"], *(change[2] for change in one["changes"])} <= {0.0, 1.0}


def _last(one: LiveConstantData, drawn: Sequence[list[float] | None]) -> tuple[bool, float]:
    """Return what sliders are ordered by: what all accounts are sure of comes last.

    Before it those come first whose medians lie far apart before any report and which can be moved far, both
    as a part of the slider.
    """
    shares = [_share(one, stated[len(stated) // 2]) for stated in one["ranges"]]
    return not one["uncertain"], -(max(shares) - min(shares)) * _reach(one, drawn)


def _reach(one: LiveConstantData, drawn: Sequence[list[float] | None]) -> float:
    """Return the part of a slider on which draws are likely to agree with it, the mean over accounts.

    Pinned more than twice as far from the median as p5 or p95 of what the reports leave of it, few draws
    agree with the reports. That is a guess: only running them tells.
    """
    found = []
    for low, middle, high in ([_share(one, value) for value in own] for own in drawn if own):
        found.append(min(_FAR * high - (_FAR - 1) * middle, 1.0) - max(_FAR * low - (_FAR - 1) * middle, 0.0))
    return sum(found) / len(found) if found else 1.0


def _share(one: LiveConstantData, value: float) -> float:
    """From 0 to 1 along a slider, as `whatif.js` has it."""
    low, high = one["low"], one["high"]
    if not one["log"]:
        share = (value - low) / (high - low)
    else:
        share = log(value / low) / log(high / low) if value > 0 else 0.0
    return min(max(share, 0.0), 1.0)


def packed_live(live: LiveData | None) -> str:
    """Return the worker's script and data, packed; empty where there are none that this version can read."""
    if live is None or live["form"] != LIVE_FORM:
        return ""
    script = f"globalThis.realitiesModel={live['model']};\n{worker_script()}"
    text = json.dumps({"script": script, "data": run_live(live)}, ensure_ascii=False, separators=(",", ":"))
    return pack(text)


def run_live(live: LiveData) -> dict[str, object]:
    """Return what the worker needs that the page has not shown: it gets what is shown from the page."""
    data: dict[str, object] = {key: value for key, value in live.items() if key not in (*SHOWN, "model")}
    data["prior"] = [short_draws(one, EVEN_ROUNDING) for one in live["prior"]]
    data["dates"] = [{**day, "draws": [short_draws(one) for one in day["draws"]]} for day in live["dates"]]
    data["quantities"] = [{**one, "rows": short_rows(one)} for one in live["quantities"]]
    return data
