"""What the tests of printing share: where models lie, how to read a text, what to compare."""

from __future__ import annotations

import os
from pathlib import Path

from realities.errors import Findings
from realities.model import syntax
from realities.model.load import read_file
from realities.source import SourceText

HERE = Path(__file__).parent
CORPUS = HERE.parent / "corpus"
_COLLECTION = Path(os.environ.get("REALITIES_CONFORMANCE", HERE.parents[2] / "shared" / "conformance"))
CONFORMANCE = _COLLECTION if _COLLECTION.is_dir() else None


def vensim_files(folder: Path) -> list[Path]:
    """Return the Vensim files below a folder."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".mdl")


def xmile_files(folder: Path) -> list[Path]:
    """Return the XMILE files below a folder."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".xmile", ".stmx"))


def read_text(name: str, text: str) -> tuple[syntax.ModelFile, Findings]:
    """Return the tree of a text, and what was found about it."""
    findings = Findings()
    return read_file(SourceText(name, text), findings), findings


def content(file: syntax.ModelFile) -> tuple[object, ...]:
    """Return all that a file says but for its name, its text and its drawing."""
    return (
        file.dialect,
        file.dimensions,
        file.macros,
        file.equations,
        file.integrator,
        file.reality_checks,
        file.unit_definitions,
    )
