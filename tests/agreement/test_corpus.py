"""One small model for each feature of the language, against values worked out by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from realities.engine.reference import simulate
from realities.ir.builtins import BUILTINS
from realities.ir.expr import Call, walk
from realities.ir.model import Model
from realities.model.load import load_model

CORPUS = Path(__file__).parents[1] / "corpus"
FEATURES = sorted(path.name for path in CORPUS.iterdir() if path.is_dir())


def read(feature: str) -> Model:
    """Return the model of a feature, with its data where it has any."""
    folder = CORPUS / feature
    path = next(path for ending in ("mdl", "xmile") if (path := folder / f"model.{ending}").exists())
    return load_model(path, data=sorted(folder.glob("data.csv")))


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_gives_the_values_worked_out_by_hand(feature: str) -> None:
    run = simulate(read(feature))
    with (CORPUS / feature / "expected.csv").open(encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    assert run.times.tolist() == pytest.approx([float(row[0]) for row in rows])
    for index, name in enumerate(header[1:], start=1):
        expected = [float(row[index]) for row in rows]
        assert run[name][0].tolist() == pytest.approx(expected, rel=1e-9, abs=1e-9), name


def test_no_built_in_function_is_without_a_model() -> None:
    called: set[str] = set()
    for feature in FEATURES:
        for variable in read(feature).variables:
            for expr in (variable.expression, variable.initial, *variable.extra):
                called |= {node.function for node in walk(expr) if isinstance(node, Call)} if expr else set()
    assert called == set(BUILTINS)
