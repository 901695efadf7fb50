"""What Python packs the page's own script unpacks: texts, noise, long matches, nothing at all."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files
from pathlib import Path
from random import Random

import pytest
from live_worker import needs_node, run_node

from realities.report.encode import pack, unpack

_SCRIPT = """
import fs from "node:fs";
import { unpack } from "./unpack.js";
const packed = JSON.parse(fs.readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(packed.map((one) => Buffer.from(unpack(one)).toString("hex"))));
"""


@pytest.fixture(scope="module")
def contents() -> list[bytes]:
    chance = Random(7)
    noise = [bytes(chance.randrange(width) for _ in range(n)) for width, n in ((256, 5000), (3, 40_000))]
    words = [f"{chance.choice('abcdef')}{chance.randrange(40)} " for _ in range(9000)]
    far = noise[0] + "".join(words).encode() + noise[0][:700] + b"x" * 3000
    return [b"", b"a", "naïve ".encode() * 50, *noise, "".join(words).encode(), far * 9]


def test_python_unpacks_what_it_packed(contents: list[bytes]) -> None:
    assert [unpack(pack(one)) for one in contents] == contents


@needs_node
def test_the_page_unpacks_what_python_packed(contents: list[bytes], tmp_path: Path) -> None:
    source = Path(str(files("realities.report"))) / "template" / "js" / "unpack.js"
    shutil.copy(source, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "script.js").write_text(_SCRIPT)
    found = run_node(["script.js"], json.dumps([pack(one) for one in contents]), tmp_path)
    assert [bytes.fromhex(one) for one in found] == contents
