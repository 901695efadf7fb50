from __future__ import annotations

from dataclasses import replace

import pytest

from realities.errors import InternalError
from realities.ir.expr import Call, Number, Ref
from realities.ir.model import Lookup, Model, TimeSpec, Variable
from realities.ir.verify import verify

CONTROL = tuple(
    Variable(name, "constant", Number(1.0)) for name in ("INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER")
)
SEVERAL = Call("several", (Number(1.0), Number(2.0)))
WHOLE = Variable("whole", "auxiliary", SEVERAL, is_hidden=True)
TABLE = {"t": Lookup("t", (0.0, 1.0), (0.0, 1.0))}


def model(*variables: Variable, **changes: object) -> Model:
    return replace(Model("test", (*CONTROL, *variables), TimeSpec(), TABLE), **changes)  # type: ignore[arg-type]


def test_a_sound_model_passes() -> None:
    verify(
        model(
            Variable("a", "auxiliary", Call("lookup", (Ref("s"),), "t")),
            Variable("b", "auxiliary", Call("max", (Ref("a"), Number(2.0)))),
            Variable("s", "stock", Ref("b"), initial=Ref("a")),
            WHOLE,
            Variable("first", "auxiliary", Call("part", (Ref("whole"), Number(0.0)))),
        )
    )


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ((Variable("a", "auxiliary", Ref("b")),), 'refers to "b"'),
        ((Variable("a", "auxiliary", Call("no such", ())),), 'calls "no such"'),
        ((Variable("a", "auxiliary", Call("sin", ())),), "with 0 arguments"),
        ((Variable("a", "auxiliary", Call("lookup", (Number(1.0),), "u")),), 'the table "u"'),
        ((Variable("a", "auxiliary", Call("sin", (Number(1.0),), "t")),), 'the table "t"'),
        ((Variable("a", "stock", Number(1.0)),), "has no initial value"),
        ((Variable("a", "constant", Number(1.0), initial=Number(2.0)),), "has an initial value"),
        ((Variable("a", "constant", Ref("SAVEPER")),), "is not a number"),
        ((Variable("a", "sample", Number(1.0), initial=Number(1.0)),), "0 extras"),
        ((Variable("a", "data", None, series="u"),), "has no series"),
        ((Variable("a", "auxiliary", None),), "has no expression"),
        ((Variable("a", "auxiliary", SEVERAL),), "takes several numbers for one"),
        ((Variable("a", "auxiliary", Call("abs", (SEVERAL,))),), "takes several numbers for one"),
        ((WHOLE, Variable("a", "auxiliary", Ref("whole"))), "takes several numbers for one"),
        (
            (Variable("a", "auxiliary", Call("part", (Number(1.0), Number(0.0)))),),
            "takes a part of a single number",
        ),
        ((Variable("a", "auxiliary", Number(1.0)),) * 2, "stand twice"),
        ((Variable("a", "auxiliary", Ref("b")), Variable("b", "auxiliary", Number(1.0))), "stands before"),
    ],
)
def test_what_does_not_hold_is_said(variables: tuple[Variable, ...], problem: str) -> None:
    with pytest.raises(InternalError, match=problem):
        verify(model(*variables))


def test_lookups_times_and_the_first_order_are_checked_too() -> None:
    with pytest.raises(InternalError, match="decrease"):
        verify(model(lookups={"t": Lookup("t", (1.0, 0.0), (0.0, 1.0))}))
    with pytest.raises(InternalError, match="abscissae"):
        verify(model(lookups={"t": Lookup("t", (), ())}))
    with pytest.raises(InternalError, match="is not a variable"):
        verify(model(time=TimeSpec(final_time="END")))
    with pytest.raises(InternalError, match="initial values"):
        verify(model(initial_order=("SAVEPER",)))
