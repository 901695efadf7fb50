"""network.geojson: the optional supply network of a case, checked for its shape.

In comes the file; out goes its content as plain values. Points are nodes with an `id` and a `kind`
(source, hub or front); LineStrings are routes `from` one node `to` another. Either may say with `closes`
what its closing sets in the model. The report draws the network and lets a reader close parts of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from realities.case.accounts import Constants
from realities.case.json_text import parse_json
from realities.case.located import Located
from realities.case.schema import NETWORK
from realities.case.shapes import conforms
from realities.errors import Findings, meant_or_there
from realities.source import SourceText, Span


def parse_network(
    source: SourceText, findings: Findings, constants: Constants
) -> Mapping[str, object] | None:
    """Return the network in a GeoJSON text, or None with findings."""
    located = parse_json(source, findings)
    if located is None or not conforms(located, NETWORK, findings):
        return None
    n_before = len(findings.errors)
    features = located.get("features")
    nodes: dict[str, Span] = {}
    routes: dict[str, Span] = {}
    closings: dict[str, tuple[float, Span]] = {}
    for index in range(len(features) if isinstance(features, list) else 0):
        is_node = located.get("features", index, "geometry", "type") == "Point"
        _check_coordinates(located, index, is_node, findings)
        _check_id(located, index, nodes if is_node else routes, findings, required=is_node)
    for index in range(len(features) if isinstance(features, list) else 0):
        if located.get("features", index, "geometry", "type") == "LineString":
            _check_ends(located, index, nodes, findings)
        _check_closes(located, index, constants, closings, findings)
    return _as_spelled(located.data, constants) if len(findings.errors) == n_before else None


def _check_coordinates(located: Located, index: int, is_node: bool, findings: Findings) -> None:
    """A point has numbers, a line has positions."""
    path = ("features", index, "geometry", "coordinates")
    coordinates = located.get(*path)
    kinds = {isinstance(part, list) for part in coordinates} if isinstance(coordinates, list) else set()
    if kinds != {not is_node}:
        wanted = "two numbers, [x, y]" if is_node else "two or more positions, [[x, y], [x, y]]"
        findings.error("wrong-type", f"the coordinates must be {wanted}", located.value(*path))


def _check_id(
    located: Located, index: int, met: dict[str, Span], findings: Findings, *, required: bool
) -> None:
    """Nodes need ids, and no two nodes or routes may share one."""
    value = located.get("features", index, "properties", "id")
    if value is None:
        if required:
            where = located.value("features", index, "properties")
            findings.error("missing-key", 'a Point needs an "id" among its properties', where)
        return
    name, span = str(value), located.value("features", index, "properties", "id")
    if name in met:
        message, hint = f'the id "{name}" is given twice', f"the first is at {met[name]}"
        findings.error("duplicate-id", message, span, hint)
    met.setdefault(name, span)


def _check_ends(located: Located, index: int, nodes: Mapping[str, Span], findings: Findings) -> None:
    """Check that a route leads from one known node to another."""
    ends = []
    for end in ("from", "to"):
        value = located.get("features", index, "properties", end)
        where = located.value("features", index, "properties", end)
        ends.append(str(value))
        if value is None:
            findings.error("missing-key", f'a LineString needs "{end}" among its properties', where)
        elif str(value) not in nodes:
            message = f'no Point has the id "{value}"'
            findings.error("unknown-name", message, where, meant_or_there(str(value), nodes))
    if ends[0] == ends[1] and ends[0] in nodes:
        where = located.value("features", index, "properties", "to")
        findings.error("bad-value", "a route must lead from one node to another", where)


def _check_closes(
    located: Located, index: int, constants: Constants, met: dict[str, tuple[float, Span]], findings: Findings
) -> None:
    """Check that what closes a place or route is a constant of the model, always set to the same value."""
    path = ("features", index, "properties", "closes")
    written, value = located.get(*path, "constant"), located.get(*path, "value")
    if written is None:
        return
    name = constants.find(str(written), located.value(*path, "constant"), findings)
    if name is None or not isinstance(value, int | float):
        return
    first, span = met.setdefault(name, (value, located.value(*path, "value")))
    if first != value:
        message = f'closing sets "{name}" to {value:g} here and to {first:g} elsewhere'
        findings.error("bad-value", message, located.value(*path, "value"), f"the first is at {span}")


def _as_spelled(network: Mapping[str, object], constants: Constants) -> Mapping[str, object]:
    """Return a network in which constants are named as the model names them."""
    spelled = deepcopy(dict(network))
    for closes in _closings(spelled):
        name = str(closes["constant"])
        closes["constant"] = name if constants.model is None else constants.model[name].name
    return spelled


def closing_constants(network: Mapping[str, object] | None) -> dict[str, float]:
    """Return every constant of the model that closing a place or a route sets, and its value then."""
    return {str(closes["constant"]): float(closes["value"]) for closes in _closings(network or {})}


def _closings(network: Mapping[str, object]) -> Iterator[dict[str, Any]]:
    features = network.get("features")
    for feature in features if isinstance(features, list) else []:
        if "closes" in feature["properties"]:
            yield feature["properties"]["closes"]
