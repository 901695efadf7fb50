"""Evidence at other widths of the accounts' priors, and with other seeds.

In come an account's runs of the sampler at the study's date; out comes its log evidence with every prior of
the account narrower or wider. The weight of a simpler account within a wider one is bounded by how wide
priors are (Bartlett 1957), so a weight without this curve is half a result. Reporters' priors stay.

Where the runs' own draws reach, they are weighed anew by the ratio of the two priors, which costs no run of
the model; where the diagnostics say that they do not, the account is fitted again, starting from them. What
neither gives is said to be not computed. Next is `separation.py`, which draws the verdict.

References
----------
Bartlett, M. S. (1957). A comment on D. V. Lindley's statistical paradox. Biometrika 44(3-4), 533-534.
Kallioinen, N. et al. (2024). Detecting and diagnosing prior and likelihood sensitivity with power-scaling.
Statistics and Computing 34, 57.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from math import log
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from realities.case.folder import Case
from realities.ensemble import STREAM_WEIGH
from realities.weigh.fits import AccountFit
from realities.weigh.likelihood import AccountLikelihood, ParameterSpace
from realities.weigh.posterior import settings_for
from realities.weigh.sampling.evidence import (
    LARGEST_GAP,
    Effort,
    PosteriorSample,
    Run,
    SamplerSettings,
    pooled,
    sample_posterior,
)
from realities.weigh.sampling.importance import StudentMixture, fit_mixture
from realities.weigh.sampling.moves import effective_number, normalized
from realities.weigh.sequence import AccountRun
from realities.weigh.weighing import shares

FloatArray = NDArray[np.float64]

How = Literal["as stated", "reweighted", "fitted", "another seed", "not computed"]

HowHard = Literal["reweight", "try", "fit", "afresh"]

#: Widths of the accounts' priors at which evidence is computed; 1 is as stated.
WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
#: Those that a verdict must survive.
HALF_AND_DOUBLE = (0.5, 2.0)
#: The furthest a coordinate that is N(0, 1) a priori is taken to lie out.
FURTHEST = 8.0
#: A mixture to start from is fitted to no more points than this.
MOST_FITTED = 2500
#: What the random streams of fits at other widths carry, after the seed.
_WIDTH = 10


@dataclass(frozen=True, slots=True)
class WidthTask:
    """One account at one width of its priors, given the runs at width 1; `wanted` is how hard to try.

    "reweight": only if the draws of those runs reach; "try": reweighted where they do, else fitted;
    "fit": fitted, from where those runs ended; "afresh": fitted from the prior.
    """

    account: str
    as_of: date
    width: float
    seed: int
    runs: tuple[AccountRun, ...]
    settings: SamplerSettings
    wanted: HowHard
    is_other_seed: bool = False


@dataclass(frozen=True, slots=True)
class AtWidth:
    """An account's log evidence with its priors `width` times as wide as stated.

    `log_evidence` is None where it was not computed; `run_log_evidences` is what each run gives alone.
    `apart` is how far these are apart where that, and nothing else, keeps the evidence from being reliable:
    then what is said of it holds if it holds as far beyond the lowest and the highest of them again.
    """

    account: str
    width: float
    seed: int
    log_evidence: float | None
    error: float | None
    k_hat: float | None
    run_log_evidences: tuple[float, ...]
    reliable: bool
    how: How
    apart: float = 0.0

    @property
    def ends(self) -> tuple[float, float] | None:
        """The least and the largest log evidence to reckon with; None where it is not known so far."""
        if self.log_evidence is None or not (self.reliable or self.apart):
            return None
        if self.reliable:
            return self.log_evidence, self.log_evidence
        runs = self.run_log_evidences
        return min(runs) - self.apart, max(runs) + self.apart


def width_tasks(
    case: Case, runs: Mapping[str, Sequence[AccountRun]], as_of: date, seed: int, effort: Effort
) -> list[WidthTask]:
    """Return what has to be computed at widths other than 1, and with another seed; the longest first.

    A quick look fits only half and double width, and only where reweighting does not reach. By default those
    are fitted in any case, and the wider sweep where reweighting does not reach, in two runs of a quick
    look's size. For publication everything is fitted from the prior, and again at width 1 with another seed.
    """
    own, brief = _settings(case, effort), _settings(case, "quick", least_runs=2)
    tasks = []
    for width in (4.0, 0.25, 2.0, 0.5):
        near = width in HALF_AND_DOUBLE
        for account, found in runs.items():
            match effort:
                case "publish":
                    how: tuple[SamplerSettings, HowHard] = own, "afresh"
                case "default":
                    how = brief, "fit" if near else "try"
                case _:
                    how = own, "try" if near else "reweight"
            tasks.append(WidthTask(account, as_of, width, seed, tuple(found), *how))
    if effort == "publish":
        other = [WidthTask(a, as_of, 1.0, seed + 1, tuple(r), own, "afresh", True) for a, r in runs.items()]
        tasks = other + tasks
    return tasks


def _settings(case: Case, effort: Effort, least_runs: int = 1) -> SamplerSettings:
    """Return settings for evidence alone: half the effective draws are enough, and none come out."""
    found = settings_for(case, effort)
    runs = max(found.runs, least_runs)
    return replace(found, runs=runs, enough_draws=found.enough_draws // 2, posterior_draws=1)


def at_width(case: Case, task: WidthTask) -> AtWidth:
    """Return an account's log evidence at a width, or that it was not computed."""
    likelihood = AccountLikelihood(case, task.account, task.as_of, width=task.width)
    names, dimension = likelihood.space.names, likelihood.dimension
    known = [run.found for run in task.runs if isinstance(run.found, Run) and run.names == names]
    seed = [task.seed, STREAM_WEIGH, _WIDTH, round(1000 * task.width)]
    start = None
    if known and task.wanted != "afresh":
        stated = AccountLikelihood(case, task.account, task.as_of).space
        moved = moved_runs(known, stated, likelihood.space)
        if task.wanted != "fit" and moved is not None:
            sample = pooled(moved, dimension, settings=task.settings, seed=seed)
            if sample.reliable:
                return _told(task.account, task.width, task.seed, sample, "reweighted")
        start = _nearby(known, stated, likelihood.space, task.settings, seed)
    if task.wanted == "reweight":
        return AtWidth(task.account, task.width, task.seed, None, None, None, (), False, "not computed")
    sample = sample_posterior(likelihood, dimension, settings=task.settings, seed=seed, start=start)
    how: How = "another seed" if task.is_other_seed else "fitted"
    return _told(task.account, task.width, task.seed, sample, how)


def _told(account: str, width: float, seed: int, found: PosteriorSample | AccountFit, how: How) -> AtWidth:
    return AtWidth(
        account=account,
        width=width,
        seed=seed,
        log_evidence=found.log_evidence,
        error=found.log_evidence_error,
        k_hat=found.k_hat,
        run_log_evidences=found.run_log_evidences,
        reliable=found.reliable,
        how=how,
        apart=0.0 if how == "as stated" else _apart(found),
    )


def _apart(found: PosteriorSample | AccountFit) -> float:
    """Return how far the runs are apart where that is the only doubt, else 0."""
    runs = found.run_log_evidences
    gap = max(runs) - min(runs) if runs else 0.0
    return gap if len(found.warnings) == 1 and gap > LARGEST_GAP else 0.0


def moved_runs(runs: Sequence[Run], stated: ParameterSpace, other: ParameterSpace) -> list[Run] | None:
    """Return runs as if their draws' priors had been others; None where those reach further than the stated.

    A point stands for the same parameters as before. Its joint density is that of the reports and of the
    other prior, both per unit of the old coordinates, so that the mean weight is the other evidence.
    """
    for name, prior in other.priors.items():
        (low, high), (least, most) = prior.support, stated.priors[name].support
        if low < least or high > most:
            return None
    return [
        replace(run, log_joint=run.log_joint + _log_prior_ratio(run.points, stated, other)) for run in runs
    ]


def _log_prior_ratio(points: FloatArray, stated: ParameterSpace, other: ParameterSpace) -> FloatArray:
    """Return the log of how much denser other priors are at points (n, dimension) of the stated ones."""
    total = np.zeros(len(points))
    for name, values in stated.values(points).items():
        before, after = stated.priors[name], other.priors[name]
        if after != before:
            total += after.logpdf(values) - before.logpdf(values)
    return np.where(np.isnan(total), -np.inf, total)


def _nearby(
    runs: Sequence[Run],
    stated: ParameterSpace,
    other: ParameterSpace,
    settings: SamplerSettings,
    seed: Sequence[int],
) -> StudentMixture:
    """Return where the sampler starts: a mixture over the same parameters, in the other priors' coordinates.

    Weights by which the draws would answer to the other priors are flattened until enough draws count.
    """
    points = np.concatenate([run.points for run in runs])
    log_weights = np.concatenate([run.log_weights for run in runs]) + _log_prior_ratio(points, stated, other)
    power = 1.0
    while effective_number(power * log_weights) < 4.0 * points.shape[1] and power > 1e-3:
        power *= 0.8
    weights = normalized(power * log_weights)
    heaviest = np.argsort(weights, kind="stable")[-MOST_FITTED:]
    kept = points[heaviest].copy()
    for k, (name, values) in enumerate(stated.values(kept).items()):
        if other.priors[name] != stated.priors[name]:
            kept[:, k] = np.clip(ndtri(other.priors[name].cdf(values)), -FURTHEST, FURTHEST)
    rng = np.random.default_rng([*seed, 0])
    shares = weights[heaviest] / weights[heaviest].sum()
    return fit_mixture(kept, shares, most_components=settings.components, rng=rng)


def stated_evidence(fit: AccountFit) -> AtWidth:
    """Return an account's log evidence as stated, from its fit."""
    return _told(fit.account, 1.0, fit.seed, fit, "as stated")


def weights_at(found: Mapping[str, AtWidth], stated: Mapping[str, float]) -> dict[str, float] | None:
    """Return the weights that evidences by account give; None where one was not computed.

    `stated` are the weights before any report, by account; one that is not there counts as 1.
    """
    known = {
        name: one.log_evidence + log(stated.get(name, 1.0))
        for name, one in found.items()
        if one.log_evidence is not None
    }
    return shares(known) if len(known) == len(found) else None


def by_width(found: Iterable[AtWidth]) -> dict[float, dict[str, AtWidth]]:
    """Return evidences by width and account, those with another seed left out; widths ascend."""
    table: dict[float, dict[str, AtWidth]] = {}
    for one in sorted(found, key=lambda one: one.width):
        if one.how != "another seed":
            table.setdefault(one.width, {})[one.account] = one
    return table


def weight_ranges(
    table: Mapping[float, Mapping[str, AtWidth]], stated: Mapping[str, float]
) -> dict[str, tuple[float, float]]:
    """Return by account its least and largest weight with all priors at half, stated and double width.

    Empty where a width is missing or an evidence is not known: the range would be none. One whose runs are
    apart counts with both its ends.
    """
    weights = []
    for width in (*HALF_AND_DOUBLE, 1.0):
        row = table.get(width, {})
        ends = {name: one.ends for name, one in row.items()}
        known = {name: set(one) for name, one in ends.items() if one is not None}
        if not row or len(known) < len(row):
            return {}
        for chosen in product(*known.values()):
            evidences = dict(zip(known, chosen, strict=True))
            weights.append(
                shares({name: value + log(stated.get(name, 1.0)) for name, value in evidences.items()})
            )
    return {
        name: (min(one[name] for one in weights), max(one[name] for one in weights)) for name in weights[0]
    }


def weight_alone(
    table: Mapping[float, Mapping[str, AtWidth]], one: AtWidth, stated: Mapping[str, float]
) -> float | None:
    """Return an account's weight if its own priors alone had that width, and all others' were as stated.

    This is where the width of a prior bites: what all accounts lose alike when all are widened, one that is
    widened alone loses against the others.
    """
    row = {**table[1.0], one.account: one}
    weights = weights_at(row, stated)
    return None if weights is None else weights[one.account]
