"""The finest page that stays within its size, built and written.

In comes a finished `Study`; out comes its payload, or its page on disk. `curves.py` lists ever coarser
plans; the first whose page is small enough is taken, so that a case with few quantities keeps all its
detail and one with many still opens at once on a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from realities.report.curves import plans
from realities.report.page import render_payload, write_text
from realities.report.payload import build_payload, embedded, resolved_days
from realities.report.schema import Payload

if TYPE_CHECKING:
    from realities.weigh.study import Study

#: Bytes of a whole page.
PAGE_LIMIT: Final = 600_000


def study_payload(study: Study, *, status: Sequence[str] = (), limit: int = PAGE_LIMIT) -> Payload:
    """Return the payload of a study's page.

    Parameters
    ----------
    study
        A finished study.
    status
        Sentences for the line under the bar, such as "Draft." or "Synthetic data.".
    limit
        Bytes of the page to stay within where that is possible: first single runs and the fineness of
        curves are reduced, then every other as-of date is left out, never the last.
    """
    around: int | None = None  # what a page holds beside its payload; nearly the same for every plan
    resolved = resolved_days(study)
    for plan in plans(study.dates):
        payload = build_payload(study, plan, resolved, status=status)
        carried = sum(len(part.encode()) for part in embedded(payload))
        if around is None:
            around = len(render_payload(payload).encode()) - carried
        if around + carried <= limit:
            break
    return payload


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
