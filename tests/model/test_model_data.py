"""Series that a user gives for data variables: every kind of file, and names that match or do not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from realities.engine.reference import simulate
from realities.errors import Findings, InputError, UnreadableError
from realities.model.load import build_model
from realities.model.tables.data import listed, read_data, split_data
from realities.source import SourceText

CONTROL = "INITIAL TIME = 0 ~~| FINAL TIME = 4 ~~| TIME STEP = 1 ~~| SAVEPER = 1 ~~|"
MODEL = f"D: a, b ~~| x[D] ~~| y = 2 ~~| {CONTROL}"


def test_a_list_that_vensim_exports_is_read(tmp_path: Path) -> None:
    path = tmp_path / "run.dat"
    path.write_text("x[a]\n0\t0\n2\t4\n4\t8\n\nX[ B ]\n4 1\n0 1e1\n2\t:NA:\ny\n0\t-6.49037e+32\n")
    run = simulate(build_model(SourceText("m.mdl", MODEL), data=[path]))
    assert run["x[a]"][0].tolist() == [0, 2, 4, 6, 8]
    assert run["x[b]"][0].tolist() == [10, 7.75, 5.5, 3.25, 1]


def test_a_list_that_begins_with_numbers_is_pointed_at(tmp_path: Path) -> None:
    (tmp_path / "run.dat").write_text("0\t0\n")
    found = Findings()
    read_data([tmp_path / "run.dat"], found)
    assert [(one.code, one.span.line) for one in found.errors] == [("bad-table", 1)]


def test_an_old_workbook_is_a_table_of_series(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parent / "fares.xls", tmp_path / "data.xls")
    run = simulate(build_model(SourceText("m.mdl", MODEL), data=[tmp_path / "data.xls"]))
    # 1.5, 2.5 and 0.07 at 0, 2 and 4; -1 and 7 at 0 and 4.
    assert run["x[a]"][0].tolist() == [1.5, 2, 2.5, 1.285, 0.07]
    assert run["x[b]"][0].tolist() == [-1, 1, 3, 5, 7]
    (tmp_path / "bad.xls").write_bytes(b"no workbook")
    with pytest.raises(UnreadableError, match="is not a spreadsheet"):
        read_data([tmp_path / "bad.xls"], Findings())


def test_a_column_that_names_nothing_is_a_warning_and_one_that_names_another_variable_is_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "data.tab").write_text("Time\tx[a]\tX[ b ]\ty\tz\tx[c]\n0\t1\t2\t3\t4\t5\n")
    found = Findings()
    build_model(SourceText("m.mdl", MODEL), data=[tmp_path / "data.tab"], findings=found)
    assert [one.code for one in found.warnings] == ["unknown-column"]
    assert found.warnings[0].message == 'these columns name no variable of this model: "z" and "x[c]"'


def test_a_misspelt_column_is_told_beside_the_data_that_are_missing(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("Time,obsrved price\n0,1\n")
    times = "".join(f"{name} TIME = 0 ~~|\n" for name in ("INITIAL", "FINAL")) + "TIME STEP = 1 ~~|\n"
    text = f"observed price := GET DIRECT DATA('prices.csv', ',', 'A', 'B2') ~~|\n{times}SAVEPER = 1 ~~|\n"
    with pytest.raises(InputError) as caught:
        build_model(SourceText(str(tmp_path / "m.mdl"), text), data=[tmp_path / "data.csv"])
    stranger, missing = caught.value.diagnostics
    assert (stranger.code, stranger.severity) == ("unknown-column", "warning")
    assert stranger.help[0] == 'did you mean "observed price"?'
    assert (missing.code, missing.help[0][:30]) == ("missing-file", "give values with --data FILE: ")


def test_elements_without_data_are_not_available_and_told(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text('Time,"x[a]"\n0,1\n')
    found = Findings()
    model = build_model(SourceText("m.mdl", MODEL), data=[tmp_path / "data.csv"], findings=found)
    assert simulate(model)["x[b]"][0].tolist() == [-(2.0**109)] * 5
    assert [(one.code, '"x[b]"' in one.message) for one in found.warnings] == [("missing-data", True)]


def test_every_data_variable_without_data_is_an_error_at_its_place() -> None:
    with pytest.raises(InputError) as caught:
        build_model(SourceText("m.mdl", f"z ~~| {MODEL}"))
    assert [(one.code, one.span.text) for one in caught.value.diagnostics] == [
        ("missing-data", "z"),
        ("missing-data", "x"),
    ]


def test_one_warning_lists_all_that_want_data() -> None:
    found = Findings()
    text = " ".join(f"v{i} ~~|" for i in range(40))
    model = build_model(SourceText("m.mdl", f"{text} {MODEL}"), without_data=True, findings=found)
    assert [one.code for one in found.warnings] == ["missing-data"]
    assert '"v4" and 36 others want data' in found.warnings[0].message
    assert simulate(model)["v7"][0].tolist() == [-(2.0**109)] * 5


def test_a_file_for_a_name_with_a_question_mark_is_told_from_a_file_with_series(tmp_path: Path) -> None:
    assert split_data(["a.csv", "?b=c=d.csv", Path("?e=/f.xls"), "?g"]) == (
        [Path("a.csv"), Path("?g")],
        {"?b": Path("c=d.csv"), "?e": Path("/f.xls")},
    )


@pytest.mark.parametrize("suffix", ["vdf", "VDFX"])
def test_a_binary_run_is_refused_with_what_to_do(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"run.{suffix}").write_bytes(b"\x7f\xf7\x17\x52")
    with pytest.raises(InputError, match="export it from Vensim") as caught:
        read_data([tmp_path / f"run.{suffix}"], Findings())
    assert caught.value.diagnostics[0].code == "unknown-format"


def test_a_far_away_cell_does_not_fill_memory(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in range(1, 1000):
        book.active.cell(row, 16_384, 1.0)
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(UnreadableError, match="too many cells"):
        read_data([tmp_path / "far.xlsx"], Findings())


def test_names_are_listed_in_one_sentence() -> None:
    assert listed(["a"]) == '"a"'
    assert listed(["a", "b"]) == '"a" and "b"'
    assert listed(["a", "b", "c"]) == '"a", "b" and "c"'
    assert listed(list("abcdefg")) == '"a", "b", "c", "d", "e" and 2 others'
