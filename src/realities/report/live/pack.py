"""Live data as a page carries them: what the page builds its controls of, and the rest packed for the worker.

The worker's script is that of this version, so that a page written again from saved results has it too; the
model's code is as it was saved.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from math import log
from typing import Final

from realities.report.bundle import worker_script
from realities.report.encode import pack
from realities.report.live.bits import EVEN_ROUNDING, short_draws
from realities.report.live.logs import short_rows
from realities.report.live.schema import LIVE_FORM, LiveConstantData, LiveData, LiveInputData

#: What the page itself needs, and gives to the worker: the rest waits there.
SHOWN: Final = ("form", "constants", "inputs", "variables")


def shown_live(live: LiveData | None, switches: Collection[str] = ()) -> dict[str, object] | None:
    """Return what the page builds its controls of; None where it cannot run the model.

    Constants and inputs say whether they are only ever on or off: a constant if it is among `switches`, which
    accounts set, and every account holds it at 0 or 1. `sliders` are the places of the other constants, those
    first on which the accounts lie farthest apart.
    """
    if live is None or live["form"] != LIVE_FORM:
        return None
    shown: dict[str, object] = {key: value for key, value in live.items() if key in SHOWN}
    constants = [{**one, "switch": one["name"] in switches and _is_switch(one)} for one in live["constants"]]
    order = sorted(enumerate(live["constants"]), key=lambda one: -_apart(one[1]))
    shown["sliders"] = [place for place, _ in order if not constants[place]["switch"]]
    shown["constants"] = constants
    shown["inputs"] = [{**one, "switch": _is_on_off(one)} for one in live["inputs"]]
    return shown


def _is_switch(one: LiveConstantData) -> bool:
    return all(stated in ([0], [1]) for stated in one["ranges"])


def _is_on_off(one: LiveInputData) -> bool:
    return {one["default"], *(change[2] for change in one["changes"])} <= {0.0, 1.0}


def _apart(one: LiveConstantData) -> float:
    """How far the accounts' medians lie apart, as a part of the slider; what all are sure of comes last."""
    shares = [_share(one, stated[len(stated) // 2]) for stated in one["ranges"]]
    return max(shares) - min(shares) + one["uncertain"]


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
