"""What sizes of error the record itself makes most likely: noise and model error of each measure.

    python bench/scales.py [CASE] [--account reference] [--as-of DAY] [--draws 200] [--only TEXT]

The account is fitted to all reports. Then, for every measure of values or levels with a discrepancy and
enough reports, three numbers are moved together until the reports are most likely, on the mean over
posterior draws of the truth (empirical Bayes): size and timescale of the discrepancy, and a factor on the
noise of all reporters. Weak priors hold them near the present values: a factor of 2.7 on the size and of 2
on the other two is one standard deviation. Printed are the present values, the best ones, and what they
gain in log density. Below a gain of 2 or so the present value is as good. `shorter` and `longer` are what
half the size with a quarter of the timescale gains, and twice the size with four times the timescale: over
short stretches all three err alike, so where both are near nothing, the record does not tell how long an
error lasts, and a forecast has to be told.

The best values know every report and the truth that was fitted with the present ones: they tell how large
errors were, and are no licence to repeat the step until nothing is left of them.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from realities.case.calendar import Calendar
from realities.case.folder import load_case
from realities.case.measures import Discrepancy, Measure
from realities.case.observations import Observation
from realities.case.priors import fixed_prior
from realities.weigh.likelihood import AccountLikelihood, used_observations
from realities.weigh.posterior import fit_account
from realities.weigh.reporting.reports import quantity_reports

FloatArray = NDArray[np.float64]

#: Standard deviations of the weak priors on the logarithms of size, timescale and noise factor.
LOOSE = np.array([1.0, 0.7, 0.7])
#: A measure with fewer reports says too little.
ENOUGH = 4


def main() -> None:
    """Fit once and print present and best sizes of error, measure by measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", nargs="?", default="ukraine-2022")
    parser.add_argument("--account", default="reference")
    parser.add_argument("--as-of", default=None)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--effort", default="sketch")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    case = load_case(options.case)
    last = case.latest_published if options.as_of is None else date.fromisoformat(options.as_of)
    fit = fit_account(case, options.account, as_of=last, seed=case.seed, effort=options.effort)
    likelihood = AccountLikelihood(case, options.account, last)
    every = {**fit.parameters, **fit.reporter_parameters}
    drawn = {name: values[: options.draws] for name, values in every.items()}
    truths, _ = likelihood.truths(drawn, min(options.draws, fit.n_draws))
    rows = used_observations(case, last)
    print(f"{'':<34}{'size':>18}{'days':>14}{'noise':>8}{'gain':>8}{'shorter':>9}{'longer':>8}")
    for quantity, measure in case.measures.items():
        own = [row for row in rows if row.quantity == quantity]
        if measure.discrepancy is None or measure.kind not in ("value", "ordinal") or len(own) < ENOUGH:
            continue
        if options.only in quantity:
            print(line(measure, *best(measure, own, truths[quantity], drawn, case.calendar)), flush=True)


def best(
    measure: Measure,
    rows: Sequence[Observation],
    truth: FloatArray,
    parameters: dict[str, FloatArray],
    calendar: Calendar,
) -> tuple[FloatArray, float, float, float]:
    """Return the best size, timescale and noise factor; what they, shorter and longer errors gain.

    `truth` is the measured variable of each draw at the days of the rows, (draw, time).
    """
    assert measure.discrepancy is not None
    start = np.log([measure.discrepancy.sd, measure.discrepancy.timescale_days, 1.0])

    def log_density(at: FloatArray) -> float:
        reports = quantity_reports(with_scales(measure, np.exp(at)), rows, calendar)
        return float(logsumexp(reports.log_density(truth, parameters)) - np.log(len(truth)))

    def cost(at: FloatArray) -> float:
        return float(0.5 * (((at - start) / LOOSE) ** 2).sum() - log_density(at))

    steps = np.array([[0, 0, 0], [0.4, 0, 0], [0, 0.4, 0], [0, 0, -0.4]])
    simplex = {"xatol": 0.02, "fatol": 0.02, "maxiter": 200, "initial_simplex": start + steps}
    found = minimize(cost, start, method="Nelder-Mead", options=simplex)
    now, longer = log_density(start), np.log([2.0, 4.0, 1.0])
    gains = (
        cost(start) - float(found.fun),
        log_density(start - longer) - now,
        log_density(start + longer) - now,
    )
    return np.exp(found.x), *gains


def with_scales(measure: Measure, scales: FloatArray) -> Measure:
    """Return a measure with another size and timescale of its discrepancy, and all noises times a factor."""
    size, days, factor = scales.tolist()
    reporters = {
        name: one if one.noise.fixed is None else replace(one, noise=fixed_prior(one.noise.fixed * factor))
        for name, one in measure.reporters.items()
    }
    return replace(measure, discrepancy=Discrepancy(size, days), reporters=reporters)


def line(measure: Measure, scales: FloatArray, gain: float, shorter: float, longer: float) -> str:
    """Return a line of the table."""
    assert measure.discrepancy is not None
    size, days, factor = scales
    now = measure.discrepancy
    return (
        f"{measure.quantity:<34}{now.sd:>8.3g} ->{size:>7.3f}{now.timescale_days:>6.0f} ->{days:>5.0f}"
        f"{'x':>3}{factor:>5.2f}{gain:>8.1f}{shorter:>9.1f}{longer:>8.1f}"
    )


if __name__ == "__main__":
    main()
