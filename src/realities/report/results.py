"""A folder of results: report.html, results.json and results.nc, each written beside and renamed.

In comes a finished study; `results.nc` holds curves, weights and posterior draws for notebooks, and the
payload of the page, from which the page can be written again without running anything.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

import numpy as np

from realities.errors import Diagnostic, UnreadableError
from realities.report.fitting import study_payload
from realities.report.page import render_payload, write_text
from realities.report.schema import Payload
from realities.source import SourceText
from realities.weigh.forward import LEVELS
from realities.weigh.results import study_to_json

if TYPE_CHECKING:
    import xarray

    from realities.weigh.study import Study

PAGE, TABLE, OBJECT = "report.html", "results.nc", "results.json"


def write_results(
    study: Study, folder: Path, *, page: Path | None = None, scratch: Path | None = None
) -> tuple[Path, dict[str, object]]:
    """Write a study's page, data and JSON object; return the page's path and the object.

    Files that an earlier run left there are replaced, each in one move; `results.json` comes last. Until they
    are whole they lie in the folder `scratch`, on the same disk, by default beside their places.
    """
    target = folder / PAGE if page is None else page
    payload = study_payload(study)
    found = study_to_json(study, report=str(target))
    folder.mkdir(parents=True, exist_ok=True)
    _write_table(study, payload, folder / TABLE, scratch)
    write_text(target, render_payload(payload), scratch=scratch)
    text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    write_text(folder / OBJECT, text, scratch=scratch)
    return target, found


def is_results(path: Path) -> bool:
    """Whether a path is a folder of results, or a file of one."""
    if path.is_dir():
        return (path / TABLE).is_file() and not (path / "case.toml").exists()
    return path.is_file() and path.name != "case.toml"


def rewrite_report(path: Path, page: Path | None = None) -> Path:
    """Write the page of saved results again, and return its path.

    Raises
    ------
    UnreadableError
        If the results are not there, or were not written by a version that this one understands.
    """
    folder = path if path.is_dir() else path.parent
    table = path if path.suffix == ".nc" else folder / TABLE
    target = folder / PAGE if page is None else page
    try:
        text = _read_payload(table)
        rendered = render_payload(cast("Payload", json.loads(text)))
    except (OSError, KeyError, ValueError) as problem:
        place = SourceText(str(table), "").span(0, 0)
        message = f"these are not results that this version can read: {problem}"
        hint = "run the case again: realities run CASE"
        raise UnreadableError(Diagnostic("error", "unreadable-results", message, place, (hint,))) from None
    write_text(target, rendered)
    return target


def _read_payload(table: Path) -> str:
    import xarray

    with xarray.open_dataset(table, engine="h5netcdf") as data:
        return bytes(data["page_payload"].values.astype(np.uint8)).decode("utf-8")


def _write_table(study: Study, payload: Payload, path: Path, scratch: Path | None) -> None:
    with TemporaryDirectory(dir=scratch or path.parent, prefix=".results-") as folder:
        beside = Path(folder) / TABLE
        to_dataset(study, payload).to_netcdf(beside, engine="h5netcdf")
        beside.replace(path)


def to_dataset(study: Study, payload: Payload) -> xarray.Dataset:
    """Return curves, weights, evidences, chances and posterior draws with named axes."""
    import xarray

    case = study.case
    accounts = [account.id for account in case.accounts]
    forecasts = [[study.forecasts[day][a] for day in study.dates] for a in accounts]
    weighings = [study.weighings[day] for day in study.dates]
    times = forecasts[0][0].times
    quantities = list(case.measures)
    claims = [judged.claim.id for judged in study.claims]
    bands = [[[f.quantiles[q] for q in quantities] for f in row] for row in forecasts]
    shape = (len(accounts), len(study.dates), len(quantities), len(LEVELS), len(times))
    chances = [[[f.chances.get(c, np.nan) for c in claims] for f in row] for row in forecasts]
    data = xarray.Dataset(
        {
            "band": (("account", "as_of", "quantity", "level", "time"), np.reshape(bands, shape)),
            "weight": (("account", "as_of"), [[w.weights[a] for w in weighings] for a in accounts]),
            "log_evidence": (
                ("account", "as_of"),
                [[w.fits[a].log_evidence for w in weighings] for a in accounts],
            ),
            "log_evidence_error": (
                ("account", "as_of"),
                [[w.fits[a].log_evidence_error for w in weighings] for a in accounts],
            ),
            "chance": (("account", "as_of", "claim"), np.reshape(chances, (*shape[:2], len(claims)))),
            "page_payload": (("byte",), np.frombuffer(json.dumps(payload).encode("utf-8"), dtype=np.uint8)),
        },
        coords={
            "account": accounts,
            "as_of": [day.isoformat() for day in study.dates],
            "quantity": quantities,
            "level": list(LEVELS),
            "time": times,
            "claim": claims,
            "date": ("time", [case.calendar.date_of(float(t)).isoformat() for t in times]),
            "quantity_unit": ("quantity", [str(case.measures[q].unit) for q in quantities]),
        },
        attrs={"case": case.id, "title": case.title, "as_of": study.as_of.isoformat(), "seed": study.seed},
    )
    for account in accounts:
        fit = study.weighings[study.as_of].fits[account]
        draws = {**fit.parameters, **fit.reporter_parameters}
        if draws:
            axes = (f"parameter:{account}", f"draw:{account}")
            data[f"posterior:{account}"] = (axes, np.array(list(draws.values())))
            data = data.assign_coords({axes[0]: list(draws)})
    return data
