"""Lowering against the reference engine, without any compiled code between: bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from generated_models import models
from hand_built import (
    E,
    aux,
    build,
    call,
    constant,
    expr,
    fixed_delay,
    initial,
    lookup,
    op,
    ref,
    sample,
    stock,
    time,
)
from hypothesis import HealthCheck, given, settings
from program_runs import both, differences

from realities.engine.reference import Event
from realities.ir.expr import Number
from realities.ir.model import Model, Variable
from realities.model import syntax
from realities.model.load import build_model, load_model
from realities.model.write.vensim import vensim_text
from realities.source import SourceText

CORPUS = Path(__file__).parents[2] / "corpus"
MODELS = sorted(path for path in CORPUS.glob("*/model.*") if path.suffix in (".mdl", ".xmile"))
METHODS = ("euler", "rk2", "rk4")
#: Variables of the corpus that hold the types of priority curves: numbers that have no neighbors.
PRIORITIES = ("wish", "wishes", "stocks")


def short(path: Path) -> str:
    return path.relative_to(CORPUS).as_posix()


def varied(model: Model, n_draws: int) -> dict[str, np.ndarray]:
    """Return every other constant that a run may change, within ten percent of its value."""
    rng = np.random.default_rng(7)
    spec = model.time
    kept = {spec.initial_time, spec.final_time, spec.time_step, spec.save_period, *model.settled}
    free = [v for v in model.constants if v.name not in kept and v.base not in PRIORITIES]
    return {
        v.name: v.expression.value * rng.uniform(0.9, 1.1, n_draws)
        for v in free[::2]
        if isinstance(v.expression, Number)
    }


@pytest.mark.parametrize("path", MODELS, ids=short)
def test_a_corpus_model_gives_the_bits_of_the_reference_engine(path: Path) -> None:
    model = load_model(path, data=sorted(path.parent.glob("data.csv")))
    integrator = "euler" if model.time.integrator == "rk45" else model.time.integrator
    assert differences(*both(model, integrator=integrator)) == []
    assert differences(*both(model, varied(model, 8), integrator=integrator)) == []


def moving(name: str, kind: Any, entering: E, start: E | float, *extra: E | float) -> Variable:
    extras = tuple(expr(one) for one in extra)
    return Variable(name, kind, expr(entering), initial=expr(start), extra=extras)


def every_kind(integrator: str) -> Model:
    """Return a model with every kind of variable, and values that events and draws change."""
    return build(
        [
            constant("a", 0.3),
            constant("b", 0.6),
            constant("late by", 2.0),
            Variable("seen", "data", None, series="seen"),
            aux("season", call("lookup", call("vensim.modulo", time, 4.0), table="seasons") + ref("seen")),
            aux("noise", call("vensim.random_normal", -1, 1, 0, ref("a"), ref("b"), site=3)),
            aux("chance", call("vensim.random_uniform", -1, ref("x"), 7, site=4)),
            aux("pressure", ref("x") ** ref("b") + call("exp", -ref("y")) + call("ln", 1 + ref("x"))),
            aux("active", ref("pressure") + 1, initial=ref("b") * 2),
            aux("choice", call("if_then_else", op(">", ref("x"), ref("b")), ref("a"), ref("active") * 0.01)),
            aux(
                "pulses", call("vensim.pulse_train", 1.5, 0.5, ref("late by"), 8) + call("step", 1, ref("b"))
            ),
            aux("truth", op("and", op("<>", ref("x"), 0.5), op(">=", ref("y"), ref("noise")))),
            aux("sorted", call("vensim.vector_sort_order", 1, ref("x"), ref("y"), ref("a"), time / 10)),
            aux("third", call("part", ref("sorted"), 2) + ref("truth")),
            aux("any", call("part", ref("sorted"), ref("x") * 5) + call("part", ref("sorted"), time)),
            initial("first", ref("pressure") + ref("noise") + time),
            fixed_delay("late", ref("choice"), 1 + ref("a") * 5, ref("b")),
            moving("moved", "material_delay", ref("pulses") + ref("x"), 0.1, 1 + ref("y"), ref("a")),
            moving("told", "information_delay", ref("x"), ref("a"), ref("late by") + ref("pulses")),
            sample("kept", op(">", ref("noise"), 0.1), ref("chance"), ref("a")),
            stock("x", ref("choice") + ref("season") * ref("late") - 0.3 * ref("x"), ref("a") * 2),
            stock("y", ref("kept") - 0.2 * ref("y") + 0.01 * ref("noise") / ref("first"), 1.0),
            Variable("z", "stock", expr(-ref("x") * ref("b")), initial=expr(0.4), is_non_negative=True),
            Variable("w", "stock", expr(ref("b") - ref("x")), initial=expr(-0.4), is_non_negative=True),
        ],
        step=0.25,
        save=1.0,
        integrator=integrator,  # type: ignore[arg-type]
        lookups=[
            lookup("seasons", (0, 0.1), (1, 0.5), (2, 0.2), (3, 0.4), (4, 0.1)),
            lookup("seen", (1, 1), (5, 0.25), (5, 2), (9, 3), mode="backward"),
        ],
    )


def kept(model: Model) -> list[str]:
    return [variable.name for variable in model.variables if variable.name != "sorted"]


DRAWS = {"a": np.random.default_rng(5).uniform(0.1, 0.9, 16), "late by": np.linspace(0.0, 5.0, 16)}
WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "draws": {"parameters": DRAWS, "n_draws": 16},
    "one number for all": {"parameters": {"b": 0.7, "a": DRAWS["a"]}, "n_draws": 16},
    "seed": {"seed": 12, "parameters": DRAWS, "n_draws": 16},
    "events": {
        "events": [Event("b", 3.1, 0.2), Event("b", -1.0, 0.9), Event("a", 2.0, 0.5), Event("late by", 4, 9)],
        "parameters": DRAWS,
        "n_draws": 16,
    },
    "hold": {"hold": {"x": 0.7, "noise": 0.2}, "events": [Event("b", 3.1, 0.2)]},
    "hold a delay": {"hold": {"moved": 0.7, "kept": 0.2, "a": 0.4, "season": 0.0}},
    "save times": {"save_times": [0.1, 0.25, 3.3, 3.4, 9.99]},
    "stopped early": {"final_time": 3.6, "parameters": DRAWS, "n_draws": 16},
    "no step": {"final_time": 0.0},
}


@pytest.mark.parametrize("integrator", METHODS)
@pytest.mark.parametrize("way", WAYS)
def test_a_run_gives_the_bits_of_the_reference_engine(way: str, integrator: str) -> None:
    model = every_kind(integrator)
    assert differences(*both(model, outputs=kept(model), **WAYS[way])) == []


@pytest.mark.parametrize("name", [v.name for v in every_kind("euler").variables if v.name != "sorted"])
def test_a_single_output_has_the_bits_it_has_among_others(name: str) -> None:
    assert differences(*both(every_kind("rk4"), DRAWS, n_draws=16, outputs=[name])) == []


QUICK = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def agrees(file: syntax.ModelFile) -> None:
    model = build_model(SourceText("generated.mdl", vensim_text(file)))
    assert differences(*both(model, varied(model, 8))) == []


@QUICK
@given(models(METHODS))
def test_any_model_gives_the_bits_of_the_reference_engine(file: syntax.ModelFile) -> None:
    agrees(file)


@pytest.mark.slow
@settings(QUICK, max_examples=500)
@given(models(METHODS))
def test_many_models_give_the_bits_of_the_reference_engine(file: syntax.ModelFile) -> None:
    agrees(file)
