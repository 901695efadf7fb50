"""Every file of a case, broken in ten ways: always a diagnostic with its place, never a traceback."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from realities.case.folder import Case, load_case
from realities.errors import Diagnostic, InputError, UnreadableError

NETWORK = """{"type": "FeatureCollection", "features": [
  {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]},
   "properties": {"id": "a", "kind": "source", "supply": 10}},
  {"type": "Feature", "geometry": {"type": "Point", "coordinates": [3, 4]},
   "properties": {"id": "b", "kind": "front", "demand": 5}},
  {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
   "properties": {"id": "ab", "from": "a", "to": "b", "capacity": 7}}]}
"""

MISSING, EMPTY = "a file that is missing", "a file without content"

#: For each file: the breakage, what is replaced by what, and the code of the first error in that file;
#: None where the file may be so.
BREAKAGES: dict[str, dict[str, tuple[str, str, str | None]]] = {
    "case.toml": {
        "missing": (MISSING, "", "missing-file"),
        "empty": (EMPTY, "", "missing-key"),
        "wrong type": ('title = "Bicycles"', "title = [1]", "wrong-type"),
        "unknown name": ('parameter = "lane programme"', 'parameter = "lane program"', "unknown-name"),
        "bad date": ("start = 2015-01-01 ", 'start = "January" ', "bad-date"),
        "bad unit": ('time_unit = "year"', 'time_unit = "month"', "time-unit"),
        "duplicate id": ('["lanes", "fuel"]', '["lanes", "fuel", "lanes"]', "duplicate-id"),
        "cyclic equation": ('model = "model.mdl"', 'model = "case.toml"', "unknown-format"),
        "unknown source": ('source = "council2018"', 'source = "council2081"', "unknown-source"),
        "NaN": ("value = 1\n", "value = nan\n", "bad-number"),
    },
    "model.mdl": {
        "missing": (MISSING, "", "missing-file"),
        "empty": (EMPTY, "", "empty-model"),
        "wrong type": ("riding time = 5", 'riding time = "five"', "unknown-name"),
        "unknown name": ("daily riders / riding time", "daily riders / ridding time", "unknown-name"),
        "bad date": ("INITIAL TIME = 0", "INITIAL TIME = 2015-01-01*Time", "bad-calendar"),
        "bad unit": ("FINAL TIME = 10", "FINAL TIME = 9", "bad-calendar"),
        "duplicate id": (
            "lane effect = 0",
            "lane effect = 0\n\t~\tDmnl\t~\t|\nlane effect = 1",
            "duplicate-name",
        ),
        "cyclic equation": ("recruitment rate = 0.22", "recruitment rate = new riders", "cycle"),
        "unknown source": ("recruitment rate = 0.22", "recruitment rate = = 1", "syntax-error"),
        "NaN": ("recruitment rate = 0.22", "recruitment rate = NaN", "unknown-name"),
    },
    "accounts/common.toml": {
        "missing": (MISSING, "", None),
        "empty": (EMPTY, "", None),
        "wrong type": (
            '[assume."fuel price growth"]\nprior = "normal(0.05, 0.01)"',
            "[assume]\nx = 3",
            "wrong-type",
        ),
        "unknown name": ('[assume."recruitment rate"]', '[assume."recruitment"]', "unknown-name"),
        "bad date": ('prior = "normal(0.05, 0.01)"', "prior = 2022-02-02", "wrong-type"),
        "bad unit": ('prior = "normal(0.05, 0.01)"', 'prior = "normal(0.05 km, 0.01)"', "bad-prior"),
        "duplicate id": ('[assume."fuel price growth"]', '[assume."Recruitment_Rate"]', "duplicate-id"),
        "cyclic equation": ('[assume."fuel price growth"]', '[assume."new riders"]', "not-a-constant"),
        "unknown source": (
            '[assume."initial daily riders"]',
            'source = "x"\n[assume."initial daily riders"]',
            "unknown-source",
        ),
        "NaN": ('prior = "normal(0.05, 0.01)"', "prior = nan", "bad-number"),
    },
    "accounts/lanes.toml": {
        "missing": (MISSING, "", "missing-file"),
        "empty": (EMPTY, "", "missing-key"),
        "wrong type": ('name = "Lanes bring riders"', "name = 1", "wrong-type"),
        "unknown name": ('[assume."lane effect"]', '[assume."lanes effect"]', "unknown-name"),
        "bad date": ("authored = 2017-06-01", "authored = 2017-06-31", "bad-toml"),
        "bad unit": ('"lognormal(p5=0.2, p95=1)"', '"lognormal(p5=0.2 km)"', "bad-prior"),
        "duplicate id": (
            '[assume."lane effect"]',
            '[switch]\nlane_effect = true\n[assume."lane effect"]',
            "duplicate-id",
        ),
        "cyclic equation": ('[assume."lane effect"]', '[assume."lanes built"]', "not-a-constant"),
        "unknown source": ('source = "riders2017"', 'source = "riders2071"', "unknown-source"),
        "NaN": ('"lognormal(p5=0.2, p95=1)"', '"lognormal(p5=NaN, p95=1)"', "bad-prior"),
    },
    "measures.toml": {
        "missing": (MISSING, "", "missing-file"),
        "empty": (EMPTY, "", None),
        "wrong type": ('unit = "person"', "unit = 3", "wrong-type"),
        "unknown name": ('expression = "daily riders"', 'expression = "daily rider"', "unknown-name"),
        "bad date": ("bias = 1,", "bias = 2022-02-02,", "wrong-type"),
        "bad unit": ('unit = "person"', 'unit = "person/"', "bad-unit"),
        "duplicate id": ("label =", 'unit = "km"\nlabel =', "bad-toml"),
        "cyclic equation": ('copies = "City counters"', 'copies = "Town newspaper"', "copies-in-circle"),
        "unknown source": ('copies = "City counters"', 'copies = "City council"', "unknown-reporter"),
        "NaN": ("noise = 0.15", "noise = nan", "bad-number"),
    },
    "observations.csv": {
        "missing": (MISSING, "", "missing-file"),
        "empty": (EMPTY, "", "no-header"),
        "wrong type": (",5260,", ",many,", "bad-number"),
        "unknown name": ("5260,,,persons,City counters", "5260,,,persons,City", "unknown-reporter"),
        "bad date": ("2020-10-01", "2020-10-32", "bad-date"),
        "bad unit": ("5260,,,persons", "5260,,,km", "bad-unit"),
        "duplicate id": ("2017-06-15,2018-02-01", "2017-06-15,2017-10-01", "duplicate-row"),
        "cyclic equation": ("2020-06-15", "2025-06-15", "date-outside"),
        "unknown source": (
            "4470,,,persons,City counters,council2018",
            "4470,,,persons,City counters,x",
            "unknown-source",
        ),
        "NaN": (",5260,", ",NaN,", "bad-number"),
    },
    "claims.toml": {
        "missing": (MISSING, "", "missing-file"),
        "empty": (EMPTY, "", None),
        "wrong type": ('id = "shops"', "id = 7", "wrong-type"),
        "unknown name": ("(daily riders < 5000)", "(daily rider < 5000)", "unknown-name"),
        "bad date": ("deadline = 2019-12-31", 'deadline = "2019"', "bad-date"),
        "bad unit": ("always[2017-09-01, 2019-12-31]", "always[2017-09-01, 3 fortnights]", "bad-interval"),
        "duplicate id": ('id = "never-five-thousand"', 'id = "six-thousand"', "duplicate-claim"),
        "cyclic equation": ('do("lane programme" = 0)', 'do("lane program" = 0)', "unknown-name"),
        "unknown source": (
            "deadline = 2019-12-31",
            'deadline = 2019-12-31\noutcome = { value = true, source = "x", date = 2020-01-01 }',
            "unknown-source",
        ),
        "NaN": ("(daily riders < 5000)", "(daily riders < NaN)", "unknown-name"),
    },
    "sources.bib": {
        "missing": (MISSING, "", "missing-file"),
        "empty": (EMPTY, "", None),
        "wrong type": ("@misc{motor2017,", "@misc motor2017,", "bad-bibtex"),
        "unknown name": ("@misc{motor2017,", "@misc{motor2071,", None),
        "bad date": ("@misc{motor2017,", "@misc{motor 2017,", "bad-bibtex"),
        "bad unit": ("year = {2024},", "year = {2024,", "bad-bibtex"),
        "duplicate id": ("@misc{motor2017,", "@misc{riders2017,", "duplicate-id"),
        "cyclic equation": ("year = {2024},", "year = ,", "bad-bibtex"),
        "unknown source": ("year = {2024},", "year {2024},", "bad-bibtex"),
        "NaN": ("year = {2024},", "year = NaN,", None),
    },
    "network.geojson": {
        "missing": (MISSING, "", None),
        "empty": (EMPTY, "", "bad-json"),
        "wrong type": ('"capacity": 7', '"capacity": "7"', "wrong-type"),
        "unknown name": ('"to": "b"', '"to": "bb"', "unknown-name"),
        "bad date": ('"coordinates": [1, 2]}', '"coordinates": ["2022-01-01", 2]}', "wrong-type"),
        "bad unit": ('"supply": 10', '"supply": -10', "bad-value"),
        "duplicate id": ('"id": "b"', '"id": "a"', "duplicate-id"),
        "cyclic equation": ('"to": "b"', '"to": "a"', "bad-value"),
        "unknown source": ('"from": "a"', '"source": "a"', "missing-key"),
        "NaN": ('"capacity": 7', '"capacity": NaN', "bad-json"),
    },
}
CASES = [
    pytest.param(file, *row, id=f"{file}-{name}")
    for file, rows in BREAKAGES.items()
    for name, row in rows.items()
]


def problems(folder: Path) -> tuple[list[Diagnostic], int]:
    """Every error of a case and the exit code, whether found on loading or waiting for its day."""
    try:
        case: Case = load_case(folder)
    except InputError as problem:
        return list(problem.diagnostics), problem.exit_code
    found = [item for _, item in case.late_findings if item.severity == "error"]
    return found, 1 if found else 0


@pytest.mark.parametrize(("file", "old", "new", "code"), CASES)
def test_a_broken_file_is_a_diagnostic_with_its_place(
    folder: Path, file: str, old: str, new: str, code: str | None
) -> None:
    path = folder / file
    (folder / "network.geojson").write_text(NETWORK, encoding="utf-8")
    if old == MISSING:
        path.unlink()
    elif old == EMPTY:
        path.write_text("", encoding="utf-8")
    else:
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")
    found, exit_code = problems(folder)
    if code is None:
        assert all(item.span.source.name != f"town/{file}" for item in found)
        return
    here = [item for item in found if item.span.source.name == f"town/{file}"]
    elsewhere = [item for item in found if item.code == code]
    assert code in [item.code for item in here or elsewhere], "\n".join(item.render() for item in found)
    assert exit_code == (3 if code == "missing-file" else 1)
    for item in found:
        assert re.match(r"town/\S+:\d+:\d+: (error|warning)\[[a-z-]+\]: \S", item.render())


@pytest.mark.parametrize("file", BREAKAGES)
@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"\x00", b"ok\xc3", b"\x80abc" * 50], ids=["utf-16", "zero", "cut", "latin"]
)
def test_a_file_that_is_no_text_is_told(folder: Path, file: str, content: bytes) -> None:
    (folder / file).write_bytes(content)
    found, exit_code = problems(folder)
    assert found
    assert exit_code in (1, 3)


@pytest.mark.parametrize("file", BREAKAGES)
def test_a_file_that_is_a_folder_is_told(folder: Path, file: str) -> None:
    (folder / file).unlink(missing_ok=True)
    (folder / file).mkdir()
    found, exit_code = problems(folder)
    assert exit_code == 3
    assert "is a folder, not a file" in found[0].message


@pytest.mark.parametrize("file", BREAKAGES)
def test_a_link_out_of_the_folder_is_refused(folder: Path, file: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("[case]\n", encoding="utf-8")
    (folder / file).unlink(missing_ok=True)
    (folder / file).symlink_to(outside)
    found, _ = problems(folder)
    assert "outside-folder" in [item.code for item in found]


@pytest.mark.parametrize(
    "name", ["../model.mdl", "/etc/passwd", "..\\model.mdl", "a/../../model.mdl", "", "C:/model.mdl", "a\0b"]
)
def test_a_model_outside_the_folder_is_refused(folder: Path, name: str) -> None:
    path = folder / "case.toml"
    text = path.read_text(encoding="utf-8")
    written = name.replace("\\", "\\\\").replace("\0", "\\u0000")
    path.write_text(text.replace('model = "model.mdl"', f'model = "{written}"'), encoding="utf-8")
    found, _ = problems(folder)
    assert [item.code for item in found][:1] == ["outside-folder"]
    assert found[0].span.line == 7


def test_a_file_beyond_all_bounds_is_refused_unread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("realities.case.files", fromlist=["x"]).MOST_BYTES, ".csv", 100)
    with pytest.raises(UnreadableError, match="at most 100 are read"):
        load_case(folder)


def test_all_problems_are_told_together(folder: Path) -> None:
    (folder / "claims.toml").write_text("[[claim]]\nid = 3\n", encoding="utf-8")
    (folder / "sources.bib").write_text("@misc{", encoding="utf-8")
    (folder / "measures.toml").unlink()
    found, exit_code = problems(folder)
    assert {item.span.source.name for item in found} >= {
        "town/claims.toml",
        "town/sources.bib",
        "town/measures.toml",
    }
    assert exit_code == 3


WORDS = [
    '"',
    "'",
    "[",
    "]",
    "{",
    "=",
    ",",
    "#",
    "nan",
    "1e999",
    "-1",
    "[[x]]",
    "\\",
    "\t",
    "é",
    "(",
    "@",
    "|",
    "9" * 400,
]


@pytest.mark.parametrize("file", [name for name in BREAKAGES if name != "model.mdl"])
def test_whatever_is_scribbled_into_a_file_is_told_or_read(folder: Path, file: str) -> None:
    (folder / "network.geojson").write_text(NETWORK, encoding="utf-8")
    path = folder / file
    text, rng = path.read_text(encoding="utf-8"), random.Random(file)
    for _ in range(8):
        at = rng.randrange(len(text))
        path.write_text(text[:at] + rng.choice(WORDS) + text[at + rng.choice([0, 1, 9]) :], encoding="utf-8")
        found, exit_code = problems(folder)
        assert bool(found) == (exit_code > 0)
        assert all(item.render().startswith("town/") for item in found)
