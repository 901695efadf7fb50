"""The command line's manners: help, exit codes, streams, imports."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from realities.cli import invoke
from realities.cli.terminal import paint
from realities.errors import Diagnostic
from realities.source import SourceText
from realities.version import __version__

COMMANDS = (
    "run",
    "weigh",
    "sensitivity",
    "check",
    "simulate",
    "bench",
    "convert",
    "report",
    "serve",
    "cases",
    "new",
)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["--help"]) == 0
    shown = capsys.readouterr().out
    for command in COMMANDS:
        assert f"  {command} " in shown


def test_help_cuts_no_sentence_and_fits_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert invoke(["--help"]) == 0
    lines = capsys.readouterr().out.partition("Commands:\n")[2].splitlines()
    assert len(lines) == len(COMMANDS)
    assert all(line.endswith(".") and not line.endswith("...") and len(line) <= 80 for line in lines)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke([command, "--help"]) == 0
    assert "Usage:" in capsys.readouterr().out


def test_the_version_is_told_and_is_the_one_the_installer_reads(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["--version"]) == 0
    assert capsys.readouterr().out == f"realities, version {__version__}\n"
    source = (Path(__file__).parents[2] / "src/realities/version.py").read_text(encoding="utf-8")
    assert re.findall(r'^__version__ = "(\d+\.\d+\.\d+(?:\.dev0)?)"$', source, re.M) == [__version__]


def test_the_command_line_imports_nothing_heavy_before_a_command_runs() -> None:
    code = (
        "import sys, realities.cli;"
        "print([m for m in ('numpy', 'scipy', 'xarray', 'lark', 'rich', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["frobnicate"], 2),
        (["run", "--no-such-option"], 2),
        (["run", "--as-of", "yesterday"], 2),
        (["run", "no-such-case"], 3),
        (["check", "no-such-model.mdl"], 3),
        (["simulate", "no-such-model.mdl"], 3),
        (["report", "no-such-case"], 3),
        (["new"], 2),
    ],
)
def test_a_wrong_command_line_is_2_and_a_missing_file_3(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(arguments) == code
    captured = capsys.readouterr()
    assert captured.out == "" or arguments[0] == "check"
    assert captured.err.strip()
    assert "Traceback" not in captured.err


def test_a_near_miss_of_a_case_name_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["run", "ukraine-2020"]) == 3
    assert 'did you mean "ukraine-2022"?' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("mine/claims.toml", "this is a file of a case: name its folder, mine"),
        ("lone.mdl", "a model alone, without a case, runs by: realities simulate lone.mdl"),
    ],
)
def test_a_file_where_a_case_was_asked_for_gets_a_hint(
    name: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke(["-q", "new", "mine"]) == 0
    Path("lone.mdl").write_bytes(Path("mine/model.mdl").read_bytes())
    assert invoke(["run", name]) == 3
    assert f"= {hint}" in capsys.readouterr().err


def test_a_case_where_a_model_was_asked_for_gets_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke(["-q", "new", "mine"]) == 0
    assert invoke(["simulate", "mine"]) == 3
    assert "= this is a case: realities run mine" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["sensitivity", "mine", "--out", "no/such/t.csv"], "no/such is not there"),
        (["sensitivity", "mine", "--out", "file/t.csv"], "file is a file, not a folder"),
        (["report", "mine", "--out", "."], "--out . is a folder; name a file"),
        (["report", "mine", "--out", "file/no/such.html"], "file is a file, not a folder"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_the_work(
    line: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    assert invoke(line) == 2  # though there is no case named so: nothing was read yet
    assert said in capsys.readouterr().err


def test_a_package_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import realities.case.folder

    def broken() -> None:
        raise ModuleNotFoundError("No module named 'zarr.core'", name="zarr.core")

    monkeypatch.setattr(realities.case.folder, "bundled_cases", broken)
    assert invoke(["cases"]) == 1
    assert capsys.readouterr().err == "error: the package zarr is not installed here: pip install zarr\n"


def test_our_own_mistake_is_one_line_and_a_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import realities.case.folder

    def broken() -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(realities.case.folder, "bundled_cases", broken)
    assert invoke(["cases"]) == 70
    error = capsys.readouterr().err
    assert error.startswith("internal error: ")
    assert "Traceback" not in error
    log = Path(error.split("Details are in ")[1].split(";")[0])
    assert "on purpose" in log.read_text(encoding="utf-8")
    log.unlink()


def test_ctrl_c_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import realities.case.folder

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(realities.case.folder, "bundled_cases", interrupted)
    assert invoke(["cases"]) == 130
    assert "Interrupted" in capsys.readouterr().err


def test_cases_lists_the_flagship(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["cases"]) == 0
    assert "ukraine-2022" in capsys.readouterr().out
    assert invoke(["cases", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["schema"] == 1
    assert "ukraine-2022" in [row["case"] for row in listed["cases"]]


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_on_a_terminal_no_shown_line_wraps_and_the_caret_stands_below_its_place(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    text = "total = " + " + ".join(f"part number {n}" for n in range(30)) + " + mistake " + "+ last " * 60
    source = SourceText("m.mdl", text)
    at = text.index("mistake")
    found = Diagnostic("error", "unknown-name", "nothing", source.span(at, at + len("mistake")))
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    _, _, shown, caret = paint(found).splitlines()
    assert len(shown) <= columns
    start, end = caret.index("^"), caret.rindex("^") + 1
    assert shown[start:end] == "mistake"
    assert "..." in shown[:12]
    assert shown.endswith("...")
