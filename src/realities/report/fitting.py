"""The finest page that stays within its size, built and written.

In comes a finished `Study`; out comes its payload, or its page on disk. `curves.py` lists ever coarser
plans; the first whose page is small enough is taken, so that a case with few quantities keeps all its
detail and one with many still opens at once on a phone.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from realities.report.claimed import resolved_days
from realities.report.curves import plans
from realities.report.page import render_payload, write_text
from realities.report.payload import build_payload, embedded
from realities.report.schema import Payload

if TYPE_CHECKING:
    from realities.weigh.study import Study

#: Bytes of a whole page, as a file and as a server sends it.
PAGE_LIMIT: Final = 600_000
GZIP_SHARE: Final = 250 / 600


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
    around: tuple[int, int] | None = None  # what a page holds beside its payload; nearly the same always
    resolved = resolved_days(study)
    for plan in plans(study.dates):
        payload = build_payload(study, plan, resolved, status=status)
        carried = _sizes("".join(embedded(payload)))
        if around is None:
            page = _sizes(render_payload(payload))
            around = page[0] - carried[0], page[1] - carried[1]
        if around[0] + carried[0] <= limit and around[1] + carried[1] <= limit * GZIP_SHARE:
            break
    return payload


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
