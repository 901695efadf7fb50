"""SINTEG: a stock that keeps within bounds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from realities.engine.reference import simulate
from realities.ir.model import Model

Build = Callable[[str], Model]
Codes = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        # 3 at first, then 4 a step up until step 5, and 4 down again
        (":NA:, :NA:, :NA:, :NA:, :NA:", [3, 7, 11, 15, 19, 23, 19, 15, 11, 7, 3]),
        (":NA:, 16, :NA:, :NA:, :NA:", [3, 7, 11, 15, 16, 16, 12, 8, 4, 0, -4]),
        ("0, 16, :NA:, :NA:, :NA:", [3, 7, 11, 15, 16, 16, 12, 8, 4, 0, 0]),
        ("5, :NA:, :NA:, :NA:, :NA:", [5, 9, 13, 17, 21, 25, 21, 17, 13, 9, 5]),
        (":NA:, :NA:, :NA:, 10, 1.5", [3, 7, 10, 14, 18, 22, 18, 14, 10, 6, 2]),
        ("-1, 1, :NA:, :NA:, :NA:", [1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1]),
    ],
)
def test_a_stock_keeps_within_its_limits(build: Build, limits: str, expected: list[float]) -> None:
    model = build(f"s = SINTEG(IF THEN ELSE(Time < 5, 4, -4), 3, {limits}) ~~|")
    assert simulate(model)["s"][0].tolist() == expected


def test_its_rate_may_depend_on_the_stock(build: Build) -> None:
    model = build("s = SINTEG(r, 1, :NA:, 100, :NA:, :NA:, :NA:) ~~|\nr = s ~~|")
    assert simulate(model)["s"][0].tolist() == [1, 2, 4, 8, 16, 32, 64, 100, 100, 100, 100]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("SINTEG(1, 0, 0, 100, 1, :NA:, :NA:)", "unsupported-function"),
        ("SINTEG(1, 0, k, :NA:, :NA:, :NA:, :NA:)", "wrong-arguments"),
        ("SINTEG(1, 0, 0)", "wrong-arguments"),
        ("2 * SINTEG(1, 0, 0, :NA:, :NA:, :NA:, :NA:)", "wrong-arguments"),
    ],
)
def test_what_it_cannot_be_is_an_error(codes: Codes, call: str, code: str) -> None:
    assert codes(f"k = 3 ~~|\ns = {call} ~~|") == [code]
