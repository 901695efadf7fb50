"""The process that checks cases and builds pages, apart from the one that answers a browser.

Run as `python -m realities.serve.work FOLDER` by `builder.py`, never by hand. In come jobs, one JSON object
a line; out goes what becomes of them, likewise. It reads a case, tells what is wrong with it or runs it, and
hands over the whole page: no file is written. It ends with its input, so that it never outlives who started
it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from queue import SimpleQueue
from shutil import rmtree
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, cast

from realities.errors import Diagnostic, InputError, RealitiesError, in_order

if TYPE_CHECKING:
    from realities.case.folder import Case
    from realities.weigh.sampling.evidence import Effort

#: Findings shown of one case, and characters of a line of its files shown with each.
MOST_FOUND: Final = 50
WIDTH: Final = 120
#: Progress is told this often at most, but for each new part of the work.
EVERY_S: Final = 0.25

Say = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Job:
    """What to build: a case, as the command line names it, and with which settings."""

    number: int
    case: str
    effort: str
    as_of: str | None = None
    seed: int | None = None
    threads: int | None = None


def main(folder: Path) -> None:
    """Do jobs until the input ends; a job that is under way then is given up."""
    say = _speaker()
    signal.signal(signal.SIGTERM, _leave)  # so that processes of our own end too
    jobs: SimpleQueue[Job] = SimpleQueue()
    Thread(target=_listen, args=(jobs, folder), daemon=True).start()
    import realities.report
    import realities.weigh.study  # noqa: F401 - imported while nobody waits

    while True:
        job = jobs.get()
        do(job, lambda kind, job=job, **rest: say(kind, job=job.number, **rest))


def do(job: Job, say: Say) -> None:
    """Check a case, and build its page where it can be run; tell what became of it."""
    from realities.case.folder import load_case
    from realities.figures import format_date

    try:
        say("progress", stage="Reading the case", share=0.0)
        case = load_case(job.case)
        day = case.latest_published if job.as_of is None else date.fromisoformat(job.as_of)
        case.check_as_of(day)
        known = tuple(item for item in case.warnings_as_of(day) if item.severity == "warning")
        say("checked", found=findings_json(known), as_of=format_date(day))
        page, warnings = _built(case, job, day, say)
    except InputError as problem:
        say("broken", found=findings_json(problem.diagnostics))
    except (RealitiesError, OSError) as problem:
        say("failed", message=str(problem))
    except Exception:
        say("bug", message=traceback.format_exc())
    else:
        shown = {item.message for item in known}
        say("built", page=page, warnings=[text for text in warnings if text not in shown])


def _built(case: Case, job: Job, day: date, say: Say) -> tuple[str, tuple[str, ...]]:
    """Return a case's page and what the run warns of."""
    from realities.report import render_payload, study_payload
    from realities.weigh.study import run_case

    study = run_case(
        case,
        as_of=day,
        seed=job.seed,
        effort=cast("Effort", job.effort),
        workers=job.threads,
        progress=_thinned(say),
    )
    say("progress", stage="Writing the page", share=0.0)
    return render_payload(study_payload(study)), study.warnings


def _thinned(say: Say) -> Callable[[str, float, float], None]:
    """Return a progress callback that tells a few times a second, and whenever the stage changes."""
    last: list[Any] = ["", 0.0]

    def progress(stage: str, done: float, total: float) -> None:
        now = time.monotonic()
        if stage != last[0] or now - last[1] >= EVERY_S:
            last[:] = stage, now
            say("progress", stage=stage, share=done / total if total else 0.0)

    return progress


def findings_json(items: Sequence[Diagnostic]) -> dict[str, Any]:
    """Return findings as a page shows them, the first of many, and how many there are of each severity."""
    n_errors = sum(item.severity == "error" for item in items)
    ordered = sorted(items, key=lambda item: (item.severity != "error", *in_order(item)))
    return {
        "errors": n_errors,
        "warnings": len(items) - n_errors,
        "items": [_finding_json(item) for item in ordered[:MOST_FOUND]],
    }


def _finding_json(item: Diagnostic) -> dict[str, Any]:
    lines = item.render(WIDTH).split("\n")
    excerpt = [line for line in lines[1:] if line.lstrip(" 0123456789").startswith("|")]
    return {
        "severity": item.severity,
        "code": item.code,
        "place": str(item.span),
        "message": item.message,
        "excerpt": "\n".join(excerpt),
        "help": list(item.help),
        "text": item.render(WIDTH),
    }


def _speaker() -> Say:
    """Return what writes one line of JSON; whatever else this process prints goes to stderr."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(kind: str, **rest: object) -> None:
        out.write(json.dumps({"kind": kind, **rest}) + "\n")
        out.flush()

    return say


def _listen(jobs: SimpleQueue[Job], folder: Path) -> None:
    """Take jobs from the input; at its end leave, and take along what was put in the server's folder."""
    for line in sys.stdin:
        jobs.put(Job(**json.loads(line)))
    rmtree(folder, ignore_errors=True)
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)  # with processes that were started for a run
    os._exit(1)


def _leave(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
