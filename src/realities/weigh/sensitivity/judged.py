"""An account's posterior draws run forward, draw by draw: what each makes of every claim and quantity.

In come a fit and, if wanted, constants put at other values; out comes `JudgedDraws`. All random streams
(model error, the model's own dice) are keyed by draw, so that two runs of one fit differ by what was changed
and by nothing else. Draws of a posterior repeat the points they were drawn from: `points` says which draws
are copies of which, and errors are counted by points. Next is `pawn.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from realities.case.folder import Case
from realities.ensemble import Ensemble
from realities.ir.builtins import BUILTINS
from realities.ir.expr import Call, Ref, walk
from realities.weigh.ahead import Ahead, Look
from realities.weigh.fits import AccountFit
from realities.weigh.forward import BLOCK

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class JudgedDraws:
    """What every draw of a fit makes of the claims.

    Attributes
    ----------
    truth, margin
        By id of the claim, each (draw,); a margin that is no number marks a draw without an answer.
    shown
        By quantity, what its measure reads at the times asked for, with model error, each (draw, time).
    """

    truth: Mapping[str, BoolArray]
    margin: Mapping[str, FloatArray]
    shown: Mapping[str, FloatArray]


def judged_draws(
    case: Case,
    fit: AccountFit,
    as_of: date,
    seed: int,
    *,
    times: FloatArray | None = None,
    changed: Mapping[str, FloatArray] | None = None,
) -> JudgedDraws:
    """Return what a fit's draws make of every claim with a predicate.

    Parameters
    ----------
    case, fit
        The case, and one account's fit to it.
    as_of
        Dated inputs published by then are known.
    seed
        Of the model error and the model's own random numbers.
    times
        Model times at which quantities are read, ascending, at least two; default: first and last.
    changed
        Constants to be put at other values, each (draw,), in every draw; nothing is fitted again.
    """
    if times is None:
        times = np.array([case.calendar.initial_time, case.calendar.time_of(case.calendar.finish)])
    claims = tuple(claim for claim in case.claims if claim.predicate is not None)
    fit = replace(fit, parameters={**fit.parameters, **(changed or {})})
    ahead = Ahead(case, fit, Look(as_of, times, claims, {}, {}), seed)
    pieces = [ahead.run(slice(first, first + BLOCK)) for first in range(0, fit.n_draws, BLOCK)]
    failed = np.concatenate([piece.failed for piece in pieces])
    truth, margin = {}, {}
    for claim in claims:
        parts = [piece.judged[claim.id] for piece in pieces]
        found = np.concatenate([part[1] for part in parts])
        truth[claim.id] = np.concatenate([part[0] for part in parts])
        margin[claim.id] = np.where(failed, np.nan, found)
    shown = {
        q: np.where(failed[:, None], np.nan, np.concatenate([piece.shown[q] for piece in pieces]))
        for q in case.measures
    }
    return JudgedDraws(truth, margin, shown)


def dice(case: Case, fit: AccountFit, as_of: date, seed: int) -> dict[str, FloatArray]:
    """Return the model's own rolls of dice by name, each (draw,), as `judged_draws` has them.

    They are the variables that are drawn once, at the beginning, from nothing else.
    """
    names = [
        variable.name for variable in case.model.variables if _is_die(variable.kind, variable.expression)
    ]
    if not names:
        return {}
    fixed = {n: p.fixed for n, p in case.priors(fit.account).items() if p.fixed is not None}
    start = case.calendar.initial_time
    found = Ensemble(case, as_of=as_of, outputs=names).run(
        {**fixed, **fit.parameters},
        n_draws=fit.n_draws,
        save_times=np.array([start]),
        final_time=start,
        seed=seed,
    )
    return {name: found[name][:, 0] for name in names}


def _is_die(kind: str, expression: object) -> bool:
    if kind != "initial" or not isinstance(expression, Call):
        return False
    parts = list(walk(expression))
    is_random = any(isinstance(part, Call) and BUILTINS[part.function].is_random for part in parts)
    return is_random and not any(isinstance(part, Ref) for part in parts)


def points_of(fit: AccountFit) -> NDArray[np.intp]:
    """Return, for each draw, the number of the posterior point that it repeats, (draw,).

    Numbers follow the points' values, so that they do not depend on the order of the draws.
    """
    if not fit.parameters:
        return np.arange(fit.n_draws)
    columns = np.column_stack([fit.parameters[name] for name in sorted(fit.parameters)])
    return np.unique(columns, axis=0, return_inverse=True)[1].reshape(-1)
