"""A model run for its Reality Checks: each check's predicate, judged at every step of its test runs.

In come a model's file and what it is run on; out comes a `Verdict` on every check. A model alone is run with
its own constants. In a case the dated inputs are in force, and beside the model's own constants go prior
draws of every account. `runs.py` makes the runs, `verdicts.py` says what came of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from realities.case.calendar import Calendar
from realities.case.case import Case
from realities.case.predicate_nodes import (
    And,
    Comparison,
    Formula,
    Implies,
    Or,
    Predicate,
    Signal,
    Window,
)
from realities.case.predicate_tokens import full_name
from realities.case.predicates import evaluate_at_times, parse_predicate
from realities.errors import Diagnostic, Findings, InputError
from realities.ir.model import Model
from realities.model.load import ExtraEquation, build_file, read_file
from realities.model.realitychecks import Part, Said, said_by
from realities.model.syntax import ModelFile
from realities.reality.runs import MOST_STEPS, Ground, NewEquation, Runs, Setting, ground_of, new_equation
from realities.reality.verdicts import Miss, Verdict
from realities.source import SourceText
from realities.trajectories import Trajectories

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: A check names no dates, so that any calendar will do to read its predicate.
_ANY_DAYS = Calendar(date(2000, 1, 1), date(2000, 1, 2), "day")


@dataclass(slots=True)
class _Trial:
    """A check on its way to a verdict: its predicates, one for each part, and what came of them.

    `reason` is why it is not run, empty until there is one. `source` holds the text of the predicates, and
    `equations` those that take the place of variables' own, for each part.
    """

    said: Said
    source: SourceText
    predicates: list[Predicate] = field(default_factory=list)
    equations: list[tuple[NewEquation, ...]] = field(default_factory=list)
    outcomes: list[_Outcome] = field(default_factory=list)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of one part: whether each draw keeps it, when it first breaks it, and by how much, (draw,).

    Of a part that has to come about once, when it is nearest. `most` and `most_time` are those of the
    moment that breaks it most. Amounts are NaN where the run left the real numbers.
    """

    part: Part
    held: Mapping[str, str]
    is_kept: BoolArray
    time: FloatArray
    by: FloatArray
    most_time: FloatArray
    most: FloatArray
    unit: str


def judge_model(source: SourceText) -> tuple[Verdict, ...]:
    """Return a verdict on every Reality Check of a model alone, run once with its own constants.

    Parameters
    ----------
    source
        The text of a model that opens; files that it reads lie beside it.
    """
    alone = Ground({}, (), ("the run with the model's own constants",))
    return judge(read_file(source, Findings()), lambda _model: alone)


def judge_case(case: Case) -> tuple[Verdict, ...]:
    """Return a verdict on every Reality Check of a case's model.

    It is run with its own constants and with prior draws of every account, in order of the case,
    all with every dated input in force.
    """
    source = case.model.source
    assert source is not None  # a case reads its model from a file
    return judge(read_file(source, Findings()), lambda model: ground_of(case, model))


def judge(file: ModelFile, ground_of: Callable[[Model], Ground]) -> tuple[Verdict, ...]:
    """Return a verdict on every Reality Check of a file, in its order.

    Parameters
    ----------
    file
        A model that opens.
    ground_of
        Says of the model, with what the checks look at among its variables, what they are run on.
    """
    equations: dict[tuple[str, str], NewEquation] = {}
    trials = [_trial(said, k, file, equations) for k, said in enumerate(said_by(file))]
    ground, time_unit = None, ""
    if any(not trial.reason for trial in trials):
        try:
            model = _built(trials, file)
            ground, time_unit = ground_of(model), str(model.time.unit or "")
            _run(trials, model, ground)
        except InputError as problem:
            _refuse(trials, f"the model does not run: {problem.diagnostics[0].message}")
    return tuple(_verdict(trial, ground, time_unit) for trial in trials)


def _trial(said: Said, number: int, file: ModelFile, equations: dict[tuple[str, str], NewEquation]) -> _Trial:
    """Return a check with its predicates read, or why it cannot be run; checks share `equations`."""
    text = "\n".join(part.predicate for part in said.parts)
    trial = _Trial(said, SourceText(file.source.name, text), reason=said.reason)
    start = 0
    for k, part in enumerate(said.parts):
        findings = Findings()
        place = trial.source.span(start, start + len(part.predicate))
        name = f"reality check {number + 1}.{k + 1}"
        predicate = parse_predicate(place, _ANY_DAYS, findings, name=name)
        if predicate is None:
            trial.reason = trial.reason or findings.errors[0].message
        else:
            trial.predicates.append(predicate)
            mine = sorted(part.equations.items())
            trial.equations.append(tuple(equations.setdefault(one, new_equation(*one)) for one in mine))
        start += len(part.predicate) + 1
    return trial


# -- the model with what the checks look at ------------------------------------------------------------


def _built(trials: Sequence[_Trial], file: ModelFile) -> Model:
    """Return the model with the atoms of checks among its variables; refuse the checks that it cannot hold.

    Raises
    ------
    InputError
        If the model does not open, whatever the checks are.
    """
    findings = Findings()
    try:
        model = build_file(file, Findings(), extra=_extra(trials), without_data=True, findings=findings)
    except InputError as problem:
        if not _refuse_named(trials, problem.diagnostics):
            raise
        return _built(trials, file)
    if any(item.code == "missing-data" for item in findings.items):
        _refuse(trials, "the model reads data that are not there")
    for trial in trials:
        held = [one.name for predicate in trial.predicates for one in predicate.held]
        held += [one.variable for part in trial.equations for one in part]
        unknown = [name for name in held if name not in model]
        if unknown and not trial.reason:
            trial.reason = f'no variable is named "{unknown[0]}"'
    return model


def _extra(trials: Sequence[_Trial]) -> list[ExtraEquation]:
    """Return what checks look at and the equations they set, each once."""
    ready = [trial for trial in trials if not trial.reason]
    atoms = [atom for trial in ready for one in trial.predicates for atom in one.equations]
    found = {atom.name: ExtraEquation(atom.name, atom.span) for atom in atoms}
    for one in (one for trial in ready for part in trial.equations for one in part):
        found[one.name] = ExtraEquation(one.name, one.span)
    return list(found.values())


def _refuse_named(trials: Sequence[_Trial], found: Sequence[Diagnostic]) -> bool:
    """Refuse the checks in which something was found; return whether there are any."""
    is_any = False
    for trial in trials:
        mine = [trial.source, *(one.span.source for part in trial.equations for one in part)]
        told = [item for item in found if item.severity == "error" and item.span.source in mine]
        if told and not trial.reason:
            trial.reason, is_any = told[0].message, True
    return is_any


def _refuse(trials: Sequence[_Trial], reason: str) -> None:
    """Refuse all checks that were not refused before."""
    for trial in trials:
        trial.reason = trial.reason or reason


# -- test runs --------------------------------------------------------------------------------------------


def _run(trials: Sequence[_Trial], model: Model, ground: Ground) -> None:
    """Run the model for its checks, once for each set of things that they set, and note what came of it."""
    _refuse_what_takes_too_long(trials, Runs(model, ground, {}))
    ready = [trial for trial in trials if not trial.reason]
    wanted: dict[Setting, dict[str, None]] = {}
    for trial in ready:
        for setting, one in _settings(trial):
            wanted.setdefault(setting, {}).update(dict.fromkeys(atom.name for atom in one.atoms))
    runs = Runs(model, ground, {setting: tuple(names) for setting, names in wanted.items()})
    for setting in sorted(wanted):
        mine = [trial for trial in ready if any(one == setting for one, _ in _settings(trial))]
        try:
            run = runs.run(setting)
        except InputError as problem:
            _refuse(mine, problem.diagnostics[0].message)
        except ValueError as problem:
            _refuse(mine, str(problem))
        else:
            for trial in mine:
                pairs = zip(trial.said.parts, _settings(trial), strict=True)
                trial.outcomes += [_outcome(part, one, run) for part, (its, one) in pairs if its == setting]


def _refuse_what_takes_too_long(trials: Sequence[_Trial], runs: Runs) -> None:
    """Refuse the first check of the file with which all take too many steps, and those after it."""
    spent, costs = 0, dict[Setting, int]()
    for trial in (one for one in trials if not one.reason):
        for setting, _ in _settings(trial):
            if setting not in costs and spent <= MOST_STEPS:  # past it nothing more is worked out
                costs[setting], new = _cost(runs, setting)
                spent += new
            spent += costs.get(setting, 0)
        if spent > MOST_STEPS:
            trial.reason = (
                f"with it the checks take more than {MOST_STEPS:,} steps in all, the most there are"
            )


def _cost(runs: Runs, setting: Setting) -> tuple[int, int]:
    """Return what a look at a setting and its run cost; nothing where it cannot be run: running tells."""
    try:
        return runs.cost(setting)
    except (InputError, ValueError):
        return 0, 0


def _settings(trial: _Trial) -> list[tuple[Setting, Predicate]]:
    """Return the predicate of each part of a check with what it sets."""
    pairs = zip(trial.predicates, trial.equations, strict=True)
    return [(Setting(one.atoms[0].do, equations), one) for one, equations in pairs]


def _outcome(part: Part, predicate: Predicate, run: Trajectories) -> _Outcome:
    """Return what came of one part of a check in its runs."""
    assert isinstance(predicate.formula, Window)
    values = {atom: run[atom.name] for atom in predicate.atoms}
    signals = {atom: np.where(np.isfinite(found), found, np.nan) for atom, found in values.items()}
    said = predicate.formula.operand
    truth, margin = evaluate_at_times(said, signals, run.times)
    told = _last(said, is_once=part.is_once and bool(part.premise))
    if told is not said:  # how far what follows is missed, not what else has to be so
        margin = np.where(np.isnan(margin), np.nan, evaluate_at_times(told, signals, run.times)[1])
    draws = np.arange(len(truth))
    is_kept = np.asarray(truth.any(axis=1) if part.is_once else truth.all(axis=1))
    ranked = np.nan_to_num(margin, nan=-np.inf)
    extreme = ranked.argmax(axis=1) if part.is_once else np.where(truth, np.inf, ranked).argmin(axis=1)
    first = extreme if part.is_once else truth.argmin(axis=1)
    return _Outcome(
        part=part,
        held={
            **{one.name: f"{one.value:g}" for one in predicate.held},
            **{full_name(name): text for name, text in part.equations.items()},
        },
        is_kept=is_kept,
        time=run.times[first],
        by=-margin[draws, first],
        most_time=run.times[extreme],
        most=-margin[draws, extreme],
        unit=_unit(told, run),
    )


def _last(formula: Formula, *, is_once: bool = False) -> Formula:
    """Return what a formula says last: what follows from the rest, or has to come about once beside it."""
    match formula:
        case Implies(right=right) | Or(parts=(*_, right)):
            return _last(right)
        case And(parts=(*_, right)) if is_once:
            return _last(right)
        case _:
            return formula


def _unit(formula: Formula, run: Trajectories) -> str:
    """Return the unit of what a formula compares, empty where it has none."""
    if isinstance(formula, Comparison):
        for side in (formula.left, formula.right):
            if isinstance(side, Signal) and (unit := run.units.get(side.atom.name)) is not None:
                return "" if unit.is_dimensionless else str(unit)
    return ""


# -- verdicts ---------------------------------------------------------------------------------------------


def _verdict(trial: _Trial, ground: Ground | None, time_unit: str) -> Verdict:
    """Return what came of a check."""
    name, span = trial.said.name, trial.said.check.span
    if trial.reason or ground is None:
        return Verdict(name, span, "not run", reason=trial.reason)
    is_kept = np.all([one.is_kept for one in trial.outcomes], axis=0)
    n_held, n_runs = int(is_kept.sum()), len(is_kept)
    if n_held == n_runs:
        return Verdict(name, span, "holds", n_held, n_runs)
    draw = int(np.argmin(is_kept))
    told = min(
        (one for one in trial.outcomes if not one.is_kept[draw]), key=lambda one: float(one.time[draw])
    )
    return Verdict(name, span, "fails", n_held, n_runs, _miss(told, draw, ground, time_unit))


def _miss(told: _Outcome, draw: int, ground: Ground, time_unit: str) -> Miss:
    """Return where one run breaks a part."""
    time = float(told.time[draw])
    by, most = float(told.by[draw]), float(told.most[draw])
    return Miss(
        conclusion=told.part.conclusion,
        premise=told.part.premise,
        held=told.held,
        time=time,
        time_unit=time_unit,
        day=None if ground.date_of is None else ground.date_of(time),
        by=None if np.isnan(by) else abs(by),
        most=None if np.isnan(most) else abs(most),
        most_time=float(told.most_time[draw]),
        unit=told.unit,
        run=ground.runs[draw],
        is_once=told.part.is_once,
    )
