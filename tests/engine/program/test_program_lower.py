"""What a program holds: no more than outputs need, each value in the least region, the same every time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hand_built import E, aux, build, call, constant, initial, lookup, op, ref, stock, time
from program_runs import both, differences, lowered

from realities.engine.program.program import REGIONS, Instruction, Program, Region
from realities.engine.program.text import program_text
from realities.engine.program.verify import verify
from realities.engine.reference import Event, simulate
from realities.errors import InputError, InternalError
from realities.ir.builtins import BUILTINS
from realities.ir.expr import Binary, Expr, Number, Ref
from realities.ir.model import Model


def ops(program: Program, *regions: Region) -> Counter[str]:
    """Return how often each operation stands in some regions, calls by their name."""
    values = [program.instructions[v] for name in regions or REGIONS for v in program.region(name)]
    return Counter(str(one.detail) if one.op == "call" else one.op for one in values)


def growth(*more: object) -> Model:
    return build(
        [
            constant("rate", 0.1),
            constant("scale", 3.0),
            aux("births", ref("rate") * ref("population")),
            aux("idle", call("exp", ref("population"))),
            stock("population", ref("births"), ref("scale") * 10),
            *more,  # type: ignore[list-item]
        ]
    )


# --- what is left out ---------------------------------------------------------------------------------


def test_what_no_output_needs_is_left_out() -> None:
    program = lowered(growth(), ["population"], given={"rate": True, "scale": True})
    assert ops(program) == {"*": 2}
    assert [p.name for p in program.parameters] == ["scale", "rate"]
    assert ops(lowered(growth(), ["idle"]))["exp"] == 1


def test_a_parameter_that_nothing_needs_is_not_in_the_program() -> None:
    program = lowered(growth(), ["births"], hold={"population": 5.0}, given={"rate": True, "scale": True})
    assert [p.name for p in program.parameters] == ["rate"]
    assert program.stocks == ()


def test_what_only_outputs_need_is_the_tail() -> None:
    program = lowered(growth(), ["idle", "births"])
    assert ops(program, "tail") == {"exp": 1}
    assert ops(program, "core") == {"*": 1}


def test_constants_fold_through_functions() -> None:
    model = growth(aux("known", call("exp", ref("scale") / 4) + call("sqrt", ref("scale") - 3)))
    assert ops(lowered(model, ["known"])) == {}
    assert ops(lowered(model, ["known"], given={"scale": False}), "fixed")["exp"] == 1


def test_an_operation_stands_once_whoever_needs_it() -> None:
    model = growth(aux("again", ref("population") * ref("rate") + ref("births")))
    assert ops(lowered(model, ["again"])) == {"*": 1, "+": 1}


# --- regions ------------------------------------------------------------------------------------------


def test_each_value_stands_in_the_least_region_it_can() -> None:
    model = growth(
        constant("own", 1.0),
        constant("changed", 1.0),
        aux("for all", call("exp", ref("rate"))),
        aux("by draw", call("exp", ref("own"))),
        aux("by time", call("exp", time * ref("rate"))),
        aux("by both", call("exp", time * ref("own"))),
        aux("by event", call("exp", ref("changed") * ref("own"))),
        aux("by state", call("exp", ref("population"))),
    )
    given = {"rate": False, "own": True, "changed": False}
    events = [Event("changed", 3.0, 2.0)]
    wanted: dict[str, Region] = {
        "for all": "fixed",
        "by draw": "setup",
        "by time": "grid",
        "by both": "tail",
        "by event": "event",
        "by state": "tail",
    }
    program = lowered(model, list(wanted), given=given, events=events)
    found = program.regions_of()
    assert {name: found[value] for name, value in program.outputs} == wanted


def test_the_key_of_a_random_number_is_hashed_once_for_all_draws() -> None:
    noisy = growth(aux("noise", call("vensim.random_normal", -1, 1, 0, 0.2, 4, site=9)))
    program = lowered(noisy, ["noise"])
    assert ops(program, "grid") == {"key": 1}
    assert ops(program, "tail") == {"uniform": 1, "vensim.random_normal": 1}


def test_euler_knows_no_time_but_that_of_steps() -> None:
    model = growth(aux("clock", time + call("step", 1, 3)))
    leaves = {one.op for one in lowered(model, ["clock"]).instructions}
    assert "time" not in leaves
    assert "step_time" in leaves
    leaves = {one.op for one in lowered(model, ["clock"], integrator="rk4").instructions}
    assert {"time", "step_time"} <= leaves


# --- written out --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exponent", "wanted"),
    [
        (0, {}),
        (1, {}),
        (2, {"*": 1}),
        (3, {"*": 2}),
        (4, {"*": 2}),
        (0.5, {"sqrt": 1}),
        (-1, {"/": 1}),
        (-2, {"*": 1, "/": 1}),
        (5, {"power": 1}),
    ],
)
def test_small_powers_are_products(exponent: float, wanted: dict[str, int]) -> None:
    model = growth(aux("power", ref("population") ** exponent))
    assert ops(lowered(model, ["power"]), "tail") == wanted


def test_a_division_by_a_power_of_two_is_a_product() -> None:
    model = growth(aux("eighth", ref("population") / 8), aux("third", ref("population") / 3))
    assert ops(lowered(model, ["eighth"]), "tail") == {"*": 1}
    assert ops(lowered(model, ["third"]), "tail") == {"/": 1}


def test_functions_of_arrays_are_arrays_and_the_others_calls() -> None:
    several = call("several", ref("population"), ref("rate"), time)
    model = growth(
        aux("known place", call("part", several, 1)),
        aux("any place", call("part", several, ref("population") / 100)),
        aux("element", call("xmile.element", time, ref("population"), 2)),
        aux("sine", call("sin", ref("population"))),
    )
    assert ops(lowered(model, ["known place"], given={"rate": True})) == {"*": 1}
    details = {one.detail for one in lowered(model, ["any place", "element", "sine"]).instructions}
    assert {("pick", 1), ("xmile.element", 1), "sin"} <= details


def test_times_of_data_are_known_beforehand() -> None:
    data = lookup("seen", (2, 5), (4, 6))
    first, count = "vensim.data_first_time", "vensim.data_total_points"
    model = replace(
        growth(aux("first", call(first, table="seen") + call(count, table="seen"))), lookups={"seen": data}
    )
    program = lowered(model, ["first"])
    assert program.instructions[program.outputs[0][1]] == Instruction("number", (), (4.0).hex())
    assert program.tables == ()


def test_no_built_in_is_forgotten() -> None:
    """Every row of the language lowers, and to no call of its own name where `expand` says otherwise."""
    table = lookup("table", (0, 1), (1, 2))
    for key, row in BUILTINS.items():
        if key == "part":
            continue
        arguments: list[E | float] = [ref("population")] * (row.least if row.most is not None else 9)
        value = call(key, *arguments, table="table" if row.takes_table else None)
        wanted = call("part", value, 0) if row.is_vector else value
        model = replace(growth(aux("value", wanted)), lookups={"table": table})
        verify(lowered(model, ["value"]))


# --- the start ----------------------------------------------------------------------------------------


def test_initial_values_may_use_the_time_and_each_other() -> None:
    model = build(
        [
            constant("a", 2.0),
            stock("x", 1.0, ref("y") + time),
            aux("y", ref("a") * ref("x"), initial=ref("a") + 1),
            initial("kept", ref("x") * call("step", 3, 1)),
        ],
        start=5.0,
        end=8.0,
    )
    assert simulate(model, outputs=["kept"])["kept"][0, 0] == 24.0
    assert differences(*both(model)) == []
    assert ops(lowered(model, ["kept"])) == {}  # known before the run


def test_a_time_step_may_be_a_function_of_time() -> None:
    step = 0.5 + call("step", 0.5, 2)
    model = build([stock("x", call("vensim.pulse", 1, 2) + time, 0.0)], step=step, end=6.0)
    assert differences(*both(model)) == []


def test_the_initial_time_may_use_the_time_which_is_zero_then() -> None:
    model = build([stock("x", time, ref("INITIAL TIME"))], start=time + 2, end=6.0)
    assert differences(*both(model)) == []


def test_a_loop_of_initial_values_is_told_in_the_words_of_the_reference_engine() -> None:
    model = build(
        [
            aux("free", ref("x") + 1),
            stock("x", ref("free"), ref("first") + ref("y")),
            stock("y", 0.1, ref("x") * 2),
            initial("first", 1.0),
        ]
    )
    with pytest.raises(InputError) as ours:
        lowered(model, ["free"])
    with pytest.raises(InputError) as theirs:
        simulate(model, outputs=["free"])
    assert ours.value.diagnostics == theirs.value.diagnostics


# --- size ---------------------------------------------------------------------------------------------


def test_an_equation_may_be_thousands_of_terms_deep() -> None:
    left: Expr = Ref("x")
    right: Expr = Ref("x")
    for number in range(5000):
        left = Binary("+", left, Number(float(number)))
        right = Binary("-", Number(float(number)), right)
    model = build([stock("x", 0.0, 1.0), aux("left", E(left)), aux("right", E(right))], end=1.0)
    assert len(lowered(model).core) == 0
    assert differences(*both(model)) == []


def test_variables_may_chain_by_the_thousand() -> None:
    chain = [aux(f"v{n}", ref(f"v{n - 1}") * 1.0001) for n in range(1, 5000)]
    model = build([stock("x", ref("v4999"), 1.0), aux("v0", ref("x")), *chain], end=1.0)
    assert len(lowered(model, ["x"]).core) == 4999


# --- text and checks ----------------------------------------------------------------------------------


def test_the_same_question_gives_the_same_text() -> None:
    one, other = (program_text(lowered(growth(), given={"rate": True})) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    "change",
    [
        {"outputs": ["population"]},
        {"integrator": "rk2"},
        {"given": {"rate": False}},
        {"given": {"scale": True}},
        {"hold": {"scale": 3.1}},
        {"hold": {"scale": 3.0000000000000004}},
        {"events": [Event("rate", 2.0, 0.2)]},
        {"events": [Event("rate", 2.0, 0.20000000000000004)]},
    ],
)
def test_every_difference_between_programs_shows_in_their_texts(change: dict) -> None:
    asked = {"outputs": ["idle"], "given": {"rate": True}} | change
    plain = program_text(lowered(growth(), ["idle"], given={"rate": True}))
    assert program_text(lowered(growth(), **asked)) != plain


def test_another_point_or_mode_of_a_table_is_another_text() -> None:
    def text(*points: tuple[float, float], mode: str = "interpolate") -> str:
        read = aux("read", call("lookup", time, table="t"))
        return program_text(lowered(replace(growth(read), lookups={"t": lookup("t", *points, mode=mode)})))

    texts = {
        text((0, 1), (2, 3)),
        text((0, 1), (2, 3.0000000000000004)),
        text((0, 1), (2.5, 3)),
        text((0, 1), (2, 3), mode="discrete"),
        text((0, 1), (2, 3), (4, 3)),
    }
    assert len(texts) == 5


def test_a_text_reads_as_its_program_is_computed() -> None:
    program = lowered(growth(), ["population"], given={"rate": True})
    assert program_text(program) == (
        "program by euler\n"
        "parameter 0 'rate' by draw\n"
        "stock 0 'population' starts %1 changes %3\n"
        "output 'population' %0\n"
        "leaves\n"
        "  %0 = stock 0\n"
        "  %1 = number 0x1.e000000000000p+4\n"
        "  %2 = parameter 0\n"
        "core\n"
        "  %3 = * %2 %0\n"
    )


PROGRAM = lowered(growth(), ["idle", "births"], given={"rate": True, "scale": False})


def with_instruction(value: int, instruction: Instruction) -> Program:
    instructions = list(PROGRAM.instructions)
    instructions[value] = instruction
    return replace(PROGRAM, instructions=tuple(instructions))


CORE_VALUE = PROGRAM.core[0]
BROKEN = {
    "regions do not hold every operation once": replace(PROGRAM, core=()),
    "is not in order": replace(PROGRAM, core=PROGRAM.core[::-1]) if len(PROGRAM.core) > 1 else None,
    "has 1 inputs": with_instruction(CORE_VALUE, Instruction("*", (0,))),
    "is of no known operation": with_instruction(CORE_VALUE, Instruction("plus", (0, 1))),
    "which is not before it": with_instruction(CORE_VALUE, Instruction("*", (CORE_VALUE, 1))),
    "which is no truth": with_instruction(CORE_VALUE, Instruction("not", (0,))),
    "is about 'x'": with_instruction(CORE_VALUE, Instruction("negative", (0,), "x")),
    "is about None": with_instruction(CORE_VALUE, Instruction("call", (0,))),
    "is about ('lookup', 0)": with_instruction(CORE_VALUE, Instruction("read", (0,), ("lookup", 0))),
    "of fixed uses": replace(PROGRAM, fixed=(*PROGRAM.fixed, *PROGRAM.core), core=()),
    "is no number": with_instruction(CORE_VALUE, Instruction("<", (0, 0))),
    "is of core": replace(PROGRAM, stocks=(replace(PROGRAM.stocks[0], start=CORE_VALUE),)),
}


@pytest.mark.parametrize("words", [words for words, program in BROKEN.items() if program is not None])
def test_a_program_that_is_not_whole_is_refused(words: str) -> None:
    verify(PROGRAM)
    broken = BROKEN[words]
    assert broken is not None
    with pytest.raises(InternalError, match="not valid") as error:
        verify(broken)
    assert words in str(error.value)


def test_choices_among_truths_are_numbers() -> None:
    either = call("if_then_else", op("<", ref("population"), 3), op("<", time, 2), 5.0)
    assert differences(*both(growth(aux("either", either)))) == []
