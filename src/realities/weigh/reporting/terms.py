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
    """What is uncertain about one reporter of a quantity; `drift` is None where there is none."""

    bias: Term
    drift: Term | None
    noise: Term

    @property
    def all(self) -> tuple[Term, ...]:
        """Every term there is."""
        return tuple(term for term in (self.bias, self.drift, self.noise) if term is not None)


def reporter_terms(measure: Measure, reporter: Reporter) -> ReporterTerms:
    """Return how each uncertain number of a reporter is dealt with."""
    can_integrate = measure.kind == "value"
    name = reporter.name
    bias = _bias_term(parameter_name("bias", measure.quantity, name), reporter, can_integrate)
    noise_name = parameter_name("noise", measure.quantity, name)
    fixed_noise = reporter.noise.fixed
    noise = Term(noise_name, reporter.noise, fixed_noise or 0.0, None if fixed_noise is None else 0.0)
    if reporter.drift is None:
        return ReporterTerms(bias, None, noise)
    drift_name = parameter_name("drift", measure.quantity, name)
    return ReporterTerms(bias, _drift_term(drift_name, reporter.drift, can_integrate), noise)


def _bias_term(name: str, reporter: Reporter, can_integrate: bool) -> Term:
    is_log = reporter.scale != "linear"  # on the linear scale a bias multiplies as it is
    normal = reporter.bias.log_normal if is_log else _normal(reporter.bias)
    if normal is not None and (can_integrate or normal[1] == 0):
        return Term(name, reporter.bias, normal[0], normal[1], is_log)
    return Term(name, reporter.bias, is_log=is_log)


def _drift_term(name: str, prior: Prior, can_integrate: bool) -> Term:
    normal = _normal(prior)
    if normal is not None and (can_integrate or normal[1] == 0):
        return Term(name, prior, normal[0], normal[1])
    return Term(name, prior)


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
