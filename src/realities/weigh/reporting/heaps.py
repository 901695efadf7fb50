"""Figures rounded to one of several steps: how likely each step is, and what a figure then stands for.

A reporter rounds each figure to step k with probability `share[k]`. A figure that several steps divide may
have been rounded to any of them: it says with `share[k]` that the truth, as the reporter errs, lies within
half a step k of it. The intervals are nested, so that the figure is a mixture of intervals side by side, in
each of which the probability to say it is the sum of the shares of the steps that reach there. In come rows
and shares; out come weights for `intervals.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realities.case.erring import Heaping
from realities.weigh.reporting.rows import Rows
from realities.weigh.reporting.terms import Draws, ReporterTerms, Term, log_shares

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeapedReporter:
    """A reporter that rounds to several steps.

    Attributes
    ----------
    single
        How many of its figures only one step divides, by that step, shape (step,).
    several
        The rows that more than one step divides, with those steps and the edges of what they stand for.
    """

    heaping: Heaping
    terms: tuple[Term, ...]
    single: FloatArray
    several: tuple[tuple[int, tuple[int, ...], FloatArray], ...]

    def log_weight(self, parameters: Draws) -> FloatArray:
        """Return the log probability of the steps of all figures that only one divides, (draw | 1,)."""
        chosen = self.single > 0
        return np.asarray(self._log_shares(parameters)[:, chosen] @ self.single[chosen])

    def mixtures(self, parameters: Draws) -> Iterator[tuple[int, FloatArray, FloatArray]]:
        """Give each row that several steps divide, its edges (1, edge), and log weights (draw | 1, part)."""
        log_share = self._log_shares(parameters)
        for row, steps, edges in self.several:
            reaching = [
                np.logaddexp.reduce(log_share[:, steps[depth:]], axis=1) for depth in range(len(steps))
            ]
            outside_in = reaching[:0:-1]
            yield row, edges[None], np.stack([*outside_in, *reaching], axis=1)

    def _log_shares(self, parameters: Draws) -> FloatArray:
        return log_shares(self.heaping, self.terms, parameters)


def heaped_reporters(rows: Rows, terms: Sequence[ReporterTerms]) -> tuple[HeapedReporter, ...]:
    """Return the reporters that round to more than one step."""
    found = []
    for r, reporter in enumerate(rows.reporters):
        heaping = reporter.heaping
        if heaping is None or len(heaping.steps) == 1:
            continue
        said = [(int(row), rows.said[row]) for row in np.flatnonzero(rows.reporter == r)]
        single = np.zeros(len(heaping.steps))
        for _, what in said:
            if len(what.steps) == 1:
                single[what.steps[0]] += 1.0
        several = [(row, what.steps, np.array(what.edges)) for row, what in said if len(what.steps) > 1]
        found.append(HeapedReporter(heaping, terms[r].heaping, single, tuple(several)))
    return tuple(found)


def rounded(
    values: FloatArray, heaping: Heaping, terms: tuple[Term, ...], parameters: Draws, rng: np.random.Generator
) -> FloatArray:
    """Return figures (draw, row) as a reporter rounds them."""
    steps = np.array(heaping.steps)
    if len(steps) == 1:
        return np.asarray(np.round(values / steps[0]) * steps[0])
    up_to = np.cumsum(np.exp(log_shares(heaping, terms, parameters)), axis=1)[:, None, :-1]
    step = steps[(rng.random(values.shape)[:, :, None] > up_to).sum(axis=2)]
    return np.asarray(np.round(values / step) * step)
