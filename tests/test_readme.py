"""What the README says is so: its Python runs, its commands and files exist."""

from __future__ import annotations

import doctest
import re
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
