"""Realities against pysimlin and PySD, on every model that both can run, also with other constants.

Where a tool and the specification part, known_divergences.toml says so with its reference, and a test
here sees that the tool still does. Files that a divergence covers are left out of the comparison; the
specification's side of them is in test_conformance.py and test_corpus.py.
"""

from __future__ import annotations

import tomllib
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from agreement_peers import RefusedError, disagreements, need, run_ours, run_pysd, run_pysimlin
from test_conformance import ROOT as CONFORMANCE

from realities.errors import InputError
from realities.ir.model import Model, name_key
from realities.model.languages import READERS
from realities.model.load import load_model

HERE = Path(__file__).parent
CORPUS = HERE.parent / "corpus"
KNOWN = tomllib.loads((HERE / "known_divergences.toml").read_text(encoding="utf-8"))
DIVERGENCES = KNOWN["divergence"]
CONTROL = "\nINITIAL TIME = 0 ~~| FINAL TIME = 4 ~~| TIME STEP = 1 ~~| SAVEPER = TIME STEP ~~|\n"


def model_files() -> dict[str, Path]:
    """Return the models of the corpus and, where it is here, of the conformance collection, by short name."""
    found = {}
    for root, prefix in ((CORPUS, "corpus/"), (CONFORMANCE, "")):
        for path in sorted(root.rglob("*")):
            if path.suffix.lower() in READERS:
                found[prefix + path.relative_to(root).as_posix()] = path
    return found


def left_out(*, with_sporadic: bool = True) -> set[str]:
    """Return the files, or folders of files, that are not compared with pysimlin."""
    covered = {name for one in DIVERGENCES if one["tool"] == "pysimlin" for name in one["covers"]}
    others = (one for one in KNOWN["left_out"] if with_sporadic or not one.get("is_sporadic"))
    return covered | {one["file"] for one in others if one["tool"] == "pysimlin"}


def is_covered(name: str, by: set[str]) -> bool:
    return any(name == one or name.startswith(f"{one}/") for one in by)


@cache
def ours(path: Path) -> Model | None:
    """Return a model, or None where it is not one that can be run."""
    try:
        return load_model(path)
    except InputError:
        return None


def compare(path: Path, constants: dict[str, float] | None = None) -> tuple[int, list[str]]:
    """Return how many columns two runs have in common and where they differ; none where one refuses."""
    model = ours(path)
    if model is None:
        return 0, []
    try:
        theirs = run_pysimlin(path, constants)
    except RefusedError:
        return 0, []
    try:
        return disagreements(run_ours(model, constants), theirs)
    except InputError:
        return 0, []


def changed(model: Model, name: str) -> dict[str, float]:
    """Return other values, up to a tenth away, for the constants of a model, where not 0 or 1."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    controls = {name_key(one) for one in ("initial time", "final time", "time step", "saveper")}
    values = {}
    for constant in model.constants:
        value = getattr(constant.expression, "value", None)
        is_own = name_key(constant.name) not in controls and not constant.is_hidden
        if is_own and isinstance(value, float) and abs(value) < 1e30 and value not in (0.0, 1.0):
            values[constant.name] = value * float(rng.uniform(0.9, 1.1))
    return values


def test_the_same_models_give_the_same_numbers_in_pysimlin(capsys: pytest.CaptureFixture[str]) -> None:
    need("simlin")
    skip = left_out()
    n_models, n_columns, problems = 0, 0, []
    for name, path in model_files().items():
        if is_covered(name, skip):
            continue
        columns, wrong = compare(path)
        n_models += columns > 0
        n_columns += columns
        problems += [f"{name}: {one}" for one in wrong[:3]]
    with capsys.disabled():
        print(f"\npysimlin: {n_columns} columns of {n_models} models compared")
    assert not problems, "\n".join(problems)
    assert n_models >= 8


def test_other_constants_change_both_in_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    need("simlin")
    skip = left_out()
    n_models, n_changed, problems = 0, 0, []
    for name, path in model_files().items():
        model = None if is_covered(name, skip) else ours(path)
        constants = changed(model, name) if model is not None else {}
        if not constants:
            continue
        columns, wrong = compare(path, constants)
        n_models += columns > 0
        n_changed += len(constants) if columns else 0
        problems += [f"{name}: {one}" for one in wrong[:3]]
    with capsys.disabled():
        print(f"\npysimlin: {n_models} models agree after {n_changed} constants are changed")
    assert not problems, "\n".join(problems)
    assert n_models >= 2


def test_every_file_that_is_left_out_still_disagrees() -> None:
    need("simlin")
    files = model_files()
    for one in sorted(left_out(with_sporadic=False)):
        found = {name: path for name, path in files.items() if is_covered(name, {one})}
        if not found and not one.startswith("corpus/"):
            continue  # the conformance collection is not here
        assert found, f"{one} is no model"
        disagree = (
            compare(path)[1] or compare(path, changed(model, name))[1]
            for name, path in found.items()
            if (model := ours(path)) is not None
        )
        assert any(disagree), f"{one} agrees by now"


@pytest.mark.parametrize("divergence", DIVERGENCES, ids=lambda one: one["id"])
def test_a_known_divergence_is_still_one(divergence: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / f"model{divergence.get('ending', '.mdl')}"
    text = str(divergence["model"])
    has_times = path.suffix != ".mdl" or "INITIAL TIME" in text
    path.write_text("{UTF-8}\n" + text + CONTROL if not has_times else text, encoding="utf-8")
    key = name_key(str(divergence["column"]))
    assert run_ours(load_model(path)).values[key].tolist() == pytest.approx(divergence["specification"])
    assert str(divergence["reference"]).count(" ") > 2
    if divergence["tool"] == "pysimlin":
        need("simlin")
        theirs = run_pysimlin(path).values[key].tolist()
        if "gives" in divergence:
            assert theirs == pytest.approx(divergence["gives"])
        assert theirs != pytest.approx(divergence["specification"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "allocation",
        "delays",
        "division by zero",
        "euler",
        "kept values",
        "matrices",
        "rounding",
        "smooths",
        "subscripts",
        "trigonometry",
    ],
)
def test_the_same_models_give_the_same_numbers_in_pysd(name: str, tmp_path: Path) -> None:
    need("pysd")
    path = tmp_path / "model.mdl"
    mark, _, text = (CORPUS / name / "model.mdl").read_text(encoding="utf-8").split("\n", 2)
    path.write_text(f"{mark}\n{text}", encoding="utf-8")  # PySD takes no comment before the first equation
    columns, wrong = disagreements(run_ours(load_model(path)), run_pysd(path))
    assert columns > 0
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize(
    "divergence", [one for one in DIVERGENCES if one["tool"] == "pysd"], ids=lambda one: one["id"]
)
def test_a_known_divergence_of_pysd_is_still_one(divergence: dict[str, object], tmp_path: Path) -> None:
    need("pysd")
    path = tmp_path / f"model{divergence.get('ending', '.mdl')}"
    path.write_text(str(divergence["model"]), encoding="utf-8")
    theirs = run_pysd(path).values[name_key(str(divergence["column"]))].tolist()
    assert theirs == pytest.approx(divergence["gives"])
    assert theirs != pytest.approx(divergence["specification"])
