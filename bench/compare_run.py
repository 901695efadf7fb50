"""How near a Vensim model's numbers are to a run that Vensim itself stored.

    python bench/compare_run.py MODEL.mdl RUN.vdf|RUN.dat ... [--data FILE]...
    python bench/compare_run.py FOLDER

Of a folder every model is taken that has a `.dat` file of its own name beside it; other `.dat` files there
give its data. A `.dat` file is Vensim's text export: a name on a line, then a time and a value on each line;
a `.vdf` file is read with pysimlin (`pip install ".[dev]"`). Constants that the run had at another value are
given that value. Vensim computes in single precision, so a column agrees when no value is off by more than
2e-4 of the column's largest; a value that Vensim did not have is left out.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from realities.engine.reference import simulate
from realities.errors import InputError
from realities.ir.expr import Number
from realities.ir.model import Model
from realities.model.load import load_model

AGREES = 2e-4
#: Below this stands what Vensim writes for "not available".
MISSING = -1e30

#: Times and values of one column, shape (points, 2).
Column = np.ndarray


def key_of(name: str) -> str:
    """Return what the spellings of a column's name share."""
    return re.sub(r"\s*([\[\],])\s*", r"\1", re.sub(r"[\s_]+", " ", name)).replace('"', "").strip().casefold()


def read_run(path: Path) -> dict[str, Column]:
    """Return the columns of a stored run by the key of their name."""
    if path.suffix.lower() == ".dat":
        return read_text_run(path)
    import simlin

    frame = simlin.load_vdf(str(path))
    times = np.asarray(frame.index, float)
    return {key_of(name): np.column_stack([times, np.asarray(frame[name], float)]) for name in frame.columns}


def read_text_run(path: Path) -> dict[str, Column]:
    """Return the columns of a text export."""
    found: dict[str, list[tuple[float, float]]] = {}
    points: list[tuple[float, float]] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        cells = line.split("\t")
        if len(cells) == 2:
            points.append((float(cells[0]), float(cells[1])))
        elif line.strip():
            points = found.setdefault(key_of(line), [])
    return {name: np.array(rows) for name, rows in found.items() if rows}


def changed(model: Model, run: Mapping[str, Column]) -> dict[str, list[float]]:
    """Return the constants that a run had at another value than the file."""
    given = {}
    for variable in model.constants:
        column, value = run.get(key_of(variable.name)), variable.expression
        if column is None or not isinstance(value, Number) or variable.name in model.settled:
            continue
        then = float(column[0, 1])
        if then > MISSING and not np.isclose(then, value.value, rtol=1e-5, atol=0.0):
            given[variable.name] = [then]
    return given


def compare(model: Model, run: Mapping[str, Column]) -> tuple[list[tuple[float, str]], int]:
    """Return for each column how far it is off, worst first, and how many constants were changed."""
    given = changed(model, run)
    result = simulate(model, given) if given else simulate(model)
    off = []
    for name in result.values:
        stored = run.get(key_of(name))
        if stored is None:
            continue
        nearest = np.abs(result.times[None, :] - stored[:, :1]).argmin(axis=1)  # (points,)
        is_there = np.abs(result.times[nearest] - stored[:, 0]) <= 1e-3 * np.maximum(
            1.0, np.abs(stored[:, 0])
        )
        theirs, ours = stored[is_there, 1], result[name][0][nearest[is_there]]
        known = theirs > MISSING
        if known.any():
            scale = max(np.abs(theirs[known]).max(), np.abs(ours[known]).max(), 1e-12)
            off.append((float(np.abs(theirs - ours)[known].max() / scale), name))
    return sorted(off, reverse=True), len(given)


def report(path: Path, runs: list[Path], data: list[str]) -> tuple[int, int]:
    """Print how a model compares with its runs; return how many columns agree, and how many there are."""
    n_agree = n_columns = 0
    try:
        model = load_model(path, data=data, without_data=True)
    except InputError as problem:
        print(f"{path.name}: refused: {problem.diagnostics[0].message}")
        return 0, 0
    for run in runs:
        off, n_given = compare(model, read_run(run))
        wrong = [(error, name) for error, name in off if not error <= AGREES]
        with_constants = f", {n_given} constants as in the run" if n_given else ""
        print(f"{path.name} {run.name}: {len(off) - len(wrong)} of {len(off)} columns agree{with_constants}")
        for error, name in wrong[:10]:
            print(f"  {name}: off by {error:.2g} of its largest value")
        n_agree, n_columns = n_agree + len(off) - len(wrong), n_columns + len(off)
    return n_agree, n_columns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("runs", nargs="*", type=Path)
    parser.add_argument("--data", action="append", default=[])
    options = parser.parse_args()
    if not options.model.is_dir():
        report(options.model, options.runs, options.data)
        return
    models = [path for path in sorted(options.model.rglob("*.mdl")) if path.with_suffix(".dat").exists()]
    counts = []
    for path in models:
        others = [str(one) for one in path.parent.glob("*.dat") if one.stem != path.stem]
        counts.append(report(path, [path.with_suffix(".dat")], others))
    whole = sum(agree == columns > 0 for agree, columns in counts)
    n_agree, n_columns = map(sum, zip(*counts, strict=True))
    print(f"{whole} of {len(models)} models agree in full; {n_agree} of {n_columns} columns agree")


if __name__ == "__main__":
    main()
