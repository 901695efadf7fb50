"""Generated sentences: the reading, what a figure shows, what is said of a claim.

In comes the opened payload and one of its dates; out comes plain text, or parts of text with a flag for
emphasis. The page's script writes the same sentences; the browser tests compare the two, word for word.
Nothing here names an account true or false, or takes them in any order but the case's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from math import floor, isclose
from typing import TYPE_CHECKING, Final

from realities.figures import format_date, format_number, format_quantity
from realities.figures.style import letter
from realities.report.cited import is_about
from realities.report.fared import fared_less_well
from realities.report.schema import ClaimData, Payload, SeparationData, WeighingData, number_date
from realities.report.schema_trust import PairData
from realities.report.view import Quantity, View, in_hundred, shown_weight
from realities.weigh.honesty.words import STATED_ERRORS, listed

if TYPE_CHECKING:
    from realities.weigh.study import Study

Part = tuple[str, bool]

#: Why no lean is stated on an earlier date: only for the last one was it tried whether leans survive.
UNTRIED = "Wider or narrower ranges than accounts state, which may undo this, were not tried for this date."
#: What the numbers in brackets are, and what is said where there are none because they are not known.
BRACKETS = "In brackets: with all stated ranges half to twice as wide."
NO_RANGES = "What wider or narrower ranges would make of these weights is not known."
#: From this count out of 100 on, a lean that survives what was tried points strongly.
STRONG = 90
#: Odds up to which reports separate no accounts, whatever else is tried.
FACTOR: Final = 3.0
#: Below this a value is what rounding leaves of nothing.
NOTHING: Final = 1e-12


def day_text(day: int) -> str:
    """Return a day number as `9 Apr 2023`."""
    return format_date(number_date(day))


def weights_shown(payload: Payload, weights: Sequence[float]) -> list[int]:
    """Return weights as whole numbers that add to 100."""
    return in_hundred(list(weights), [account["id"] for account in payload["accounts"]])


def reading(view: View, date_index: int) -> list[Part]:
    """Return the reading as of one of the page's dates, as parts of text."""
    return reading_on(view, view.payload["dates"][date_index])


def reading_on(view: View, day: int) -> list[Part]:
    """Return the reading as of any day: the latest weights that were known on it, and of when they are."""
    weighing = view.weighing_on(day)
    if not view.used(day) or (weighing and not weighing["used"]):
        return _unweighed("No report is published by ", day, "")
    if weighing is None:
        return _unweighed("No weights were computed for ", day, " or before")
    computed = weighing["day"] if view.is_outdated(weighing["day"], day) else None
    shown, reliable = weights_shown(view.payload, weighing["weights"]), _reliable(weighing)
    parts = reading_parts(
        [account["name"] for account in view.payload["accounts"]],
        shown,
        weighing["weights"],
        reliable,
        weighing["used"],
        day_text(day),
        _separation(view.payload, weighing),
        computed="" if computed is None else day_text(computed),
        started=view.payload.get("started", ()),
    )
    if day == view.payload["as_of"] and all(reliable):
        parts += [(text, False)] if (text := fared_less_well(view.payload["scores"], shown)) else []
    return parts


def _reliable(weighing: WeighingData) -> list[bool]:
    return [fit["reliable"] for fit in weighing["fits"]]


def _separation(payload: Payload, weighing: WeighingData) -> SeparationData | None:
    """Return the verdict of a day; what it rests on is read off its pairs where an older payload lacks it."""
    found, trust = weighing.get("separation"), payload.get("trust")
    if found is None or "stated" in found or trust is None:
        return found
    return {**found, "stated": [one["account"] for one in trust["pairs"] if is_at_stated_errors(one)]}


def is_at_stated_errors(pair: PairData) -> bool:
    """Return whether two accounts are separated, but not with model errors of every size tried."""
    return pair["outcome"] == "separated" and bool(pair["why"])


def _unweighed(head: str, day: int, tail: str) -> list[Part]:
    return [
        (head, False),
        (day_text(day), True),
        (f"{tail}, so each account still has the weight it started with.", False),
    ]


def separation_data(study: Study, day: date) -> SeparationData | None:
    """Return the verdict as of a study's date by places of accounts; None on dates that have none."""
    if study.honesty is None or day != study.as_of:
        return None
    places = {account.id: k for k, account in enumerate(study.case.accounts)}
    found, ranges = study.honesty.separation, study.honesty.ranges
    return SeparationData(
        together=[places[account] for account in found.together],
        against=[places[account] for account in found.against],
        not_established=[places[account] for account in found.not_established],
        ranges=[[floor(100 * end + 0.5) for end in ranges[account]] for account in places] if ranges else [],
        stated=[places[account] for account in found.at_stated_errors],
    )


def reading_parts(
    names: Sequence[str],
    shown: Sequence[int],
    weights: Sequence[float],
    reliable: Sequence[bool],
    n_reports: int,
    day: str,
    separation: SeparationData | None = None,
    *,
    computed: str = "",
    started: Sequence[float] = (),
) -> list[Part]:
    """Return how many reports there are, which accounts they separate, and by how much.

    All lists are in display order; `shown` are the weights as whole numbers that add to 100, `started` those
    before any report, alike if none are given. Without a verdict no lean is stated, for none was tried at
    other prior widths. `computed` is the day of the weights where it is an earlier one. Whoever leads is
    named first, in every form alike.
    """
    if n_reports == 0:
        return [
            ("No report is published by ", False),
            (day, True),
            (", so each account still has the weight it started with.", False),
        ]
    reports = "he one report" if n_reports == 1 else f"he {n_reports:,} reports"
    head: list[Part] = [(f"T{reports} published by ", False), (day, True)]
    if computed:
        of = (
            f" are those of {computed}; what was published since is not counted. T{reports} published by then"
        )
        head = [("The latest weights on ", False), (day, True), (of, False)]
    weak = [k for k, is_reliable in enumerate(reliable) if not is_reliable]
    if weak:
        whose = "every account" if len(weak) == len(names) else _named(weak)
        return [
            *head,
            (
                f" cannot be weighed reliably for {whose}. Weights are shares of one total, "
                "so no lean is stated; read the others with care.",
                False,
            ),
        ]
    if len(names) == 1:
        return [*head, (" are read by one account alone, so there is nothing to compare.", False)]
    if separation is not None:
        return [*head, *_verdict_parts(names, shown, n_reports == 1, separation)]
    return [*head, *_untried_parts(names, shown, weights, started or [1.0] * len(names), n_reports == 1)]


def _verdict_parts(
    names: Sequence[str], shown: Sequence[int], singular: bool, separation: SeparationData
) -> list[Part]:
    """Return what survives other prior widths: the account that leads alone, or those not separated."""
    together = separation["together"]
    top = together[0] if len(together) == 1 else max(range(len(shown)), key=lambda k: shown[k])
    rest = [k for k in range(len(shown)) if k != top]
    start, tail = _survives(len(names), shown[top], singular, separation), _tail(shown, singular, separation)
    if len(together) > 1 and (top not in together or any(shown[k] == shown[top] for k in rest)):
        return [(f" {start}: out of 100, {_each(range(len(shown)), shown, separation)}.{tail}", False)]
    ahead = "" if len(together) == 1 and separation["against"] else "; ahead is"
    return [
        (f" {start}{ahead} account {letter(top)}, ", False),
        (names[top], True),
        (f": {_about(shown[top])} in 100{_range(shown[top], top, separation)}, against ", False),
        (f"{_each(rest, shown, separation)}.{tail}", False),
    ]


def _survives(n: int, top: int, singular: bool, separation: SeparationData) -> str:
    """Return what the reports do to accounts, up to the name of the one with most weight, `top` in 100."""
    together, against = separation["together"], separation["against"]
    do, they = ("does", "it favours") if singular else ("do", "they favour")
    if len(together) > 1:
        return f"{do} not separate {'the accounts' if len(together) == n else _named(together)}"
    if not against:
        return f"{do} not settle which account {they}"
    if separation["not_established"] or separation.get("stated"):
        return "speaks for" if singular else "speak for"
    if top >= STRONG:
        return "points strongly to" if singular else "point strongly to"
    return "leans towards" if singular else "lean towards"


def _tail(shown: Sequence[int], singular: bool, separation: SeparationData) -> str:
    """Return whom the reports speak against, of whom that is not known, and what is in brackets."""
    against, unknown = separation["against"], separation["not_established"]
    they = "it speaks" if singular else "they speak"
    text = ""
    if against and (unknown or len(separation["together"]) > 1):
        text += f" {they.capitalize()} against {_named(against)}."
    if stated := separation.get("stated", []):
        that = "That" if set(stated) == set(against) else f"Against {_named(stated)} that"
        text += f" {that} is {STATED_ERRORS}"
    if unknown:
        text += (
            f" Whether {they} against {_named(unknown)}{' too' if against else ''} is not settled: "
            "with ranges half or twice as wide that could not be computed reliably."
        )
    if any(_range(n, k, separation) for k, n in enumerate(shown)):
        return f"{text} {BRACKETS}"
    return text if unknown or separation["ranges"] else f"{text} {NO_RANGES}"


def _untried_parts(
    names: Sequence[str],
    shown: Sequence[int],
    weights: Sequence[float],
    started: Sequence[float],
    singular: bool,
) -> list[Part]:
    """Return who is ahead with ranges as stated, claiming no more than if others had been tried.

    Accounts whose odds next to the largest are below those that a verdict demands are not separated,
    whatever else is tried; of the others nothing is known. Odds are next to the weights at the start.
    """
    worth = [weight / at_start for weight, at_start in zip(weights, started, strict=True)]
    near = [k for k, one in enumerate(worth) if FACTOR * one >= max(worth)]
    top = max(range(len(shown)), key=lambda k: weights[k])
    rest = [k for k in range(len(shown)) if k != top]
    whom = "the accounts" if len(near) == len(names) else _named(near)
    apart = f" {'does' if singular else 'do'} not separate {whom}" if len(near) > 1 else ""
    if top not in near or any(isclose(weights[k], weights[top]) or shown[k] == shown[top] for k in rest):
        each = _each(range(len(shown)), shown, None)
        return [(f"{f'{apart}:' if apart else ' leave,'} out of 100, {each}.", False)]
    numbers = f": {_about(shown[top])} in 100, against {_each(rest, shown, None)}."
    if apart:
        return [(f"{apart}; ahead is account {letter(top)}, ", False), (names[top], True), (numbers, False)]
    puts = "puts" if singular else "put"
    return [
        (f" {puts} account {letter(top)}, ", False),
        (names[top], True),
        (f", ahead{numbers} {UNTRIED}", False),
    ]


def _each(places: Iterable[int], shown: Sequence[int], separation: SeparationData | None) -> str:
    return listed(
        [f"{counted_text(shown[k])} for {letter(k)}{_range(shown[k], k, separation)}" for k in places]
    )


def _range(hundredths: int, place: int, separation: SeparationData | None) -> str:
    """Return ` (41 to 74)` for a weight that other prior widths move, else nothing."""
    ends = ends_of(hundredths, place, separation, counted_text)
    return f" ({ends})" if ends else ""


def ends_of(
    hundredths: int, place: int, separation: SeparationData | None, write: Callable[[int], str]
) -> str:
    """Return a weight at half to double prior width, as `41 to 74`; empty where that does not move it."""
    if separation is None or not separation["ranges"]:
        return ""
    low, high = separation["ranges"][place]
    least, most = write(min(low, hundredths)), write(max(high, hundredths))
    return "" if least == most else f"{least} to {most}"


def counted_text(hundredths: int) -> str:
    """Return a count out of 100 as it stands in a sentence: `31`, `less than 1`."""
    shown = shown_weight(hundredths)
    return shown.replace("<", "less than ").replace(">", "more than ")


def _about(hundredths: int) -> str:
    return counted_text(hundredths) if shown_weight(hundredths)[0] in "<>" else f"about {hundredths}"


def _named(places: Sequence[int]) -> str:
    letters = listed([letter(k) for k in places])
    return f"account {letters}" if len(places) == 1 else f"accounts {letters}"


def figure_sentence(view: View, quantity: Quantity, date_index: int, day: int | None = None) -> str:
    """Return what a figure says on its as-of day: value and 90 % range of each account.

    The day is that of the curves if none is given.
    """
    of = view.payload["dates"][date_index]
    day = of if day is None else day
    data, sound = quantity.data, view.sound(of)
    parts = []
    for k in range(len(view.payload["accounts"])):
        at = quantity.at(date_index, k, day)
        if at is None:
            parts.append(f"{letter(k)} has no numbers")
        else:
            said = "; ".join(
                filter(None, (ends_text(at[2], at[0], at[4]), "" if sound[k] else "not reliable"))
            )
            value = format_quantity(at[2], data["unit"])
            parts.append(f"{letter(k)} {value} ({said})" if said else f"{letter(k)} {value}")
    when = f", as forecast on {day_text(of)}" if view.is_outdated(of, day) else ""
    return f"{data['title']} on {day_text(day)}{when}, median and 90% range by account: {'; '.join(parts)}."


def ends_text(middle: float, low: float, high: float) -> str:
    """Return the ends of a range, nothing where it has no width as shown.

    Examples
    --------
    >>> ends_text(118_900, 115_000, 121_000), ends_text(257_200, 257_200.1, 257_200.2)
    ('115,000 to 121,000', '')
    """
    m, least, most = (shown_number(value) for value in (middle, low, high))
    return "" if m == least == most else f"{least} to {most}"


def shown_number(value: float) -> str:
    """Return a number; below `NOTHING` it is what rounding leaves of nothing."""
    return format_number(0.0 if abs(value) < NOTHING else value)


def hindsight(payload: Payload, account: int, day: int) -> str:
    """Return the stamp of an account that was written after the as-of date; nothing for the others."""
    authored = payload["accounts"][account]["authored"]
    return "" if authored is None or authored <= day else stamp(payload, account)


def stamp(payload: Payload, account: int) -> str:
    """Return what stands on an account before the day it was written; nothing where that is not known."""
    one = payload["accounts"][account]
    if one["authored"] is None:
        return ""
    return f"Hindsight: written {dated_text(payload, one['authored'], one['source'])}"


def dated_text(payload: Payload, day: int, source: str) -> str:
    """Return a day of something said, `about 1 Oct 2022` where its source bears no date."""
    return f"{'about ' if is_about(payload, source) else ''}{day_text(day)}"


def claim_status(claim: ClaimData, day: int) -> str:
    """Return what a page may say of a claim as of a day: an outcome only once it was known.

    No report ever decides what compares with a run that never took place: that is open to the model only.
    """
    if claim["status"] in {"value", "undecidable"}:
        return claim["status"]
    if day < claim["made"]:
        return "not made yet"
    if claim["resolved"] is None or day < claim["resolved"]:
        return "model only" if claim["inside"] else "not decided" if is_closed(claim, day) else "open"
    return claim["status"]


def is_closed(claim: ClaimData, day: int) -> bool:
    """Return whether a chance as of a day would be hindsight: the claim is decided, or its time is over.

    What only the model can decide stays open to it.
    """
    if claim["resolved"] is not None and day >= claim["resolved"]:
        return True
    return claim["deadline"] is not None and day >= claim["deadline"] and not claim["inside"]


STATUS_TEXT = {
    "happened": ("✓", "Happened"),
    "did not happen": ("✕", "Did not happen"),
    "disputed": ("≠", "Disputed"),
    "open": ("○", "Open"),
    "not decided": ("○", "Not decided"),
    "model only": ("○", "Model only"),
    "not made yet": ("·", "Not made yet"),
    "value": ("–", "Value"),
    "undecidable": ("?", "Undecidable"),
}

KIND_TEXT = {
    "fact": "Fact",
    "forecast": "Forecast",
    "cause": "Cause",
    "counterfactual": "Counterfactual",
    "value": "Value judgement",
}


def alike_note(payload: Payload, claim: ClaimData) -> str:
    """Return which other claims the same test decides; empty where it decides this one alone."""
    others = [f"“{payload['claims'][k]['says']}”" for k in claim.get("alike", [])]
    return f"Decided by the same test as {listed(others)}" if others else ""


def claim_note(claim: ClaimData) -> str:
    """Return what must be said beside a claim's numbers, or in their place."""
    if claim["status"] == "value" or claim["kind"] == "value":
        return "A value judgement: kept and attributed, never computed."
    if claim["undecidable"]:
        return f"Not decidable: {claim['undecidable'].rstrip('.')}."
    if claim["inside"]:
        return "Decided inside the model: it compares with a run that never took place."
    return ""
