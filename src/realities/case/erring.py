"""How reporters err beyond bias and noise, as `measures.toml` says it: drift, rounding, origins, levels.

In comes the table of one quantity, its shape already checked; out come the parts of a `Reporter` and of a
`Measure` that are about lasting, shared and coarse errors. `measures.py` puts them together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

from realities.case.located import Located
from realities.case.priors import Prior, fixed_prior, parse_prior, positive_prior
from realities.case.schema import MeasureKind, Scale
from realities.errors import Findings, did_you_mean
from realities.source import NOWHERE, Span

#: Standard deviation of `drift = true`, per year, on the log and logit scales; times the noise on the linear.
DRIFT_SD: Final = 0.25
#: A figure over a step is a whole number if it is nearer to one than this.
_WHOLE: Final = 1e-6
#: Kinds of measures whose reporters may walk, share an origin or round.
_OF_VALUES: Final = ("value", "ordinal")
_ONLY_OF_VALUES: Final = ("origin", "rounding", "heaping")


@dataclass(frozen=True, slots=True)
class Drift:
    """How a bias changes in time: `trend` per year, and a random walk that gains `walk` in a year.

    Both are counted as noise is; the walk in t years gains sqrt(t) times as much. Before `since`, which is
    the start of the case where it is None, there is no drift.
    """

    trend: Prior | None = None
    walk: Prior | None = None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Heaping:
    """Steps to which a reporter rounds, ascending, in the measure's unit, and how often to each.

    `shares` sum to one; None says that they are uncertain, all equally likely.
    """

    steps: tuple[float, ...]
    shares: tuple[float, ...] | None

    def dividing(self, value: float) -> tuple[int, ...]:
        """Return which steps a figure is a multiple of, by position.

        Examples
        --------
        >>> Heaping((100.0, 500.0, 1000.0), None).dividing(37500.0)
        (0, 1)
        """
        times = [value / step for step in self.steps]
        return tuple(k for k, many in enumerate(times) if abs(many - round(many)) < _WHOLE)


@dataclass(frozen=True, slots=True)
class Origin:
    """What reporters share that draw on one origin: its bias and drift, and an error of each period.

    All as for a reporter, whose own bias, drift and noise come on top. `noise` is common to everything
    that is said of the same `period_days`; None for none.
    """

    name: str
    bias: Prior
    drift: Drift
    noise: Prior | None
    period_days: float
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Levels:
    """Ordered levels that reports name, and what share of the latent quantity parts them.

    A report of `levels[k]` says that the quantity, as the reporter errs, lies between `cuts[k - 1]` and
    `cuts[k]`; the first level has no lower end and the last no upper one.
    """

    levels: tuple[float, ...]
    cuts: tuple[float, ...]

    def place(self, value: float) -> int | None:
        """Return the position of a level; None if the value is none."""
        near = [k for k, level in enumerate(self.levels) if abs(level - value) <= 1e-9 * max(1.0, abs(level))]
        return near[0] if near else None


class ErringReader:
    """Reads what one measure says of lasting, shared and coarse errors."""

    def __init__(
        self, located: Located, quantity: str, kind: MeasureKind, scale: Scale, findings: Findings
    ) -> None:
        self.located, self.quantity, self.findings = located, quantity, findings
        self.kind, self.scale = kind, scale

    def get(self, *path: str) -> object:
        """Return what stands at a path below the measure; None if nothing does."""
        return self.located.get(self.quantity, *path)

    def error(self, message: str, *path: str, hint: str = "") -> None:
        """Note what is wrong with a value."""
        self.findings.error("bad-value", message, self.located.value(self.quantity, *path), hint)

    # -- drift ------------------------------------------------------------------------------------

    def drift(self, *path: str, scale: Scale, noise: Prior) -> Drift:
        """Return the drift that stands at a path; one without trend and walk for no drift."""
        value = self.get(*path)
        if not isinstance(value, dict):
            return Drift(self.trend(*path, scale=scale, noise=noise))
        walk = self.positive(*path, "walk")
        if walk is not None and self.kind not in _OF_VALUES:
            self.error(f"the bias of a {self.kind} cannot walk", *path, "walk", hint="leave the walk out")
        since = value.get("since")
        trend = self.trend(*path, "trend", scale=scale, noise=noise)
        return Drift(trend, walk, since if isinstance(since, date) else None)

    def trend(self, *path: str, scale: Scale, noise: Prior) -> Prior | None:
        """Return the prior of a change per year; None for none."""
        value = self.get(*path)
        if value is None or value is False:
            return None
        if value is True:
            sd = DRIFT_SD * (float(noise.ppf(np.array(0.5))) if scale == "linear" else 1.0)
            return Prior("normal", (0.0, sd), f"normal(0, {sd:g})")
        return parse_prior(value, self.located.text(self.quantity, *path), self.findings)

    def positive(self, *path: str) -> Prior | None:
        """Return a prior of a number above zero, None if there is none or it cannot be read."""
        span = self.located.text(self.quantity, *path)
        return positive_prior(self.get(*path), span, path[-1], self.findings)

    # -- rounding ---------------------------------------------------------------------------------

    def heaping(self, name: str) -> Heaping | None:
        """Return to what a reporter rounds; None where the file does not say."""
        step, value = self.get("reporters", name, "rounding"), self.get("reporters", name, "heaping")
        if step is not None and value is not None:
            message = "either rounding or heaping: one step, or several"
            self.error(message, "reporters", name, "rounding")
        if value is None:
            return Heaping((float(step),), (1.0,)) if isinstance(step, (int, float)) else None
        path = ("reporters", name, "heaping")
        given = value.get("steps") if isinstance(value, dict) else value
        shares = value.get("shares") if isinstance(value, dict) else None
        steps = _numbers(given)
        if list(steps) != sorted(set(steps)):
            self.error("the steps must ascend", *path)
            return None
        if shares is None:
            return Heaping(steps, (1.0,) if len(steps) == 1 else None)
        parts = _numbers(shares)
        if len(parts) != len(steps) or abs(sum(parts) - 1.0) > 1e-6:
            self.error("there must be a share for each step, and they must sum to 1", *path, "shares")
            return None
        return Heaping(steps, tuple(part / sum(parts) for part in parts))

    # -- origins ----------------------------------------------------------------------------------

    def origins(self) -> dict[str, Origin]:
        """Return the origins of a measure by name."""
        table = self.get("origins")
        return {name: self.origin(name) for name in (table if isinstance(table, dict) else ())}

    def origin(self, name: str) -> Origin:
        """Return one origin, with what the file leaves out filled in."""
        path = ("origins", name)
        noise = self.positive(*path, "noise")
        if self.scale == "linear" and noise is None and self.get(*path, "drift") is True:
            message = "on the linear scale there is no usual size of a drift"
            self.error(message, *path, "drift", hint=f"write a prior of the change per year, in {self.unit}")
        days = self.get(*path, "period_days")
        return Origin(
            name,
            self.positive(*path, "bias") or fixed_prior(1.0),
            self.drift(*path, "drift", scale=self.scale, noise=noise or fixed_prior(1.0)),
            noise,
            float(days) if isinstance(days, (int, float)) else 1.0,
            self.located.key(self.quantity, *path),
        )

    @property
    def unit(self) -> object:
        """The unit of the measure, as written."""
        return self.get("unit")

    def origin_of(self, name: str, scale: Scale, origins: Collection[str]) -> str | None:
        """Return the origin that a reporter draws on; None if it draws on none that is known."""
        wanted = self.get("reporters", name, "origin")
        if wanted is None or self.kind not in _OF_VALUES:
            return None
        path = ("reporters", name, "origin")
        if wanted not in origins:
            message = f'"{self.quantity}" has no origin named "{wanted}"'
            hint = did_you_mean(str(wanted), origins) or f'write origins."{wanted}" = {{ bias = ... }}'
            self.findings.error("unknown-origin", message, self.located.value(self.quantity, *path), hint)
            return None
        if scale != self.scale:
            message = (
                f'"{name}" errs on the {scale} scale, its origin on the {self.scale} scale of the measure'
            )
            where = self.located.value(self.quantity, *path)
            self.findings.error("mixed-scales", message, where, "give both the same scale")
        return str(wanted)

    # -- kinds ------------------------------------------------------------------------------------

    def levels(self, whole: float) -> Levels | None:
        """Return the levels of an ordinal measure; None for any other kind, or if they cannot be used."""
        if self.kind != "ordinal":
            for key in ("levels", "cuts"):
                if self.get(key) is not None:
                    hint = 'write kind = "ordinal", or leave them out'
                    self.error(f'only an ordinal measure has "{key}"', key, hint=hint)
            return None
        levels = _numbers(self.get("levels")) or (0.0, 0.5 * whole, whole)
        cuts = _numbers(self.get("cuts")) or tuple((np.add(levels[1:], levels[:-1]) / 2.0).tolist())
        if list(levels) != sorted(set(levels)):
            self.error("the levels must ascend", "levels")
            return None
        if len(cuts) != len(levels) - 1 or not all(
            low < cut < high for low, cut, high in zip(levels, cuts, levels[1:], strict=False)
        ):
            message = "there must be one cut between any two levels that follow one another"
            self.error(message, "cuts" if self.get("cuts") is not None else "levels")
            return None
        return Levels(levels, cuts)

    def check_kind(self, reporters: Mapping[str, object]) -> None:
        """Note keys that a measure of this kind has no use for."""
        if self.kind in _OF_VALUES:
            if self.kind == "ordinal":
                self._refuse(reporters, ("rounding", "heaping"))
            return
        self._refuse(reporters, _ONLY_OF_VALUES)
        if self.get("origins") is not None:
            self.error(f"reporters of a {self.kind} cannot share an origin", "origins")

    def _refuse(self, reporters: Mapping[str, object], keys: tuple[str, ...]) -> None:
        for name in reporters:
            for key in keys:
                if self.get("reporters", name, key) is not None:
                    message = f'the reporter of a measure of kind "{self.kind}" has no "{key}"'
                    self.error(message, "reporters", name, key)


def _numbers(value: object) -> tuple[float, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(float(number) for number in value if isinstance(number, (int, float)))
