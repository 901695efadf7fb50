"""Draws in few bits: what is read again, here and by the worker, is what was written, as fine as promised."""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_worker import FloatArray, needs_node, with_modules

from realities.report.encode import decode_integers
from realities.report.live.bits import (
    LEVELS,
    MOST_ROUNDING,
    ShortDrawsData,
    alone,
    short_draws,
    z_of_draws,
)
from realities.report.live.logs import short_rows
from realities.report.live.schema import LiveDrawsData, LiveQuantityData

_READ = """
import fs from "node:fs";
import { Draws } from "./moving.js";
const found = JSON.parse(fs.readFileSync(0, "utf8")).map((draws) => {
  const names = Array.from({ length: 40 }, (_, k) => `n${k}`);
  const priors = Object.fromEntries(names.map((name) => [name, { kind: "normal", a: 0, b: 1 }]));
  const all = new Draws(priors, draws);
  return { names: all.names, z: all.z.map((column) => Array.from(column)) };
});
console.log(JSON.stringify(found));
"""


def held(z: FloatArray, width: int = 2) -> LiveDrawsData:
    """Return draws (name, draw) as a payload holds them."""
    low, high = z.min(axis=1), z.max(axis=1)
    ranges = np.maximum(high - low, 1e-12)[:, None]
    levels = np.rint((z - low[:, None]) / ranges * LEVELS[width])
    return LiveDrawsData(
        n=z.shape[1],
        names=list(range(len(z))),
        width=[width] * len(z),
        low=low.tolist(),
        high=high.tolist(),
        z=b64encode(levels.astype(f">u{width}").tobytes()).decode("ascii"),
    )


def read(short: ShortDrawsData) -> FloatArray:
    """Return z (name, draw) of draws as a page carries them, bit by bit."""
    bits = iter(np.unpackbits(np.frombuffer(b64decode(short["z"]), dtype=np.uint8)).tolist())
    columns = [decode_integers(text) for text in (short["step"], short["low"], short["middle"])]
    rows = []
    for k, (step, low, middle) in enumerate(zip(*columns, strict=True)):
        row, total = [], middle * 2**low
        for _ in range(short["n"]):
            number = 0
            while next(bits):
                number += 1
            for _ in range(low):
                number = 2 * number + next(bits)
            signed = -(number + 1) // 2 if number % 2 else number // 2
            total = middle * 2**low + signed if k else total + number
            row.append(total * 2.0 ** (-step / 4))
        rows.append(row)
    return np.array(rows).reshape(len(rows), short["n"])


def correlated(seed: int, n_names: int, n: int) -> FloatArray:
    """Return draws (name, draw) that hang together more or less closely."""
    rng = np.random.default_rng(seed)
    loads = rng.standard_normal((n_names, n_names)) * rng.uniform(0.01, 2.0, n_names)
    return np.clip(loads @ rng.standard_normal((n_names, n)) / 3.0 + rng.normal(size=(n_names, 1)), -5.7, 5.7)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 16), st.integers(1, 130))
def test_draws_come_back_together_no_coarser_than_promised(seed: int, n_names: int, n: int) -> None:
    known = z_of_draws(held(correlated(seed, n_names, n)))
    found = read(short_draws(held(correlated(seed, n_names, n))))
    ranges = np.maximum(np.ptp(known, axis=1), 1e-9)
    steps = MOST_ROUNDING * np.sqrt(12.0) * alone(known) if n > n_names else ranges / LEVELS[2]
    # Each draw, all its numbers together, lies within half a step of one that was written.
    off = np.abs(known[:, :, None] - found[:, None, :]) / np.maximum(steps, 1e-9)[:, None, None]
    matches = off.max(axis=0) <= 0.5 + 1e-6
    assert matches.any(axis=1).all()
    assert matches.any(axis=0).all()
    assert (np.diff(found[0]) >= 0).all()


def test_draws_take_fewer_bits_than_bytes_and_no_name_or_draw_is_too_few() -> None:
    loose = held(np.random.default_rng(1).standard_normal((14, 130)), width=1)
    assert len(short_draws(loose)["z"]) < 0.7 * len(loose["z"])
    none = LiveDrawsData(n=3, names=[], width=[], low=[], high=[], z="")
    assert read(short_draws(none)).shape == (0, 3)
    alike = held(np.full((2, 5), 1.25))
    np.testing.assert_allclose(read(short_draws(alike)), 1.25, atol=1e-8)


@needs_node
def test_the_worker_reads_the_same_draws(tmp_path: Path) -> None:
    written = [short_draws(held(correlated(k, 1 + 5 * k, 40 + k))) for k in range(5)]
    for short, one in zip(written, with_modules(_READ, written, tmp_path), strict=True):
        known = read(short)
        assert one["names"] == [f"n{k}" for k in range(len(known))]
        places = np.argsort(one["z"][0], kind="stable")
        found = np.array(one["z"])[:, places]
        np.testing.assert_allclose(found[0], known[0], rtol=1e-12)
        for row, other in zip(found, known, strict=True):  # draws of one first number have no order
            np.testing.assert_allclose(np.sort(row), np.sort(other), rtol=1e-12, atol=1e-12)
        assert abs(float(np.corrcoef(one["z"][0], range(short["n"]))[0, 1])) < 0.3, (
            "a beginning is spread evenly"
        )


def rows_of(value: list[float | None], jacobian: list[float], scale: str = "log") -> LiveQuantityData:
    """Return a quantity of which only this matters."""
    rows = {"value": value, "low": [], "high": [1.5], "jacobian": jacobian}
    return cast("LiveQuantityData", {"scale": scale, "rows": rows})


def test_rows_on_a_log_scale_are_told_as_reported_where_that_is_exact() -> None:
    first, last = math.log(409.3), math.log(12.0)
    told: dict[str, Any] = short_rows(rows_of([first, None, last], [-first, 0.0, -last]))
    assert told["value"] == [409.3, None, 12.0]
    assert told["jacobian"] is None
    assert math.log(told["high"][0]) == pytest.approx(1.5, abs=1e-12)


@pytest.mark.parametrize(
    ("value", "jacobian", "scale"),
    [
        ([6.0], [-6.0], "linear"),
        ([6.0], [-5.0], "log"),
        ([6.0], [], "log"),
        ([], [-6.0], "log"),
        ([650.0], [-650.0], "log"),
    ],
)
def test_other_rows_stay_as_they_are(value: list[float | None], jacobian: list[float], scale: str) -> None:
    quantity = rows_of(value, jacobian, scale)
    assert short_rows(quantity) == quantity["rows"]
