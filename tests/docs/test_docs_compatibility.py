"""The page on compatibility says what the code does: its tables are made from it, or run.

`REALITIES_GOLDEN=rewrite` writes the generated parts anew.
"""

from __future__ import annotations

import os
import re
import textwrap
import tomllib
from pathlib import Path

import pytest

from realities.engine.reference import simulate
from realities.model import arrays, languages, load, stateful
from realities.model.compatibility import status_of
from realities.model.tables import data
from realities.model.vensim import blocks, terms
from realities.source import SourceText

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explain" / "compatibility.md"
DIVERGENCES = ROOT / "tests" / "agreement" / "known_divergences.toml"
WIDTH = 116
MDL = "INITIAL TIME = 0 ~~|\nFINAL TIME = 4 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\ny = {} ~~|\n"
XMILE = """<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>v</vendor><product version="1" lang="en">p</product></header>
<sim_specs><start>0</start><stop>4</stop><dt>1</dt></sim_specs>
<model><variables><aux name="y"><eqn>{}</eqn></aux></variables></model></xmile>"""


def part(name: str) -> str:
    """Return what stands between a marker and the next end."""
    text = PAGE.read_text(encoding="utf-8")
    return text.partition(f"<!-- {name} -->\n")[2].partition("<!-- end -->")[0]


def check_part(name: str, wanted: str) -> None:
    """Compare a part of the page with what the code makes of it, or rewrite it where that is asked for."""
    if os.environ.get("REALITIES_GOLDEN") == "rewrite":
        before, mark, rest = PAGE.read_text(encoding="utf-8").partition(f"<!-- {name} -->\n")
        after = rest[rest.index("<!-- end -->") :]
        PAGE.write_text(before + mark + wanted + after, encoding="utf-8")
    assert part(name) == wanted


def functions(dialect: str) -> str:
    """Return the supported functions of a language, and the refused ones with what to do instead."""
    language = languages.LANGUAGES[dialect]
    known = {*language.simple, *language.unfold, *language.whole}
    other = languages.LANGUAGES["vensim"] if dialect == "xmile" else None
    vensim = {*other.simple, *other.unfold, *other.whole} if other is not None else set()
    own = sorted(key for key in known - vensim if not key.startswith(":") and key != "integ")
    shared = sorted(key for key in known & vensim if not key.startswith(":") and key != "integ")
    refused = sorted(key for key in language.refused if status_of(key, language) == "refused")
    lists = [("Supported", own)] if dialect == "vensim" else [("Its own", own), ("As in Vensim", shared)]
    lines = []
    for title, keys in lists:
        names = ", ".join(key.upper() for key in keys)
        lines += [*textwrap.wrap(f"{title} ({len(keys)}): {names}.", WIDTH), ""]
    by_reason: dict[str, list[str]] = {}
    for key in refused:
        by_reason.setdefault(language.refused[key], []).append(key.upper())
    lines += [f"Refused ({len(refused)}), each by name and line:", "", "| functions | instead |", "|---|---|"]
    rows = sorted(by_reason.items(), key=lambda item: item[1])
    lines += [f"| {', '.join(names)} | {reason or 'not supported yet'} |" for reason, names in rows]
    return "\n".join(["", *lines, ""])


@pytest.mark.parametrize("dialect", ["vensim", "xmile"])
def test_the_lists_of_functions_are_those_of_the_code(dialect: str) -> None:
    check_part(f"functions {dialect}", functions(dialect))


def test_the_limits_are_those_of_the_code() -> None:
    rows = [
        ("size of a model file, or of a file of data", f"{load.LARGEST_FILE / 1e6:g} MB"),
        ("equations in a file", f"{blocks.MOST_EQUATIONS:,}"),
        ("scalar variables they make", f"{arrays.MOST_VARIABLES:,}"),
        ("elements of a dimension", f"{arrays.MOST_ELEMENTS:,}"),
        ("characters of one equation", f"{blocks.LONGEST_EQUATION:,}"),
        ("functions and operators inside one another", f"{terms.DEEPEST}"),
        ("stages of a delay or smooth", f"{stateful.MOST_STAGES}"),
        ("cells of a file of data", f"{data.MOST_CELLS:,}"),
    ]
    assert load.LARGEST_FILE == data.LARGEST_FILE
    table = "".join(f"| {what} | {most} |\n" for what, most in rows)
    check_part("limits", f"| what | at most |\n|---|---|\n{table}")


def test_the_divergences_are_those_that_are_measured() -> None:
    found = tomllib.loads(DIVERGENCES.read_text(encoding="utf-8"))["divergence"]
    rows = [f"| {one['id']} | {one['tool']} {one['measured']} | {reference(one)} |\n" for one in found]
    check_part("divergences", "\n| what | tool | what decides |\n|---|---|---|\n" + "".join(rows))


def reference(divergence: dict[str, object]) -> str:
    return " ".join(str(divergence["reference"]).split()).replace("|", "\\|")


def traps() -> list[tuple[str, str, list[float]]]:
    """Return ending, expression and values of each row and language of the table of traps."""
    found = []
    for line in part("traps").splitlines()[2:]:
        _, mdl, got, xmile, also = (cell.strip() for cell in line.strip("|").split("|"))
        found += [(".mdl", mdl, got), (".xmile", xmile, also)]
    return [
        (ending, text.strip("`"), [float(number) for number in values.split()])
        for ending, text, values in found
        if text
    ]


@pytest.mark.parametrize(("ending", "expression", "values"), traps())
def test_a_trap_of_the_table_gives_what_it_says(ending: str, expression: str, values: list[float]) -> None:
    text = (MDL if ending == ".mdl" else XMILE).format(expression)
    got = simulate(load.build_model(SourceText(f"trap{ending}", text)))["y"].ravel().tolist()
    assert got == pytest.approx(values * 5 if len(values) == 1 else values)


def test_the_page_is_linked_from_the_readme() -> None:
    assert "docs/explain/compatibility.md" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_option_that_the_page_names_is_there() -> None:
    from realities.cli.check import check

    known = {option for parameter in check.params for option in parameter.opts}
    named = set(re.findall(r"realities check (--[a-z]+)", PAGE.read_text(encoding="utf-8")))
    assert named
    assert named <= known
