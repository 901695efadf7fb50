"""What the README says is so: its Python runs, its commands and files exist."""

from __future__ import annotations

import doctest
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from realities.cli import group

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_of_the_readme_runs_as_written() -> None:
    failed, tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert failed == 0
    assert tried == 5  # the two that take minutes are skipped


def test_every_command_it_shows_exists() -> None:
    names = "run|new|check|weigh|simulate|bench|convert|report|serve|cases"
    shown = set(re.findall(rf"realities ({names})\b", README))
    assert shown <= set(group.commands)
    assert {"run", "new", "check", "simulate", "convert"} <= shown


def test_every_file_it_links_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_target_of_make_it_names_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"make (\w+)  ", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
#: What comes with a dependency: the name of an import, and the dependency that always brings it.
BROUGHT = {"markupsafe": "jinja2", "dask": "distributed"}


#: An import on a line of its own, at the head of a file or inside a function, or by its name.
IMPORT = re.compile(r'^ *(?:from|import) (\w+)[\w.]*(?: import .+| as \w+)?$|import_module\("(\w+)', re.M)


def imported() -> Iterator[str]:
    """Give the packages that the sources import."""
    for path in (ROOT / "src").rglob("*.py"):
        for one, other in IMPORT.findall(path.read_text(encoding="utf-8")):
            yield one or other


def test_whatever_the_sources_import_a_user_can_install_without_the_development_tools() -> None:
    extras = [line for name, lines in EXTRAS.items() if name != "dev" for line in lines]
    offered = {re.split(r"[<>=; ]", line)[0].lower() for line in [*PROJECT["dependencies"], *extras]}
    asked = {BROUGHT.get(name, name).lower() for name in imported()} - {"realities"}
    assert asked - set(sys.stdlib_module_names) <= offered


def test_every_extra_that_a_message_or_a_page_names_is_there() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")]
    texts += [path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "explain").glob("*.md")]
    named = {name for text in [*texts, README] for name in re.findall(r"(?:realities|\.)\[(\w+)\]\"", text)}
    assert named <= set(EXTRAS)
    assert named >= set(EXTRAS)
