"""An account's draws on their way through the model, a block at a time.

In come a fit and what is looked at: the times of a chart, claims, reports; out comes one `Piece` for each
block of draws. Where a measure declares a model error, a path of it is added to what the measure reads,
wherever that is shown or judged. `shown.py` keeps of a piece what is needed, `forward.py` asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from realities.case.claims import Claim
from realities.case.folder import Case
from realities.case.predicates import Intervention
from realities.ensemble import STREAM_FORWARD, Ensemble, save_times, stream
from realities.trajectories import Trajectories
from realities.weigh.fits import AccountFit, part_of, predict_reports, sample_discrepancies, with_unheard
from realities.weigh.reporting.rows import from_scale, to_scale
from realities.weigh.scoring.forecasts import claim_times, judge_draws, needed_outputs
from realities.weigh.shown import Piece, Reports

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at in a run: times of a chart, claims, the reports of the fit and those after it.

    With `is_chart_alone` the run is saved at no other times, and paths of model error live on those alone.
    """

    as_of: date
    chart: FloatArray
    claims: tuple[Claim, ...]
    seen: Reports
    following: Reports
    is_chart_alone: bool = False

    def grid(self, case: Case) -> FloatArray:
        """Return the times on which paths of model error are drawn, so that claims and reports move none."""
        return (
            self.chart if self.is_chart_alone else np.unique(np.concatenate([self.chart, save_times(case)]))
        )

    def times(self, case: Case) -> FloatArray:
        """Return every time at which something is looked at, ascending."""
        reported = [reports.times for group in (self.seen, self.following) for reports in group.values()]
        times = claim_times(self.claims, np.unique(np.concatenate([self.grid(case), *reported])))
        inside: FloatArray = times[(times >= self.chart[0]) & (times <= self.chart[-1])]
        return inside


class Ahead:
    """A case prepared for running one account's draws forward, block by block, from the first draw on."""

    def __init__(self, case: Case, fit: AccountFit, look: Look, seed: int) -> None:
        self.case, self.look = case, look
        self.fit = with_unheard(fit, [*look.seen.values(), *look.following.values()])
        self.times = look.times(case)
        self._variables = {q: m.variable_for(fit.account) for q, m in case.measures.items()}
        self._fixed = {n: p.fixed for n, p in case.priors(fit.account).items() if p.fixed is not None}
        self._rng = {q: stream(q, seed, STREAM_FORWARD) for q in case.measures}
        self._report_rng = [{q: stream(q, seed, STREAM_FORWARD, 1) for q in case.measures} for _ in range(2)]
        self._path_times = look.grid(case)
        self._seed = seed
        self._needed = {(): (), **needed_outputs(look.claims)}
        # What other dates need comes along, so that what is prepared for one serves them all.
        ever = needed_outputs(case.claims)
        self._ensembles = {
            do: Ensemble(
                case, as_of=look.as_of, outputs=self._outputs(do), hold=dict(do), beside=ever.get(do, ())
            )
            for do in self._needed
        }
        self._length = {do: self._points_of(do) for do in self._needed}
        self._error_of = self._model_errors()
        self._read = {do: self._quantities_read(do) for do in self._needed}

    def _outputs(self, do: Intervention) -> list[str]:
        """Return the variables that a run has to give: measures are read off the plain one."""
        return sorted({*self._needed[do], *(() if do else self._variables.values())})

    def _points_of(self, do: Intervention) -> int:
        """Return how many points of the grid a run has to reach: all, or as far as a claim looks."""
        looks = [c.predicate.last_time for c in self.look.claims if c.predicate and do in c.predicate.needs]
        return len(self.times) if not do else self._points_to(max(looks))

    def _points_to(self, time: float) -> int:
        return int(np.searchsorted(self.times, time, side="right"))

    def _model_errors(self) -> dict[str, str]:
        """Return, by hidden variable, the quantity whose model error it carries.

        The measure's own variable, and every atom of a claim that reads the same expression.
        """
        model = self.case.model
        erring = {
            q: model[v].expression for q, v in self._variables.items() if self.case.measures[q].discrepancy
        }
        found = {self._variables[quantity]: quantity for quantity in erring}
        names = {name for needed in self._needed.values() for name in needed}
        for name in sorted(names):
            for quantity, expression in erring.items():
                if expression is not None and model[name].expression == expression:
                    found.setdefault(name, quantity)
        return found

    def _quantities_read(self, do: Intervention) -> dict[str, tuple[str, int]]:
        """Return the quantities with model error that claims read of a run: a variable, and how far."""
        found: dict[str, tuple[str, int]] = {}
        for claim in self.look.claims:
            assert claim.predicate is not None
            n = self._points_to(claim.predicate.last_time)
            for name in needed_outputs([claim]).get(do, ()):
                if (quantity := self._error_of.get(name)) is not None:
                    found[quantity] = (name, max(n, found.get(quantity, (name, 0))[1]))
        return found

    def run(self, block: slice) -> Piece:
        """Return one block of draws, run to the end; blocks have to come in order."""
        fit = part_of(self.fit, np.arange(self.fit.n_draws)[block])
        runs = {do: self._run(do, fit, block.start) for do in self._ensembles}
        plain = runs[()]
        erring = [self.case.measures[q] for q in sorted(set(self._error_of.values()))]
        drawn = sample_discrepancies(fit, erring, self._path_times, self._rng)
        paths = {q: path.T for q, path in drawn.items()}  # (time, draw)
        return Piece(
            shown=self._shown(plain, paths),
            judged=self._judge(runs, paths),
            seen=self._predict(0, fit, plain, self.look.seen),
            following=self._predict(1, fit, plain, self.look.following),
            failed=plain.failed,
        )

    def _run(self, do: Intervention, fit: AccountFit, first_draw: int) -> Trajectories:
        times = self.times[: self._length[do]]
        return self._ensembles[do].run(
            {**self._fixed, **fit.parameters},
            n_draws=fit.n_draws,
            save_times=times,
            final_time=float(times[-1]),
            seed=self._seed,
            first_draw=first_draw,
        )

    def _shown(self, plain: Trajectories, paths: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Return what measures read at the times of the chart, each (draw, time)."""
        columns = np.searchsorted(self.times, self.look.chart)
        return {
            q: self._with_error(plain[name][:, columns], name, paths, self.look.chart)
            for q, name in self._variables.items()
        }

    def _judge(
        self, runs: Mapping[Intervention, Trajectories], paths: Mapping[str, FloatArray]
    ) -> dict[str, tuple[BoolArray, FloatArray]]:
        """Return truth and margin of every claim; each is shown the runs as far as it looks."""
        signals = {do: self._signals(do, runs[do], paths) for do in needed_outputs(self.look.claims)}
        judged: dict[str, tuple[BoolArray, FloatArray]] = {}
        for claim in self.look.claims:
            assert claim.predicate is not None
            n = self._points_to(claim.predicate.last_time)
            seen = {
                do: {name: signals[do][name][:, :n] for name in names}
                for do, names in needed_outputs([claim]).items()
            }
            judged |= judge_draws([claim], seen, self.times[:n], self.case.calendar)
        return judged

    def _signals(
        self, do: Intervention, run: Trajectories, paths: Mapping[str, FloatArray]
    ) -> dict[str, FloatArray]:
        """Return what claims read of a run, with model error, each (draw, time), as far as any of them looks.

        Claims that read one quantity share what is computed of it.
        """
        erring: dict[str, FloatArray] = {}
        for quantity, (name, n) in self._read[do].items():
            erring[quantity] = self._with_error(run[name][:, :n], name, paths, self.times[:n])
        return {
            name: erring[self._error_of[name]] if name in self._error_of else run[name]
            for name in self._needed[do]
        }

    def _predict(
        self, stream_number: int, fit: AccountFit, plain: Trajectories, group: Reports
    ) -> dict[str, FloatArray]:
        """Return reports as the draws would have them, by quantity, each (draw, row)."""
        found = {}
        for q, reports in group.items():
            truth = plain[self._variables[q]][:, np.searchsorted(self.times, reports.times)]
            found[q] = predict_reports(fit, reports, truth, self._report_rng[stream_number][q])
        return found

    def _with_error(
        self, values: FloatArray, name: str, paths: Mapping[str, FloatArray], times: FloatArray
    ) -> FloatArray:
        """Return a hidden variable with the model error it carries, shape (draw, time)."""
        quantity = self._error_of.get(name)
        if quantity is None:
            return values
        measure = self.case.measures[quantity]
        least, whole = measure.possible
        right = np.clip(np.searchsorted(self._path_times, times), 1, len(self._path_times) - 1)
        before, after = self._path_times[right - 1], self._path_times[right]
        share = np.clip((times - before) / (after - before), 0.0, 1.0)
        path = paths[quantity]
        error = path[np.where(share < 1.0, right - 1, right)]  # (time, draw)
        between = np.flatnonzero((share > 0.0) & (share < 1.0))  # few: most times are those of the path
        part = share[between, None]
        error[between] = error[between] * (1.0 - part) + path[right[between]] * part
        with np.errstate(all="ignore"):  # the logarithm of nothing is minus infinity, and comes back as 0
            moved = to_scale(values, measure.scale, whole) + error.T
            return np.clip(from_scale(moved, measure.scale, whole), least, whole)
