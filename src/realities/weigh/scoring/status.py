"""What became of a claim: from the reports where they cover it, else from what its file says.

In come a case, a claim and a date; out comes one word. The rule, in full:

1. A value judgement is `value`; a claim that says why nothing can decide it is `undecidable`.
2. A claim that compares with a held run (`do`) speaks of what never took place: reports cannot decide
   it, only its own `outcome` can, and its chance is one inside the model.
3. Reports. An atom of the predicate can be read off a quantity if the quantity's measure is that very
   expression, but for units. Quantities that an account reads its own way decide nothing, since what
   they count is part of the quarrel, and so do reporters that copy another. Used is what was published
   by the date, in its newest vintage.
4. A reader follows one reporter. What it reports, with its bias, drift and noise as wide as
   measures.toml has them, leaves a range of truths: `N_TRUTHS` of them are drawn, once with one error
   for all of its reports and once with an error for each. Floors, ceilings and counts still
   filling up say only that the truth is above, or below. Between two reports at most `GAP_DAYS` apart the
   truth is on the straight line; a single report speaks for its own day; elsewhere it is not known.
5. The reader finds that the claim holds if it does in 97.5 % of the truths both times, even if all that
   is not known hurts it; that it does not hold if it fails in as many even if that helps it. So a
   claim can be decided before its deadline, when nothing still to come could change it.
   A reader who finds neither abstains.
6. All readers who find something find the same: `happened` or `did not happen`. They differ: `disputed`.
   Where every reader of one reporter abstains and a predicate needs several quantities, readers who
   take each from another reporter are asked in the same way.
7. All abstain: `outcome`, once its date has come, which may itself be that sources disagree.
8. Before that, or without one: `model only` if the claim is of rule 2, `open` until its deadline, and
   `not decided` from its deadline on. A report published later may still decide it.

A study and a page have one word more, `not made yet`, for claims made after their date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice, product
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from realities.case.calendar import Calendar
from realities.case.claims import Claim
from realities.case.erring import Levels
from realities.case.folder import Case
from realities.case.measures import Measure, Reporter
from realities.case.observations import Observation
from realities.case.predicates import Atom, Predicate, evaluate
from realities.case.priors import Prior
from realities.ir.expr import Binary, Number
from realities.ir.model import Model
from realities.weigh.reporting.processes import Spell, Walk
from realities.weigh.reporting.rows import (
    DAYS_PER_TIME,
    DAYS_PER_YEAR,
    RANGE_SDS,
    from_scale,
    to_scale,
    usable,
    whole_of,
)

ClaimStatus = Literal[
    "open", "not decided", "model only", "happened", "did not happen", "disputed", "value", "undecidable",
    "not made yet",
]  # fmt: skip
FloatArray = NDArray[np.float64]

_BECAME: Final[Mapping[bool | None, ClaimStatus]] = {
    True: "happened",
    False: "did not happen",
    None: "disputed",
}
#: Truths drawn for one reader, and the part of them that has to agree.
N_TRUTHS: Final = 400
SURE: Final = 0.975
#: Between reports further apart than this nothing is known; a single report speaks for its own day.
#: In a model that counts in longer units of time, one and a half of those, if that is more.
GAP_DAYS: Final = 45.0
#: How far above a floor, or below a ceiling, the truth may lie: this factor.
BEYOND: Final = 1000.0
#: Combinations of reporters tried at most, and points of the grid on which truths are drawn.
MOST_READERS, N_TIMES = 64, 800


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader finds: who was read, and whether the claim holds; None if that is not clear."""

    reporters: tuple[str, ...]
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a claim stands at a date, on what basis, and what each reader of the reports finds."""

    status: ClaimStatus
    basis: Literal["reports", "outcome", ""] = ""
    readings: tuple[Reading, ...] = ()


def claim_status(case: Case, claim: Claim, as_of: date) -> ClaimStatus:
    """Return what had become of a claim by a date; the rule stands at the head of this file."""
    return standing(case, claim, as_of).status


def standing(case: Case, claim: Claim, as_of: date) -> Standing:
    """Return what had become of a claim by a date, and how that is known."""
    if claim.kind == "value":
        return Standing("value")
    if claim.predicate is None:
        return Standing("undecidable")
    readings = () if claim.is_inside_model else _readings(case, claim, claim.predicate, as_of)
    found = {reading.holds for reading in readings} - {None}
    if len(found) == 2:
        return Standing("disputed", "reports", readings)
    if found:
        return Standing("happened" if found == {True} else "did not happen", "reports", readings)
    if claim.outcome is not None and claim.outcome.date <= as_of:
        return Standing(_BECAME[claim.outcome.value], "outcome", readings)
    return Standing(_undecided(claim, as_of), readings=readings)


def _undecided(claim: Claim, as_of: date) -> ClaimStatus:
    """Return the word for a claim that nothing published by a date decides."""
    if claim.is_inside_model:
        return "model only"
    return "open" if claim.deadline is None or as_of < claim.deadline else "not decided"


def decided_on(case: Case, claim: Claim, as_of: date, final: Standing | None = None) -> date | None:
    """Return the day of publication on which a claim was first decided as it is at `as_of`.

    Found by halving, as more reports hardly ever make a decided claim open again. None if it is open,
    disputed by reports or never to be decided; an outcome has a day of its own, also where sources disagree.
    `final` is its standing at `as_of`, if that is known.
    """
    final = final or standing(case, claim, as_of)
    if final.basis == "outcome" and claim.outcome is not None:
        return claim.outcome.date
    if final.status not in ("happened", "did not happen"):
        return None
    published = {row.published for row in case.observations if row.published is not None}
    days = sorted(day for day in published if day <= as_of)
    low, high = 0, len(days) - 1
    while low < high:
        middle = (low + high) // 2
        if claim_status(case, claim, days[middle]) == final.status:
            high = middle
        else:
            low = middle + 1
    return days[low]


# -- readers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """The reports of one quantity by one reporter, read as an atom: truths drawn from them.

    `times` (report,) in model time, ascending; `alike` and `apart` (truth, report) in the atom's unit,
    with one error for all reports and with an error for each.
    """

    reporter: str
    times: FloatArray
    alike: FloatArray
    apart: FloatArray


def _readings(case: Case, claim: Claim, predicate: Predicate, as_of: date) -> tuple[Reading, ...]:
    """Return what the readers of the reports published by a date find."""
    lines = {atom: _lines(case, atom, as_of) for atom in predicate.atoms}
    reporters = sorted({line.reporter for found in lines.values() for line in found})
    if not reporters:
        return ()
    made, calendar = case.calendar.time_of(claim.made), case.calendar
    choices: list[tuple[_Line | None, ...]] = []
    for name in reporters:
        own = [[line for line in lines[atom] if line.reporter == name] for atom in predicate.atoms]
        choices += _choices(own)
    readings = [_reading(predicate, choice, made, calendar) for choice in choices]
    if len(lines) > 1 and all(reading.holds is None for reading in readings):
        mixed = [choice for choice in _choices(list(lines.values())) if len(_reporters(choice)) > 1]
        readings += [_reading(predicate, choice, made, calendar) for choice in mixed]
    return tuple(readings)


def _choices(lines: Sequence[Sequence[_Line]]) -> list[tuple[_Line | None, ...]]:
    """Return every way to take one line for each atom, None for an atom without any."""
    options: list[list[_Line | None]] = [[*found] or [None] for found in lines]
    return list(islice(product(*options), MOST_READERS))


def _reporters(choice: Sequence[_Line | None]) -> tuple[str, ...]:
    return tuple(sorted({line.reporter for line in choice if line is not None}))


def _reading(
    predicate: Predicate, choice: Sequence[_Line | None], made: float, calendar: Calendar
) -> Reading:
    """Return what a reader finds who takes each atom from one line, or does not know it."""
    known = [line.times for line in choice if line is not None]
    grid = _grid(predicate, np.concatenate(known))
    found: set[bool | None] = set()
    for way in ("alike", "apart"):
        if None in found:  # both ways have to find the same
            break
        signals: dict[Atom, FloatArray] = {}
        for atom, line in zip(predicate.atoms, choice, strict=True):
            if line is None:
                signals[atom] = np.full((N_TRUTHS, grid.size), np.nan)
            else:
                values = line.alike if way == "alike" else line.apart
                signals[atom] = _between(line.times, values, grid, calendar)
        found.add(_finding(predicate, signals, grid, made))
    return Reading(_reporters(choice), found.pop() if len(found) == 1 else None)


def _finding(
    predicate: Predicate, signals: Mapping[Atom, FloatArray], grid: FloatArray, made: float
) -> bool | None:
    """Return whether a predicate holds in nearly all truths, in nearly none, or neither."""
    if evaluate(predicate, signals, grid, made, missing="hurts")[0].mean() >= SURE:
        return True
    if evaluate(predicate, signals, grid, made, missing="helps")[0].mean() <= 1.0 - SURE:
        return False
    return None


def _grid(predicate: Predicate, reported: FloatArray) -> FloatArray:
    """Return times from the first to the last the predicate looks at, those of reports among them."""
    first, last = predicate.first_time, predicate.last_time
    inside = reported[(reported >= first) & (reported <= last)]
    return np.unique(np.concatenate([np.linspace(first, last, N_TIMES), predicate.times, inside]))


def _between(times: FloatArray, values: FloatArray, grid: FloatArray, calendar: Calendar) -> FloatArray:
    """Return values of reports, (truth, report), on a grid: NaN where they do not reach."""
    days = DAYS_PER_TIME[calendar.time_unit]
    gap = max(GAP_DAYS, 1.5 * days) / days
    left = np.clip(np.searchsorted(times, grid, side="right") - 1, 0, times.size - 1)
    right = np.clip(np.searchsorted(times, grid, side="left"), 0, times.size - 1)
    width = times[right] - times[left]
    nearest = np.minimum(np.abs(grid - times[left]), np.abs(times[right] - grid))
    weight = np.where(width > 0.0, (grid - times[left]) / np.where(width > 0.0, width, 1.0), 0.0)
    is_near = nearest <= 0.5 / days
    weight = np.where((width > gap) & is_near, np.round(weight), weight)
    covered = ((width > 0.0) & (width <= gap)) | is_near
    left, right, weight = left[covered], right[covered], weight[covered]
    here, there = values[:, left], values[:, right]
    straight = here + weight * (there - here)
    np.copyto(straight, here, where=weight == 0.0)  # a truth without bounds has no differences
    np.copyto(straight, there, where=weight == 1.0)
    found = np.full((len(values), grid.size), np.nan)
    found[:, covered] = straight
    return found


# -- truths ---------------------------------------------------------------------------------------


def _lines(case: Case, atom: Atom, as_of: date) -> list[_Line]:
    """Return the reports that can be read as an atom, by reporter and quantity in order of names."""
    factors = {
        quantity: factor
        for quantity, measure in case.measures.items()
        if not measure.account_variables and (factor := _factor(case.model, atom, measure)) is not None
    }
    by_line: dict[tuple[str, str], list[Observation]] = {}
    for row in case.as_of(as_of) if factors else ():
        if row.quantity in factors and usable(row, as_of, case.calendar):
            by_line.setdefault((row.reporter, row.quantity), []).append(row)
    lines = []
    for (reporter, quantity), rows in sorted(by_line.items()):
        rows.sort(key=lambda row: row.happened)
        times = np.array([case.calendar.time_of(row.happened) for row in rows])
        alike, apart = (
            _truths(case.measures[quantity], rows, case.calendar, shared) / factors[quantity]
            for shared in (True, False)
        )
        lines.append(_Line(reporter, times, alike, apart))
    return lines


def _factor(model: Model, atom: Atom, measure: Measure) -> float | None:
    """Return by what a measure multiplies an atom; None if it measures anything else."""
    if atom.name not in model or measure.variable not in model:
        return None
    wanted, expression = model[atom.name].expression, model[measure.variable].expression
    if wanted is None or expression is None:
        return None
    if expression == wanted:
        return 1.0
    match expression:
        case Binary(op="*", left=Number(value=factor), right=right) if right == wanted and factor > 0.0:
            return factor
        case _:
            return None


def _truths(measure: Measure, rows: Sequence[Observation], calendar: Calendar, is_alike: bool) -> FloatArray:
    """Return truths that one reporter's reports leave open, (truth, report), in the measure's unit.

    Every reader draws the same random numbers: neither names nor order of reporters touch a result.
    """
    reporter = measure.reporters[rows[0].reporter]
    rng = np.random.default_rng(20220224)
    even = (np.arange(N_TRUTHS) + 0.5) / N_TRUTHS
    bias = reporter.bias.ppf(rng.permutation(even))[:, None]
    noise = reporter.noise.ppf(rng.permutation(even))[:, None]
    drift = np.zeros((N_TRUTHS, 1))
    if reporter.drift is not None:
        drift = reporter.drift.ppf(rng.permutation(even))[:, None]
    since = reporter.since or calendar.start
    years = np.array([max((row.happened - since).days, 0) / DAYS_PER_YEAR for row in rows])
    z = rng.standard_normal((N_TRUTHS, 1 if is_alike else len(rows)))
    inside = rng.permuted(np.tile(even, (z.shape[1], 1)), axis=1).T
    low, high, own_sd, side = np.array([_said(measure, row) for row in rows]).T
    error = drift * years + np.hypot(noise, own_sd) * z
    bias, error = _with_what_lasts(measure, reporter, rows, calendar, bias, error)
    beyond = np.maximum(2.0 * inside - 1.0, 0.0)  # half of the truths lie at the bound itself
    whole = whole_of(measure, reporter)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        said = low + inside * (high - low)
        if reporter.scale == "linear":
            truth = (said - error) / bias
            truth = truth + side * beyond * BEYOND * np.maximum(np.abs(truth), 1.0)
        else:
            truth = from_scale(
                to_scale(said, reporter.scale, whole) - np.log(bias) - error, reporter.scale, whole
            )
            truth = truth * BEYOND ** (side * beyond)
    least, most = measure.possible
    return np.asarray(np.clip(truth, least, most), dtype=np.float64)


def _with_what_lasts(
    measure: Measure,
    reporter: Reporter,
    rows: Sequence[Observation],
    calendar: Calendar,
    bias: FloatArray,
    error: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return bias (truth, 1) and error (truth, report) with walks, and with what an origin adds."""
    rng = np.random.default_rng(20220225)
    origin = measure.origins.get(reporter.origin or "")
    if reporter.walk is not None:
        error = error + _walk(reporter.walk, reporter.since, rows, calendar, rng)
    if origin is None:
        return bias, error
    bias = bias * origin.bias.ppf(rng.random((N_TRUTHS, 1)))
    first = origin.drift.since or calendar.start
    years = np.array([max((row.happened - first).days, 0) / DAYS_PER_YEAR for row in rows])
    if origin.drift.trend is not None:
        error = error + origin.drift.trend.ppf(rng.random((N_TRUTHS, 1))) * years
    if origin.drift.walk is not None:
        error = error + _walk(origin.drift.walk, first, rows, calendar, rng)
    if origin.noise is not None:
        days = np.array([(row.happened - calendar.start).days for row in rows], dtype=np.float64)
        spell = Spell(origin.noise.ppf(rng.random(N_TRUTHS)), origin.period_days)
        error = error + spell.sample(days, N_TRUTHS, rng)
    return bias, error


def _walk(
    size: Prior,
    since: date | None,
    rows: Sequence[Observation],
    calendar: Calendar,
    rng: np.random.Generator,
) -> FloatArray:
    """Return walks of a bias on the days of reports, (truth, report)."""
    first = since or calendar.start
    days = np.array([(row.happened - first).days for row in rows], dtype=np.float64)
    return Walk(size.ppf(rng.random(N_TRUTHS)), 0.0).sample(days, N_TRUTHS, rng)


def _said(measure: Measure, row: Observation) -> tuple[float, float, float, float]:
    """Return the range in which a report puts the quantity, the error that it states, and its side.

    A side of 1 says that the truth lies above the range, -1 below, 0 that it is meant as it is. The
    error, on the reporter's scale, is that of a value beside which a range is given.
    """
    ends = [end for end in (row.low, row.high) if end is not None]
    side = 0.0
    if measure.levels is not None:
        return _between_cuts(measure, measure.levels, row)
    if measure.kind == "floor" or measure.delay is not None:
        side = 1.0
    elif measure.kind == "ceiling":
        side = -1.0
    elif row.value is None and len(ends) == 1:
        side = 1.0 if row.high is None else -1.0
    heaping = measure.reporters[row.reporter].heaping
    if row.value is not None and heaping is not None and (fitting := heaping.dividing(row.value)):
        half = 0.5 * heaping.steps[fitting[-1]]
        low, high = max(row.value - half, measure.possible[0]), min(row.value + half, measure.possible[1])
        return low, high, _stated_sd(measure, row, row.value, ends), side
    if row.value is not None:
        return row.value, row.value, _stated_sd(measure, row, row.value, ends), side
    return min(ends), max(ends), 0.0, side


def _between_cuts(measure: Measure, levels: Levels, row: Observation) -> tuple[float, float, float, float]:
    """Return between which cuts a level puts the quantity, as `_said`; the outer levels may have one cut."""
    lowest = row.value if row.value is not None else row.low
    highest = row.value if row.value is not None else row.high
    first = 0 if lowest is None else levels.place(lowest)
    last = len(levels.cuts) if highest is None else levels.place(highest)
    assert first is not None and last is not None
    least, most = measure.possible
    low = levels.cuts[first - 1] if first else least
    high = levels.cuts[last] if last < len(levels.cuts) else most
    if not np.isfinite(low):
        return high, high, 0.0, -1.0
    return (low, high, 0.0, 0.0) if np.isfinite(high) else (low, low, 0.0, 1.0)


def _stated_sd(measure: Measure, row: Observation, value: float, ends: Sequence[float]) -> float:
    """Return the error that a range stated beside a value implies, on the reporter's scale."""
    reporter = measure.reporters[row.reporter]
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = to_scale(np.array([value, *ends]), reporter.scale, whole_of(measure, reporter))
        distances = np.abs(scaled[1:] - scaled[0])
    distances = distances[np.isfinite(distances)]
    return float(distances.mean() / RANGE_SDS) if distances.size else 0.0
