"""A quantity that is told in levels is drawn between them: how far behind the outer ones says nothing."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from realities.case.folder import Case, load_case
from realities.report.curves import _on, level_ends
from realities.report.schema import QuantityData
from realities.report.view import Quantity
from realities.weigh.forward import Forecast


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case("ukraine-2022")


def test_levels_end_at_the_outer_ones_and_figures_nowhere(case: Case) -> None:
    ends = {name: level_ends(measure) for name, measure in case.measures.items()}
    assert ends["control_share_town[Lyman]"] == (0.0, 1.0)
    assert {name for name, end in ends.items() if end is not None} == {
        name for name, measure in case.measures.items() if measure.kind == "ordinal"
    }


def test_curves_are_held_between_levels() -> None:
    times = np.array([0.0, 1.0, 2.0])
    forecast = Forecast.__new__(Forecast)
    object.__setattr__(forecast, "times", times)
    curves = np.array([[-9.0, 0.2, 25.0], [0.5, 0.9, 1.1]])
    held = _on(times, forecast, curves, (0.0, 1.0))
    assert held is not None
    assert held.tolist() == [[0.0, 0.2, 1.0], [0.5, 0.9, 1.0]]
    free = _on(times, forecast, curves, None)
    assert free is not None
    assert free.tolist() == curves.tolist()


def test_levels_stand_where_a_unit_would() -> None:
    quantity = cast("QuantityData", {"title": "Town", "unit": "dmnl", "levels": [0.0, 0.5, 1.0]})
    assert Quantity(quantity).unit_line == "Levels as reported: 0, 0.5, 1"
    assert Quantity(cast("QuantityData", {"unit": "km²"})).unit_line == "km²"
