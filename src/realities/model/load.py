"""A model file to a verified `Model`: the passes, in order.

    read       bytes -> text, and where it came from
    parse      text -> syntax tree                      vensim/read.py, xmile/read.py
    marks      what is kept from going below zero         nonnegative.py
    arrays     dimensions, elements, mappings           arrays.py
    symbols    which equations define what              symbols.py
    data       values of data variables, from tables    data.py
    external   what calls read from spreadsheets        tables/external.py, cells.py, library.py
    define     every equation, element by element       define.py
    resolve    terms -> expressions and variables       resolve.py, stateful.py, reductions.py, macros.py
    order      evaluation order, or the loop            order.py
    verify     what holds of every model                ir/verify.py
    units      what does not balance                    unitcheck.py

Each pass gathers what is wrong and raises once; `engine/` runs what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from realities.errors import Diagnostic, Findings, InputError, UnreadableError
from realities.ir.expr import Binary, Expr, Ref, Unary
from realities.ir.model import Integrator, Model, TimeSpec, Variable
from realities.ir.verify import verify
from realities.model.arrays import Space, build_space, name_key
from realities.model.define import define_all, read_unit_names
from realities.model.languages import ADVICE, LANGUAGES, READERS
from realities.model.macros import macro_table, with_outputs
from realities.model.nonnegative import keep_non_negative
from realities.model.order import in_order
from realities.model.realitychecks import check_realities
from realities.model.resolve import Resolver
from realities.model.symbols import Controls, Scope, Table, build_table
from realities.model.syntax import ModelFile
from realities.model.tables.data import read_data, split_data, tell_missing, tell_unused
from realities.model.tables.external import Shelf, read_dimensions, read_equations
from realities.model.tables.library import open_library
from realities.model.unitcheck import check_units
from realities.model.xmile.elsewhere import with_macros_beside
from realities.source import SourceText, Span, encoding_of
from realities.units import Unit

#: A model file larger than this is refused unread, in bytes.
LARGEST_FILE = 64_000_000


@dataclass(frozen=True, slots=True)
class ExtraEquation:
    """An expression from another file, in the model's own language, to become a hidden variable.

    The text of `span` is the expression; problems in it are reported there.
    """

    name: str
    span: Span
    unit: Unit | None = None


def load_model(
    path: Path | str,
    *,
    extra: Sequence[ExtraEquation] = (),
    data: Sequence[Path | str] = (),
    without_data: bool = False,
    findings: Findings | None = None,
) -> Model:
    """Return the model in a file, resolved, ordered and verified.

    Parameters
    ----------
    path
        A model file, such as a Vensim model (`.mdl`).
    extra
        Expressions that become hidden auxiliary variables, as a case's measures and claims do.
    data
        Files with the values of data variables (`.csv`, `.tab`, `.xlsx`, `.xls`): the first column is
        time, each other column a variable by name; or Vensim's `.dat`. `?name=FILE` says which file a
        model means by `?name` in a function that reads spreadsheets.
    without_data
        Whether a model opens though data are missing: values that are not there are :NA: then, and one
        warning names them.
    findings
        Takes the warnings, such as units that do not balance.

    Raises
    ------
    UnreadableError
        If the file is missing or cannot be read.
    InputError
        If the model is wrong, with every problem that could be found.
    """
    source = read_source(Path(path))
    return build_model(source, extra=extra, data=data, without_data=without_data, findings=findings)


def build_model(
    source: SourceText,
    *,
    extra: Sequence[ExtraEquation] = (),
    data: Sequence[Path | str] = (),
    without_data: bool = False,
    findings: Findings | None = None,
) -> Model:
    """Return the model that a text describes; as `load_model`, for a text already read.

    The ending of the source's name says which language it is.
    """
    found = Findings()
    file = read_file(source, found)
    return build_file(file, found, extra=extra, data=data, without_data=without_data, findings=findings)


def build_file(
    file: ModelFile,
    found: Findings,
    *,
    extra: Sequence[ExtraEquation] = (),
    data: Sequence[Path | str] = (),
    without_data: bool = False,
    findings: Findings | None = None,
) -> Model:
    """Return the model that a syntax tree describes; as `load_model`, for a file already parsed.

    `found` holds what its reader found, and takes what the passes find.
    """
    source = file.source
    if not file.equations and not found.errors:
        found.error("empty-model", "this file holds no equations", Span(source, 0, 0))
    found.check()
    language = LANGUAGES[file.dialect]
    file = keep_non_negative(file, language.controls.time_step)
    tables, tags = split_data(data)
    series = read_data(tables, found)
    shelf = Shelf(open_library(source, tags), found, series.keys(), without_data)
    file = replace(file, dimensions=read_dimensions(file.dimensions, shelf))
    space = build_space(file.dimensions, found)
    file = replace(file, equations=read_equations(file.equations, space, shelf))
    table = build_table(source, with_outputs(file), space, found, language.controls, language.words())
    check_realities(file, table, space, found)
    tell_unused(series, _known_names(table, space), found)
    found.check()
    macros = macro_table(file.macros, found)
    units = read_unit_names(file, language.controls, found)
    resolver = Resolver(space, table, macros, found, language, units)
    define_all(resolver, series, shelf.missing)
    tell_missing(shelf.missing, found, is_error=not without_data)
    _add_extra(resolver, extra, file)
    found.check()
    own = _hide_controls(resolver.variables, language.controls)
    variables, initial_order = in_order(_mark_flows(own), found)
    found.check()
    model = Model(
        file.name,
        variables,
        _time(file.integrator, language.controls, variables),
        resolver.lookups,
        space.dimensions(),
        file.dialect,
        source,
        initial_order,
        resolver.settled,
    )
    verify(model)
    model = _with_units(model, check_units(model, found))
    found.check()
    if findings is not None:
        findings.extend(found.items)
    return model


def read_file(source: SourceText, findings: Findings) -> ModelFile:
    """Return the syntax tree of a model file, in the language that its name's ending says.

    Raises
    ------
    InputError
        If the ending is none of a language that is read.
    """
    place = Path(source.name)
    reader = READERS.get(place.suffix.lower())
    if reader is None:
        endings = ", ".join(READERS)
        message = f'"{place.name}" is no model file: its name ends in none of {endings}'
        raise _refusal(InputError, place, "unknown-format", message, ADVICE.get(place.suffix.lower(), ""))
    file = reader(source, findings)
    return with_macros_beside(file, LANGUAGES["xmile"], findings) if file.dialect == "xmile" else file


def read_source(path: Path) -> SourceText:
    """Return the text of a model file, whatever its encoding and line ends."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            message = f"this file has {size:,} bytes; the most is {LARGEST_FILE:,}"
            raise _refusal(InputError, path, "too-large", message)
        content = path.read_bytes()
    except OSError as error:
        message = f"cannot read {path}: {error.strerror or error}"
        is_case = isinstance(error, IsADirectoryError) and (path / "case.toml").is_file()
        hint = f"this is a case: realities run {path}, or name its model's file" if is_case else ""
        raise _refusal(UnreadableError, path, "unreadable-file", message, hint) from None
    encoding = encoding_of(content)
    text = content.decode(encoding, errors="replace")
    return SourceText(str(path), text.replace("\r\n", "\n").replace("\r", "\n"), encoding)


def _refusal(kind: type[InputError], path: Path, code: str, message: str, hint: str = "") -> InputError:
    hints = (hint,) if hint else ()
    return kind(Diagnostic("error", code, message, Span(SourceText(str(path), ""), 0, 0), hints))


def _known_names(table: Table, space: Space) -> dict[str, str]:
    """Return the full names of all that a model defines, by their key."""
    names = (space.full_name(symbol.name, elements) for symbol in table for elements in symbol.instances)
    return {name_key(name): name for name in names}


def _add_extra(resolver: Resolver, extra: Sequence[ExtraEquation], file: ModelFile) -> None:
    """Add expressions from other files as hidden auxiliary variables."""
    known = {variable.name for variable in resolver.variables}
    for equation in extra:
        if equation.name in known:
            message = f'a variable named "{equation.name}" is there already'
            resolver.findings.error("duplicate-name", message, equation.span)
            continue
        known.add(equation.name)
        term = resolver.language.read_term(equation.span, file, resolver.findings)
        if term is not None:
            expression = resolver.expr(term, Scope(equation.name, {}))
            resolver.add(
                equation.name,
                "auxiliary",
                expression,
                unit=equation.unit,
                base=equation.name,
                is_hidden=True,
                span=equation.span,
            )


def _time(integrator: Integrator, controls: Controls, variables: Sequence[Variable]) -> TimeSpec:
    """Return when the model runs: the full names of its four control variables, and the unit of time."""
    names = {name_key(variable.name): variable for variable in variables}
    found = [names[name_key(name)] for name in controls.names()]
    unit = next(
        (variable.unit for variable in (found[2], found[0], found[1]) if variable.unit is not None), None
    )
    initial_time, final_time, time_step, save_period = (variable.name for variable in found)
    return TimeSpec(initial_time, final_time, time_step, save_period, unit, integrator)


def _hide_controls(variables: Sequence[Variable], controls: Controls) -> Sequence[Variable]:
    """Hide the control variables where they are no variables of the file's own."""
    if not controls.are_hidden:
        return variables
    keys = {name_key(name) for name in controls.names()}
    return [
        replace(variable, is_hidden=True) if name_key(variable.name) in keys else variable
        for variable in variables
    ]


def _with_units(model: Model, units: Mapping[str, Unit]) -> Model:
    """Give variables of our own making the units that follow from their equations."""
    return replace(
        model,
        variables=tuple(
            replace(variable, unit=units[variable.name]) if variable.name in units else variable
            for variable in model.variables
        ),
    )


def _mark_flows(variables: Sequence[Variable]) -> list[Variable]:
    """Mark the auxiliaries that are added to or taken from a stock."""
    flows = {
        ref
        for variable in variables
        if variable.kind == "stock" and variable.expression is not None
        for ref in _summands(variable.expression)
    }
    return [
        replace(variable, is_flow=True)
        if variable.kind == "auxiliary" and variable.name in flows
        else variable
        for variable in variables
    ]


def _summands(expression: Expr) -> list[str]:
    """Return the names that an expression adds or subtracts."""
    found: list[str] = []
    stack = [expression]
    while stack:
        match stack.pop():
            case Ref(name):
                found.append(name)
            case Binary("+" | "-", left, right):
                stack += [left, right]
            case Unary("-", operand):
                stack.append(operand)
            case _:
                pass
    return found
