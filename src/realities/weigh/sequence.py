"""From date to date: one cloud of particles, led through everything that was published, in that order.

In come a case, an account and dates; out comes what one of the sampler's runs finds at each date. A cloud
starts from the prior and goes through the regular dates of the case (`dates.py`). At each it is weighed anew
by what the new reports say; where too few particles stay effective, they are drawn again and moved, in
several steps where the reports say much (iterated batch importance sampling). A moved particle runs the
model to the last day reported on by then, and no further. Figures that were revised take two steps: to the
rows that still stand, and from there to all that is known.

At a date that is asked for, the cloud goes on to it by itself where it is not a regular one, and is polished:
importance draws from a mixture fitted to it give posterior and evidence (`sampling/evidence.py`). What is
found at a date thus depends neither on later reports nor on which other dates are asked for, to the last bit.
`posterior.py` joins the runs of an account.

References
----------
Chopin, N. (2002). A sequential particle filter method for static models. Biometrika 89(3), 539-552.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from realities.case.folder import Case
from realities.case.observations import Observation
from realities.weigh.dates import Known, known_on, regular_dates
from realities.weigh.likelihood import AccountLikelihood, LikelihoodPair
from realities.weigh.sampling.evidence import (
    WORST_K_HAT,
    NoRun,
    Run,
    SamplerSettings,
    polished,
    sample_run,
)
from realities.weigh.sampling.importance import k_hat
from realities.weigh.sampling.moves import (
    Moves,
    Particles,
    StandardNormal,
    effective_number,
    finite_or_zero,
    normalized,
    systematic,
)
from realities.weigh.sampling.tempering import advance, tempered_cloud

FloatArray = NDArray[np.float64]

#: Below this share of effective particles they are drawn again and moved.
WORN = 0.2
#: A log density that stands for a density of zero where particles come from: it can be multiplied by nothing.
_NOTHING = -1e300
#: What a random stream is for, after the seed and the number of the run.
_START, _STEP, _POLISH, _ANEW, _BASE = range(5)


@dataclass(frozen=True, slots=True)
class Cloud:
    """Weighted particles of one run, as of a date: where a later run can go on.

    `points` (particle, name) are N(0, I) a priori; `log_weights` and `log_likelihood` are (particle,). There
    are none where no particle could be what was reported.
    """

    as_of: date
    names: tuple[str, ...]
    points: FloatArray
    log_weights: FloatArray
    log_likelihood: FloatArray


@dataclass(frozen=True, slots=True)
class AccountRun:
    """One of the sampler's runs for an account and a date: names of the sampled numbers, and what it found.

    `found` is None where there is nothing to sample: no reports yet, or nothing that is uncertain. `base` is
    the same for those rows of the date asked for before that still stand, with the dated inputs known by now;
    None where these are just what was known then. `cloud` is kept at the last date and at
    glances only. `notes` say what went otherwise than it should.
    """

    names: tuple[str, ...]
    found: Run | NoRun | None
    base: Run | NoRun | None = None
    cloud: Cloud | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """One of the sampler's runs for an account: where it goes, and how much is done on the way.

    Every run of an account has a `number` and goes on its own, and what one of them misses is not handed to
    others. `width` is a factor on the spread of the account's priors. `with_bases` asks for
    `AccountRun.base`; `start` is a cloud of the same run, of this case as it was published then. On the
    days of `glances` a run keeps the cloud with which it comes by, whichever the `dates` are.
    """

    account: str
    dates: tuple[date, ...]
    number: int
    seed: tuple[int, ...]
    settings: SamplerSettings
    width: float = 1.0
    with_bases: bool = False
    start: Cloud | None = None
    glances: tuple[date, ...] = ()


def follow(case: Case, path: Path) -> list[AccountRun]:
    """Return what one run finds at each of its dates, which ascend, and then at each of its glances.

    Raises
    ------
    InputError
        If a row or event published by the last of them is wrong.
    """
    case.check_as_of(path.dates[-1])
    walk = _Walk(case, path)
    place = walk.beginning()
    regular = set(regular_dates(case, path.dates[-1]))
    found: list[AccountRun] = []
    glanced: list[AccountRun] = []
    before: _Place | None = None
    for day in sorted({day for day in regular if day > place.as_of} | {*path.dates, *path.glances}):
        here = walk.onward(place, day)
        if day in regular:
            place = here
        if day in path.dates:
            found.append(walk.report(here, before, found[-1] if found else None))
            before = here
        if day in path.glances:
            glanced.append(AccountRun(here.names, None, cloud=here.cloud))
    return [*found[:-1], replace(found[-1], cloud=place.cloud), *glanced]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a cloud is: what is known there, the likelihood of it, and the particles."""

    as_of: date
    known: Known
    likelihood: AccountLikelihood
    points: FloatArray  # (particle, name); none where no particle could be what was reported
    log_weights: FloatArray  # (particle,)
    log_likelihood: FloatArray  # (particle,): minus infinity where it is zero
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return self.likelihood.space.names

    @property
    def is_empty(self) -> bool:
        return not len(self.log_weights)

    @property
    def cloud(self) -> Cloud:
        return Cloud(self.as_of, self.names, self.points, self.log_weights, self.log_likelihood)


class _Between:
    """Two densities between which particles go: the prior times one likelihood, and times another."""

    def __init__(self, before: AccountLikelihood, after: AccountLikelihood) -> None:
        self._pair, self._after = LikelihoodPair(before, after), after
        self.names = self._pair.names
        self.kept = [self.names.index(name) for name in after.space.names]
        self._prior = StandardNormal(len(self.names))
        self.n_evaluations = 0

    def at(self, points: FloatArray, *, only_target: bool = False) -> Particles:
        if only_target:
            return self.onward(points, np.zeros(len(points)))
        self.n_evaluations += len(points)
        return self._particles(points, *map(finite_or_zero, self._pair(points)))

    def onward(self, points: FloatArray, log_likelihood: FloatArray) -> Particles:
        """Return points of which the first likelihood is known."""
        self.n_evaluations += len(points)
        return self._particles(points, log_likelihood, finite_or_zero(self._after(points[:, self.kept])))

    def log_likelihood(self, particles: Particles) -> FloatArray:
        """Return the second log-likelihood of particles, (n,)."""
        return particles.log_target - self._prior.log_density(particles.points)

    def _particles(self, points: FloatArray, before: FloatArray, after: FloatArray) -> Particles:
        prior = self._prior.log_density(points)
        # Where the first density is zero and the second is not, a particle may still come to be at the end.
        return Particles(points, np.maximum(prior + before, _NOTHING), prior + after)


class _Walk:
    """One run on its way; it counts how often the model is run between reports."""

    def __init__(self, case: Case, path: Path) -> None:
        self._case, self._path = case, path
        self._spent = 0

    def beginning(self) -> _Place:
        """Return where the run starts: the prior, or the cloud that an earlier run has come to."""
        start = self._path.start
        if start is not None and start.as_of <= self._path.dates[0]:
            known = known_on(self._case, start.as_of)
            likelihood = self._likelihood(start.as_of, known.rows)
            if likelihood.space.names == start.names:
                return _Place(
                    start.as_of, known, likelihood, start.points, start.log_weights, start.log_likelihood
                )
        likelihood = self._likelihood(date.min, ())
        n = self._path.settings.particles
        points = self._rng(_START, None).standard_normal((n, likelihood.dimension))
        return _Place(date.min, Known((), (), None), likelihood, points, np.zeros(n), np.zeros(n))

    def onward(self, place: _Place, day: date) -> _Place:
        """Return where a cloud comes to on a later day; where nothing is new, it stays as it is."""
        known = known_on(self._case, day)
        if known == place.known:
            return place
        place = replace(place, notes=())
        rng = self._rng(_STEP, known.since)
        if not known.has_all(place.known):
            standing = replace(known, rows=known.standing(place.known))
            place = self._step(place, day, standing, rng, is_other=True)
        return place if place.known == known else self._step(place, day, known, rng)

    def report(self, here: _Place, before: _Place | None, earlier: AccountRun | None) -> AccountRun:
        """Return what is found at a place, and for what still stands of the place reported on before it."""
        if before is not None and earlier is not None and before.known == here.known:
            return replace(earlier, found=_at_no_cost(earlier.found), base=None, notes=())
        found = self._found(here, _POLISH)
        base = None
        if self._path.with_bases and before is not None and not here.known.has_all(before.known):
            rng = self._rng(_BASE, here.known.since)
            standing = replace(here.known, rows=here.known.standing(before.known))
            base = self._found(self._step(before, here.as_of, standing, rng, is_other=True), _BASE)
        return AccountRun(here.names, found, base, notes=here.notes)

    def _step(
        self, place: _Place, day: date, known: Known, rng: np.random.Generator, *, is_other: bool = False
    ) -> _Place:
        """Return a cloud led to other rows and inputs; `is_other` says that some are gone or inputs new."""
        after = self._likelihood(day, known.rows)
        if place.is_empty:  # what could not be reported cannot be so with more reports
            points = self._anew(after, rng) if is_other else np.zeros((0, after.dimension))
            return self._begun(day, known, after, points, place.notes)
        between = _Between(place.likelihood, after)
        particles = between.onward(_widened(place, between.names, rng), place.log_likelihood)
        self._spent += len(particles)
        log_weights = place.log_weights + (particles.log_target - particles.log_base)
        effective = effective_number(log_weights)
        if not between.names:
            log_weights = place.log_weights
        elif effective == 0:
            return self._begun(day, known, after, self._anew(after, rng), (*place.notes, _note(day)))
        elif effective < WORN * len(log_weights):
            particles = self._moved(particles.take(self._drawn(place, rng)), between, rng)
            log_weights = np.zeros(len(particles))
        points, log_likelihood = particles.points[:, between.kept], between.log_likelihood(particles)
        return _Place(day, known, after, points, log_weights, log_likelihood, place.notes)

    def _begun(
        self,
        day: date,
        known: Known,
        likelihood: AccountLikelihood,
        points: FloatArray,
        notes: tuple[str, ...],
    ) -> _Place:
        """Return a place with particles that were not led there."""
        self._spent += len(points)
        found = finite_or_zero(likelihood(points))
        return _Place(day, known, likelihood, points, np.zeros(len(points)), found, notes)

    def _moved(self, particles: Particles, between: _Between, rng: np.random.Generator) -> Particles:
        """Return particles led from the one density to the other, in as many steps as it takes."""
        settings = self._path.settings
        moves = Moves(between, settings.moves, len(between.names), rng)
        already = between.n_evaluations
        moved, _, _ = advance(particles, moves, n=settings.particles, keep=settings.keep, rng=rng)
        self._spent += between.n_evaluations - already
        return moved

    def _drawn(self, place: _Place, rng: np.random.Generator) -> NDArray[np.intp]:
        return systematic(normalized(place.log_weights), self._path.settings.particles, rng)

    def _anew(self, likelihood: AccountLikelihood, rng: np.random.Generator) -> FloatArray:
        """Return points of a posterior, tempered from the prior; none where no draw of it will do."""
        settings, dimension = self._path.settings, likelihood.dimension
        cloud = tempered_cloud(
            likelihood,
            StandardNormal(dimension),
            dimension,
            n_particles=settings.particles,
            n_moves=settings.moves,
            keep=settings.keep,
            rng=rng,
        )
        self._spent += cloud.n_evaluations
        return cloud.points

    def _found(self, place: _Place, purpose: int) -> Run | NoRun | None:
        """Return importance draws from a mixture fitted to a cloud, or to one that is tempered anew.

        The second where the draws of the first are not to be trusted, if it does better.
        """
        likelihood, settings = place.likelihood, self._path.settings
        if not likelihood.observations or not likelihood.dimension:
            return None
        spent, self._spent = self._spent, 0
        if place.is_empty:
            return NoRun(spent)
        rng = self._rng(purpose, place.known.since)
        cloud = place.points[self._drawn(place, rng)]
        run = polished(likelihood, cloud, settings=settings, rng=rng, spent=spent)
        if k_hat(run.log_weights) <= WORST_K_HAT:
            return run
        seed = self._words(_ANEW, place.known.since)
        other = sample_run(
            likelihood, likelihood.dimension, settings=settings, seed=seed, number=self._path.number
        )
        is_better = isinstance(other, Run) and k_hat(other.log_weights) < k_hat(run.log_weights)
        return replace(other if is_better else run, n_evaluations=run.n_evaluations + other.n_evaluations)

    def _likelihood(self, day: date, rows: tuple[Observation, ...]) -> AccountLikelihood:
        return AccountLikelihood(self._case, self._path.account, day, width=self._path.width, rows=rows)

    def _rng(self, purpose: int, since: date | None) -> np.random.Generator:
        return np.random.default_rng(self._words(purpose, since))

    def _words(self, purpose: int, since: date | None) -> list[int]:
        """Return the seed of what is done once so much is known: the same whichever dates are asked for."""
        return [*self._path.seed, self._path.number, purpose, 0 if since is None else since.toordinal()]


def _widened(place: _Place, names: Sequence[str], rng: np.random.Generator) -> FloatArray:
    """Return a place's particles over more names: those that are new have their prior."""
    points = np.empty((len(place.log_weights), len(names)))
    for k, name in enumerate(names):
        if name in place.names:
            points[:, k] = place.points[:, place.names.index(name)]
        else:
            points[:, k] = rng.standard_normal(len(points))
    return points


def _at_no_cost(found: Run | NoRun | None) -> Run | NoRun | None:
    return None if found is None else replace(found, n_evaluations=0)


def _note(day: date) -> str:
    return f"as of {day} no particle of the dates before could be what was reported: it was begun anew"
