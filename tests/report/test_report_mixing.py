"""The page's script, packed by mixing contexts: what Python packs a page unpacks, bit by bit the same."""

from __future__ import annotations

import json
import shutil
import string
from base64 import b64encode
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from live_worker import needs_node, run_node

from realities.report.bundle import is_packed, late_style, loader_script, packed_script, page_script, unpacker
from realities.report.mixing import mixed

_SCRIPT = """
import fs from "node:fs";
import { mixed } from "./mixed.js";
const { script, packed } = JSON.parse(fs.readFileSync(0, "utf8"));
const unpack = script ? Function(`return ${script}`)() : (one) => mixed(one, "");
process.stdout.write(JSON.stringify(packed.map((one) => Buffer.from(unpack(one)).toString("latin1"))));
"""
_LETTERS = st.text(string.printable + "\0\x7f", max_size=80)
_SIGNS = st.text("a1_$([{}]) ;", max_size=80)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("mixed")
    shutil.copy(Path(str(files("realities.report"))) / "template" / "loader" / "mixed.js", place)
    (place / "package.json").write_text('{"type": "module"}')
    (place / "script.js").write_text(_SCRIPT)
    return place


def unpacked(packed: list[str], folder: Path, script: str = "") -> list[str]:
    found: list[str] = run_node(["script.js"], json.dumps({"script": script, "packed": packed}), folder)
    return found


def test_the_kept_script_is_that_of_the_modules() -> None:
    assert is_packed(), "the page's scripts have changed since they were packed: make packed"


@needs_node
def test_the_page_unpacks_its_own_script(folder: Path) -> None:
    (found,) = unpacked([packed_script()], folder, unpacker(loader_script()))
    assert found.endswith(page_script().encode("ascii", "backslashreplace").decode())
    assert late_style().split("{")[0] in found


@needs_node
@settings(max_examples=6, deadline=None)
@given(texts=st.lists(st.one_of(_LETTERS, _SIGNS), min_size=3, max_size=8))
@example(texts=["", "a", "\x7f" * 300, "\0" * 300, "ab(" * 90, ")]}" * 9, "let n=1;" * 30])
def test_the_page_unpacks_what_python_packed(texts: list[str], folder: Path) -> None:
    packed = [b64encode(mixed(text.encode())).decode() for text in texts]
    assert unpacked(packed, folder) == texts


def test_what_comes_again_takes_next_to_nothing() -> None:
    once = "const shown = rows.map((row) => row.filter(isKnown));\n"
    assert len(mixed((once * 20).encode())) < len(mixed(once.encode())) + 40


def test_what_is_known_takes_next_to_nothing() -> None:
    text = b"const shown = rows.map((row) => row.filter(isKnown));"
    assert 3 * len(mixed(text, text)) < len(mixed(text))


def test_only_ascii_is_packed() -> None:
    with pytest.raises(ValueError, match="only ASCII"):
        mixed("naïve".encode())
