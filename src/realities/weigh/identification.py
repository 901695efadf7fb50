"""Which levels the reports told, and which rest on what was assumed of their reporters.

In come a case and the fits of a date; out comes one `LevelTold` for each quantity whose heard reporters all
have uncertain biases. Reports always show the shape of a quantity; if no bias comes out narrower than it
went in, then where the truth lies between the reports was decided by the priors of the biases, or by the
account's, not by any report. `case/identified.py` says before a weighing what cannot be told at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from realities.case.folder import Case
from realities.case.identified import TELLING
from realities.case.measures import Measure
from realities.case.observations import Observation
from realities.case.priors import Prior
from realities.weigh.fits import AccountFit, LevelTold
from realities.weigh.reporting.terms import parameter_name

#: Probabilities at which a prior's spread is taken.
_N_POINTS = 2000


def levels_told(
    case: Case, fits: Mapping[str, AccountFit], used: Iterable[Observation]
) -> tuple[LevelTold, ...]:
    """Return what was told of the level of every quantity that nobody ties down, in order of names."""
    heard: dict[str, set[str]] = {}
    for row in used:
        heard.setdefault(row.quantity, set()).add(row.reporter)
    found = []
    for quantity, names in sorted(heard.items()):
        measure = case.measures[quantity]
        if measure.kind not in TELLING or any(_is_known(measure, name) for name in names):
            continue
        biases = {name: prior for reporter in sorted(names) for name, prior in _biases(measure, reporter)}
        narrowing = {account: _narrowing(quantity, fit, biases) for account, fit in fits.items()}
        if all(narrowing.values()):
            found.append(LevelTold(quantity, narrowing))
    return tuple(found)


def remark_on_levels(told: Iterable[LevelTold], accounts: Iterable[str]) -> list[str]:
    """Return sentences on the quantities whose level rests on priors: under all accounts, then under some."""
    n_accounts = len(list(accounts))
    under_all = [one.quantity for one in told if len(one.on_priors) == n_accounts]
    under_some = [one for one in told if 0 < len(one.on_priors) < n_accounts]
    remarks = []
    if under_all:
        names = ", ".join(f'"{quantity}"' for quantity in under_all)
        level = "levels" if len(under_all) > 1 else "level"
        rest = "rest" if len(under_all) > 1 else "rests"
        remarks.append(
            f"the {level} of {names} {rest} on the priors of the reporters: no report narrows a bias"
        )
    remarks += [
        f'the level of "{one.quantity}" rests on the priors of its reporters under '
        + ", ".join(f'"{account}"' for account in one.on_priors)
        for one in under_some
    ]
    return remarks


def _biases(measure: Measure, reporter: str) -> list[tuple[str, Prior]]:
    """Return the uncertain biases of a reporter and of its origin, by name."""
    own = measure.reporters[reporter]
    found = [(reporter, own.bias)]
    if own.origin is not None:
        found.append((own.origin, measure.origins[own.origin].bias))
    return [(name, prior) for name, prior in found if prior.fixed is None]


def _is_known(measure: Measure, reporter: str) -> bool:
    return not _biases(measure, reporter)


def _narrowing(quantity: str, fit: AccountFit, biases: Mapping[str, Prior]) -> dict[str, float]:
    """Return the spread of each bias given the reports over that before; empty if a fit has none."""
    found = {}
    for name, prior in biases.items():
        draws = fit.reporter_parameters.get(parameter_name("bias", quantity, name))
        before = _log_sd(prior.ppf((np.arange(_N_POINTS) + 0.5) / _N_POINTS))
        if draws is not None and len(draws) > 1 and before > 0:
            found[name] = _log_sd(draws) / before
    return found


def _log_sd(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(np.std(np.log(np.maximum(values, np.finfo(np.float64).tiny))))
