"""Tables by columns: whatever JSON holds comes back, in Python and in the page's own script."""

from __future__ import annotations

import json
import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest
from columns_read import opened
from hypothesis import example, given, settings
from hypothesis import strategies as st
from live_worker import needs_node, run_node

from realities.report.columns import folded

_OPEN = """
import fs from "node:fs";
import { opened } from "./decode.js";
console.log(JSON.stringify(JSON.parse(fs.readFileSync(0, "utf8"), opened)));
"""

TEXTS = st.sampled_from(["", "~", "~~", "~~~", "~21AC", "0", "7", "name", "__proto__", "constructor", "<b>"])
NUMBERS = st.one_of(
    st.integers(-(10**6), 10**6),
    st.floats(-1e6, 1e6).map(lambda x: float(f"{x:.3g}")),
    st.sampled_from([0, 0.0, 1e-7, 1e-12, 1e300, -1.5, 2**53, 2**45, 0.1 + 0.2]),
)
LEAVES = st.one_of(TEXTS, st.none(), st.booleans(), NUMBERS)
COLUMNS = st.lists(st.one_of(NUMBERS, st.none()), max_size=12)
ROWS = st.lists(TEXTS, min_size=1, max_size=4, unique=True).flatmap(
    lambda keys: st.lists(
        st.fixed_dictionaries({key: st.one_of(LEAVES, COLUMNS) for key in keys}), max_size=9
    )
)
CELLS = st.tuples(st.integers(1, 4), st.integers(1, 3)).flatmap(
    lambda shape: st.lists(
        st.lists(
            st.one_of(st.none(), st.lists(NUMBERS, min_size=shape[1], max_size=shape[1])),
            min_size=shape[0],
            max_size=shape[0],
        ),
        max_size=6,
    )
)
VALUES = st.recursive(
    st.one_of(LEAVES, COLUMNS, ROWS, CELLS),
    lambda inner: st.one_of(st.lists(inner, max_size=6), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=70, deadline=None)
@given(VALUES)
@example([["~", 0, [1, 2]]] * 3)
@example([0.25, 1e6, None, 0.25, 1e6, 0.25, 3.5, None] * 9)
@example([{"7": 1, "3": 2}] * 3)
@example([{"~": "~", "0": "~"}] * 4)
@example(["~", ["a"], [1, 2, 3]])
@example([[None, [1.5, 2.0]], [[0.1, 3], None], [None, None]])
def test_what_is_folded_comes_back(value: Any) -> None:
    assert opened(json.loads(json.dumps(folded(value)))) == value


@needs_node
def test_the_page_opens_what_is_folded(tmp_path: Path) -> None:
    with as_file(files("realities.report") / "template" / "js") as scripts:
        shutil.copytree(scripts, tmp_path / "js")
    (tmp_path / "js" / "package.json").write_text('{"type": "module"}')
    (tmp_path / "js" / "script.js").write_text(_OPEN)
    values: list[Any] = []

    @settings(max_examples=80, deadline=None, database=None, derandomize=True)
    @given(VALUES)
    def gather(value: Any) -> None:
        values.append(value)

    gather()
    values.append([{"day": day, "weights": [day / 8, None, 1e-3], "of": "~"} for day in range(40)])
    found = run_node(["script.js"], json.dumps([folded(one) for one in values]), tmp_path / "js")
    for mine, theirs in zip(values, found, strict=True):
        assert theirs == json.loads(json.dumps(mine))


@pytest.mark.parametrize(
    "numbers",
    [[1, 2, 3], [True] * 9, [0.123456789012] * 9, [2**60] * 9, [None] * 9, ["1"] * 9, [1e-300] * 9],
)
def test_what_gains_nothing_or_would_lose_digits_stays_as_it_is(numbers: list[Any]) -> None:
    assert folded(numbers) == numbers


def test_columns_take_less_than_rows() -> None:
    rows = [{"day": 19_000 + k, "weight": round(0.5 + 0.001 * k, 4), "reliable": True} for k in range(50)]
    assert len(json.dumps(folded(rows))) < 0.4 * len(json.dumps(rows))
