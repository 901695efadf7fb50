"""What a page needs that no result changes, found while accounts are weighed.

In come a case and the day as of which it is run; a thread of this process works while it waits for others.
What it finds is kept where it will be asked for: the causal diagram of the model (`causes/data.py`), the
page's scripts, packed (`bundle.py`), and modules that take long to import. Whoever does without has the same
page, a second or two later. Next is `results.py`, which writes everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, Final

from realities.report.bundle import loader_script, packed_script, page_style
from realities.report.causes.data import causes_data

if TYPE_CHECKING:
    from realities.case.folder import Case

#: What writes `results.nc`, asked for only there.
_LATE: Final = ("h5netcdf",)


@contextmanager
def prepared(case: Case, as_of: date) -> Iterator[None]:
    """Prepare a case's page meanwhile; what goes wrong there will do so again, where it is needed."""
    with ThreadPoolExecutor(1, thread_name_prefix="realities-page") as thread:
        thread.submit(_prepare, case, as_of)
        yield


def _prepare(case: Case, as_of: date) -> None:
    causes_data(case, as_of)
    packed_script()
    loader_script()
    page_style()
    for name in _LATE:
        import_module(name)
