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
    """Expected output: times (T,), and for each column values (T,) with how far each may be off."""

    times: NDArray[np.float64]
    values: dict[str, NDArray[np.float64]]
    rounding: dict[str, NDArray[np.float64]]


def model_files() -> list[Path]:
    """Return every Vensim file of the collection, by path."""
    return sorted(path for path in ROOT.rglob("*") if path.suffix.lower() == ".mdl")


def exceptions_for(path: Path) -> list[dict[str, object]]:
    """Return the exceptions that cover a file."""
    inside = path.relative_to(ROOT).as_posix()
    return [one for one in EXCEPTIONS if inside == one["model"] or inside.startswith(f"{one['model']}/")]


def expected_output(folder: Path, name: str | None = None) -> Expected | None:
    """Return the expected output of a folder; a blank cell means what its column says it does."""
    names = ("output.tab", "output.csv") if name is None else (name,)
    path = next((folder / one for one in names if (folder / one).exists()), None)
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
    return Expected(np.array([float(row[0]) for row in body]), values, rounding)


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
    expected = expected_output(
        path.parent, next((str(one["output"]) for one in notes if "output" in one), None)
    )
    if expected is None:
        return 0, []
    first = next((float(str(one["first"])) for one in notes if "first" in one), -np.inf)
    shown = run.times >= first
    times = run.times[shown]
    if len(times) != len(expected.times) or not np.allclose(times, expected.times, rtol=1e-5, atol=1e-6):
        return 0, [f"saved at {times[:4]}... ({len(times)}), not {expected.times[:4]}..."]
    found = {name_key(name): values[0][shown] for name, values in run.values.items()}
    absolute = max([1e-6, *(float(str(one["absolute"])) for one in notes if "absolute" in one)])
    relative = max([1e-5, *(float(str(one["relative"])) for one in notes if "relative" in one)])
    left_out = {str(name) for one in notes for name in one.get("columns", ())}  # type: ignore[attr-defined]
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


def test_public_models_give_their_expected_output(capsys: pytest.CaptureFixture[str]) -> None:
    n_agree, n_only_run, n_refused, n_columns, problems = 0, 0, 0, 0, []
    for path in model_files():
        needs = next((one["needs"] for one in exceptions_for(path) if "needs" in one), None)
        try:
            columns, wrong = compare(path)
        except InputError as error:
            codes = {one.code for one in error.diagnostics if one.severity == "error"}
            wrong = [] if needs in codes else [str(error).splitlines()[0]]
            n_refused += 1
        else:
            wrong += [f"runs, though {needs} is expected"] if needs is not None else []
            n_agree += bool(columns and not wrong)
            n_only_run += not columns
            n_columns += columns
        problems += [f"{path.relative_to(ROOT)}: {one}" for one in wrong[:3]]
    with capsys.disabled():
        print(
            f"\nconformance: {n_agree} Vensim files agree in {n_columns} columns; "
            f"{n_only_run} run without expected output; {n_refused} ask for what is not supported"
        )
    assert not problems, "\n".join(problems)


def test_every_exception_covers_a_file() -> None:
    files = [path.relative_to(ROOT).as_posix() for path in model_files()]
    for one in EXCEPTIONS:
        assert len(one["reason"]) > 10
        assert any(file == one["model"] or file.startswith(f"{one['model']}/") for file in files), one[
            "model"
        ]
