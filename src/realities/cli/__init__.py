"""The command line: parse arguments, call the public API, print.

Each command's heavy imports happen inside it, so that `realities --help` answers at once. Exit
codes: 0 fine; 1 problems found in the user's input; 2 wrong command line; 3 missing or unreadable
file; 4 the model failed while running; 130 interrupted.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import traceback
from pathlib import Path

import click

# One thread in linear algebra: our processes fill the cores, and sums do not depend on how many there are.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

from realities.cli.bench import bench
from realities.cli.cases import cases, new
from realities.cli.check import check
from realities.cli.convert import convert
from realities.cli.run import report, run, weigh
from realities.cli.sensitivity import sensitivity
from realities.cli.serve import serve
from realities.cli.simulate import simulate
from realities.cli.terminal import Terminal
from realities.errors import InputError, RealitiesError, SimulationError
from realities.version import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Print more detail.")
@click.option("--traceback", is_flag=True, help="On an internal error, print the traceback.")
@click.pass_context
def group(context: click.Context, quiet: bool, verbose: bool, traceback: bool) -> None:
    """Turn rival accounts of one system into runnable models and weigh them by dated reports."""
    context.obj = Terminal(0 if quiet else 2 if verbose else 1)
    del traceback  # read where an internal error is caught


for command in (run, weigh, sensitivity, check, simulate, bench, convert, report, serve, cases, new):
    group.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(invoke(sys.argv[1:] if arguments is None else arguments))


def invoke(arguments: list[str]) -> int:
    """Run one command line and return its exit code; every failure ends in a message."""
    try:
        with group.make_context("realities", list(arguments)) as context:
            result = group.invoke(context)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except InputError as problem:
        quiet = "-q" in arguments or "--quiet" in arguments
        Terminal(0 if quiet else 1).diagnostics(problem.diagnostics)
        return problem.exit_code
    except SimulationError as failure:
        click.echo(f"error: {failure}", err=True)
        return 4
    except RealitiesError as problem:
        click.echo(f"error: {problem}", err=True)
        return 1
    except (KeyboardInterrupt, click.Abort):
        # A store that was being written to would complain at exit of what it had still to do.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        click.echo("Interrupted. Nothing was half-written.", err=True)
        return 130
    except BrokenPipeError:
        # The reader of our output has left (as `head` does); Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as problem:
        click.echo(f"error: {problem.strerror or problem}: {problem.filename or ''}".rstrip(": "), err=True)
        return 3
    except Exception as problem:
        missing = _missing_package(problem)
        if missing is None:
            return _report_bug("--traceback" in arguments)
        click.echo(f"error: the package {missing} is not installed here: pip install {missing}", err=True)
        return 1


def _missing_package(problem: Exception) -> str | None:
    """Return the package that an import did not find, or None if that is not what happened."""
    name = (getattr(problem, "name", None) or "").partition(".")[0]
    if not isinstance(problem, ModuleNotFoundError) or name in ("", "realities"):
        return None
    return name


def _report_bug(show: bool) -> int:
    """Print one line and where the details were saved; a user never meets a bare traceback."""
    text = traceback.format_exc()
    if show:
        click.echo(text, err=True)
    try:
        handle, name = tempfile.mkstemp(prefix="realities-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8") as log:
            log.write(text)
        where = f"Details are in {Path(name)}; please send that file with your report."
    except OSError:
        where = "Run again with --traceback for details."
    click.echo(f"internal error: this is our mistake, not yours. {where}", err=True)
    return 70
