"""What a Vensim model reads from table files: GET XLS and GET DIRECT calls, answered.

In comes the syntax tree with its calls; out comes the tree with what the files hold: the elements of a
dimension, a list of numbers for constants, the points of each scalar for data and lookups. A call stays
where it stands, except that constants become `Rows`. How many values a call needs follows from the left side
of its equation. Which file is meant and what may be read is `library.py`; `define.py` comes next.

Sources: Vensim Reference Manual, GET DIRECT DATA, CONSTANTS, LOOKUPS and SUBSCRIPT, and GET XLS of the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from realities.errors import MOST_ERRORS, Findings
from realities.ir.builtins import NOT_AVAILABLE
from realities.ir.expr import Expr, Number
from realities.model import syntax
from realities.model.arrays import MOST_VARIABLES, Space, expand, name_key
from realities.model.language import Unfold
from realities.model.resolve import Resolver
from realities.model.symbols import Scope
from realities.model.tables.cells import Call, What, read_names, read_numbers, read_tables
from realities.model.tables.data import GIVE_DATA
from realities.model.tables.library import Library
from realities.model.tables.sheets import TableError
from realities.source import Span

#: Each function by key: what it reads, and whether it steps over gaps in a row of times.
FUNCTIONS: Mapping[str, tuple[What, bool]] = MappingProxyType(
    {
        "get xls data": ("data", True),
        "get xls lookups": ("lookups", True),
        "get xls constants": ("constants", True),
        "get xls subscript": ("subscript", True),
        "get direct data": ("data", False),
        "get direct lookups": ("lookups", False),
        "get direct constants": ("constants", False),
        "get direct subscript": ("subscript", False),
    }
)
#: How each names its arguments, all of them texts.
_ARGUMENTS: Mapping[What, tuple[str, ...]] = MappingProxyType(
    {
        "data": ("file", "tab", "time row or column", "first cell"),
        "lookups": ("file", "tab", "x row or column", "first cell"),
        "constants": ("file", "tab", "first cell"),
        "subscript": ("file", "tab", "first cell", "last cell", "prefix"),
    }
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing a model reads from outside.

    Attributes
    ----------
    variable
        The name that is defined by it.
    function
        The function that reads it, in capitals; empty for a data variable, whose values come with --data.
    arguments
        What the function is told, by name: file, tab and cells. Empty for a data variable.
    is_there
        Whether the file it names is in the folder of the model; False for a data variable.
    span
        The call, or the name of the data variable.
    """

    variable: str
    function: str
    arguments: Mapping[str, str]
    is_there: bool
    span: Span


@dataclass(slots=True)
class Shelf:
    """What the passes below share: the files, where findings go, and how far missing data are allowed.

    Attributes
    ----------
    library
        The files.
    findings
        Takes what is wrong.
    given
        Keys of the full names of variables whose data the user gives: no file is read for them.
    without_data
        Whether a model opens without its files; values are :NA: then, and `missing` names whose they are.
    """

    library: Library
    findings: Findings
    given: Collection[str] = ()
    without_data: bool = False
    missing: list[tuple[str, Span]] = field(default_factory=list)


def read_dimensions(
    definitions: Iterable[syntax.DimensionDef], shelf: Shelf
) -> tuple[syntax.DimensionDef, ...]:
    """Return the dimensions of a file, with the elements that some of them read from tables."""
    return tuple(
        definition if definition.outside is None else _with_elements(definition, definition.outside, shelf)
        for definition in definitions
    )


def read_equations(
    equations: Iterable[syntax.Equation], space: Space, shelf: Shelf
) -> tuple[syntax.Equation, ...]:
    """Return the equations of a file, with the numbers and points that some of them read from tables."""
    found: list[syntax.Equation] = []
    for equation in equations:
        term = equation.right
        if isinstance(term, syntax.Apply) and name_key(term.function.name) in FUNCTIONS:
            if len(shelf.findings.errors) >= MOST_ERRORS:
                break
            found.append(_with_values(equation, term, space, shelf))
        else:
            found.append(equation)
    return tuple(found)


def wanted(file: syntax.ModelFile, library: Library) -> tuple[Wanted, ...]:
    """Return all that a model reads from outside, in the order of its equations, dimensions last."""
    found: list[Wanted] = []
    for equation in file.equations:
        if equation.right is None and equation.is_data:
            found.append(Wanted(equation.left.name, "", {}, False, equation.left.span))
        elif isinstance(equation.right, syntax.Apply):
            found += _wanted(equation.left.name, equation.right, library)
    for dimension in file.dimensions:
        if dimension.outside is not None:
            found += _wanted(dimension.name, dimension.outside, library)
    return tuple(found)


def _wanted(name: str, apply: syntax.Apply, library: Library) -> Iterator[Wanted]:
    call = _call(apply, Findings())
    if call is None:
        return
    try:
        is_there = library.find(call.file).is_file()
    except TableError:
        is_there = False
    told = dict(zip(_ARGUMENTS[call.what], (text.value for text in call.texts), strict=False))
    yield Wanted(name, apply.function.name.upper(), told, is_there, apply.span)


# -- what a call asks for ---------------------------------------------------------------------------------


def _call(apply: syntax.Apply, findings: Findings) -> Call | None:
    """Return what a call asks for, or None with a finding."""
    name = apply.function.name.upper()
    found = FUNCTIONS.get(name_key(apply.function.name))
    if found is None:
        findings.error("unsupported-function", f"{name} is not supported", apply.function.span)
        return None
    what, skips_gaps = found
    wants = _ARGUMENTS[what]
    least = len(wants) - 1 if what == "subscript" else len(wants)
    if not least <= len(apply.arguments) <= len(wants):
        message = f"{name} takes {len(wants)} arguments ({', '.join(wants)}), not {len(apply.arguments)}"
        findings.error("wrong-arguments", message, apply.span)
        return None
    texts = []
    for argument, want in zip(apply.arguments, wants, strict=False):
        if not isinstance(argument, syntax.Text):
            message = f"{name} takes its {want} as text between single quotes, such as 'B2'"
            findings.error("wrong-arguments", message, argument.span)
            return None
        texts.append(argument)
    return Call(what, skips_gaps, tuple(texts), apply.span)


def _with_elements(definition: syntax.DimensionDef, apply: syntax.Apply, shelf: Shelf) -> syntax.DimensionDef:
    """Return a dimension with the elements that its call reads."""
    call = _call(apply, shelf.findings)
    if call is None:
        return definition
    if call.what != "subscript":
        message = f"{apply.function.name.upper()} reads numbers, and a dimension needs names"
        shelf.findings.error("wrong-arguments", message, apply.function.span)
        return definition
    try:
        names = read_names(call, shelf.library)
    except TableError as error:
        shelf.findings.error(error.code, str(error), _place(call, error), *_hints(call, error, shelf))
        return definition
    members = tuple(syntax.Member(name, None, call.span) for name in names)
    return replace(definition, members=members)


def _with_values(
    equation: syntax.Equation, apply: syntax.Apply, space: Space, shelf: Shelf
) -> syntax.Equation:
    """Return an equation with the values that its call reads."""
    call = _call(apply, shelf.findings)
    if call is None:
        return equation
    if call.what == "subscript":
        message = f"{apply.function.name.upper()} reads names, for a dimension"
        shelf.findings.error("wrong-arguments", message, apply.function.span)
        return equation
    axes = [space.axes.get(name_key(subscript.name)) for subscript in equation.left.subscripts]
    sizes = [len(axis.elements) for axis in axes if axis is not None]
    count = 1
    for size in sizes:
        count *= size
    if count > MOST_VARIABLES:
        return equation  # said where the symbols are gathered
    nothing = syntax.Points((0.0,), (NOT_AVAILABLE,), span=call.span)
    if call.what == "data" and _is_given(equation, space, shelf.given):
        return replace(equation, tables=(nothing,) * count)
    try:
        if call.what == "constants":
            return replace(equation, right=syntax.Rows(read_numbers(call, sizes, shelf.library), call.span))
        return replace(equation, tables=read_tables(call, count, shelf.library, shelf.findings))
    except TableError as error:
        if error.code == "missing-file" and shelf.without_data:
            shelf.missing.append((equation.left.name, call.span))
            if call.what == "constants":
                return replace(equation, right=syntax.Rows((NOT_AVAILABLE,) * count, call.span))
        else:
            shelf.findings.error(error.code, str(error), _place(call, error), *_hints(call, error, shelf))
        return replace(equation, tables=(nothing,) * count)


def _is_given(equation: syntax.Equation, space: Space, given: Collection[str]) -> bool:
    """Return whether the user gives the data of all that an equation stands for."""
    if not given:
        return False
    names = [
        name_key(space.full_name(equation.left.name, instance.elements))
        for instance in expand(equation, space, Findings())
    ]
    return bool(names) and all(name in given for name in names)


def _place(call: Call, error: TableError) -> Span:
    """Return where in the model an error belongs: the file's name, or the whole call."""
    return call.texts[0].span if error.code in ("missing-file", "outside-folder", "too-large") else call.span


def _hints(call: Call, error: TableError, shelf: Shelf) -> tuple[str, ...]:
    if error.code != "missing-file":
        return ()
    own = f"to say which file it is: --data '{call.file}=FILE'" if call.file.startswith("?") else ""
    series = f"or {GIVE_DATA}" if call.what == "data" and own else GIVE_DATA if call.what == "data" else ""
    return (own or shelf.library.similar(call.file), series)


# -- calls that stand where they may not --------------------------------------------------------------------


def _misplaced(name: str) -> Unfold:
    def unfold(resolver: Resolver, call: syntax.Apply, _: Scope) -> Expr:
        message = f"{name.upper()} must be all that stands on the right side of an equation"
        resolver.findings.error("wrong-arguments", message, call.span)
        return Number(0.0, call.span)

    return unfold


#: What a call comes to that is only a part of its equation: `read_equations` has answered the others.
MISPLACED: Mapping[str, Callable[..., Expr]] = MappingProxyType(
    {name: _misplaced(name) for name in FUNCTIONS}
)
