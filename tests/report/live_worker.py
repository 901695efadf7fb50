"""The page's worker under Node, for tests: its likelihood by itself, and its answers as a page gets them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from realities.case.calendar import Calendar
from realities.engine.js.node import node
from realities.report.encode import unpack
from realities.report.live.logs import short_rows
from realities.report.live.pack import packed_live, shown_live
from realities.report.live.rows import quantity_data
from realities.report.live.schema import LiveData
from realities.weigh.reporting.quantity import QuantityReports
from realities.weigh.reporting.rows import DAYS_PER_TIME

FloatArray = NDArray[np.float64]
needs_node = pytest.mark.skipif(
    node() is None and os.environ.get("REALITIES_REQUIRE_ALL") != "1", reason="there is no Node"
)

_DENSITIES = """
import fs from "node:fs";
import { Reports } from "./reports.js";
const found = JSON.parse(fs.readFileSync(0, "utf8")).map((one) => {
  const reports = new Reports(one.quantity, one.dated, one.time);
  const numbers = (i) => {
    return Object.fromEntries(Object.entries(one.numbers).map(([name, values]) => [name, values[i]]));
  };
  const n = one.days.length;
  const errors = one.truths.map((truth, i) => {
    const mean = new Float64Array(n), sd = new Float64Array(n);
    if (n) reports.errorAt(truth, numbers(i), Float64Array.from(one.days), 0.5, mean, sd);
    return [Array.from(mean), Array.from(sd)];
  });
  const logs = one.truths.map((truth, i) => reports.logDensity(truth, numbers(i)));
  return { times: Array.from(reports.times), logs, errors };
});
console.log(JSON.stringify(found, (_, value) => (value === -Infinity ? "none" : value)));
"""

_ASK = """
const fs = require("node:fs");
const { script, data, requests } = JSON.parse(fs.readFileSync(0, "utf8"));
const answers = [];
globalThis.postMessage = (answer) => {
  answers.push(answer);
  const last = requests[requests.length - 1].id;
  if (answer.id === last && (answer.error || !answer.progress)) {
    fs.writeSync(1, JSON.stringify(answers));
    process.exit(0);
  }
  const next = requests[requests.findIndex((one) => one.id === answer.id) + 1];
  if (!answer.progress && next && !next.at_once) globalThis.onmessage({ data: next });
};
(0, eval)(script);
globalThis.onmessage({ data: { kind: "load", data } });
globalThis.onmessage({ data: requests[0] });
for (const one of requests.slice(1)) if (one.at_once) globalThis.onmessage({ data: one });
"""


class Problem:
    """Reports of one quantity, truths (draw, time), sampled numbers (draw,): for the worker's likelihood."""

    def __init__(
        self,
        reports: QuantityReports,
        calendar: Calendar,
        truths: FloatArray,
        numbers: Mapping[str, FloatArray],
        days: Sequence[float] = (),
    ) -> None:
        quantity, dated = quantity_data(reports.measure, [reports], [0], calendar)
        self.reports, self.truths, self.numbers = reports, truths, numbers
        self.text: dict[str, Any] = {
            "quantity": {**quantity, "rows": short_rows(quantity)},
            "dated": dated[0],
            "time": {
                "start": calendar.initial_time,
                "days_per_time": DAYS_PER_TIME[calendar.time_unit],
                "exact": calendar.time_unit in ("day", "week"),
            },
            "truths": truths.tolist(),
            "numbers": {name: values.tolist() for name, values in numbers.items()},
            "days": list(days),
        }


def worker_found(problems: Sequence[Problem], folder: Path) -> list[dict[str, Any]]:
    """Return, for each problem, `times`, `logs` (draw,) and `errors`: mean and sd by draw at its days."""
    found = with_modules(_DENSITIES, [one.text for one in problems], folder)
    for one in found:
        one["logs"] = np.array([-np.inf if log == "none" else log for log in one["logs"]], dtype=np.float64)
    return found


def with_modules(script: str, given: Any, folder: Path) -> Any:
    """Return what a script prints that stands beside the worker's modules and reads `given`, both as JSON."""
    home = folder / "worker"
    if not home.exists():
        source = Path(str(files("realities.report"))) / "template" / "worker"
        shutil.copytree(source, home)
        (home / "package.json").write_text('{"type": "module"}')
    (home / "script.js").write_text(script)
    return run_node(["script.js"], json.dumps(given), home)


def ask(live: LiveData, requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return every answer of the packed worker to questions, each put when the one before is answered.

    One with `at_once` is put without waiting.
    """
    packed = json.loads(unpack(packed_live(live)))
    packed["data"] |= shown_live(live)
    named = [
        {
            "kind": "run",
            "id": k + 1,
            "pins": {},
            "held": {},
            "want": [],
            "variables": [],
            "runs": False,
            **one,
        }
        for k, one in enumerate(requests)
    ]
    found: list[dict[str, Any]] = run_node(["-e", _ASK], json.dumps({**packed, "requests": named}), None)
    return found


def last_answers(answers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the answers that rest on all draws."""
    return [one for one in answers if not one.get("progress")]


def run_node(arguments: Sequence[str], text: str, folder: Path | None) -> Any:
    program = node()
    assert program is not None, "there is no Node"
    done = subprocess.run(
        [program, *arguments],
        input=text,
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
