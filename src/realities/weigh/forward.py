"""Forward runs: what an account expects, given what was known by a date.

Draws of a fit go through the model to the end of the calendar; where a measure declares a model error,
a path of it is added to what the measure reads, wherever that is shown or judged. Out come bands and
single runs per quantity, the chance and margin of every claim, and how well the next reports were
predicted. `study.py` asks for one `Forecast` per account and as-of date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from realities.case.claims import Claim
from realities.case.folder import Case
from realities.case.measures import Measure
from realities.case.observations import Observation
from realities.case.predicates import Intervention
from realities.ensemble import STREAM_FORWARD, Ensemble, save_times, stream
from realities.trajectories import Trajectories
from realities.weigh.fits import AccountFit, predict_reports, sample_discrepancy
from realities.weigh.forecasts import ClaimChance, claim_chance, claim_times, judge_draws, needed_outputs
from realities.weigh.likelihood import used_observations
from realities.weigh.reporting import QuantityReports
from realities.weigh.rows import from_scale, to_scale
from realities.weigh.scores import crps

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Bands kept of every quantity, in the order of the first axis of `Forecast.quantiles`.
LEVELS = (0.05, 0.25, 0.50, 0.75, 0.95)
#: Single runs kept for the page, and points in time a chart is drawn through.
N_RUNS, N_CHART_TIMES = 24, 73
#: Draws that go through the model at a time: claims look at every save point of every atom.
CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one account expects, as of one date.

    Attributes
    ----------
    times
        Model times of the curves, shape (T,).
    quantiles, runs
        By quantity: bands at the levels of `LEVELS`, shape (5, T), and single runs, shape (R, T).
    claims
        By id of the claim: its chance and margin, and how many draws they rest on.
    coverage
        By quantity: how many reports used in the fit lie inside their 90 % predictive band, of how many.
    crps
        By quantity: mean continuous ranked probability score of the reports that were published next, in
        the measure's unit, and how many there are.
    n_draws, n_failed
        How many draws went through the model, and how many of them left the real numbers.
    """

    times: FloatArray
    quantiles: Mapping[str, FloatArray]
    runs: Mapping[str, FloatArray]
    claims: Mapping[str, ClaimChance]
    n_draws: int
    n_failed: int
    coverage: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    crps: Mapping[str, tuple[float, int]] = field(default_factory=dict)

    @property
    def chances(self) -> dict[str, float]:
        """Chances of the claims that have one, by id."""
        return {name: found.chance for name, found in self.claims.items() if found.chance is not None}


@dataclass(frozen=True, slots=True)
class ForwardTask:
    """One account to be run forward from one fit.

    Dated inputs published by `as_of` are known. Reports published after it and by `until` are scored.
    Claims that compare with a held run get a chance on the day they were made, and on others if asked to
    by `with_pairs`: each such comparison is a run of its own.
    """

    fit: AccountFit
    as_of: date
    n_draws: int
    seed: int
    until: date | None = None
    with_pairs: bool = False


def forward(case: Case, task: ForwardTask) -> Forecast:
    """Return what an account expects: bands, single runs, chances of claims, scores of reports."""
    fit = thinned(task.fit, task.n_draws)
    reports = {
        "seen": _reports(case, used_observations(case, task.as_of) if fit.n_evaluations else ()),
        "next": _reports(case, _published_next(case, task)),
    }
    chart = np.linspace(
        case.calendar.initial_time, case.calendar.time_of(case.calendar.finish), N_CHART_TIMES
    )
    claims = [
        claim
        for claim in case.claims
        if claim.predicate is not None
        and (task.with_pairs or not claim.is_inside_model or claim.made == task.as_of)
    ]
    runner = _Runner(case, fit, task, claims, _grid(case, chart, reports, claims))
    pieces = [runner.run(slice(k, k + CHUNK)) for k in range(0, fit.n_draws, CHUNK)]
    good = ~np.concatenate([piece.failed for piece in pieces])
    values = {q: np.concatenate([piece.values[q] for piece in pieces]) for q in case.measures}
    columns = np.searchsorted(runner.times, chart)
    shown = {q: v[good][:, columns] for q, v in values.items()}
    raw = {q: np.concatenate([piece.raw[q] for piece in pieces]) for q in case.measures}
    predictions = _Predictions(fit, raw, runner.times, good, task.seed)
    return Forecast(
        times=chart,
        quantiles={q: _bands(v) for q, v in shown.items()},
        runs={q: v[_spread(len(v), N_RUNS)] for q, v in shown.items()},
        claims={
            claim.id: claim_chance(
                np.concatenate([piece.judged[claim.id][0] for piece in pieces]),
                np.concatenate([piece.judged[claim.id][1] for piece in pieces]),
            )
            for claim in claims
        },
        n_draws=fit.n_draws,
        n_failed=int((~good).sum()),
        coverage={q: predictions.coverage(r) for q, r in reports["seen"].items()},
        crps={q: predictions.crps(r) for q, r in reports["next"].items()},
    )


def _chart_times(case: Case) -> FloatArray:
    """Return the model times through which charts are drawn."""
    return np.linspace(case.calendar.initial_time, case.calendar.time_of(case.calendar.finish), N_CHART_TIMES)


def thinned(fit: AccountFit, n_draws: int) -> AccountFit:
    """Return a fit with at most `n_draws` of its draws, evenly spread; draws stay aligned."""
    if n_draws >= fit.n_draws:
        return fit
    kept = _spread(fit.n_draws, n_draws)
    return replace(
        fit,
        n_draws=n_draws,
        parameters={name: values[kept] for name, values in fit.parameters.items()},
        reporter_parameters={name: values[kept] for name, values in fit.reporter_parameters.items()},
        discrepancies={q: path.taken(kept) for q, path in fit.discrepancies.items()},
    )


def _spread(n: int, wanted: int) -> NDArray[np.intp]:
    """Return at most `wanted` of n positions, evenly spread."""
    return np.arange(n) if wanted >= n else (np.arange(wanted) * n) // wanted


def _published_next(case: Case, task: ForwardTask) -> tuple[Observation, ...]:
    """Return the reports that came after the fit and by the next date: what it can be scored on."""
    if task.until is None:
        return ()
    return tuple(
        row
        for row in used_observations(case, task.until)
        if row.published is not None and row.published > task.as_of
    )


def _reports(case: Case, rows: Sequence[Observation]) -> dict[str, QuantityReports]:
    by_quantity: dict[str, list[Observation]] = {}
    for row in rows:
        by_quantity.setdefault(row.quantity, []).append(row)
    return {
        q: QuantityReports(case.measures[q], found, case.calendar) for q, found in sorted(by_quantity.items())
    }


def _grid(
    case: Case,
    chart: FloatArray,
    reports: Mapping[str, Mapping[str, QuantityReports]],
    claims: Sequence[Claim],
) -> FloatArray:
    """Return every time at which something is looked at, ascending."""
    looked_at = [chart, save_times(case)]
    looked_at += [found.times for group in reports.values() for found in group.values()]
    times = claim_times(claims, np.unique(np.concatenate(looked_at)))
    inside: FloatArray = times[(times >= chart[0]) & (times <= chart[-1])]
    return inside


def _bands(values: FloatArray) -> FloatArray:
    """Return quantiles over draws, shape (5, T); not a number where no draw is left."""
    if not len(values):
        return np.full((len(LEVELS), values.shape[1]), np.nan)
    bands: FloatArray = np.quantile(values, LEVELS, axis=0)
    return bands


@dataclass(frozen=True, slots=True)
class _Piece:
    """One chunk of draws: what measures read with and without model error, claims, failures."""

    raw: Mapping[str, FloatArray]  # (draw, time)
    values: Mapping[str, FloatArray]  # (draw, time)
    judged: Mapping[str, tuple[BoolArray, FloatArray]]  # truth and margin, each (draw,)
    failed: BoolArray  # (draw,)


class _Runner:
    """A case prepared for running one account's draws forward, chunk by chunk."""

    def __init__(
        self, case: Case, fit: AccountFit, task: ForwardTask, claims: Sequence[Claim], times: FloatArray
    ) -> None:
        self.case, self.fit, self.claims, self.times = case, fit, claims, times
        self._variables = {q: m.variable_for(fit.account) for q, m in case.measures.items()}
        self._fixed = {n: p.fixed for n, p in case.priors(fit.account).items() if p.fixed is not None}
        self._rng = {q: stream(q, task.seed, STREAM_FORWARD) for q in case.measures}
        # Paths of model error live on a grid of their own, so that neither claims nor reports move them.
        self._path_times = np.unique(np.concatenate([_chart_times(case), save_times(case)]))
        self._seed = task.seed
        self._needed = {(): (), **needed_outputs(claims)}
        # What other dates need comes along, so that what is prepared for one serves them all.
        ever = needed_outputs(case.claims)
        self._ensembles = {
            do: Ensemble(
                case, as_of=task.as_of, outputs=self._outputs(do), hold=dict(do), beside=ever.get(do, ())
            )
            for do in self._needed
        }
        self._length = {do: self._points_of(do) for do in self._needed}
        self._error_of = self._model_errors()

    def _outputs(self, do: Intervention) -> list[str]:
        """Return the variables that a run has to give: measures are read off the plain one."""
        return sorted({*self._needed[do], *(() if do else self._variables.values())})

    def _points_of(self, do: Intervention) -> int:
        """Return how many points of the grid a run has to reach: all, or as far as a claim looks."""
        looks = [c.predicate.last_time for c in self.claims if c.predicate and do in c.predicate.needs]
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

    def run(self, chunk: slice) -> _Piece:
        """Return one chunk of draws, run to the end."""
        fit = self._part(chunk)
        errors = {q: self._path(fit, self.case.measures[q]) for q in sorted(set(self._error_of.values()))}
        constants: dict[str, FloatArray | float] = {**self._fixed, **fit.parameters}
        runs = {do: self._run(do, constants, fit.n_draws, chunk.start) for do in self._ensembles}
        plain = runs[()]
        raw = {q: _draws(plain, name, fit.n_draws) for q, name in self._variables.items()}
        values = {q: self._read(plain, name, errors, fit.n_draws) for q, name in self._variables.items()}
        failed = np.broadcast_to(plain.failed, (fit.n_draws,))
        return _Piece(raw, values, self._judge(runs, errors, fit.n_draws), failed)

    def _run(
        self, do: Intervention, constants: Mapping[str, FloatArray | float], n_draws: int, first: int
    ) -> Trajectories:
        times = self.times[: self._length[do]]
        return self._ensembles[do].run(
            constants,
            n_draws=n_draws,
            save_times=times,
            final_time=float(times[-1]),
            seed=self._seed,
            first_draw=first,
        )

    def _judge(
        self, runs: Mapping[Intervention, Trajectories], errors: Mapping[str, FloatArray], n_draws: int
    ) -> dict[str, tuple[BoolArray, FloatArray]]:
        """Return truth and margin of every claim; each is shown the runs as far as it looks."""
        judged: dict[str, tuple[BoolArray, FloatArray]] = {}
        for claim in self.claims:
            assert claim.predicate is not None
            n = self._points_to(claim.predicate.last_time)
            signals = {
                do: {name: self._read(runs[do], name, errors, n_draws)[:, :n] for name in names}
                for do, names in needed_outputs([claim]).items()
            }
            judged |= judge_draws([claim], signals, self.times[:n], self.case.calendar)
        return judged

    def _part(self, chunk: slice) -> AccountFit:
        kept = np.arange(self.fit.n_draws)[chunk]
        return replace(
            self.fit,
            n_draws=len(kept),
            parameters={name: values[chunk] for name, values in self.fit.parameters.items()},
            discrepancies={q: path.taken(kept) for q, path in self.fit.discrepancies.items()},
        )

    def _path(self, fit: AccountFit, measure: Measure) -> FloatArray:
        path = sample_discrepancy(fit, measure, self._path_times, self._rng[measure.quantity]).T  # (time, draw)
        right = np.clip(np.searchsorted(self._path_times, self.times), 1, len(self._path_times) - 1)
        before, after = self._path_times[right - 1], self._path_times[right]
        share = np.clip((self.times - before) / (after - before), 0.0, 1.0)[:, None]
        return np.asarray(path[right - 1] * (1.0 - share) + path[right] * share).T

    def _read(
        self, runs: Trajectories, name: str, errors: Mapping[str, FloatArray], n_draws: int
    ) -> FloatArray:
        """Return a hidden variable with the model error it carries, shape (draw, time)."""
        values = _draws(runs, name, n_draws)
        quantity = self._error_of.get(name)
        if quantity is None:
            return values
        measure = self.case.measures[quantity]
        least, whole = measure.possible
        with np.errstate(all="ignore"):  # the logarithm of nothing is minus infinity, and comes back as 0
            moved = to_scale(values, measure.scale, whole) + errors[quantity][:, : values.shape[1]]
            return np.clip(from_scale(moved, measure.scale, whole), least, whole)


def _draws(runs: Trajectories, name: str, n_draws: int) -> FloatArray:
    """Return a variable's values (draw, time); one draw of a model without uncertainty stands for all."""
    return np.broadcast_to(runs[name], (n_draws, runs[name].shape[1]))


@dataclass(frozen=True, slots=True)
class _Predictions:
    """Reports as an account's draws would have them, beside what was reported."""

    fit: AccountFit
    truth: Mapping[str, FloatArray]  # (draw, time)
    times: FloatArray
    good: BoolArray
    seed: int

    def _drawn(self, reports: QuantityReports) -> tuple[FloatArray, FloatArray]:
        """Return predicted reports (draw, row) and the reported values (row,), both without failures."""
        columns = np.searchsorted(self.times, reports.times)
        rng = stream(reports.measure.quantity, self.seed, STREAM_FORWARD, 1)
        predicted = predict_reports(self.fit, reports, self.truth[reports.measure.quantity][:, columns], rng)
        said = np.array([np.nan if row.value is None else row.value for row in reports.rows.observations])
        return predicted[self.good], said

    def coverage(self, reports: QuantityReports) -> tuple[int, int]:
        """Return how many reported values lie inside their 90 % predictive band, and of how many."""
        predicted, said = self._drawn(reports)
        if reports.measure.kind != "value" or not len(predicted):
            return 0, 0
        low, high = np.quantile(predicted, (LEVELS[0], LEVELS[-1]), axis=0)
        known = np.isfinite(said)
        return int(((said >= low) & (said <= high) & known).sum()), int(known.sum())

    def crps(self, reports: QuantityReports) -> tuple[float, int]:
        """Return the mean score of the reported values, in the measure's unit, and how many there are."""
        predicted, said = self._drawn(reports)
        known = np.isfinite(said)
        if reports.measure.kind != "value" or not len(predicted) or not known.any():
            return 0.0, 0
        known &= np.isfinite(predicted).all(axis=0)
        return (
            (float(crps(predicted[:, known], said[known]).mean()), int(known.sum()))
            if known.any()
            else (0.0, 0)
        )
