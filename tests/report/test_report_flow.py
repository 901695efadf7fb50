"""The page's largest flow and least cut, under Node, against SciPy's."""

from __future__ import annotations

import json
import os
import subprocess
from importlib.resources import files

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from realities.engine.js.node import node

needs_node = pytest.mark.skipif(
    node() is None and os.environ.get("REALITIES_REQUIRE_ALL") != "1", reason="there is no Node"
)
_ASK = """
const given = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(given.map(([n, edges]) => maxFlow(n, edges, 0, n - 1))));
"""


def generated(seed: int) -> tuple[int, list[tuple[int, int, int]]]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 14))
    pairs = rng.integers(0, n, size=(int(rng.integers(1, 4 * n)), 2))
    return n, [(int(a), int(b), int(rng.integers(0, 20))) for a, b in pairs if a != b]


@needs_node
def test_the_largest_flow_is_scipy_s_and_the_cut_carries_as_much() -> None:
    given = [generated(seed) for seed in range(150)]
    script = (files("realities.report") / "template" / "js" / "flow.js").read_text(encoding="utf-8")
    run = subprocess.run(
        [str(node()), "-e", script.replace("export function", "function") + _ASK],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answers = json.loads(run.stdout)
    assert len(answers) == len(given)
    assert sum(answer["value"] > 0 for answer in answers) > 50
    for (n, edges), answer in zip(given, answers, strict=True):
        whole = np.zeros((n, n), dtype=np.int32)
        for a, b, capacity in edges:
            whole[a, b] += capacity
        assert answer["value"] == maximum_flow(csr_array(whole), 0, n - 1).flow_value
        near = answer["near"]
        assert near[0]
        assert not near[n - 1]
        assert sum(c for a, b, c in edges if near[a] and not near[b]) == answer["value"]


@needs_node
def test_lines_of_unequal_fractions_are_filled_and_no_more() -> None:
    script = (files("realities.report") / "template" / "js" / "flow.js").read_text(encoding="utf-8")
    edges = [[0, 1, 0.1], [0, 1, 0.2], [1, 2, 0.25], [0, 2, 0.7]]
    run = subprocess.run(
        [str(node()), "-e", script.replace("export function", "function") + _ASK],
        input=json.dumps([[3, edges]]),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answer = json.loads(run.stdout)[0]
    assert answer["value"] == pytest.approx(0.95, rel=1e-12)
    assert answer["near"] == [True, True, False]
