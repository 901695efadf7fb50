"""What rounding a page's draws does to its answers: bytes, and how far log evidences move (decision 120).

    python bench/rounding.py RESULTS [--numbers 8]

RESULTS is a folder of a run. A constant at a time is pinned at a quarter and three quarters of its slider, as
of the last date, with draws told ever more coarsely; the finest of them are what others are compared with.
Counted are answers of at least a tenth of the draws. It needs Node.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from realities.engine.js.node import node
from realities.report.bundle import worker_script
from realities.report.encode import pack
from realities.report.live.bits import short_draws
from realities.report.live.pack import run_live, shown_live

#: Parts of the spread that a number has given all others: the first is next to nothing.
ROUNDINGS = (0.0005, 0.01, 0.02, 0.04, 0.08)
LEAST_SHARE = 0.1

_ASK = """
const { script, data, requests } = JSON.parse(require("node:fs").readFileSync(0, "utf8")), answers = [];
globalThis.postMessage = (answer) => {
  if (answer.error) throw new Error(answer.error);
  if (answer.progress) return;
  answers.push(answer.accounts);
  if (answers.length < requests.length) globalThis.onmessage({ data: requests[answers.length] });
  else console.log(JSON.stringify(answers));
};
(0, eval)(script);
globalThis.onmessage({ data: { kind: "load", data } });
globalThis.onmessage({ data: requests[0] });
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--numbers", type=int, default=8)
    chosen = parser.parse_args()
    live = payload_of(chosen.results)["live"]
    asked = requests(live, chosen.numbers)
    exact = [one for answer in answers(live, asked, ROUNDINGS[0]) for one in answer]
    error = np.sqrt(np.mean([one["error"] ** 2 for one in exact if is_enough(one)]))
    print(f"standard error of a log evidence by the number of draws: {error:.3f}")
    for rounding in ROUNDINGS[1:]:
        found = [one for answer in answers(live, asked, rounding) for one in answer]
        pairs = [(a, b) for a, b in zip(exact, found, strict=True) if is_enough(a)]
        moved = np.array([b["logEvidenceShift"] - a["logEvidenceShift"] for a, b in pairs])
        size = len(pack(json.dumps(drawn(live, rounding)))) * 3 // 4
        print(
            f"rounding {rounding:5.2f}  draws {size / 1000:5.1f} kB  log evidence, {len(moved)} answers: "
            f"mean {moved.mean():+.3f}, root mean square {np.sqrt((moved**2).mean()):.3f}"
        )


def payload_of(folder: Path) -> Any:
    """Return the payload that a run keeps in its results."""
    import h5netcdf

    with h5netcdf.File(folder / "results.nc", "r") as file:
        return json.loads(bytes(np.asarray(file["page_payload"][...], dtype=np.uint8)))


def is_enough(answer: dict[str, Any]) -> bool:
    return bool(answer["effective"] >= LEAST_SHARE * answer["draws"])


def drawn(live: Any, rounding: float) -> list[list[Any]]:
    """Return the draws of every date as a page would carry them."""
    return [[short_draws(one, rounding) for one in day["draws"]] for day in live["dates"]]


def requests(live: Any, n_numbers: int) -> list[dict[str, Any]]:
    """Return questions: each of the first uncertain constants at two places of its slider."""
    found: list[dict[str, Any]] = []
    for one in [one for one in live["constants"] if one["uncertain"]][:n_numbers]:
        low, high = one["low"], one["high"]
        for share in (0.25, 0.75):
            value = low * (high / low) ** share if one["log"] else low + share * (high - low)
            pins = {one["name"]: value}
            found.append({"kind": "run", "id": len(found), "date": len(live["dates"]) - 1, "pins": pins})
    rest = {"held": {}, "want": [], "variables": [], "runs": False}
    return [{**one, **rest} for one in found]


def answers(live: Any, asked: list[dict[str, Any]], rounding: float) -> list[list[dict[str, Any]]]:
    """Return, for each question, what the worker says of each account."""
    days = zip(live["dates"], drawn(live, rounding), strict=True)
    dates = [{**day, "draws": draws} for day, draws in days]
    data = {**run_live(live), "dates": dates, **(shown_live(live) or {})}
    script = f"globalThis.realitiesModel={live['model']};\n{worker_script()}"
    text = json.dumps({"script": script, "data": data, "requests": asked})
    done = subprocess.run([str(node()), "-e", _ASK], input=text, capture_output=True, text=True, check=True)
    found: list[list[dict[str, Any]]] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
