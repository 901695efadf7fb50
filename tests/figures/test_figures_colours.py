"""Colours of accounts can be told apart, read, and recognized when light turns to dark."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from realities.figures.style import DARK, LIGHT, N_COLOURS

FloatArray = NDArray[np.float64]
ACCOUNTS = [f"a{k}" for k in range(N_COLOURS)]

#: Linear RGB as seen without one kind of cone; Machado, Oliveira and Fernandes 2009, severity 1.
SEEN = {
    "all cones": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array([[0.41246, 0.35758, 0.18044], [0.21267, 0.71515, 0.07217], [0.01933, 0.11919, 0.95030]])


def linear(colour: str) -> FloatArray:
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb: FloatArray) -> FloatArray:
    """Lightness, and the two axes of colour, of linear RGB in daylight."""
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / TO_XYZ.sum(axis=1)
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one: str, other: str) -> float:
    dark, light = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def hue(colour: str) -> float:
    _, a, b = lab(linear(colour))
    return float(np.degrees(np.arctan2(b, a)))


@pytest.mark.parametrize(("palette", "three", "six"), [(LIGHT, 48, 25.5), (DARK, 43, 29)])
def test_two_accounts_are_told_apart_whatever_cones_a_reader_has(
    palette: dict[str, str], three: float, six: float
) -> None:
    for n, least in ((3, three), (N_COLOURS, six)):
        for one, other in combinations(ACCOUNTS[:n], 2):
            for cones, seen in SEEN.items():
                apart = lab(seen @ linear(palette[one])) - lab(seen @ linear(palette[other]))
                assert np.linalg.norm(apart) > least, (one, other, cones)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_name_in_its_account_s_colour_can_be_read(palette: dict[str, str]) -> None:
    """The fifth has its letter and name in ink, so that its colour is of marks alone."""
    for account in ACCOUNTS:
        least = 3.0 if account == "a4" else 4.48
        assert contrast(palette[account], palette["page"]) > least, account


def test_an_account_keeps_its_hue_from_light_to_dark() -> None:
    for account in ACCOUNTS[:5]:
        turned = (hue(DARK[account]) - hue(LIGHT[account]) + 180) % 360 - 180
        assert abs(turned) < 25, account
