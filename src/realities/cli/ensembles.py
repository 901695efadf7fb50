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

    from realities.store.long_run import Ensemble, Outcome


def write_long(
    terminal: Terminal, ensemble: Ensemble, out: Path, block: int, check: Callable[[Outcome], None]
) -> Outcome:
    """Run a long ensemble into a file; `check` sees what became of it before anything is written."""
    from realities.output.parquet import check_installed
    from realities.store.long_run import LongRun

    if out.suffix.lower() == ".parquet":
        check_installed()
    with LongRun(ensemble, out, block=block) as run:
        with terminal.progress() as progress:
            outcome = run.compute(progress)
        if outcome.n_resumed:
            terminal.note(f"Resumed: {outcome.n_resumed:,} of {outcome.n_draws:,} draws were there already.")
        try:
            check(outcome)
        except RealitiesError:
            run.give_up()
            raise
        run.write()
    return outcome
