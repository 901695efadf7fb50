"""One description of a chart, drawn in Python and by the page's own script: the same shapes and texts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import date
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from realities.figures import (
    Chart,
    Series,
    account,
    day_of,
    diagram,
    draw,
    fan,
    lines,
    mark,
    runs,
    small,
    steps,
)

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
SCRIPT = """
import { draw } from "./js/draw.js";
let text = "";
for await (const part of process.stdin) text += part;
process.stdout.write(JSON.stringify(JSON.parse(text).map((chart) => draw(chart))));
"""


def accounts(days: np.ndarray, n: int, scale: float, seed: int) -> list[Series]:
    rng = np.random.default_rng(seed)
    middle = scale * np.cumsum(rng.normal(1, 2, (n, 1, len(days))), axis=2)
    spread = scale * np.array([-9, -3, 0, 3, 9])[:, None] * np.linspace(0.1, 2, len(days))
    return [account(f"Account number {k} & <b>others</b> besides", k, middle[k] + spread) for k in range(n)]


def charts() -> dict[str, Chart]:
    days = np.arange(day_of(date(2022, 2, 24)), day_of(date(2026, 8, 22)), 23)
    rng = np.random.default_rng(3)
    said = [(40.0, None, None), (None, 10.0, 55.5), (30.0, 20.0, 41.0), (None, None, 8.0)] * 25
    marks = [
        mark(
            float(days[0] + 14 * k), value, k % 9, is_late=k > 70, low=low, high=high, label=f'{k} "of" <one>'
        )
        for k, (value, low, high) in enumerate(said)
    ]
    unsure = accounts(days, 3, 1e5, 2)
    unsure[1]["faint"], unsure[2]["rows"] = True, []
    weights = 100 * rng.dirichlet(np.ones(4), len(days)).T
    weights[1, 5:9] = np.nan
    stairs = [account(f"Account {k}", k, [row]) for k, row in enumerate(weights)]
    stale = steps(days, stairs, as_of=date(2024, 2, 29))
    points = account("One", 0, [[10, np.nan, 40, 90, 88]])
    points["open"] = [False, False, True, False, True]
    widths = [(-2.0, "¼"), (-1.0, "½"), (0.0, "1"), (1.0, "2"), (2.0, "4")]
    zoned = lines(widths, [points, account("Two", 1, [[90, 80, 70, 60, np.nan]])], name="By width")
    zoned["zone"], zoned["span"], zoned["left"], zoned["ends"] = (-1, 1), (-2.15, 2.15), 34, "letters"
    shared = fan(days, accounts(days, 1, 0.001, 4), as_of=date(2023, 4, 9), width=300, height=200)
    shared["ends"], shared["bare"], shared["left"], shared["ticks"] = "", True, 4, [-0.05, 0, 0.05, 0.1]
    century = np.arange(day_of(date(1821, 1, 1)), day_of(date(1934, 7, 1)), 365)
    singles = [account(f"Run {k}", k, rng.normal(k, 1, (9, len(days)))) for k in range(3)]
    claims = [[3, 0, 0, 20, 8], [55, 100, 20, 90, 1], [97, 60, 80, 100, 12]]
    return {
        "fan": fan(days, accounts(days, 6, 1, 1), marks=marks, as_of=date(2024, 1, 1), name='A "fan" & <b>'),
        "millions, one of them not reliable, one empty": fan(days, unsure, as_of=date(2026, 8, 1)),
        "as of a day beside the chart": fan(days, accounts(days, 2, 3e8, 5), as_of=date(2030, 1, 1)),
        "panel": shared,
        "a century": fan(century, accounts(century, 2, 7, 6)),
        "runs": runs(days, singles, marks=marks[:9]),
        "small": small(days, accounts(days, 5, 1e3, 7), as_of=date(2025, 1, 1), width=190, height=120),
        "steps": steps(days, stairs, as_of=date(2024, 2, 29), name="Weights"),
        "steps out of date": stale | {"stale": [float(d) + 9 if d % 3 else None for d in days]},
        "steps out of date at the date": stale | {"stale": [float(day) + 1 for day in days]},
        "steps before the first": steps(days, stairs, as_of=date(2020, 1, 1)),
        "steps without a date": steps(days[:1], [account("One", 0, [[100]])]),
        "lines": zoned,
        "diagram": diagram(claims, 2, name="How often"),
        "places": Chart(
            kind="places", w=260, h=130, x=[0, 100], xs=[(0, "0"), (50, "50")], ticks=[0, 20, 40], even=17.5,
            series=[Series(index=4, rows=[[12, 0, 33.0, 40]])], left=34, right=4, top=8, bottom=24,
        ),
    }  # fmt: skip


@pytest.fixture(scope="module")
def by_script(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    node = shutil.which("node")
    if node is None:
        if os.environ.get("REALITIES_REQUIRE_ALL") == "1":
            pytest.fail("Node is not installed")
        pytest.skip("Node is not installed")
    folder = tmp_path_factory.mktemp("page")
    script = files("realities.report") / "template" / "js"
    (folder / "js").mkdir()
    for name in ("draw", "scale", "format"):
        (folder / "js" / f"{name}.js").write_text((script / f"{name}.js").read_text("utf-8"), "utf-8")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (folder / "draw.js").write_text(SCRIPT, encoding="utf-8")
    return dict(zip(charts(), _run(node, folder, list(charts().values())), strict=True))


def _run(node: str, folder: Path, asked: list[Chart]) -> list[str]:
    text = json.dumps(asked, allow_nan=False)
    done = subprocess.run(
        [node, "draw.js"],
        cwd=folder,
        input=text,
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=60,
    )
    found: list[str] = json.loads(done.stdout)
    return found


def parts(svg: str) -> list[tuple[str, dict[str, str], str]]:
    """Elements in their order: tag, attributes and text, each number replaced by a sign."""
    found = []
    for node in ElementTree.fromstring(svg).iter():
        shape = {name: NUMBER.sub("#", text) for name, text in node.attrib.items() if name != "aria-label"}
        found.append((node.tag, shape, node.text or ""))
    return found


def numbers(svg: str) -> np.ndarray:
    """Every number that places or shapes something, in order of elements and names of attributes."""
    root = ElementTree.fromstring(svg)
    found = [
        float(number)
        for node in root.iter()
        for name in sorted(node.attrib)
        if name not in {"class", "aria-label"}
        for number in NUMBER.findall(node.attrib[name])
    ]
    return np.array(found)


@pytest.mark.parametrize("name", list(charts()))
def test_python_and_the_page_draw_the_same(name: str, by_script: dict[str, str]) -> None:
    here, there = draw(charts()[name]), by_script[name]
    assert parts(here) == parts(there)
    assert ElementTree.fromstring(here).get("aria-label") == ElementTree.fromstring(there).get("aria-label")
    np.testing.assert_allclose(numbers(here), numbers(there), rtol=0, atol=0.1001)


def test_every_kind_of_chart_is_compared() -> None:
    from typing import get_args

    from realities.figures.chart import Kind

    assert {chart["kind"] for chart in charts().values()} == set(get_args(Kind)) - {"bars"}, (
        "bars are no page's"
    )
