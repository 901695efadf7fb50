"""Runs as a notebook shows them: small charts of the first variables, and a table of all.

In come runs of one model or of several accounts; out comes HTML without scripts, small whatever was run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from realities.figures import account, day_of, format_date, format_number, small
from realities.figures.axes import nice_ticks
from realities.figures.card import Cell, badge, card, figure, legend, paragraph, smalls, table, two_lines
from realities.figures.chart import Chart, Series

if TYPE_CHECKING:
    from realities.trajectories.accounts import AccountTrajectories
    from realities.trajectories.runs import Trajectories

FloatArray = NDArray[np.float64]
_LEVELS: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Charts shown, points of a line, rows of a table.
N_CHARTS, N_POINTS, N_ROWS = 6, 40, 12
#: Points of all lines of all charts together, so that a notebook stays small.
MOST_POINTS: Final = 600
_WIDTH, _HEIGHT = 250, 130


def runs_card(runs: Trajectories) -> str:
    """Return the runs of one model."""
    kept = _kept(runs.times.size, N_POINTS)
    charts = []
    for name in list(runs)[:N_CHARTS] if runs.times.size > 1 else []:
        series = [_bands(runs[name][:, kept], 0, runs.failed)]
        charts.append(figure(_over_time(runs.times[kept], series), title=name, unit=_unit(name, runs)))
    note = "Line: median of the draws. Band: 90% of them." if charts and runs.n_draws > 1 else ""
    return card(
        "Trajectories",
        "",
        paragraph(_counted(runs, "")),
        smalls(charts),
        paragraph(note, is_note=True),
        table(
            "Last value saved, median and range of 90% of the draws",
            ["Variable", "Unit", "Last value"],
            [[name, _unit(name, runs), _range(runs[name], runs.failed)] for name in runs],
            numeric=[2],
            most=N_ROWS,
        ),
    )


def accounts_card(found: AccountTrajectories) -> str:
    """Return the runs of several accounts, each in its colour."""
    first = next(iter(found.values()))
    names = list(first)[:N_CHARTS]
    points = min(N_POINTS, max(8, MOST_POINTS // max(len(found) * len(names), 1)))
    kept = _kept(first.times.size, points)
    days = np.array([day_of(day) for day in found.dates])[kept]
    charts = []
    for name in names if len(set(days)) > 1 else []:
        series = [_bands(runs[name][:, kept], k, runs.failed) for k, runs in enumerate(found.values())]
        chart = small(days, series, width=_WIDTH, height=_HEIGHT)
        chart["nx"] = 4
        charts.append(figure(chart, title=name, unit=_unit(name, first)))
    begin, end = format_date(found.dates[0]), format_date(found.dates[-1])
    return card(
        "Trajectories",
        f"Runs of {len(found)} accounts",
        paragraph(_counted(first, " for each account", f"{begin} to {end}")),
        paragraph(f"Draws: {found.given}."),
        smalls(charts),
        legend(found.names.values()) if charts else None,
        paragraph("Line: median. Band: 90% of the draws." if charts else "", is_note=True),
        table(
            f"On {end}, median and range of 90% of the draws",
            ["Variable", "Unit", *(badge(k) for k in range(len(found)))],
            [
                [name, _unit(name, first), *(_range(runs[name], runs.failed) for runs in found.values())]
                for name in first
            ],
            numeric=range(2, 2 + len(found)),
            most=N_ROWS,
        ),
    )


def _over_time(times: FloatArray, series: Sequence[Series]) -> Chart:
    """Return a small chart over the model's own time."""
    chart = small(times, series, width=_WIDTH, height=_HEIGHT)
    ticks = [tick for tick in nice_ticks(times[0], times[-1], 3) if times[0] <= tick <= times[-1]]
    chart["xs"] = [(tick, format_number(tick).replace(",", "")) for tick in ticks]
    return chart


def _bands(values: FloatArray, index: int, failed: NDArray[np.bool_]) -> Series:
    """Return quantiles over the draws that stayed finite, (5, time); nothing if none did."""
    sound = values[~failed]
    return account("", index, np.quantile(sound, _LEVELS, axis=0) if len(sound) else np.zeros((5, 0)))


def _kept(n: int, most: int) -> NDArray[np.intp]:
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.intp))


def _range(values: FloatArray, failed: NDArray[np.bool_]) -> Cell:
    last = values[~failed, -1] if values.shape[1] else np.zeros(0)
    if not last.size:
        return "–"
    low, middle, high = (format_number(value) for value in np.quantile(last, (0.05, 0.5, 0.95)))
    return two_lines(middle, "" if last.size == 1 else f"{low} to {high}")


def _counted(runs: Trajectories, whose: str, dates: str = "") -> str:
    failed = int(runs.failed.sum())
    unit = f" {runs.time_unit}" if runs.time_unit is not None else ""
    span = f"{runs.times[0]:g} to {runs.times[-1]:g}{unit}" if runs.times.size else "none"
    draws = f"{runs.n_draws:,} draw" + ("" if runs.n_draws == 1 else "s")
    variables = "1 variable" if len(runs.values) == 1 else f"{len(runs.values):,} variables"
    said = f"{variables}, {draws}{whose}, {runs.times.size:,} times, "
    said += dates or span
    return said + (f"; {failed:,} draws left the real numbers and are not shown." if failed else ".")


def _unit(name: str, runs: Trajectories) -> str:
    unit = runs.units.get(name)
    return "" if unit is None else str(unit)
