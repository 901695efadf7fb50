"""Runs that somebody hostile would ask for, compiled and by the reference engine.

Each test here holds what once was otherwise.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path += [str(Path(__file__).parents[1] / place) for place in ("engine", "agreement")]

from hand_built import aux, build, call, constant, ref, stock
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


def test_a_time_step_that_starts_as_another_number_is_that_number() -> None:
    model = build([stock("x", 1.0, 0.0)])
    step = aux("TIME STEP", 0.5, initial=0.25)
    model = replace(model, variables=tuple(step if v.name == step.name else v for v in model.variables))
    wanted, found = (engine(model).run() for engine in (Simulator, CompiledSimulator))
    assert found.times.tolist() == wanted.times.tolist()
    assert disagreements(wanted.values, found.values) == []


@pytest.mark.parametrize("given", [{}, {"p": np.array([0.49999999999999994, 0.0, 0.5])}])
def test_a_position_that_rounds_to_beyond_the_only_element_is_beyond_it(given: dict[str, np.ndarray]) -> None:
    only = call("several", ref("a"))
    model = build(
        [
            constant("a", 7.0),
            constant("p", 0.49999999999999994),
            aux("part", call("part", only, ref("p"))),
            aux("literal", call("part", only, 0.49999999999999994)),
            aux("element", call("xmile.element", ref("p"), ref("a"))),
        ]
    )
    wanted, found = (engine(model).run(given).values for engine in (Simulator, CompiledSimulator))
    assert disagreements(wanted, found) == []
    assert wanted["element"][0, 0] == 0.0


@pytest.mark.parametrize("engine", [Simulator, CompiledSimulator])
def test_draws_are_not_counted_beyond_what_doubles_tell_apart(engine: type[Simulator]) -> None:
    model = build([aux("chance", call("vensim.random_uniform", 0, 1, 0, site=1))])
    values = engine(model).run(n_draws=3, first_draw=2**52).values["chance"][:, 0]
    assert len(set(values.tolist())) == 3
    with pytest.raises(ValueError, match="first_draw"):
        engine(model).run(n_draws=3, first_draw=2**60)
