"""Curves as bytes come back as the texts they were, missing ones too, and large numbers whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planes_read import unmarked

from realities.report.encode import encode_curves, encode_rising
from realities.report.planes import number_bytes, take_curves


def curves_of(rng: np.random.Generator, n_dates: int, n_accounts: int, scale: int, gaps: float) -> Any:
    days, run_days = sorted(rng.choice(9000, 7, replace=False)), sorted(rng.choice(9000, 4, replace=False))

    def bundle(n: int, n_days: int, middle: int | None) -> str:
        levels = rng.integers(-scale, scale, size=(n, n_days))
        return "" if rng.random() < gaps else encode_curves(levels, middle)

    return {
        "step": 0.5,
        "days": encode_rising([int(day) for day in days]),
        "bands": [[bundle(5, 7, 2) for _ in range(n_accounts)] for _ in range(n_dates)],
        "prior": [bundle(5, 7, 2) for _ in range(n_accounts)],
        "run_step": 2.0,
        "run_days": encode_rising([int(day) for day in run_days]),
        "runs": {"2033-01-01": [bundle(3, 4, None) for _ in range(n_accounts)]},
        "quarters": {
            "step": 0.25,
            "days": encode_rising([int(day) for day in days[1:5]]),
            "bands": [[bundle(5, 4, 2) for _ in range(n_accounts)] for _ in range(n_dates + 1)],
        },
    }


@given(
    st.integers(0, 2**32),
    st.integers(1, 4),
    st.integers(1, 5),
    st.sampled_from([2, 300, 10**6, 10**12]),
    st.sampled_from([0.0, 0.4, 1.0]),
)
@settings(max_examples=40, deadline=None)
def test_curves_come_back_whatever_is_missing(
    seed: int, n_dates: int, n_accounts: int, scale: int, gaps: float
) -> None:
    rng = np.random.default_rng(seed)
    held: list[Any] = [
        {"key": str(i), "curves": curves_of(rng, n_dates, n_accounts, scale, gaps) if i != 1 else None}
        for i in range(3)
    ]
    marked, data = take_curves(held)
    assert marked[1] == held[1]
    for before, after in zip(held, marked, strict=True):
        if before["curves"] is not None:
            assert unmarked(after["curves"], data) == before["curves"]


def test_curves_that_resemble_each_other_take_few_bytes() -> None:
    rng = np.random.default_rng(1)
    one = rng.integers(-90, 90, size=(5, 7)).cumsum(axis=1)
    alike = curves_of(rng, 1, 1, 9, 0.0)
    alike["prior"] = alike["bands"][0] = [encode_curves(one + k, 2) for k in range(4)]
    _, data = take_curves([{"key": "a", "curves": alike}])  # type: ignore[list-item]
    assert sum(byte > 20 for byte in data) < 70  # the first bundle, and the first number of the others


def test_a_number_that_no_page_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="more steps"):
        number_bytes(np.array([2**48]))
