"""A case's model as JavaScript: constants that accounts speak of are parameters, dated inputs are events.

In comes a case; out come the text that `engine/js` writes, and the names in the order of its outputs. One
text serves all accounts and as-of dates: which dated inputs are known, and which are held, a call says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from realities.case.folder import Case
from realities.case.hidden import constant_value
from realities.case.network_file import closing_constants
from realities.engine.program.lower import lower
from realities.engine.timeline import Timeline, control_names, even_timeline
from realities.errors import InputError
from realities.ir.builtins import n_parts


class NotLiveError(Exception):
    """Why the page of a case cannot run its model, as a sentence for its readers."""


@dataclass(frozen=True, slots=True)
class ModelCode:
    """A model as JavaScript, with the names of its outputs: those that can be charted, then the others.

    `text` is an expression that has all it needs of the library in it; `defaults` are the values of its
    parameters where nobody speaks of them.
    """

    text: str
    defaults: dict[str, float]
    shown: tuple[str, ...]
    outputs: tuple[str, ...]
    timeline: Timeline


def model_code(case: Case) -> ModelCode:
    """Return a case's model as a page carries it.

    Raises
    ------
    NotLiveError
        If its steps are not even, or there is no JavaScript for it.
    """
    from realities.engine.js.emit import source, to_be_given
    from realities.engine.js.needed import library

    model = case.model
    if model.time.integrator == "rk45":
        raise NotLiveError("the model is run with adaptive steps, which the page cannot take")
    shown = tuple(
        variable.name
        for variable in model.variables
        if not variable.is_hidden and variable.kind != "constant" and not n_parts(variable.expression)
    )
    measured = {
        model[name].name
        for measure in case.measures.values()
        for name in (measure.variable, *measure.account_variables.values())
    }
    outputs = (*shown, *sorted(measured - {*shown}))
    spoken = {name for account in case.accounts for name in case.priors(account.id)}
    held = {event.parameter for event in case.events}
    closing = set(closing_constants(case.network))
    # Inputs are parameters, too: what is held from the start on counts for initial values.
    given = {model[name].name: True for name in sorted(spoken | held | closing)}
    # An event (0, 0) would count from the start.
    events = to_be_given(model[name].name for name in sorted(held | closing))
    try:
        timeline = _timeline(case)
        program = lower(
            model,
            outputs,
            hold={},
            events=events,
            given=given,
            method=model.time.integrator,
        )
        text = f"({source(program)})({library(program)})"
    except (InputError, NotImplementedError) as problem:
        raise NotLiveError(f"there is no JavaScript for the model: {problem}") from None
    return ModelCode(text, _defaults(case, given), shown, outputs, timeline)


def _defaults(case: Case, names: Iterable[str]) -> dict[str, float]:
    """Return the model's own values of constants; NotLiveError where one that somebody leaves is computed."""
    found = {}
    for name in names:
        value = constant_value(case.model, name)
        everyone = all(name in _spoken(case, account.id) for account in case.accounts)
        if value is None and not everyone:
            raise NotLiveError(f'"{name}" is computed where an account does not set it')
        found[name] = 0.0 if value is None else value
    return found


def _spoken(case: Case, account: str) -> set[str]:
    return {case.model[name].name for name in case.priors(account)}


def _timeline(case: Case) -> Timeline:
    """Return the steps of a run; NotLiveError where they are not the same for every draw."""
    names = control_names(case.model)
    values = [constant_value(case.model, name) for name in names]
    spoken = {name for account in case.accounts for name in case.priors(account.id)}
    if any(value is None for value in values) or any(name in spoken for name in names):
        raise NotLiveError("the model's steps are computed, and the page can take even ones only")
    initial, final, step, period = (value for value in values if value is not None)
    return even_timeline(case.model, initial, final, step, period)
