"""`realities simulate --draws --out` of a long ensemble: kept block by block, resumed, written in one move.

Called by `simulate.py`; the work is in `store/long_run.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from realities.cli.terminal import Terminal
from realities.errors import RealitiesError

if TYPE_CHECKING:
    from collections.abc import Callable

    from realities.store.long_run import Ensemble, LongRun, Outcome


def write_long(
    terminal: Terminal, ensemble: Ensemble, out: Path, block: int, check: Callable[[Outcome], None]
) -> Outcome:
    """Run a long ensemble into a file; `check` sees what became of it before anything is written."""
    from realities.store.long_run import LongRun, part_of

    try:
        with LongRun(ensemble, out, block=block) as run:
            return _run(terminal, run, check)
    except (OSError, KeyboardInterrupt) as stopped:
        part = part_of(out)
        if isinstance(stopped, OSError) and stopped.filename is None:
            stopped.filename = str(out)
        if part.exists():
            terminal.note(f"Finished draws are kept in {part}; the same command goes on from there.")
        raise


def _run(terminal: Terminal, run: LongRun, check: Callable[[Outcome], None]) -> Outcome:
    with terminal.progress() as progress:
        outcome = run.compute(progress)
    if outcome.n_resumed:
        terminal.note(f"Resumed: {outcome.n_resumed:,} of {outcome.n_draws:,} draws were there already.")
    try:
        check(outcome)
    except RealitiesError:
        run.give_up()
        raise
    with terminal.progress() as progress:
        run.write(progress)
    return outcome
