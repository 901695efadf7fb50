"""What must hold between the files of a case: one calendar, one unit of time, sources that exist.

`folder.py` reads the files and calls these; each notes what is wrong at its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast

from realities.case.accounts import Account
from realities.case.alike import check_names
from realities.case.calendar import Calendar, TimeUnit
from realities.case.hidden import constant_value
from realities.case.identified import check_identified
from realities.case.located import Located
from realities.case.measures import Measure
from realities.case.sources import Source, check_keys
from realities.errors import Findings
from realities.ir.model import Model
from realities.units import parse_unit

#: A model that ends this part of a unit of time before the case does still covers it.
_SLACK = 1e-6
#: Stands for the finish of a case whose start and finish are in the wrong order.
_NO_END = date(9000, 12, 31)


def read_calendar(located: Located, model: Model | None, findings: Findings) -> Calendar:
    """Return the calendar of a `case.toml` whose shape was checked, held against the model's own time."""
    start, finish = located.get("case", "start"), located.get("case", "finish")
    assert isinstance(start, date)
    assert isinstance(finish, date)
    unit = cast(TimeUnit, located.get("case", "time_unit"))
    if finish <= start:
        message = f"the case finishes on {finish}, and starts on {start}"
        findings.error("bad-date", message, located.value("case", "finish"))
        finish = _NO_END  # which of the two is wrong is not known: no other date is to blame
    if model is None:
        return Calendar(start, finish, unit)
    same_unit = _check_time_unit(located, unit, model, findings)
    initial = constant_value(model, model.time.initial_time)
    if initial is None:
        where = located.value("case", "model")
        findings.error("bad-calendar", f"the model's {model.time.initial_time} is not a plain number", where)
        return Calendar(start, finish, unit)
    calendar = Calendar(start, finish, unit, initial)
    if same_unit:
        _check_end(located, calendar, model, findings)
    return calendar


def _check_time_unit(located: Located, unit: TimeUnit, model: Model, findings: Findings) -> bool:
    """Return whether the case and the model count time in one unit, with a finding where they do not."""
    where = located.value("case", "time_unit")
    in_model = model.time.unit
    if in_model is None or in_model.is_dimensionless:
        message = f'the model gives its time step no unit; it is taken to be "{unit}"'
        findings.warning("no-time-unit", message, where)
    elif in_model != parse_unit(unit):
        message = f'the case counts time in "{unit}", its model in "{in_model}"'
        findings.error("time-unit", message, where, f"set time_unit to the unit of {model.time.time_step}")
        return False
    return True


def _check_end(located: Located, calendar: Calendar, model: Model, findings: Findings) -> None:
    """The model must run to the last day of the case."""
    final = constant_value(model, model.time.final_time)
    if final is None or calendar.finish == _NO_END:
        return
    needed = calendar.time_of(calendar.finish)
    if final < needed - _SLACK:
        end = model.time.final_time
        message = f"the model ends at {end} {final:g}, before the case does at time {needed:g}"
        hint = f"set {end} to {needed:g} or more, or finish the case on {_last(calendar, final)}"
        findings.error("bad-calendar", message, located.value("case", "finish"), hint)


def _last(calendar: Calendar, final: float) -> str:
    try:
        return str(calendar.date_of(final))
    except (OverflowError, ValueError):
        return "an earlier day"


def check_accounts(
    accounts: Sequence[tuple[Account, Located]], sources: Mapping[str, Source] | None, findings: Findings
) -> None:
    """Every account's source must exist, and no two accounts share a name."""
    names: dict[str, str] = {}
    for account, located in accounts:
        check_keys(account.source, located.value("source"), sources, findings)
        other = names.setdefault(account.name.casefold(), account.id)
        if other != account.id:
            message = f'the accounts "{other}" and "{account.id}" have the same name'
            findings.error("duplicate-id", message, located.value("name"))


def check_measures(measures: Mapping[str, Measure], findings: Findings) -> None:
    """Every reporter has one name, and every quantity a reporter that ties it to the truth."""
    check_names(measures, findings)
    check_identified(measures, findings)
