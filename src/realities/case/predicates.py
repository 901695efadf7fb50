"""Whether a predicate holds in each draw, and by how much.

In come a `Predicate` and the trajectories of its atoms on a grid of times; out go truth and
robustness, one of each per draw. The nodes are in `predicate_nodes.py`, the parser in
`predicate_parser.py`; `weigh/scoring/forecasts.py` turns truths into chances.

Meaning. Signals are known at the times of the grid and straight between them. A window sees its two
ends, interpolated where the grid has no such time, and all times of the grid in between; for a
linear comparison under `always` or `eventually` that is exact. Intervals are closed and are cut at
the ends of the grid; over an empty window `always` holds and `eventually` does not. Robustness is
the quantitative semantics of Fainekos and Pappas: a comparison gives its difference, `and` and
`always` the smallest, `or` and `eventually` the largest. A positive robustness is true, a negative
one false, and at zero the comparison itself decides (`<=` holds, `<` does not). A draw whose
predicate reads a value that is not a number is undefined: robustness NaN, truth False.

References
----------
Fainekos, G. and Pappas, G. (2009). Robustness of temporal logic specifications for continuous-time
signals. Theoretical Computer Science 410(42), 4262-4291.

Donze, A., Ferrere, T. and Maler, O. (2013). Efficient robust monitoring for STL. CAV 2013, 264-279.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final, Literal, assert_never

import numpy as np
from numpy.typing import NDArray

from realities.case.predicate_nodes import (
    And,
    Arithmetic,
    ArithmeticOp,
    Atom,
    Bound,
    Comparison,
    ComparisonOp,
    Constant,
    Formula,
    FormulaAt,
    Function,
    Held,
    Iff,
    Implies,
    Interval,
    Intervention,
    Not,
    Or,
    Predicate,
    Signal,
    Term,
    TermAt,
    Until,
    Window,
)
from realities.case.predicate_parser import parse_predicate

__all__ = ["Atom", "Held", "Intervention", "Predicate", "evaluate", "evaluate_at_times", "parse_predicate"]

Missing = Literal["undefined", "helps", "hurts"]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Draws worked on at once: few enough that a block of trajectories stays near the processor.
BLOCK: Final = 2048

FUNCTIONS: Final[Mapping[str, Callable[..., FloatArray]]] = {
    "abs": np.abs,
    "exp": np.exp,
    "ln": np.log,
    "sqrt": np.sqrt,
    "min": lambda *args: reduce(np.minimum, args),
    "max": lambda *args: reduce(np.maximum, args),
}
_ARITHMETIC: Final[Mapping[ArithmeticOp, Callable[[FloatArray, FloatArray], FloatArray]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
}


def evaluate(
    predicate: Predicate,
    signals: Mapping[Atom, FloatArray],
    times: FloatArray,
    made: float,
    *,
    missing: Missing = "undefined",
) -> tuple[BoolArray, FloatArray]:
    """Return whether a predicate holds in each draw, and with what margin.

    Parameters
    ----------
    predicate
        As `parse_predicate` returns it.
    signals
        For each of its atoms the values, shape (draw, time).
    times
        The grid, in model time, ascending, length >= 1; it has to reach from `first_time` to
        `last_time` of the predicate, and is exact where it contains its `times`.
    made
        Model time from which the predicate is seen: its durations count from here.
    missing
        What a value that is not a number does. `undefined`: the draw has no answer. `helps`: each
        comparison that reads it comes out as suits the predicate; `hurts`: as does not. What holds
        even with `hurts` holds whatever the missing values are.

    Returns
    -------
    Truth, shape (draw,), and robustness, shape (draw,), in the units of the comparisons. Where a
    value it reads is NaN, robustness is NaN and truth is False: such draws are to be left out.

    Raises
    ------
    KeyError
        If an atom has no signal.
    ValueError
        If the grid does not ascend or is too short, or shapes do not agree.
    """
    times = np.asarray(times, dtype=np.float64)
    values = {atom: np.asarray(signals[atom], dtype=np.float64) for atom in predicate.atoms}
    n_draws = _check(predicate, values, times)
    truth = np.zeros(n_draws, dtype=np.bool_)
    margin = np.empty(n_draws)
    for start in range(0, n_draws, BLOCK):
        block = slice(start, start + BLOCK)
        run = _Run({atom: value[block] for atom, value in values.items()}, times, missing)
        with np.errstate(all="ignore"):
            judged = run.judge(predicate.formula, np.array([made]))
        margin[block] = judged.margin[:, 0]
        truth[block] = judged.truth[:, 0] & ~np.isnan(margin[block])
    return truth, margin


def evaluate_at_times(
    formula: Formula, signals: Mapping[Atom, FloatArray], times: FloatArray
) -> tuple[BoolArray, FloatArray]:
    """Return whether a formula holds, and with what margin, as seen from each time of the grid.

    Parameters
    ----------
    formula
        Of a predicate, or a part of one.
    signals, times
        As for `evaluate`.

    Returns
    -------
    Truth and robustness, each (draw, time). Where a value is NaN, robustness is NaN and truth False.
    """
    run = _Run(signals, times, "undefined")
    with np.errstate(all="ignore"):
        judged = _full(run.judge(formula, times), times.size)
    return judged.truth & ~np.isnan(judged.margin), judged.margin


def _check(predicate: Predicate, values: Mapping[Atom, FloatArray], times: FloatArray) -> int:
    if times.ndim != 1 or not times.size or np.any(np.diff(times) <= 0.0):
        raise ValueError("times have to be one ascending axis")
    shapes = {value.shape for value in values.values()}
    if len(shapes) != 1 or next(iter(shapes))[1:] != times.shape:
        raise ValueError(f"signals have shapes {sorted(shapes)}; all need (draw, {times.size})")
    if predicate.first_time < times[0] - 1e-6 or predicate.last_time > times[-1] + 1e-6:
        needed = f"{predicate.first_time:g} to {predicate.last_time:g}"
        raise ValueError(f"the predicate needs times {needed}; the grid has {times[0]:g} to {times[-1]:g}")
    n_draws: int = next(iter(shapes))[0]
    return n_draws


@dataclass(frozen=True, slots=True)
class _Judged:
    """Truth and margin of a formula, (draw, time); an axis of length 1 stands for all."""

    truth: BoolArray
    margin: FloatArray

    def __invert__(self) -> _Judged:
        return _Judged(~self.truth, -self.margin)

    def __and__(self, other: _Judged) -> _Judged:
        return _Judged(self.truth & other.truth, np.minimum(self.margin, other.margin))

    def __or__(self, other: _Judged) -> _Judged:
        return _Judged(self.truth | other.truth, np.maximum(self.margin, other.margin))


class _Run:
    """One block of draws. Every formula is asked only for the times at which it is needed.

    Times asked for ascend; what comes back has shape (draw or 1, time or 1).
    """

    def __init__(self, values: Mapping[Atom, FloatArray], times: FloatArray, missing: Missing) -> None:
        self.values = values
        self.times = times
        self.guess = {"undefined": None, "helps": True, "hurts": False}[missing]

    def contrary(self, formula: Formula, when: FloatArray) -> _Judged:
        """Judge the contrary of a formula: what helps the one hurts the other."""
        self.guess = None if self.guess is None else not self.guess
        judged = self.judge(formula, when)
        self.guess = None if self.guess is None else not self.guess
        return ~judged

    # -- numbers ----------------------------------------------------------------------------

    def term(self, term: Term, when: FloatArray) -> FloatArray:
        match term:
            case Constant(value=value):
                return np.full((1, 1), value)
            case Signal(atom=atom):
                return self.interpolate(self.values[atom], when)
            case Arithmetic(op=op, left=left, right=right):
                return _ARITHMETIC[op](self.term(left, when), self.term(right, when))
            case Function(name=name, args=args):
                return FUNCTIONS[name](*(self.term(arg, when) for arg in args))
            case TermAt(when=bound, operand=operand):
                return self.term(operand, _moved(bound, when))
            case _:
                assert_never(term)

    def interpolate(self, values: FloatArray, when: FloatArray) -> FloatArray:
        """Return values at other times: exact on the grid, NaN outside it, straight between."""
        times, last = self.times, self.times.size - 1
        when = np.where(np.abs(when - times[0]) < 1e-6, np.maximum(when, times[0]), when)
        when = np.where(np.abs(when - times[-1]) < 1e-6, np.minimum(when, times[-1]), when)
        left = np.clip(np.searchsorted(times, when, side="right") - 1, 0, last)
        here = values[:, left]
        if np.array_equal(times[left], when):
            return here
        right = np.minimum(left + 1, last)
        weight = (when - times[left]) / np.where(right > left, times[right] - times[left], 1.0)
        between = here + weight * (values[:, right] - here)
        inside = (when >= times[0]) & (when <= times[-1])
        return np.where(inside, np.where(weight == 0.0, here, between), np.nan)

    # -- statements -------------------------------------------------------------------------

    def judge(self, formula: Formula, when: FloatArray) -> _Judged:
        match formula:
            case Comparison():
                return self.compare(formula, when)
            case Not(operand=operand):
                return self.contrary(operand, when)
            case And(parts=parts):
                return reduce(_Judged.__and__, (self.judge(part, when) for part in parts))
            case Or(parts=parts):
                return reduce(_Judged.__or__, (self.judge(part, when) for part in parts))
            case Implies(left=left, right=right):
                return self.contrary(left, when) | self.judge(right, when)
            case Iff(left=left, right=right):
                forth = self.contrary(left, when) | self.judge(right, when)
                return forth & (self.contrary(right, when) | self.judge(left, when))
            case FormulaAt(when=bound, operand=operand):
                return self.judge(operand, _moved(bound, when))
            case Window():
                return self.window(formula, when)
            case Until():
                return self.until(formula, when)
            case _:
                assert_never(formula)

    def compare(self, comparison: Comparison, when: FloatArray) -> _Judged:
        left, right = self.term(comparison.left, when), self.term(comparison.right, when)
        judged = _compared(comparison.op, left, right)
        if self.guess is None:
            return judged
        unknown = np.isnan(judged.margin)
        margin = np.where(unknown, np.inf if self.guess else -np.inf, judged.margin)
        return _Judged(np.where(unknown, self.guess, judged.truth), margin)

    def window(self, window: Window, when: FloatArray) -> _Judged:
        low, high = self.ends(window.interval, when)
        sampled = self.sampled(low, high)
        is_all = window.quantifier in ("always", "historically")
        if not sampled.size:
            return _nothing(is_all)
        judged = self.judge(window.operand, sampled)
        begin, end = np.searchsorted(sampled, low, side="left"), np.searchsorted(sampled, high, side="right")
        return _over(judged, sampled.size, begin, end, is_all=is_all)

    def until(self, until: Until, when: FloatArray) -> _Judged:
        """Judge `f until[a,b] g` as: f before a, g within [a,b], and `f until g` seen from a."""
        low, high = self.ends(until.interval, when)
        since = np.maximum(when, self.times[0]) if until.interval.low.is_relative else low
        reach = np.minimum(low, self.times[-1])
        sampled = self.sampled(np.concatenate([since, low]), np.concatenate([reach, high]))
        if not sampled.size:
            return _nothing(is_all=False)
        left, right = self.judge(until.left, sampled), self.judge(until.right, sampled)
        at_low = np.searchsorted(sampled, low, side="left")
        before = _over(left, sampled.size, np.searchsorted(sampled, since, side="left"), at_low, is_all=True)
        within = _over(
            right, sampled.size, at_low, np.searchsorted(sampled, high, side="right"), is_all=False
        )
        unbounded = _until_the_end(left, right, sampled.size)
        at_low = np.minimum(at_low, sampled.size - 1)
        return before & within & _Judged(unbounded.truth[:, at_low], unbounded.margin[:, at_low])

    # -- time -------------------------------------------------------------------------------

    def ends(self, interval: Interval, when: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return first and last time of the window at each time; of length 1 if all are alike."""
        low = np.maximum(_moved(interval.low, when), self.times[0])
        high = np.minimum(_moved(interval.high, when), self.times[-1])
        size = max(low.size, high.size)
        return np.broadcast_to(low, size), np.broadcast_to(high, size)

    def sampled(self, low: FloatArray, high: FloatArray) -> FloatArray:
        """Return the times at which windows look: their ends and the grid in between."""
        some = low <= high
        if not some.any():
            return np.empty(0)
        inside = (self.times >= low[some].min()) & (self.times <= high[some].max())
        return np.unique(np.concatenate([self.times[inside], low[some], high[some]]))


def _compared(op: ComparisonOp, left: FloatArray, right: FloatArray) -> _Judged:
    """Return a comparison of two terms and the difference as its margin."""
    match op:
        case "<":
            return _Judged(left < right, right - left)
        case "<=":
            return _Judged(left <= right, right - left)
        case ">":
            return _Judged(left > right, left - right)
        case ">=":
            return _Judged(left >= right, left - right)
        case "=":
            return _Judged(left == right, -np.abs(left - right))
        case "<>":
            return _Judged(left != right, np.abs(left - right))
        case _:
            assert_never(op)


def _moved(bound: Bound, when: FloatArray) -> FloatArray:
    """Return the times a bound stands for: one date for all, or each time shifted."""
    return when + bound.value if bound.is_relative else np.array([bound.value])


def _nothing(is_all: bool) -> _Judged:
    """Return the judgement over windows that are all empty."""
    return _Judged(np.full((1, 1), is_all), np.full((1, 1), np.inf if is_all else -np.inf))


def _full(judged: _Judged, n_times: int) -> _Judged:
    """Return a judgement with its axis of time written out."""
    n_draws = max(judged.truth.shape[0], judged.margin.shape[0])
    shape = (n_draws, n_times)
    return _Judged(np.broadcast_to(judged.truth, shape), np.broadcast_to(judged.margin, shape))


def _until_the_end(left: _Judged, right: _Judged, n_times: int) -> _Judged:
    """Return `left until right` without an upper bound, at every time, from the last backwards."""
    left, right = _full(left, n_times), _full(right, n_times)
    n_draws = max(left.truth.shape[0], right.truth.shape[0])
    truth = np.broadcast_to(right.truth, (n_draws, n_times)).copy()
    margin = np.broadcast_to(right.margin, (n_draws, n_times)).copy()
    for k in range(n_times - 2, -1, -1):
        truth[:, k] |= left.truth[:, k] & truth[:, k + 1]
        margin[:, k] = np.maximum(margin[:, k], np.minimum(left.margin[:, k], margin[:, k + 1]))
    return _Judged(truth, margin)


def _over(
    judged: _Judged, n_times: int, begin: NDArray[np.intp], end: NDArray[np.intp], *, is_all: bool
) -> _Judged:
    """Return whether a formula holds at all times, or at some, of each window [begin, end)."""
    judged, end = _full(judged, n_times), np.maximum(begin, end)
    if is_all:
        truth = _extremes(judged.truth, begin, end, np.logical_and, True)
        return _Judged(truth, _extremes(judged.margin, begin, end, np.minimum, np.inf))
    truth = _extremes(judged.truth, begin, end, np.logical_or, False)
    return _Judged(truth, _extremes(judged.margin, begin, end, np.maximum, -np.inf))


def _extremes(
    values: NDArray[Any], begin: NDArray[np.intp], end: NDArray[np.intp], extreme: np.ufunc, empty: float
) -> NDArray[Any]:
    """Return the extreme of values[:, begin:end] for each window, `empty` where that is nothing.

    Runs of doubling width are made from runs half as wide; two that overlap cover any window. The
    cost is the logarithm of the widest window for each value.
    """
    length = end - begin
    if length.size == 1 and length[0]:
        return np.asarray(extreme.reduce(values[:, begin[0] : end[0]], axis=1, keepdims=True))
    out = np.full((values.shape[0], length.size), empty, dtype=values.dtype)
    width, table = 1, values
    while width <= length.max():
        chosen = (length >= width) & (length < 2 * width)
        if chosen.any():
            out[:, chosen] = extreme(table[:, begin[chosen]], table[:, end[chosen] - width])
        table = extreme(table[:, :-width], table[:, width:])
        width *= 2
    return out
