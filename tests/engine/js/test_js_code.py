"""The text that a page carries: what is in it, and what nobody can put into it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from js_functions import evaluate, needs_node

sys.path.insert(0, str(Path(__file__).parents[1]))

from hand_built import aux, build, call, constant, fixed_delay, lookup, ref, stock

from realities.engine.js.emit import library, source
from realities.engine.js.functions import library_name
from realities.engine.js.needed import library_of
from realities.engine.js.printing import number, string
from realities.engine.llvm.arrays.functions import ARRAYS
from realities.engine.llvm.math.functions import MATH
from realities.engine.llvm.tables.readings import READINGS
from realities.engine.program.lower import lower
from realities.engine.program.program import Program
from realities.errors import SimulationError
from realities.ir.model import Model

HOSTILE = (
    '</script><script>alert("1")</script>',
    "'; globalThis.broken = true; '",
    '"+globalThis.broken+"',
    "`${globalThis.broken}`",
    "back\\slash\\",
    "line\u2028and\u2029paragraph",
    "<!-- comment -->",
    "]]>\x00\x1f\ud7ff\U0001f600",
    "__proto__",
    "новини",
)


def program_of(model: Model, *outputs: str, given: tuple[str, ...] = ()) -> Program:
    return lower(
        model,
        outputs,
        hold={},
        events={},
        given=dict.fromkeys(given, True),
        method=model.time.integrator,  # type: ignore[arg-type]
    )


def hostile() -> Program:
    """Return a program whose every name is a piece of somebody's code."""
    first, second, *others = HOSTILE
    model = build(
        [
            constant(first, 1.0),
            stock(second, ref(first), 0.0),
            *(aux(name, ref(second) + float(k)) for k, name in enumerate(others)),
        ]
    )
    return program_of(model, second, *others, given=(first,))


def test_names_are_text_that_nothing_in_them_can_end() -> None:
    text = source(hostile())
    assert text.isascii()
    assert text.isprintable()
    for mark in ("</", "<!--", "-->", "]]>"):
        assert mark not in text


@needs_node
def test_names_come_back_as_they_were_given() -> None:
    program = hostile()
    script = (
        f"const model=({source(program)})({library(program)});"
        "console.log(JSON.stringify([model.parameters, model.outputs, globalThis.broken === undefined]))"
    )
    parameters, outputs, is_whole = json.loads(evaluate(script))
    assert [*parameters, *outputs] == list(HOSTILE)
    assert is_whole


def test_the_text_makes_no_code_and_fetches_nothing() -> None:
    everything = library_of(
        [library_name(key) for key in (*ARRAYS, *READINGS) if key.count(".") and "data_" not in key]
    )
    for text in (source(hostile()), everything):
        assert not re.search(r"\b(eval|Function|fetch|import|require|document|window|setTimeout)\b", text)


def test_every_function_of_the_language_has_its_javascript() -> None:
    written_out = {"expm1", "log1p", "fmod", "vensim.modulo", "lookup"}
    at_once = {"vensim.data_first_time", "vensim.data_last_time", "vensim.data_total_points"}
    own = {
        "exp",
        "ln",
        "abs",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "arcsin",
        "arccos",
        "arctan",
        "sinh",
        "cosh",
        "tanh",
    }
    own |= {"vensim.integer", "xmile.int", "xmile.log10"}
    names = [library_name(key) for key in {*MATH, *ARRAYS, *READINGS} - written_out - at_once - own]
    text = library_of(names)
    assert all(f"function {name}(" in text for name in names)


def test_only_what_a_model_needs_is_carried() -> None:
    plain = build([constant("a", 0.5), stock("x", ref("a") * ref("x"), 1.0)])
    table = lookup("curve", (0.0, 1.0), (1.0, 2.0))
    curved = build(
        [stock("x", call("lookup", ref("x"), table="curve"), 1.0), fixed_delay("late", ref("x"), 2, 0)],
        lookups=[table],
    )
    small, larger = library(program_of(plain, "x")), library(program_of(curved, "x"))
    assert "interpolate" not in small
    assert "interpolate" in larger
    assert "extrapolate" not in larger
    assert "ndtr" not in larger
    assert len(small) < 8_000
    assert "/*" not in larger
    assert "//" not in larger


def test_the_text_is_the_same_every_time() -> None:
    assert source(hostile()) == source(hostile())
    assert library(hostile()) == library(hostile())


def test_a_function_that_there_is_not_is_an_error() -> None:
    with pytest.raises(KeyError):
        library_of(["exponentiate"])


def test_a_priority_curve_of_no_known_type_is_an_error() -> None:
    wish = call("part", call("vensim.allocate_available", ref("a"), 5, 7, 1, 1, 0), 0)
    model = build([constant("a", 3.0), aux("share", wish)])
    with pytest.raises(SimulationError, match="of type 7"):
        source(program_of(model, "share", given=("a",)))


@needs_node
def test_a_long_core_is_several_functions_with_the_same_results() -> None:
    model = build(
        [constant("a", 0.5), *(stock(f"x{k}", ref(f"x{(k + 1) % 50}") * ref("a"), k) for k in range(50))]
    )
    program = program_of(model, *(f"x{k}" for k in range(50)), given=("a",))
    texts = [source(program, chunk=chunk) for chunk in (7, 1000)]
    assert texts[0] != texts[1]
    script = "".join(
        f"""{{const model = ({text})({library(program)}), out = new Float64Array(150);
        const grid = {{ times: Float64Array.from([0, 1, 2]), lengths: Float64Array.from([1, 1]) }};
        model.run(Float64Array.of(0.5), [], grid, Int32Array.from([0, 1, 2]), out, 0, 0);
        console.log(JSON.stringify(Array.from(out)));}}"""
        for text in texts
    )
    one, other = evaluate(script).splitlines()
    assert one == other
    assert np.ptp(json.loads(one)) > 0.0


@needs_node
def test_numbers_are_written_to_the_last_bit() -> None:
    rng = np.random.default_rng(5)
    bits = rng.integers(0, 2**64, 2000, dtype=np.uint64)
    some = [
        0.0,
        -0.0,
        1e21,
        1e22,
        123456789e10,
        1e-7,
        5e-324,
        0.1,
        -0.5,
        100.0,
        1200.0,
        2.0**53,
        np.inf,
        -np.inf,
        np.nan,
    ]
    wanted = np.concatenate([bits.view(np.float64), some])
    texts = ",".join(number(float(value)).text for value in wanted)
    found = np.frombuffer(evaluate(f"process.stdout.write(Buffer.from(Float64Array.from([{texts}]).buffer))"))
    np.testing.assert_array_equal(found, wanted)
    kept = ~np.isnan(wanted)
    assert np.array_equal(np.signbit(found)[kept], np.signbit(wanted)[kept])


@needs_node
def test_strings_are_written_so_that_they_are_read_back() -> None:
    texts = [*HOSTILE, "".join(map(chr, range(0, 0x3000, 7)))]
    script = f"console.log(JSON.stringify([{','.join(map(string, texts))}]))"
    assert json.loads(evaluate(script)) == texts
