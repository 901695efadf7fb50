"""One small model for each feature of the languages, against values worked out by hand.

A folder holds the feature in every language that has it: model.mdl, model.xmile, one expected.csv.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from realities.engine.reference import simulate
from realities.errors import Findings
from realities.ir.builtins import BUILTINS
from realities.ir.expr import Call, walk
from realities.ir.model import Model
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.languages import LANGUAGES
from realities.model.load import load_model, read_file
from realities.source import SourceText

CORPUS = Path(__file__).parents[1] / "corpus"
ENDINGS = (".mdl", ".xmile")
MODELS = sorted(path for path in CORPUS.glob("*/model.*") if path.suffix in ENDINGS)

#: Features that one language has and the other has not, or says so differently that numbers differ.
ONLY_VENSIM = {
    "accounting": "functions of Vensim's",
    "allocation": "functions of Vensim's",
    "data": "XMILE has no data variables",
    "data equations": "XMILE has no data variables",
    "data points": "XMILE has no data variables",
    "dates": "functions of Vensim's",
    "dates in months": "functions of Vensim's",
    "delays that vary": "functions of Vensim's",
    "exceptions": "XMILE gives elements equations of their own: element-wise arrays",
    "lookup slopes": "functions of Vensim's",
    "lookups": "functions of Vensim's; in XMILE: graphical functions",
    "macros with outputs": "a macro of XMILE has one value",
    "mappings": "XMILE has no mappings",
    "market prices": "functions of Vensim's",
    "matrices": "functions of Vensim's",
    "missing values": "XMILE has no :NA:",
    "mixed definitions": "XMILE gives elements equations of their own: element-wise arrays",
    "numbered ranges": "XMILE numbers the elements of a dimension by its size: slices",
    "random numbers": "other functions in XMILE: random numbers in xmile",
    "rounding": "XMILE rounds down: rounding in xmile",
    "spreadsheets": "functions of Vensim's",
    "stocks within bounds": "a function of Vensim's; in XMILE: non-negative stocks",
    "subscripts": "with mappings and exceptions; in XMILE: slices, arrays in xmile",
    "tabbed arrays": "a way of writing of Vensim's",
    "tables of text": "functions of Vensim's",
    "test inputs": "other functions in XMILE: test inputs in xmile",
    "vectors": "functions of Vensim's; in XMILE: arrays in xmile",
}
ONLY_XMILE = {
    "arrays in xmile": "functions of XMILE's",
    "conveyors": "Vensim's have other names and meanings, and are refused",
    "element-wise arrays": "Vensim writes an equation for each element: mixed definitions",
    "graphical functions": "Vensim's lookups have no kinds: lookups",
    "lookups and choices in xmile": "functions of XMILE's",
    "modules": "Vensim has no modules",
    "non-negative stocks": "Vensim lets stocks be negative",
    "previous values": "Vensim has no PREVIOUS",
    "queues": "Vensim's have other names and meanings, and are refused",
    "random numbers in xmile": "functions of XMILE's",
    "reciprocal steps": "Vensim writes the step as a number",
    "rk45": "a .mdl file cannot ask for it",
    "rounding in xmile": "functions of XMILE's",
    "slices": "Vensim marks what is summed over: subscripts",
    "test inputs in xmile": "functions of XMILE's",
    "waves and switches": "functions of Stella's",
}
#: Functions by language that no corpus model calls by name, and why.
UNCALLED = {
    "vensim": {
        ":macro:": "stands for a macro that its file defines: macros",
        ":output:": "stands for an output of a macro: macros with outputs",
    },
    "xmile": {
        ":macro:": "stands for a macro that its file defines: macros",
        "integ": "what a stock is read as",
        "lookup": "a graphical function by name: graphical functions",
    },
}


def expected(path: Path) -> tuple[list[float], dict[str, list[float]]]:
    """Return the times and the columns of the expected output beside a model."""
    with path.with_name("expected.csv").open(encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    columns = {name: [float(row[at]) for row in rows] for at, name in enumerate(header) if at > 0}
    return [float(row[0]) for row in rows], columns


@cache
def load(path: Path) -> Model:
    """Return a model, with its data where it has any."""
    return load_model(path, data=sorted(path.parent.glob("data.csv")))


def short(path: Path) -> str:
    return path.relative_to(CORPUS).as_posix()


@pytest.mark.parametrize("path", MODELS, ids=short)
def test_a_feature_gives_the_values_worked_out_by_hand(path: Path) -> None:
    run = simulate(load(path))
    times, columns = expected(path)
    assert columns
    assert run.times.tolist() == pytest.approx(times)
    for name, values in columns.items():
        assert run[name][0].tolist() == pytest.approx(values, rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize("path", MODELS, ids=short)
def test_a_model_says_where_its_numbers_come_from(path: Path) -> None:
    first, second = path.read_text(encoding="utf-8").splitlines()[:2]
    assert first.startswith(("{UTF-8}", "<?xml"))
    assert second.startswith(("{ ", "<!-- "))
    assert len(second) > 20


def test_every_feature_is_shown_in_every_language_that_has_it() -> None:
    found = {ending: {path.parent.name for path in MODELS if path.suffix == ending} for ending in ENDINGS}
    assert {path.name for path in CORPUS.iterdir()} == found[".mdl"] | found[".xmile"]
    assert found[".mdl"] - found[".xmile"] == set(ONLY_VENSIM)
    assert found[".xmile"] - found[".mdl"] == set(ONLY_XMILE)


def test_no_built_in_function_is_without_a_model() -> None:
    called: set[str] = set()
    for path in MODELS:
        for variable in load(path).variables:
            for expr in (variable.expression, variable.initial, *variable.extra):
                called |= {node.function for node in walk(expr) if isinstance(node, Call)} if expr else set()
    assert called == set(BUILTINS)


def words(path: Path) -> Iterator[tuple[str, str]]:
    """Yield every name that the equations of a model use, as its language and the name's key."""
    file = read_file(SourceText(str(path), path.read_text(encoding="utf-8")), Findings())
    yield from ((file.dialect, name_key(one.outside.function.name)) for one in file.dimensions if one.outside)
    bodies = [file.equations, *(macro.equations for macro in file.macros)]
    for equation in (one for body in bodies for one in body):
        for term in syntax.terms(equation.right) if equation.right is not None else ():
            match term:
                case syntax.Apply(function=syntax.Name(name)) | syntax.Name(name):
                    yield file.dialect, name_key(name)


def test_no_function_of_a_language_is_without_a_model() -> None:
    used = {word for path in MODELS for word in words(path)}
    vensim, xmile = LANGUAGES["vensim"], LANGUAGES["xmile"]
    missing = {
        language.dialect: {
            key
            for key in (*language.simple, *language.unfold, *language.whole)
            if (language.dialect, key) not in used
        }
        for language in (vensim, xmile)
    }
    # A function of Vensim's that a translator left in an XMILE file means what it means there.
    carried_over = {key for key in vensim.simple if xmile.simple.get(key) == vensim.simple[key]}
    carried_over |= {*vensim.unfold, *vensim.whole} & {*xmile.unfold, *xmile.whole}
    missing["xmile"] -= {key for key in carried_over if ("vensim", key) in used or key in UNCALLED["vensim"]}
    assert missing["vensim"] - set(UNCALLED["vensim"]) == set()
    assert missing["xmile"] - set(UNCALLED["xmile"]) == set()
