"""Modules, laid flat: the models of a file in, every variable with its full name out.

A variable of a module is `module.variable`, at any depth; an input that is connected stands for the
output it is connected to. Names in equations are settled here too: inside a module a name means a
variable of that module. `slices.py` settles subscripts next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from realities.errors import Findings, did_you_mean
from realities.model import syntax
from realities.model.arrays import MOST_VARIABLES, name_key
from realities.model.xmile.markup import Element
from realities.model.xmile.terms import RANGE, SLICED, map_term, plain_name, written_name
from realities.model.xmile.variables import Definition
from realities.source import Span

#: Modules inside one another beyond this are refused.
DEEPEST = 30
#: Namespaces of functions; a name qualified by one of them means the function itself.
NAMESPACES = frozenset(
    {
        *("std", "user", "anylogic", "forio", "insightmaker", "isee"),
        *("powersim", "simanticssd", "simile", "sysdea", "vensim"),
    }
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A variable where it stands: its definition, the modules it is inside of, and its full name."""

    definition: Definition
    inside: tuple[str, ...]
    name: str


@dataclass(slots=True)
class Flat:
    """Every variable of a whole model by the key of its full name, and which input stands for what."""

    placed: dict[str, Placed] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    links: dict[str, tuple[str, Span]] = field(default_factory=dict)
    #: Keys of dimensions and elements: between brackets they come before variables.
    subscripts: frozenset[str] = frozenset()

    def find(self, name: str, inside: tuple[str, ...]) -> str | None:
        """Return the full name of what a name means inside some modules, or None.

        A point in front means the whole model, or else, as some programs write it, the model above.
        """
        if name.startswith("."):
            return self._at((), name[1:]) or self._at(inside, name[1:])
        found = self._at(inside, name)
        if found is not None or "." not in name:
            return found
        for depth in range(len(inside) - 1, -1, -1):
            found = self._at(inside[:depth], name)
            if found is not None:
                return found
        # The names of models are unique in a whole model, so that one of them is enough to say which.
        tail = f".{name_key(name)}"
        ends = [placed.name for key, placed in self.placed.items() if key.endswith(tail)]
        return ends[0] if len(ends) == 1 else None

    def _at(self, inside: tuple[str, ...], name: str) -> str | None:
        placed = self.placed.get(name_key(".".join((*inside, name))))
        return None if placed is None else placed.name


#: Reads the variables of one model: (its element) -> definitions.
ReadModel = Callable[[Element], list[Definition]]
#: Finds the model of a module: (the module's element) -> the model's element, or None with a finding.
FindModel = Callable[[Element], Element | None]


def flatten(root: Element, read: ReadModel, find: FindModel, findings: Findings) -> Flat:
    """Return every variable of a model and of the modules inside it."""
    flat = Flat()
    pending: list[tuple[Element, tuple[str, ...], tuple[Element, ...]]] = [(root, (), (root,))]
    connections: list[tuple[Element, Element, tuple[str, ...]]] = []
    cache: dict[int, list[Definition]] = {}
    while pending:
        model, inside, above = pending.pop(0)
        if id(model) not in cache:
            cache[id(model)] = read(model)
        for definition in cache[id(model)]:
            if len(flat.placed) > MOST_VARIABLES:
                message = f"this model has more than {MOST_VARIABLES:,} variables"
                findings.error("too-large", message, definition.place)
                return flat
            _place(flat, definition, inside, findings)
        for module in modules_of(model):
            name = written_name(module.attributes.get("name", ""))
            target = find(module)
            if target is None:
                continue
            if target in above or len(above) > DEEPEST:
                message = f'the module "{name}" holds itself'
                findings.error("cycle", message, module.attribute_span("name"))
                continue
            path = (*inside, name)
            flat.modules.add(name_key(".".join(path)))
            pending.append((target, path, (*above, target)))
            connections += [(tag, module, inside) for tag in module.all("connect", "connect2")]
    for tag, module, inside in connections:
        _connect(flat, tag, module, inside, findings)
    return flat


def modules_of(model: Element) -> Iterator[Element]:
    """Yield the modules of a model."""
    for block in (model, *model.all("variables")):
        yield from block.all("module")


def _place(flat: Flat, definition: Definition, inside: tuple[str, ...], findings: Findings) -> None:
    """Enter one variable under its full name."""
    name = ".".join((*inside, definition.name))
    key = name_key(name)
    if key in flat.placed:
        first = flat.placed[key].definition
        message = f'"{name}" is defined twice'
        findings.error("duplicate-name", message, definition.place, f"it is first defined at {first.place}")
        return
    flat.placed[key] = Placed(definition, inside, name)


def _connect(flat: Flat, tag: Element, module: Element, inside: tuple[str, ...], findings: Findings) -> None:
    """Note which output an input stands for."""
    own = (*inside, written_name(module.attributes.get("name", "")))
    if tag.name == "connect2" and module.first("connect") is not None:
        return  # Stella says everything twice, the second time without points in front
    target_name, source_name = (plain_name(tag.attributes.get(end, "").strip()) for end in ("to", "from"))
    if not target_name or not source_name:
        return
    if target_name.startswith("."):
        target = flat.find(target_name, inside)
    else:
        target = _first(flat.find(target_name, inside), target_name, flat, own)
    source = flat.find(source_name, inside) or flat.find(f".{source_name}", inside)
    for found, name, end in ((target, target_name, "to"), (source, source_name, "from")):
        if found is None:
            known = [placed.name for placed in flat.placed.values()]
            findings.error(
                "unknown-name",
                f'no variable is named "{name}"',
                tag.attribute_span(end),
                did_you_mean(name.lstrip("."), known),
            )
            return
    if target is not None and source is not None:
        flat.links.setdefault(name_key(target), (source, tag.attribute_span("from")))


def _first(found: str | None, name: str, flat: Flat, own: tuple[str, ...]) -> str | None:
    """Return the input of the module itself that a name means, or else what was found for it."""
    inner = flat.find(name, own) if "." not in name else None
    return inner or found or flat.find(name, own)


def qualified(equation: syntax.Equation, placed: Placed, flat: Flat, findings: Findings) -> syntax.Equation:
    """Return an equation with the full names of the variables it is about."""
    left = replace(equation.left, name=placed.name)
    if equation.right is None:
        return replace(equation, left=left)
    right = qualified_term(equation.right, placed.inside, flat, findings)
    return replace(equation, left=left, right=right)


def qualified_term(term: syntax.Term, inside: tuple[str, ...], flat: Flat, findings: Findings) -> syntax.Term:
    """Return a term with the full names of the variables it is about."""
    if not inside and not flat.modules and not _has_points(term):
        return term

    indices = {
        id(index)
        for part in syntax.terms(term)
        if isinstance(part, syntax.Apply) and part.function.name in (SLICED, RANGE)
        for index in part.arguments[part.function.name == SLICED :]
        if isinstance(index, syntax.Name) and name_key(index.name) in flat.subscripts
    }

    def settle(node: syntax.Term) -> syntax.Term:
        match node:
            case syntax.Name():
                return node if id(node) in indices else settled(node, is_function=False)
            case syntax.Apply(function):
                return replace(node, function=settled(function, is_function=True))
            case _:
                return node

    def settled(name: syntax.Name, *, is_function: bool) -> syntax.Name:
        full = flat.find(name.name, inside)
        if full is not None:
            return name if name_key(full) == name_key(name.name) else replace(name, name=full)
        head, _, rest = name.name.partition(".")
        if rest and head.lower() in NAMESPACES:
            return replace(name, name=rest)
        if inside and not is_function and name_key(name.name) in flat.placed:
            module = inside[-1]
            findings.error(
                "unknown-name",
                f'no variable of the module "{module}" is named "{name.name}"',
                name.span,
                f'to use the "{name.name}" outside of it, connect an input of "{module}" to it',
            )
        return name

    return map_term(settle, term)


def _has_points(term: syntax.Term) -> bool:
    """Return whether any name in a term is qualified."""
    return any(
        "." in name.name
        for part in syntax.terms(term)
        for name in ((part,) if isinstance(part, syntax.Name) else _heads(part))
    )


def _heads(term: syntax.Term) -> tuple[syntax.Name, ...]:
    return (term.function,) if isinstance(term, syntax.Apply) else ()


def linked(placed: Placed, flat: Flat) -> syntax.Equation | None:
    """Return the equation of an input that is connected: it stands for the output, or None."""
    link = flat.links.get(name_key(placed.name))
    if link is None:
        return None
    source, span = link
    definition = placed.definition
    left = syntax.Left(placed.name, definition.dimensions, (), definition.place)
    right = syntax.Name(source, (), span)
    if not definition.equations:
        units = definition.element.first("units")
        unit, place = ("", definition.place) if units is None else (units.words, units.text_span)
        return syntax.Equation(left, right, unit, place, span=definition.element.span)
    return replace(definition.equations[0], left=left, right=right, is_non_negative=False)
