"""A model with every kind of variable, and ways to run it: what a run may ask for, one way each."""

from __future__ import annotations

from typing import Any

import numpy as np
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

from realities.engine.reference import Event
from realities.ir.model import Model, Variable


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
