"""The bundled cases' likelihoods are the same on compiled code as on the reference engine.

They agree as far as a last digit decides: the reference engine, its inputs one digit off, sets the scale.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest

import realities
from realities import ensemble
from realities.case.folder import Case, load_case
from realities.engine.engines import make_simulator
from realities.weigh.likelihood import AccountLikelihood

CASES = Path(realities.__file__).parent / "cases"
#: Digits that additions over some hundred figures may lose beside the model's.
ROUNDING = 1e-12


@cache
def bundled(name: str) -> Case:
    return load_case(CASES / name)


@pytest.fixture(autouse=True)
def nothing_is_prepared() -> Iterator[None]:
    ensemble._simulator.cache_clear()
    yield
    ensemble._simulator.cache_clear()


def likelihoods(case: Case, account: str, day: date, points: np.ndarray, engine: str) -> np.ndarray:
    """Return log-likelihoods, (draw,), by one of the engines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ensemble, "make_simulator", partial(make_simulator, engine=engine))
        ensemble._simulator.cache_clear()
        return AccountLikelihood(case, account, day)(points)


@pytest.mark.parametrize(
    ("name", "account", "day", "n_draws"),
    [
        ("ukraine-2022", "author", date(2022, 10, 5), 300),
        ("ukraine-2022", "reference", date(2023, 7, 1), 300),
        pytest.param("ukraine-2022", "decree", date(2026, 8, 22), 2000, marks=pytest.mark.slow),
        ("lynx-hare", "predation", date(1921, 12, 31), 300),
        ("lynx-hare", "follow", date(1921, 12, 31), 300),
        ("ehrlich-simon", "ingenuity", date(1980, 9, 29), 300),
        pytest.param("ehrlich-simon", "scarcity", date(2024, 1, 31), 2000, marks=pytest.mark.slow),
    ],
)
def test_both_engines_find_the_same_likelihoods(name: str, account: str, day: date, n_draws: int) -> None:
    pytest.importorskip("llvmlite")
    case = bundled(name)
    dimension = AccountLikelihood(case, account, day).dimension
    points = np.random.default_rng(7).standard_normal((n_draws, dimension))
    found = likelihoods(case, account, day, points, "llvm")
    wanted = likelihoods(case, account, day, points, "reference")
    twins = likelihoods(case, account, day, np.nextafter(points, np.inf), "reference")
    usable = np.isfinite(wanted)
    assert usable.sum() > 0.9 * n_draws and np.array_equal(usable, np.isfinite(found))
    scale = np.abs(wanted[usable])
    off, moved = np.abs(found - wanted)[usable] / scale, np.abs(twins - wanted)[usable] / scale
    for share in (0.5, 0.9, 1.0):
        assert np.quantile(off, share) <= 4.0 * np.quantile(moved, share) + ROUNDING
