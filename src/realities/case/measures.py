"""Measures: how each published quantity is read off the model, and how each reporter may be biased.

In comes `measures.toml`; out come `Measure`s. A measure's expression becomes a hidden variable of the
model, named by `variable`, whose values are in the measure's unit. `weigh/reporting/reports.py` turns the
rest into a likelihood.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from math import inf
from typing import Final, cast

import numpy as np

from realities.case.erring import ErringReader, Heaping, Levels, Origin
from realities.case.located import Located
from realities.case.priors import Prior, fixed_prior, positive_prior
from realities.case.schema import MEASURE, MeasureKind, Scale
from realities.case.shapes import conforms
from realities.errors import Findings, meant_or_there
from realities.ir.model import name_key
from realities.source import NOWHERE, Span
from realities.units import Unit, UnitError, parse_unit

#: What a reporter's noise is taken to be where the file says nothing.
DEFAULT_NOISE: Final = Prior("lognormal", (0.1, 0.5), "lognormal(median=0.1, sigma=0.5)")
#: The same for floors and ceilings, whose counts are exact but for clerical error.
DEFAULT_BOUND_NOISE: Final = fixed_prior(0.05)


@dataclass(frozen=True, slots=True)
class Reporter:
    """How one reporter of one quantity may differ from the truth.

    `bias` multiplies (1: none). `noise` is a standard deviation: of the logarithm on the log scale, of
    the log odds on the logit scale, in the measure's unit on the linear scale. `drift` is the change
    of the bias per year, as noise is counted; None means no drift. `walk` is the standard deviation of
    what the bias gains in a year beside that, as a random walk; it and drift begin on the day `since`, or
    with the case. Reporters of one `origin` share its errors. `heaping` says to what it rounds; None that
    nobody knows. A reporter that `copies` another adds no weight.
    """

    name: str
    bias: Prior
    noise: Prior
    drift: Prior | None = None
    copies: str | None = None
    scale: Scale = "log"
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    walk: Prior | None = None
    since: date | None = None
    origin: str | None = None
    heaping: Heaping | None = None


@dataclass(frozen=True, slots=True)
class HalfLife:
    """Half-life, in days, of the delay after which an event has entered a count.

    Either `by_year` gives it by the year of the event (years outside take the nearest), or `prior`
    gives one for all years. A year's half-life is a number, or a prior of its own.
    """

    by_year: Mapping[int, float | Prior]
    prior: Prior | None = None

    @property
    def priors(self) -> Mapping[int | None, Prior]:
        """The prior of each year's half-life, numbers included; under None that of all years."""
        if self.prior is not None:
            return {None: self.prior}
        return {
            year: days if isinstance(days, Prior) else fixed_prior(days)
            for year, days in self.by_year.items()
        }

    @property
    def shortest_days(self) -> float:
        """The shortest there may be, to all practical purposes."""
        return min(float(prior.ppf(np.array(0.05))) for prior in self.priors.values())


@dataclass(frozen=True, slots=True)
class SlowPart(HalfLife):
    """The events that enter a count late: which share of them, and their half-life."""

    share: Prior = field(default_factory=lambda: fixed_prior(0.0))


@dataclass(frozen=True, slots=True)
class Delay(HalfLife):
    """After how many days events enter a count: half of them, and of a `slow` share if there is one."""

    slow: SlowPart | None = None


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Model error of one measure: an Ornstein-Uhlenbeck process on the measure's scale.

    `sd` is its stationary standard deviation, `timescale_days` the time over which it forgets. One
    for all accounts.
    """

    sd: float
    timescale_days: float


@dataclass(frozen=True, slots=True)
class Measure:
    """How one quantity is read off the model, and who reports it.

    `expression` is the place of the expression in `measures.toml`; its text is in the model's own
    equation language. `account_variables` name the hidden variable of each account that reads the
    quantity its own way, and `account_expressions` the place of its reading. A row of a count holds
    the events of the `period_days` up to its day, or of all time since the start.
    """

    quantity: str
    expression: Span = field(compare=False, repr=False)
    unit: Unit
    kind: MeasureKind
    variable: str
    account_variables: Mapping[str, str]
    reporters: Mapping[str, Reporter]
    delay: Delay | None
    scale: Scale
    discrepancy: Discrepancy | None
    label: str
    period_days: int | None = None
    account_expressions: Mapping[str, Span] = field(default_factory=dict, compare=False, repr=False)
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    levels: Levels | None = None

    def variable_for(self, account: str) -> str:
        """Return the hidden variable from which an account reads this quantity."""
        return self.account_variables.get(account, self.variable)

    @property
    def uses_vintages(self) -> bool:
        """Whether a later figure of the same days adds to an earlier one, and does not replace it."""
        return self.kind == "count" and self.delay is not None

    @property
    def has_figures(self) -> bool:
        """Whether rows are figures that can be predicted and scored: bounds and levels are none."""
        return self.kind in ("value", "count")

    @property
    def possible(self) -> tuple[float, float]:
        """The smallest and largest value the quantity can have, in the measure's unit.

        Shares (logit scale, or the unit `fraction` or `share`) lie between nothing and the whole, and
        what is taken on the log scale is not negative.
        """
        if self.scale == "logit" or str(self.unit).casefold() in ("fraction", "share", "fractions", "shares"):
            return 0.0, whole_in(self.unit)
        scales = {self.scale, *(reporter.scale for reporter in self.reporters.values())}
        return (0.0, inf) if scales == {"log"} else (-inf, inf)


def whole_in(unit: Unit) -> float:
    """Return the whole, of which a quantity is a share, in a unit: 100 in percent, 1 where none is known."""
    return parse_unit("fraction").factor_to(unit) if unit.is_dimensionless else 1.0


def parse_measures(located: Located, accounts: Collection[str], findings: Findings) -> dict[str, Measure]:
    """Return the measures that a file defines, by quantity; what is wrong with one hides no other."""
    measures: dict[str, Measure] = {}
    keys: dict[str, str] = {}
    for quantity in located.data:
        span = located.key(quantity)
        key = name_key(quantity)
        if not key:
            findings.error("bad-value", "a quantity needs a name", span)
        elif key in keys:
            findings.error(
                "duplicate-id", f'the quantities "{keys[key]}" and "{quantity}" have one name', span
            )
        elif conforms(located, MEASURE, findings, (quantity,)):
            measure = _Reader(located, quantity, findings).measure(accounts)
            if measure is not None:
                measures[quantity] = measure
        keys.setdefault(key, quantity)
    return measures


class _Reader:
    """One table of `measures.toml` being read; its shape has been checked."""

    def __init__(self, located: Located, quantity: str, findings: Findings) -> None:
        self.located, self.quantity, self.findings = located, quantity, findings

    def get(self, *path: str) -> object:
        return self.located.get(self.quantity, *path)

    def names(self, *path: str) -> list[str]:
        """Return the keys of a table, or none where there is no table."""
        table = self.get(*path)
        return list(table) if isinstance(table, dict) else []

    def measure(self, accounts: Collection[str]) -> Measure | None:
        """Return the measure, or None if its unit or an expression cannot be used."""
        unit = self.unit()
        expression = self.expression("expression")
        variants = {name: self.expression("accounts", name, "expression") for name in self.names("accounts")}
        for name in variants:
            if name not in accounts:
                where = self.located.key(self.quantity, "accounts", name)
                hint = meant_or_there(name, accounts)
                self.findings.error("unknown-account", f'the case has no account "{name}"', where, hint)
        if unit is None or expression is None or None in variants.values():
            return None
        expressions = {name: span for name, span in variants.items() if span is not None and name in accounts}
        kind = cast(MeasureKind, self.get("kind") or "value")
        scale = cast(Scale, self.get("scale") or ("logit" if kind == "ordinal" else "log"))
        self.erring = ErringReader(self.located, self.quantity, kind, scale, self.findings)
        self.origins = self.erring.origins()
        reporters = {name: self.reporter(name, kind, scale) for name in self.names("reporters")}
        self.copies(reporters)
        self.erring.check_kind(reporters)
        return Measure(
            quantity=self.quantity,
            expression=expression,
            unit=unit,
            kind=kind,
            variable=f"measure: {self.quantity}",
            account_variables={name: f"measure: {self.quantity} @ {name}" for name in expressions},
            reporters=reporters,
            delay=self.delay(),
            scale=scale,
            discrepancy=self.discrepancy(),
            label=str(self.get("label") or self.quantity).strip(),
            period_days=self.period(kind),
            account_expressions=expressions,
            span=self.located.key(self.quantity),
            origins=self.origins,
            levels=self.erring.levels(whole_in(unit)),
        )

    def unit(self) -> Unit | None:
        """Return the unit, or None with a finding at the character where reading it stopped."""
        span = self.located.text(self.quantity, "unit")
        try:
            return parse_unit(span.text)
        except UnitError as problem:
            at = min(span.start + problem.offset, max(span.end - 1, span.start))
            self.findings.error(
                "bad-unit", f"cannot read the unit: {problem}", span.source.span(at, span.end)
            )
            return None

    def expression(self, *path: str) -> Span | None:
        """Return the place of an expression, or None with a finding if it is blank."""
        span = self.located.text(self.quantity, *path)
        if span.text.strip():
            return span
        self.findings.error("bad-value", "an expression is missing", self.located.value(self.quantity, *path))
        return None

    def reporter(self, name: str, kind: MeasureKind, scale: Scale) -> Reporter:
        """Return a reporter, with what the file leaves out filled in."""
        scale = cast(Scale, self.get("reporters", name, "scale") or scale)
        copies = self.get("reporters", name, "copies")
        span = self.located.key(self.quantity, "reporters", name)
        if kind == "count":
            return self.counter(name, scale, None if copies is None else str(copies), span)
        bias = self.positive("reporters", name, "bias") or fixed_prior(1.0)
        noise = self.positive("reporters", name, "noise")
        if noise is None:
            noise = DEFAULT_NOISE if kind in ("value", "ordinal") else DEFAULT_BOUND_NOISE
            needs_noise = scale == "linear" or kind == "ordinal"
            if needs_noise and copies is None and self.get("reporters", name, "noise") is None:
                where = f"on the {scale} scale" if scale == "linear" else "of a level"
                message = f'"{name}" needs a noise: {where} there is no usual size of error'
                hint = f"write noise = ..., in {self.get('unit') if scale == 'linear' else 'log odds'}"
                self.findings.error("missing-key", message, span, hint)
        drift = self.erring.drift("reporters", name, "drift", scale=scale, noise=noise)
        return Reporter(
            name,
            bias,
            noise,
            drift.trend,
            None if copies is None else str(copies),
            scale,
            span,
            drift.walk,
            drift.since,
            self.erring.origin_of(name, scale, self.origins),
            self.erring.heaping(name),
        )

    def counter(self, name: str, scale: Scale, copies: str | None, span: Span) -> Reporter:
        """Return a reporter of confirmed counts: `bias` is the chance that an event is ever counted.

        `noise` is the relative standard deviation beyond that of chance; 0 for none.
        """
        path = ("reporters", name)
        if copies is None and self.get(*path, "bias") is None:
            message = f'"{name}" needs a bias: the chance that an event enters its count'
            hint = 'write bias = "beta(8, 4)" or so, from a source; if there is none, use kind = "floor"'
            self.findings.error("missing-key", message, span, hint)
        for key, given in (("drift", self.get(*path, "drift")), ("scale", self.get(*path, "scale"))):
            if given is not None and given is not False:
                message = f'the reporter of a count has no "{key}"'
                self.findings.error("bad-value", message, self.located.value(self.quantity, *path, key))
        bias = self.share(*path, "bias") or fixed_prior(1.0)
        noise = DEFAULT_NOISE
        if self.get(*path, "noise") == 0:
            noise = fixed_prior(0.0)
        elif (given_noise := self.positive(*path, "noise")) is not None:
            noise = given_noise
        return Reporter(name, bias, noise, None, copies, scale, span)

    def period(self, kind: MeasureKind) -> int | None:
        """Return how many days a row of a count holds; note what a count cannot have, and others cannot."""
        days = self.get("period_days")
        if days is not None and kind != "count":
            message, hint = "only a count has a period", 'write kind = "count", or leave the period out'
            self.findings.error("bad-value", message, self.located.value(self.quantity, "period_days"), hint)
        for key in ("discrepancy", "scale") if kind == "count" else ():
            if self.get(key) is not None:
                message = f'a count has no "{key}": its error is that of counting'
                hint = "what goes beyond chance is the noise of its reporter"
                self.findings.error("bad-value", message, self.located.key(self.quantity, key), hint)
        return int(days) if isinstance(days, (int, float)) else None

    def positive(self, *path: str) -> Prior | None:
        """Return a prior of a number above zero, None if there is none or it cannot be read.

        A prior that reaches below zero, such as normal(1, 0.2), is truncated there.
        """
        return positive_prior(
            self.get(*path), self.located.text(self.quantity, *path), path[-1], self.findings
        )

    def copies(self, reporters: Mapping[str, Reporter]) -> None:
        """Check that each copy leads, perhaps through others, to a reporter that copies nobody."""
        for name, reporter in reporters.items():
            if reporter.copies is None:
                continue
            where = self.located.value(self.quantity, "reporters", name, "copies")
            if reporter.copies not in reporters:
                message = f'"{reporter.copies}" is no reporter of "{self.quantity}"'
                others = [one for one in reporters if one != name]
                hint = meant_or_there(reporter.copies, others)
                self.findings.error("unknown-reporter", message, where, hint)
                continue
            seen, at = [name], reporter.copies
            while at in reporters and at not in seen and (beyond := reporters[at].copies) is not None:
                seen.append(at)
                at = beyond
            if at == name:
                chain = " copies ".join(f'"{one}"' for one in [*seen, name])
                self.findings.error("copies-in-circle", f"{chain}: somebody must have counted", where)

    def delay(self) -> Delay | None:
        """Return the delay after which events enter a count."""
        value = self.get("delay")
        if value is None:
            return None
        if not isinstance(value, dict):
            prior = self.positive("delay")
            return None if prior is None else Delay({}, prior)
        quick, slow = self.half_life("delay", "half_life_days"), self.slow_part()
        return None if quick is None else Delay(quick.by_year, quick.prior, slow)

    def half_life(self, *path: str) -> HalfLife | None:
        """Return a half-life, by year or for all; None if there is none or it cannot be read."""
        value = self.get(*path)
        if isinstance(value, dict):
            priors = {int(year): self.positive(*path, year) for year in sorted(value)}
            known = {year: prior for year, prior in priors.items() if prior is not None}
            return HalfLife({year: prior.fixed or prior for year, prior in known.items()}) if known else None
        prior = self.positive(*path)
        return None if prior is None else HalfLife({}, prior)

    def slow_part(self) -> SlowPart | None:
        """Return the share of events that enter a count late, if the file gives one."""
        keys = ("slow_share", "slow_half_life_days")
        given = [key for key in keys if self.get("delay", key) is not None]
        if len(given) == 1:
            (missing,) = set(keys) - set(given)
            message = f'"{given[0]}" needs "{missing}" beside it'
            self.findings.error("missing-key", message, self.located.key(self.quantity, "delay", given[0]))
        if len(given) < len(keys):
            return None
        share, half_life = self.share("delay", keys[0]), self.half_life("delay", keys[1])
        if share is None or half_life is None:
            return None
        return SlowPart(half_life.by_year, half_life.prior, share)

    def share(self, *path: str) -> Prior | None:
        """Return a prior of a number above zero and at most one; what reaches beyond is cut off there."""
        prior = self.positive(*path)
        if prior is None or prior.support[1] <= 1:
            return prior
        if prior.fixed is not None or float(prior.cdf(np.array(1.0))) < 1e-9:
            span = self.located.text(self.quantity, *path)
            self.findings.error("bad-prior", f'"{path[-1]}" must not be above one', span)
            return None
        return replace(prior, high=1.0)

    def discrepancy(self) -> Discrepancy | None:
        """Return the model error of the measure, if the file gives one."""
        match self.get("discrepancy"):
            case {"sd": float() | int() as sd, "timescale_days": float() | int() as days}:
                return Discrepancy(float(sd), float(days))
            case _:
                return None
