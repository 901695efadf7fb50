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

#: Runs the command line, with ensembles long and in small blocks or cases with a small sampler; counts
#: file operations that concern unfinished results, and dies of SIGKILL at one of them.
CHILD = """
import json, os, signal, sys

folder, fatal, long_run, arguments = json.loads(sys.argv[1])
count = 0

def hook(event, args):
    global count
    if event in ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir") and folder in str(args[0]):
        count += 1
        if count == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

from realities.store import long_run as sizes
if long_run:
    sizes.LONG_BYTES = 0
    sizes.BLOCK_BYTES = long_run
elif arguments[arguments.index("--threads") + 1] == "1":  # processes of its own would not know of this
    from realities.weigh.sampling.evidence import EFFORTS
    EFFORTS["quick"] = EFFORTS["sketch"]
import realities.cli
sys.addaudithook(hook)
code = realities.cli.invoke(arguments)
print("operations", count)
sys.exit(code)
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


def run_child(
    arguments: list[str], *, watched: Path, fatal: int = 0, block_bytes: int = 0
) -> tuple[int, int | None]:
    """Return the exit code of a process, negative if it was killed, and how many operations it counted."""
    told = json.dumps([str(watched), fatal, block_bytes, arguments])
    done = subprocess.run([sys.executable, "-c", CHILD, told], capture_output=True, text=True, check=False)
    counts = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("operations")]
    if done.returncode > 0:
        raise AssertionError(done.stderr)
    return done.returncode, int(counts[0]) if counts else None
