"""A case's model -> what the page carries of its causal diagram.

In come a case and what was known on a day; out come boxes (variables, the elements of an array folded into
one), links with signs, equations, and pictures: the whole of a small model, else one of its sectors and one
for each. The page's own script draws them, and the neighbourhood of any variable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from realities.case.hidden import constant_value
from realities.case.network_file import closing_constants
from realities.engine.request import Event
from realities.ensemble import Same
from realities.errors import RealitiesError
from realities.ir.model import Model, Variable
from realities.report.causes.layout import place
from realities.report.causes.links import Link, folded, model_links
from realities.report.causes.measured import Runs
from realities.report.causes.ranges import Range
from realities.report.causes.schema import CausesData, PictureData
from realities.report.causes.written import comment, equations
from realities.report.encode import encode_integers

if TYPE_CHECKING:
    from realities.case.folder import Case

#: A model of no more boxes is drawn whole.
WHOLE: Final = 32
#: Elements of an array whose comments are told.
MOST_DOCS: Final = 3
#: Cells in a row of a wide picture, and of one for a phone.
COLUMNS: Final = 6
NARROW: Final = 3


def causes_data(case: Case, as_of: date) -> CausesData | None:
    """Return the causal diagram of a case's model, None where its model cannot be run.

    Worked out once for a case and a day: it needs no results, so it can be asked for before there are any.

    Parameters
    ----------
    case
        The case.
    as_of
        Dated inputs published later play no part.
    """
    return _causes_data(Same(case), as_of)


@lru_cache(maxsize=2)
def _causes_data(same: Same, as_of: date) -> CausesData | None:
    case, model = same.case, same.case.model
    if not isinstance(model, Model):  # a stand-in, which has no equations
        return None
    try:
        links = model_links(model, constant_ranges(case), median_runs(case, as_of))
    except RealitiesError:
        return None
    boxes = _boxes(model)
    places = {name: i for i, name in enumerate(boxes)}
    links = [link for link in links if link.cause in places and link.effect in places]
    groups = list(dict.fromkeys(elements[0].group for elements in boxes.values()))
    dated = {event.parameter for event in case.events}
    spoken = _spoken_of(case) | dated
    shown = [
        name
        for name, elements in boxes.items()
        if elements[0].kind != "constant" or any(one.name in spoken for one in elements)
    ]
    return CausesData(
        names=list(boxes),
        kinds="".join(_kind(elements[0], spoken, dated) for elements in boxes.values()),
        groups=groups,
        group=encode_integers(groups.index(elements[0].group) for elements in boxes.values()),
        units=["" if elements[0].unit is None else str(elements[0].unit) for elements in boxes.values()],
        docs=[_doc(model, elements) for elements in boxes.values()],
        equations=[equations(model, elements) for elements in boxes.values()],
        elements=[
            [one.name for one in elements] if elements[0].elements else [] for elements in boxes.values()
        ],
        links=encode_integers(
            number for link in links for number in (places[link.cause], places[link.effect], _code(link))
        ),
        pictures=_pictures(shown, places, boxes, groups, links),
    )


def constant_ranges(case: Case) -> dict[str, Range]:
    """Return the least and largest value of each constant, over accounts, dated inputs and closings.

    A constant that is 0 everywhere is taken to be one that may be more: a switch, or an input not in force.
    """
    ranges: dict[str, Range] = {}
    priors = [case.priors(account.id) for account in case.accounts]
    others: dict[str, list[float]] = {}
    for event in case.events:
        others.setdefault(event.parameter, []).append(event.value)
    for name, value in closing_constants(case.network).items():
        others.setdefault(name, []).append(value)
    for variable in case.model.constants:
        own = constant_value(case.model, variable.name)
        ends = [Range(own, own)] if own is not None else []
        ends += [Range(*prior.support) for known in priors if (prior := known.get(variable.name)) is not None]
        ends += [Range(value, value) for value in others.get(variable.name, ())]
        if ends:
            low, high = min(end.low for end in ends), max(end.high for end in ends)
            ranges[variable.name] = Range(0.0, 1.0) if low == high == 0 else Range(low, high)
    return ranges


def median_runs(case: Case, as_of: date) -> Runs:
    """Return one run for each account, with the median of everything it assumes."""
    priors = [case.priors(account.id) for account in case.accounts]
    named = sorted({name for known in priors for name in known})
    parameters = {}
    for name in named:
        default = constant_value(case.model, name)
        medians = [
            float(known[name].ppf(np.array([0.5]))[0]) if name in known else default for known in priors
        ]
        if None not in medians:
            parameters[name] = np.array(medians, dtype=np.float64)
    events = [
        Event(event.parameter, case.calendar.time_of(event.date), event.value)
        for event in case.events_as_of(as_of)
    ]
    return Runs(parameters, events, len(priors))


def _boxes(model: Model) -> dict[str, list[Variable]]:
    """Return visible variables by the name that elements of an array share, in the order of the text."""
    controls = {model.time.initial_time, model.time.final_time, model.time.save_period}
    seen = [v for v in model.variables if not v.is_hidden and v.name not in controls]
    boxes: dict[str, list[Variable]] = {}
    for variable in sorted(seen, key=lambda v: v.span.start):
        boxes.setdefault(folded(variable), []).append(variable)
    return boxes


def _spoken_of(case: Case) -> set[str]:
    """Return the constants that some account or closing changes."""
    spoken = {name for account in case.accounts for name in case.priors(account.id)}
    return {case.model[name].name for name in spoken | set(closing_constants(case.network))}


def _kind(variable: Variable, spoken: set[str], dated: set[str]) -> str:
    """Return a letter: stock, flow, auxiliary, constant; p where accounts differ, d for a dated input."""
    if variable.kind == "constant":
        return "d" if variable.name in dated else "p" if variable.name in spoken else "c"
    return "s" if variable.kind == "stock" else "f" if variable.is_flow else "a"


def _doc(model: Model, elements: Sequence[Variable]) -> str:
    """Return what the author says of a variable: of its elements where that differs, but not of many."""
    told = list(dict.fromkeys(doc for one in elements if (doc := comment(model, one))))
    return " ".join(told[:MOST_DOCS])


def _code(link: Link) -> int:
    return link.sign + 4 * link.measured + 8 * link.delayed + 16 * link.at_start


def _pictures(
    shown: Sequence[str],
    places: Mapping[str, int],
    boxes: Mapping[str, Sequence[Variable]],
    groups: Sequence[str],
    links: Iterable[Link],
) -> list[PictureData]:
    """Return the pictures: the whole where it is small, else the sectors among themselves and then each."""
    pairs = [(link.cause, link.effect) for link in links]
    if len(shown) <= WHOLE or len(groups) < 2:
        return [_picture("", list(shown), pairs, places)]
    group_of = {name: elements[0].group for name, elements in boxes.items()}
    among = [(group_of[cause], group_of[effect]) for cause, effect in pairs]
    by_group = {group: [name for name in shown if group_of[name] == group] for group in groups}
    kept = [group for group in groups if by_group[group]]
    index = {group: i for i, group in enumerate(groups)}
    return [
        _picture("", kept, among, index, columns=4),
        *(_picture(group, by_group[group], pairs, places) for group in kept),
    ]


def _picture(
    name: str,
    shown: Sequence[str],
    pairs: Iterable[tuple[str, str]],
    places: Mapping[str, int],
    *,
    columns: int = COLUMNS,
) -> PictureData:
    at = {one: i for i, one in enumerate(shown)}
    edges = [(at[a], at[b]) for a, b in pairs if a in at and b in at]
    (wide, n_wide), (narrow, n_narrow) = (place(len(shown), edges, most) for most in (columns, NARROW))
    return PictureData(
        name=name,
        boxes=encode_integers(places[one] for one in shown),
        columns=[n_wide, n_narrow],
        wide=encode_integers(wide),
        narrow=encode_integers(narrow),
    )
