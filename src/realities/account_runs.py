"""All accounts of a case through its model, on the same draws: what a notebook asks for.

In comes a case, and draws by account where there are some; out come `AccountTrajectories`. Without draws the
accounts run as first stated, from their priors. `ensemble.py` runs the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from realities.case.case import Case
from realities.ensemble import Ensemble, Progress, prior_draws, silent
from realities.errors import did_you_mean
from realities.trajectories import AccountTrajectories, Trajectories

FloatArray = NDArray[np.float64]

#: Times kept where none are asked for: enough to draw, evenly spread from start to finish.
N_TIMES: Final = 101


def simulate_accounts(
    case: Case,
    *,
    draws: int = 200,
    as_of: date | None = None,
    outputs: Sequence[str] | None = None,
    dates: Sequence[date] | None = None,
    parameters: Mapping[str, Mapping[str, FloatArray]] | None = None,
    given: str = "from the priors, before any report",
    seed: int | None = None,
    progress: Progress = silent,
) -> AccountTrajectories:
    """Return the runs of every account: what the model gives, without model error or bias of reporters.

    Parameters
    ----------
    case
        The case.
    draws
        How many of each account; of `parameters` so many, evenly spread, or as many as every account has.
    as_of
        Dated inputs published later stay at the model's default; default: the latest publication.
    outputs
        Quantities of `measures.toml`, as each account reads them, or variables of the model; default: every
        quantity.
    dates
        Days to keep, ascending; default: a hundred and one from start to finish.
    parameters
        Draws of the model's constants by account id and name, each (draw,); default: from the priors.
    given
        What the draws stand for, in words.
    seed
        Default: the case's own.
    progress
        Told what is going on.

    Raises
    ------
    InputError
        If a dated input published by `as_of` is wrong.
    KeyError
        If an output is neither a quantity nor a variable.
    ValueError
        If a date lies outside the case.
    """
    day = case.latest_published if as_of is None else as_of
    case.check_as_of(day)
    key = case.seed if seed is None else seed
    wanted = tuple(case.measures) if outputs is None else tuple(outputs)
    _check_names(case, wanted)
    times = _times(case, dates)
    there = [len(values) for known in (parameters or {}).values() for values in known.values()]
    n_draws = min([draws, *there])  # the same for all, so that draw k stands beside draw k
    runs: dict[str, Trajectories] = {}
    for k, account in enumerate(case.accounts):
        progress("Running", k, len(case.accounts))
        chosen = _spread({} if parameters is None else parameters[account.id], n_draws)
        drawn = {**prior_draws(case.priors(account.id), n_draws, seed=key), **chosen}
        runs[account.id] = _run(case, account.id, day, wanted, times, drawn, n_draws, key)
    progress("Running", len(case.accounts), len(case.accounts))
    return AccountTrajectories(
        case_id=case.id,
        names={account.id: account.name for account in case.accounts},
        runs=runs,
        dates=tuple(case.calendar.date_of(float(time)) for time in times),
        given=given,
    )


def _check_names(case: Case, wanted: Sequence[str]) -> None:
    """Raise `KeyError` with near names where one is neither a quantity nor a variable."""
    for name in wanted:
        if name in case.measures or name in case.model:
            continue
        shown = [variable.name for variable in case.model.variables if not variable.is_hidden]
        choices = f"the quantities are {', '.join(case.measures)}"
        hint = did_you_mean(name, [*case.measures, *shown]) or choices
        raise KeyError(f'no quantity or variable is named "{name}"; {hint}')


def _run(
    case: Case,
    account: str,
    as_of: date,
    wanted: Sequence[str],
    times: FloatArray,
    drawn: Mapping[str, FloatArray],
    n_draws: int,
    seed: int,
) -> Trajectories:
    """Return one account's runs, its quantities by their own names."""
    variables = {
        name: case.measures[name].variable_for(account) if name in case.measures else case.model[name].name
        for name in wanted
    }
    ensemble = Ensemble(case, as_of=as_of, outputs=tuple(dict.fromkeys(variables.values())))
    found = ensemble.run(drawn, n_draws=n_draws, save_times=times, seed=seed)
    units = {name: found.units.get(variable) for name, variable in variables.items()}
    values = {name: found[variable] for name, variable in variables.items()}
    return Trajectories(
        found.times, values, units, found.failed, found.first_failure, found.time_unit, found.dimensions
    )


def _times(case: Case, dates: Sequence[date] | None) -> FloatArray:
    """Return the model times to keep."""
    calendar = case.calendar
    if dates is None:
        return np.linspace(calendar.initial_time, calendar.time_of(calendar.finish), N_TIMES)
    outside = [day for day in dates if not calendar.covers(day)]
    if outside:
        raise ValueError(f"{outside[0]} lies outside the case, {calendar.start} to {calendar.finish}")
    return np.array([calendar.time_of(day) for day in sorted(set(dates))])


def _spread(parameters: Mapping[str, FloatArray], draws: int) -> dict[str, FloatArray]:
    """Return so many draws, evenly spread; draws stay aligned."""
    n = min((len(values) for values in parameters.values()), default=1)
    kept = np.linspace(0, n - 1, draws).round().astype(np.intp)
    return {name: values[kept] for name, values in parameters.items()}
