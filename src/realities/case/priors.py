"""Priors: what an account or a reporter takes a number to be before any observation.

In comes a text such as `lognormal(p5=0.5, p95=2, high=10)` or a plain number; out comes a `Prior`
with a quantile function and a normalized density. The grammar is

    number | family(argument, ...)     argument: number, or name=number

with the families and argument names of `families.ARGUMENTS`, quantiles `p5=, p95=` or `p10=, p90=` in
place of the parameters, and `low=, high=` to truncate. Quantiles are those before truncation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite, log
from typing import Final

import numpy as np

from realities.case import families
from realities.case.families import ARGUMENTS, Family, FloatArray
from realities.errors import Findings, did_you_mean
from realities.source import Span

#: A truncation that leaves less than this of a prior contradicts it.
_LEAST_MASS = 1e-12

_TAILS: Final = {0.05: ("p5", "p95"), 0.10: ("p10", "p90")}
_PROBABILITY: Final = {"p5": 0.05, "p10": 0.10, "p90": 0.90, "p95": 0.95}

_NUMBER = r"[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_PLAIN = re.compile(rf"\s*({_NUMBER})\s*\Z")
_CALL = re.compile(r"\s*([A-Za-z]\w*)\s*\((.*)\)\s*\Z", re.DOTALL)
_ARGUMENT = re.compile(rf"\s*(?:([A-Za-z]\w*)\s*=\s*)?({_NUMBER})\s*\Z")


@dataclass(frozen=True, slots=True)
class Prior:
    """A distribution of one number, truncated to `low`..`high` and normalized there.

    `parameters` are those that `families.ARGUMENTS` names; `text` is how the author wrote it.
    """

    family: Family
    parameters: tuple[float, ...]
    text: str
    low: float = -inf
    high: float = inf

    @property
    def fixed(self) -> float | None:
        """The value, if this is a plain number."""
        return self.parameters[0] if self.family == "fixed" else None

    @property
    def log_normal(self) -> tuple[float, float] | None:
        """Mean and standard deviation of the logarithm, where that is normal; None elsewhere.

        So for an untruncated lognormal, and for a positive number (standard deviation 0).
        """
        if self.family == "fixed" and self.parameters[0] > 0:
            return log(self.parameters[0]), 0.0
        if self.family == "lognormal" and self.low <= 0 and self.high == inf:
            return log(self.parameters[0]), self.parameters[1]
        return None

    @property
    def support(self) -> tuple[float, float]:
        """The smallest and largest value it can give."""
        low, high = families.support(self.family, self.parameters)
        return max(low, self.low), min(high, self.high)

    def ppf(self, u: FloatArray) -> FloatArray:
        """Return the quantiles at probabilities `u`, in the shape of `u`.

        Examples
        --------
        >>> Prior("uniform", (0.0, 10.0), "uniform(0, 10)").ppf(np.array([0.25, 0.5]))
        array([2.5, 5. ])
        """
        u = np.asarray(u, dtype=np.float64)
        if self.family == "fixed":
            return np.full_like(u, self.parameters[0])
        at_low, at_high, upper = self._ends()
        p = at_low + u * (at_high - at_low)
        return np.clip(families.ppf(self.family, self.parameters, p, upper=upper), *self.support)

    def logpdf(self, x: FloatArray) -> FloatArray:
        """Return the logarithm of the density at `x`, normalized under truncation; -inf outside.

        A fixed number has log density 0 at its value and -inf elsewhere.
        """
        x = np.asarray(x, dtype=np.float64)
        density = families.logpdf(self.family, self.parameters, x)
        inside = (x >= self.low) & (x <= self.high) | np.isnan(x)
        return np.where(inside, density - self._log_mass(), -inf)

    def cdf(self, x: FloatArray) -> FloatArray:
        """Return the probability of a value up to `x`, in the shape of `x`."""
        x = np.asarray(x, dtype=np.float64)
        if self.family == "fixed":
            return np.where(x >= self.parameters[0], 1.0, 0.0)
        at_low, at_high, upper = self._ends()
        at_x = families.cdf(self.family, self.parameters, np.clip(x, self.low, self.high), upper=upper)
        return np.clip((at_x - at_low) / (at_high - at_low), 0.0, 1.0)

    def widened(self, factor: float) -> Prior:
        """Return this prior with its spread times `factor`, about the same centre.

        Truncation stays. A bounded prior that lies on one side of zero stays there, and one within
        0..1 stays within: widening must not make a rate negative or a share larger than the whole. One that
        is truncated far out is narrowed at most until its bounds leave a part in 10^12 of it.
        """
        if self.family == "fixed" or factor == 1:
            return self
        parameters = families.widen(self.family, self.parameters, factor)
        low, high = self.low, self.high
        if self.family in ("uniform", "triangular"):
            least, most = self.support
            low = max(low, 0.0) if least >= 0 else low
            high = min(high, 1.0) if least >= 0 and most <= 1 else min(high, 0.0) if most <= 0 else high
        found = Prior(self.family, parameters, describe(self.family, parameters, low, high), low, high)
        return found if found._log_mass() >= log(_LEAST_MASS) else self.widened(factor**0.5)

    def _ends(self) -> tuple[float, float, bool]:
        """Return the probabilities at both bounds, counted from the top if both lie in the upper half."""
        bounds = np.array([self.low, self.high])
        below = families.cdf(self.family, self.parameters, bounds)
        if below[0] <= 0.5:
            return float(below[0]), float(below[1]), False
        above = families.cdf(self.family, self.parameters, bounds, upper=True)
        return float(above[0]), float(above[1]), True

    def _log_mass(self) -> float:
        """Return the logarithm of the share of the family that lies within the bounds."""
        if self.family == "fixed" or (self.low == -inf and self.high == inf):
            return 0.0
        at_low, at_high, _ = self._ends()
        return log(abs(at_high - at_low)) if at_high != at_low else -inf


def fixed_prior(value: float) -> Prior:
    """Return the prior of a plain number."""
    return Prior("fixed", (float(value),), f"{value:g}")


def describe(family: Family, parameters: tuple[float, ...], low: float = -inf, high: float = inf) -> str:
    """Return a prior as text that `parse_prior` reads back, to six digits."""
    if family == "fixed":
        return f"{parameters[0]:g}"
    named = [f"{name}={value:.6g}" for name, value in zip(ARGUMENTS[family], parameters, strict=True)]
    if family not in ("uniform", "triangular"):
        named += [f"low={low:.6g}"] * (low > -inf) + [f"high={high:.6g}"] * (high < inf)
    return f"{family}({', '.join(named)})"


def parse_prior(value: object, span: Span, findings: Findings) -> Prior | None:
    """Return the prior that a number or a text means, or None with a finding at its place.

    `span` is the place of the text itself, so that a wrong argument is pointed at within it.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        findings.error("wrong-type", "a prior is a number or a text such as normal(0, 1)", span)
        return None
    if not isinstance(value, str):
        return _plain(value, span, findings)
    reader = _Reader(value, span, findings)
    if plain := _PLAIN.match(value):
        return _plain(float(plain[1]), span, findings)
    return reader.read()


def positive_prior(value: object, span: Span, name: str, findings: Findings) -> Prior | None:
    """Return a prior of a number above zero, None if there is none or it cannot be read.

    A prior that reaches below zero, such as normal(1, 0.2), is truncated there.
    """
    if value is None:
        return None
    prior = parse_prior(value, span, findings)
    if prior is None or prior.support[0] > 0 or (prior.fixed is None and prior.support[0] == 0):
        return prior
    if prior.fixed is not None or prior.support[1] <= 0 or float(prior.cdf(np.array(0.0))) > 1 - 1e-9:
        findings.error("bad-prior", f'"{name}" must be above zero', span)
        return None
    return replace(prior, low=0.0)


def _plain(value: float, span: Span, findings: Findings) -> Prior | None:
    try:
        number = float(value)
    except OverflowError:
        number = inf
    if not isfinite(number):
        findings.error("bad-prior", "a prior must be a finite number", span)
        return None
    return fixed_prior(number)


class _Reader:
    """One prior's text being read: where it stands, and what was found wrong with it."""

    def __init__(self, text: str, span: Span, findings: Findings) -> None:
        self.text, self.span, self.findings = text, span, findings

    def read(self) -> Prior | None:
        call = _CALL.match(self.text)
        if call is None:
            hint = "write a number, or a family such as lognormal(p5=0.5, p95=2)"
            return self.refused(f'cannot read the prior "{_short(self.text)}"', 0, len(self.text), hint)
        name = call[1].lower()
        family = next((known for known in ARGUMENTS if known == name), None)
        if family is None:
            hint = did_you_mean(name, ARGUMENTS) or f"the families are {', '.join(ARGUMENTS)}"
            return self.refused(f'no family of priors is named "{call[1]}"', call.start(1), call.end(1), hint)
        arguments = self.arguments(family, call[2], call.start(2))
        return None if arguments is None else self.build(family, arguments)

    def arguments(self, family: Family, text: str, start: int) -> dict[str, float] | None:
        """Return the arguments by name; None if one cannot be read."""
        known = (*ARGUMENTS[family], *_PROBABILITY, "low", "high")
        named: dict[str, float] = {}
        for index, part in enumerate(text.split(",") if text.strip() else []):
            at, start = start, start + len(part) + 1
            match = _ARGUMENT.match(part)
            if match is None:
                self.refused(f'cannot read the argument "{_short(part.strip())}"', at, at + len(part))
                return None
            if match[1] is None and (index >= len(ARGUMENTS[family]) or index != len(named)):
                self.refused(f"{family} takes {_arguments(family)}", at, at + len(part))
                return None
            name = (match[1] or ARGUMENTS[family][index]).lower()
            if name not in known or name in named:
                problem = "is given twice" if name in named else f"is no argument of {family}"
                hint = did_you_mean(name, known) or f"{family} takes {_arguments(family)}"
                self.refused(f'"{name}" {problem}', at, at + len(part), hint)
                return None
            named[name] = float(match[2])
            if not isfinite(named[name]):
                self.refused(f'"{name}" must be a finite number', at, at + len(part))
                return None
        return named

    def build(self, family: Family, named: Mapping[str, float]) -> Prior | None:
        """Return the prior with these arguments; None if they contradict one another."""
        own = ARGUMENTS[family]
        quantiles = {name: named[name] for name in named if name in _PROBABILITY}
        try:
            if quantiles:
                extra = [name for name in named if name in own and name not in ("low", "high", "mode")]
                if extra:
                    raise ValueError(f"give either quantiles or {extra[0]}, not both")
                parameters = _from_quantiles(family, quantiles, named.get("mode"))
                low, high = named.get("low", -inf), named.get("high", inf)
            else:
                missing = [name for name in own if name not in named]
                if missing:
                    raise ValueError(f"{family} takes {_arguments(family)}; {missing[0]} is missing")
                parameters = tuple(named[name] for name in own)
                low = -inf if "low" in own else named.get("low", -inf)
                high = inf if "high" in own else named.get("high", inf)
            if problem := families.complaint(family, parameters):
                raise ValueError(problem)
            if low >= high:
                raise ValueError("low must be below high")
        except (ValueError, OverflowError) as problem:
            return self.refused(str(problem), 0, len(self.text))
        prior = Prior(family, parameters, self.text.strip(), low, high)
        if not prior._log_mass() >= log(_LEAST_MASS):
            return self.refused("the bounds leave nothing of this prior", 0, len(self.text))
        return prior

    def refused(self, message: str, start: int, end: int, *hints: str) -> Prior | None:
        """Note an error at characters `start` to `end` of the text."""
        span = self.span
        if span.text == self.text:
            span = span.source.span(span.start + start, span.start + max(end, start + 1))
        self.findings.error("bad-prior", message, span, *hints)
        return None


def _from_quantiles(family: Family, quantiles: Mapping[str, float], mode: float | None) -> tuple[float, ...]:
    if family == "halfnormal":
        if len(quantiles) > 1:
            raise ValueError("one quantile determines a halfnormal")
        ((name, value),) = quantiles.items()
        return families.fit_halfnormal(_PROBABILITY[name], value)
    for tail, (below, above) in _TAILS.items():
        if set(quantiles) == {below, above}:
            return families.fit(family, tail, quantiles[below], quantiles[above], mode)
    raise ValueError("quantiles come in pairs: p5 and p95, or p10 and p90")


def _arguments(family: Family) -> str:
    quantiles = "one of p5=, p10=, p90=, p95=" if family == "halfnormal" else "p5=, p95="
    return f"({', '.join(ARGUMENTS[family])}), or {quantiles}"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
