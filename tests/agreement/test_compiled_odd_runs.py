"""Runs that somebody hostile would ask for, compiled and by the reference engine.

Each test here holds what once was otherwise.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path += [str(Path(__file__).parents[1] / place) for place in ("engine", "agreement")]

from hand_built import aux, build, call, constant, ref
from ulp_twins import disagreements

from realities.engine.llvm.simulator import CompiledSimulator
from realities.engine.reference import Simulator


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compile everything anew."""
    monkeypatch.setenv("REALITIES_CACHE", "off")


def test_a_seed_that_is_no_number_chooses_one_stream() -> None:
    model = build(
        [
            constant("a", -1.0),
            aux("seed", call("ln", ref("a"))),
            aux("chance", call("vensim.random_uniform", 0, 1, ref("seed"), site=2)),
        ]
    )
    given = {"a": np.array([-1.0, np.nan, -np.inf, -np.nan])}
    wanted, found = (engine(model).run(given).values for engine in (Simulator, CompiledSimulator))
    assert disagreements(wanted, found) == []
    # Sign and payload of a NaN are the processor's choice.
    alone = Simulator(model, hold={"seed": np.nan}).run(n_draws=4).values
    assert disagreements({"chance": alone["chance"]}, {"chance": wanted["chance"]}) == []
