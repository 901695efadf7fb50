"""What a model file holds and how much of it can be run: the compatibility report.

In come the syntax tree of a file, what was found wrong with it and, where it opens, its `Model`; out
comes one frozen `Report`. Everything but the number of scalars is read off the tree, so that a file
that is refused is reported on too: that is when a report is needed most. `kinds.py` says what its names are,
`drains.py` which stocks nothing stops at zero; `cli/model_report.py` prints it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from realities.errors import Diagnostic, Findings, InputError
from realities.ir.model import Dialect, Model
from realities.model import syntax
from realities.model.arrays import build_space, name_key
from realities.model.drains import Drain, drains_of
from realities.model.kinds import KINDS, Kind, kinds_of
from realities.model.language import Language
from realities.model.languages import LANGUAGES
from realities.model.load import build_file, read_file, read_source
from realities.model.runtimes import RunTimes, run_times, time_errors
from realities.model.tables.external import Wanted, wanted
from realities.model.tables.library import open_library

Status = Literal["supported", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class NameUse:
    """One name of a model: what it is, its subscripts and unit as written, and where it is defined."""

    name: str
    subscripts: tuple[str, ...]
    kind: Kind
    unit: str
    line: int


@dataclass(frozen=True, slots=True)
class FunctionUse:
    """One function that a model calls, how often, whether it is supported, and on which lines."""

    name: str
    count: int
    status: Status
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DimensionSize:
    """A dimension and how many elements it has."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class MacroUse:
    """A macro and how often it is called."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file that a model reads, whether it is in the model's folder, and the lines that name it."""

    name: str
    is_there: bool
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class UnitState:
    """Lines where units do not balance, lines whose unit cannot be read, and names without unit."""

    mismatches: tuple[int, ...]
    unreadable: tuple[int, ...]
    n_without: int


@dataclass(frozen=True, slots=True)
class Report:
    """All that `realities check` says about a model besides its diagnostics.

    `names` counts names by kind, `scalars` the variables they make, None where the model does not open.
    `data` are the variables that have no equation at all: their values come from the user. With
    `method_refused`, the file asks for a way to integrate that is not supported.
    """

    file: str
    dialect: Dialect
    encoding: str
    opens: bool
    n_errors: int
    n_equations: int
    names: Mapping[Kind, int]
    scalars: Mapping[Kind, int] | None
    dimensions: tuple[DimensionSize, ...]
    macros: tuple[MacroUse, ...]
    functions: tuple[FunctionUse, ...]
    time: RunTimes
    method_refused: bool
    files: tuple[WantedFile, ...]
    data: tuple[str, ...]
    units: UnitState
    may_go_negative: tuple[Drain, ...]
    n_reality_checks: int
    n_test_inputs: int
    all_names: tuple[NameUse, ...]


@dataclass(frozen=True, slots=True)
class Examination:
    """A model that was checked: its report, what was found, and the model itself where it opens."""

    report: Report
    found: tuple[Diagnostic, ...]
    model: Model | None
    exit_code: int


def examine(path: Path | str) -> Examination:
    """Return the report on a model file and everything found in it, whether it opens or not.

    Raises
    ------
    UnreadableError
        If the file is missing or cannot be read.
    InputError
        If it is no model file at all.
    """
    source = read_source(Path(path))
    reading, built = Findings(), Findings()
    file = read_file(source, reading)
    model: Model | None = None
    exit_code = 0
    try:
        model = build_file(file, reading, without_data=True, findings=built)
        built.extend(time_errors(file, LANGUAGES[file.dialect]))
        built.check()
        found = _in_order(built.items)
    except InputError as problem:
        found, exit_code, model = problem.diagnostics, problem.exit_code, None
        found = _in_order([*found, *_refusals(file, LANGUAGES[file.dialect], found)])
    wants = wanted(file, open_library(source, {}))
    report = report_on(file, LANGUAGES[file.dialect], found, model, wants)
    return Examination(report, found, model, exit_code)


def _in_order(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(found, key=lambda item: (item.span.source.name, item.span.start)))


def _refusals(
    file: syntax.ModelFile, language: Language, found: Sequence[Diagnostic]
) -> Iterator[Diagnostic]:
    """Yield the refused functions that nothing was said of, where a pass before stopped at something else."""
    told = {item.span.start for item in found if item.severity == "error"}
    for equation in file.equations:
        for call in _applied(equation):
            key, place = name_key(call.function.name), call.function.span
            is_refused = key in language.refused and status_of(key, language) == "refused"
            if is_refused and place.start not in told:
                hints = tuple(hint for hint in [language.refused.get(key, "")] if hint)
                message = f"{call.function.name.upper()} is not supported"
                yield Diagnostic("error", "unsupported-function", message, place, hints)


def report_on(
    file: syntax.ModelFile,
    language: Language,
    found: Sequence[Diagnostic],
    model: Model | None,
    wants: Sequence[Wanted] = (),
) -> Report:
    """Return the report on a syntax tree; `model` is None where it does not open, `wants` what it reads."""
    kinds = kinds_of(file, language)
    names = _names(file, kinds)
    return Report(
        file=Path(file.source.name).name,
        dialect=file.dialect,
        encoding=file.source.encoding,
        opens=model is not None,
        n_errors=sum(item.severity == "error" for item in found),
        n_equations=sum(not equation.is_hidden for equation in file.equations),
        names={kind: sum(use.kind == kind for use in names) for kind in KINDS},
        scalars=None if model is None else _scalars(model, kinds),
        dimensions=_dimensions(file),
        macros=_macros(file),
        functions=_functions(file, language, kinds),
        time=run_times(file, language),
        method_refused=any(item.code == "unsupported-integration" for item in found),
        files=_files(wants),
        data=tuple(sorted({want.variable for want in wants if not want.function})),
        units=_units(found, names),
        may_go_negative=tuple(drains_of(file)),
        n_reality_checks=sum(not one.is_test_input for one in file.reality_checks),
        n_test_inputs=sum(one.is_test_input for one in file.reality_checks),
        all_names=names,
    )


# -- names -------------------------------------------------------------------------------------------


#: What XMILE says in other words: IF, <gf>, //, <init_eqn>.
_SPELLED_OTHERWISE = {
    "if then else": "IF THEN ELSE",
    "with lookup": "graphical function",
    "safediv": "SAFEDIV",
    "active initial": "initial equation",
}


def _names(file: syntax.ModelFile, kinds: Mapping[str, Kind]) -> tuple[NameUse, ...]:
    """Return every name of a file in the order of the alphabet."""
    found: dict[str, NameUse] = {}
    for equation in file.equations:
        key, left = name_key(equation.left.name), equation.left
        subscripts = tuple(subscript.name for subscript in left.subscripts)
        known = found.get(key)
        if equation.is_hidden:
            continue
        if known is None:
            found[key] = NameUse(left.name, subscripts, kinds[key], equation.unit, left.span.line)
        elif equation.unit and not known.unit:
            found[key] = NameUse(known.name, known.subscripts, known.kind, equation.unit, known.line)
    return tuple(found[key] for key in sorted(found))


def _scalars(model: Model, kinds: Mapping[str, Kind]) -> dict[Kind, int]:
    """Return how many scalar variables, and lookup tables with a name, a model has of each kind."""
    shown = [variable for variable in model.variables if not variable.is_hidden]
    counts = Counter(kinds.get(name_key(variable.base or variable.name)) for variable in shown)
    counts["lookup"] = sum(kinds.get(name_key(name.partition("[")[0])) == "lookup" for name in model.lookups)
    return {kind: counts[kind] for kind in KINDS}


def _dimensions(file: syntax.ModelFile) -> tuple[DimensionSize, ...]:
    axes = build_space(file.dimensions, Findings()).axes.values()
    return tuple(DimensionSize(axis.name, len(axis.elements)) for axis in axes)


# -- functions, macros and files ---------------------------------------------------------------------


def _calls(file: syntax.ModelFile) -> Iterator[tuple[syntax.Apply, frozenset[str]]]:
    """Yield every call of a file with the names that are known where it stands, macros' own included."""
    for dimension in file.dimensions:
        if dimension.outside is not None:
            yield dimension.outside, frozenset()
    for equation in file.equations:
        yield from ((call, frozenset()) for call in _applied(equation))
    for macro in file.macros:
        inside = [name_key(name) for name in (*macro.inputs, *macro.outputs)]
        inside += [name_key(equation.left.name) for equation in macro.equations]
        for equation in macro.equations:
            yield from ((call, frozenset(inside)) for call in _applied(equation))


def _applied(equation: syntax.Equation) -> Iterator[syntax.Apply]:
    if equation.right is not None:
        yield from (term for term in syntax.terms(equation.right) if isinstance(term, syntax.Apply))


def _macros(file: syntax.ModelFile) -> tuple[MacroUse, ...]:
    counts = Counter(name_key(call.function.name) for call, _ in _calls(file))
    return tuple(MacroUse(macro.name, counts[name_key(macro.name)]) for macro in file.macros)


def _functions(
    file: syntax.ModelFile, language: Language, kinds: Mapping[str, Kind]
) -> tuple[FunctionUse, ...]:
    """Return the functions that a file calls, in the order of the alphabet."""
    macros = {name_key(macro.name) for macro in file.macros}
    lines: dict[str, list[int]] = {}
    for call, inside in _calls(file):
        key = name_key(call.function.name)
        is_lookup = kinds.get(key) == "lookup" or key in inside
        is_variable = key in kinds and status_of(key, language) == "unknown"  # called by mistake
        if not (is_lookup or is_variable or key in macros or _is_made(call, file.dialect)):
            lines.setdefault(key, []).append(call.function.span.line)
    return tuple(
        FunctionUse(
            _shown(key, file.dialect),
            len(lines[key]),
            status_of(key, language),
            tuple(sorted(set(lines[key]))),
        )
        for key in sorted(lines)
    )


def _shown(key: str, dialect: Dialect) -> str:
    """Return what a function is called in a language."""
    return _SPELLED_OTHERWISE.get(key, key.upper()) if dialect == "xmile" else key.upper()


def _is_made(call: syntax.Apply, dialect: Dialect) -> bool:
    """Return whether a reader made a call that no file spells, as for stocks and conveyors of XMILE."""
    key = name_key(call.function.name)
    if key.startswith(":") or dialect == "vensim":
        return key.startswith(":")
    return key not in _SPELLED_OTHERWISE and name_key(call.function.span.text) != key


def status_of(key: str, language: Language) -> Status:
    """Return whether a language's function is supported, known and refused, or not known."""
    if key in language.simple or key in language.unfold or key in language.whole:
        return "supported"
    return "refused" if key in language.refused or key == "a function of" else "unknown"


def _files(wants: Sequence[Wanted]) -> tuple[WantedFile, ...]:
    """Return the files that a model names, in the order of their first use."""
    lines: dict[str, list[int]] = {}
    there: set[str] = set()
    for want in wants:
        name = want.arguments.get("file")
        if name is not None:
            lines.setdefault(name, []).append(want.span.line)
            there.update([name] if want.is_there else [])
    return tuple(WantedFile(name, name in there, tuple(sorted(set(lines[name])))) for name in lines)


# -- units ----------------------------------------------------------------------------------


def _units(found: Sequence[Diagnostic], names: Iterable[NameUse]) -> UnitState:
    def lines(code: str) -> tuple[int, ...]:
        return tuple(sorted({item.span.line for item in found if item.code == code}))

    n_without = sum(not use.unit for use in names if use.kind != "control")
    return UnitState(lines("unit-mismatch"), lines("bad-unit"), n_without)
