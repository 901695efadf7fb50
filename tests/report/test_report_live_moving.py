"""Draws that move along with pinned constants: their mean weight against the evidence in closed form."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_worker import FloatArray, needs_node, with_modules
from scipy.stats import multivariate_normal

from realities.report.live.bits import short_draws
from realities.report.live.schema import LiveDrawsData

pytestmark = needs_node

_MOVE = """
import fs from "node:fs";
import { Draws, weighed } from "./moving.js";
const found = JSON.parse(fs.readFileSync(0, "utf8")).map(({ draws, priors, pins, rows, reports, noise }) => {
  const log = (numbers) => rows.reduce((sum, row, i) => {
    const level = row.reduce((total, x, k) => total + x * numbers[`n${k}`], 0);
    return sum - 0.5 * ((reports[i] - level) / noise) ** 2;
  }, 0);
  const all = new Draws(priors, draws), move = all.moved(pins), logs = [];
  for (let i = 0; i < all.n; i++) {
    const moved = move(i);
    logs.push(moved.log + log(moved.numbers) - log(all.at(i)));
  }
  const { shift, effective, error } = weighed(logs);
  return { shift, effective, error };
});
console.log(JSON.stringify(found));
"""

N_REPORTS, N_DRAWS, NOISE = 30, 160, 2.0


def a_study(seed: int, pinned: FloatArray, n_numbers: int) -> tuple[dict[str, Any], float]:
    """Return a linear study for the script, and how far pins move its log evidence, exactly."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((N_REPORTS, n_numbers))
    reports = rows @ rng.standard_normal(n_numbers) + NOISE * rng.standard_normal(N_REPORTS)
    covariance = np.linalg.inv(np.eye(n_numbers) + rows.T @ rows / NOISE**2)
    centre = covariance @ rows.T @ reports / NOISE**2
    z = rng.multivariate_normal(centre, covariance, N_DRAWS).T
    low, high = z.min(axis=1), z.max(axis=1)
    levels = np.rint((z - low[:, None]) / (high - low)[:, None] * 65_535)
    names = [f"n{k}" for k in range(n_numbers)]
    n_pinned = len(pinned)
    before = multivariate_normal(cov=rows @ rows.T + NOISE**2 * np.eye(N_REPORTS)).logpdf(reports)
    rest = rows[:, n_pinned:]
    after = multivariate_normal(cov=rest @ rest.T + NOISE**2 * np.eye(N_REPORTS)).logpdf(
        reports - rows[:, :n_pinned] @ pinned
    )
    draws: LiveDrawsData = {
        "n": N_DRAWS,
        "names": list(range(n_numbers)),
        "width": [2] * n_numbers,
        "low": low.tolist(),
        "high": high.tolist(),
        "z": b64encode(levels.astype(">u2").tobytes()).decode("ascii"),
    }
    given = {
        "draws": short_draws(draws),
        "priors": {name: {"kind": "normal", "a": 0.0, "b": 1.0, "z": [], "values": []} for name in names},
        "pins": dict(zip(names, pinned.tolist(), strict=False)),
        "rows": rows.tolist(),
        "reports": reports.tolist(),
        "noise": NOISE,
    }
    return given, float(after - before)


@pytest.mark.parametrize("n_numbers", [6, 14, 25])
def test_the_mean_weight_of_draws_is_off_by_chance_alone_however_many_numbers_there_are(
    n_numbers: int, tmp_path: Path
) -> None:
    studies = [a_study(seed, np.array([0.5]), n_numbers) for seed in range(60)]
    found = with_modules(_MOVE, [given for given, _ in studies], tmp_path)
    off = np.array([one["shift"] - exact for one, (_, exact) in zip(found, studies, strict=True)])
    sure = np.array([one["effective"] > 0.25 * N_DRAWS for one in found])
    assert sure.sum() > 30
    scaled = off[sure] / np.array([one["error"] for one in found])[sure]
    assert abs(np.median(scaled)) < 0.5, "neither above nor below"
    assert np.abs(off[sure]).mean() < 0.12


def test_what_lies_outside_all_that_is_assumed_is_weighed_right_or_said_to_be_too_little(
    tmp_path: Path,
) -> None:
    studies = [a_study(seed, np.array([far]), 6) for seed in range(20) for far in (-6.0, -3.0, 3.0, 6.0)]
    found = with_modules(_MOVE, [given for given, _ in studies], tmp_path)
    for one, (_, exact) in zip(found, studies, strict=True):
        if one["effective"] > 0.25 * N_DRAWS:
            assert one["shift"] == pytest.approx(exact, abs=max(0.05 * abs(exact), 4 * one["error"]))
