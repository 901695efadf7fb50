"""How much of what had happened could be known: counts that fill up with a delay.

An event enters a count after a delay with a half-life that may depend on its year. Where most events are
known soon and the others late, a share of them has a second, slow half-life. In come the days up to which
figures count and the days of their publication; out comes, from the course of the true total, the part of
it that had been counted. `quantity.py` compares reports with that part.

Between two times the total is taken to grow evenly, and the delay is averaged over them exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from realities.case.calendar import Calendar
from realities.case.measures import Delay, HalfLife
from realities.case.priors import Prior

FloatArray = NDArray[np.float64]
Draws = Mapping[str, FloatArray]  # parameter name -> (draw,)

#: The course of the total is followed in steps of this part of the shortest half-life, in days; within a step
#: it grows evenly, and the delay is averaged exactly, so that steps of a few days do for any half-life.
STEP_SHARE, SHORTEST_STEP, LONGEST_STEP = 0.1, 3.0, 30.0


class DelayedCount:
    """The part of a growing total that had entered a count when figures were published.

    Parameters
    ----------
    delay
        How late events enter the count; None if at once.
    quantity
        What is counted, for the names of parameters.
    happened, published
        For each figure, the day up to which it counts and the day it was published.
    calendar
        Of the case.

    Attributes
    ----------
    times
        The model times, ascending, at which the total is needed, shape (time,); the first is the start.
    parameters
        Priors of what is uncertain, by name: `delay[quantity]`, or `delay[quantity, year]` where each year
        has its own, and of the slow part `slow_share[quantity]` and `slow_delay[...]`.
    """

    def __init__(
        self,
        delay: Delay | None,
        quantity: str,
        happened: Sequence[date],
        published: Sequence[date],
        calendar: Calendar,
    ) -> None:
        # Of events after its publication a figure holds none.
        ends = [min(day, known) for day, known in zip(happened, published, strict=True)]
        dates = _grid(calendar.start, [*happened, *ends], None if delay is None else _step_days(delay))
        self.times = np.array([calendar.time_of(day) for day in dates])
        offsets = [(day - calendar.start).days for day in dates]
        at = {day: k for k, day in enumerate(dates)}
        self._end = np.array([at[day] for day in ends], dtype=np.intp)
        self._wait = np.array(
            [(known - day).days for known, day in zip(published, ends, strict=True)], dtype=np.float64
        )
        self._steps = np.diff(np.array(offsets, dtype=np.float64))
        years = np.array([day.year for day in dates[:-1]], dtype=np.intp)
        self._parts = () if delay is None else tuple(self._parts_of(delay, quantity, years))
        self.parameters = {
            name: prior
            for part in self._parts
            for name, prior in (part.share, part.half_life)
            if prior is not None and prior.fixed is None
        }
        self._weights = self._joined_weights()

    def known(self, total: FloatArray, parameters: Draws) -> FloatArray:
        """Return what of the total had been counted, shape (draw, figure).

        What there was at the start is taken to be known.

        Parameters
        ----------
        total
            The true total at `times`, shape (draw, time).
        parameters
            At least those of `parameters`, each (draw,).
        """
        return np.asarray(total[:, :1] + self.since_start(total, parameters))

    @property
    def ends(self) -> NDArray[np.intp]:
        """For each figure, at which of `times` the last day stands that it counts, (figure,)."""
        return self._end

    @property
    def waits(self) -> FloatArray:
        """For each figure, the days from then to its publication, (figure,)."""
        return self._wait

    @property
    def steps(self) -> FloatArray:
        """The days between `times`, (time - 1,)."""
        return self._steps

    @property
    def parts(self) -> tuple[_Part, ...]:
        """Events that enter the count with one half-life each; none where all are counted at once."""
        return self._parts

    def since_start(self, total: FloatArray, parameters: Draws) -> FloatArray:
        """Return how many of the events since the start had been counted, shape (draw, figure)."""
        if not self._parts:
            return np.asarray(total[:, self._end] - total[:, :1])
        growth = np.diff(total, axis=1)
        if self._weights is not None:
            return np.asarray(growth @ self._weights.T)
        return np.asarray(sum(self._counted_of(part, growth, parameters) for part in self._parts))

    def _counted_of(self, part: _Part, growth: FloatArray, parameters: Draws) -> FloatArray:
        """Return what of one part of the events had been counted, shape (draw, figure)."""
        share = np.asarray(part.share_of(parameters)).reshape(-1, 1)
        if part.weights is not None:
            return np.asarray(share * (growth @ part.weights.T))
        half_life = parameters[part.half_life[0]]
        return np.asarray(share * self._counted(growth * part.steps, half_life))

    def _counted(self, growth: FloatArray, half_life_days: FloatArray) -> FloatArray:
        """Return the events counted of all, with one half-life for each draw, shape (draw, figure).

        What waits to be counted fades from step to step, so that one pass serves all figures.
        """
        fades = np.exp2(-self._steps / half_life_days[:, None])
        arriving = growth * _mean_fade(self._steps, half_life_days[:, None])
        waiting = np.zeros((len(self.times), len(growth)))
        for k in range(len(self._steps)):
            waiting[k + 1] = waiting[k] * fades[:, k] + arriving[:, k]
        happened = np.concatenate([np.zeros((len(growth), 1)), np.cumsum(growth, axis=1)], axis=1)
        still = waiting[self._end].T * np.exp2(-self._wait / half_life_days[:, None])
        return np.asarray(happened[:, self._end] - still)

    def _parts_of(self, delay: Delay, quantity: str, years: NDArray[np.intp]) -> list[_Part]:
        """Return the events in parts of one half-life each: by year, and quick ones and slow ones."""
        slow = delay.slow
        share = (f"slow_share[{quantity}]", None if slow is None else slow.share)
        phases: list[tuple[str, HalfLife, bool]] = [("delay", delay, slow is not None)]
        phases += [] if slow is None else [("slow_delay", slow, False)]
        parts = []
        for kind, half_life, is_rest in phases:
            for year, prior in half_life.priors.items():
                known = [other for other in half_life.priors if other is not None]
                steps = np.array([year is None or _nearest(known, one) == year for one in years.tolist()])
                name = f"{kind}[{quantity}]" if year is None else f"{kind}[{quantity}, {year}]"
                if steps.any():
                    weights = None if prior.fixed is None else self._known_share(prior.fixed) * steps
                    parts.append(_Part(share, is_rest, (name, prior), steps, weights))
        return parts

    def _known_share(self, half_life_days: float) -> FloatArray:
        """Return the counted share of each step's growth with a known half-life, (figure, step)."""
        offsets = np.concatenate([[0.0], np.cumsum(self._steps)])
        lag = (offsets[self._end] + self._wait)[:, None] - offsets[1:]  # from a step's end to publication
        is_before = np.arange(len(self._steps)) < self._end[:, None]
        still = np.exp2(-np.maximum(lag, 0.0) / half_life_days) * _mean_fade(
            self._steps, np.array(half_life_days)
        )
        return np.asarray((1.0 - still) * is_before)

    def _joined_weights(self) -> FloatArray | None:
        """Return the counted share of each step's growth, (figure, step), where nothing is uncertain."""
        joined = np.zeros((len(self._end), len(self._steps)))
        for part in self._parts:
            if part.weights is None or part.share[0] in self.parameters:
                return None
            joined += part.share_of({}) * part.weights
        return joined


@dataclass(frozen=True, slots=True)
class _Part:
    """Events that enter the count with one half-life: those of some steps, all or a share of them.

    `share` and `half_life` are names and priors of parameters; the share is what that number leaves if
    `is_rest`, and all if there is no prior. `steps` (step,) says of which steps they are; `weights` are the
    counted shares of each step's growth, (figure, step), where the half-life is known.
    """

    share: tuple[str, Prior | None]
    is_rest: bool
    half_life: tuple[str, Prior]
    steps: NDArray[np.bool_]
    weights: FloatArray | None

    def share_of(self, parameters: Draws) -> FloatArray | float:
        """Return the share, (draw,) or one number."""
        name, prior = self.share
        if prior is None:
            return 1.0
        share = prior.fixed if prior.fixed is not None else parameters[name]
        return 1.0 - share if self.is_rest else share


def _nearest(years: Sequence[int], year: int) -> int:
    """Return the year nearest to one, the earlier of two."""
    return min(years, key=lambda other: (abs(other - year), other))


def _mean_fade(steps: FloatArray, half_life_days: FloatArray) -> FloatArray:
    """Return what of events spread evenly over a step still waits at its end, as a share."""
    x = np.log(2.0) * steps / half_life_days
    return np.asarray(-np.expm1(-x) / x)


def _step_days(delay: Delay) -> float:
    """Return the longest step, in days, in which the total is followed."""
    parts = [delay, delay.slow] if delay.slow is not None else [delay]
    shortest = min(part.shortest_days for part in parts)
    return float(np.clip(STEP_SHARE * shortest, SHORTEST_STEP, LONGEST_STEP))


def _grid(start: date, days: Sequence[date], step_days: float | None) -> list[date]:
    """Return the start, some days, and the days of a regular grid up to the last of them."""
    offsets = {0, *((day - start).days for day in days)}
    if step_days is not None:
        offsets |= {round(k * step_days) for k in range(int(max(offsets) / step_days) + 1)}
    return [start + timedelta(days=offset) for offset in sorted(offsets)]
