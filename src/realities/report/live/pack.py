"""Live data as a page carries them: what the page shows at once, and the rest packed for the worker.

The worker's script is that of this version, so that a page written again from saved results has it too; the
model's code is as it was saved.
"""

from __future__ import annotations

import json
from typing import Final

from realities.report.bundle import worker_script
from realities.report.encode import pack
from realities.report.live.bits import EVEN_ROUNDING, short_draws
from realities.report.live.logs import short_rows
from realities.report.live.schema import LIVE_FORM, LiveData

#: What the page itself needs, and gives to the worker: the rest waits there.
SHOWN: Final = ("form", "constants", "inputs", "variables")


def shown_live(live: LiveData | None) -> dict[str, object] | None:
    """Return what the page builds its controls of; None where it cannot run the model."""
    if live is None or live["form"] != LIVE_FORM:
        return None
    return {key: value for key, value in live.items() if key in SHOWN}


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
