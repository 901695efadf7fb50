"""The runs of several accounts side by side, on the same draws and times.

In come `Trajectories` by account; out go values by account and name, one xarray data set with an axis for the
accounts, or one pandas frame. `ensemble.py` makes the runs, `case.simulate` asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from realities.trajectories.runs import Trajectories

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True, eq=False, repr=False)
class AccountTrajectories(Mapping[str, Trajectories]):
    """The runs of a case's accounts, by account id in display order.

    Attributes
    ----------
    case_id
        Of which case.
    names
        The accounts' names by id.
    runs
        The runs by id; the same variables, times and numbers of draws in each.
    dates
        The day in which each saved time lies.
    given
        What the draws stand for, in words.
    """

    case_id: str
    names: Mapping[str, str]
    runs: Mapping[str, Trajectories]
    dates: tuple[date, ...]
    given: str

    def __getitem__(self, account: str) -> Trajectories:
        return self.runs[account]

    def __iter__(self) -> Iterator[str]:
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    def __repr__(self) -> str:
        one = next(iter(self.runs.values()))
        variables = "1 variable" if len(one.values) == 1 else f"{len(one.values)} variables"
        return (
            f"<AccountTrajectories of {self.case_id!r}: {len(self)} accounts, {variables}, "
            f"{one.n_draws} draws each, {self.dates[0]} to {self.dates[-1]}, {self.given}>"
        )

    def _repr_html_(self) -> str:
        """Return a table and small charts of the first variables, for a notebook."""
        from realities.trajectories.card import accounts_card

        return accounts_card(self)

    def to_xarray(self) -> xr.Dataset:
        """Return an `xarray.Dataset` with dimensions account, draw and time, then subscripts.

        Units are attributes; the coordinate `date` has the day of each time, `failed` says which draws left
        the real numbers.
        """
        import numpy as np
        import xarray as xr

        parts = [runs.to_xarray() for runs in self.runs.values()]
        accounts = xr.DataArray(np.array(list(self.runs)), dims="account", name="account")
        found = xr.concat(parts, accounts, data_vars="all", coords=["failed"], compat="equals", join="exact")
        return found.assign_coords(date=("time", np.array(self.dates, dtype="datetime64[ns]")))

    def to_pandas(self) -> pd.DataFrame:
        """Return a `pandas.DataFrame`: account, draw, date and time, then one column for each variable."""
        import pandas

        parts = []
        for account, runs in self.runs.items():
            part = runs.to_pandas()
            part.insert(0, "account", account)
            part.insert(2, "date", pandas.to_datetime(list(self.dates) * runs.n_draws))
            parts.append(part)
        found: pd.DataFrame = pandas.concat(parts, ignore_index=True)
        found.attrs["units"] = parts[0].attrs["units"]
        return found
