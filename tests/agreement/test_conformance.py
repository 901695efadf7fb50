"""Public test models against their expected output, where the collection is at hand.

The folder is found through REALITIES_CONFORMANCE, or beside the repository as shared/conformance. Every
expected column must be found and every number agree; what cannot stands in conformance_exceptions.toml.
"""

from __future__ import annotations

import csv
import io
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from realities.engine.reference import simulate
from realities.errors import InputError
from realities.ir.builtins import NOT_AVAILABLE
from realities.ir.model import name_key
from realities.model.load import load_model

HERE = Path(__file__).parent
ROOT = Path(os.environ.get("REALITIES_CONFORMANCE", HERE.parents[2] / "shared" / "conformance"))
EXCEPTIONS = tomllib.loads((HERE / "conformance_exceptions.toml").read_text())["exception"]

pytestmark = pytest.mark.skipif(not ROOT.is_dir(), reason="the conformance collection is not here")


@dataclass(frozen=True)
class Expected:
    """Expected output: times (T,) and for each column values (T,), with how far each may be off."""

    times: NDArray[np.float64]
    time_rounding: NDArray[np.float64]
    values: dict[str, NDArray[np.float64]]
    rounding: dict[str, NDArray[np.float64]]


#: The endings of the files of each language.
ENDINGS = {"Vensim": (".mdl",), "XMILE": (".xmile", ".stmx", ".itmx")}
#: Variables that an XMILE file may leave out: its control variables are not columns.
CONTROLS = {"time step", "initial time", "final time", "saveper"}


def model_files(language: str) -> list[Path]:
    """Return every file of the collection that is written in a language, by path."""
    return sorted(path for path in ROOT.rglob("*") if path.suffix.lower() in ENDINGS[language])


def exceptions_for(path: Path) -> list[dict[str, object]]:
    """Return the exceptions that cover a file."""
    inside = path.relative_to(ROOT).as_posix()
    return [one for one in EXCEPTIONS if inside == one["model"] or inside.startswith(f"{one['model']}/")]


def expected_output(model: Path, name: str | None = None) -> Expected | None:
    """Return the expected output of a model; a blank cell means what its column says it does.

    For an XMILE file Stella's own output comes first, where it is there.
    """
    stella = [] if model.suffix == ".mdl" else ["output_stella.csv", "output_stella1006.csv"]
    names = [*stella, "output.tab", "output.csv"] if name is None else [name]
    path = next((model.parent / one for one in names if (model.parent / one).exists()), None)
    if path is None:
        return None
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    rows = list(csv.reader(io.StringIO(text), delimiter="\t" if path.suffix == ".tab" else ","))
    header, *body = [row for row in rows if any(cell.strip() for cell in row)]
    columns = {
        name_key(name): [row[index].strip() if index < len(row) else "" for row in body]
        for index, name in enumerate(header)
        if name.strip() and index > 0
    }
    values, rounding = {}, {}
    for name, cells in columns.items():
        if not any(cells[1:]):
            cells = [cells[0]] * len(cells)
        values[name] = np.array([float(cell) if cell else np.nan for cell in cells])
        rounding[name] = np.array([half_unit(cell) for cell in cells])
    times = np.array([float(row[0]) for row in body])
    # A program that writes 0.03125 as 0.031 rounds its times to the thousandth.
    decimals = [len(row[0].strip().partition(".")[2]) for row in body]
    time_rounding = np.array([0.5000001 * 10.0**-n if n >= 3 else 0.0 for n in decimals])
    return Expected(times, time_rounding, values, rounding)


def half_unit(cell: str) -> float:
    """Return half a unit of the last digit of a cell with at least four significant digits, else 0."""
    mantissa, _, exponent = cell.lower().lstrip("+-").partition("e")
    digits = mantissa.replace(".", "").lstrip("0")
    if len(digits) < 4:
        return 0.0
    decimals = len(mantissa.partition(".")[2])
    return 0.5000001 * 10.0 ** (int(exponent or 0) - decimals)


def compare(path: Path) -> tuple[int, list[str]]:
    """Run one model; return how many columns were compared, and what disagrees."""
    notes = exceptions_for(path)
    data = [path.parent / str(one["data"]) for one in notes if "data" in one]
    run = simulate(load_model(path, data=data))
    expected = expected_output(path, next((str(one["output"]) for one in notes if "output" in one), None))
    if expected is None:
        return 0, []
    first = next((float(str(one["first"])) for one in notes if "first" in one), -np.inf)
    shown = run.times >= first
    times = run.times[shown]
    if len(times) != len(expected.times) or not np.all(
        np.abs(times - expected.times)
        <= np.maximum(1e-6 + 1e-5 * np.abs(expected.times), expected.time_rounding)
    ):
        return 0, [f"saved at {times[:4]}... ({len(times)}), not {expected.times[:4]}..."]
    found = {name_key(name): values[0][shown] for name, values in run.values.items()}
    absolute = max([1e-6, *(float(str(one["absolute"])) for one in notes if "absolute" in one)])
    relative = max([1e-5, *(float(str(one["relative"])) for one in notes if "relative" in one)])
    left_out = {str(name) for one in notes for name in one.get("columns", ())}  # type: ignore[attr-defined]
    if path.suffix != ".mdl":
        left_out |= CONTROLS - found.keys()
    problems = []
    for name in expected.values.keys() - left_out:
        wanted = expected.values[name]
        if name not in found:
            problems.append(f"{name}: not among the variables")
            continue
        got = np.where(found[name] == NOT_AVAILABLE, np.nan, found[name])
        allowed = absolute + relative * np.maximum(np.abs(got), np.abs(wanted))
        close = np.abs(got - wanted) <= np.maximum(allowed, expected.rounding[name])
        bad = ~(close | (np.isnan(got) & np.isnan(wanted)))
        if bad.any():
            at = int(np.argmax(bad))
            problems.append(f"{name} at {expected.times[at]:g}: {got[at]!r}, expected {wanted[at]!r}")
    return len(expected.values.keys() - left_out), sorted(problems)


@pytest.mark.parametrize("language", ENDINGS)
def test_public_models_give_their_expected_output(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    n_agree, n_only_run, n_refused, n_columns, problems = 0, 0, 0, 0, []
    for path in model_files(language):
        note = next((one for one in exceptions_for(path) if "needs" in one), None)
        try:
            columns, wrong = compare(path)
        except InputError as error:
            wrong = [] if note is not None and is_as_noted(error, note) else [str(error).splitlines()[0]]
            n_refused += 1
        else:
            wrong += [f"runs, though {note['needs']} is expected"] if note is not None else []
            n_agree += bool(columns and not wrong)
            n_only_run += not columns
            n_columns += columns
        problems += [f"{path.relative_to(ROOT)}: {one}" for one in wrong[:3]]
    with capsys.disabled():
        print(
            f"\nconformance: {n_agree} {language} files agree in {n_columns} columns; "
            f"{n_only_run} run without expected output; {n_refused} are refused with the code they need"
        )
    assert not problems, "\n".join(problems)


def is_as_noted(error: InputError, note: dict[str, object]) -> bool:
    """Return whether a model is refused with the code it needs, at the line where the reason stands."""
    found = {(one.code, one.span.line) for one in error.diagnostics if one.severity == "error"}
    if "line" in note:
        return (note["needs"], note["line"]) in found
    return note["needs"] in {code for code, _ in found}


def test_every_exception_covers_a_file() -> None:
    every = [path for language in ENDINGS for path in model_files(language)]
    files = [path.relative_to(ROOT).as_posix() for path in every]
    for one in EXCEPTIONS:
        assert len(one["reason"]) > 10
        assert any(file == one["model"] or file.startswith(f"{one['model']}/") for file in files), one[
            "model"
        ]
