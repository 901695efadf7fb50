"""What compiled code computes: known solutions, and the reference engine's bits however a core is cut up."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1]))

from hand_built import aux, build, call, constant, expr, fixed_delay, op, ref, sample, stock, time

from realities.engine.llvm.kernel import emit as emitting
from realities.engine.llvm.kernel import layout as laying
from realities.engine.llvm.kernel.layout import make_layout
from realities.engine.llvm.kernel.stretches import make_stretches
from realities.engine.llvm.simulator import CompiledSimulator
from realities.engine.llvm.writer import Target
from realities.engine.program.lower import lower
from realities.engine.program.program import Method, Program
from realities.engine.reference import Event, Simulator
from realities.errors import InternalError
from realities.ir.model import Model


def busy(integrator: Method = "euler") -> Model:
    """Return a model whose core is long enough to be cut, with values used far from where they are made."""
    chain = [aux("v0", ref("x") * ref("p") + 0.5)]
    chain += [
        aux(f"v{k}", ref(f"v{k - 1}") * 0.7 + ref(f"v{k // 3}") / (ref("p") + 1.0) - ref("y"))
        for k in range(1, 60)
    ]
    return build(
        [
            constant("p", 0.3),
            constant("q", 2.0),
            *chain,
            aux("truth", op("<", ref("v3"), ref("v40"))),
            aux("late truth", call("if_then_else", ref("truth"), ref("v59"), ref("v2"))),
            fixed_delay("echo", ref("v30"), ref("q"), 0.25),
            fixed_delay("even echo", ref("v7"), 1.5, ref("p")),
            sample("noted", op(">", ref("v10"), 0.4), ref("v20"), 0.1),
            stock("x", ref("late truth") * 0.01 - ref("x") / ref("q"), 1.0),
            stock("y", ref("v5") * 0.1 - ref("y") * ref("noted") + ref("echo") * 0.01, 0.2),
            replace(stock("floored", 0.0 - ref("p") * 3.0, 1.0), is_non_negative=True),
        ],
        step=0.25,
        save=0.25,
        end=5.0,
        integrator=integrator,
    )


def program_of(model: Model, method: Method = "euler") -> Program:
    outputs = [variable.name for variable in model.variables]
    return lower(model, outputs, hold={}, events={}, given={"p": True, "q": True}, method=method)


def draws(n: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(n)
    return {"p": rng.uniform(-0.5, 0.5, n), "q": rng.uniform(0.01, 4.0, n)}


def assert_same(model: Model, n_draws: int, **wishes: object) -> None:
    given = draws(n_draws)
    right = Simulator(model).run(given, **wishes)
    found = CompiledSimulator(model).run(given, **wishes)
    for name, values in right.values.items():
        assert np.array_equal(found.values[name], values, equal_nan=True), name
    assert np.array_equal(found.failed, right.failed)


@pytest.mark.parametrize("integrator", ["euler", "rk2", "rk4"])
@pytest.mark.parametrize(("vectors", "size"), [(1, 10_000), (2, 1), (3, 7), (8, 25)])
def test_the_core_may_be_cut_in_any_way(
    integrator: Method, vectors: int, size: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REALITIES_CACHE", str(tmp_path))  # the key of kept code knows nothing of this
    monkeypatch.setattr(emitting, "VECTORS", vectors)
    monkeypatch.setattr(emitting, "FEW_VECTORS", vectors)
    monkeypatch.setattr(laying, "make_stretches", lambda program, after: make_stretches(program, after, size))
    assert_same(busy(integrator), 21)


@pytest.mark.parametrize("n_draws", [1, 8, 63, 64, 65, 200])
def test_a_last_group_of_any_size_is_as_in_the_reference_engine(n_draws: int) -> None:
    assert_same(busy(), n_draws, save_times=[0.0, 0.1, 0.6, 0.6, 3.0, 4.99])


def test_values_that_cross_stretches_never_share_a_row_while_both_are_needed() -> None:
    program = program_of(busy())
    after = {sample.value for sample in program.samples}
    stretches = make_stretches(program, after, 5)
    assert len(stretches.parts) > 10
    assert [value for part in stretches.parts for value in part] == list(program.core)
    holder: dict[int, int] = {}
    made = {value: number for number, part in enumerate(stretches.parts) for value in part}
    for number, part in enumerate(stretches.parts):
        for value in part:
            for i in program.instructions[value].inputs:
                if i in made and made[i] != number:
                    assert holder[stretches.rows[i]] == i
        # A row is written to while the stretch runs: what it reads must not be lost on the way.
        for value in part:
            if value in stretches.rows:
                read = {i for other in part for i in program.instructions[other].inputs}
                assert holder.get(stretches.rows[value]) not in read
        holder |= {stretches.rows[value]: value for value in part if value in stretches.rows}
    assert all(holder[stretches.rows[value]] == value for value in after if value in made)


def test_no_two_things_have_the_same_place_in_a_workspace() -> None:
    layout = make_layout(program_of(busy("rk4"), "rk4"), 4, Target(divides_slowly=True))
    sizes = {"stock": 4 * 3, "delayed": 2, "missing": 2, "lag": 2, "ring": 2, "held": 1, "bad": 1, "draw": 1}
    sizes |= {"event": 0, "output": len(layout.changing)}
    taken = [layout.row(block) + k for block, size in sizes.items() for k in range(size)]
    kept = [row for value, row in layout.rows.items() if value not in layout.stretches.rows]
    taken += [*kept, *layout.reciprocals.values()]
    taken += range(layout.n_rows - layout.stretches.n_rows, layout.n_rows)
    assert sorted(taken) == list(range(layout.n_rows))


@pytest.mark.parametrize(("integrator", "order"), [("euler", 1), ("rk2", 2), ("rk4", 4)])
def test_each_method_has_the_order_it_is_named_for(integrator: Method, order: int) -> None:
    """x' = t x, x(0) = 1 has x = exp(t^2 / 2): halving the step divides the error by 2^order."""
    errors = []
    for step in (1 / 8, 1 / 16):
        model = build([stock("x", time * ref("x"), 1.0)], step=step, save=1.0, end=1.0, integrator=integrator)
        errors.append(abs(CompiledSimulator(model).run({}).values["x"][0, -1] - np.exp(0.5)))
    assert errors[0] / errors[1] == pytest.approx(2**order, rel=0.15)


@pytest.mark.parametrize("integrator", ["euler", "rk2", "rk4"])
@pytest.mark.parametrize("missing", [None, 0.0, "p", "x"])
def test_delays_that_move_are_the_reference_engines_for_every_draw(
    integrator: Method, missing: float | str | None
) -> None:
    """Draws wait differently long, some for ever, some not at all, some for no time that is a number."""
    kind = "information_delay" if missing is None else "material_delay"
    wait = aux("wait", ref("q") + ref("p") * ref("x"))
    extra = () if missing is None else (ref(missing) if isinstance(missing, str) else missing,)
    moving = replace(
        fixed_delay("late", ref("x") * time, ref("wait"), ref("p")),
        kind=kind,
        extra=(expr(ref("wait")), *(expr(value) for value in extra)),
    )
    model = build(
        [
            constant("p", 0.3),
            constant("q", 2.0),
            wait,
            moving,
            stock("x", 0.3 - ref("late") * 0.1, 1.0),
        ],
        step=0.25,
        save=0.25,
        end=6.0,
        integrator=integrator,
    )
    given = draws(70)
    given["q"][:5] = 1e300, 0.0, -3.0, np.nan, np.inf
    right = Simulator(model).run(given)
    found = CompiledSimulator(model).run(given)
    for name, values in right.values.items():
        assert np.array_equal(found.values[name], values, equal_nan=True), name
    assert np.array_equal(found.failed, right.failed)


def test_events_change_what_follows_from_a_constant_from_their_step_on() -> None:
    model = build(
        [constant("p", 2.0), aux("double", ref("p") * 2.0), stock("x", ref("double") * 1.0, 0.0)],
        step=0.5,
        save=0.5,
        end=2.0,
    )
    events = [Event("p", 1.0, 10.0), Event("p", 1.4, 1.0)]
    run = CompiledSimulator(model, events=events).run({"p": np.array([1.0, 2.0])})
    assert run.values["double"].tolist() == [[2, 2, 20, 2, 2], [4, 4, 20, 2, 2]]
    assert run.values["x"].tolist() == [[0, 1, 2, 12, 13], [0, 2, 4, 14, 15]]


def test_a_draw_that_leaves_the_real_numbers_is_marked_and_no_other() -> None:
    model = build([constant("p", 1.0), stock("x", 1.0 / (ref("p") - time), 0.0)], step=1.0, save=1.0, end=4.0)
    given = {"p": np.array([2.0, 2.5, 9.0, 0.0, 3.5])}
    assert CompiledSimulator(model).run(given).failed.tolist() == [True, False, False, True, False]


def test_a_function_without_code_is_our_mistake_and_told_as_that() -> None:
    from realities.engine.llvm.kernel.operations import Scope
    from realities.engine.llvm.writer import Module, Writer
    from realities.engine.program.program import Instruction

    program = program_of(busy())
    odd = replace(program, instructions=(Instruction("call", (), "no such function"),))
    scope = Scope(odd, Writer(Module(Target())), lambda _: "", lambda: "")
    with pytest.raises(InternalError, match="no such function"):
        scope.compute(0)


@pytest.mark.parametrize("integrator", ["euler", "rk2", "rk4"])
def test_the_text_is_what_llvm_allows(integrator: Method) -> None:
    """LLVM does not look by itself whether every value is there where it is used."""
    import llvmlite.binding as llvm

    program = lower(
        busy(integrator),
        ["x", "truth"],
        hold={},
        events={"q": ((1.0, 3.0),)},
        given={"p": True},
        method=integrator,
    )
    llvm.parse_assembly(emitting.emit(program, Target(divides_slowly=True)).text).verify()
