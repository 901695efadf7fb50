"""No model file, however made, takes long, takes much memory or ends in a traceback.

Each hostile file of fuzz_inputs.py is loaded, and run where it loads, in a process of its own with
limits on time and memory (fuzz_worker.py).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz_inputs import VENSIM, XMILE, Case
from fuzz_tables import TABLES, model

WORKER = Path(__file__).with_name("fuzz_worker.py")
MOST_SECONDS = 10.0
MOST_MEGABYTES = 1000.0
CASES: dict[str, Case] = VENSIM | XMILE
#: Cases that take a twelfth of a second or more.
LONG = {
    "10 MB of ' '",
    "10 MB of '|'",
    "10 MB of '('",
    "10 MB of '\\x00'",
    "errors everywhere",
    "errors everywhere in XMILE",
    "sum of 10 MB",
    "Vensim: parentheses",
    "Vensim: a normal far from its bounds",
    "Vensim: a long product",
    "10 MB of '{'",
    "10 MB of '*'",
    "10 MB of ':MACRO:'",
    "name of 10 MB",
    "graphical function 1",
    "Vensim: calls",
    "Vensim: conjunctions",
    "Vensim: a Poisson of 1e300",
    "Vensim: a binomial of 1e18 trials",
    "Vensim: negative powers",
    "Vensim: a gamma of negative order",
    "XMILE: calls",
    "XMILE: chance without sense",
    "XMILE: comparisons",
    "XMILE: remainders",
    "XMILE: parentheses",
    "XMILE: negative powers",
    "XMILE: a long product",
    "XMILE: numbers out of sight",
    "XMILE: powers",
    "a sheet of 300 MB of spaces",
    "a sheet of a million rows",
    "texts of 100 MB",
    "a sheet that says it is small",
    "text of 80 MB",
    "text of many lines",
    "10 MB of '\"'",
    "10 MB of '\\n'",
    "10 MB of '\\\\\\n'",
    "10 MB of 'a~~|'",
    "a sum for each element",
    "sums inside sums",
    "a step that changes",
    "macros that double",
    "open macros",
    "a chain of aliases",
    "a chain of equations",
    "a chain of constants",
    "a chain to an order",
    "a long circle",
    "everything needs everything",
    "many rows",
    "a large matrix",
    "many exceptions",
    "too many equations",
    "checks of long runs",
    "checks of longer runs",
    "a check that makes the run long",
    "checks beyond number",
    "the same name again",
    "unknown names",
    "Vensim: a long sum",
    "Vensim: a long sum of times",
    "Vensim: a long list of arguments",
    "Vensim: choices",
    "Vensim: choices in conditions",
    "attributes",
    "an attribute of 10 MB",
    "an equation of 10 MB",
    "a comment of 10 MB",
    "a million elements",
    "a sum for each element in XMILE",
    "sums inside sums in XMILE",
    "a rank for each element",
    "macros that double in XMILE",
    "the same name again in XMILE",
    "a chain in XMILE",
    "a long circle in XMILE",
    "XMILE: a long sum",
    "XMILE: a long sum of times",
    "XMILE: a long list of arguments",
    "XMILE: choices",
    "XMILE: other choices",
}
MUST_REFUSE = {
    "a sheet of 300 MB of spaces",
    "a sheet that says it is small",
    "texts of 100 MB",
    "laughs in a sheet",
    "an entity in a sheet",
    "a sheet elsewhere",
    "a billion laughs",
    "a billion laughs in a name",
    "quadratic entities",
    "an external entity",
    "a parameter entity",
    "an external DTD",
    "Vensim: a file outside",
    "Vensim: a file at the root",
    "Vensim: a device",
    "many saves",
    "many saves in XMILE",
    "macros that double",
    "macros that double in XMILE",
    "eight dimensions",
    "eight dimensions in XMILE",
    "a range of a billion",
    "a dimension of size 1000000000",
    "a long span",
    "a tiny step",
    "a step that changes",
    "Vensim: an order of a billion",
    "XMILE: an order of a billion",
}

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="limits need a fork")


def write_cases(names: list[str], folder: Path) -> dict[str, str]:
    """Write the file of each case, and the table of each table; return the names by path."""
    files = {}
    for index, name in enumerate(names):
        if name in TABLES:
            table, make = TABLES[name]
            (folder / str(index)).mkdir()
            (folder / str(index) / table).write_bytes(make())
            path = folder / str(index) / "model.mdl"
            path.write_text(model(table), encoding="utf-8")
        else:
            ending, make = CASES[name]
            path = folder / f"{index}{ending}"
            path.write_bytes(make())
        files[str(path)] = name
    return files


def ends_well(names: list[str], folder: Path) -> list[str]:
    """Run cases one after another; return what is wrong with them."""
    files = write_cases(names, folder)
    done = subprocess.run(
        [sys.executable, str(WORKER)],
        input=json.dumps(list(files)),
        capture_output=True,
        text=True,
        check=True,
    )
    problems = []
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [report["path"] for report in reports] == list(files)
    for report in reports:
        name, ending = files[report["path"]], report["ending"]
        if ending.startswith("crashed"):
            problems.append(f"{name}: {ending}")
        if report["cpu"] > MOST_SECONDS or report["megabytes"] > MOST_MEGABYTES:
            problems.append(f"{name}: {report['cpu']:.1f} s, {report['megabytes']:.0f} MB; {ending}")
        if name in MUST_REFUSE and not ending.startswith("refused"):
            problems.append(f"{name}: {ending}")
    return problems


def test_hostile_files_are_refused_in_words_or_run(tmp_path: Path) -> None:
    problems = ends_well([name for name in (*CASES, *TABLES) if name not in LONG], tmp_path)
    assert not problems, "\n".join(problems)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(LONG))
def test_a_hostile_file_that_takes_a_while_ends_well(name: str, tmp_path: Path) -> None:
    problems = ends_well([name], tmp_path)
    assert not problems, "\n".join(problems)


def test_every_case_that_must_be_refused_is_one() -> None:
    assert CASES.keys() | TABLES.keys() >= MUST_REFUSE | LONG
