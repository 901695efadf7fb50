"""What is uncertain about each reporter of a quantity, and how each uncertain number is dealt with.

In come a `Measure` and its reporters; out come `ReporterTerms`. A number that is normal on the scale (a
lognormal bias, a normal drift) is integrated out, a number that is given is known, all others are sampled
with the account's own parameters. `quantity.py` adds them to the truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realities.case.erring import Heaping, Origin
from realities.case.measures import Measure, Reporter
from realities.case.priors import Prior

FloatArray = NDArray[np.float64]
Draws = Mapping[str, FloatArray]  # parameter name -> (draw,)

#: A truncation so many standard deviations away cuts off less than a part in 10^12.
NEVER_CUT = 7.0


def parameter_name(kind: str, quantity: str, reporter: str | None = None) -> str:
    """Return the name of a reporting parameter, as in `bias[deaths, Ministry]` or `delay[deaths]`."""
    return f"{kind}[{quantity}]" if reporter is None else f"{kind}[{quantity}, {reporter}]"


@dataclass(frozen=True, slots=True)
class Term:
    """One uncertain number of a reporter.

    Where `sd` is None it is sampled from `prior` under `name`; else it is normal on the scale with
    that mean and standard deviation (0: known) and integrated out. `is_log` says that those are of its
    logarithm, which is what adds to the scale.
    """

    name: str
    prior: Prior
    mean: float = 0.0
    sd: float | None = None
    is_log: bool = False

    @property
    def is_sampled(self) -> bool:
        """Whether the sampler has to draw it."""
        return self.sd is None

    @property
    def is_integrated(self) -> bool:
        """Whether it is uncertain and integrated out."""
        return self.sd is not None and self.sd > 0


@dataclass(frozen=True, slots=True)
class ReporterTerms:
    """What is uncertain about one reporter of a quantity; `drift` and `walk` are None where there is none.

    `walk` is the standard deviation of what the bias gains in a year. `heaping` says how often each of the
    steps is chosen to which it rounds, but for the last: among that one and those after it.
    """

    bias: Term
    drift: Term | None
    noise: Term
    walk: Term | None = None
    heaping: tuple[Term, ...] = ()

    @property
    def all(self) -> tuple[Term, ...]:
        """Every term there is."""
        single = (self.bias, self.drift, self.noise, self.walk)
        return tuple(term for term in (*single, *self.heaping) if term is not None)


@dataclass(frozen=True, slots=True)
class OriginTerms:
    """What is uncertain about an origin that reporters of a quantity share; None: it has no such error."""

    bias: Term
    drift: Term | None
    noise: Term | None
    walk: Term | None

    @property
    def all(self) -> tuple[Term, ...]:
        """Every term there is."""
        single = (self.bias, self.drift, self.noise, self.walk)
        return tuple(term for term in single if term is not None)


def reporter_terms(measure: Measure, reporter: Reporter) -> ReporterTerms:
    """Return how each uncertain number of a reporter is dealt with."""
    namer = _Namer(measure, reporter.name)
    is_log = reporter.scale != "linear"  # on the linear scale a bias multiplies as it is
    return ReporterTerms(
        namer.bias(reporter.bias, is_log=is_log),
        namer.drift(reporter.drift),
        namer.size("noise", reporter.noise),
        None if reporter.walk is None else namer.size("walk_sd", reporter.walk),
        namer.heaping(reporter.heaping),
    )


def origin_terms(measure: Measure, origin: Origin) -> OriginTerms:
    """Return how each uncertain number of an origin is dealt with.

    On the linear scale its bias multiplies those of its reporters, and so is sampled.
    """
    namer = _Namer(measure, f"origin {origin.name}")
    is_log = measure.scale != "linear"
    return OriginTerms(
        namer.bias(origin.bias, is_log=is_log, can_integrate=is_log),
        namer.drift(origin.drift.trend),
        None if origin.noise is None else namer.size("noise", origin.noise),
        None if origin.drift.walk is None else namer.size("walk_sd", origin.drift.walk),
    )


class _Namer:
    """Makes the terms of one reporter or origin."""

    def __init__(self, measure: Measure, name: str) -> None:
        self._quantity, self._name = measure.quantity, name
        self._can_integrate = measure.kind in ("value", "ordinal")

    def _full(self, kind: str) -> str:
        return parameter_name(kind, self._quantity, self._name)

    def bias(self, prior: Prior, *, is_log: bool, can_integrate: bool = True) -> Term:
        normal = prior.log_normal if is_log else _normal(prior)
        if normal is not None and ((self._can_integrate and can_integrate) or normal[1] == 0):
            return Term(self._full("bias"), prior, normal[0], normal[1], is_log)
        return Term(self._full("bias"), prior, is_log=is_log)

    def drift(self, prior: Prior | None) -> Term | None:
        if prior is None:
            return None
        normal = _normal(prior)
        if normal is not None and (self._can_integrate or normal[1] == 0):
            return Term(self._full("drift"), prior, normal[0], normal[1])
        return Term(self._full("drift"), prior)

    def size(self, kind: str, prior: Prior) -> Term:
        """Return a standard deviation: known, or sampled."""
        return Term(self._full(kind), prior, prior.fixed or 0.0, None if prior.fixed is None else 0.0)

    def heaping(self, heaping: Heaping | None) -> tuple[Term, ...]:
        """Return the choices among steps where all shares are equally likely (Dirichlet, all ones)."""
        if heaping is None or heaping.shares is not None:
            return ()
        n = len(heaping.steps)
        return tuple(
            Term(f"{self._full('heaping')[:-1]}, {step:g}]", _among(n - 1 - k))
            for k, step in enumerate(heaping.steps[:-1])
        )


def _among(others: int) -> Prior:
    """Return the prior of one step's share among itself and others, all shares being equally likely."""
    return Prior("beta", (1.0, float(others)), f"beta(1, {others})")


def log_shares(heaping: Heaping, terms: tuple[Term, ...], parameters: Draws) -> FloatArray:
    """Return the logarithm of each step's share, shape (draw | 1, step)."""
    if heaping.shares is not None:
        return np.asarray(np.log([heaping.shares]), dtype=np.float64)
    chosen = np.stack([parameters[term.name] for term in terms], axis=1)  # (draw, step - 1)
    left = np.cumsum(np.log1p(-chosen), axis=1)
    before = np.concatenate([np.zeros((len(left), 1)), left], axis=1)
    return np.asarray(before + np.concatenate([np.log(chosen), np.zeros((len(left), 1))], axis=1))


def _normal(prior: Prior) -> tuple[float, float] | None:
    """Return mean and standard deviation of a prior that is normal, or a number; None elsewhere.

    A truncation that cuts nothing off does not count: a bias is kept above zero wherever it stands.
    """
    if prior.fixed is not None:
        return prior.fixed, 0.0
    if prior.family != "normal":
        return None
    mean, sd = prior.parameters
    cuts = max((prior.low - mean) / sd, (mean - prior.high) / sd)
    return (mean, sd) if cuts < -NEVER_CUT else None


def values_of(term: Term, parameters: Draws, integrated: Draws | None) -> FloatArray | float:
    """Return a term on the scale, shape (draw, 1) or one number: sampled, known, or its prior mean."""
    if term.is_sampled:
        values = parameters[term.name]
    elif integrated is not None and term.is_integrated:
        values = integrated[term.name]
    else:
        return term.mean
    return np.asarray((np.log(values) if term.is_log else values)[:, None])
