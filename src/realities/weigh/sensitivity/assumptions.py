"""Which assumptions move which claim, under one account and on its posterior draws.

In come a case and an account's fit; out comes, for every claim with a predicate, one `Effect` for each
assumption. There are three kinds:

- `input`, a number that the account is unsure of, or one of the model's own dice: the chance of the claim in
  the lowest and in the highest fifth of its draws, and the PAWN index of the margin (`pawn.py`);
- `prior`, a number that the account has a prior of its own for: the chance under that prior, and under the
  common one, by weighing the draws anew, reports included;
- `constant`, a number or switch that the account fixes otherwise than the others: the chance as it is, and
  with the common value put back in the same draws. Nothing is fitted again, so the reports have no say.

Inputs of a posterior are correlated: a slice of one brings along whatever goes with it, so an input may have
an effect that belongs to another (`correlations`). What lies within the error of the draws is not told.
Next is `analysis.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import hypot
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from realities.case.folder import Case
from realities.case.hidden import constant_value
from realities.case.priors import Prior, fixed_prior
from realities.ensemble import prior_draws
from realities.weigh.fits import AccountFit
from realities.weigh.forward import thinned
from realities.weigh.sampling.importance import k_hat
from realities.weigh.sampling.runs import WORST_K_HAT
from realities.weigh.scoring.forecasts import with_rare_turns
from realities.weigh.sensitivity.errors_of_draws import mean_error, n_effective, numbered
from realities.weigh.sensitivity.judged import JudgedDraws, dice, judged_draws, points_of
from realities.weigh.sensitivity.pawn import distance, shifts

FloatArray = NDArray[np.float64]
Kind = Literal["input", "prior", "constant"]

#: A part of an input's draws that is compared with the opposite part, and draws with an answer in it.
PART, LEAST_DRAWS = 0.2, 10
#: A move of a chance is told from so many standard errors on, and from so much on: thousands are looked at.
STANDARD_ERRORS, LEAST_MOVE = 4.0, 0.02
#: Rank correlations between inputs that are told.
CORRELATED = 0.5


@dataclass(frozen=True, slots=True)
class Effect:
    """What one assumption does to one claim under one account.

    Attributes
    ----------
    values
        Between which two values of the assumption chances are compared, in words: means of the lowest and
        highest fifth, the account's own and the common prior or value.
    chances
        The two chances, rare turns of events included; None where draws do not reach.
    error
        Standard error of their difference, from the number of draws.
    shift, floor
        How far it shifts the distribution of the margin, in [0, 1], and what an assumption that does nothing
        may reach; None where that is not known.
    """

    account: str
    claim: str
    name: str
    kind: Kind
    values: tuple[str, str]
    chances: tuple[float, float] | None
    error: float
    shift: float | None
    floor: float = 0.0

    @property
    def move(self) -> float:
        """By how much the chance moves; 0 where that is not known."""
        return 0.0 if self.chances is None else self.chances[1] - self.chances[0]

    @property
    def moves_chance(self) -> bool:
        """Whether it moves the chance by more than the draws' error."""
        return abs(self.move) >= max(LEAST_MOVE, STANDARD_ERRORS * self.error)

    @property
    def moves_margin(self) -> bool:
        """Whether it shifts the margin by more than something that does nothing might."""
        return self.shift is not None and self.shift > self.floor and self.shift >= LEAST_MOVE

    @property
    def order(self) -> tuple[bool, float, bool, float, str, str]:
        """What effects are sorted by: the largest move of a chance first, then of the margin."""
        move = abs(self.move) if self.moves_chance else 0.0
        return (
            not self.moves_chance,
            -move,
            not self.moves_margin,
            -(self.shift or 0.0),
            self.name,
            self.account,
        )


@dataclass(frozen=True, slots=True)
class ClaimUnder:
    """One claim under one account: its chance, and what moves it.

    `decided` says that all draws agree; `effects` are those that are told, the largest first.
    """

    claim: str
    account: str
    chance: float | None
    decided: Literal["holds", "fails", ""]
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class UnderAccount:
    """All claims under one account.

    `correlations` are pairs of inputs whose ranks go together in the posterior; `skipped` are assumptions
    that could not be put back, each with the reason.
    """

    account: str
    claims: Mapping[str, ClaimUnder]
    correlations: tuple[tuple[str, str, float], ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountTask:
    """One account's fit to be looked at, with `n_draws` draws; constants are put back in `n_changed`."""

    fit: AccountFit
    as_of: date
    seed: int
    n_draws: int
    n_changed: int


def under_account(case: Case, task: AccountTask) -> UnderAccount:
    """Return what moves every claim under one account."""
    fit = thinned(task.fit, task.n_draws)
    base = judged_draws(case, fit, task.as_of, task.seed)
    effects = [*_inputs(case, fit, task, base), *_priors(case, fit, base)]
    constants, skipped = _own_constants(case, fit.account)
    if constants:
        few = _with_constants(case, thinned(task.fit, task.n_changed), constants)
        before = judged_draws(case, few, task.as_of, task.seed)
        for name, (own, common) in constants.items():
            effects += _constant(case, few, task, before, name, own, common)
    by_claim: dict[str, list[Effect]] = {name: [] for name in base.truth}
    for effect in effects:
        if effect.moves_chance or effect.moves_margin:
            by_claim[effect.claim].append(effect)
    claims = {
        name: _claim_under(fit.account, name, base, sorted(found, key=lambda one: one.order))
        for name, found in by_claim.items()
    }
    return UnderAccount(fit.account, claims, correlations(fit), skipped)


def leading(under: Iterable[UnderAccount], claim: str, most: int = 5) -> tuple[Effect, ...]:
    """Return the assumptions that move a claim most, each under the account where it does so most."""
    effects = [effect for one in under for effect in one.claims[claim].effects]
    first: dict[str, Effect] = {}
    for effect in sorted(effects, key=lambda one: one.order):
        first.setdefault(effect.name, effect)
    return tuple(first.values())[:most]


def correlations(fit: AccountFit) -> tuple[tuple[str, str, float], ...]:
    """Return the pairs of inputs whose ranks are correlated in the posterior, strongest first."""
    names = [name for name, values in sorted(fit.parameters.items()) if np.ptp(values) > 0]
    if len(names) < 2:
        return ()
    ranks = np.corrcoef(np.array([rankdata(fit.parameters[name]) for name in names]))
    pairs = [
        (one, other, float(ranks[i, j]))
        for i, one in enumerate(names)
        for j, other in enumerate(names)
        if i < j and abs(ranks[i, j]) >= CORRELATED
    ]
    return tuple(sorted(pairs, key=lambda pair: -abs(pair[2])))


# -- the three kinds ------------------------------------------------------------------------------


def _inputs(case: Case, fit: AccountFit, task: AccountTask, base: JudgedDraws) -> Iterator[Effect]:
    """Give what each uncertain input and each of the model's dice does."""
    inputs = {**fit.parameters, **dice(case, fit, task.as_of, task.seed)}
    inputs = {name: values for name, values in sorted(inputs.items()) if np.ptp(values) > 0}
    points = points_of(fit)
    parts = {name: _ends(values) for name, values in inputs.items()}
    for claim, margin in base.margin.items():
        found = shifts(inputs, margin, points)
        for name, values in inputs.items():
            low, high = parts[name]
            chances, error = _compared(base, claim, low, high, points)
            yield Effect(
                account=fit.account,
                claim=claim,
                name=name,
                kind="input",
                values=(_number(values[low].mean()), _number(values[high].mean())),
                chances=chances,
                error=error,
                shift=None if found is None else found.index.get(name),
                floor=0.0 if found is None else found.floor,
            )


def _priors(case: Case, fit: AccountFit, base: JudgedDraws) -> Iterator[Effect]:
    """Give what the common prior would do in the place of each that the account has of its own."""
    points = points_of(fit)
    for name, assumption in sorted(case.account(fit.account).assumptions.items()):
        common = case.common.get(name)
        if common is None or name not in fit.parameters or common.prior == assumption.prior:
            continue
        if common.prior.fixed is not None or assumption.prior.fixed is not None:
            continue
        values = fit.parameters[name]
        log_weights = common.prior.logpdf(values) - assumption.prior.logpdf(values)
        weights = np.exp(log_weights - log_weights.max())
        reaches = k_hat(log_weights) <= WORST_K_HAT
        for claim in base.truth:
            chances, error = _weighed(base, claim, weights, points) if reaches else (None, 0.0)
            margin = base.margin[claim]
            yield Effect(
                account=fit.account,
                claim=claim,
                name=name,
                kind="prior",
                values=(assumption.prior.text, common.prior.text),
                chances=chances,
                error=error,
                shift=distance(margin, margin, weights) if reaches else None,
                floor=STANDARD_ERRORS / np.sqrt(n_effective(points, weights)),
            )


def _constant(
    case: Case,
    fit: AccountFit,
    task: AccountTask,
    before: JudgedDraws,
    name: str,
    own: str,
    common: Prior,
) -> Iterator[Effect]:
    """Give what the common value does in the place of the one that an account fixes."""
    put = prior_draws({name: common}, fit.n_draws, seed=task.seed)
    after = judged_draws(case, fit, task.as_of, task.seed, changed=put)
    points = points_of(fit)
    for claim, truth in before.truth.items():
        known = ~np.isnan(before.margin[claim]) & ~np.isnan(after.margin[claim])
        if known.sum() < LEAST_DRAWS:
            continue
        here, there = truth[known].astype(np.float64), after.truth[claim][known].astype(np.float64)
        yield Effect(
            account=fit.account,
            claim=claim,
            name=name,
            kind="constant",
            values=(own, common.text),
            chances=(with_rare_turns(float(here.mean())), with_rare_turns(float(there.mean()))),
            error=mean_error(there - here, points[known]),
            shift=distance(before.margin[claim][known], after.margin[claim][known]),
        )


def _with_constants(case: Case, fit: AccountFit, names: Iterable[str]) -> AccountFit:
    """Return a fit in which some constants are given draw by draw, so that one compiled model serves all."""
    priors = case.priors(fit.account)
    fixed = {name: priors[name].fixed for name in names}
    own = {name: np.full(fit.n_draws, value) for name, value in fixed.items() if value is not None}
    return replace(fit, parameters={**fit.parameters, **own})


def _own_constants(case: Case, account: str) -> tuple[dict[str, tuple[str, Prior]], tuple[str, ...]]:
    """Return what an account fixes otherwise than the others: its value in words, and the common one.

    Where others are unsure of it, that is their prior. Then come those that cannot be put back.
    """
    own = case.account(account)
    stated = {name: assumption.prior for name, assumption in own.assumptions.items()}
    stated |= {name: fixed_prior(value) for name, value in own.switches.items()}
    found: dict[str, tuple[str, Prior]] = {}
    skipped = []
    for name, prior in sorted(stated.items()):
        if prior.fixed is None:
            continue
        common = case.common[name].prior if name in case.common else _of_model(case, name)
        if common is None:
            skipped.append(f'"{name}" is computed by the model: there is no common value to put back')
        elif prior.fixed != common.fixed:
            found[name] = (prior.text, common)
    return found, tuple(skipped)


def _of_model(case: Case, name: str) -> Prior | None:
    value = constant_value(case.model, name)
    return None if value is None else fixed_prior(value)


# -- chances and their errors ---------------------------------------------------------------------


def _claim_under(account: str, claim: str, base: JudgedDraws, effects: list[Effect]) -> ClaimUnder:
    known = ~np.isnan(base.margin[claim])
    if not known.any():
        return ClaimUnder(claim, account, None, "", ())
    raw = float(base.truth[claim][known].mean())
    decided: Literal["holds", "fails", ""] = "holds" if raw == 1.0 else "fails" if raw == 0.0 else ""
    return ClaimUnder(claim, account, with_rare_turns(raw), decided, tuple(effects))


def _ends(values: FloatArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which draws are in the lowest and in the highest part."""
    low, high = np.quantile(values, [PART, 1.0 - PART])
    return values <= low, values >= high


def _compared(
    base: JudgedDraws,
    claim: str,
    low: NDArray[np.bool_],
    high: NDArray[np.bool_],
    points: NDArray[np.intp],
) -> tuple[tuple[float, float] | None, float]:
    """Return the chances in two parts of the draws, and the standard error of their difference."""
    known = ~np.isnan(base.margin[claim])
    parts = [base.truth[claim][part & known].astype(np.float64) for part in (low, high)]
    if min(map(len, parts)) < LEAST_DRAWS:
        return None, 0.0
    errors = [
        mean_error(values, points[part & known]) for values, part in zip(parts, (low, high), strict=True)
    ]
    first, second = (with_rare_turns(float(values.mean())) for values in parts)
    return (first, second), hypot(*errors)


def _weighed(
    base: JudgedDraws, claim: str, weights: FloatArray, points: NDArray[np.intp]
) -> tuple[tuple[float, float] | None, float]:
    """Return the chances of equal draws and of weighed ones, and the standard error of their difference."""
    known = ~np.isnan(base.margin[claim])
    if known.sum() < LEAST_DRAWS or weights[known].sum() == 0:
        return None, 0.0
    values, share = base.truth[claim][known].astype(np.float64), weights[known] / weights[known].sum()
    before, after = float(values.mean()), float((share * values).sum())
    terms = share * (values - after) - (values - before) / len(values)
    error = np.sqrt((np.bincount(numbered(points[known]), terms) ** 2).sum())
    return (with_rare_turns(before), with_rare_turns(after)), float(error)


def _number(value: float) -> str:
    return f"{float(value):.3g}"
