"""A small random model, draws for it, and a process that kills itself at any of its file operations."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from realities.engine.reference import Simulator
from realities.model.load import load_model
from realities.store.long_run import Ensemble

MODEL = """{UTF-8}
prey = INTEG(birth rate * prey - eating * prey * hunter, 10) ~ animal ~ |
hunter = INTEG(0.5 * eating * prey * hunter - death rate * hunter, 5) ~ animal ~ |
weather = RANDOM UNIFORM(0, 1, 3) ~ 1 ~ |
birth rate = 0.5 ~ 1/Year ~ |
eating = 0.05 ~ 1/animal/Year ~ |
death rate = 0.5 ~ 1/Year ~ |
INITIAL TIME = 0 ~ Year ~ |
FINAL TIME = 4 ~ Year ~ |
TIME STEP = 0.5 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""

#: Runs command lines, each in a process of its own that is forked when all is imported; with ensembles long
#: and in small blocks, or cases with a small sampler. A process counts file operations that concern
#: unfinished results, and dies of SIGKILL at one of them.
CHILDREN = """
import gc, json, os, signal, sys, traceback

import h5netcdf, realities.cli, realities.report.results, realities.weigh.study
from realities.store import long_run as sizes
from realities.weigh.sampling.evidence import EFFORTS

def run(folder, fatal, long_run, arguments):
    count = 0

    def hook(event, args):
        nonlocal count
        if event in ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir") and folder in str(args[0]):
            count += 1
            if count == fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    if long_run:
        sizes.LONG_BYTES = 0
        sizes.BLOCK_BYTES = long_run
    elif arguments[arguments.index("--threads") + 1] == "1":  # processes of its own would not know of this
        EFFORTS["quick"] = EFFORTS["sketch"]
    sys.addaudithook(hook)
    return realities.cli.invoke(arguments), count

gc.freeze()
for line in sys.stdin:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(2, 1)  # what it says is no answer
        try:
            code, count = run(*json.loads(line))
            os.write(writing, str(count).encode())
        except BaseException:
            traceback.print_exc()
            code = 70
        sys.stdout.flush()
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    count = os.read(reading, 20).decode() if code == 0 else ""
    os.close(reading)
    os.close(writing)
    print(json.dumps([code, int(count) if count else None]), flush=True)
"""


def ensemble(folder: Path, n_draws: int = 60, seed: int = 3) -> Ensemble:
    path = folder / "model.mdl"
    path.write_text(MODEL)
    simulator = Simulator(load_model(path), outputs=["prey", "hunter", "weather"])
    return Ensemble(simulator, draws(n_draws), n_draws, seed)


def draws(n_draws: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {name: rng.uniform(0.3, 0.7, n_draws) for name in ("birth rate", "death rate")}


def write_draws(path: Path, n_draws: int) -> None:
    table = draws(n_draws)
    rows = zip(*(column.tolist() for column in table.values()), strict=True)
    lines = [",".join(table), *(",".join(map(repr, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n")


class Children:
    """Runs command lines one after another, in processes that may be killed."""

    def __init__(self, folder: Path) -> None:
        self._errors = folder / "errors.txt"
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-c", CHILDREN],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def run(
        self, arguments: list[str], *, watched: Path, fatal: int = 0, block_bytes: int = 0
    ) -> tuple[int, int | None]:
        """Return a process's exit code, negative if it was killed, and how many operations it counted."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([str(watched), fatal, block_bytes, arguments]), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        code, n_operations = json.loads(answer) if answer else (1, None)
        if code > 0:
            raise AssertionError(self._errors.read_text())
        return code, n_operations

    def end(self) -> None:
        """Wait for the process that forks the others."""
        self._process.communicate()
