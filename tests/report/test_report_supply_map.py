"""The network is drawn as a schematic whatever its file holds."""

from __future__ import annotations

import json
from importlib.resources import files
from math import hypot
from typing import Any
from xml.etree import ElementTree

import pytest
from report_synthetic import HOSTILE, network

from realities.report.supply_map import NARROW, WIDE, WIDTH, Frame, draw, read_network

SVG = "{http://www.w3.org/2000/svg}"


def drawn(data: object) -> ElementTree.Element:
    supply = read_network(data)
    assert supply is not None
    return ElementTree.fromstring(draw(supply, "A network"))


def widths(root: ElementTree.Element) -> dict[str, float]:
    paths = [node for node in root.iter(f"{SVG}path") if node.get("class") == "route"]
    return {next(node.iter(f"{SVG}title")).text or "": float(node.get("stroke-width") or 0) for node in paths}


def test_width_is_capacity() -> None:
    found = widths(drawn(network()))
    assert len(found) == 10
    widest = max(found, key=lambda name: found[name])
    assert widest == "Long lake to The fork, capacity 6"
    assert found["Upper weir to Old mill, capacity 4"] > found["Old mill to North fields, capacity 3"]


def test_places_have_the_shape_of_their_kind_and_labels_stay_inside() -> None:
    root = drawn(network())
    kinds = [
        node.get("class") for node in root.iter(f"{SVG}path") if (node.get("class") or "").startswith("place")
    ]
    assert sorted(kinds) == ["place front"] * 3 + ["place hub"] * 3 + ["place source"] * 2
    for label in root.iter(f"{SVG}text"):
        assert 0 < float(label.get("x") or -1) < WIDTH


def test_hostile_names_are_text() -> None:
    root = drawn(network(HOSTILE))
    assert not list(root.iter(f"{SVG}script"))
    assert any((label.text or "").endswith(HOSTILE) for label in root.iter(f"{SVG}text"))


@pytest.mark.parametrize(
    "data", [None, {}, {"features": None}, {"features": [1, {"geometry": 3}]}, "text", []]
)
def test_what_holds_no_place_draws_nothing(data: object) -> None:
    assert read_network(data) is None


def test_a_lone_place_a_dangling_route_and_odd_numbers_do_no_harm() -> None:
    point: dict[str, Any] = {
        "geometry": {"type": "Point", "coordinates": [10, 50]},
        "properties": {"id": "only", "capacity": "much"},
    }
    line: dict[str, Any] = {
        "geometry": {"type": "LineString", "coordinates": []},
        "properties": {"from": "only", "to": "nowhere", "capacity": True},
    }
    root = drawn(
        {"features": [point, line, {"geometry": {"type": "Point", "coordinates": ["x"]}, "properties": {}}]}
    )
    assert widths(root) == {}
    assert [label.text for label in root.iter(f"{SVG}text")] == ["only"]


@pytest.mark.parametrize("frame", [WIDE, NARROW])
def test_a_name_stands_clear_of_others_and_nearest_to_its_own_place(frame: Frame) -> None:
    folder = files("realities") / "cases" / "ukraine-2022"
    supply = read_network(json.loads((folder / "network.geojson").read_text(encoding="utf-8")), frame)
    assert supply is not None
    texts = list(ElementTree.fromstring(draw(supply, "A network")).iter(f"{SVG}text"))
    boxes = []
    for text in texts:
        width, x, y = 7.2 * len(text.text or ""), float(text.get("x") or 0), float(text.get("y") or 0)
        left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[text.get("text-anchor") or ""] * width
        boxes.append((left, y - 9, left + width, y))
    for k, (left, top, right, bottom) in enumerate(boxes):
        gaps = [
            hypot(max(left - node.x, 0, node.x - right), max(top - node.y, 0, node.y - bottom))
            for node in supply.nodes
        ]
        assert gaps.index(min(gaps)) == k, texts[k].text
        for other in boxes[:k]:
            apart = max(left - other[2], other[0] - right), max(top - other[3], other[1] - bottom)
            assert max(apart) > 0, texts[k].text


def test_places_that_crowd_are_moved_apart_and_stay_in_the_frame() -> None:
    points: list[dict[str, Any]] = [
        {
            "geometry": {"type": "Point", "coordinates": [30 + k % 3 / 50, 50 + k // 3 / 50]},
            "properties": {"id": k},
        }
        for k in range(9)
    ]
    corners = ([20, 40], [40, 55])
    points += [{"geometry": {"type": "Point", "coordinates": at}, "properties": {}} for at in corners]
    supply = read_network({"features": points})
    assert supply is not None
    for i, a in enumerate(supply.nodes):
        assert 0 < a.x < WIDTH
        assert 0 < a.y < supply.height
        for b in supply.nodes[:i]:
            assert (a.x - b.x) ** 2 + (a.y - b.y) ** 2 > 40**2
    assert read_network({"features": points}) == supply
