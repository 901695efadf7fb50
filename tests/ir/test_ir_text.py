from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from realities.errors import Findings
from realities.ir.builtins import BUILTINS, NOT_AVAILABLE
from realities.ir.expr import Binary, Call, Expr, Number, Ref, Time, Unary
from realities.ir.model import Model
from realities.ir.text import expression_text, model_text, name_text, number_text
from realities.model.arrays import build_space
from realities.model.load import build_model
from realities.model.resolve import Resolver
from realities.model.symbols import Scope, build_table
from realities.model.vensim.functions import SIMPLE
from realities.model.vensim.language import VENSIM
from realities.model.vensim.read import read_vensim
from realities.model.vensim.terms import read_expression
from realities.source import SourceText

NAMES = ("births", "net rate", "share[north]", "größe", "people's share", "a+b (c)")
FILE = (
    'Region: north, south ~~| births = 1 ~~| "a+b (c)" = 2 ~~| net rate = 3 ~~| share[Region] = 4 ~~|'
    "größe = 5 ~~| people's share = 6 ~~| t((0,0),(1,1)) ~~|"
)


def resolver() -> Resolver:
    source = SourceText("m.mdl", FILE)
    findings = Findings()
    file = read_vensim(source, findings)
    space = build_space(file.dimensions, findings)
    table = build_table(source, file.equations, space, findings, VENSIM.controls)
    return Resolver(space, table, {}, findings, VENSIM)


RESOLVER = resolver()
CALLS = [BUILTINS[key] for key in sorted(set(SIMPLE.values())) if not BUILTINS[key].is_random]
numbers = st.floats(-1e12, 1e12).map(lambda value: Number(value + 0.0))
leaves = st.one_of(numbers, st.sampled_from(NAMES).map(Ref), st.just(Time()), st.just(Number(NOT_AVAILABLE)))


def nodes(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    operators = st.sampled_from(["+", "-", "*", "/", "^", "<", "<=", ">", ">=", "=", "<>", "and", "or"])
    # A sign before a number is part of the number, so no reader gives it back as a node.
    signed = inner.filter(lambda expr: not isinstance(expr, Number))
    calls = st.sampled_from(CALLS).flatmap(
        # MIN and MAX: two numbers in Vensim, however many in the core
        lambda row: st.tuples(*[inner] * (max(row.least, 1) if row.most else 2)).map(
            lambda args: Call(row.key, args[: row.most])
        )
    )
    return st.one_of(
        st.builds(lambda op, left, right: Binary(op, left, right), operators, inner, inner),
        signed.map(lambda expr: Unary("-", expr)),
        inner.map(lambda expr: Unary("not", expr)),
        calls,
        inner.map(lambda expr: Call("lookup", (expr,), "t")),
    )


@settings(max_examples=200, deadline=None)
@given(st.recursive(leaves, nodes, max_leaves=12))
def test_printing_then_reading_is_the_identity(expr: Expr) -> None:
    text = expression_text(expr)
    source = SourceText("printed", text)
    findings = Findings()
    term = read_expression(source.span(0, len(text)), findings)
    assert term is not None, (text, findings.items)
    assert RESOLVER.expr(term, Scope("printed", {})) == expr, text
    assert not RESOLVER.findings.errors


def test_parentheses_stand_only_where_they_are_needed() -> None:
    a, b, c = Ref("a"), Ref("b"), Ref("c")
    assert expression_text(Binary("-", a, Binary("-", b, c))) == "a - (b - c)"
    assert expression_text(Binary("-", Binary("-", a, b), c)) == "a - b - c"
    assert expression_text(Binary("^", Number(-2.0), Number(2.0))) == "(-2) ^ 2"
    assert expression_text(Unary("-", Binary("^", a, b))) == "-a ^ b"
    assert expression_text(Binary("and", Unary("not", a), Binary("or", b, c))) == ":NOT: a :AND: (b :OR: c)"
    assert expression_text(Call("sum", (a, Unary("-", b), Binary("+", b, c)))) == "a + -b + (b + c)"


def test_numbers_and_names_are_written_as_a_modeller_would() -> None:
    assert [number_text(value) for value in (3.0, -0.5, 1e-7, NOT_AVAILABLE)] == [
        "3",
        "-0.5",
        "1e-07",
        ":NA:",
    ]
    assert name_text("stock[north,coal]") == "stock[north,coal]"
    assert name_text("price: SMOOTH") == '"price: SMOOTH"'
    assert name_text("a/b[north]") == '"a/b"[north]'


def test_a_model_is_printed_as_equations_that_read_back() -> None:
    text = (
        "stock = INTEG(in - out, 5) ~ unit ~ What is there. | in = t(Time) ~~|"
        "out = stock / 4 ~ unit/Month ~ |"
        "t((0,1),(10,2.5)) ~~| late = DELAY FIXED(in, 2, 0) ~~| kept = SAMPLE IF TRUE(Time > 3, in, 1) ~~|"
        "first = INITIAL(in) ~~| set = ACTIVE INITIAL(in, 3) ~~|"
        "INITIAL TIME = 0 ~ Month ~ | FINAL TIME = 10 ~ Month ~ | TIME STEP = 1 ~ Month ~ |"
        "SAVEPER = TIME STEP ~~|"
    )
    model = build_model(SourceText("m.mdl", text))
    printed = model_text(model)
    assert "stock = INTEG(in - out, 5)\n\t~\tunit\n\t~\tWhat is there.\n\t|" in printed
    again = build_model(SourceText("m.mdl", printed))
    assert _bare(again) == _bare(model)


def _bare(model: Model) -> dict[str, tuple[object, ...]]:
    return {v.name: (v.kind, v.expression, v.initial, v.extra, v.unit) for v in model.variables}
