"""When a model runs, as its file says it, and what is wrong with that.

In come the equations of the four control variables; out come their values as text for the compatibility
report, and the errors that a run would stop at. `compatibility.py` puts both into its report.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from realities.errors import Diagnostic
from realities.ir.model import Integrator
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.language import Language


@dataclass(frozen=True, slots=True)
class RunTimes:
    """When a model runs, as its file says it: numbers, or the text of an equation, or None."""

    integrator: Integrator
    initial_time: str | None
    final_time: str | None
    time_step: str | None
    save_period: str | None
    unit: str


def run_times(file: syntax.ModelFile, language: Language) -> RunTimes:
    """Return when a file says that its model runs."""
    by_key = {name_key(equation.left.name): equation for equation in file.equations}
    controls = [by_key.get(name_key(name)) for name in language.controls.names()]
    unit = next((equation.unit for equation in controls if equation is not None and equation.unit), "")
    texts = [None if equation is None else _value_text(equation.right, by_key) for equation in controls]
    return RunTimes(file.integrator, texts[0], texts[1], texts[2], texts[3], unit)


def time_errors(file: syntax.ModelFile, language: Language) -> Iterator[Diagnostic]:
    """Yield what is wrong with the times of a run, as far as they are numbers: a run says the same."""
    by_key = {name_key(equation.left.name): equation for equation in file.equations}
    set_by = [by_key.get(name_key(name)) for name in language.controls.names()]
    times = run_times(file, language)
    texts = (times.initial_time, times.final_time, times.time_step, times.save_period)
    initial, final, step, period = (_number(text) for text in texts)
    wrong = [(2, f"must be above 0, not {step:g}")] if step <= 0 else []
    if period <= 0 and period != step:
        wrong.append((3, f"must be above 0, not {period:g}"))
    if final < initial:
        wrong.append((1, f"is {final:g}, before the initial time {initial:g}"))
    for at, sentence in wrong:
        equation = set_by[at]
        if equation is not None:
            message = f'"{equation.left.name}" {sentence}'
            yield Diagnostic("error", "bad-time", message, equation.left.span)


def _number(text: str | None) -> float:
    """Return what a text is worth, NaN where it is no number; NaN is neither above nor below anything."""
    try:
        return float(text or "")
    except ValueError:
        return math.nan


def _value_text(term: syntax.Term | None, by_key: Mapping[str, syntax.Equation], depth: int = 5) -> str:
    """Return a number as short as it is, or else the text of its equation."""
    match term:
        case syntax.Numeral(value):
            return f"{value:.10g}"
        case syntax.Prefix("-", syntax.Numeral(value)):
            return f"{-value:.10g}"
        case syntax.Name(name) if depth and name_key(name) in by_key:
            return _value_text(by_key[name_key(name)].right, by_key, depth - 1)
        case None:
            return ""
        case _:
            return " ".join(term.span.text.split())[:60]
