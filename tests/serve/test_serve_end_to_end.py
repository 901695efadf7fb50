"""The whole: a small case, its builder's process, a client; and the command that starts it all."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serve_fakes import ask, until

from realities.cli import invoke
from realities.serve import Library, Server, Settings
from realities.serve.work import Job, do

PRIORS = {"a": {"growth rate": "normal(0.02, 0.02)"}, "b": {"growth rate": "normal(0.05, 0.02)"}}
ROWS = [(year, year, value, "", "", "person", "Bureau") for year, value in ((2001, 103), (2003, 108))]


@pytest.fixture
def small(make_case: Any) -> Path:
    return Path(make_case(PRIORS, ROWS).folder)


@pytest.fixture
def server(small: Path) -> Iterator[Server]:
    with Server(Library(case=small), Settings(threads=1), port=0) as started:
        yield started


def state(server: Server) -> dict[str, Any]:
    return dict(json.loads(ask(server.port, "/~state").text))


def test_an_edit_is_seen_a_mistake_is_shown_and_its_mending_too(server: Server, small: Path) -> None:
    until(lambda: state(server)["mark"] == "ready", 120)
    assert "How many?" in ask(server.port).text
    case = small / "case.toml"
    good = case.read_text()
    case.write_text(good.replace("How many?", "How many now?"))
    until(lambda: "How many now?" in ask(server.port).text, 120)
    case.write_text(good.replace("model.mdl", "modle.mdl"))
    until(lambda: state(server)["mark"] == "bad", 120)
    told = state(server)
    (found,) = told["found"]["items"]
    assert found["place"] == f"{small}/case.toml:4:9".replace(os.sep, "/")
    assert found["code"] == "missing-file"
    assert 'model = "modle.mdl"' in found["excerpt"]
    assert "^^^" in found["excerpt"]
    assert told["page"] == 2
    assert "How many now?" in ask(server.port).text
    case.write_text(good)
    until(lambda: state(server)["page"] == 3, 120)
    assert "How many?" in ask(server.port).text
    assert sorted(path.name for path in small.iterdir()) == [
        "accounts",
        "case.toml",
        "claims.toml",
        "measures.toml",
        "model.mdl",
        "observations.csv",
        "sources.bib",
    ]


@pytest.mark.slow
def test_the_page_is_the_one_that_run_writes_as_of_the_same_date(small: Path, tmp_path: Path) -> None:
    line = ["-q", "run", str(small), "--quick", "--threads", "1", "--as-of", "2002-06-30"]
    assert invoke([*line, "--out", str(tmp_path / "out")]) == 0
    told: dict[str, dict[str, Any]] = {}
    job = Job(1, str(small), "quick", as_of="2002-06-30", threads=1)
    do(job, lambda kind, **rest: told.update({kind: rest}))
    assert told["built"]["page"] == (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert told["checked"]["as_of"] == "30 Jun 2002"
    assert told["checked"]["found"]["errors"] == 0


def started(*arguments: str, home: Path) -> tuple[subprocess.Popen[str], str]:
    """Start the command in a folder for temporary files of its own, and return its first line."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background ignores it
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "realities", "serve", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(home)},
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stdout is not None
    return process, process.stdout.readline()


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)],
)
def test_asked_to_stop_it_leaves_no_process_and_no_file(
    folder: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    home = tmp_path / "temporary"
    home.mkdir()
    process, line = started(str(folder), "--port", "0", home=home)
    found = re.fullmatch(
        r"Serving mine at http://127\.0\.0\.1:(\d+)/ \(this computer only\)\. "
        r"Rebuilds on save\. Ctrl-C stops\.\n",
        line,
    )
    assert found
    assert ask(int(found[1])).status == 200
    assert [path.name.startswith("realities-serve-") for path in home.iterdir()] == [True]
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert out == ""
    assert err.endswith("Stopped.\n")
    assert "Traceback" not in err
    assert list(home.iterdir()) == []
    if Path("/proc/self/environ").exists():
        assert _processes_with(str(home)) == []


def test_killed_it_takes_its_processes_and_files_along(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "temporary"
    home.mkdir()
    process, _ = started(str(folder), "--port", "0", home=home)
    process.kill()
    process.communicate(timeout=60)
    until(lambda: list(home.iterdir()) == [])
    if Path("/proc/self/environ").exists():
        until(lambda: _processes_with(str(home)) == [])


def _processes_with(text: str) -> list[str]:
    """Return the processes in whose environment a text stands."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if text.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def test_a_taken_port_is_a_wrong_command_line_with_a_hint(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert invoke(["serve", str(folder), "--port", str(port)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"port {port} is taken" in said.err
    assert "--port 0" in said.err


def test_an_unknown_case_is_a_missing_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["serve", "ukraine-2021"]) == 3
    assert 'did you mean "ukraine-2022"?' in capsys.readouterr().err


def test_serving_imports_nothing_heavy_before_its_first_line() -> None:
    code = (
        "import sys, realities.cli; sys.modules['realities.cli.serve']._library('ukraine-2022');"
        "print([m for m in ('numpy', 'scipy', 'lark', 'jinja2', 'realities.weigh') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
