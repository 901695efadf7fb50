"""The supply network of a case as a schematic picture and as rows of a table.

In comes the case's GeoJSON as it was read; out come SVG text and rows. Width is capacity, squares are
sources, circles hubs, diamonds fronts. Positions are those of the file, stretched to the frame: a
schematic, and captioned so. The page's script (`network.js`) finds places and routes by their order, in
what `carried` tells of the file. Names are placed by `supply_names.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from math import cos, hypot, isfinite, radians
from typing import Final

from realities.figures import format_number
from realities.figures.style import shape_path
from realities.report.supply_names import spots

WIDTH: Final = 1100.0
_SHAPE: Final = {"source": "square", "front": "diamond"}


@dataclass(frozen=True, slots=True)
class Frame:
    """The size of a picture: places are moved until they are `apart`, so that each can be told and named."""

    width: float = WIDTH
    margin: float = 90.0
    apart: float = 64.0
    tallest: float = 640.0


WIDE: Final = Frame()
#: A phone's.
NARROW: Final = Frame(width=348.0, margin=34.0, apart=44.0, tallest=760.0)


@dataclass(frozen=True, slots=True)
class Node:
    """A place of the network, in pixels; what it supplies or needs in the unit of capacities."""

    id: str
    name: str
    kind: str
    x: float
    y: float
    supply: float | None = None
    demand: float | None = None
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """A line of the network; capacity in the unit of the case."""

    id: str
    start: str
    end: str
    capacity: float | None
    days: float | None
    closes: bool = False


@dataclass(frozen=True, slots=True)
class SupplyMap:
    """A network ready to draw."""

    nodes: tuple[Node, ...]
    routes: tuple[Route, ...]
    height: float
    frame: Frame = WIDE

    @property
    def fronts(self) -> tuple[Node, ...]:
        """The places that supply is for."""
        return tuple(node for node in self.nodes if node.kind == "front")

    @property
    def closes(self) -> bool:
        """Whether closing some part sets something in the model."""
        return any(one.closes for one in self.nodes) or any(one.closes for one in self.routes)

    def name(self, node_id: str) -> str:
        """Return the name of a place by its id; the id where there is none."""
        return next((node.name for node in self.nodes if node.id == node_id), node_id)


def read_network(network: object, frame: Frame = WIDE) -> SupplyMap | None:
    """Return the network of a GeoJSON object laid out in a frame, or None where it holds no place."""
    if not isinstance(network, Mapping):
        return None
    places: list[Node] = []
    routes: list[Route] = []
    for kind, coordinates, properties in _features(network):
        if kind == "Point" and (at := _pair(coordinates)) is not None:
            node_id = str(properties.get("id", len(places)))
            name, kind_of = str(properties.get("name", node_id)), str(properties.get("kind", "hub"))
            amounts = _number(properties.get("supply")), _number(properties.get("demand"))
            places.append(Node(node_id, name, kind_of, *at, *amounts, "closes" in properties))
        elif kind == "LineString":
            start, end = str(properties.get("from", "")), str(properties.get("to", ""))
            route_id = str(properties.get("id", f"{start}->{end}"))
            capacity, days = _number(properties.get("capacity")), _number(properties.get("days"))
            routes.append(Route(route_id, start, end, capacity, days, "closes" in properties))
    return _placed(places, routes, frame) if places else None


def carried(network: object) -> dict[str, object] | None:
    """Return a network as a page carries it: GeoJSON of the features that `read_network` reads, in its order.

    Ids and names are text, amounts finite numbers, or null or missing, and a kind that is not known is a
    hub; what else a feature says stays as it is.
    """
    if not isinstance(network, Mapping):
        return None
    features: list[dict[str, object]] = []
    n_places = 0
    for kind, coordinates, properties in _features(network):
        if kind == "Point" and _pair(coordinates) is not None:
            told = _told_place(properties, n_places)
            n_places += 1
        elif kind == "LineString":
            told = _told_route(properties)
        else:
            continue
        whole = {str(key): value for key, value in properties.items()}
        whole |= {key: value for key, value in told.items() if value or key in properties}
        geometry = {"type": kind, "coordinates": coordinates}
        features.append({"type": "Feature", "properties": whole, "geometry": geometry})
    return {**{str(key): value for key, value in network.items()}, "features": features}


def _told_place(properties: Mapping[object, object], place: int) -> dict[str, object]:
    node_id, kind = str(properties.get("id", place)), properties.get("kind")
    return {
        "id": node_id,
        "name": str(properties.get("name", node_id)),
        "kind": kind if kind in _SHAPE else "hub",
        "supply": _number(properties.get("supply")),
        "demand": _number(properties.get("demand")),
    }


def _told_route(properties: Mapping[object, object]) -> dict[str, object]:
    ends = {end: str(properties.get(end, "")) for end in ("from", "to")}
    both_ways = properties.get("both_ways") is True
    return {**ends, "capacity": _number(properties.get("capacity")), "both_ways": both_ways}


def _features(network: Mapping[object, object]) -> Iterator[tuple[str, object, Mapping[object, object]]]:
    features = network.get("features")
    for feature in features if isinstance(features, list) else []:
        if not isinstance(feature, Mapping):
            continue
        geometry, properties = feature.get("geometry"), feature.get("properties")
        if isinstance(geometry, Mapping) and isinstance(properties, Mapping):
            yield str(geometry.get("type")), geometry.get("coordinates"), properties


def _pair(coordinates: object) -> tuple[float, float] | None:
    if not isinstance(coordinates, Sequence) or len(coordinates) < 2:
        return None
    x, y = _number(coordinates[0]), _number(coordinates[1])
    return None if x is None or y is None else (x, y)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)


def _placed(places: Sequence[Node], routes: Sequence[Route], frame: Frame) -> SupplyMap:
    """Stretch positions to the frame, a degree of longitude as long as it is at the middle latitude."""
    xs, ys = [place.x for place in places], [place.y for place in places]
    shrink = max(0.1, cos(radians(min(89.0, abs(sum(ys) / len(ys))))))
    wide, high = (max(xs) - min(xs)) * shrink or 1e-9, max(ys) - min(ys) or 1e-9
    scale = (frame.width - 2 * frame.margin) / wide
    # A narrow frame is drawn tall, so that there is room for names.
    stretched = high * scale * (1.0 if frame.width >= WIDTH else 2.4)
    height = min(frame.tallest, max(280.0, stretched + 2 * frame.margin))
    vertical = (height - 2 * frame.margin) / high
    points = [
        (frame.margin + (x - min(xs)) * shrink * scale, frame.margin + (max(ys) - y) * vertical)
        for x, y in zip(xs, ys, strict=True)
    ]
    moved = _pushed_apart(points, height, frame)
    nodes = tuple(replace(place, x=x, y=y) for place, (x, y) in zip(places, moved, strict=True))
    return SupplyMap(nodes, tuple(routes), height, frame)


def _pushed_apart(
    points: Sequence[tuple[float, float]], height: float, frame: Frame
) -> list[tuple[float, float]]:
    """Move points apart, each as little as it takes and none out of the frame."""
    moved = [list(point) for point in points]
    inset = frame.margin / 2
    for _ in range(200):
        worst = 0.0
        for i, a in enumerate(moved):
            for j, b in enumerate(moved[:i]):
                dx, dy = a[0] - b[0], a[1] - b[1]
                away = hypot(dx, dy)
                short = frame.apart - away
                if short <= 0:
                    continue
                worst = max(worst, short)
                # Two places at one spot part along a direction of their own, the same in every run.
                ux, uy = (dx / away, dy / away) if away > 1e-6 else (cos(i + 2.0 * j), cos(2.0 * i + j))
                for point, sign in ((a, 0.5), (b, -0.5)):
                    point[0] = min(max(point[0] + sign * short * ux, inset), frame.width - inset)
                    point[1] = min(max(point[1] + sign * short * uy, 30.0), height - 30.0)
        if worst < 1.0:
            break
    return [(x, y) for x, y in moved]


def draw(supply: SupplyMap, title: str) -> str:
    """Return the network as SVG text: routes below, places above, labels with a halo and apart."""
    at = {node.id: node for node in supply.nodes}
    largest = max((route.capacity or 0.0 for route in supply.routes), default=0.0) or 1.0
    thick = 9.0 if supply.frame.width >= WIDTH else 6.0
    body = []
    for index, route in enumerate(supply.routes):
        a, b = at.get(route.start), at.get(route.end)
        if a is None or b is None:
            continue
        width = 1.2 + thick * (route.capacity or 0.0) / largest
        carried = "" if route.capacity is None else f", capacity {format_number(route.capacity)}"
        body.append(
            f'<path class="route" data-route="{index}" d="M{a.x:.1f} {a.y:.1f}L{b.x:.1f} {b.y:.1f}" '
            f'stroke-width="{width:.1f}"><title>{escape(f"{a.name} to {b.name}{carried}")}</title></path>'
        )
    body += [_spot(node, index, supply.frame) for index, node in enumerate(supply.nodes)]
    body += _labels(supply)
    wide, high = f"{supply.frame.width:g}", f"{supply.height:.0f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="rl net" viewBox="0 0 {wide} {high}" '
        f'width="{wide}" height="{high}" role="img" aria-label="{escape(title)}">{"".join(body)}</svg>'
    )


def _spot(node: Node, index: int, frame: Frame) -> str:
    """Return a place; a hub with room around it to be hit, and the cross that it has when closed."""
    kind = node.kind if node.kind in _SHAPE else "hub"
    outline = shape_path(_SHAPE.get(kind, "circle"), node.x, node.y, 7.0)
    place = f'<path class="place {kind}" d="{outline}"/>'
    if kind != "hub":
        return place
    around = 13.0 if frame.width >= WIDTH else 20.0
    return (
        f'<g class="spot" data-place="{index}">'
        f'<circle class="hit" cx="{node.x:.1f}" cy="{node.y:.1f}" r="{around:g}"/>{place}'
        f'<path class="cross" d="M{node.x - 7:.1f} {node.y - 7:.1f}l14 14m0 -14l-14 14"/></g>'
    )


def _labels(supply: SupplyMap) -> list[str]:
    names = [node.name for node in supply.nodes]
    found = spots([(node.x, node.y) for node in supply.nodes], names, supply.frame.width)
    return [
        f'<text class="name" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(name)}</text>'
        for name, (x, y, anchor) in zip(names, found, strict=True)
    ]
