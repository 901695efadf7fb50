"""The finest page that stays within its size, built and written.

In comes a finished `Study`; out comes its payload, or its page on disk. Everything but the curves is built
once. `curves.py` lists ever coarser plans of curves; the first whose page is small enough is taken, so that a
case with few quantities keeps all its detail and one with many still opens at once on a phone. Every as-of
date stays; only where the coarsest curves are too large are dates left out, and then the page says so.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from realities.report.causes.data import causes_data
from realities.report.curves import PLANS, HeldCurves, Plan, curves_data, held_curves
from realities.report.encode import pack
from realities.report.live.build import LiveParts, live_data, live_parts
from realities.report.live.code import NotLiveError
from realities.report.live.pack import packed_live
from realities.report.live.schema import LiveData
from realities.report.page import render_payload, write_text
from realities.report.payload import build_payload
from realities.report.planes import take_curves
from realities.report.schema import CurvesData, Payload, QuantityData
from realities.report.view import View
from realities.report.why import why

if TYPE_CHECKING:
    from realities.weigh.study import Study

#: Bytes of a whole page, as a file and as a server sends it.
PAGE_LIMIT: Final = 600_000
GZIP_SHARE: Final = 250 / 600
#: Bytes by which what stands around the curves may grow with a finer plan, most of all the main chart,
#: plain and compressed.
_SPARE: Final = (7_000, 3_200)
#: Draws of each account with which the page runs the model, as of the last date. Fewer are taken before dates
#: are left out, and before curves become as coarse as the last plan.
LIVE_DRAWS: Final = (160, 130, 100)
#: As-of dates below which none is left out.
_FEWEST_DATES: Final = 2
Held = Mapping[str, HeldCurves | None]


def study_payload(study: Study, *, status: Sequence[str] = (), limit: int = PAGE_LIMIT) -> Payload:
    """Return the payload of a study's page.

    Parameters
    ----------
    study
        A finished study.
    status
        Sentences for the line under the bar, such as "Draft." or "Synthetic data.".
    limit
        Bytes of the page to stay within where that is possible, and `GZIP_SHARE` of them compressed:
        first single runs and the fineness of curves are reduced, then every other as-of date is left
        out, never the last.
    """
    dates = tuple(study.dates)
    causes = causes_data(study.case, study.as_of)
    live, problems = _live(study)
    while True:
        held = {name: held_curves(study, name, dates) for name in study.case.measures}
        payload = build_payload(study, dates, _planned(held, PLANS[-1]), status=_told(study, dates, status))
        payload["warnings"] += problems
        payload["causes"] = causes
        payload["live"] = None if live is None else live_data(study, live, dates, LIVE_DRAWS[0])
        sizes = _Sizes(payload, held)
        for n_draws in LIVE_DRAWS:
            if live is not None and n_draws != LIVE_DRAWS[0]:
                payload["live"] = live_data(study, live, dates, n_draws)
            plan = _finest(sizes, payload["live"], limit)
            if plan is not None and (plan is not PLANS[-1] or n_draws == LIVE_DRAWS[-1]):
                return _with_curves(payload, _planned(held, plan))
        if len(dates) <= _FEWEST_DATES:
            return payload
        dates = tuple(reversed(dates[::-1][::2]))


def why_leading(study: Study) -> str:
    """Return why the account that leads on a study's last date leads, as its page says it.

    A page whose curves are coarser may round what was expected otherwise. Empty where nothing can be said.
    """
    held = {name: held_curves(study, name, study.dates) for name in study.case.measures}
    payload = build_payload(study, study.dates, _planned(held, PLANS[0]))
    return why(View(payload), payload["as_of"])


def _live(study: Study) -> tuple[LiveParts | None, list[str]]:
    """Return what the page needs to run the model, or why it cannot."""
    try:
        return live_parts(study), []
    except NotLiveError as problem:
        return None, [f"This page cannot run the model: {problem}."]


def _told(study: Study, dates: Sequence[date], status: Sequence[str]) -> list[str]:
    """Return the sentences under the bar, and one more where the page does not carry every date."""
    missing = len(study.dates) - len(dates)
    left_out = (
        f"Curves as of {missing} of {len(study.dates)} dates are left out, so that this page stays small."
    )
    return [*status, left_out] if missing else list(status)


def _planned(held: Held, plan: Plan) -> dict[str, CurvesData | None]:
    return {
        name: None if one is None else curves_data(one, plan.of(place), plan.quarters_of(place))
        for place, (name, one) in enumerate(held.items())
    }


def _with_curves(payload: Payload, curves: Mapping[str, CurvesData | None]) -> Payload:
    """Return a payload with other curves in place of its own."""
    quantities = [QuantityData({**one, "curves": curves[one["key"]]}) for one in payload["quantities"]]
    return Payload({**payload, "quantities": quantities})


class _Sizes:
    """Bytes of a page's parts, plain and compressed: what stands around them is written and measured once.

    Live data and curves are packed apart, so neither changes what the rest takes.
    """

    def __init__(self, payload: Payload, held: Held) -> None:
        self._payload, self._held = payload, held
        self._plans: dict[Plan, tuple[int, int]] = {}
        page, live = _sizes(render_payload(payload)), self.live(payload["live"])
        curves = self.curves(PLANS[-1])
        self.rest = page[0] - live[0] - curves[0], page[1] - live[1] - curves[1]

    def live(self, live: LiveData | None) -> tuple[int, int]:
        """Return what live data take."""
        return _sizes(packed_live(live))

    def curves(self, plan: Plan) -> tuple[int, int]:
        """Return what the curves of a plan take."""
        if plan not in self._plans:
            self._plans[plan] = _sizes(_carried(_with_curves(self._payload, _planned(self._held, plan))))
        return self._plans[plan]


def _finest(sizes: _Sizes, live: LiveData | None, limit: int) -> Plan | None:
    """Return the finest plan whose page stays within a limit, None if the coarsest does not."""
    around = sizes.live(live)
    room = limit - sizes.rest[0] - around[0], limit * GZIP_SHARE - sizes.rest[1] - around[1]

    def fits(plan: Plan) -> bool:
        return all(a + spare <= b for a, spare, b in zip(sizes.curves(plan), _SPARE, room, strict=True))

    coarsest = sizes.curves(PLANS[-1])
    if coarsest[0] > room[0] or coarsest[1] > room[1]:
        return None
    return _first(PLANS, fits)


def _first(plans: Sequence[Plan], fits: Callable[[Plan], bool]) -> Plan:
    """Return the first plan that fits, by halving: plans shrink in order, and the last one fits."""
    low, high = 0, len(plans) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(plans[middle]) else (middle + 1, high)
    return plans[low]


def _carried(payload: Payload) -> str:
    return pack(take_curves(payload["quantities"])[1])


def _sizes(text: str) -> tuple[int, int]:
    """Bytes of a text, plain and compressed."""
    data = text.encode()
    return len(data), len(gzip.compress(data, 6))


def write_report(study: Study, path: Path, *, status: Sequence[str] = ()) -> Path:
    """Write the page of a study and return its path.

    Parameters
    ----------
    study
        A finished study.
    path
        Where the page goes; a page that is there already is replaced in one move.
    status
        Sentences for the line under the bar, such as "Draft." or "Synthetic data.".

    Raises
    ------
    OSError
        If the folder cannot be written; no half page is left behind.
    """
    write_text(path, render_payload(study_payload(study, status=status)))
    return path
