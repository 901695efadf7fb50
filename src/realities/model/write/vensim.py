"""A syntax tree as Vensim text: `ModelFile` in, the text of an `.mdl` file out.

What came from Vensim is given back equation by equation in the order of the file, its sketch and settings as
they were; what came from elsewhere gets an empty sketch, so that Vensim opens it. The tree is printed as
it stands: `translate.py` makes one that Vensim can say first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from realities.errors import Findings
from realities.ir.model import Integrator
from realities.ir.notation import number_text
from realities.model import syntax
from realities.model.arrays import Space, build_space, name_key
from realities.model.vensim.language import VENSIM
from realities.model.write.terms import Notation, reference_text, term_text

#: Lines are broken before this column where they can be.
WIDTH = 80

_PLAIN = re.compile(r"[^\W\d][\w$'&%#@ ]*")
_BREAKS = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\'\n]*\'|, | [-+*/^=<>]+ | :(?:AND|OR): ')
_INDENT = "\t"
_RULE = "*" * 56
_KEYWORDS = {
    "interpolate": ":INTERPOLATE:",
    "raw": ":RAW:",
    "hold backward": ":HOLD BACKWARD:",
    "look forward": ":LOOK FORWARD:",
}
#: Names of functions, which a variable can have between quotation marks only.
FUNCTIONS = frozenset((*VENSIM.simple, *VENSIM.unfold, *VENSIM.whole, *VENSIM.refused))
_READ_LOOKUPS = {"get xls lookups", "get direct lookups"}
_INTEGRATION: dict[Integrator, int] = {"euler": 0, "rk2": 3, "rk4": 5, "rk45": 1}
_NO_SKETCH = (
    "\\\\\\---/// Sketch information - do not modify anything except names\n"
    "V300  Do not put anything below this section - it will be ignored\n"
    "*View 1\n"
    "$192-192-192,0,Times New Roman|12||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|96,96,100,0\n"
    "///---\\\\\\\n"
)
_SETTINGS = ":L\x7f<%^E!@"


def is_plain_name(name: str) -> bool:
    """Return whether a name can stand without quotation marks."""
    return _PLAIN.fullmatch(name) is not None


def name_text(name: str) -> str:
    """Return a name, between quotation marks where its characters need them or a function bears it too."""
    return f'"{name}"' if name_key(name) in FUNCTIONS else function_text(name)


def function_text(name: str) -> str:
    """Return a name before parentheses, between quotation marks where its characters need them."""
    return name if is_plain_name(name) else f'"{name}"'


def _subscript(subscript: syntax.Subscript) -> str:
    return name_text(subscript.name) + ("!" if subscript.is_reduced else "")


def _points(points: syntax.Points) -> str:
    return f"({_pairs(points)})"


def _pairs(points: syntax.Points) -> str:
    """Return points behind the frame that Vensim draws around them."""
    xs, ys = points.xs or (0.0,), points.ys or (0.0,)
    ends = points.frame or (min(xs), min(ys), max(xs), max(ys))
    corners = [number_text(value) for value in ends]
    frame = "[({},{})-({},{})]".format(*corners)
    pairs = (f"({number_text(x)},{number_text(y)})" for x, y in zip(points.xs, points.ys, strict=True))
    return ", ".join([frame, *pairs])


#: How Vensim spells terms.
VENSIM_NOTATION = Notation(
    name=name_text,
    function=function_text,
    signs={"and": ":AND:", "or": ":OR:", "not": ":NOT: "},
    subscripts=lambda _, subscripts: _listed(subscripts),
    text=lambda text: f"'{text}'",
    points=_points,
)


def vensim_text(file: syntax.ModelFile) -> str:
    """Return the text of an `.mdl` file that reads as the same tree."""
    space = build_space(file.dimensions, Findings())
    parts = ["{UTF-8}\n"]
    group = ""
    notes = dict(file.group_notes)
    for macro in file.macros:
        parts.append(_macro_head(macro))
        for equation in macro.equations:
            parts += _grouped(equation, group, space, notes)
            group = equation.group
        parts.append(":END OF MACRO:\n")
    parts += [_dimension(dimension) for dimension in file.dimensions]
    for equation in file.equations:
        parts += _grouped(equation, group, space, notes)
        group = equation.group
    for check in file.reality_checks:
        if check.group and check.group != group:
            group = check.group
            parts.append(_group_head(group, notes.pop(group, "")))
        parts.append(_reality_check(check))
    parts += [_group_head(name, note) for name, note in notes.items()]  # groups without an equation
    return "\n".join([*parts, _display(file)])


def equation_text(equation: syntax.Equation, space: Space) -> str:
    """Return one equation, with its unit, limits and comment."""
    limits = f"[{equation.limits}]" if equation.limits else ""
    unit = " ".join(part for part in (equation.unit, limits) if part)
    flag = "\n\t~\t:SUPPLEMENTARY:" if equation.is_supplementary else ""
    body = wrapped(_definition(equation, space))
    # A backslash at the end of a line would take the next line along.
    end = "|" if equation.doc.endswith("\\") and not flag else "\n\t|"
    return f"{body}\n\t~\t{unit}\n\t~\t{equation.doc}{flag}{end}\n"


def wrapped(text: str) -> str:
    """Return an equation with its right side on lines of their own, the long ones broken."""
    first, *rest = text.split("\n")
    lines = [first]
    for line in rest:
        lines += _broken(line)
    return "\n".join(lines)


def _broken(line: str) -> Iterator[str]:
    """Yield a line in parts that end behind an operator or a comma, each but the last with a backslash."""
    room, start, end = WIDTH - 10, 0, 0
    for found in _BREAKS.finditer(line):
        if found.group()[0] in "\"'":
            continue
        if end > start and found.end() - start > room:
            yield f"{_INDENT if start else ''}{line[start:end].rstrip()}\\"
            start = end
        end = found.end()
    if end > start and len(line) - start > room:
        yield f"{_INDENT if start else ''}{line[start:end].rstrip()}\\"
        start = end
    yield f"{_INDENT if start else ''}{line[start:]}"


def _group_head(name: str, note: str) -> str:
    return f"{_RULE}\n\t.{name}\n{_RULE}~\n\t\t{note}\n\t|\n"


def _grouped(equation: syntax.Equation, group: str, space: Space, notes: dict[str, str]) -> Iterator[str]:
    """Yield an equation, behind the head of its group where that is another one than before.

    The comment of a group is taken out of `notes`, so that it is written once.
    """
    if equation.group != group:
        yield _group_head(equation.group, notes.pop(equation.group, ""))
    yield equation_text(equation, space)


def _definition(equation: syntax.Equation, space: Space) -> str:
    """Return both sides of an equation, unbroken but for the break behind the sign between them."""
    left = _left(equation.left)
    if equation.interpolation is not None:
        left += f" {_KEYWORDS[equation.interpolation]}"
    match equation.right:
        case None:
            return left
        case syntax.Points() as points:
            return f"{left}(\n\t{_pairs(points)})"
        case syntax.Apply(function) as call if name_key(function.name) in _READ_LOOKUPS:
            return f"{left}(\n\t{term_text(call, VENSIM_NOTATION)})"
        case syntax.Rows() as rows:
            right = "\n\t".join(_rows(rows, equation.left, space))
        case term:
            right = term_text(term, VENSIM_NOTATION)
    sign = "==" if equation.is_unchangeable else ":=" if equation.is_data else "="
    return f"{left} {sign}\n\t{right}"


def _left(left: syntax.Left) -> str:
    text = reference_text(left.name, left.subscripts, VENSIM_NOTATION)
    if left.exceptions:
        text += " :EXCEPT: " + ", ".join(f"[{_listed(one)}]" for one in left.exceptions)
    return text


def _listed(subscripts: Iterable[syntax.Subscript]) -> str:
    return ", ".join(_subscript(one) for one in subscripts)


def _rows(rows: syntax.Rows, left: syntax.Left, space: Space) -> list[str]:
    """Return a list of numbers, a line for each row of the last dimension."""
    sizes = [
        len(space.axes[key].elements)
        for key in (name_key(subscript.name) for subscript in left.subscripts)
        if key in space.axes
    ]
    numbers = [number_text(value) for value in rows.values]
    width = sizes[-1] if len(sizes) > 1 and sizes[-1] and len(numbers) % sizes[-1] == 0 else len(numbers)
    if width == 1 or len(sizes) > 1:
        return [", ".join(numbers[at : at + width]) + ";" for at in range(0, len(numbers), width)]
    return [", ".join(numbers)]


def _macro_head(macro: syntax.MacroDef) -> str:
    inside = ", ".join(name_text(name) for name in macro.inputs)
    if macro.outputs:
        inside += " : " + ", ".join(name_text(name) for name in macro.outputs)
    return f":MACRO: {function_text(macro.name)}({inside})\n"


def _dimension(dimension: syntax.DimensionDef) -> str:
    if dimension.alias_of is not None:
        text = f"{name_text(dimension.name)} <-> {name_text(dimension.alias_of)}"
    else:
        outside = "" if dimension.outside is None else term_text(dimension.outside, VENSIM_NOTATION)
        text = f"{name_text(dimension.name)}:\n\t{outside or _members(dimension.members)}"
        if dimension.mappings:
            text += " -> " + ", ".join(_mapping(one) for one in dimension.mappings)
    return f"{wrapped(text)}\n\t~\n\t~\t\n\t|\n"


def _members(members: Sequence[syntax.Member]) -> str:
    return ", ".join(
        name_text(one.name) if one.last is None else f"({name_text(one.name)}-{name_text(one.last)})"
        for one in members
    )


def _mapping(mapping: syntax.MapsTo) -> str:
    if not mapping.members:
        return name_text(mapping.target)
    return f"({name_text(mapping.target)}: {_members(mapping.members)})"


def _reality_check(check: syntax.RealityCheck) -> str:
    """Return a Reality Check, its statements as written."""
    head = reference_text(check.name, check.subscripts, VENSIM_NOTATION)
    if check.is_test_input:
        text = f"{head} :TEST INPUT:\n\t{check.consequence}"
    else:
        text = f"{head} :THE CONDITION:\n\t{check.condition} :IMPLIES: {check.consequence}"
    return f"{text}\n\t~\n\t~\t{check.doc}\n\t|\n"


def _display(file: syntax.ModelFile) -> str:
    """Return the drawing and the settings: the file's own, or an empty sheet."""
    if file.dialect == "vensim" and file.display:
        return file.display
    return _NO_SKETCH + settings_text(file)


def settings_text(file: syntax.ModelFile) -> str:
    """Return the settings that stand behind the drawing: how to integrate, and units with several names."""
    units = (",".join(_unit_names(unit)) for unit in file.unit_definitions)
    settings = [f"15:0,0,0,{_INTEGRATION[file.integrator]},0,0", *(f"22:{line}" for line in units)]
    return "\n".join([_SETTINGS, *settings]) + "\n"


def _unit_names(unit: syntax.UnitDefinition) -> list[str]:
    """Return what the settings of Vensim list for one unit: its names, all meaning the same."""
    return [unit.name, *unit.aliases]
