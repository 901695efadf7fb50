"""`realities new`, `run`, `weigh` and `report`, end to end on the small example."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from math import nan
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from markupsafe import escape

from realities.case.folder import Case, load_case
from realities.cli import invoke
from realities.cli.over_time import timeline_lines
from realities.cli.run import note_engine
from realities.cli.terminal import Terminal
from realities.weigh.study import Study, run_case


class Memory:
    """Runs a case as `run_case` does, but the same run only once: what is printed of it is another matter."""

    def __init__(self) -> None:
        self.known: dict[tuple[object, ...], Study] = {}

    def __call__(self, case: Case, **wishes: Any) -> Study:
        key = (case.folder, *sorted((k, v) for k, v in wishes.items() if k not in ("workers", "progress")))
        if key not in self.known:
            self.known[key] = run_case(case, **wishes)
        return self.known[key]


@pytest.fixture(scope="module")
def memory() -> Memory:
    """Return what has been run; the commands of this file that ask for it share it."""
    return Memory()


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, memory: Memory) -> Path:
    """Return a folder with the small example, its results in `out`, and what `run` printed."""
    home = tmp_path_factory.mktemp("home")
    assert invoke(["-q", "new", str(home / "mine")]) == 0
    line = ["run", str(home / "mine"), "--quick", "--threads", "1", "--out", str(home / "out")]
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(io.StringIO()) as printed,
        redirect_stderr(io.StringIO()) as told,
    ):
        patch.setattr("realities.weigh.study.run_case", memory)
        assert invoke([*line, "--as-of", "2017-06-30", "--draws", "100", "--json"]) == 0
    (home / "printed.json").write_text(printed.getvalue(), encoding="utf-8")
    (home / "told.txt").write_text(told.getvalue(), encoding="utf-8", newline="")
    return home


def test_run_leaves_a_page_an_object_and_data_and_nothing_else(results: Path) -> None:
    names = sorted(path.name for path in (results / "out").iterdir())
    assert names == ["claims.jsonld", "forecasts.csv", "report.html", "results.json", "results.nc"]


def test_run_json_is_the_saved_object(results: Path) -> None:
    printed = json.loads((results / "printed.json").read_text(encoding="utf-8"))
    saved = json.loads((results / "out" / "results.json").read_text(encoding="utf-8"))
    assert printed == saved
    assert printed["as_of"] == "2017-06-30"
    assert Path(printed["report"]).is_file()
    posterior = printed["accounts"][0]["posterior"]
    assert all(set(summary) == {"mean", "sd", "p5", "p50", "p95"} for summary in posterior.values())


def test_a_case_that_runs_on_the_slow_engine_says_so(
    results: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = load_case(results / "mine")
    for is_there in (True, False):
        monkeypatch.setattr("realities.engine.engines.has_compiled_engine", lambda there=is_there: there)
        note_engine(Terminal(), case)
        said = capsys.readouterr().err
        assert ("pip install llvmlite" in said) == (not is_there)


def test_two_efforts_at_once_are_refused(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["weigh", str(results / "mine"), "--quick", "--publish"]) == 2
    assert "--quick and --publish exclude one another" in capsys.readouterr().err


def test_weigh_gives_the_same_weights_as_run(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    line = ["weigh", str(results / "mine"), "--quick", "--threads", "1", "--as-of", "2017-06-30"]
    assert invoke([*line, "--json", "-q"]) == 0
    weighed = json.loads(capsys.readouterr().out)
    saved = json.loads((results / "out" / "results.json").read_text(encoding="utf-8"))
    assert [row["log_evidence"] for row in weighed["accounts"]] == [
        row["log_evidence"] for row in saved["accounts"]
    ]
    assert "report" not in weighed


def test_the_last_line_of_run_is_where_the_report_is(
    results: Path, memory: Memory, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realities.weigh.study.run_case", memory)
    capsys.readouterr()
    line = ["run", str(results / "mine"), "--quick", "--threads", "1", "--out", str(results / "again")]
    assert invoke([*line, "--as-of", "2017-06-30", "--draws", "100"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1] == f"Report: {results / 'again' / 'report.html'}"
    assert len(memory.known) == 1


def test_run_prints_why_the_leading_account_leads_as_its_page_says_it(
    results: Path, memory: Memory, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realities.weigh.study.run_case", memory)
    capsys.readouterr()
    line = ["run", str(results / "mine"), "--quick", "--threads", "1", "--out", str(results / "why")]
    assert invoke([*line, "--as-of", "2017-06-30", "--draws", "100"]) == 0
    printed = capsys.readouterr().out.splitlines()
    saved = json.loads((results / "why" / "results.json").read_text(encoding="utf-8"))
    assert saved["why"]
    assert printed[1] == saved["why"]
    assert sum(line.startswith("A quick look: ") for line in printed) == 1
    assert str(escape(saved["why"])) in (results / "why" / "report.html").read_text(encoding="utf-8")


def test_progress_away_from_a_terminal_is_plain_lines(results: Path) -> None:
    told = (results / "told.txt").read_bytes().decode()
    assert "Weighing" in told
    assert "\r" not in told


def test_report_writes_the_page_again_from_saved_results(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    assert invoke(["report", str(results / "out"), "--out", str(page)]) == 0
    first = (results / "out" / "report.html").read_text(encoding="utf-8")
    assert page.read_text(encoding="utf-8") == first


def test_report_refuses_what_is_not_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "results.nc").write_bytes(b"not a data file")
    assert invoke(["report", str(tmp_path / "results.nc")]) == 3
    assert "Traceback" not in capsys.readouterr().err


def test_a_timeline_adds_dates_and_changes_no_weight(
    results: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realities.weigh.study.run_case", Memory())
    capsys.readouterr()
    line = ["weigh", str(results / "mine"), "--quick", "--threads", "1", "--as-of", "2017-06-30", "-q"]
    assert invoke([*line, "--timeline", "--json"]) == 0
    weighed = json.loads(capsys.readouterr().out)
    saved = json.loads((results / "out" / "results.json").read_text(encoding="utf-8"))
    moments = weighed.pop("timeline")
    evidence = ("weight", "weight_error", "log_evidence", "log_evidence_error", "k_hat", "effective_draws")
    for one, other in zip(weighed["accounts"], saved["accounts"], strict=True):
        assert [one[key] for key in evidence] == [other[key] for key in evidence]
    assert [moment["as_of"] for moment in moments] == sorted({moment["as_of"] for moment in moments})
    for account in weighed["accounts"]:
        last = moments[-1]["accounts"][account["id"]]
        assert (last["weight"], last["log_evidence"]) == (account["weight"], account["log_evidence"])
        total = sum(
            one["predictive_log_score"] + one["revision"]
            for one in (moment["accounts"][account["id"]] for moment in moments)
        )
        assert total == pytest.approx(account["log_evidence"], abs=1e-6)
        assert set(last["posterior"]) == set(account["posterior"])
    assert invoke([*line, "--timeline"]) == 0
    table = capsys.readouterr().out
    assert all(moment["as_of"] in table for moment in moments)
    assert "nothing that was published moved 15 in 100 of the weight" in table


def test_a_timeline_gives_no_number_to_what_is_not_reliable_and_keeps_the_others() -> None:
    def at(weight: float, *, reliable: bool) -> SimpleNamespace:
        return SimpleNamespace(weight=weight, reliable=reliable, predictive=nan, predictive_reliable=False)

    def line(*accounts: SimpleNamespace) -> tuple[list[str], str]:
        found = dict(zip("abc", accounts, strict=True))
        moment = SimpleNamespace(as_of=date(2022, 5, 1), n_new=1, n_revised=0, accounts=found)
        named = [SimpleNamespace(id=name, name=name.upper()) for name in found]
        study = SimpleNamespace(case=SimpleNamespace(accounts=named), timeline=[moment])
        *head, last, _ = timeline_lines(cast("Study", study))
        return last.split()[2:5], " ".join(head)

    sound, head = line(at(0.0001, reliable=True), at(0.3349, reliable=True), at(0.665, reliable=True))
    assert sound == ["<1", "33", "67"]
    assert "not reliable" not in head
    shaky, head = line(at(0.0001, reliable=True), at(0.3349, reliable=False), at(0.665, reliable=True))
    assert shaky == ["<1", "-", "67"]
    assert "-: not reliable" in head


def test_an_as_of_date_before_everything_leaves_the_weights_equal(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    line = ["weigh", str(results / "mine"), "--quick", "--threads", "1", "--as-of", "1990-01-01", "--json"]
    assert invoke([*line, "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["observations"]["used"] == 0
    assert {row["weight"] for row in found["accounts"]} == {0.5}


def test_a_broken_case_writes_nothing(results: Path, tmp_path: Path) -> None:
    assert invoke(["-q", "new", str(tmp_path / "broken")]) == 0
    path = tmp_path / "broken" / "model.mdl"
    path.write_text(path.read_text(encoding="utf-8") + "\nnonsense = 1 + ~ ~ |\n", encoding="utf-8")
    out = tmp_path / "out"
    assert invoke(["-q", "run", str(tmp_path / "broken"), "--out", str(out)]) == 1
    assert not out.exists()


def test_new_does_not_overwrite(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["new", str(results / "mine")]) == 1
    assert "error[exists]" in capsys.readouterr().err


def test_who_stops_a_run_is_told_how_it_goes_on(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    finished: list[str] = []

    def press(*_args: object, **_options: object) -> None:
        for name in finished:
            (out / "results.part" / name).touch()
        raise KeyboardInterrupt

    monkeypatch.setattr("realities.weigh.study.run_case", press)
    line = ["run", str(results / "mine"), "--quick", "--threads", "1", "--out", str(out)]
    assert invoke(line) == 130
    assert "goes on from there" not in capsys.readouterr().err
    finished.append("one.task")
    assert invoke(line) == 130
    assert f"kept in {out / 'results.part'}; the same command goes on" in capsys.readouterr().err
