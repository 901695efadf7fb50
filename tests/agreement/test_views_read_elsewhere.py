"""Views that the tool draws, read by others: PySD's grammar of sketches, and pysimlin's pictures.

Every Vensim model of the corpus and the conformance collection is drawn anew; its equations must read as the
same tree, and each line of the drawing as what it was meant to be, as in the bundled cases.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from agreement_peers import need
from test_conformance import ROOT as CONFORMANCE

import realities
from realities.errors import Findings
from realities.model import syntax
from realities.model.load import read_file, read_source
from realities.model.write.sketch.drawing import draw
from realities.model.write.sketch.redraw import model_views, redrawn_text, with_views
from realities.source import SourceText

CORPUS = Path(__file__).parents[1] / "corpus"
CASES = Path(realities.__file__).parent / "cases"
ROOTS = [root for root in (CORPUS, CASES, CONFORMANCE) if root.is_dir()]
#: What PySD calls the lines of a sketch, by how they begin.
KINDS = {"1,": "arrow", "10,": "var_definition", "11,": "flow", "12,": "flow", "*": "view_title"}
KINDS |= {"$": "view_definition", "V300": "view_intro"}

pytestmark = pytest.mark.slow


def models(root: Path) -> list[syntax.ModelFile]:
    """Return the Vensim models below a folder that read without an error."""
    found = []
    for path in sorted(root.rglob("*.mdl")):
        findings = Findings()
        file = read_file(read_source(path), findings)
        if not findings.errors:
            found.append(file)
    assert found
    return found


@pytest.mark.parametrize("root", ROOTS, ids=[root.name for root in ROOTS])
def test_any_model_gets_views_that_pysd_reads(root: Path) -> None:
    need("pysd")
    from pysd.translators.vensim.vensim_utils import Grammar

    grammar = Grammar.get("sketch")
    for file in models(root):
        drawn = file if root is CASES else with_views(file)[0]  # those are drawn already
        text = redrawn_text(drawn, file)
        again = read_file(SourceText(file.source.name, text), Findings())
        for part in ("equations", "dimensions", "macros", "integrator", "unit_definitions"):
            assert getattr(again, part) == getattr(file, part), file.source.name
        assert again.display == drawn.display
        is_text = False
        for line in drawn.display.split("\n///---")[0].splitlines():
            kind = next((KINDS[start] for start in KINDS if line.startswith(start)), "")
            # A name with a comma between quotation marks is more than PySD takes.
            if kind and not is_text and not re.search(r'"[^"]*,[^"]*"', line):
                assert grammar.parse(line).children[0].expr_name == kind, (file.source.name, line)
            is_text = line.startswith("12,") and line.split(",")[2] == "0"


@pytest.mark.parametrize("root", ROOTS, ids=[root.name for root in ROOTS])
def test_nothing_stands_on_anything_else(root: Path) -> None:
    for file in models(root):
        for view in model_views(file):
            shapes = draw(view, in_haste=True).shapes
            for i, a in enumerate(shapes):
                for b in shapes[:i]:
                    is_its_name = b.kind == "valve" and a.kind == "flow" and shapes[i - 1] is b
                    assert is_its_name or (
                        abs(a.x - b.x) >= a.half_width + b.half_width
                        or abs(a.y - b.y) >= a.half_height + b.half_height
                    ), (file.source.name, a, b)


@pytest.mark.parametrize("name", ["ehrlich-simon", "lynx-hare"])
def test_pysimlin_draws_every_variable_of_the_views(name: str) -> None:
    simlin = need("simlin")
    path = CASES / name / "model.mdl"
    picture = simlin.open(str(path)).diagram().svg
    words = " ".join(re.sub(r"<[^>]+>", " ", picture).split()).casefold()
    for view in model_views(read_file(read_source(path), Findings())):
        assert view.title.casefold() in words
        for word in view.words.values():
            if word.kind != "shadow":
                assert " ".join(word.name.split()).casefold() in words, word.name
