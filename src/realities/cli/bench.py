"""`realities bench`: how many runs of a model a second gives, with every constant varied a little."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from realities.cli.simulate import _names, prepared
from realities.cli.terminal import Command, Terminal
from realities.errors import Findings

if TYPE_CHECKING:
    from realities.engine.batch import Constants
    from realities.engine.engines import AnySimulator, EngineName
    from realities.engine.measure import Measurement
    from realities.ir.model import Model

T = TypeVar("T")

#: Keys of the result, in order, and what a person reads; `--json` has more, see docs/explain/speed.md.
SHOWN = ("model", "engine", "equations", "steps", "draws", "threads", "load_s", "compile_s", "run_s", "cpu_s",
         "trajectories_per_cpu_s", "peak_rss_mb")  # fmt: skip


@click.command(cls=Command, short_help="Measure how fast a model runs, many draws at once.")
@click.argument("model_file", metavar="MODEL")
@click.option("--draws", "n_draws", type=click.IntRange(min=1), help="How many; default: for about a second.")
@click.option("--only", "only", metavar="NAME", multiple=True, help="Keep this variable; may be repeated.")
@click.option(
    "--engine", type=click.Choice(["llvm", "reference"]), help="Default: llvm, but reference with rk45."
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Blocks of draws that run at the same time.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def bench(
    terminal: Terminal,
    model_file: str,
    n_draws: int | None,
    only: Sequence[str],
    engine: EngineName | None,
    threads: int,
    as_json: bool,
) -> int:
    """Run MODEL with its constants varied by 10 % to either side, and say how long it took.

    Every variable but constants is computed and handed over at every save point, or those named by --only;
    quantiles are kept of as many as fit in 64 MiB. Switches, time settings and what the model was built from
    are not varied.
    """
    from realities.engine.batch import Interrupted
    from realities.engine.measure import (
        drawing,
        equations_of,
        measure,
        sensible_draws,
        size_of,
        variable_constants,
    )

    model, load_s = _timed(lambda: _load(terminal, model_file))
    outputs = [name for wanted in only for name in _names(model, wanted, "--only", model.variables)]
    outputs = outputs or [variable.name for variable in equations_of(model) if not variable.is_hidden]
    size = size_of(model)
    values, kept = variable_constants(model)
    constants = drawing(values)
    simulator, compile_s = _timed(lambda: _ready(terminal, engine, model, outputs, constants(0, 2)))
    terminal.note(f"{f'Compiling {size.n_equations:,} equations':<28}done in {compile_s:.1f} s")
    n_draws = sensible_draws(simulator, constants) if n_draws is None else n_draws
    stage = f"Running {n_draws:,} {'draw' if n_draws == 1 else 'draws'}"
    try:
        with terminal.progress() as show:
            found = measure(
                simulator,
                constants,
                n_draws=n_draws,
                n_times=size.n_times,
                threads=threads,
                progress=lambda _stage, done, total: show(stage, done, total),
            )
    except Interrupted as stopped:
        terminal.note(f"Interrupted: {stopped}; nothing was measured.")
        return 130
    result = {
        "schema": 1,
        "model": model_file,
        "engine": simulator.engine,
        "equations": size.n_equations,
        "steps": size.n_steps,
        "draws": n_draws,
        "threads": threads,
        "load_s": round(load_s, 4),
        "compile_s": round(compile_s, 4),
        **_taken(found),
        "total_cpu_s": round(found.total_cpu_s, 4),
        "outputs": list(simulator.outputs),
        "quantiles_of": list(found.quantiles_of),
        "save_points": size.n_times,
        "varied": list(values),
        "not_varied": kept,
        "failed": found.n_failed,
    }
    _print(result, as_json)
    _explain(terminal, found, kept, size.n_times, len(simulator.outputs))
    return 0


def _load(terminal: Terminal, model_file: str) -> Model:
    from realities.model.load import load_model

    findings = Findings()
    model = load_model(Path(model_file), findings=findings)
    terminal.diagnostics(findings.warnings)
    return model


def _ready(
    terminal: Terminal, engine: EngineName | None, model: Model, outputs: Sequence[str], few: Constants
) -> AnySimulator:
    """Return a simulator that has run two draws by the code that all draws will run by."""
    from realities.engine.engines import make_simulator

    simulator = prepared(
        terminal, engine, lambda: make_simulator(model, engine=engine, outputs=outputs, optimized=True)
    )
    simulator.run(few, n_draws=2)
    return simulator


def _timed(task: Callable[[], T]) -> tuple[T, float]:
    """Return what a task gives and the seconds it took."""
    start = time.perf_counter()
    return task(), time.perf_counter() - start


def _taken(found: Measurement) -> dict[str, float | None]:
    from realities.engine.measure import peak_memory_mb

    peak = peak_memory_mb()
    return {
        "run_s": round(found.run_s, 4),
        "cpu_s": round(found.cpu_s, 6),
        "trajectories_per_cpu_s": round(found.trajectories_per_cpu_s, 1),
        "peak_rss_mb": None if peak is None else round(peak, 1),
    }


def _print(result: Mapping[str, object], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    for key in SHOWN:
        click.echo(f"{key:<24}{_shown(result[key])}")


def _explain(
    terminal: Terminal, found: Measurement, kept: dict[str, str], n_times: int, n_outputs: int
) -> None:
    """Say what a reader of the numbers should know."""
    from realities.engine.quantiles import MEMORY_BYTES

    terminal.note(
        f"Runs took {found.cpu_s:.2f} s of the processor; with drawing constants and quantiles "
        f"{found.total_cpu_s:.2f} s."
    )
    for name, reason in kept.items():
        terminal.detail(f'"{name}" is not varied: {reason}')
    if len(found.quantiles_of) < n_outputs:
        kept_of = f"{len(found.quantiles_of):,} of {n_outputs:,} variables"
        terminal.note(
            f"Quantiles were kept of {kept_of}: at {n_times:,} save points {MEMORY_BYTES >> 20} MiB hold no "
            "more. The others were run and handed over all the same; --only chooses."
        )
    if found.n_failed:
        terminal.note(
            f"warning: {found.n_failed:,} draws left the real numbers; first: {found.first_failure}"
        )


def _shown(value: object) -> str:
    match value:
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.1f}" if value >= 1000 else f"{value:g}"
        case None:
            return "unknown"
        case _:
            return str(value)
