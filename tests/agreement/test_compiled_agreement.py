"""The compiled engine against the reference engine: bit for bit where there is one right answer.

Where logarithms and the like are rounded there are several; then a compiled run may be off by some times what
the same run of the reference engine is off when each such result moves by an ulp: see `ulp_twins.py`. That a
compiled run is the same whatever its blocks, threads and neighbors holds to the bit for every model.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray
from test_conformance import ENDINGS, ROOT, exceptions_for, model_files
from test_corpus import MODELS, load, short
from ulp_twins import blunt_share, disagreements, is_exact, tolerances, twins

sys.path += [str(Path(__file__).parents[1] / place) for place in ("engine", "engine/program", "properties")]

from every_kind import DRAWS, WAYS, every_kind, kept
from generated_models import models
from hand_built import aux, build, call, constant, op, ref, stock, time
from odd_equations import ODD, given_numbers, model_of, three_equations

from realities.engine.llvm.simulator import CompiledSimulator
from realities.engine.llvm.targets import this_machine
from realities.engine.program.lower import lower
from realities.engine.reference import Simulator
from realities.engine.request import given_constants, make_request
from realities.errors import InputError, RealitiesError
from realities.ir.expr import Expr, Number
from realities.ir.model import Integrator, Model
from realities.model import syntax
from realities.model.load import build_model, load_model
from realities.model.write.vensim import vensim_text
from realities.source import SourceText
from realities.trajectories import Trajectories

FloatArray = NDArray[np.float64]
METHODS = ("euler", "rk2", "rk4")
#: Variables of the corpus that hold the types of priority curves: numbers that have no neighbors.
PRIORITIES = ("wish", "wishes", "stocks")
#: How a simulator is prepared; what else a run is asked for goes to `run`.
PREPARED = ("outputs", "hold", "events", "integrator")


@pytest.fixture(autouse=True, scope="module")
def no_cache() -> Iterator[None]:
    """Compile everything anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REALITIES_CACHE", "off")
        yield


def columns(run: Trajectories) -> dict[str, FloatArray]:
    return {name: np.array(values) for name, values in run.values.items()}


def compiled(model: Model, **asked: Any) -> Trajectories:
    prepared = {key: asked.pop(key) for key in PREPARED if key in asked}
    return CompiledSimulator(model, **prepared).run(**asked)


def by_reference(model: Model, **asked: Any) -> Trajectories:
    prepared = {key: asked.pop(key) for key in PREPARED if key in asked}
    return Simulator(model, **prepared).run(**asked)


def has_one_answer(model: Model, asked: Mapping[str, Any]) -> bool:
    """Return whether every operation of a run has one right result."""
    request = make_request(
        model,
        outputs=asked.get("outputs"),
        hold=asked.get("hold"),
        events=asked.get("events", ()),
        integrator=asked.get("integrator"),
    )
    constants, _ = given_constants(model, asked.get("parameters") or {}, asked.get("n_draws"))
    assert request.integrator != "rk45"
    program = lower(
        model,
        request.outputs,
        hold=request.hold,
        events=request.events,
        given={name: array.ndim > 0 for name, array in constants.items()},
        method=request.integrator,
    )
    return is_exact(program)


def problems_of(model: Model, *, blunt: bool = False, **asked: Any) -> list[str]:
    """Return where the engines disagree about a run; whether its columns may be blunt, see `ulp_twins.py`."""
    wanted, found = by_reference(model, **asked), compiled(model, **asked)
    problems = disagreements(columns(wanted), columns(found))
    if problems and not has_one_answer(model, asked):
        outputs = list(wanted.values)
        others = [columns(by_reference(twin, **{**asked, "outputs": outputs})) for twin in twins(model)]
        allowed = tolerances(columns(wanted), others)
        problems = disagreements(columns(wanted), columns(found), allowed)
        share = 0.0 if blunt else blunt_share(columns(wanted), allowed)
        if share:
            problems.append(f"twins part so far that {share:.0%} of the columns could hide an error")
    if wanted.times.tolist() != found.times.tolist():
        problems.append(f"times are {found.times}, not {wanted.times}")
    if wanted.failed.tolist() != found.failed.tolist():
        problems.append(f"failed: {found.failed}, not {wanted.failed}")
    if wanted.first_failure != found.first_failure:
        problems.append(f"first failure: {found.first_failure}, not {wanted.first_failure}")
    return problems


def varied(model: Model, n_draws: int) -> dict[str, ArrayLike]:
    """Return every other constant that a run may change: its value, then numbers within ten percent of it."""
    rng = np.random.default_rng(7)
    spec = model.time
    kept = {spec.initial_time, spec.final_time, spec.time_step, spec.save_period, *model.settled}
    free = [v for v in model.constants if v.name not in kept and v.base not in PRIORITIES]
    return {
        v.name: v.expression.value * np.append(1.0, rng.uniform(0.9, 1.1, n_draws - 1))
        for v in free[::2]
        if isinstance(v.expression, Number)
    }


# --- models of all kinds ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", MODELS, ids=short)
def test_a_corpus_model_runs_compiled_as_by_the_reference_engine(path: Path) -> None:
    model = load(path)
    method: Integrator = "euler" if model.time.integrator == "rk45" else model.time.integrator
    assert problems_of(model, integrator=method, parameters=varied(model, 5), n_draws=5) == []


def conformance_problems(paths: list[Path]) -> tuple[int, list[str]]:
    """Return how many models of the collection both engines ran, and where they disagree."""
    n_run, problems = 0, []
    for path in paths:
        data = [path.parent / str(one["data"]) for one in exceptions_for(path) if "data" in one]
        try:
            model = load_model(path, data=data)
        except InputError:
            continue  # test_conformance.py says which, and why
        method: Integrator = "euler" if model.time.integrator == "rk45" else model.time.integrator
        wrong = problems_of(model, integrator=method)
        n_run += 1
        problems += [f"{path.relative_to(ROOT)}: {one}" for one in wrong[:3]]
    return n_run, problems


@pytest.mark.skipif(not ROOT.is_dir(), reason="the conformance collection is not here")
@pytest.mark.parametrize(
    "share", [pytest.param(10, id="a tenth"), pytest.param(1, id="all", marks=pytest.mark.slow)]
)
def test_public_models_run_compiled_as_by_the_reference_engine(share: int) -> None:
    paths = [path for language in ENDINGS for path in model_files(language)]
    n_run, problems = conformance_problems(paths[::share])
    assert not problems, "\n".join(problems)
    assert n_run > len(paths) // share // 2


QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def runs_alike(file: syntax.ModelFile) -> None:
    text = vensim_text(file)
    note(text)
    model = build_model(SourceText("generated.mdl", text))
    assert problems_of(model, parameters=varied(model, 11), n_draws=11) == []


@QUICK
@given(models(METHODS))
def test_any_model_runs_compiled_as_by_the_reference_engine(file: syntax.ModelFile) -> None:
    runs_alike(file)


@pytest.mark.slow
@settings(QUICK, max_examples=500)
@given(models(METHODS))
def test_many_models_run_compiled_as_by_the_reference_engine(file: syntax.ModelFile) -> None:
    runs_alike(file)


def odd_equations_run_alike(equations: list[Expr], number: float, integrator: Integrator) -> None:
    model, numbers = model_of(equations, number, integrator), given_numbers(number)
    assert problems_of(model, parameters=numbers, n_draws=16, blunt=True) == []


@settings(QUICK, max_examples=50)
@given(three_equations(), st.sampled_from(ODD), st.sampled_from(METHODS))
def test_equations_of_odd_numbers_run_compiled_as_by_the_reference_engine(
    equations: list[Expr], number: float, integrator: Integrator
) -> None:
    odd_equations_run_alike(equations, number, integrator)


@pytest.mark.slow
@settings(QUICK, max_examples=600)
@given(three_equations(), st.sampled_from(ODD), st.sampled_from(METHODS))
def test_many_equations_of_odd_numbers_run_compiled_as_by_the_reference_engine(
    equations: list[Expr], number: float, integrator: Integrator
) -> None:
    odd_equations_run_alike(equations, number, integrator)


@pytest.mark.parametrize("integrator", METHODS)
@pytest.mark.parametrize("way", WAYS)
def test_a_run_of_any_kind_is_that_of_the_reference_engine(way: str, integrator: Integrator) -> None:
    model = every_kind(integrator)
    assert problems_of(model, outputs=kept(model), **{"n_draws": 3, **WAYS[way]}) == []


@pytest.mark.parametrize("name", kept(every_kind("euler")))
def test_a_single_output_runs_compiled_as_by_the_reference_engine(name: str) -> None:
    assert problems_of(every_kind("rk4"), parameters=DRAWS, outputs=[name]) == []


def test_an_error_of_a_millionth_of_a_millionth_would_be_found() -> None:
    model = every_kind("rk4")
    asked: dict[str, Any] = {"parameters": DRAWS, "outputs": kept(model)}
    wanted = columns(by_reference(model, **asked))
    allowed = tolerances(wanted, [columns(by_reference(twin, **asked)) for twin in twins(model)])
    assert not has_one_answer(model, asked)
    for name in ("x", "y", "pressure", "active"):
        wrong = {**wanted, name: wanted[name] * (1.0 + 1e-12)}
        assert [line.split(",")[0] for line in disagreements(wanted, wrong, allowed)] == [name]


# --- what a result may not depend on ------------------------------------------------------------------


def same_bits(one: Trajectories, other: Trajectories) -> None:
    assert disagreements(columns(one), columns(other)) == []
    assert one.failed.tolist() == other.failed.tolist()


def draws(n: int) -> dict[str, ArrayLike]:
    rng = np.random.default_rng(5)
    return {"a": rng.uniform(0.1, 0.9, n), "b": rng.uniform(0.2, 1.5, n)}


@cache
def of_every_kind(integrator: Integrator) -> CompiledSimulator:
    model = every_kind(integrator)
    return CompiledSimulator(model, outputs=kept(model))


@pytest.mark.parametrize("integrator", METHODS)
def test_no_bit_of_a_compiled_run_depends_on_threads(integrator: Integrator) -> None:
    simulator = of_every_kind(integrator)
    whole = simulator.run(draws(101), seed=3)
    for threads in (1, 2, 5):
        same_bits(whole, simulator.run(draws(101), seed=3, threads=threads))


@pytest.mark.parametrize("integrator", METHODS)
def test_quick_and_optimized_code_give_the_same_bits(integrator: Integrator) -> None:
    model = every_kind(integrator)
    quick, optimized = (
        CompiledSimulator(model, outputs=kept(model), optimized=wish).run(draws(21)) for wish in (False, True)
    )
    same_bits(quick, optimized)


@pytest.mark.parametrize("integrator", METHODS)
def test_processors_with_fused_multiplication_give_the_same_bits(integrator: Integrator) -> None:
    model = every_kind(integrator)
    best = this_machine().name
    if best not in ("avx512", "avx2"):
        pytest.skip(f"this processor ({best}) is of a single kind")
    runs = [
        CompiledSimulator(model, outputs=kept(model), target=target).run(draws(21))
        for target in (best, "avx2")
    ]
    same_bits(*runs)


def test_any_processor_gives_the_one_right_answer_where_there_is_one() -> None:
    model = build(
        [
            constant("a", 0.3),
            constant("b", 0.6),
            aux(
                "choice", call("if_then_else", op(">", ref("x"), ref("b")), ref("a") / 7, ref("b") / ref("a"))
            ),
            aux("square", call("sqrt", call("abs", ref("x"))) + call("vensim.modulo", time, ref("a"))),
            aux("chance", call("vensim.random_uniform", 0, ref("a"), 3, site=2)),
            stock("x", ref("choice") - ref("x") / 3 + ref("square") * ref("chance"), ref("a") * 2),
        ],
        integrator="rk4",
    )
    targets = {"avx512": ("avx512", "avx2", "x86-64"), "avx2": ("avx2", "x86-64")}
    wanted = by_reference(model, parameters=draws(21))
    assert has_one_answer(model, {"parameters": draws(21)})
    for target in targets.get(this_machine().name, (None,)):
        same_bits(wanted, CompiledSimulator(model, target=target).run(draws(21)))


def without_chance(integrator: Integrator) -> Model:
    """Return a model in which draws differ by their constants alone."""
    return build(
        [
            constant("a", 0.3),
            constant("b", 0.6),
            aux("wave", call("sin", time * ref("a")) + call("exp", -ref("x")) ** ref("b")),
            aux("choice", call("if_then_else", op(">", ref("x"), ref("b")), ref("a"), ref("wave"))),
            stock("x", ref("choice") - ref("x") / 3, ref("a") * 2),
        ],
        step=0.25,
        integrator=integrator,
    )


@pytest.mark.parametrize("integrator", METHODS)
def test_draws_in_another_order_give_their_results_in_that_order(integrator: Integrator) -> None:
    simulator = CompiledSimulator(without_chance(integrator))
    order = np.random.default_rng(2).permutation(101)
    plain = simulator.run(draws(101))
    mixed = simulator.run({name: np.asarray(values)[order] for name, values in draws(101).items()})
    assert disagreements({name: v[order] for name, v in columns(plain).items()}, columns(mixed)) == []


@settings(deadline=None, max_examples=20, derandomize=True)
@given(st.integers(1, 40), st.data())
def test_no_draw_of_a_compiled_run_depends_on_its_neighbors(n: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, n - 1))
    end = data.draw(st.integers(first + 1, n))
    simulator = of_every_kind("euler")
    whole = simulator.run(draws(n), seed=3)
    some = {name: np.asarray(values)[first:end] for name, values in draws(n).items()}
    part = simulator.run(some, seed=3, first_draw=first)
    assert disagreements({name: v[first:end] for name, v in columns(whole).items()}, columns(part)) == []


def test_a_number_for_all_draws_and_an_array_of_it_give_the_same_compiled_run() -> None:
    simulator = of_every_kind("euler")
    same_bits(
        simulator.run({"a": 0.4, "b": draws(7)["b"]}),
        simulator.run({"a": np.full(7, 0.4), "b": draws(7)["b"]}),
    )


def test_fewer_outputs_of_a_compiled_run_have_the_same_bits() -> None:
    model = every_kind("rk2")
    whole = columns(CompiledSimulator(model, outputs=kept(model)).run(draws(9)))
    for name in ("x", "any", "late", "noise"):
        only = columns(CompiledSimulator(model, outputs=[name]).run(draws(9)))
        assert disagreements({name: whole[name]}, only) == []


def test_a_run_that_ends_early_is_the_beginning_of_the_whole() -> None:
    simulator = of_every_kind("rk4")
    whole, early = simulator.run(draws(9)), simulator.run(draws(9), final_time=4.0)
    n = early.times.size
    assert disagreements({name: v[:, :n] for name, v in columns(whole).items()}, columns(early)) == []


@pytest.mark.parametrize("integrator", METHODS)
def test_a_bad_draw_is_marked_and_its_neighbors_are_right(integrator: Integrator) -> None:
    model = build(
        [constant("a", 1.0), stock("x", ref("a") * ref("x") * ref("x"), 1.0)],
        integrator=integrator,
        end=20.0,
    )
    assert problems_of(model, parameters={"a": np.array([0.0, 5.0, -0.1, np.nan, 0.01])}) == []


def test_models_that_only_the_reference_engine_can_run_are_refused() -> None:
    with pytest.raises(RealitiesError):
        compiled(without_chance("rk45"))
