"""Which lasting errors the rows of a quantity bear: walks of biases, and what reporters of one origin share.

In come the rows and what is uncertain about their reporters and origins; out come the processes that
`gaussian.py` integrates out, the names of what is drawn of them, and errors as they could be in other rows
(for predictions). `quantity.py` has one of these for each quantity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from realities.case.calendar import Calendar
from realities.case.measures import Measure
from realities.weigh.reporting.discrepancy import DiscrepancyPath, SpellPath, WalkPath
from realities.weigh.reporting.gaussian import IntegratedErrors
from realities.weigh.reporting.processes import Borne, Spell, Walk, Wander
from realities.weigh.reporting.rows import DAYS_PER_YEAR, Rows, days_of
from realities.weigh.reporting.terms import (
    Draws,
    OriginTerms,
    ReporterTerms,
    Term,
    origin_terms,
    parameter_name,
    values_of,
)

FloatArray = NDArray[np.float64]

#: The model error of a measure that declares none.
NO_WANDER = Wander(0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Erring:
    """Somebody who errs: a reporter, or an origin that several share.

    `rows` (row,) is 1 where a row bears its errors and 0 elsewhere; `since` is the day, counted from the
    start of the case, on which its bias begins to drift, and `years` (row,) for how long it has.
    """

    name: str
    terms: ReporterTerms | OriginTerms
    rows: FloatArray
    years: FloatArray
    since: float
    period_days: float = 0.0
    is_origin: bool = False


class LastingErrors:
    """What the rows of one quantity bear for longer than one report.

    Attributes
    ----------
    erring
        Every reporter in the order of the rows' reporters, then the origins that they draw on, by name.
    origins
        Terms of those origins, by name.
    """

    def __init__(
        self, measure: Measure, rows: Rows, terms: tuple[ReporterTerms, ...], calendar: Calendar
    ) -> None:
        self.quantity = measure.quantity
        self._days = rows.days
        self._calendar = calendar
        wanted = {reporter.origin for reporter in rows.reporters} - {None}
        self.origins: Mapping[str, OriginTerms] = {
            name: origin_terms(measure, origin)
            for name, origin in sorted(measure.origins.items())
            if name in wanted
        }
        own = [
            self._erring(reporter.name, terms[r], rows, [r], reporter.since)
            for r, reporter in enumerate(rows.reporters)
        ]
        shared = []
        for name, their_terms in self.origins.items():
            members = [r for r, reporter in enumerate(rows.reporters) if reporter.origin == name]
            origin = measure.origins[name]
            full = f"origin {name}"
            shared.append(
                self._erring(full, their_terms, rows, members, origin.drift.since, origin.period_days)
            )
        self.erring: tuple[Erring, ...] = (*own, *shared)
        self.walkers = tuple(one for one in self.erring if one.terms.walk is not None)
        self.sharers = tuple(one for one in shared if one.terms.noise is not None)

    def _erring(
        self,
        name: str,
        terms: ReporterTerms | OriginTerms,
        rows: Rows,
        members: list[int],
        since: date | None,
        period_days: float | None = None,
    ) -> Erring:
        start = self._calendar.start if since is None else since
        years = np.array([(row.happened - start).days / DAYS_PER_YEAR for row in rows.observations])
        first = days_of(np.array([self._calendar.time_of(start)]), self._calendar)[0]
        bears = np.isin(rows.reporter, members).astype(np.float64)
        is_origin = period_days is not None
        return Erring(name, terms, bears, np.maximum(years, 0.0), float(first), period_days or 0.0, is_origin)

    @property
    def is_any(self) -> bool:
        """Whether any bias walks, or any origin has errors of its periods."""
        return bool(self.walkers or self.sharers)

    def through_origins(self, known: FloatArray, parameters: Draws) -> FloatArray:
        """Return what origins say of the truth, shape (draw, row), where biases multiply it as they are."""
        for one in self.erring:
            if one.is_origin and not one.terms.bias.is_log:
                bias = values_of(one.terms.bias, parameters, None)
                known = known * np.where(one.rows > 0, bias, 1.0)
        return known

    @property
    def is_known(self) -> bool:
        """Whether no size of these errors is sampled."""
        sizes = [one.terms.walk for one in self.walkers] + [one.terms.noise for one in self.sharers]
        return not any(size.is_sampled for size in sizes if size is not None)

    def borne(self, parameters: Draws, chosen: NDArray[np.intp]) -> tuple[Borne, ...]:
        """Return the processes that some of the rows bear: walks, then errors of periods."""
        walks = [Borne(self._walk(one, parameters), one.rows[chosen]) for one in self.walkers]
        spells = [Borne(self._spell(one, parameters), one.rows[chosen]) for one in self.sharers]
        return (*walks, *spells)

    def path(
        self,
        wander: Wander | None,
        parameters: Draws,
        drawn: IntegratedErrors,
        nodes: FloatArray,
    ) -> DiscrepancyPath:
        """Return what was drawn at the days `nodes` as one path."""
        n_draws, n_walks = len(drawn.coefficients), len(self.walkers)
        walks = [
            WalkPath(one.name, walk.sd, walk.since, nodes, values)
            for one, values in zip(self.walkers, drawn.borne[:n_walks], strict=True)
            for walk in [self._walk(one, parameters)]
        ]
        spells = [
            SpellPath(one.name, spell.sd, spell.period_days, nodes, values)
            for one, values in zip(self.sharers, drawn.borne[n_walks:], strict=True)
            for spell in [self._spell(one, parameters)]
        ]
        if wander is None or drawn.discrepancy is None:
            empty = np.zeros((n_draws, 0))
            return DiscrepancyPath(NO_WANDER, np.zeros(0), empty, tuple(walks), tuple(spells))
        return DiscrepancyPath(wander, nodes, drawn.discrepancy, tuple(walks), tuple(spells))

    def last_values(self, path: DiscrepancyPath) -> dict[str, FloatArray]:
        """Return where each walk stood on the day of the last row that bears it, by name, each (draw,)."""
        found = {}
        for one, walk in zip(self.walkers, path.walks, strict=True):
            last = self._days[np.flatnonzero(one.rows)[-1]]
            found[parameter_name("walk", self.quantity, one.name)] = walk.values[:, walk.days == last][:, 0]
        return found

    def sample(
        self, path: DiscrepancyPath | None, parameters: Draws, n_draws: int, rng: np.random.Generator
    ) -> FloatArray:
        """Return errors as they could be in the rows, shape (draw, row): what is known goes on."""
        walks = {walk.name: walk for walk in path.walks} if path else {}
        spells = {spell.name: spell for spell in path.spells} if path else {}
        error = np.zeros((n_draws, len(self._days)))
        nothing = np.zeros(0), np.zeros((n_draws, 0))
        for one in self.walkers:
            walk = self._walk(one, parameters)
            walking = walks.get(one.name, WalkPath(one.name, walk.sd, walk.since, *nothing))
            error += one.rows * walking.sample(self._days, n_draws, rng)
        for one in self.sharers:
            spell = self._spell(one, parameters)
            lasting = spells.get(one.name, SpellPath(one.name, spell.sd, spell.period_days, *nothing))
            error += one.rows * lasting.sample(self._days, n_draws, rng)
        return error

    def _walk(self, one: Erring, parameters: Draws) -> Walk:
        assert one.terms.walk is not None
        return Walk(_size(one.terms.walk, parameters), one.since)

    def _spell(self, one: Erring, parameters: Draws) -> Spell:
        assert one.terms.noise is not None
        return Spell(_size(one.terms.noise, parameters), one.period_days)


def _size(term: Term, parameters: Draws) -> FloatArray:
    """Return a standard deviation, shape (draw,), or (1,) where it is known."""
    return parameters[term.name] if term.is_sampled else np.array([term.mean])
