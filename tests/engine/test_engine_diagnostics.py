"""One model for each diagnostic code that only a run brings about, and the exact words a user then sees."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import realities.engine
from realities.engine.engines import ENGINES, EngineName, simulate
from realities.errors import InputError
from realities.ir.model import Integrator
from realities.model.load import build_model
from realities.source import SourceText

BAD = Path(__file__).parents[1] / "bad" / "engine"
SOURCES = Path(realities.engine.__file__).parent
#: Constants that a run is given, one value for each draw.
GIVEN = {"control-differs": {"end": [8.0, 9.0]}, "settled-constant": {"stages": [4.0]}}
#: Integrators that a run asks for.
INTEGRATORS: dict[str, Integrator] = {"adaptive-steps": "rk45"}
#: What only the compiled engine refuses.
COMPILED = {"adaptive-steps"}
#: Readers find such a loop before a run; only a model built by hand gets so far.
ELSEWHERE = {"initial-loop"}


@pytest.mark.parametrize("code", sorted(path.name for path in BAD.iterdir()))
@pytest.mark.parametrize("engine", ENGINES)
def test_a_wrong_run_is_explained_in_these_words_by_every_engine(code: str, engine: EngineName) -> None:
    if engine == "reference" and code in COMPILED:
        pytest.skip("this engine can do that")
    source = SourceText("model.mdl", (BAD / code / "model.mdl").read_text(encoding="utf-8"))
    with pytest.raises(InputError) as caught:
        simulate(build_model(source), GIVEN.get(code), engine=engine, integrator=INTEGRATORS.get(code))
    text = str(caught.value) + "\n"
    assert f"error[{code}]" in text
    assert text == (BAD / code / "expected.txt").read_text(encoding="utf-8")


def test_no_code_of_the_engine_is_without_an_example() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py"))
    codes = set(re.findall(r'(?:_error\(|"error",)[^"]*?"([a-z]+(?:-[a-z]+)+)"', text))
    assert codes - ELSEWHERE == {path.name for path in BAD.iterdir()}
