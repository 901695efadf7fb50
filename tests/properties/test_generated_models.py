"""Laws of models that nobody wrote: printing, translating, reordering, and what pysimlin makes of them."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from generated_models import models
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from realities.engine.reference import simulate
from realities.errors import Findings
from realities.ir.model import name_key
from realities.model import syntax
from realities.model.load import build_model, read_file
from realities.model.write.translate import translate
from realities.model.write.vensim import vensim_text
from realities.model.write.xmile import xmile_text
from realities.source import SourceText

sys.path.append(str(Path(__file__).parents[1] / "agreement"))

CONTROLS = {"initial time", "final time", "time step", "saveper", "starttime", "stoptime", "dt", "savestep"}
QUICK = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)
LONG = settings(QUICK, max_examples=1000)


def results(text: str, ending: str) -> dict[str, np.ndarray]:
    """Return what a text gives: values by key, control variables left out."""
    run = simulate(build_model(SourceText(f"generated{ending}", text)))
    found = {name_key(name): values[0] for name, values in run.values.items()}
    return {key: values for key, values in found.items() if key not in CONTROLS} | {"time": run.times}


def assert_same(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> None:
    assert left.keys() <= right.keys()
    for key, values in left.items():
        assert np.isfinite(values).all(), key
        np.testing.assert_allclose(right[key], values, rtol=1e-11, atol=1e-11, err_msg=key)


def prints_and_parses(file: syntax.ModelFile) -> None:
    text = vensim_text(file)
    note(text)
    findings = Findings()
    again = read_file(SourceText("generated.mdl", text), findings)
    assert not findings.items
    assert again.equations == file.equations
    assert again.dimensions == file.dimensions
    assert again.integrator == file.integrator


def means_the_same_in_xmile(file: syntax.ModelFile) -> None:
    text = vensim_text(file)
    note(text)
    wanted = results(text, ".mdl")
    findings = Findings()
    there = xmile_text(translate(read_file(SourceText("generated.mdl", text), findings), "xmile", findings))
    note(there)
    findings.check()
    assert_same(wanted, results(there, ".xmile"))
    again = translate(read_file(SourceText("generated.xmile", there), findings), "vensim", findings)
    back = vensim_text(again)
    note(back)
    findings.check()
    assert_same(wanted, results(back, ".mdl"))


def means_the_same_in_pysimlin(file: syntax.ModelFile, folder: Path) -> None:
    from agreement_peers import disagreements, need, run_ours, run_pysimlin

    need("simlin")
    path = folder / "generated.mdl"
    text = vensim_text(file)
    note(text)
    path.write_text(text, encoding="utf-8")
    columns, wrong = disagreements(run_ours(build_model(SourceText(str(path), text))), run_pysimlin(path))
    assert columns
    assert not wrong


METHODS = ("euler", "rk2", "rk4")


@QUICK
@given(models(METHODS))
def test_a_model_that_is_printed_and_read_is_the_same(file: syntax.ModelFile) -> None:
    prints_and_parses(file)


@QUICK
@given(models(METHODS), st.randoms(use_true_random=False))
def test_the_order_of_the_equations_means_nothing(file: syntax.ModelFile, random: object) -> None:
    equations = list(file.equations)
    random.shuffle(equations)  # type: ignore[attr-defined]
    wanted = results(vensim_text(file), ".mdl")
    assert_same(wanted, results(vensim_text(replace(file, equations=tuple(equations))), ".mdl"))


@QUICK
@given(models(METHODS))
def test_a_model_means_the_same_in_xmile_and_back(file: syntax.ModelFile) -> None:
    means_the_same_in_xmile(file)


@QUICK
@given(file=models(has_not=False))
def test_a_model_means_the_same_in_pysimlin(file: syntax.ModelFile, tmp_path: Path) -> None:
    means_the_same_in_pysimlin(file, tmp_path)


@pytest.mark.slow
@LONG
@given(models(METHODS))
def test_many_models_that_are_printed_and_read_are_the_same(file: syntax.ModelFile) -> None:
    prints_and_parses(file)


@pytest.mark.slow
@LONG
@given(models(METHODS))
def test_many_models_mean_the_same_in_xmile_and_back(file: syntax.ModelFile) -> None:
    means_the_same_in_xmile(file)


@pytest.mark.slow
@LONG
@given(file=models(has_not=False))
def test_many_models_mean_the_same_in_pysimlin(file: syntax.ModelFile, tmp_path: Path) -> None:
    means_the_same_in_pysimlin(file, tmp_path)
