"""Laws of reading: whatever the bytes, a model either loads or is refused with a place, never a traceback."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from realities.engine.reference import simulate
from realities.errors import Findings, InputError, SimulationError
from realities.ir.model import Model
from realities.model.languages import READERS
from realities.model.load import load_model

CORPUS = Path(__file__).parents[1] / "corpus"
BAD = Path(__file__).parents[1] / "bad" / "model"
MODELS = sorted(path for root in (CORPUS, BAD) for path in root.rglob("*") if path.suffix.lower() in READERS)
#: Files that models read: their bytes are changed too.
TABLES = sorted(
    path for path in CORPUS.rglob("*") if path.suffix.lower() in {".xlsx", ".xls", ".csv", ".tab"}
)
TABLES = [path for path in TABLES if path.name != "expected.csv"]

#: Pieces that stand for something in one language or the other.
MARKS = "( ) [ ] { } < > / ^ ! ~ | ~~| = == := : :: , ; \" ' \\ . -> <-> + - * $ & # % @ ?"
KEYWORDS = ":EXCEPT: :NA: :AND: :NOT: :RAW: :MACRO: :END_OF_MACRO: :SUPPLEMENTARY: 15:0,0,0,1,0,0"
CALLS = "INTEG( SUM( DELAY1( SMOOTH3( WITH_LOOKUP( IF_THEN_ELSE( INITIAL( TABBED_ARRAY( MAX( PREVIOUS("
MARKUP = (
    "<eqn> </eqn> <stock_name='a'> <gf> <ypts> <dim_name='b'/> <![CDATA[ ]]> <!-- &amp; &lt; &x; <?xml ?>"
)
NUMBERS = "0/0 1e309 1e-320 -1 0 99999999999999999999"
PIECES = [
    *" ".join((MARKS, KEYWORDS, CALLS, MARKUP, NUMBERS)).replace("_", " ").encode().split(b" "),
    b"\\\\\\---///",
    b"\0",
    b"\r",
    b"\n",
    b"\t",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"\xe2\x80\xa8",
    b"9" * 400,
]


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Return a text with a few slices cut, doubled, moved, overwritten or replaced by pieces."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        if not data:
            break
        at, length = rng.randrange(len(data)), rng.choice((1, 1, 2, 5, 20, 200))
        match rng.randrange(6):
            case 0:
                del data[at : at + length]
            case 1:
                data[at:at] = data[at : at + length]
            case 2:
                data[at] = rng.randrange(256)
            case 3:
                data[at : at + rng.choice((0, 1, 4))] = rng.choice(PIECES)
            case 4:
                piece = data[at : at + length]
                del data[at : at + length]
                to = rng.randrange(len(data) + 1)
                data[to:to] = piece
            case _:
                del data[at:]
    return bytes(data)


def is_quick(model: Model) -> bool:
    """Return whether a model is small and its controls are such that it runs in no time."""
    if len(model.variables) > 2000:
        return False
    controls = (model.time.initial_time, model.time.final_time, model.time.time_step)
    values = [getattr(model[name].expression, "value", None) for name in controls]
    if not all(isinstance(value, float) for value in values):
        return False
    initial, final, step = values
    return step > 0 and (final - initial) / step < 2000


def survives(path: Path) -> str:
    """Load a file, and run it if it is small; return how that ended."""
    findings = Findings()
    try:
        model = load_model(path, findings=findings)
        if is_quick(model):
            simulate(model)
    except InputError as error:
        assert error.diagnostics
        assert str(error).strip()
        return "refused"
    except SimulationError as error:
        assert str(error).strip()
        return "failed"
    assert all(item.render() for item in findings.items)
    return "ran"


def mutate_for(seconds: float, seed: int, folder: Path, files: list[Path], endings: dict[str, int]) -> None:
    """Change the bytes of files, each in a copy of its folder, for some time."""
    rng = random.Random(seed)
    end = time.monotonic() + seconds
    copies = {}
    while time.monotonic() < end:
        path = rng.choice(files)
        if path.parent not in copies:
            copies[path.parent] = folder / str(len(copies))
            shutil.copytree(path.parent, copies[path.parent])
        content = path.read_bytes()
        copy = copies[path.parent] / path.name
        changed = mutated(content, rng)
        copy.write_bytes(changed)
        model = copy if path.suffix.lower() in READERS else next(iter(sorted(copy.parent.glob("model.*"))))
        try:
            ending = survives(model)
        except Exception as error:
            kept = folder / f"crash{copy.suffix}"
            kept.write_bytes(changed)
            raise AssertionError(f"{path} changed to {kept} ends in {error!r}") from error
        finally:
            copy.write_bytes(content)
        endings[ending] = endings.get(ending, 0) + 1


def test_changed_bytes_are_refused_in_words_or_run(tmp_path: Path) -> None:
    endings: dict[str, int] = {}
    mutate_for(3.0, 1, tmp_path, MODELS, endings)
    assert endings.get("refused", 0) > 10


@pytest.mark.skipif(not TABLES, reason="no model of the corpus reads a table")
def test_changed_tables_are_refused_in_words_or_run(tmp_path: Path) -> None:
    endings: dict[str, int] = {}
    mutate_for(1.5, 2, tmp_path, TABLES, endings)
    assert sum(endings.values()) > 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 108))
def test_many_changed_bytes_are_refused_in_words_or_run(seed: int, tmp_path: Path) -> None:
    mutate_for(30.0, seed, tmp_path, [*MODELS, *TABLES], {})


@pytest.mark.parametrize("ending", sorted(READERS))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    content=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))
)
@example(content=b"")
@example(content=b"\xff\xfe\x00")
@example(content=b"\xfe\xff\xd8\x00")
@example(content=b"\xef\xbb\xbf")
@example(content=b"\x00" * 100)
def test_any_bytes_are_refused_in_words(ending: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"model{ending}"
    path.write_bytes(content)
    assert survives(path) == "refused"


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    pieces=st.lists(
        st.sampled_from([piece.decode("latin-1") for piece in PIECES] + ["x", "y", " ", "Time", "1"])
    )
)
def test_any_pieces_of_an_equation_are_refused_in_words_or_run(pieces: list[str], tmp_path: Path) -> None:
    path = tmp_path / "model.mdl"
    text = f"x = {' '.join(pieces).replace('_', ' ')} ~~| y = 2 ~~|\n"
    path.write_text(
        text + "INITIAL TIME = 0 ~~| FINAL TIME = 4 ~~| TIME STEP = 1 ~~| SAVEPER = TIME STEP ~~|",
        encoding="utf-8",
    )
    survives(path)
