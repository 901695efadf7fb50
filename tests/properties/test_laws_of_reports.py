"""A law of all reporting models: what is predicted and what is weighed are one distribution.

If figures y come about as `predict` says under one truth, then the density under another truth over that
under the first is one on average, E[p(y | other) / p(y | one)] = 1: both densities are normalized, and the
second is that of the figures. Biases, drifts and model errors are drawn for a prediction and integrated out
of a density, so this checks them together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from realities.case.folder import Case
from realities.case.observations import Observation
from realities.weigh.fits import with_unheard
from realities.weigh.likelihood import AccountLikelihood
from realities.weigh.posterior import unweighed_account
from realities.weigh.reporting.reports import quantity_reports

MakeCase = Callable[..., Case]
Row = tuple[object, ...]
N = 250
FACTOR = 1.08  # of the other truth

VALUES: list[Row] = [
    (2001, 2001, 101.3, "", "", "person", "Bureau"),
    (2002, 2002, 140.7, "", "", "person", "Office"),
    (2004, 2004, 93.71, "", "", "person", "Bureau"),
    (2004, 2005, 118.2, "", "", "person", "Office"),
    (2009, 2009, 126.5, "", "", "person", "Bureau"),
]
ROUND: list[Row] = [(*row[:2], 100, *row[3:]) for row in VALUES]
COUNTS: list[Row] = [
    (year, year, 10 * year - 19990, "", "", "person", "Bureau") for year in range(2001, 2007)
]


def with_ranges(row: Row) -> Row:
    value = float(str(row[2]))
    return (*row[:3], value * 0.75, value * 1.3, *row[5:])


NORMAL = 'bias = "lognormal(median=0.9, sigma=0.4)"'

MEASURES = {
    "biases, drift and model error": (
        VALUES,
        "discrepancy = { sd = 0.2, timescale_days = 700 }\n"
        f'reporters."Bureau" = {{ {NORMAL}, noise = 0.1, drift = true }}\n'
        'reporters."Office" = { bias = "beta(8, 4)", noise = "lognormal(median=0.2, sigma=0.3)" }',
    ),
    "ranges beside values": (
        [with_ranges(row) for row in VALUES],
        f'reporters."Bureau" = {{ {NORMAL}, noise = 0.1 }}\nreporters."Office" = {{ noise = 0.05 }}',
    ),
    "the linear scale": (
        VALUES,
        'scale = "linear"\nreporters."Bureau" = { bias = "normal(1, 0.05)", noise = 8, drift = true }\n'
        'reporters."Office" = { bias = 0.9, noise = "lognormal(median=9, sigma=0.2)" }',
    ),
    "one step of rounding, coarse": (
        ROUND,
        f'reporters."Bureau" = {{ {NORMAL}, noise = 0.1, rounding = 50 }}\n'
        'reporters."Office" = { noise = 0.1 }',
    ),
    "one step of rounding, fine": (
        ROUND,
        f'reporters."Bureau" = {{ {NORMAL}, noise = 0.1, rounding = 1 }}\n'
        'reporters."Office" = { noise = 0.1 }',
    ),
    "heaping": (
        ROUND,
        'reporters."Bureau" = { noise = 0.2, heaping = { steps = [5, 10, 50] } }\n'
        'reporters."Office" = { noise = 0.2, heaping = { steps = [1, 10], shares = [0.4, 0.6] } }',
    ),
    "a walking bias": (
        VALUES,
        f'reporters."Bureau" = {{ {NORMAL}, noise = 0.05, drift = {{ walk = 0.1 }} }}\n'
        'reporters."Office" = { noise = 0.1, drift = { trend = "normal(0, 0.02)", walk = 0.05 } }',
    ),
    "a shared origin": (
        VALUES,
        'origins."Desk" = { bias = "lognormal(median=1.1, sigma=0.3)", noise = 0.1 }\n'
        'reporters."Bureau" = { origin = "Desk", noise = 0.05 }\n'
        'reporters."Office" = { origin = "Desk", bias = "lognormal(median=0.9, sigma=0.1)", noise = 0.1 }',
    ),
    "levels": (
        [(*row[:2], 60 + 40 * (k % 3), *row[3:]) for k, row in enumerate(VALUES)],
        'kind = "ordinal"\nscale = "log"\nlevels = [60, 100, 140]\ncuts = [80, 120]\n'
        'reporters."Bureau" = { bias = "lognormal(median=1, sigma=0.2)", noise = 0.1 }\n'
        'reporters."Office" = { noise = 0.2 }',
    ),
    "a count with a delay and vintages": (
        [*COUNTS[:4], *((year, year + 3, 40, "", "", "person", "Bureau") for year in (2001, 2003))],
        'kind = "count"\ndelay = "lognormal(median=500, sigma=0.3)"\n'
        'reporters."Bureau" = { bias = 0.6, noise = "lognormal(median=0.2, sigma=0.3)" }',
    ),
    "a count without delay": (
        COUNTS,
        'kind = "count"\nreporters."Bureau" = { bias = "beta(6, 4)", noise = 0.2 }',
    ),
}

#: Intervals of many rows that share errors take long, one case for each set of figures.
JOINT = ("levels", "one step of rounding, coarse", "heaping")


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=[pytest.mark.slow] * (one in JOINT)) for one in MEASURES]
)
def test_figures_as_predicted_have_the_density_that_weighs_them(make_case: MakeCase, name: str) -> None:
    rows, text = MEASURES[name]
    case = make_case({"one": {"start value": "100"}}, rows, text)
    likelihood = AccountLikelihood(case, "one", date(2010, 1, 1))
    (reports,) = likelihood.reports.values()
    assert len(reports.rows) == len(rows)
    fit = with_unheard(unweighed_account(case, "one", seed=3, n_draws=N), [reports])
    parameters = fit.reporter_parameters
    rate = 10.0 if reports.measure.kind == "count" else 0.0  # counts are of what grows
    truth = np.tile(100.0 + rate * reports.times, (N, 1))
    figures = reports.predict(truth, parameters, None, np.random.default_rng(5))
    ratios = np.empty(N)
    for k, values in enumerate(figures):
        said = [
            replace(row, value=value) if row.low is None else _moved(row, value)
            for row, value in zip(reports.rows.observations, values.tolist(), strict=True)
        ]
        made = quantity_reports(case.measures["count"], said, case.calendar)
        own = {parameter: draws[[k]] for parameter, draws in parameters.items()}
        other, one = (made.log_density(factor * truth[[k]], own)[0] for factor in (FACTOR, 1.0))
        ratios[k] = np.exp(other - one)
    error = ratios.std() / np.sqrt(N)
    assert error > 0.001  # the two truths are told apart
    assert abs(ratios.mean() - 1) < 4 * error


def _moved(row: Observation, value: float) -> Observation:
    """Return a row with another value and a range as wide, in proportion, as it had."""
    assert row.value is not None and row.low is not None and row.high is not None
    factor = value / row.value
    return replace(row, value=value, low=row.low * factor, high=row.high * factor)
