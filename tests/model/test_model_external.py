"""What a model reads from spreadsheets and text: which cells, in what order, and what is refused.

`fares.xls` was written by xlwt: Series A1:C4, Fares A1:E4 and Second C5. Other spreadsheets are made here.
"""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName

from realities.engine.reference import simulate
from realities.errors import Findings, InputError
from realities.ir.builtins import NOT_AVAILABLE
from realities.model.load import build_model, read_file
from realities.model.tables.external import wanted
from realities.model.tables.library import open_library
from realities.model.tables.sheets import Allowance, TableError, as_number
from realities.model.tables.spreadsheet import open_book
from realities.source import SourceText
from realities.trajectories import Trajectories

CONTROL = "INITIAL TIME = 0 ~~| FINAL TIME = 4 ~~| TIME STEP = 1 ~~| SAVEPER = 1 ~~|"
#: Times in row 1 and column A; two series each way; a two-dimensional table behind them.
CELLS = [
    ["t", 0, 2, 4, None, "a", "b"],
    [0, 1, 3, 5, None, 11, 12],
    [2, 10, None, 50, None, 21, 22],
    [4, 100, 300, 500, None, 31, 32],
]
NA = NOT_AVAILABLE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the same cells as `.xlsx`, `.csv` and `.tab`."""
    book = Workbook()
    book.active.title = "Cells"
    for row in CELLS:
        book.active.append(row)
    for name, cells in {
        "times": "Cells!$B$1:$D$1",
        "years": "'Cells'!$A$2:$A$4",
        "first": "Cells!$B$2:$D$2",
    }.items():
        book.defined_names[name] = DefinedName(name, attr_text=cells)
    other = book.create_sheet("Other's")
    other["C3"] = 7
    other.defined_names["first"] = DefinedName("first", attr_text="'Other''s'!$C$3")
    book.save(tmp_path / "cells.xlsx")
    for suffix, delimiter in (("csv", ","), ("tab", "\t"), ("txt", ";")):
        lines = (delimiter.join("" if cell is None else str(cell) for cell in row) for row in CELLS)
        (tmp_path / f"cells.{suffix}").write_text("\n".join(lines))
    return tmp_path


def run(folder: Path, text: str, **options: object) -> Trajectories:
    source = SourceText(str(folder / "m.mdl"), f"{text} {CONTROL}")
    return simulate(build_model(source, **options))  # type: ignore[arg-type]


def codes(folder: Path, text: str, **options: object) -> list[str]:
    """Return the codes of all errors."""
    with pytest.raises(InputError) as caught:
        run(folder, text, **options)
    assert all(one.span.source.name.endswith("m.mdl") for one in caught.value.diagnostics)
    return [one.code for one in caught.value.diagnostics if one.severity == "error"]


FILES = ["'cells.xlsx','Cells'", "'cells.csv',','", "'cells.csv',''", "'cells.tab',''", "'cells.txt',';'"]


# -- which cells ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("function", ["XLS", "DIRECT"])
def test_constants_are_read_to_the_right_and_then_down(folder: Path, file: str, function: str) -> None:
    got = run(
        folder,
        f"R: p, q, s ~~| C: x, y ~~| one = GET {function} CONSTANTS({file},'B2') ~~|"
        f"across[R] = GET {function} CONSTANTS({file},'b2') ~~|"
        f"down[R] = GET {function} CONSTANTS({file},'F2*') ~~|"
        f"both[R,C] = GET {function} CONSTANTS({file},'F2') ~~|"
        f"turned[C,R] = GET {function} CONSTANTS({file},'F2*') ~~|"
        f"mixed[R,x] = GET {function} CONSTANTS({file},'F2*') ~~| mixed[R,y] = 0 ~~|",
    )
    assert got["one"][0, 0] == 1
    assert [got[f"across[{e}]"][0, 0] for e in "pqs"] == [1, 3, 5]
    assert [got[f"down[{e}]"][0, 0] for e in "pqs"] == [11, 21, 31]
    assert [[got[f"both[{e},{f}]"][0, 0] for f in "xy"] for e in "pqs"] == [[11, 12], [21, 22], [31, 32]]
    assert [[got[f"turned[{f},{e}]"][0, 0] for f in "xy"] for e in "pqs"] == [[11, 12], [21, 22], [31, 32]]
    assert [got[f"mixed[{e},x]"][0, 0] for e in "pqs"] == [11, 21, 31]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("function", ["XLS", "DIRECT"])
def test_series_run_along_a_row_or_a_column_of_times(folder: Path, file: str, function: str) -> None:
    got = run(
        folder,
        f"R: p, q ~~| row := GET {function} DATA({file},'1','B2') ~~|"
        f"column := GET {function} DATA({file},'A','B2') ~~|"
        f"rows[R]:HOLD BACKWARD: := GET {function} DATA({file},'1','B3') ~~|"
        f"columns[R]:LOOK FORWARD: = GET {function} DATA({file},'a','c2') ~~|"
        f"table[R] = GET {function} LOOKUPS({file},'1','B3') ~~| read = table[p](3) ~~|"
        f"old(GET {function} LOOKUPS({file},'A','B2')) ~~| oldest = old(1) ~~|",
    )
    assert got["row"][0].tolist() == [1, 2, 3, 4, 5]
    assert got["column"][0].tolist() == [1, 5.5, 10, 55, 100]
    # The blank cell at time 2 is left out.
    assert got["rows[p]"][0].tolist() == [10, 10, 10, 10, 50]
    assert got["rows[q]"][0].tolist() == [100, 100, 300, 300, 500]
    assert got["columns[p]"][0].tolist() == [3, 300, 300, 300, 300]
    assert got["columns[q]"][0].tolist() == [5, 50, 50, 500, 500]
    # 10 at 0, 50 at 4: 40 at 3.
    assert got["read"][0, 0] == 40
    assert got["oldest"][0, 0] == 5.5


def test_named_ranges_stand_for_cells_rows_and_columns(folder: Path) -> None:
    got = run(
        folder,
        "row := GET DIRECT DATA('cells.xlsx','Cells','times','first') ~~|"
        "column := GET DIRECT DATA('cells.xlsx','Cells','years','first') ~~|"
        "here = GET XLS CONSTANTS('cells.xlsx','cells','FIRST') ~~|"
        "there = GET XLS CONSTANTS('cells.xlsx','2','C3') ~~|"
        "own = GET XLS CONSTANTS('cells.xlsx','2','first') ~~|",
    )
    assert got["row"][0].tolist() == [1, 2, 3, 4, 5]
    assert got["column"][0].tolist() == [1, 5.5, 10, 55, 100]
    assert (got["here"][0, 0], got["there"][0, 0], got["own"][0, 0]) == (1, 7, 7)


def test_an_old_workbook_is_read_too(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parent / "fares.xls", tmp_path)
    got = run(
        tmp_path,
        "E: GET XLS SUBSCRIPT('fares.xls','Fares','A2','A3','') ~~| Y: y1, y2, y3, y4 ~~|"
        "north[Y] = GET XLS CONSTANTS('fares.xls','Fares','B2') ~~|"
        "south := GET XLS DATA('fares.xls','2','1','B3') ~~|"
        "far[E] = GET XLS CONSTANTS('fares.xls','Fares','E2*') ~~|"
        "seven = GET DIRECT CONSTANTS('fares.xls','Second','C5') ~~|".replace("", ""),
    )
    assert [got[f"north[y{i}]"][0, 0] for i in (1, 2, 3, 4)] == [1.5, -2, 3.25, 4e10]
    assert (got["far[north]"][0, 0], got["far[süd € 漢]"][0, 0]) == (4e10, 0.07)
    assert got["seven"][0, 0] == 7
    # Times from 2000 on: before, the first value holds.
    assert got["south"][0].tolist() == [10] * 5


def test_elements_of_a_dimension_are_read_across_and_then_down(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text("a,,b c\nd,1,\n,2.5,e\n")
    for last, names in {
        "'C2'": ["a", "b c", "d", "1"],
        "'A'": ["a", "d"],
        "'1'": ["a", "b c"],
        "''": ["a", "b c", "d", "1", "2.5", "e"],
    }.items():
        text = f"D: GET DIRECT SUBSCRIPT('names.csv',',','A1',{last},'N') -> E ~~|"
        text += f"E: {','.join(f'e{i}' for i in range(len(names)))} ~~| x[D] = 1 ~~|"
        got = run(tmp_path, text)
        assert [name for name in got.values if name.startswith("x[")] == [f"x[N{name}]" for name in names]


def test_get_xls_steps_over_a_gap_in_the_times_and_get_direct_ends_there(tmp_path: Path) -> None:
    (tmp_path / "gap.csv").write_text("t,0,1,no,3,4\nv,10,11,12,13,14\n")
    found = Findings()
    got = run(
        tmp_path,
        "a := GET XLS DATA('gap.csv',',','1','B2') ~~| b := GET DIRECT DATA('gap.csv',',','1','B2') ~~|",
        findings=found,
    )
    assert got["a"][0].tolist() == [10, 11, 12, 13, 14]
    assert got["b"][0].tolist() == [10, 11, 11, 11, 11]
    assert [one.code for one in found.warnings] == ["gap-in-times"]


def test_times_that_do_not_begin_with_a_number_are_an_error_and_no_gap(tmp_path: Path) -> None:
    (tmp_path / "head.csv").write_text("Year,v\n0,10\n1,11\n")
    assert codes(tmp_path, "a := GET DIRECT DATA('head.csv',',','A','B1') ~~|") == ["bad-table"]
    text = "a := GET XLS DATA('head.csv',',','A','B1') ~~|"
    assert run(tmp_path, text)["a"][0].tolist() == [10, 11, 11, 11, 11]


def test_not_available_is_a_constant_and_no_point_of_a_series(tmp_path: Path) -> None:
    (tmp_path / "na.csv").write_text("t,0,2,4\nv,1,:NA:,3\n")
    got = run(
        tmp_path,
        "c = GET DIRECT CONSTANTS('na.csv',',','C2') ~~| d := GET DIRECT DATA('na.csv',',','1','B2') ~~|",
    )
    assert got["c"][0, 0] == NA
    assert got["d"][0].tolist() == [1, 1.5, 2, 2.5, 3]


def test_a_constant_from_a_file_is_a_constant_like_any_other(folder: Path) -> None:
    text = f"k = GET XLS CONSTANTS('cells.csv',',','C2') ~~| d = DELAY N(1, 0, 1, k) ~~| {CONTROL}"
    model = build_model(SourceText(str(folder / "m.mdl"), text))
    assert "k" in {one.name for one in model.constants}


# -- which file -------------------------------------------------------------------------------------------


def test_a_name_with_a_question_mark_is_a_file_by_the_settings_or_the_user(
    folder: Path, tmp_path: Path
) -> None:
    text = "x = GET XLS CONSTANTS('?my data',',','B2') ~~|"
    sketch = "\n\\\\\\---/// Sketch\n///---\\\\\\\n:L<%^E!@\n"
    (folder / "sub").mkdir()
    (folder / "sub" / "given.csv").write_text("\n,8\n")
    source = SourceText(str(folder / "m.mdl"), f"{text} {CONTROL}{sketch}30:?my data=cells.csv\n")
    assert simulate(build_model(source))["x"][0, 0] == 1
    given = [f"?My Data={folder / 'sub' / 'given.csv'}"]
    assert simulate(build_model(source, data=given))["x"][0, 0] == 8
    assert run(folder, text, data=given)["x"][0, 0] == 8
    assert codes(folder, text) == ["missing-file"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../cells.csv", "outside-folder"),
        ("sub/../../cells.csv", "outside-folder"),
        ("..\\cells.csv", "outside-folder"),
        ("/etc/passwd", "outside-folder"),
        ("C:\\cells.csv", "outside-folder"),
        ("link.csv", "outside-folder"),
        ("sub/link/cells.csv", "outside-folder"),
        ("", "outside-folder"),
        ("none.csv", "missing-file"),
        ("sub", "missing-file"),
        ("cells.csv/x", "missing-file"),
        ("x" * 5000, "missing-file"),
    ],
)
def test_no_file_outside_the_folder_of_the_model_is_opened(tmp_path: Path, name: str, code: str) -> None:
    inside = tmp_path / "model"
    (inside / "sub").mkdir(parents=True)
    (tmp_path / "cells.csv").write_text("1,2\n3,4\n")
    (inside / "link.csv").symlink_to(tmp_path / "cells.csv")
    (inside / "sub" / "link").symlink_to(tmp_path)
    (inside / "cells.csv").write_text("1\n")
    assert codes(inside, f"x = GET DIRECT CONSTANTS('{name}',',','A1') ~~|") == [code]


def test_capitals_in_the_name_of_a_file_do_not_matter(folder: Path) -> None:
    assert run(folder, "x = GET XLS CONSTANTS('CELLS.CSV',',','B2') ~~|")["x"][0, 0] == 1


def test_a_model_opens_without_its_files_and_says_what_it_misses(tmp_path: Path) -> None:
    found = Findings()
    text = (
        "AB: a, b ~~| c[AB] = GET XLS CONSTANTS('none.xls','1','B2') ~~|"
        "t = GET XLS LOOKUPS('?none','1','1','B2') ~~|"
        "d[AB] := GET XLS DATA('none.xls','1','1','B2') ~~| e ~~| s = c[a] + d[b] + t(1) + e ~~|"
    )
    got = run(tmp_path, text, without_data=True, findings=found)
    assert [got[name][0, 0] for name in ("c[a]", "c[b]", "d[a]", "e")] == [NA] * 4
    assert [one.code for one in found.warnings] == ["missing-data"]
    assert '"c", "t", "d" and "e"' in found.warnings[0].message
    assert codes(tmp_path, text) == ["missing-file"] * 3
    rest = Findings()
    file = read_file(SourceText(str(tmp_path / "m.mdl"), f"{text} {CONTROL}"), rest)
    rows = wanted(file, open_library(file.source, {}))
    assert [(one.variable, one.function, one.is_there) for one in rows] == [
        ("c", "GET XLS CONSTANTS", False),
        ("t", "GET XLS LOOKUPS", False),
        ("d", "GET XLS DATA", False),
        ("e", "", False),
    ]
    assert rows[2].arguments == {
        "file": "none.xls",
        "tab": "1",
        "time row or column": "1",
        "first cell": "B2",
    }


def test_data_the_user_gives_take_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("time,d\n0,5\n4,9\n")
    text = "d := GET XLS DATA('none.xls','1','1','B2') ~~|"
    assert run(tmp_path, text, data=[tmp_path / "mine.csv"])["d"][0].tolist() == [5, 6, 7, 8, 9]


# -- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "code"),
    [
        ("= GET XLS CONSTANTS('cells.xlsx','Nowhere','B2')", "bad-table"),
        ("= GET XLS CONSTANTS('cells.xlsx','Cells','B0')", "bad-table"),
        ("= GET XLS CONSTANTS('cells.xlsx','Cells','nothing')", "bad-table"),
        ("= GET XLS CONSTANTS('cells.xlsx','Cells','A1')", "bad-number"),
        ("= GET XLS CONSTANTS('cells.xlsx','Cells','E1')", "bad-number"),
        ("= GET XLS CONSTANTS('cells.csv','ab','B2')", "bad-table"),
        ("= GET XLS CONSTANTS('broken.xlsx','1','B2')", "bad-table"),
        ("= GET XLS CONSTANTS('broken.xls','1','B2')", "bad-table"),
        ("= GET XLS CONSTANTS('cells.csv',',')", "wrong-arguments"),
        ("= GET XLS CONSTANTS('cells.csv',',',B2)", "wrong-arguments"),
        ("= 2 * GET XLS CONSTANTS('cells.csv',',','B2')", "wrong-arguments"),
        ("= GET XLS SUBSCRIPT('cells.csv',',','B2','B3','')", "wrong-arguments"),
        (":= GET XLS DATA('cells.csv',',','1','B2*')", "wrong-arguments"),
        (":= GET XLS DATA('cells.csv',',','1','H2')", "bad-table"),
        (":= GET XLS DATA('cells.csv',',','1','B9')", "bad-table"),
        (":= GET XLS DATA('cells.csv',',','never','B2')", "bad-table"),
        (":= GET XLS DATA('cells.xlsx','Cells','0','B2')", "bad-table"),
        ("= GET ODBC CONSTANTS('a','b','c')", "unsupported-function"),
        (":= GET VDF DATA('a.vdf','b',0,1)", "unsupported-function"),
    ],
)
def test_a_call_that_cannot_be_answered_is_one_diagnostic_at_its_place(
    folder: Path, right: str, code: str
) -> None:
    (folder / "broken.xlsx").write_bytes((folder / "cells.xlsx").read_bytes()[:3000])
    (folder / "broken.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000))
    assert codes(folder, f"x {right} ~~|") == [code]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("D: GET XLS SUBSCRIPT('cells.csv',',','H9','','') ~~|", "bad-table"),
        ("D: GET XLS SUBSCRIPT('cells.csv',',','A1','?','') ~~|", "bad-table"),
        ("D: GET XLS CONSTANTS('cells.csv',',','A1') ~~|", "wrong-arguments"),
        ("D: a, GET XLS SUBSCRIPT('cells.csv',',','A1','A3','') ~~|", "wrong-arguments"),
        ("D: GET 123 SUBSCRIPT('cells.csv',',','A1','A3','') ~~|", "unsupported-function"),
    ],
)
def test_a_dimension_that_cannot_be_read_is_one_diagnostic(folder: Path, text: str, code: str) -> None:
    assert codes(folder, f"{text} x = 1 ~~|") == [code]


def test_three_ranges_of_constants_do_not_fit_a_table(folder: Path) -> None:
    text = "A: a1, a2 ~~| B: b1, b2 ~~| C: c1, c2 ~~| x[A,B,C] = GET XLS CONSTANTS('cells.csv',',','B2') ~~|"
    assert codes(folder, text) == ["wrong-subscripts"]


# -- files from anywhere ----------------------------------------------------------------------------------

_PARTS = {
    "_rels/.rels": '<Relationships><Relationship Id="r1" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns:r="r"><sheets><sheet name="S" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<R><Relationship Id="r1" Target="worksheets/s.xml"/></R>',
}


def workbook(path: Path, sheet: str, **parts: str) -> Path:
    """Write a workbook with one sheet of XML as given."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**_PARTS, "xl/worksheets/s.xml": sheet, **parts}.items():
            archive.writestr(name, text)
    path.write_bytes(content.getvalue())
    return path


def test_cells_of_every_type_are_read(tmp_path: Path) -> None:
    rows = (
        '<row r="2"><c r="B2"><v>1.5</v></c><c><v>2</v></c><c t="s"><v>1</v></c>'
        '<c t="inlineStr"><is><t>x</t></is></c><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c>'
        '<c t="str"><f>A1</f><v>3</v></c><c s="1"/></row><row><c><v>9</v></c></row>'
    )
    shared = "<sst><si><t>zero</t></si><si><r><t>o</t></r><r><t>ne</t></r><rPh><t>no</t></rPh></si></sst>"
    path = workbook(tmp_path / "a.xlsx", f"<w><d>{rows}</d></w>", **{"xl/sharedStrings.xml": shared})
    sheet = open_book(path, Allowance()).first()
    assert sheet.rows == {2: {2: 1.5, 3: 2.0, 4: "one", 5: "x", 6: 1.0, 7: "#N/A", 8: "3"}, 3: {1: 9.0}}
    assert (sheet.number(2, 8), sheet.number(2, 7), sheet.number(9, 9)) == (3.0, None, None)


@pytest.mark.parametrize(
    ("sheet", "code"),
    [
        ("<w>" + "<row><c><v>1</v></c></row>" * 2000 + "</w>", "too-large"),
        ("<w>" + "<row>" * 200 + "</row>" * 200 + "</w>", "too-large"),
        ("<w><c><v>" + "1" * 2_000_000 + "</v></c></w>", "too-large"),
        ("<w " + " ".join(f'a{i}=""' for i in range(400_000)) + "/>", "too-large"),
        ('<!DOCTYPE w [<!ENTITY a "1">]><w><c><v>&a;</v></c></w>', "bad-table"),
        ("<w><c>", "bad-table"),
        ("", "bad-table"),
    ],
    ids=["cells", "depth", "text", "tag", "entities", "cut", "empty"],
)
def test_a_hostile_workbook_is_refused(tmp_path: Path, sheet: str, code: str) -> None:
    path = workbook(tmp_path / "a.xlsx", sheet)
    with pytest.raises(TableError) as caught:
        open_book(path, Allowance(cells=1000, unpacked=8_000_000)).first()
    assert caught.value.code == code


def test_what_unpacks_to_too_much_is_refused_while_it_is_unpacked(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", "<w>" + "<!-- -->" * 500_000 + "</w>")
    assert path.stat().st_size < 20_000
    with pytest.raises(TableError, match="unpacks to too much"):
        open_book(path, Allowance(unpacked=1_000_000)).first()


@pytest.mark.parametrize("step", [7, 97])
def test_a_damaged_workbook_brings_nothing_but_a_table_error(folder: Path, step: int) -> None:
    for good in (folder / "cells.xlsx", Path(__file__).parent / "fares.xls"):
        content = good.read_bytes()
        bad = folder / f"bad{good.suffix}"
        for at in range(step, len(content), max(step, len(content) // 60)):
            for damaged in (content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :], content[:at]):
                bad.write_bytes(damaged)
                try:
                    book = open_book(bad, Allowance())
                    book.first()
                    book.area("1", "times")
                except TableError as error:
                    assert error.code in ("bad-table", "too-large")


def test_a_text_of_too_many_cells_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("," * 2000)
    with pytest.raises(TableError, match="too many cells"):
        open_book(tmp_path / "a.csv", Allowance(cells=1000)).first()


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1", 1),
        (" -2.5e3 ", -2500),
        (".5", 0.5),
        ("5.", 5),
        ("1_000", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
    ],
)
def test_a_text_is_a_number_only_where_it_is_written_as_one(cell: str, number: float | None) -> None:
    assert as_number(cell) == number
