"""The JavaScript of a page against the reference engine: 1e-9 of a value, random numbers to the bit.

All runs of a test go through one start of Node. What branches or is chaotic may be as far off as the same run
of the reference engine whose functions round otherwise: see `js_runs.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from js_runs import Asked, by_javascript, by_reference, needs_node, problems_of
from test_compiled_agreement import METHODS, PREPARED, varied
from test_conformance import ENDINGS, ROOT, exceptions_for, model_files
from test_corpus import MODELS, load, short
from ulp_twins import disagreements

sys.path += [str(Path(__file__).parents[1] / place) for place in ("engine", "engine/program", "properties")]

from every_kind import DRAWS, WAYS, every_kind, kept
from generated_models import models
from hand_built import aux, build, call, constant, fixed_delay, initial, lookup, op, ref, sample, stock, time
from odd_equations import ODD, given_numbers, model_of, three_equations

from realities.case.folder import Case, load_case
from realities.case.hidden import constant_value
from realities.case.network_file import closing_constants
from realities.engine.js.emit import to_be_given
from realities.engine.js.node import Job, run_programs
from realities.engine.program.lower import lower
from realities.engine.reference import Simulator
from realities.engine.request import Event
from realities.engine.timeline import control_names, even_timeline
from realities.ensemble import prior_draws
from realities.errors import InputError
from realities.ir.model import Integrator, Model
from realities.model.load import build_model, load_model
from realities.model.write.vensim import vensim_text
from realities.source import SourceText

pytestmark = needs_node
Drawn = TypeVar("Drawn")
CASES = ("lynx-hare", "ehrlich-simon", "ukraine-2022")


def method(model: Model) -> Integrator:
    return "euler" if model.time.integrator == "rk45" else model.time.integrator


def collected(strategy: st.SearchStrategy[Drawn], count: int) -> list[Drawn]:
    """Return so many examples of a strategy, the same ones at every run."""
    found: list[Drawn] = []

    @settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
        ],
    )
    @given(strategy)
    def collect(one: Drawn) -> None:
        found.append(one)

    collect()
    return found


# --- models of all kinds ------------------------------------------------------------------------------


def test_corpus_models_run_by_javascript_as_by_the_reference_engine() -> None:
    several = [
        Asked(short(path), model, varied(model, 5), 5, integrator=method(model))
        for path in MODELS
        for model in [load(path)]
    ]
    assert len(several) > 40
    assert problems_of(several) == []


def runs_of_every_kind() -> list[Asked]:
    several = []
    for integrator in METHODS:
        model = every_kind(integrator)
        for name, way in WAYS.items():
            asked = {"n_draws": 3, **way}
            assert {*asked} <= {*PREPARED, *Asked.__dataclass_fields__}
            several.append(Asked(f"{integrator}, {name}", model, outputs=kept(model), **asked))
    return several


def test_runs_of_any_kind_by_javascript_are_those_of_the_reference_engine() -> None:
    assert problems_of(runs_of_every_kind()) == []


def test_single_outputs_by_javascript_are_those_of_the_reference_engine() -> None:
    model = every_kind("rk4")
    assert problems_of([Asked(name, model, DRAWS, outputs=[name]) for name in kept(model)[::4]]) == []


def generated(count: int) -> list[Asked]:
    several = []
    for file in collected(models(METHODS), count):
        text = vensim_text(file)
        model = build_model(SourceText("generated.mdl", text))
        several.append(Asked(text, model, varied(model, 11), 11))
    return several


def odd(count: int) -> list[Asked]:
    drawn = collected(st.tuples(three_equations(), st.sampled_from(ODD), st.sampled_from(METHODS)), count)
    return [
        Asked(f"{equations} {number} {way}", model_of(equations, number, way), given_numbers(number), 16)
        for equations, number, way in drawn
    ]


@pytest.mark.parametrize(
    "count", [pytest.param(30, id="few"), pytest.param(600, id="many", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("make", [generated, odd], ids=["models", "equations of odd numbers"])
def test_any_models_run_by_javascript_as_by_the_reference_engine(
    make: Callable[[int], list[Asked]], count: int
) -> None:
    assert problems_of(make(count)) == []


@pytest.mark.slow
@pytest.mark.skipif(not ROOT.is_dir(), reason="the conformance collection is not here")
def test_public_models_run_by_javascript_as_by_the_reference_engine() -> None:
    paths = [path for language in ENDINGS for path in model_files(language)]
    several: list[Asked] = []
    for path in paths:
        data = [path.parent / str(one["data"]) for one in exceptions_for(path) if "data" in one]
        try:
            model = load_model(path, data=data)
        except InputError:
            continue  # test_conformance.py says which, and why
        several.append(Asked(str(path.relative_to(ROOT)), model, integrator=method(model)))
    assert len(several) > len(paths) // 2
    assert problems_of(several) == []


@cache
def case_of(name: str) -> Case:
    return load_case(name)


def of_cases(names: Sequence[str], n_draws: int) -> list[Asked]:
    """Return runs of cases: draws of each account, with all that happened."""
    several = []
    for name in names:
        case = case_of(name)
        events = [Event(one.parameter, case.calendar.time_of(one.date), one.value) for one in case.events]
        for account in case.accounts:
            draws = prior_draws(case.priors(account.id), n_draws, seed=1)
            several.append(Asked(f"{name}, {account.id}", case.model, draws, n_draws, events=events))
    return several


@pytest.mark.parametrize("name", ["lynx-hare", "ukraine-2022"])
def test_a_bundled_case_runs_by_javascript_as_by_the_reference_engine(name: str) -> None:
    assert problems_of(of_cases([name], 2)[:1]) == []


@pytest.mark.slow
def test_all_accounts_of_bundled_cases_run_by_javascript_as_by_the_reference_engine() -> None:
    assert problems_of(of_cases(CASES, 25)) == []


def test_an_error_of_a_hundred_millionth_would_be_found() -> None:
    [asked] = [Asked("any", every_kind("rk4"), DRAWS, outputs=["x"])]
    wrong = replace(asked, parameters={**DRAWS, "a": np.asarray(DRAWS["a"]) * (1.0 + 1e-7)})
    [(values, _)] = by_javascript([wrong])
    off = np.abs(values["x"] / by_reference(asked)[0]["x"] - 1.0).max()
    assert 1e-9 < off < 1e-5


# --- bit for bit --------------------------------------------------------------------------------------


def same_bits(several: Sequence[Asked]) -> None:
    for asked, (values, failed) in zip(several, by_javascript(several), strict=True):
        wanted, wanted_failed = by_reference(asked)
        assert disagreements(wanted, values) == [], asked.name
        assert failed.tolist() == wanted_failed.tolist()


def test_random_numbers_of_javascript_have_the_bits_of_the_other_engines() -> None:
    model = build(
        [
            constant("stream", 3.0),
            *(
                aux(f"u{site}", call("vensim.random_uniform", 0, 1, ref("stream"), site=site))
                for site in (0, 1, 2**31 + 7, 2**40 + 1)
            ),
            initial("first", call("vensim.random_uniform", 0, 1, 0, site=9)),
            stock("walk", call("vensim.random_uniform", -1, 1, time, site=5), 0.0),
        ],
        end=40.0,
        integrator="rk4",
    )
    streams = np.array([0.0, -0.0, 1.0, -17.0, 0.5, 1e300, 5e-324, np.nan, np.inf, 2.0**53])
    same_bits(
        [
            Asked(f"seed {seed}, first {first}", model, {"stream": streams}, seed=seed, first_draw=first)
            for seed in (0, 1, 2**31, 2**32, 2**53 - 1)
            for first in (0, 2**32 - 5, 2**52)
        ]
    )


def without_functions(integrator: Integrator) -> Model:
    """Return a model of which every operation has one right result."""
    points = lookup("curve", (0.0, 1.0), (1.0, -2.0), (2.5, 3.0), (2.5, 4.0), (7.0, 0.1))
    return build(
        [
            constant("a", 0.3),
            constant("b", 0.6),
            aux("read", call("lookup", ref("x") + ref("a"), table="curve")),
            aux(
                "choice", call("if_then_else", op(">", ref("x"), ref("b")), ref("a") / 7, ref("b") / ref("a"))
            ),
            aux("least", call("min", call("max", ref("x"), 0.0), ref("read") - ref("b"), 3)),
            aux("rest", call("vensim.modulo", time * 3, ref("a")) + call("vensim.integer", ref("x") * 9)),
            fixed_delay("late", ref("x"), ref("b") * 3, 0.25),
            sample("held", op(">", ref("late"), ref("a")), ref("least"), ref("b")),
            stock("x", ref("choice") - ref("x") / 3 + ref("late") * 0.1 + ref("least"), ref("a") * 2),
        ],
        step=0.25,
        integrator=integrator,
        lookups=[points],
    )


def test_arithmetic_tables_and_delays_of_javascript_have_the_bits_of_the_other_engines() -> None:
    rng = np.random.default_rng(3)
    draws = {"a": rng.uniform(0.1, 0.9, 21), "b": rng.uniform(0.2, 1.5, 21)}
    same_bits([Asked(way, without_functions(way), draws) for way in METHODS])


def test_zeros_keep_their_sign() -> None:
    model = build(
        [
            constant("a", 0.0),
            constant("b", -0.0),
            *(
                aux(f"{how} {x} {y}", call(how, x if isinstance(x, float) else ref(x), ref(y)))
                for how in ("min", "max")
                for x, y in (("a", "b"), ("b", "a"), (0.0, "b"), (-0.0, "a"))
            ),
            *(
                aux(f"{how} {x} then {y}", call(how, ref(x), y))
                for how in ("min", "max")
                for x in ("a", "b")
                for y in (0.0, -0.0)
            ),
        ],
        end=0.0,
    )
    signs = np.array([0.0, -0.0, 1.0, -1.0, np.nan])
    pairs = np.array([(x, y) for x in signs for y in signs]).T
    same_bits([Asked("zeros", model, {"a": pairs[0], "b": pairs[1]})])


# --- what a page changes from run to run --------------------------------------------------------------


def inputs(integrator: Integrator) -> Model:
    """Return a model whose start and flows need constants that are inputs."""
    return build(
        [
            constant("supply", 2.0),
            constant("effort", 0.5),
            constant("rate", 0.1),
            aux("flow", ref("supply") * ref("effort")),
            fixed_delay("late", ref("flow"), 2.0, ref("supply")),
            stock("x", ref("late") - ref("rate") * ref("x"), ref("supply") * 10),
        ],
        start=2.0,
        end=12.0,
        step=0.5,
        integrator=integrator,
    )


@pytest.mark.parametrize("integrator", METHODS)
def test_one_code_serves_every_date_and_value_of_an_input(integrator: Integrator) -> None:
    model = inputs(integrator)
    timeline = even_timeline(model, 2.0, 12.0, 0.5, 0.5)
    names, outputs = ("effort", "supply"), ("x", "flow", "late")
    program = lower(
        model,
        outputs,
        hold={},
        events=to_be_given(names),
        given=dict.fromkeys((*names, "rate"), True),
        method=integrator,
    )
    histories: list[dict[str, list[tuple[float, float]]]] = [
        {},
        {"supply": [(4.0, 3.0), (7.2, 1.0)]},
        {"supply": [(0.0, 5.0)], "effort": [(2.0, 0.25), (6.0, 0.75)]},
        {"effort": [(3.0, 1.0), (3.0, 2.0), (30.0, 9.0)], "supply": [(1.0, 8.0), (2.0, 6.0), (2.6, 7.0)]},
    ]
    given = {"effort": 0.5, "supply": 2.0, "rate": np.array([0.1, 0.3])}
    columns = [np.broadcast_to(given[one.name], 2) for one in program.parameters]
    jobs = [
        Job(
            parameters=np.array(columns).T,
            events=[
                tuple(np.array(history.get(one.name, [])).reshape(-1, 2).T)  # type: ignore[misc]
                for one in program.events
            ],
            times=timeline.times,
            lengths=timeline.lengths,
            keep=timeline.saved,
        )
        for history in histories
    ]
    [found] = run_programs([(program, jobs)])
    for history, one in zip(histories, found, strict=True):
        events = [Event(name, at, value) for name, changes in history.items() for at, value in changes]
        wanted = Simulator(model, outputs=outputs, events=events).run({"rate": given["rate"]})
        for place, name in enumerate(outputs):
            assert one.kept[:, :, place].tolist() == wanted[name].tolist(), (history, name)


def test_an_input_that_is_held_from_the_start_is_one_that_was_never_otherwise() -> None:
    case = case_of("ukraine-2022")
    model, closed = case.model, closing_constants(case.network)
    outputs = [case.model[measure.variable].name for measure in case.measures.values()]
    clock = [constant_value(model, name) for name in control_names(model)]
    assert len(closed) > 3
    assert None not in clock
    timeline = even_timeline(model, *(float(value or 0.0) for value in clock))
    program = lower(
        model,
        outputs,
        hold={},
        events=to_be_given(closed),
        given=dict.fromkeys(sorted(closed), True),
        method="euler",
    )
    job = Job(
        parameters=np.array([[constant_value(model, one.name) or 0.0 for one in program.parameters]]),
        events=[(timeline.times[:1], np.array([closed[one.name]])) for one in program.events],
        times=timeline.times,
        lengths=timeline.lengths,
        keep=timeline.saved,
    )
    [[found]] = run_programs([(program, [job])])
    held = Simulator(model, outputs=outputs, hold=closed).run()
    free = Simulator(model, outputs=outputs).run()
    for place, name in enumerate(outputs):
        np.testing.assert_allclose(found.kept[:, :, place], held[name], rtol=1e-9)
    assert any((held[name] != free[name]).any() for name in outputs)


def test_a_run_leaves_nothing_behind_for_the_next() -> None:
    model = every_kind("rk2")
    asked = Asked("whole", model, DRAWS, outputs=kept(model), seed=4)
    [(whole, _)] = by_javascript([asked])
    n = len(np.asarray(DRAWS["a"]))
    alone = [
        replace(
            asked,
            parameters={name: np.asarray(values)[k : k + 1] for name, values in DRAWS.items()},
            n_draws=1,
            first_draw=k,
        )
        for k in range(n)
    ]
    for k, (values, _) in enumerate(by_javascript(alone)):
        assert disagreements({name: array[k : k + 1] for name, array in whole.items()}, values) == []
