"""A folder of results: the page, its data, and forms for other tools, each written beside and renamed.

In comes a finished study; out come `report.html`, `results.json`, `results.nc`, `forecasts.csv`
(`hubverse.py`) and `claims.jsonld` (`claim_review.py`). `results.nc` holds, in its root, curves, weights,
chances and the posterior draws behind the JSON object, and the payload of the page, from which the page can
be written again without running anything; under it a group for each account, with groups of draws in
ArviZ's names (`handover/groups.py`), thinned.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from realities.errors import Diagnostic, UnreadableError
from realities.report.draws_file import COMPRESSION, LARGE, add_groups
from realities.report.fitting import study_payload
from realities.report.page import render_payload, write_text
from realities.report.schema import Payload
from realities.report.view import View
from realities.report.why import why
from realities.source import SourceText
from realities.weigh.forward import LEVELS
from realities.weigh.handover.claim_review import claims_jsonld
from realities.weigh.handover.groups import SLASH, Group, account_groups, thinned
from realities.weigh.handover.hubverse import forecasts_csv
from realities.weigh.results import study_to_json
from realities.weigh.shown import spread

if TYPE_CHECKING:
    from realities.weigh.study import Study

PAGE, TABLE, OBJECT = "report.html", "results.nc", "results.json"
FORECASTS, CLAIMS = "forecasts.csv", "claims.jsonld"
PREDICTED = "posterior_predictive"
#: Draws of each account in the root and in its groups, and of predicted reports, of which each has a number
#: for every report. Draws and bands are kept to seven digits, which is far finer than their sampling error.
ROOT_DRAWS, GROUP_DRAWS, PREDICTED_DRAWS = 1000, 250, 50


def write_results(
    study: Study, folder: Path, *, page: Path | None = None, scratch: Path | None = None
) -> tuple[Path, dict[str, object]]:
    """Write a study's files; return the page's path and the JSON object.

    Files that an earlier run left there are replaced, each in one move; `results.json` comes last. Until they
    are whole they lie in the folder `scratch`, on the same disk, by default beside their places.
    """
    target = folder / PAGE if page is None else page
    payload = study_payload(study)
    found = study_to_json(study, report=str(target))
    found["why"] = why(View(payload), payload["as_of"])
    folder.mkdir(parents=True, exist_ok=True)
    _write_table(study, payload, folder / TABLE, scratch)
    write_text(folder / FORECASTS, forecasts_csv(study), scratch=scratch)
    write_text(folder / CLAIMS, claims_jsonld(study), scratch=scratch)
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
    import h5netcdf

    with h5netcdf.File(table, "r") as file:
        return bytes(np.asarray(file["page_payload"][...], dtype=np.uint8)).decode("utf-8")


def _write_table(study: Study, payload: Payload, path: Path, scratch: Path | None) -> None:
    with TemporaryDirectory(dir=scratch or path.parent, prefix=".results-") as folder:
        beside = Path(folder) / TABLE
        write_table(beside, table_of(study, payload))
        beside.replace(path)


@dataclass(frozen=True, slots=True)
class Table:
    """Arrays with named axes: name -> (axes, values). A name that is an axis gives that axis its labels."""

    arrays: Mapping[str, tuple[tuple[str, ...], NDArray[Any]]]
    #: Names of further labels of axes, such as the dates of times.
    labels: tuple[str, ...]
    attributes: Mapping[str, str | int]
    #: Groups by their path, such as `author/posterior`.
    groups: Mapping[str, Group] = field(default_factory=dict)


def table_of(study: Study, payload: Payload) -> Table:
    """Return curves, weights, evidences, chances and posterior draws with named axes."""
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
    fits = [[w.fits[a] for w in weighings] for a in accounts]
    each = ("account", "as_of")
    arrays: dict[str, tuple[tuple[str, ...], NDArray[Any]]] = {
        "account": (("account",), _texts(accounts)),
        "as_of": (("as_of",), _texts([day.isoformat() for day in study.dates])),
        "quantity": (("quantity",), _texts(quantities)),
        "level": (("level",), np.array(LEVELS)),
        "time": (("time",), times),
        "claim": (("claim",), _texts(claims)),
        "date": (("time",), _texts([case.calendar.date_of(float(t)).isoformat() for t in times])),
        "quantity_unit": (("quantity",), _texts([str(case.measures[q].unit) for q in quantities])),
        "band": ((*each, "quantity", "level", "time"), np.reshape(bands, shape).astype(np.float32)),
        "weight": (each, np.array([[w.weights[a] for w in weighings] for a in accounts])),
        "log_evidence": (each, np.array([[fit.log_evidence for fit in row] for row in fits])),
        "log_evidence_error": (each, np.array([[fit.log_evidence_error for fit in row] for row in fits])),
        "chance": ((*each, "claim"), np.reshape(chances, (*shape[:2], len(claims)))),
        "page_payload": (("byte",), np.frombuffer(json.dumps(payload).encode("utf-8"), dtype=np.uint8)),
    }
    for account in accounts:
        fit = study.weighings[study.as_of].fits[account]
        draws = {**fit.parameters, **fit.reporter_parameters}
        if draws:
            axes = (f"parameter:{account}", f"draw:{account}")
            arrays[axes[0]] = (axes[:1], _texts(list(draws)))
            kept = spread(fit.n_draws, min(fit.n_draws, ROOT_DRAWS))
            arrays[f"posterior:{account}"] = (axes, np.array(list(draws.values()), np.float32)[:, kept])
    about: dict[str, str | int] = {"case": case.id, "title": case.title, "seed": study.seed}
    groups = {
        f"{group_name(account, arrays)}/{name}": group
        for account in accounts
        for name, group in _thinned_groups(study, account).items()
    }
    return Table(arrays, ("date", "quantity_unit"), {**about, "as_of": study.as_of.isoformat()}, groups)


def group_name(account: str, taken: Collection[str]) -> str:
    """Return the name of an account's group: its id, with an underscore where a variable has that name."""
    name = account.replace("/", SLASH)
    while name in taken:
        name += "_"
    return name


def _thinned_groups(study: Study, account: str) -> dict[str, Group]:
    """Return an account's groups at the study's date, with as many draws as a file should hold."""
    groups = account_groups(study.case, study.weighings[study.as_of].fits[account], most=GROUP_DRAWS)
    groups[PREDICTED] = thinned(groups[PREDICTED], PREDICTED_DRAWS)
    return {name: _in_single_precision(group) for name, group in groups.items()}


def _in_single_precision(group: Group) -> Group:
    """Return a group whose draws have half the digits; what was reported keeps all of them."""
    variables = {
        name: replace(column, values=column.values.astype(np.float32)) if "draw" in column.dims else column
        for name, column in group.variables.items()
    }
    return replace(group, variables=variables)


def _texts(values: Sequence[str]) -> NDArray[Any]:
    return np.array(values, dtype=object)


def write_table(path: Path, table: Table) -> None:
    """Write a table as NetCDF, as xarray reads it; xarray itself would take a second to import."""
    import h5netcdf

    with h5netcdf.File(path, "w") as file:
        file.attrs.update(table.attributes)
        for axes, values in table.arrays.values():
            for axis, size in zip(axes, values.shape, strict=True):
                file.dimensions.setdefault(axis, size)
        for name, (axes, values) in table.arrays.items():
            variable = _write_variable(file, name, axes, values)
            labels = [one for one in table.labels if one != name and table.arrays[one][0][0] in axes]
            if labels and name not in table.labels and name not in axes:
                variable.attrs["coordinates"] = " ".join(labels)
    add_groups(path, table.groups)


def _write_variable(place: Any, name: str, axes: tuple[str, ...], values: NDArray[Any]) -> Any:
    import h5py

    kind = h5py.string_dtype() if values.dtype == object else values.dtype
    how = COMPRESSION if kind == values.dtype and values.nbytes >= LARGE else {}
    variable = place.create_variable(name, axes, kind, **how)
    if values.size:
        variable[...] = values
    return variable
