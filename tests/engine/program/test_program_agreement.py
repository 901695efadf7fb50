"""Lowering against the reference engine, without any compiled code between: bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from every_kind import DRAWS, WAYS, every_kind, kept
from generated_models import models
from hypothesis import HealthCheck, given, settings
from program_runs import both, differences

from realities.ir.expr import Number
from realities.ir.model import Model
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
