"""`realities run`, `weigh` and `report`: a case from folder to weights, judged claims and a page."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from realities.cli.terminal import Command, Terminal, bar, check_place

if TYPE_CHECKING:
    from realities.case.folder import Case
    from realities.ensemble import Crew
    from realities.processes import Processes
    from realities.store.kept import TaskMemory
    from realities.weigh.study import Study

FLAGSHIP = "ukraine-2022"
#: What a quick look leaves out that its weights show.
QUICK = "A quick look: reports of a long time can be one step of the weights; a full run has more."
as_of_option = click.option(
    "--as-of", "as_of", metavar="DATE", help="Use only what was published by this day (YYYY-MM-DD)."
)
seed_option = click.option("--seed", type=click.IntRange(min=0), help="Default: the case's own seed.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
workers_option = click.option(
    "--threads", "workers", type=click.IntRange(min=1), help="Processes to use; default: one a core."
)


@click.command(cls=Command, short_help="Run a case: weights, claims and report.html.")
@click.argument("case_name", metavar="[CASE]", default=FLAGSHIP)
@as_of_option
@click.option(
    "--draws", type=click.IntRange(min=20), help="Forward runs per account; default: the case's own."
)
@seed_option
@click.option(
    "--out",
    metavar="DIR",
    help="Where to write, in place of earlier results; default: runs/CASE. A run that was stopped or killed "
    "goes on from there.",
)
@click.option("--quick", is_flag=True, help="Fewer particles and runs: a first look.")
@workers_option
@click.option(
    "--cluster", metavar="ADDRESS", help="Work on the workers of a Dask scheduler, as tcp://host:8786."
)
@json_option
@click.pass_obj
def run(
    terminal: Terminal,
    case_name: str,
    as_of: str | None,
    draws: int | None,
    seed: int | None,
    out: str | None,
    quick: bool,
    workers: int | None,
    cluster: str | None,
    as_json: bool,
) -> None:
    """Simulate, weigh, judge claims and write report.html, results.nc and results.json."""
    day = parse_day(as_of)
    if cluster is not None and workers is not None:
        raise click.UsageError("--cluster and --threads exclude one another: a cluster has its own")
    with started(workers, cluster) as processes:
        from realities.case.folder import load_case
        from realities.report import write_results
        from realities.report.meanwhile import prepared
        from realities.weigh.study import run_case
        from realities.weigh.unfinished import unfinished

        terminal.note(f"Loading {case_name}")
        case = load_case(case_name)
        terminal.diagnostics(case.warnings)
        note_engine(terminal, case)
        folder = Path(out) if out is not None else Path("runs") / case.id
        if folder.exists() and not folder.is_dir():
            raise click.UsageError(f"--out {folder} is a file; name a folder")
        with told_how_to_resume(terminal, folder), unfinished(case, folder) as place:
            with (
                crew_of(terminal, case, processes, cluster, place.memory) as crew,
                terminal.progress() as progress,
                nullcontext() if workers == 1 else prepared(case, day or case.latest_published),
            ):
                study = run_case(
                    case,
                    as_of=day,
                    draws=draws,
                    seed=seed,
                    effort="quick" if quick else "default",
                    workers=crew,
                    progress=progress,
                )
            page, result = write_results(study, folder, scratch=place.folder)
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return
    print_weights(study, why=str(result["why"]))
    if quick:
        click.echo(QUICK)
    print_warnings(terminal, study)
    terminal.detail(f"Results are in {folder}")
    click.echo(f"Report: {page}")


@click.command(cls=Command, short_help="Weigh a case's accounts by published reports.")
@click.argument("case_name", metavar="CASE")
@as_of_option
@click.option(
    "--timeline",
    is_flag=True,
    help="Also weights and predictive scores over time, and what moved weights.",
)
@click.option("--quick", is_flag=True, help="Fewer particles: a first look.")
@click.option("--publish", is_flag=True, help="More particles and runs, for publication.")
@seed_option
@workers_option
@json_option
@click.pass_obj
def weigh(
    terminal: Terminal,
    case_name: str,
    as_of: str | None,
    timeline: bool,
    quick: bool,
    publish: bool,
    seed: int | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Weigh a case's accounts by the reports published by a date."""
    if quick and publish:
        raise click.UsageError("--quick and --publish exclude one another")
    from realities.case.folder import load_case
    from realities.weigh.results import study_to_json
    from realities.weigh.study import run_case

    day = parse_day(as_of)
    case = load_case(case_name)
    terminal.diagnostics(case.warnings)
    note_engine(terminal, case)
    with terminal.progress() as progress:
        study = run_case(
            case,
            as_of=day,
            seed=seed,
            effort="quick" if quick else "publish" if publish else "default",
            with_timeline=timeline,
            with_between=False,
            workers=workers,
            progress=progress,
        )
    if as_json:
        click.echo(json.dumps(study_to_json(study, timeline=timeline), ensure_ascii=False, indent=2))
        return
    if timeline:
        from realities.cli.over_time import timeline_lines
        from realities.report.moves_text import moves_lines

        for line in (*timeline_lines(study), *moves_lines(study), ""):
            click.echo(line)
    print_weights(study)
    print_warnings(terminal, study)


@click.command(cls=Command, short_help="Write a page from saved results, or run a case.")
@click.argument("results", metavar="RESULTS|CASE")
@click.option("--out", metavar="FILE.html", help="Default: report.html beside the results.")
@click.pass_obj
def report(terminal: Terminal, results: str, out: str | None) -> None:
    """Write the page again from saved results, or run a case and write its page."""
    from realities.case.folder import load_case
    from realities.report import is_results, rewrite_report, write_report, write_results
    from realities.weigh.study import run_case

    check_place("--out", out, parents=True)
    source = Path(results)
    if is_results(source):
        click.echo(f"Report: {rewrite_report(source, Path(out) if out else None)}")
        return
    case = load_case(results)
    terminal.diagnostics(case.warnings)
    note_engine(terminal, case)
    with terminal.progress() as progress:
        study = run_case(case, progress=progress)
    if out is not None:  # the page alone: results that were saved before stay as they are
        click.echo(f"Report: {write_report(study, Path(out))}")
        return
    page, _ = write_results(study, Path("runs") / case.id)
    click.echo(f"Report: {page}")


@contextmanager
def told_how_to_resume(terminal: Terminal, folder: Path) -> Iterator[None]:
    """Say, when a run is stopped or the disk takes no more, where the finished part of it is."""
    from realities.weigh.unfinished import NAME

    try:
        yield
    except (KeyboardInterrupt, OSError):
        if (folder / NAME).exists():
            terminal.note(f"Finished work is kept in {folder / NAME}; the same command goes on from there.")
        raise


@contextmanager
def started(workers: int | None, address: str | None) -> Iterator[Processes | None]:
    """Give processes that import while the case is read; None where this one does all, or a cluster."""
    from realities.processes import Processes, available_cores

    n_workers = available_cores() if workers is None else workers
    if address is not None or n_workers == 1:
        yield None
        return
    with Processes(n_workers, imports=["realities.weigh.study"]) as processes:
        yield processes


@contextmanager
def crew_of(
    terminal: Terminal, case: Case, processes: Processes | None, address: str | None, memory: TaskMemory
) -> Iterator[Crew]:
    """Give who does the tasks of a run: processes here, or the workers of a cluster."""
    from realities.ensemble import Crew

    if address is None:
        with Crew(case, 1, memory=memory, processes=processes) as crew:
            yield crew
        return
    from realities.cluster import Cluster

    with Cluster(address) as cluster:
        for warning in cluster.warnings:
            terminal.note(f"warning: {warning}")
        with cluster.crew(case, memory=memory) as crew:
            yield crew


def parse_day(text: str | None) -> date | None:
    """Return a day given as YYYY-MM-DD; a wrong command line otherwise."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f'--as-of "{text}": write a day as YYYY-MM-DD') from None


def note_engine(terminal: Terminal, case: Case) -> None:
    """Say so where a case that could run compiled cannot do so here."""
    from realities.engine.engines import has_compiled_engine

    if case.model.time.integrator != "rk45" and not has_compiled_engine():
        terminal.note_slow_engine()


def print_warnings(terminal: Terminal, study: Study) -> None:
    """Print what the study warns of, but for what was shown with its place when the case was loaded."""
    shown = {diagnostic.message for diagnostic in study.case.warnings}
    for warning in study.warnings:
        if warning not in shown:
            terminal.note(f"warning: {warning}")


def print_weights(study: Study, as_of: date | None = None, *, why: str = "") -> None:
    """Print the reading, why the leading account leads, and a bar for each account, in the case's order."""
    from realities.report.leading import ranges_of_study, reading_of_study

    day = as_of or study.as_of
    sentence, shown = reading_of_study(study, day)
    click.echo(sentence)
    if why:
        click.echo(why)
    weighing = study.weighings[day]
    ranges = [f"({ends})" if ends else "" for ends in ranges_of_study(study, day)]
    width = max(len(account.name) for account in study.case.accounts)
    wide = max(map(len, ranges))
    for badge, account, count, ends in zip(
        string.ascii_uppercase, study.case.accounts, shown, ranges, strict=False
    ):
        if weighing.fits[account.id].reliable:
            beside = f"  {ends:<{wide}}" if wide else ""
            text = f"{count:>3} in 100{beside}  {bar(weighing.weights[account.id])}"
        else:
            text = "not reliable"
        click.echo(f"  {badge}  {account.name:<{width}}  {text}".rstrip())
    if day == study.as_of:
        print_honesty(study)


def print_honesty(study: Study) -> None:
    """Print what the weights owe to one reporter, and what the predictive checks found."""
    from realities.weigh.honesty.terminal import honesty_lines

    names = {account.id: account.name for account in study.case.accounts}
    titles = {key: measure.label or key for key, measure in study.case.measures.items()}
    for line in honesty_lines(study.honesty, names, titles):
        click.echo(line)
