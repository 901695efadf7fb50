"""`realities simulate`: run one model, once or for a table of draws, and write what came out."""

from __future__ import annotations

import csv
import math
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from realities.cli.ensembles import write_long
from realities.cli.terminal import Command, Terminal
from realities.errors import Findings, InputError, SimulationError, UnreadableError, did_you_mean, see_names
from realities.source import SourceText, Span

if TYPE_CHECKING:
    from realities.engine.engines import AnySimulator, EngineName
    from realities.ir.model import Integrator, Model, Variable
    from realities.store.long_run import Outcome
    from realities.trajectories import Trajectories


@click.command(cls=Command, short_help="Run one model, once or many times, and write it.")
@click.argument("model_file", metavar="MODEL")
@click.option(
    "--set",
    "settings",
    metavar="NAME=VALUE",
    multiple=True,
    help="Give a constant another value; may be repeated.",
)
@click.option("--draws", "draws_file", metavar="FILE.csv", help="One row per draw, one column per constant.")
@click.option("--only", "only", metavar="NAME", multiple=True, help="Keep this variable; may be repeated.")
@click.option(
    "--out",
    metavar="FILE",
    help="Write .csv, .nc or .parquet (needs pyarrow), in place of an earlier file; without it, CSV to "
    "stdout. Many draws that were stopped or killed go on from FILE.part.",
)
@click.option(
    "--integrator", type=click.Choice(["euler", "rk2", "rk4", "rk45"]), help="Instead of the file's."
)
@click.option(
    "--engine",
    type=click.Choice(["llvm", "reference", "js"]),
    help="Compiled, plain NumPy, or JavaScript under Node; default: compiled, but for rk45.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Of the compiled engine; never changes a result.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="For random functions."
)
@click.option(
    "--data",
    "data",
    metavar="FILE",
    multiple=True,
    help="Series for data variables, first column time: .csv, .xlsx, .dat; or ?NAME=FILE for what a model "
    "calls ?NAME. May be repeated.",
)
@click.pass_obj
def simulate(
    terminal: Terminal,
    model_file: str,
    settings: Sequence[str],
    draws_file: str | None,
    only: Sequence[str],
    out: str | None,
    integrator: Integrator | None,
    engine: EngineName | None,
    threads: int,
    seed: int,
    data: Sequence[str],
) -> None:
    """Run MODEL and write every variable at every save point, or those named by --only.

    Quote names of several words: --set "birth rate=0.03". Data files that the model names are
    looked for in its own folder.
    """
    import numpy as np

    from realities.engine.engines import make_simulator
    from realities.model.load import load_model
    from realities.output.parquet import check_installed
    from realities.store.long_run import Ensemble, part_of, size_of
    from realities.store.place import discard

    if out is not None and Path(out).suffix.lower() not in (".csv", ".nc", ".parquet"):
        raise click.UsageError(f"--out {out}: the suffix must be .csv, .nc or .parquet")
    if out is not None and not Path(out).resolve().parent.is_dir():
        raise FileNotFoundError(2, "there is no such folder", str(Path(out).parent))
    if out is not None and out.lower().endswith(".parquet"):
        check_installed()
    findings = Findings()
    model = load_model(Path(model_file), data=[Path(name) for name in data], findings=findings)
    terminal.diagnostics(findings.warnings)
    model = _with_settable_times(model, settings)
    outputs = [name for wanted in only for name in _names(model, wanted, "--only", model.variables)]
    parameters = {name: np.array([value]) for name, value in _settings(model, settings).items()}
    n_draws = None
    if draws_file is not None:
        table = _draws(model, Path(draws_file))
        n_draws = len(next(iter(table.values()), []))
        parameters |= {name: np.array(values) for name, values in table.items()}
    simulator = prepared(
        terminal,
        engine,
        lambda: make_simulator(
            model, engine=engine, outputs=outputs or None, integrator=integrator, threads=threads
        ),
    )
    ensemble = Ensemble(simulator, parameters, n_draws or 1, seed, simulator.engine)
    if out is not None and ensemble.n_draws > 1 and (size := size_of(ensemble)).is_long:
        outcome = write_long(
            terminal,
            ensemble,
            Path(out),
            size.block,
            lambda found: _report_failures(terminal, model, found, draws_file),
        )
        terminal.note(_written(out, len(outcome.heading.names), outcome.times.size, outcome.n_draws))
        return
    result = simulator.run(parameters, n_draws=n_draws or 1, seed=seed)
    _report_failures(terminal, model, result, draws_file)
    _write(result, out, with_draw=draws_file is not None)
    if out is not None:
        discard(part_of(Path(out)))
        terminal.note(_written(out, len(result.values), result.times.size, result.n_draws))


def prepared(terminal: Terminal, engine: EngineName | None, make: Callable[[], AnySimulator]) -> AnySimulator:
    """Return a new simulator; say so where the compiled engine is not there, whether asked for or missed."""
    try:
        simulator = make()
    except ImportError as error:
        raise click.UsageError(f"--engine {engine}: {error}") from None
    if engine is None and simulator.engine == "reference" and simulator.integrator != "rk45":
        terminal.note_slow_engine()
    return simulator


def _write(result: Trajectories, out: str | None, *, with_draw: bool) -> None:
    if out is None:
        result.write_csv(sys.stdout, with_draw=with_draw)
    elif out.lower().endswith(".csv"):
        result.write_csv(Path(out), with_draw=with_draw)
    elif out.lower().endswith(".nc"):
        result.write_netcdf(Path(out))
    else:
        result.write_parquet(Path(out))


def _written(out: str, n_variables: int, n_times: int, n_draws: int) -> str:
    """Return one line about a file that was written."""

    def count(n: int, word: str) -> str:
        return f"{n:,} {word}" + ("" if n == 1 else "s")

    draws = f", {count(n_draws, 'draw')}" if n_draws > 1 else ""
    sizes = f"{count(n_variables, 'variable')} at {count(n_times, 'time')}"
    return f"Wrote {out}: {sizes}{draws}."


def _report_failures(
    terminal: Terminal, model: Model, result: Trajectories | Outcome, draws_file: str | None
) -> None:
    """Raise when no run stayed within the real numbers; say how many did not otherwise."""
    n_failed = int(result.failed.sum())
    if not n_failed or result.first_failure is None:
        return
    draw, variable, time = result.first_failure
    where = f'"{variable}" left the real numbers at time {time:g}'
    if result.n_draws > 1:
        where += f" in draw {draw}, row {draw + 1:,} of {draws_file} below its header"
    if n_failed == result.n_draws and model[variable].kind == "stock":
        raise SimulationError(f"{where}{_advice(model, result, time)}")
    many = (
        ""
        if result.n_draws == 1
        else f"{n_failed:,} of {result.n_draws:,} draws left the real numbers; first: "
    )
    terminal.note(f"warning: {many}{where}: it is infinite there, or no number")


def _advice(model: Model, result: Trajectories | Outcome, time: float) -> str:
    """Return how to see what led to a failure: a run that ends before it."""
    before = result.times[result.times < time]
    if not before.size or model[model.time.final_time].kind != "constant":
        return ""
    return f'; to see what led there, end the run before: --set "{model.time.final_time}={before[-1]:.12g}"'


def _names(
    model: Model, wanted: str, option: str, among: Iterable[Variable], place: Span | None = None
) -> list[str]:
    """Return the full names that `wanted` means: one variable, or every element of a subscripted one.

    `place` is where the name stands, if in a file.
    """
    from realities.ir.model import name_key

    key = name_key(wanted)
    controls = {model.time.initial_time, model.time.final_time, model.time.time_step, model.time.save_period}
    candidates = [variable for variable in among if not variable.is_hidden or variable.name in controls]
    exact = [variable.name for variable in candidates if name_key(variable.name) == key]
    found = exact or [
        variable.name for variable in candidates if variable.base and name_key(variable.base) == key
    ]
    if found:
        return found
    findings = Findings()
    place = SourceText(option, wanted).span(0, len(wanted)) if place is None else place
    listing = "" if model.source is None else see_names(model.source.name)
    if wanted in model:
        sentence = f'"{model[wanted].name}" is not a constant; only constants can be set'
        findings.error("not-a-constant", sentence, place, listing)
    else:
        hint = did_you_mean(wanted, [v.name for v in candidates] + [v.base for v in candidates if v.base])
        if option == "--only" and key == "time":
            hint = "the time is the first column of every table"
        findings.error("unknown-name", f'no variable is named "{wanted}"', place, hint, listing)
    findings.check()
    return []


def _with_settable_times(model: Model, settings: Sequence[str]) -> Model:
    """Return the model with the time settings that --set names as constants: SAVEPER = TIME STEP is none."""
    from realities.ir.expr import Number
    from realities.ir.model import name_key

    controls = {model.time.initial_time, model.time.final_time, model.time.time_step, model.time.save_period}
    named = {name_key(setting.rpartition("=")[0]) for setting in settings}
    held = {name for name in controls if name_key(name) in named and model[name].kind != "constant"}
    variables = [
        replace(variable, kind="constant", expression=Number(0.0), initial=None, extra=(), is_flow=False)
        if variable.name in held
        else variable
        for variable in model.variables
    ]
    return replace(model, variables=tuple(variables)) if held else model


def _settings(model: Model, settings: Sequence[str]) -> dict[str, float]:
    """Return the values that --set gives, by full name."""
    values: dict[str, float] = {}
    for setting in settings:
        name, equals, text = setting.rpartition("=")
        source = SourceText("--set", setting)
        if not equals or not name.strip():
            raise click.UsageError(f'--set "{setting}": write NAME=VALUE')
        value = _number(text, source.span(len(name) + 1, len(setting)))
        values |= dict.fromkeys(_names(model, name.strip(), "--set", model.constants), value)
    return values


def _number(text: str, span: Span) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        findings = Findings()
        findings.error("bad-number", f'"{text.strip()}" is not a finite number', span)
        findings.check()
    return value


def _draws(model: Model, path: Path) -> Mapping[str, array[float]]:
    """Return the columns of a table of draws by full name of the constant."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _columns(model, path, csv.reader(file))
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is no text in UTF-8"
        findings = Findings()
        findings.error("unreadable-file", f"cannot read {path}: {reason}", SourceText(str(path), "").span(0))
        raise UnreadableError(findings.items) from None


def _columns(model: Model, path: Path, rows: Iterator[list[str]]) -> Mapping[str, array[float]]:
    """Return the columns of a table row by row; its text is kept only if somebody asks for a place in it."""
    source = cache(lambda: SourceText(str(path), path.read_text(encoding="utf-8-sig")))
    header = next(rows, [])
    findings = Findings()
    columns: list[tuple[list[str], int]] = []
    for j, name in enumerate(header):
        if name.strip().casefold() == "draw":
            continue
        try:
            place = _place(header, j, source(), 1)
            columns.append((_names(model, name.strip(), str(path), model.constants, place), j))
        except InputError as problem:
            findings.extend(problem.diagnostics)
    findings.check()
    table: dict[str, array[float]] = {}
    for names, j in columns:
        if repeated := [name for name in names if name in table]:
            findings.error(
                "repeated-column",
                f'an earlier column has "{repeated[0]}" already',
                _place(header, j, source(), 1),
                "keep one of them",
            )
        table |= {name: array("d") for name in names}
    findings.check()
    n_rows = 0
    for number, row in enumerate(rows, start=2):
        if not row:
            continue
        n_rows += 1
        if len(row) != len(header):
            place = source().line_span(number)
            findings.error("ragged-row", f"{len(row)} cells where the header has {len(header)}", place)
            continue
        for names, j in columns:
            value = _cell(row, j, source, number)
            for name in names:
                table[name].append(value)
    if not n_rows:
        place = source().span(0)
        findings.error("no-draws", "a header row and at least one row of numbers are needed", place)
    findings.check()
    return table


def _cell(row: Sequence[str], j: int, source: Callable[[], SourceText], number: int) -> float:
    """Return a number of a table; its place is looked up only if it is none."""
    try:
        value = float(row[j])
    except ValueError:
        value = math.nan
    if math.isfinite(value):
        return value
    return _number(row[j], _place(row, j, source(), number))


def _place(row: Sequence[str], j: int, source: SourceText, number: int) -> Span:
    column = sum(len(cell) + 1 for cell in row[:j]) + 1
    return source.line_span(number, column, len(row[j]))
