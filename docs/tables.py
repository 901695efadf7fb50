"""The tables of the cases in docs/cases/tables, each made by a command of bench/ (`make tables`).

    python docs/tables.py [NAME ...] [--list]

In comes a row of `TABLES`: a name, a title, and a script with arguments that prints Markdown. Out comes
docs/cases/tables/NAME.md: the title, the command, and what the command printed. Without a name every table
is written. The slow tests (`tests/docs/test_docs_tables.py`) make those with a `check` anew, by the command
itself or a cheaper one of the same form, and compare numbers as far as they can be the same. The others cost
more than is fit for every change, and are written by hand before a release. To add a table, add a row.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "cases" / "tables"
#: Numbers as tables have them; the rest of a line has to be the same to the letter.
_NUMBER = re.compile(r"(?<![\w.-])[-+]?\d+(?:,\d{3})*(?:\.\d+)?")
#: How many figures of how many, with their percentage; a cell that is a whole number.
_OF = re.compile(r"(\d+) of (\d+) \(\d+ %\)")
_WHOLE_CELL = re.compile(r"(?<=\| )\d+(?= \|)")
#: What follows from a number and changes with it: bold, verdicts, and how a weight near an end is written.
_FOLLOWS = re.compile(r"\*\*| (?:low|high)\b\??| \(not reliable\)|[<>](?=\d)")


@dataclass(frozen=True, slots=True)
class Moves:
    """By how much numbers may differ from the committed ones.

    On another processor the last digits of sums differ and a sampler takes another path, which is as good as
    another seed; a cheaper command has fewer draws. What is compared:

    - `31 of 40 (78 %)`: the 40 to the figure, the 31 within `counts` (of more than a hundred figures, 6 in
      100 of them); the percentage follows and is not compared.
    - Other percentages and weights in 100: within `points` in rows of a hundred figures and more, three times
      as far in rows of fewer. Below zero a skill is a ratio of two scores less one, and may move by `points`
      for each 100.
    - Numbers below zero that are no percentages are log evidences where `logs` is given: within so much.
    - Any other number: by a `share` of itself. `counts` and `points` are not widened by it.
    """

    points: float = 0.0
    counts: float = 0.0
    share: float = 0.0
    logs: float = 0.0


@dataclass(frozen=True, slots=True)
class Table:
    """One file of docs/cases/tables.

    Attributes
    ----------
    name
        Of the file, without `.md`; the first part is the case.
    title
        Its first line.
    command
        A script and its arguments, from the root of the project; it prints Markdown.
    cpu_seconds
        What it took, on one core.
    check
        What the slow tests run to compare with: the command, a cheaper one, or nothing.
    moves
        How far that may be from what is committed.
    """

    name: str
    title: str
    command: str
    cpu_seconds: int
    check: str = ""
    moves: Moves = field(default_factory=Moves)

    @property
    def path(self) -> Path:
        """Where it lies."""
        return FOLDER / f"{self.name}.md"


#: What another path of the sampler may move in the tables of bands and forecasts. Measured by the commands of
#: the forecasts and of ehrlich-simon-coverage with `--seed 7`: errors of single quantities move most (0.165
#: to 0.354), of what is inside 119 to 132 of 231.
SEEDS = Moves(points=10.0, counts=4.0, share=0.55)
UKRAINE = "ukraine-2022 --from 2022-10-05 2023-01-01 2023-06-01 2024-01-01"
UKRAINE_COVERAGE = (
    f"bench/coverage.py {UKRAINE} --account reference author analyst commenter decree --markdown"
)
EHRLICH_COVERAGE = (
    "bench/coverage.py ehrlich-simon --from 1980-09-29 --account reference scarcity ingenuity --markdown"
)
EHRLICH = "bench/forecasts.py ehrlich-simon --from 1980-09-29 1990-12-31 --months 24 120"
LYNX_COVERAGE = (
    "bench/coverage.py lynx-hare --from 1911-12-31 --account predation follow own-cycles steady --markdown"
)
LYNX = "bench/forecasts.py lynx-hare --from 1906-12-31 1911-12-31 --months 24 60"
#: Assumptions of claims, reports that moved weights, reports to come. Which of two near ties stands first may
#: differ between processors: none has a `check`. `tests/docs/test_docs_sensitivity.py` makes one date of each
#: case anew and compares the claims and their first assumptions; the tables over time and the reports that
#: moved weights are made by hand alone.
SENSITIVITY = "bench/sensitivity.py {} --markdown"

#: Weights, evidences, chances and scores of a run. With `bench/outcome.py ehrlich-simon --seed 7` evidences
#: move by 0.3 at most, the rest by less than `SEEDS`.
OUTCOME = "bench/outcome.py {}"
OUTCOME_MOVES = replace(SEEDS, logs=1.0)

TABLES: tuple[Table, ...] = (
    Table(
        "ukraine-2022-run",
        "ukraine-2022: what a quick run gives",
        OUTCOME.format("ukraine-2022"),
        cpu_seconds=45,
        check=OUTCOME.format("ukraine-2022"),
        moves=OUTCOME_MOVES,
    ),
    Table(
        "ehrlich-simon-run",
        "ehrlich-simon: what a quick run gives",
        OUTCOME.format("ehrlich-simon"),
        cpu_seconds=25,
        check=OUTCOME.format("ehrlich-simon"),
        moves=OUTCOME_MOVES,
    ),
    Table(
        "lynx-hare-run",
        "lynx-hare: what a quick run gives",
        OUTCOME.format("lynx-hare"),
        cpu_seconds=25,
        check=OUTCOME.format("lynx-hare"),
        moves=OUTCOME_MOVES,
    ),
    Table(
        "ukraine-2022-coverage",
        "ukraine-2022: how often bands hold",
        f"{UKRAINE_COVERAGE} --effort quick",
        cpu_seconds=115,
        check=f"{UKRAINE_COVERAGE} --effort quick",
        moves=SEEDS,
    ),
    Table(
        "ukraine-2022-forecasts",
        "ukraine-2022: forecasts and what followed",
        f"bench/forecasts.py {UKRAINE} --effort quick",
        cpu_seconds=25,
        check=f"bench/forecasts.py {UKRAINE} --effort quick",
        moves=SEEDS,
    ),
    Table(
        "ukraine-2022-reports",
        "ukraine-2022: which reports weigh",
        "bench/reports.py ukraine-2022",
        cpu_seconds=2,
        check="bench/reports.py ukraine-2022",
    ),
    Table(
        "ehrlich-simon-coverage",
        "ehrlich-simon: how often bands hold",
        f"{EHRLICH_COVERAGE} --effort quick",
        cpu_seconds=25,
        check=f"{EHRLICH_COVERAGE} --effort quick",
        moves=SEEDS,
    ),
    Table(
        "ehrlich-simon-forecasts",
        "ehrlich-simon: forecasts and what followed",
        f"{EHRLICH} --effort default",
        cpu_seconds=20,
        check=f"{EHRLICH} --effort default",
        moves=SEEDS,
    ),
    Table(
        "lynx-hare-coverage",
        "lynx-hare: how often bands hold",
        f"{LYNX_COVERAGE} --effort sketch",
        cpu_seconds=25,
        check=f"{LYNX_COVERAGE} --effort sketch",
        moves=SEEDS,
    ),
    Table(
        "lynx-hare-forecasts",
        "lynx-hare: forecasts and what followed",
        f"{LYNX} --effort quick",
        cpu_seconds=20,
        check=f"{LYNX} --effort quick",
        moves=SEEDS,
    ),
    Table(
        "ukraine-2022-sensitivity",
        "ukraine-2022: what claims and weights hang on",
        SENSITIVITY.format("ukraine-2022 --as-of 2022-10-05 2026-08-22"),
        cpu_seconds=190,
    ),
    Table(
        "ukraine-2022-sensitivity-over-time",
        "ukraine-2022: what quantities hang on, over time",
        SENSITIVITY.format("ukraine-2022 --as-of 2026-08-22 --over-time --only 'quantities over time'"),
        cpu_seconds=260,
    ),
    Table(
        "ehrlich-simon-sensitivity",
        "ehrlich-simon: what claims and weights hang on",
        SENSITIVITY.format("ehrlich-simon --as-of 1980-09-29 2024-01-31"),
        cpu_seconds=30,
    ),
    Table(
        "lynx-hare-sensitivity",
        "lynx-hare: what claims and weights hang on",
        SENSITIVITY.format("lynx-hare --as-of 1911-12-31 1921-12-31"),
        cpu_seconds=50,
    ),
)


def main() -> None:
    """Write the tables that are named, or all, and say where."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="say which tables there are")
    options = parser.parse_args()
    known = {table.name: table for table in TABLES}
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"no table is named {', '.join(unknown)}; there are {', '.join(known)}")
    for table in [known[name] for name in options.names] or TABLES:
        if options.list:
            print(f"{table.name}: {table.cpu_seconds} s, python {table.command}")
            continue
        print(f"{table.name}: python {table.command}", flush=True)
        FOLDER.mkdir(exist_ok=True)
        table.path.write_text(written(table), encoding="utf-8")


def written(table: Table) -> str:
    """Return the text of a table's file: its command is run."""
    head = f"# {table.title}\n\nMade by `python docs/tables.py {table.name}`, which runs\n\n"
    return f"{head}    python {table.command}\n\n{printed(table.command)}"


def printed(command: str) -> str:
    """Return what a command prints."""
    where = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, ["src", os.environ.get("PYTHONPATH")]))}
    parts = [sys.executable, *shlex.split(command)]
    found = subprocess.run(parts, cwd=ROOT, env=where, check=True, stdout=subprocess.PIPE, text=True)
    return found.stdout.strip() + "\n"


def body(text: str) -> str:
    """Return what the command printed, of a table's file."""
    return text.split("\n    python ", 1)[1].split("\n\n", 1)[1]


def differences(before: str, after: str, moves: Moves) -> list[str]:
    """Return the lines of two texts of one table that differ: in words, or in numbers that moved too far.

    Examples
    --------
    >>> differences("| area | 49 of 51 (96 %) |", "| area | 48 of 51 (94 %) |", Moves(counts=1))
    []
    >>> differences("| area | 0.31 |", "| area | 0.52 |", Moves(share=0.1))
    ['| area | 0.31 | is now | area | 0.52 |']
    """
    old, new = before.splitlines(), after.splitlines()
    pairs = zip(old, new, strict=False)
    found = [f"{one} is now {other}" for one, other in pairs if not _agree(one, other, moves)]
    return found if len(old) == len(new) else [*found, f"{len(old)} lines are now {len(new)}"]


def _agree(one: str, other: str, moves: Moves) -> bool:
    one, other = (_FOLLOWS.sub("", line) for line in (one, other))
    if _NUMBER.sub("#", one) != _NUMBER.sub("#", other):
        return False
    of, of_other = (_OF.findall(line) for line in (one, other))
    if not all(_same_count(a, b, moves) for a, b in zip(of, of_other, strict=True)):
        return False
    n = _figures(one)
    rest, rest_other = (_NUMBER.finditer(_OF.sub("", line)) for line in (one, other))
    return all(_near(a, b, moves, n) for a, b in zip(rest, rest_other, strict=True))


def _same_count(one: tuple[str, str], other: tuple[str, str], moves: Moves) -> bool:
    """Return whether two of `31 of 40` are the same, as far as they can be."""
    (held, n), (held_other, n_other) = (tuple(map(int, found)) for found in (one, other))
    most = max(moves.counts, 0.06 * n) if moves.counts and n > 100 else moves.counts
    return n == n_other and abs(held - held_other) <= most


def _figures(line: str) -> int:
    """Return how many figures a row speaks of: what it says they are, or a cell that is a whole number."""
    found = [int(n) for _, n in _OF.findall(line)] or [int(n) for n in _WHOLE_CELL.findall(line)[:1]]
    return max(found, default=100)


def _near(one: re.Match[str], other: re.Match[str], moves: Moves, n: int) -> bool:
    a, b = (float(found[0].replace(",", "")) for found in (one, other))
    is_percentage = one.string[one.end() :].lstrip().startswith("%")
    if is_percentage or one.string.startswith("Weights in 100"):
        ratio = max(1.0, 1.0 - min(a, b) / 100.0)
        return abs(a - b) <= moves.points * (1.0 if n >= 100 else 3.0) * ratio + 1e-9
    if moves.logs and max(a, b) < 0.0:
        return abs(a - b) <= moves.logs
    return abs(a - b) <= moves.share * max(abs(a), abs(b)) + 1e-9


if __name__ == "__main__":
    main()
