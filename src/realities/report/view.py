"""The payload opened up: curves as arrays, reports as rows, and values on a day.

In comes a payload, fresh or from a saved file; out come the arrays and rows that `sentences.py`,
`tables.py` and `page.py` write from. The page's script does the same with the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import floor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from realities.figures.counts import in_hundred as in_hundred
from realities.figures.counts import shown_weight as shown_weight
from realities.figures.text import format_number
from realities.report.counted import counted_rows
from realities.report.curves import MEDIAN
from realities.report.encode import decode_curves, decode_integers, decode_rising
from realities.report.schema import CurvesData, Payload, QuantityData, WeighingData

FloatArray = NDArray[np.float64]
ORDINAL_OF_EPOCH: Final = 719163


@dataclass(frozen=True, slots=True)
class Report:
    """One published figure; `reporter` is its place among the quantity's reporters."""

    published: int
    happened: int
    reporter: int
    source: int
    note: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Quantity:
    """One quantity of a payload, decoded when asked."""

    data: QuantityData

    @property
    def curves(self) -> CurvesData:
        """The curves; only asked of quantities that have some."""
        assert self.data["curves"] is not None
        return self.data["curves"]

    @cached_property
    def days(self) -> list[int]:
        """Days of the curves, rising."""
        return decode_rising(self.curves["days"])

    @property
    def unit_line(self) -> str:
        """What stands under the title: the unit, or the levels that reports name."""
        levels = self.data.get("levels")
        return f"Levels as reported: {', '.join(map(format_number, levels))}" if levels else self.data["unit"]

    def bands(self, date_index: int | None, account: int) -> FloatArray:
        """Return quantiles, shape (5, day), of one account as of one date; shape (5, 0) where it has none.

        Without a date they are those before any report.
        """
        rows = self.curves["prior"] if date_index is None else self.curves["bands"][date_index]
        text = rows[account]
        if not text:
            return np.zeros((5, 0))
        levels = decode_curves(text, len(self.days), MEDIAN).astype(np.float64)
        step = self.curves["step"]
        if date_index is None:
            step = self.curves.get("prior_step", step)
        result: FloatArray = levels * step
        return result

    def at(self, date_index: int | None, account: int, day: float) -> FloatArray | None:
        """Return the five quantiles on a day, on straight lines between the days kept."""
        bands = self.bands(date_index, account)
        if not bands.size:
            return None
        days = self.days
        day = min(max(day, days[0]), days[-1])
        k = next((i for i in range(1, len(days)) if days[i] >= day), len(days) - 1)
        share = (day - days[k - 1]) / (days[k] - days[k - 1]) if len(days) > 1 else 0.0
        before, after = bands[:, max(k - 1, 0)], bands[:, k]
        result: FloatArray = before + (after - before) * share
        return result

    @cached_property
    def reports(self) -> list[Report]:
        """The dated reports in order of publication."""
        data = self.data["reports"]
        published = decode_rising(data["published"])
        n = len(published)
        value, low, high = (data[name] or [None] * n for name in ("value", "low", "high"))
        columns = zip(
            published,
            decode_integers(data["delay"]),
            decode_integers(data["reporter"]),
            decode_integers(data["source"]),
            decode_integers(data["note"]),
            value,
            low,
            high,
            strict=True,
        )
        return [Report(p, p - delay, r, s, n, v, lo, hi) for p, delay, r, s, n, v, lo, hi in columns]

    def is_copy(self, report: Report) -> bool:
        """Return whether a report's reporter repeats another, and so is neither counted nor drawn."""
        return self.data["reporters"][report.reporter]["copies"] is not None


@dataclass(frozen=True)
class View:
    """A payload with its quantities decoded."""

    payload: Payload

    @cached_property
    def quantities(self) -> list[Quantity]:
        """Every quantity, those without curves included."""
        return [Quantity(data) for data in self.payload["quantities"]]

    @cached_property
    def charted(self) -> list[Quantity]:
        """The quantities that have curves, in the case's order."""
        return [quantity for quantity in self.quantities if quantity.data["curves"] is not None]

    def sound(self, day: int | None) -> list[bool]:
        """Return by account whether the latest fit as of a day is reliable; where there is none, yes."""
        known = [w for w in self.payload["weighings"] if day is not None and w["day"] <= day]
        n = len(self.payload["accounts"])
        return [fit["reliable"] for fit in known[-1]["fits"]] if known else [True] * n

    @cached_property
    def counted(self) -> dict[int, int]:
        """How many reports count on each day of publication, in order."""
        data = self.payload.get("counted") or counted_rows(self.payload)
        return dict(zip(decode_rising(data["days"]), decode_integers(data["used"]), strict=True))

    def used(self, day: int) -> int:
        """Return how many of the reports published by a day count."""
        return next((n for known, n in reversed(self.counted.items()) if known <= day), 0)

    def is_outdated(self, computed: int, day: int) -> bool:
        """Return whether something was published after the day of a computation and by another day."""
        return any(computed < known <= day for known in self.counted)

    def news(self, after: int, until: int) -> int | None:
        """Return the first day between two on which something was published; None for none."""
        return next((known for known in self.counted if after < known < until), None)

    @cached_property
    def stale(self) -> list[int | None]:
        """Return by weighing the day before the next one from which its weights do not count all reports."""
        days = [weighing["day"] for weighing in self.payload["weighings"]]
        return [self.news(day, until) for day, until in pairwise([*days, 0])]

    def weighing_on(self, day: int) -> WeighingData | None:
        """Return the latest weighing that is not after a day; None before the first."""
        known = [w for w in self.payload["weighings"] if w["day"] <= day]
        return known[-1] if known else None

    def weighing(self, date_index: int) -> WeighingData:
        """Return the weighing as of one of the page's dates."""
        day = self.payload["dates"][date_index]
        return next(w for w in self.payload["weighings"] if w["day"] == day)


def shown_chance(thousandths: int) -> str:
    """Return a chance, given in 1000, as the page shows it: a count out of 100, `<1` or `>99` at the ends."""
    return "–" if thousandths < 0 else shown_weight(floor(thousandths / 10 + 0.5))


def chance_rows(text: str, n_accounts: int) -> list[list[int]]:
    """Return encoded chances as rows of one number per account."""
    numbers = decode_integers(text)
    edges = range(0, len(numbers) + 1, n_accounts)
    return [numbers[a:b] for a, b in pairwise(edges)]
