"""What the weights owe to each reporter, each quantity and each single report.

In come an account's draws (`drawn.py`); out comes by how much its log evidence changes when some reports
are left out, and, from all accounts together, what the weights would then be. The evidence without a report
over the evidence with it is the posterior mean of the two likelihoods' ratio, so the draws that are there
are weighed anew. Where k-hat says that they do not reach, the account is fitted again, but for a quick look,
and what that does not settle either is said to be not computed. What another reporter repeats is left out
with the original; an older vintage does not come back in the place of one that is left out. Next is
`checks.py`.

References
----------
Vehtari, A., Gelman, A. and Gabry, J. (2017). Practical Bayesian model evaluation using leave-one-out
cross-validation and WAIC. Statistics and Computing 27, 1413-1432.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum, hypot, inf, isfinite, log
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from realities.case.folder import Case
from realities.ensemble import STREAM_WEIGH, Same
from realities.weigh.honesty.drawn import Drawn, Left, without_rows
from realities.weigh.honesty.refitting import fitted_with
from realities.weigh.honesty.reweighting import log_ratio
from realities.weigh.likelihood import AccountLikelihood, used_observations
from realities.weigh.sampling.evidence import WORST_K_HAT, SamplerSettings
from realities.weigh.sequence import AccountRun
from realities.weigh.weighing import shares

FloatArray = NDArray[np.float64]

#: Importance draws that answer for reporters and quantities, and posterior draws that do for single reports.
MOST_DRAWS, REPORT_DRAWS = 2500, 400
#: What the random streams of these draws carry, after the seed.
_REPORTS, _REFIT = 11, 12


@dataclass(frozen=True, slots=True)
class Change:
    """By how much one account's log evidence grows when some reports are left out.

    `log_change` is None where it was not computed; it is mostly positive, for evidence is a density of all
    reports together. Only differences between accounts matter. `k_hat` is that of the draws weighed anew.
    """

    account: str
    left: Left
    log_change: float | None
    error: float | None
    k_hat: float
    how: Literal["reweighted", "fitted", "not computed"]


@dataclass(frozen=True, slots=True)
class Influence:
    """What leaving out some reports does to all accounts.

    Attributes
    ----------
    left, rows, value
        What is left out, how many rows that is, and what the row says if it is one.
    changes
        By account.
    weights
        By account, the weights without it; None where a change was not computed.
    moved
        How much weight moves: half the sum of all weights' absolute changes, in 0..1.
    """

    left: Left
    rows: int
    value: float | None
    changes: Mapping[str, Change]
    weights: Mapping[str, float] | None
    moved: float | None


@dataclass(frozen=True, slots=True)
class RefitTask:
    """One account to be fitted without some reports, from where its runs ended."""

    account: str
    as_of: date
    left: Left
    seed: int
    runs: tuple[AccountRun, ...]
    settings: SamplerSettings
    stated: float
    stated_error: float
    k_hat: float


def to_leave_out(case: Case, as_of: date, *, single: bool) -> tuple[Left, ...]:
    """Return each reporter, each quantity, and where `single` asks for it each report, to be left out."""
    rows = used_observations(case, as_of)
    whole = {Left("reporter", reporter=row.reporter) for row in rows}
    whole |= {Left("quantity", quantity=row.quantity) for row in rows}
    found = sorted(whole, key=_key)
    if single:
        found += sorted({Left("report", row.reporter, row.quantity, row.published) for row in rows}, key=_key)
    return tuple(found)


def _key(left: Left) -> tuple[str, str, str, date]:
    return left.kind, left.quantity or "", left.reporter or "", left.published or date.min


def changes(account: str, draws: Drawn, lefts: Sequence[Left], seed: int) -> tuple[Change, ...]:
    """Return what leaving out each of several sets of reports does to one account."""
    rng = np.random.default_rng([seed, STREAM_WEIGH, _REPORTS])
    few = draws.resampled(REPORT_DRAWS, rng)
    return tuple(_change(account, left, [few, draws] if left.kind == "report" else [draws]) for left in lefts)


def _change(account: str, left: Left, tried: Sequence[Drawn]) -> Change:
    """Return what the first draws that reach give; not computed if none do."""
    shape = inf
    for draws in tried:
        ratio = log_ratio(draws.log_weights, draws.without(left))
        if ratio.k_hat <= WORST_K_HAT and isfinite(ratio.log_ratio):
            return Change(account, left, ratio.log_ratio, ratio.error, ratio.k_hat, "reweighted")
        shape = ratio.k_hat
    return Change(account, left, None, None, shape, "not computed")


def refitted(case: Case, task: RefitTask) -> Change:
    """Return the change that a fit without the reports gives; not computed if that is not reliable."""
    likelihood = AccountLikelihood(case, task.account, task.as_of)
    rest = {q: without_rows(Same(case), reports, task.left) for q, reports in likelihood.reports.items()}
    seed = [task.seed, STREAM_WEIGH, _REFIT]
    sample = fitted_with(likelihood, rest, task.runs, task.settings, seed)
    if not sample.reliable:
        return Change(task.account, task.left, None, None, task.k_hat, "not computed")
    error = hypot(sample.log_evidence_error, task.stated_error)
    return Change(task.account, task.left, sample.log_evidence - task.stated, error, task.k_hat, "fitted")


def influences(
    case: Case, as_of: date, evidence: Mapping[str, float], found: Iterable[Change]
) -> tuple[Influence, ...]:
    """Return what leaving out reports does, what moves most weight first.

    `evidence` is the logarithm with all reports, by account; weights before any report are the case's.
    """
    evidence = {name: value + log(case.prior_weights.get(name, 1.0)) for name, value in evidence.items()}
    by_left: dict[Left, dict[str, Change]] = {}
    for change in found:
        by_left.setdefault(change.left, {})[change.account] = change
    rows = used_observations(case, as_of)
    stated = shares(evidence)
    result = []
    for left, by_account in by_left.items():
        values = [row.value for row in rows if left.has(row)]
        weights = _weights_without(evidence, by_account)
        moved = None if weights is None else 0.5 * fsum(abs(weights[a] - stated[a]) for a in evidence)
        value = values[0] if len(values) == 1 else None
        result.append(Influence(left, len(values), value, by_account, weights, moved))
    return tuple(sorted(result, key=_most_first))


def _most_first(one: Influence) -> tuple[float, float, tuple[str, str, str, date]]:
    """Order by the weight that moves, then by how far the accounts' evidences move apart."""
    known = [change.log_change for change in one.changes.values() if change.log_change is not None]
    apart = max(known) - min(known) if known else 0.0
    return 1.0 if one.moved is None else -one.moved, -apart, _key(one.left)


def _weights_without(
    evidence: Mapping[str, float], by_account: Mapping[str, Change]
) -> dict[str, float] | None:
    without = {}
    for account, log_evidence in evidence.items():
        change = by_account.get(account)
        if change is None or change.log_change is None:
            return None
        without[account] = log_evidence + change.log_change
    return shares(without)
